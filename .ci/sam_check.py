"""Are the rehearsal's commands of SAM those of docs/deploy.md, and does SAM know all that the pages name, with their options?

    python .ci/sam_check.py      with SAM's own Python

The rehearsal runs its own ones (.ci/deploy).
"""

import contextlib
import io
import re
import shlex
import sys
from pathlib import Path

import click
from samcli.cli.main import cli

from page_commands import check, commands


def on_page(page):
    parts = [part for command in commands(Path(page).read_text(), ["sam"]) for part in re.split(r" && ", command)]
    return [part for part in parts if part.startswith("sam ")]


def wrong(command):
    """What SAM says against the command, before it would do anything."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            cli.main([*shlex.split(command)[1:], "--help"], prog_name="sam", standalone_mode=False)
    except click.UsageError as error:
        return error.format_message()


deployment = on_page("docs/deploy.md")
for command in on_page("docs/local-development.md"):
    # Nobody answers the questions there.
    if command.removesuffix(" --no-prompts") not in deployment:
        sys.exit(f"docs/deploy.md does not say what the rehearsal types: {command}")
check("SAM", on_page, 8, wrong, ("sam biuld", "sam deploy --parameter-override A=b", "sam delete --now"))
