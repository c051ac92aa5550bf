"""Runs the commands of the runbook under the stack's two policies, in the emulator, which enforces IAM.

    python .ci/rights_check.py      with the environment of the rehearsal, its companies onboarded

Under the operator's policy no command may be denied. Under the policy for looking alone, commands that look must work, and all
others must leave configuration, schedules and credentials as they are.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import boto3

import stack
from page_commands import VERSION_1, commands
from stack import STACK

PAGES = ("docs/runbook.md", "docs/alarms.md", "docs/restore.md")
# What is said of a right that is missing, and of a command that has asked nobody.
DENIED = re.compile(r"AccessDenied|UnauthorizedOperation|is not authorized|your own credentials|may not be read|Could not connect")
STATE = os.environ["LOCAL_STATE"]
TENANT = "local-direct"

# How each command of the pages begins, and whether the policy for looking alone is enough for it. The first that fits counts.
LOOK, CREDENTIALS, ACT = "look", "credentials", "act"
COMMANDS = (
    (r"tenants (doctor|list|status|runs|people (export|list)|certificates list)\b", LOOK),
    (r"tenants (check|plan|explain)\b", CREDENTIALS),
    (r"tenants (approve|dismiss|pause|resume|add|connect|remove|restore|people (forget|retry)|certificates (retry|dismiss|start))\b", ACT),
    (r"aws (cloudformation describe-stacks|dynamodb list-tables|lambda get-)", LOOK),
    (r"aws (sqs|secretsmanager restore-secret|dynamodb (restore-table|update-|wait table-exists|get-item|put-item))", ACT),
)
# What the pages leave to the reader: words, and whole commands.
WORDS = {
    **VERSION_1,
    "acme.toml": f"{STATE}/{TENANT}.toml",
    "reteach-personio/acme": f"{STACK}/{TENANT}",
    "acme": TENANT,
    "4711": "1001",
    "HASH": "0123456789ab",
    "--credentials - ": f"--credentials {STATE}/{TENANT}.json ",
    "tenants connect local-direct --replace --email … --company …": "tenants connect local-kombo --email hr@muster.example --company Muster",
}
# Without their arguments in running text.
BARE = {"tenants add", "tenants remove", "tenants restore", "tenants people forget", "tenants certificates start"}
# The emulator takes no stack that AWS Backup copies.
NOT_HERE = re.compile(r"aws backup")
# .ci/deploy goes through a restore with the operator's keys.
RESTORE = re.compile(r"tenants restore|aws dynamodb (restore|wait|update|get-item|put-item)")
# A command that found nothing to do needs no right to do it.
NOTHING = re.compile(r"No certificate of \S+ matches|was not paused|Nobody of \S+ waits")

checks = 0
failures = []


def expect(what, found, wanted):
    global checks
    checks += 1
    if found != wanted:
        failures.append(f"{what}: {found!r} instead of {wanted!r}")


def kind(command):
    for beginning, kind in COMMANDS:
        if re.match(beginning, command):
            return kind
    sys.exit(f"`{command}` is on no list of .ci/rights_check.py: which policy is enough for it?")


def run(command, keys):
    """Exit status, and everything that the command says."""
    for word, instead in WORDS.items():
        command = command.replace(word, instead)
    program = "cargo " if command.startswith("tenants ") else ""
    environment = {**os.environ, **keys, "url": outputs["DeliveryQueueUrl"], "OLD": outputs["TableName"]}
    done = subprocess.run(["bash", "-c", program + command], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def somebody(name, policy):
    """Keys of a user with this policy and no other right."""
    made = subprocess.run([sys.executable, ".ci/operator_keys.py", name, policy], check=True, capture_output=True, text=True)
    return dict(pair.split("=", 1) for pair in shlex.split(made.stdout.removeprefix("export ")))


def standing():
    """What nobody may change who only looks. The companies' runs go on meanwhile, so the rest of the table is left out."""
    table, scheduler, secrets = (boto3.client(service) for service in ("dynamodb", "scheduler", "secretsmanager"))
    key = {"pk": {"S": f"TENANT#{TENANT}"}, "sk": {"S": "CONFIG"}}
    names = [f"{TENANT}.{job}" for job in ("employees", "certificates")]
    schedules = [scheduler.get_schedule(Name=name, GroupName=outputs["ScheduleGroupName"]) for name in names]
    return json.dumps(
        [
            table.get_item(TableName=outputs["TableName"], Key=key, ConsistentRead=True)["Item"],
            [(it["State"], it["ScheduleExpression"], it["Target"]) for it in schedules],
            secrets.get_secret_value(SecretId=f"{STACK}/{TENANT}")["SecretString"],
        ],
        sort_keys=True,
    )


