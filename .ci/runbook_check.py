"""Types the commands of docs/runbook.md that need something to act on, as the operator, and looks at what they do: a held plan, parked
certificates, credentials, a deleted secret, dead letters. The plans of two versions are compared on the way (docs/deploy.md).

    python .ci/runbook_check.py      with the environment of the rehearsal, its companies onboarded

.ci/rights_check.py types all commands of the page. Most of them find nothing to do there.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import boto3
from boto3.dynamodb.conditions import Key

from page_commands import VERSION_1, commands
from stack import STACK, cargo, expect, outputs, passed, status, wait

RUNBOOK, DEPLOY = (Path(f"docs/{page}.md").read_text() for page in ("runbook", "deploy"))
STATE = os.environ["LOCAL_STATE"]
TENANT = "local-direct"
# What the pages leave to the reader.
WORDS = {
    **VERSION_1,
    "acme.toml": f"{STATE}/{TENANT}.toml",
    "plans.json": f"{STATE}/plans.json",
    "reteach-personio/acme": f"{STACK}/{TENANT}",
    "acme": TENANT,
}
# One more changed address than the brake lets through.
PEOPLE = [str(number) for number in range(1020, 1026)]
# Exit status of what looks and finds something.
TO_LOOK_AT = 1


def section(heading):
    return RUNBOOK.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def typed(command, words={}, ends=0, **given):
    """What the operator sees who types this, with these words in the place of the page's."""
    if command.removesuffix(" --yes") not in RUNBOOK + DEPLOY:
        sys.exit(f"neither page says: {command}")
    for word, instead in {**words, **WORDS}.items():
        command = command.replace(word, instead)
    print(f"$ {command}", flush=True)
    program = "cargo " if command.startswith("tenants ") else ""
    script = f'. "$LOCAL_STATE/operator"; set -euo pipefail; {program}{command}'
    done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True, **(given or {"stdin": subprocess.DEVNULL}))
    print(done.stdout, flush=True)
    expect(f"exit status of `{command}`", done.returncode, ends)
    return done.stdout


def held_plan():
    for person in PEOPLE:
        cargo("local", "act", "change", person, "--email", f"{person}@neu.example")
    # The run may be a tick's.
    wait("a held plan", lambda: cargo("tenants", "sync", TENANT).get("held"))
    said = typed("tenants plan --against plans.json", ends=TO_LOOK_AT)
    expect("people whose plan is another one", [person for person in PEOPLE if person not in said], [])
    # A tick would carry out the first approval.
    typed("tenants pause acme")
    wait("the end of the last run", lambda: not status(TENANT)["health"]["running"])
    plan = status(TENANT)["held"]["hash"]
    words = {"3fa9c27be104": plan, "HASH": plan, "4711,4712": ",".join(PEOPLE[:2]), "4711": PEOPLE[0]}
    found = list(commands(section("held-plan"), ["tenants"]))
    expect("commands about a held plan", len(found), 6)
    for command in found:
        typed(command, words, TO_LOOK_AT if command.startswith(("tenants plan", "tenants explain")) else 0)
    held = status(TENANT)["held"]
    expect("what the last command leaves of the plan", (held["dismissed"], held["undecided"]), (len(PEOPLE), {}))
    typed("tenants approve acme HASH", words)


def parked():
    """Of three filed certificates nobody seems to know whether they are filed. The company is paused."""
    table = boto3.resource("dynamodb").Table(outputs()["TableName"])
    mine = Key("pk").eq(f"TENANT#{TENANT}") & Key("sk").begins_with("CERTIFICATE#")
    filed = [item for item in table.query(KeyConditionExpression=mine, ConsistentRead=True)["Items"] if item["state"] == "uploaded"][:3]
    keys = [{name: item[name] for name in ("pk", "sk")} for item in filed]
    for key, item, reason in zip(keys, filed, ("no reply", "not allowed", "no reply"), strict=True):
        at = item["detail"]["at"]
        upload = {"at": at, "size": None, "failures": 0, "failing_since": None}
        table.update_item(
            Key=key,
            UpdateExpression="SET #state = :state, #detail = :detail",
            ExpressionAttributeNames={"#state": "state", "#detail": "detail"},
            ExpressionAttributeValues={":state": "parked", ":detail": {"at": at, "reason": reason, "unverified": upload}},
        )
    retried, _, dismissed = (item["certificate_id"] for item in filed)
    said = typed("tenants certificates list acme", ends=TO_LOOK_AT)
    expect("parked certificates", [item["certificate_id"] in said for item in filed], [True] * 3)
    typed("tenants certificates retry acme CERTIFICATE", {"CERTIFICATE": retried})
    # Nobody answers the question.
    typed('tenants certificates retry acme --reason "not allowed" --yes')
    typed("tenants certificates dismiss acme CERTIFICATE", {"CERTIFICATE": dismissed})
    # None was issued again.
    typed("tenants certificates retry acme CERTIFICATE --refile", {"CERTIFICATE": retried}, ends=1)
    found = [table.get_item(Key=key, ConsistentRead=True)["Item"]["state"] for key in keys]
    expect("states of the certificates", found, ["intended", "intended", "dismissed"])


def credentials():
    secrets = boto3.client("secretsmanager")
    typed("tenants add --file acme.toml --credentials -", input=Path(STATE, f"{TENANT}.json").read_text())
    typed("tenants add --file acme.toml --update")
    secrets.delete_secret(SecretId=f"{STACK}/{TENANT}")
    typed("aws secretsmanager restore-secret --secret-id reteach-personio/acme")
    expect("the secret is back", "DeletedDate" in secrets.describe_secret(SecretId=f"{STACK}/{TENANT}"), False)


def dead_letters():
    """The commands use the answer of the first one."""
    sqs = boto3.client("sqs")
    block = re.search(r"^```sh\n(.*?)^```", section("delivery-dead-letters"), re.M | re.S)[1]
    for queue in ("DeliveryQueueUrl", "ExecutionQueueUrl"):
        url = outputs()[queue]
        sqs.send_message(QueueUrl=url, MessageBody=f"a letter in {queue}")
        said = typed(block, {"DeliveryQueueUrl": queue})
        expect(f"the letter in {queue} is shown", f"a letter in {queue}" in said, True)
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        expect(f"letters in {queue}", set(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"].values()), {"0"})


typed("tenants plan --save plans.json")
held_plan()
parked()
credentials()
dead_letters()
typed("tenants resume acme")
print(f"runbook: {passed()} checks passed")
