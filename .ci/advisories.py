"""RustSec's advisories as of a day, for machines that cannot reach its database: which versions of a crate each of them is about.

    python .ci/advisories.py pin CLONE         writes .ci/advisories.json from a clone of RustSec's database
    python .ci/advisories.py lay FOLDER        a git repository for cargo-deny; prints of which day it is
    python .ci/advisories.py lay FOLDER CRATE  the same with a made-up advisory about every version of a crate
"""

import datetime
import json
import pathlib
import subprocess
import sys
import tomllib

PINNED = pathlib.Path(__file__).with_name("advisories.json")
# What cargo-deny decides by. The texts stay where they are: the id leads to them.
KEPT = {"advisory": ("package", "date", "informational"), "versions": ("patched", "unaffected"), "affected": ("os", "arch")}


def git(folder, *arguments):
    command = ["git", "-C", folder, "-c", "user.name=gate", "-c", "user.email=gate@localhost", "-c", "commit.gpgsign=false", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def advisory(text):
    """Its id and what is kept of it, in the form of the database; nothing of one that was withdrawn."""
    data = tomllib.loads(text.split("```toml\n", 1)[1].split("```", 1)[0])
    if "withdrawn" in data["advisory"]:
        return None
    values = {key: data[room][key] for room, keys in KEPT.items() for key in keys if key in data.get(room, {})}
    return data["advisory"]["id"], values


def pin(clone):
    files = sorted(pathlib.Path(clone).glob("crates/*/*.md"))
    read = dict(filter(None, (advisory(path.read_text()) for path in files)))
    lines = [f"{json.dumps(id)}: {json.dumps(read[id], default=str)}" for id in sorted(read)]
    commit, day = git(clone, "log", "-1", "--format=%H %cs").split()
    head = f'"commit": "{commit}",\n"day": "{day}",\n"advisories": {{\n'
    PINNED.write_text("{\n" + head + ",\n".join(lines) + "\n}\n}\n")


def lay(folder, *refused):
    pinned = json.loads(PINNED.read_text())
    advisories = pinned["advisories"] | {"RUSTSEC-2000-0001": {"package": crate, "date": "2000-01-01", "patched": []} for crate in refused}
    for id, values in advisories.items():
        text = "```toml\n"
        for room, keys in KEPT.items():
            # A list or a text of JSON is one of TOML.
            text += f"[{room}]\n" + "".join(f"{key} = {json.dumps(values[key])}\n" for key in keys if key in values)
            text += f'id = "{id}"\n' if room == "advisory" else ""
        path = pathlib.Path(folder, "crates", values["package"], f"{id}.md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}```\n\n# {id}\n")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", pinned["commit"])
    age = datetime.date.today() - datetime.date.fromisoformat(pinned["day"])
    print(f"{len(advisories)} advisories of {pinned['day']}, {age.days} days ago")


{"pin": pin, "lay": lay}[sys.argv[1]](*sys.argv[2:])
