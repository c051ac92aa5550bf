"""Looks at the rehearsal's companies while the deployed functions look after them: what do reteach and Personio hold?

    python .ci/tenants_check.py onboarded|drifted|damaged|mended|decided|paused|copied|restored|redeployed|resumed|removed      with the environment of the rehearsal

Nothing here knows the project's code: what should be there is worked out from Personio's people and reteach's courses.
"""

import datetime
import json
import os
import sys
import zoneinfo

import boto3

from stack import cargo, expect, outputs, passed, status, wait

TENANTS = ("local-direct", "local-passthrough", "local-kombo")
JOBS = ("employees", "certificates")


def show(tenant, what):
    return cargo("local", "show", what, "--tenant", tenant)


def accounts(tenant):
    """The academy's accounts that come from Personio, by their ids there."""
    found = [account for account in show(tenant, "accounts") if (account["external_id"] or "").startswith("personio:")]
    ids = [int(account["external_id"].removeprefix("personio:")) for account in found]
    expect(f"{tenant}: accounts with the same id", len(ids) - len(set(ids)), 0)
    return dict(zip(ids, found))


def today():
    return datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Berlin")).date().isoformat()


def is_locked(person, today):
    """By the contract's days alone: nobody in the rehearsal is inactive without an end date before today, except by status."""
    begins, ends = person["hire_date"], person["termination_date"]
    return bool((begins and begins > today) or (ends and ends < today) or (person["status"] == "inactive" and not (ends and ends < today)))


def filed(tenant):
    """Each certificate of somebody from Personio, and the documents that name it."""
    owners = {account["id"]: person for person, account in accounts(tenant).items()}
    documents = show(tenant, "documents")
    for participation in show(tenant, "participations"):
        certificate = participation["certificate"]
        if certificate and participation["customer"] in owners:
            names = [document for document in documents if certificate["id"] in f"{document['comment']} {document['file_name']}"]
            yield owners[participation["customer"]], participation, names


def is_through(tenant):
    """The first runs of both functions are done, and nothing waits to be filed."""
    health = status(tenant)["health"]
    if set(health["last_good_runs"]) != set(JOBS) or health["gate"] is None:
        return False
    return all(documents or participation["certificate"]["publication"] != "AtOnce" for _, participation, documents in filed(tenant))


def contents(tenant):
    people = {person["id"]: person for person in show(tenant, "people")}
    # The accounts may be read while a day begins.
    before, found, after = today(), accounts(tenant), today()
    expect(f"{tenant}: accounts of nobody", set(found) - set(people), set())
    # Whose mail address another system's account has gets none.
    others = {address(it) for it in show(tenant, "accounts") if it["external_id"] and it["id"] not in ids(found)}
    expect(f"{tenant}: people without an account", set(people) - set(found), {id for id in people if address(people[id]) in others})
    for id, account in found.items():
        person = people[id]
        names = ("first_name", "last_name", "position")
        expect(f"{tenant}: {id}", [account[name] for name in names], [person[name] for name in names])
        # An account that was there before keeps its own spelling.
        expect(f"{tenant}: {id}'s address", address(account), address(person))
        locked = {is_locked(person, day) for day in (before, after)}
        expect(f"{tenant}: {id} is locked", (account["status"] == "INACTIVE") in locked, True)
    certificates = 0
    for person, participation, documents in filed(tenant):
        if not documents:
            continue
        certificates += 1
        what = f"{tenant}: certificate {participation['certificate']['id']}"
        expect(f"{what}: documents", [document["employee_id"] for document in documents], [person])
        expect(f"{what}: is a PDF", bytes(documents[0]["head"])[:5], b"%PDF-")
        if tenant != "local-kombo":
            expect(f"{what}: title", documents[0]["title"], participation["course_name"])
    expect(f"{tenant}: documents", len(show(tenant, "documents")), certificates)
    expect(f"{tenant}: certificates are filed", certificates > 0, True)
    expect(f"{tenant}: broken promises", show(tenant, "broken-promises"), [])
    return len(found), certificates


def address(somebody):
    return (somebody["email"] or "").lower()


def ids(found):
    return {account["id"] for account in found.values()}


def onboarded():
    """Within a tick or two of each schedule everybody has an account, and every certificate is in its file, once."""
    for tenant in TENANTS:
        wait(f"{tenant}: first runs", lambda: is_through(tenant))
        people, certificates = contents(tenant)
        runs = cargo("tenants", "runs", tenant)
        expect(f"{tenant}: outcomes", {run["outcome"] for run in runs} <= {"done", "partly", "unchanged", "waiting"}, True)
        expect(f"{tenant}: jobs", {run["job"] for run in runs}, {"employee-sync", "certificate-sync"})
        print(f"{tenant}: {people} accounts, {certificates} certificates")


