# The page of `make bench-peers`: medians, and how many times podgate is better. Exit status 1 when an allowed review takes not 15
# times less CPU time, or the memory is above a quarter.
BEGIN {
    FS = "\t"
    name["webhook"] = "Pod Security webhook, restricted"
    name["restricted"] = "podgate, restricted"
    name["both"] = "podgate, restricted and default"
}
function median(text,    v, n, i, j, swap) {
    n = split(text, v, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { swap = v[j]; v[j] = v[j - 1]; v[j - 1] = swap }
    return n % 2 ? v[(n + 1) / 2] + 0 : (v[n / 2] + v[n / 2 + 1]) / 2
}
function of(metric, label) { return median(value[label, metric, subject]) }
/^#/ { key = $1; sub(/^# */, "", key); if (NF > 1) print "| " key " | " $2 " |"; else print "| | |\n|---|---|"; next }
{ value[$1, $2, $4] = $5 }
END {
    count = split("webhook restricted both", subjects, " ")
    split("allowed denied", label, " ")
    for (l = 1; l <= 2; l++) {
        print "\n| " (l == 1 ? "8.4 KB, allowed" : "4 KB, denied") " | CPU a review, µs | reviews a second | resident under 16 connections, MB | less CPU | less memory |\n|---|---|---|---|---|---|"
        for (i = 1; i <= count; i++) {
            subject = subjects[i]
            cpu[i] = of("cpu", label[l]); memory[i] = of("resident", label[l])
            times = cpu[i] > 0 ? cpu[1] / cpu[i] : 0; share = memory[i] > 0 ? memory[1] / memory[i] : 0
            printf "| %s | %.1f | %.0f | %.1f | %s | %s |\n", name[subject], cpu[i], of("rate", label[l]), memory[i],
                i == 1 ? "" : sprintf("%.1f times", times), i == 1 ? "" : sprintf("%.1f times", share)
            if (i == 2) { less[l] = times; least_memory = l == 1 || share < least_memory ? share : least_memory }
        }
    }
    printf "\nThe same rules take %.1f times less CPU for an allowed review and %.1f times less for a denied one, of which podgate says more; %.1f times less memory. ", less[1], less[2], least_memory
    missed = less[1] < 15 || least_memory < 4
    print "Wanted are 15 times less CPU (allowed: " (less[1] < 15 ? "not " : "") "kept, denied: " (less[2] < 15 ? "not " : "") "kept) and 4 times less memory (" (least_memory < 4 ? "not " : "") "kept)."
    exit missed
}
