"""Tries the commands of the AWS CLI on the pages without AWS: do the command and its options exist, and do their values fit?

    python .ci/aws_check.py      with the AWS CLI's own Python

Commands of the runbook also run in the rehearsal, as far as an emulator can take them (.ci/rights_check.py).
"""

import contextlib
import io
import os
import re
import shlex

from awscli.clidriver import create_clidriver

from page_commands import check, commands

# What is said of a command that does not exist. Other words are about the made-up answer.
WRONG = re.compile(r"Unknown |Invalid choice|[Mm]issing required|are required|error:|expected")
# Version 2 alone has these.
NOT_HERE = "aws configure export-credentials"
OPTION_NOT_HERE = " --cli-binary-format base64"

os.environ.update(AWS_DEFAULT_REGION="eu-central-1", AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none")


def wrong(command):
    """What the CLI says against the command, before it would call AWS."""
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        create_clidriver().main([*shlex.split(command)[1:], "--generate-cli-skeleton", "output"])
    return [line for line in said.getvalue().splitlines() if WRONG.search(line)]


def on_page(page):
    found = commands(page.read_text(), ["aws"])
    return [command.removesuffix(OPTION_NOT_HERE) for command in found if not command.startswith(NOT_HERE)]


check("the AWS CLI", on_page, 15, wrong, ("aws dynamodb update-tabel", "aws dynamodb update-table --tabel-name x", "aws dynamodb delete-table"))
