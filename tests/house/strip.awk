# Blanks comments and the insides of strings and characters, keeps line numbers and #include lines' paths.
function flush_line() { print out; out = "" }
{
    line = $0
    if (!block && line ~ /^[ \t]*#[ \t]*include/) { sub(/\/[\/*].*$/, "", line); print line; next }
    n = length(line); out = ""
    for (i = 1; i <= n; i++) {
        c = substr(line, i, 1); two = substr(line, i, 2)
        if (block) { if (two == "*/") { block = 0; i++; out = out "  " } else out = out " "; continue }
        if (quote != "") {
            if (c == "\\") { i++; out = out "  "; continue }
            if (c == quote) { quote = ""; out = out c } else out = out " "
            continue
        }
        if (two == "//") break
        if (two == "/*") { block = 1; i++; out = out "  "; continue }
        if (c == "\"" || c == "'") quote = c
        out = out c
    }
    if (substr(line, n, 1) != "\\") quote = ""
    print out
}
