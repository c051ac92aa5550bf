"""Are the rehearsal's commands of SAM those of docs/deploy.md, does it type those of the operator's pages, and does SAM know all that the
pages name, with their options?

    python .ci/sam_check.py      with SAM's own Python
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
script = Path(".ci/deploy").read_text()
typed = script + Path("docs/local-development.md").read_text()
# Blocks that .ci/deploy takes from the pages.
for page, heading in re.findall(r"commands_of (docs/\S+) '?([^'|)]+)", script):
    typed += Path(page).read_text().partition(f"\n## {heading.strip()}\n")[2].partition("```sh\n")[2].partition("```")[0]
for page in ("docs/runbook.md", "docs/restore.md"):
    for command in on_page(page):
        # The emulator takes no stack that AWS Backup copies.
        if command not in typed and "BackupVaultArn=" not in command:
            sys.exit(f"{page}: the rehearsal does not type {command}")
check("SAM", on_page, 8, wrong, ("sam biuld", "sam deploy --parameter-override A=b", "sam delete --now"))
