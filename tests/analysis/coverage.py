#!/usr/bin/env python3
"""Lines and branches that the tests reach, room by room.

    coverage.py FOLDER              what gcc --coverage left in FOLDER (make coverage)
    coverage.py --missed FOLDER     each line and branch of the rooms under the bar that nobody reached

An assertion is not counted: what it waits for cannot be made to happen. Nor is a line that ends in "/* unreached: WHY */".
"""
import json
import os
import re
import subprocess
import sys
from collections import defaultdict

# Floors whose every room must be reached: % of lines, % of branches. The rest is told.
BAR = {"text": (95, 90), "kube": (95, 90), "rules": (95, 90), "policy": (95, 90)}
ORDER = "tests/house/order.txt"
ASSERTION = re.compile(r"\b(ASSERT|ENSURE)\(")
UNREACHED = re.compile(r"/\* unreached: \S.*\*/$")


def rooms_in_order():
    rooms = []
    with open(ORDER) as file:
        for line in file:
            floor, *names = line.split() or [""]
            if not floor.startswith("#"):
                rooms += [(floor, name) for name in names if floor]
    return rooms


def room_of(path, rooms):
    """The room of src/FLOOR/ROOM[_MORE].c, src/FLOOR/ROOM/*.c, include/FLOOR/ROOM.h; src/main.c is one."""
    floor, name = path.split("/")[1:3] if path.count("/") > 1 else path.split("/")
    name = name.split(".")[0]
    fitting = [r for f, r in rooms if f == floor and (name == r or name.startswith(r + "_"))]
    return floor, max(fitting, key=len, default=name)


def left_out(path):
    """The lines of assertions, and those that say why nobody reaches them."""
    lines, depth = set(), 0
    with open(path) as file:
        for number, text in enumerate(file, 1):
            found = None if depth or text.startswith("#define") else ASSERTION.search(text)
            if depth or found:
                lines.add(number)
                rest = text[found.start():] if found else text
                depth = max(0, depth + rest.count("(") - rest.count(")"))
            elif UNREACHED.search(text.rstrip()):
                lines.add(number)
    return lines


def gcov(folder):
    """What was counted: of each file and line, how often it ran and how often each of its branches was taken."""
    sources = [os.path.join(at, name) for at, _, names in os.walk("src") for name in names if name.endswith(".c")]
    notes = [os.path.join(folder, source[:-2] + ".gcno") for source in sources]
    if not all(map(os.path.exists, notes)):
        sys.exit(f"{folder} does not hold all of src/: build with CONFIG=coverage")
    told = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities"] + sorted(notes),
                          check=True, capture_output=True, text=True).stdout
    ran, taken = defaultdict(int), defaultdict(int)
    for text in filter(None, told.splitlines()):
        for file in json.loads(text)["files"]:
            path = os.path.normpath(file["file"])
            if not path.startswith(("src/", "include/")):
                continue
            for line in file["lines"]:
                ran[path, line["line_number"]] += line["count"]
                # An inline function has its branches in each file that includes it.
                for i, branch in enumerate(line["branches"]):
                    taken[path, line["line_number"], line.get("function_name"), i] += branch["count"]
    return ran, taken


class Tally:
    def __init__(self):
        self.lines = self.lines_ran = self.branches = self.branches_taken = 0
        self.missed = []

    def add(self, other):
        self.lines += other.lines
        self.lines_ran += other.lines_ran
        self.branches += other.branches
        self.branches_taken += other.branches_taken

    def percent(self):
        return (100 * self.lines_ran / (self.lines or 1) if self.lines else 100,
                100 * self.branches_taken / self.branches if self.branches else 100)

    def row(self, name, bar):
        lines, branches = self.percent()
        low = bar and (lines < bar[0] or branches < bar[1])
        wanted = f"   under {bar[0]} % or {bar[1]} %" if low else ""
        return f"{name:<24} {lines:6.1f} % of {self.lines:5} lines {branches:6.1f} % of {self.branches:5} branches{wanted}", low


def count(folder, rooms):
    ran, taken = gcov(folder)
    tallies, out = defaultdict(Tally), {}
    for (path, line), times in sorted(ran.items()):
        if path not in out:
            out[path] = left_out(path)
        if line in out[path]:
            continue
        tally = tallies[room_of(path, rooms)]
        tally.lines += 1
        tally.lines_ran += times > 0
        if times == 0:
            tally.missed.append((path, line, "not reached"))
    for (path, line, _, i), times in sorted(taken.items()):
        if line in out[path]:
            continue
        tally = tallies[room_of(path, rooms)]
        tally.branches += 1
        tally.branches_taken += times > 0
        if times == 0 and ran[path, line] > 0:
            tally.missed.append((path, line, f"branch {i} never taken"))
    return tallies


def main():
    missed = sys.argv[1:2] == ["--missed"]
    if len(sys.argv) != 2 + missed:
        sys.exit(__doc__)
    order = [("src", "main")] + rooms_in_order()
    tallies = count(sys.argv[-1], order)
    whole, failed, passed = Tally(), 0, 0
    for floor in dict.fromkeys(f for f, _ in order):
        of_floor = Tally()
        for room in [r for r in order if r[0] == floor and r in tallies]:
            row, low = tallies[room].row("/".join(room), BAR.get(floor))
            print("    " + row)
            of_floor.add(tallies[room])
            failed += bool(low)
            passed += floor in BAR and not low
            if missed and floor in BAR:
                for path, line, what in sorted(tallies[room].missed):
                    print(f"        {path}:{line}: {what}")
        print(of_floor.row(floor, None)[0])
        whole.add(of_floor)
    print(whole.row("podgate", None)[0])
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
