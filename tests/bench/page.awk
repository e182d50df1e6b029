# Writes the results of `make bench` as a page of Markdown.    awk -f page.awk page.txt results.tsv
# A cell is the median over the rounds: podgate / beside it = times, and how far the rounds' times were from their median at most.
function sort_values(v, n,    i, j, swap) {
    for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] > v[j]; j--) { swap = v[j]; v[j] = v[j - 1]; v[j - 1] = swap }
}
function median_of(text,    v, n) {
    n = split(text, v, " ")
    sort_values(v, n)
    return n % 2 ? v[(n + 1) / 2] + 0 : (v[n / 2] + v[n / 2 + 1]) / 2
}
function show(x) { return x < 10 ? sprintf("%.2f", x) : x < 1000 ? sprintf("%.1f", x) : thousands(sprintf("%.0f", x)) }
function thousands(digits,    out) {
    for (; length(digits) > 3; digits = substr(digits, 1, length(digits) - 3)) out = "," substr(digits, length(digits) - 2) out
    return digits out
}
function cell(case_, metric,    ours, bare, a, b, n, i, times, middle, spread) {
    ours = value[case_, metric, "podgate"]; bare = value[case_, metric, "bare"]
    if (ours == "") return "not measured"
    if (bare == "") return "**" show(median_of(ours)) "**"
    n = split(ours, a, " "); split(bare, b, " ")
    for (i = 1; i <= n; i++) times = times " " (b[i] > 0 ? a[i] / b[i] : 0)
    middle = median_of(times)
    for (i = split(times, a, " "); i > 0; i--) { b[1] = a[i] > middle ? a[i] - middle : middle - a[i]; if (b[1] > spread) spread = b[1] }
    return "**" show(median_of(ours)) "** / " show(median_of(bare)) " = " sprintf("%.2f", middle) (n > 1 ? sprintf(" ±%.2f", spread) : "")
}
# The results come first, though they are named last.
BEGIN {
    FS = "\t"
    while ((getline <ARGV[2]) > 0) {
        if (/^#/) {
            name = $1; sub(/^# */, "", name)
            if (NF > 1) about = about "\n| " name " | " $2 " |"
        } else value[$1, $2, $4] = $5
    }
    delete ARGV[2]
    print "| | |\n|---|---|" about
    print "\nA cell is podgate / bare server = times, medians of the rounds; ± is how far a round's times were from their median at most."
}
/^# / { next }
/^## / { print "\n#" $0; next }
/^> / { print "\n" substr($0, 3); next }
/^= / {
    count = split(substr($0, 3), column, / [|] /)
    head = "\n| |"; line = "|---|"
    for (i = 1; i <= count; i++) {
        at = index(column[i], ": ")
        metric[i] = substr(column[i], 1, at - 1)
        head = head " " substr(column[i], at + 2) " |"; line = line "---|"
    }
    print head "\n" line
    next
}
/: / {
    at = index($0, ": ")
    row = "| " substr($0, at + 2) " |"
    for (i = 1; i <= count; i++) row = row " " cell(substr($0, 1, at - 1), metric[i]) " |"
    print row
}
