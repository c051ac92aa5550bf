"""Holds the licence of each crate against the list in deny.toml: `cargo tree --prefix none --format '{p}|{l}' | python3 .ci/licences.py`."""

import re
import sys
import tomllib

with open("deny.toml", "rb") as file:
    ALLOWED = set(tomllib.load(file)["licenses"]["allow"])


def fits(expression, allowed):
    """Whether an SPDX expression can be met with `allowed` alone: one side of each OR, both of each AND."""
    # What crates wrote before there were expressions.
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def either():
        met = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            met = both() or met
        return met

    def both():
        met = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            met = one() and met
        return met

    def one():
        token = tokens.pop(0)
        if token == "(":
            met = either()
            tokens.pop(0)
            return met
        if tokens and tokens[0] == "WITH":
            token = " ".join([token, tokens.pop(0), tokens.pop(0)])
        return token in allowed

    try:
        return either() and not tokens
    except IndexError:
        return False


# That it can fail is looked at each time.
for given, expected in [
    ("MIT", True),
    ("MIT/Apache-2.0", True),
    ("GPL-3.0 OR MIT", True),
    ("GPL-3.0 AND MIT", False),
    ("MIT AND (GPL-3.0 OR Apache-2.0)", True),
    ("(MIT OR GPL-3.0) AND MPL-2.0", False),
    ("Apache-2.0 WITH LLVM-exception", True),
    ("Apache-2.0 WITH Classpath-exception-2.0", False),
    ("NOT-MIT-AT-ALL", False),
    ("MIT MIT", False),
    ("(MIT", False),
    ("", False),
]:
    allowed = {"MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"}
    assert fits(given, allowed) == expected, given

crates = {line.strip().removesuffix(" (*)") for line in sys.stdin} - {""}
odd = sorted(it for it in crates if not fits(it.partition("|")[2], ALLOWED))
print(f"licences: {len(crates)} crates")
if odd or not crates:
    sys.exit("licences to look at:\n" + "\n".join(odd))
