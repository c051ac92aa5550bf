"""The commands that the pages say to type."""

import re
import sys
from pathlib import Path

# Version 1 of the AWS CLI, which the rehearsal has, calls AWS's own queues whatever AWS_ENDPOINT_URL says.
VERSION_1 = {"aws sqs": 'aws --endpoint-url "$AWS_ENDPOINT_URL" sqs'}


def commands(text, programs):
    """Those of these programs, in blocks and in running text."""
    programs = "|".join(programs)
    for block in re.findall(r"^```sh[^\n]*\n(.*?)^```", text, re.M | re.S):
        for line in block.splitlines():
            found = re.search(rf"\b(?:{programs}) .*", re.sub(r"\s+#.*", "", line))
            if found:
                # What the shell does with the answer, on this line or the next one, is no part of it.
                yield re.sub(r" [|>]( .*)?$", "", found[0]).rstrip(")")
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for command in re.findall(rf"`((?:{programs}) [^`]*)`", text):
        yield " ".join(command.split())


def check(program, of_page, fewest, wrong, typos):
    """Is no command of a page `wrong`, and would one with a typo be?"""
    found = sorted({command for page in [Path("README.md"), *Path("docs").glob("*.md")] for command in of_page(page)})
    if len(found) < fewest:
        sys.exit(f"{len(found)} commands were found")
    for command in found:
        if problem := wrong(command):
            sys.exit(f"{command}: {problem}")
    for command in typos:
        if not wrong(command):
            sys.exit(f"{command} was not found wrong")
    print(f"{len(found)} commands of {program} exist")
