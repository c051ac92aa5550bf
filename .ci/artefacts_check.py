"""Is what goes with a release whole? `python3 .ci/artefacts_check.py dist/VERSION`

Each function is there for both architectures, built for its own and executable. Each bill of materials is of its package. Nothing else is
there, and the checksums are of all of it: `sha256sum --check` says whether they are right.
"""

import json
import sys
import zipfile
from pathlib import Path

FUNCTIONS = ("employee-sync", "certificate-sync")
# The machine's number in the header of an ELF file.
MACHINES = {"arm64": 0xB7, "x86-64": 0x3E}


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


def function(path, machine):
    with zipfile.ZipFile(path) as archive:
        expect(f"{path.name}: files", archive.namelist(), ["bootstrap"])
        # Lambda runs it as a user of its own.
        expect(f"{path.name}: rights", oct(archive.getinfo("bootstrap").external_attr >> 16 & 0o555), oct(0o555))
        program = archive.read("bootstrap")
    expect(f"{path.name}: format", program[:4], b"\x7fELF")
    expect(f"{path.name}: machine", int.from_bytes(program[18:20], "little"), machine)


def bill(path, package, version):
    found = json.loads(path.read_text())
    expect(f"{path.name}: format", (found["bomFormat"], found["specVersion"]), ("CycloneDX", "1.6"))
    itself = found["metadata"]["component"]
    expect(f"{path.name}: package", (itself["name"], itself["version"]), (package, version))
    parts = {itself["bom-ref"], *(part["bom-ref"] for part in found["components"])}
    expect(f"{path.name}: more than 100 parts", len(parts) > 100, True)
    expect(f"{path.name}: dependencies", {it["ref"] for it in found["dependencies"]}, parts)
    expect(f"{path.name}: dependencies that are no part", {name for it in found["dependencies"] for name in it["dependsOn"]} - parts, set())


dist = Path(sys.argv[1])
version = dist.name
functions = {f"{name}-{version}-{it}.zip": machine for name in FUNCTIONS for it, machine in MACHINES.items()}
bills = {f"{package}-{version}.cdx.json": package for package in (*FUNCTIONS, "tenants")}
files = {path.name for path in dist.iterdir()} - {"SHA256SUMS"}
expect("files", files, {"template.yaml", *functions, *bills})
expect("files with a checksum", {line.split("  ", 1)[1] for line in (dist / "SHA256SUMS").read_text().splitlines()}, files)
for name, machine in functions.items():
    function(dist / name, machine)
for name, package in bills.items():
    bill(dist / name, package, version)
