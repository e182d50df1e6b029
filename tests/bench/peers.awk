# The page of `make bench-peers`: medians, and how many times podgate is better. Exit status 1 when it is less than promised:
# 15 times less CPU time for an allowed review, a quarter of the memory.
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
            # What is promised is promised of the same rules, CPU time of the review that both allow: a denial is half as long, and ours says more.
            if (i == 2 && (l == 1 && times < 15 || share < 4)) missed = missed "\n" name[subject] ", " label[l] ": " sprintf("%.1f times less CPU (15), %.1f times less memory (4)", times, share)
        }
    }
    print missed == "" ? "\nAt least 15 times less CPU for an allowed review and 4 times less memory, for the same rules: kept." : "\nNot kept:" missed
    exit missed != ""
}
