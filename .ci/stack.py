"""The rehearsal's stack, and what its checks share."""

import json
import subprocess
import sys
import time

import boto3

STACK = "reteach-personio"
# Both schedules of a company fire every minute.
PATIENCE = 300

checks = 0


def expect(what, found, wanted):
    global checks
    checks += 1
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


def passed():
    return checks


def described():
    return boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]


def outputs():
    return {output["OutputKey"]: output["OutputValue"] for output in described()["Outputs"]}


def wait(what, look):
    """What `look` returns, once it returns something."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(3)
    sys.exit(f"{what}: not within {PATIENCE} s")


def cargo(*arguments):
    """What a command of the project says, exit status 1 (something to look at) included."""
    run = subprocess.run(["cargo", *arguments, "--json"], stdout=subprocess.PIPE, text=True)
    if run.returncode not in (0, 1):
        sys.exit(f"cargo {' '.join(arguments)}: exit status {run.returncode}")
    return json.loads(run.stdout)


def status(tenant):
    return cargo("tenants", "status", tenant)
