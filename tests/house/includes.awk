# Reads order.txt, then stripped sources (FILENAME is below the folder `strip`); prints file:line: what is wrong.
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
# The room of a path below src/ or include/: "floor/room", or "" when order.txt does not know it.
function room_of(path,   part, n, name, floor) {
    n = split(path, part, "/"); floor = part[1]
    if (!(floor in floors)) return ""
    if (n > 2 && ((floor "/" part[2]) in place)) return floor "/" part[2]
    name = part[n]; sub(/\.[a-z]+$/, "", name)
    while (name != "") {
        if ((floor "/" name) in place) return floor "/" name
        if (!sub(/_[^_]*$/, "", name)) break
    }
    return ""
}
FILENAME == order {
    sub(/#.*/, ""); if (NF == 0) next
    floors[$1] = 1
    for (i = 2; i <= NF; i++) place[$1 "/" $i] = ++count
    next
}
FNR == 1 {
    file = substr(FILENAME, length(strip) + 2)
    inside = file; sub(/^(src|include)\//, "", inside)
    roof = (file == "src/main.c")
    mine = roof ? "" : room_of(inside)
    if (mine == "" && !roof) print file ":1: this room is not in " order ": add it to its floor, at its place"
}
/^[ \t]*#[ \t]*include/ {
    if (!match($0, /["<][^">]*[">]/)) next
    quoted = substr($0, RSTART, 1) == "\""
    target = substr($0, RSTART + 1, RLENGTH - 2)
    if (target ~ /\.c$/) { print file ":" FNR ": includes a .c file: " target; next }
    if (!quoted) next
    if (target !~ /\// || target ~ /\.\./) { print file ":" FNR ": write the include from the root: \"floor/room.h\", not \"" target "\""; next }
    if (file ~ /^src\/rules\/checks\//) {
        own = file; sub(/^src\//, "", own); sub(/\.[a-z]+$/, "", own); other = target; sub(/\.[a-z]+$/, "", other)
        if (target ~ /^rules\/checks\// && other != own) print file ":" FNR ": a check includes another check (" target "): what two checks share is a room"
        if (target ~ /^text\// && file != "src/rules/checks/field.c") print file ":" FNR ": a check reads fields of kube/pod.h, not " target
    }
    theirs = room_of(target)
    if (theirs == "") { print file ":" FNR ": " target " is in no room that " order " knows"; next }
    if (roof || mine == "" || theirs == mine) next
    if (place[theirs] > place[mine]) print file ":" FNR ": " mine " includes " target ", which comes after it in " order ": move what is needed down, or turn the call around"
}
