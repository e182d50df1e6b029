#!/usr/bin/env python3
"""Writes results of tests/fuzz/run.sh into the table of docs/reliability.md; rows of targets that did not run stay."""
import re
import sys

PAGE = "docs/reliability.md"
BEGIN, END = "<!-- begin: fuzz -->\n", "<!-- end: fuzz -->"
HEAD = "| target | seeds | seconds | executions | edges reached | functions reached in its own sources |\n|---|---|---|---|---|---|\n"


def row(line):
    target, seconds, executions, edges, seeds, reached, own = line.split()
    return target, f"| {target} | {seeds} | {seconds} | {int(executions):,} | {int(edges):,} | {reached} of {own} |\n"


def main(results):
    text = open(PAGE, encoding="utf-8").read()
    before, rest = text.split(BEGIN, 1)
    table, after = rest.split(END, 1)
    known = set(re.findall(r"^TARGET\((\w+),", open("tests/fuzz/targets.def", encoding="utf-8").read(), re.M))
    rows = {m[1]: m[0] for m in re.finditer(r"\| (\w+) \|.*\n", table) if m[1] in known}
    rows.update(row(line) for line in open(results, encoding="utf-8"))
    with open(PAGE, "w", encoding="utf-8") as page:
        page.write(before + BEGIN + HEAD + "".join(rows[name] for name in sorted(rows)) + END + after)


main(sys.argv[1])