def drifted():
    """A schedule that somebody deleted, and one that belongs to nobody: `status` finds both, `add` repairs what can be repaired."""
    stack, scheduler, left_over = outputs(), boto3.client("scheduler"), "nobody.employees"
    group, gone = stack["ScheduleGroupName"], "local-direct.certificates"
    scheduler.delete_schedule(Name=gone, GroupName=group)
    target = {"Arn": stack["EmployeeFunctionArn"], "RoleArn": stack["SchedulerRoleArn"], "Input": json.dumps({"tenant_id": "nobody"})}
    when = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    scheduler.create_schedule(Name=left_over, GroupName=group, Target=target, **when)
    text = json.dumps(cargo("tenants", "status"))
    expect("the left-over schedule in `tenants status`", left_over in text, True)
    expect("the deleted schedule in `tenants status`", "the schedule for certificates is missing" in text, True)
    cargo("tenants", "remove", "nobody", "--yes")
    file = f"{os.environ['LOCAL_STATE']}/local-direct.toml"
    expect("schedules made anew", cargo("tenants", "add", "--file", file)["schedules"]["created"], 1)
    names = [it["Name"] for it in scheduler.list_schedules(GroupName=group)["Schedules"]]
    expect("the schedules", (gone in names, left_over in names), (True, False))


def damaged():
    """The configuration of a company cannot be read: its runs say so, and the operator gets a notice."""
    table, key = boto3.resource("dynamodb").Table(outputs()["TableName"]), {"pk": "TENANT#local-direct", "sk": "CONFIG"}
    table.update_item(Key=key, UpdateExpression="SET #it = :it", ExpressionAttributeNames={"#it": "config"}, ExpressionAttributeValues={":it": True})
    wait("a notice about the damaged item", lambda: [run for run in cargo("tenants", "runs", "local-direct") if is_noticed(run)])


def is_noticed(run):
    return run["outcome"] == "state-unavailable" and run.get("notices", {}).get("sent")


def mended():
    """The item is as it was, and the company in step."""
    for job in JOBS:
        outcome = wait(f"a run of {job}", lambda: synced("local-direct", job))
        expect(f"{job} with the item put back", outcome in {"done", "unchanged"}, True)
    contents("local-direct")


def decided():
    """What was held is written, and what was parked is in its file once."""
    mended()


def paused():
    """Of two companies that hire on the same day, the one that is paused gets no account."""
    hired = cargo("local", "act", "hire", "Erika", "Muster", "--email", "erika@other.example", "--tenant", "local-passthrough")
    wait("the other company's new account", lambda: hired["person"] in accounts("local-passthrough"))
    expect("the paused company's people without an account", unknown("local-direct"), {1061})
    expect("status", status("local-direct")["health"]["status"], "paused")


def copied():
    """Certificates that are filed after the table was copied: the copy does not know them."""
    for tenant in TENANTS[1:]:
        before = len(show(tenant, "documents"))
        cargo("local", "act", "certificate", str(min(accounts(tenant))), "Brandschutz", "--tenant", tenant)
        wait(f"{tenant}: a certificate filed since", lambda: is_filed(tenant, before))
    known, copy = (certificates(name) for name in (outputs()["TableName"], "reteach-personio-restored"))
    expect("certificates that the copy does not know", known - copy, len(TENANTS[1:]))


def is_filed(tenant, before):
    cargo("tenants", "sync", tenant, "--job", "certificates")
    return len(show(tenant, "documents")) > before


def certificates(name):
    items = boto3.resource("dynamodb").Table(name).scan()["Items"]
    return len([item for item in items if item["sk"].startswith("CERTIFICATE#")])


def restored():
    """The stack has taken another table over, with its tenants, and finds nothing to do twice."""
    stack, scheduler = outputs(), boto3.client("scheduler")
    expect("tables", boto3.client("dynamodb").list_tables()["TableNames"], [stack["TableName"]])
    schedules = scheduler.list_schedules(GroupName=stack["ScheduleGroupName"])["Schedules"]
    found = {schedule["Name"]: schedule["State"] for schedule in schedules}
    state = {True: "DISABLED", False: "ENABLED"}
    wanted = {f"{tenant}.{job}": state[tenant == "local-direct"] for tenant in TENANTS for job in JOBS}
    expect("schedules", found, wanted)
    for tenant in TENANTS[1:]:
        for job in JOBS:
            outcome = wait(f"{tenant}: a run of {job}", lambda: synced(tenant, job))
            expect(f"{tenant}: {job}: {outcome}", outcome in {"done", "unchanged"}, True)
        contents(tenant)


def redeployed():
    """So has a new stack."""
    restored()


def synced(tenant, job):
    """A run's outcome; nothing while another one is under way."""
    outcome = cargo("tenants", "sync", tenant, "--job", job)["outcome"]
    return None if outcome == "busy" else outcome


def resumed():
    wait("the resumed company's new account", lambda: not unknown("local-direct"))


def unknown(tenant):
    """Who has been hired and has no account yet."""
    return {person["id"] for person in show(tenant, "people") if person["id"] > 1060} - set(accounts(tenant))


def removed():
    """Schedules, configuration and credentials are gone; what reteach and Personio hold is not."""
    expect("tenants", cargo("tenants", "list"), [])
    schedules = boto3.client("scheduler").list_schedules(GroupName=outputs()["ScheduleGroupName"])["Schedules"]
    expect("schedules", schedules, [])
    secrets = boto3.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
    expect("secrets that stay", [secret["Name"] for secret in secrets if "DeletedDate" not in secret], [])
    for tenant in TENANTS:
        contents(tenant)


steps = (onboarded, drifted, damaged, mended, decided, paused, copied, restored, redeployed, resumed, removed)
{step.__name__: step for step in steps}[sys.argv[1]]()
print(f"{sys.argv[1]}: {passed()} checks passed")
