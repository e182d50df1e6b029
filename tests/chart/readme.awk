# Makes the tables of charts/podgate/README.md from values.yaml: a row for each key whose comment starts with "# --", a table for each
# "# @section". A default of several lines is left to values.yaml.
function path_of(indent,   i, text) {
    text = ""
    for (i = 0; i <= indent; i += 2) text = text (i > 0 ? "." : "") key[i]
    return text
}
function flush() {
    if (row == "") return
    printf "| `%s` | %s | %s |\n", row, value == "" ? "see values.yaml" : "`" value "`", doc
    row = ""
}
/^# @section / { flush(); printf "\n### %s\n\n| value | default | what it does |\n|---|---|---|\n", substr($0, 12); next }
/^ *# -- / { flush(); sub(/^ *# -- /, ""); doc = $0; pending = 1; next }
/^ *#/ { if (pending) { sub(/^ *# ?/, ""); doc = doc " " $0 } next }
/^ *[A-Za-z0-9.\/]+:/ {
    flush()
    match($0, /^ */); indent = RLENGTH
    name = $0; sub(/^ */, "", name); sub(/:.*/, "", name)
    key[indent] = name
    if (pending) {
        row = path_of(indent)
        value = $0; sub(/^[^:]*: */, "", value)
        gsub(/\|/, "\\|", doc)
        pending = 0
    }
    next
}
END { flush() }
