"""sbom.py SBOM STATUS_FOLDER VERSION: does the SPDX file list podgate and the image's packages, and nothing else?"""
import json
import pathlib
import sys

sbom = json.loads(pathlib.Path(sys.argv[1]).read_text())
listed = {(package["name"], package["versionInfo"]) for package in sbom["packages"]}
wanted = {("podgate", sys.argv[3])}
for path in pathlib.Path(sys.argv[2]).iterdir():
    if path.suffix == ".md5sums":
        continue
    fields = dict(line.split(": ", 1) for line in path.read_text().splitlines() if ": " in line and line[0] != " ")
    wanted.add((fields["Package"], fields["Version"]))
print(sbom["spdxVersion"], len(listed), "packages")
print("only in the SBOM:", sorted(listed - wanted))
print("only in the image:", sorted(wanted - listed))
sys.exit(listed != wanted or len(wanted) < 10 or not sbom["spdxVersion"].startswith("SPDX-2"))
