"""Holds the patterns in renovate.json against what this folder and the pages pin: each pin is found by one of them, none finds nothing, and
the pages pin what the gate does."""

import json
import pathlib
import re
import sys

pages = [pathlib.Path(name) for name in ("README.md", "docs/deploy.md", "docs/local-development.md")]
files = {str(path): path.read_text() for path in [*sorted(pathlib.Path(".ci").iterdir()), *pages] if path.is_file()}
# A version that is written down, wherever: 'name==1.2', 'name@1.2' or version='1.2'. This file's own are none.
pinned = {
    (name, match[1])
    for name, text in files.items()
    if not name.endswith(".py")
    for match in re.finditer(r"(?:==|@|version='?)([0-9]+(?:\.[0-9]+)+)", text)
}
found, wrong, versions = set(), [], {}
for manager in json.loads(pathlib.Path("renovate.json").read_text())["customManagers"]:
    names = [re.compile(pattern.strip("/")) for pattern in manager["managerFilePatterns"]]
    # JavaScript's names of groups are Python's with a P.
    patterns = [re.compile(pattern.replace("(?<", "(?P<")) for pattern in manager["matchStrings"]]
    mine = set()
    for name, text in files.items():
        if any(it.search(name) for it in names):
            for match in (match for it in patterns for match in it.finditer(text)):
                dependency = match.groupdict().get("depName") or manager.get("depNameTemplate")
                wrong += [] if dependency else [f"{name}: no name for {match[0]}"]
                mine.add((name, match["currentValue"]))
                versions.setdefault(dependency, set()).add(match["currentValue"])
    wrong += [] if mine else [f"finds nothing: {manager['description']}"]
    found |= mine
wrong += [f"{name}: {version} is kept fresh by nobody" for name, version in sorted(pinned - found)]
wrong += [f"{name} has several versions: {', '.join(sorted(all))}" for name, all in versions.items() if len(all) > 1]
# A package that the pages leave open is another one on each machine.
for page in map(str, pages):
    wrong += [f"{page}: {it} has no version" for it in re.findall(r"pipx (?:install|inject [a-z-]+) ([a-z-]+)(?!==|[a-z-])", files[page])]
print(f"renovate.json: {len(pinned)} pinned versions")
if wrong or not pinned:
    sys.exit("\n".join(wrong))
