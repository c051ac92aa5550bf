"""The bill of materials of one package, as CycloneDX 1.6: `python3 .ci/sbom.py employee-sync`.

What is built into the program, for the architectures that functions and operators use: from Cargo.lock, with the checksums there. Neither
dependencies of tests nor the time of the build are in it, so that the same commit has the same bill.
"""

import json
import subprocess
import sys
import tomllib

TARGETS = ("aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu")


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def built_in(package):
    """Names and versions of the package and of all it is built from."""
    found = set()
    for target in TARGETS:
        tree = cargo("tree", "--locked", "--package", package, "--edges", "normal,build", "--target", target, "--prefix", "none", "--format", "{p}")
        for line in tree.splitlines():
            name, version = line.split()[:2]
            found.add((name, version.removeprefix("v")))
    return found


def component(package, checksums):
    name, version = package["name"], package["version"]
    found = {"type": "library", "bom-ref": f"{name}@{version}", "name": name, "version": version}
    if package["license"]:
        found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if (name, version) in checksums:
        found["purl"] = f"pkg:cargo/{name}@{version}"
        found["hashes"] = [{"alg": "SHA-256", "content": checksums[name, version]}]
    return found


def main(package):
    with open("Cargo.lock", "rb") as file:
        locked = tomllib.load(file)["package"]
    checksums = {(it["name"], it["version"]): it["checksum"] for it in locked if "checksum" in it}
    inside = built_in(package)
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1"))
    packages = sorted((it for it in metadata["packages"] if (it["name"], it["version"]) in inside), key=lambda it: (it["name"], it["version"]))
    refs = {it["id"]: f"{it['name']}@{it['version']}" for it in packages}
    itself = next(component(it, checksums) for it in packages if it["name"] == package)
    nodes = [node for node in metadata["resolve"]["nodes"] if node["id"] in refs]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**itself, "type": "application"}},
        "components": [component(it, checksums) for it in packages if it["name"] != package],
        "dependencies": sorted(
            ({"ref": refs[node["id"]], "dependsOn": sorted({refs[it] for it in node["dependencies"] if it in refs})} for node in nodes),
            key=lambda it: it["ref"],
        ),
    }
    json.dump(bill, sys.stdout, indent=1)
    print()


main(*sys.argv[1:])