def forgets():
    """The operator forgets somebody who is gone. Nobody deletes a profile in the companies, so the ledger gets an entry of nobody there."""
    table, key = boto3.resource("dynamodb").Table(outputs["TableName"]), {"pk": f"TENANT#{TENANT}", "sk": "EMPLOYEE#9999"}
    table.put_item(Item={**key, "source_id": "9999"})
    for name, keys, may in (("looking", looker, False), ("operator", operator, True)):
        status, said = run("tenants people forget acme 9999 --yes", keys)
        expect(f"forgetting, {name}: {said}", (status == 0, "Item" not in table.get_item(Key=key, ConsistentRead=True)), (may, may))
    _, said = run("tenants people forget acme 1020 --yes", operator)
    expect(f"forgetting somebody who is employed: {said}", "is still employed" in said, True)


def documents():
    """Both policies, as JSON."""
    iam = boto3.client("iam")
    for output in ("OperatorPolicyArn", "ReadOnlyPolicyArn"):
        version = iam.get_policy(PolicyArn=outputs[output])["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=outputs[output], VersionId=version)["PolicyVersion"]["Document"]
        yield output, json.dumps(document, separators=(",", ":"))


def sizes():
    """AWS takes 6,144 characters, white space apart. A longer name of a stack is in most lines, notices add two."""
    for output, document in documents():
        print(f"{output}: {len(document)} characters")
        expect(f"{output} fits", len(document) < 5500, True)


def not_judged():
    """Rights that the emulator does not look for in a request as AWS does (.ci/operator_keys.py), by what the policies say."""
    name = outputs["EmployeeFunctionArn"].removesuffix(":live")
    region, account = name.split(":")[3:5]
    both, operators, nobodys = (True, True), (True, False), (False, False)
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_IAM.html: one right on the table that is restored, and
    # the others on the new one.
    fills = [f"dynamodb:{it}" for it in ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")]
    writes = [f"scheduler:{it}Schedule" for it in ("Create", "Delete", "Update")]
    for resource, actions, wanted in (
        (f"dynamodb:{region}:{account}:table/{outputs['TableName']}", ["dynamodb:RestoreTableToPointInTime"], operators),
        (f"dynamodb:{region}:{account}:table/another", ["dynamodb:RestoreTableToPointInTime", *fills], nobodys),
        (f"dynamodb:{region}:{account}:table/{STACK}-restored", fills, operators),
        (f"scheduler:{region}:{account}:schedule/{outputs['ScheduleGroupName']}/{TENANT}.employees", ["scheduler:GetSchedule"], both),
        (f"scheduler:{region}:{account}:schedule/{outputs['ScheduleGroupName']}/{TENANT}.employees", writes, operators),
        (f"scheduler:{region}:{account}:schedule/another/{TENANT}.employees", ["scheduler:GetSchedule", *writes], nobodys),
        (name.removeprefix("arn:aws:"), ["lambda:GetFunctionConcurrency"], both),
        (name.removeprefix("arn:aws:"), ["lambda:PutFunctionConcurrency"], nobodys),
    ):
        for (output, document), may in zip(documents(), wanted):
            asked = {"PolicyInputList": [document], "ActionNames": actions, "ResourceArns": [f"arn:aws:{resource}"]}
            for result in boto3.client("iam").simulate_custom_policy(**asked)["EvaluationResults"]:
                expect(f"{output}: {result['EvalActionName']} on {resource}", result["EvalDecision"] == "allowed", may)


outputs = stack.outputs()
sizes()
not_judged()
found = sorted({command for page in PAGES for command in commands(Path(page).read_text(), ["tenants", "aws"])})
expect("commands on the pages", len(found) > 30, True)
tried = [(command, kind(command)) for command in found if command not in BARE and not NOT_HERE.search(command)]
operator, looker = somebody("runbook-operator", "OperatorPolicyArn"), somebody("runbook-looker", "ReadOnlyPolicyArn")
before = standing()
for command, needs in tried:
    status, said = run(command, looker)
    is_denied = bool(DENIED.search(said))
    if needs == LOOK:
        expect(f"{command}, looking: {said}", is_denied, False)
    elif needs == CREDENTIALS:
        expect(f"{command}, looking: {said}", (is_denied, status != 0), (True, True))
    else:
        expect(f"{command}, looking, succeeds: {said}", status != 0 or bool(NOTHING.search(said)), True)
expect("what somebody changed who may only look", standing(), before)
for command, _ in tried:
    if RESTORE.match(command):
        continue
    _, said = run(command, operator)
    expect(f"{command}, operator: {said}", bool(DENIED.search(said)), False)
forgets()
if failures:
    sys.exit("\n\n".join(failures))
print(f"{checks} checks of {len(tried)} commands under both policies passed")
