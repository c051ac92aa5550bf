"""The commands that the pages say to type."""

import re


def commands(text, programs):
    """Those of these programs, in blocks and in running text."""
    programs = "|".join(programs)
    for block in re.findall(r"^```sh[^\n]*\n(.*?)^```", text, re.M | re.S):
        for line in block.splitlines():
            found = re.search(rf"\b(?:{programs}) .*", re.sub(r"\s+#.*", "", line))
            if found:
                # What the shell does with the answer, on this line or the next one, is no part of it.
                yield re.sub(r" \|( .*)?$", "", found[0]).rstrip(")")
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for command in re.findall(rf"`((?:{programs}) [^`]*)`", text):
        yield " ".join(command.split())
