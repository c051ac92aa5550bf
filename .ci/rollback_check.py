"""Plays CodeDeploy, which the emulator does not have: a bad version of each function gets a tenth of the ticks, and another tenth every ten
minutes, until an alarm of its deployment group is on. Then the alias goes back, and the next tick is good.

    python .ci/rollback_check.py      with the environment of the rehearsal, its companies onboarded

Ticks are real runs; only the ten minutes are made up. The emulator sends all ticks of an alias to one version and counts errors by function
alone, so this divides the ticks as the alias says and counts errors by version, as Lambda does. Each alarm is judged by its own dimensions
and thresholds: one that does not watch the new version stays off, and the check fails.
"""

import io
import json
import os
import sys
import time
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import boto3

from stack import STACK, expect, passed

FUNCTIONS = {"employee-sync": "EmployeeSync", "certificate-sync": "CertificateSync"}
# A company that is synced and does not change.
TENANT = "local-passthrough"
# The alarms of a deployment group, as .ci/release_check.py finds them.
WATCHED = ("release-errors", "failing")
# Linear10PercentEvery10Minutes, in the alarms' periods of five minutes.
SLOT = timedelta(minutes=5)
SLOTS_OF_A_STEP = 2
TICKS_OF_A_SLOT = 10
PATIENCE = 60

aws_lambda, cloudwatch, logs = (boto3.client(service) for service in ("lambda", "cloudwatch", "logs"))

def zipped(bootstrap):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        file.writestr(entry, bootstrap)
    return archive.getvalue()


def variables(name):
    return aws_lambda.get_function_configuration(FunctionName=name)["Environment"]["Variables"]


def crashes(name):
    aws_lambda.update_function_code(FunctionName=name, ZipFile=zipped("#!/bin/sh\nexit 1\n"))


def fails(name):
    """Its runs end in order, without a table."""
    changed = {"Variables": {**variables(name), "TABLE_NAME": "nowhere"}}
    aws_lambda.update_function_configuration(FunctionName=name, Environment=changed)


def alarms(job):
    names = [f"{STACK}-{job}-{alarm}" for alarm in WATCHED]
    found = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    expect(f"alarms of {job}", sorted(alarm["AlarmName"] for alarm in found), sorted(names))
    return found


def watch(alarm, version):
    """CloudFormation points the alarm at the new version before the alias moves."""
    taken = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    kept = {key: value for key, value in alarm.items() if key in taken and value != []}
    dimensions = [{**it, "Value": version} if it["Name"] == "ExecutedVersion" else it for it in alarm["Dimensions"]]
    cloudwatch.put_metric_alarm(**{**kept, "Dimensions": dimensions})
    return {**alarm, "Dimensions": dimensions}


def is_on(alarm, end):
    expect(alarm["AlarmName"], alarm["ComparisonOperator"], "GreaterThanOrEqualToThreshold")
    statistic, period = alarm["Statistic"], alarm["Period"]
    found = cloudwatch.get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=alarm["Dimensions"],
        StartTime=end - timedelta(seconds=period * alarm["EvaluationPeriods"]),
        EndTime=end,
        Period=period,
        Statistics=[statistic],
    )
    over = [point for point in found["Datapoints"] if point[statistic] >= alarm["Threshold"]]
    return len(over) >= alarm["DatapointsToAlarm"]


def put(namespace, name, dimensions, at, value):
    dimensions = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": value}])


def run(name, qualifier):
    """The version that ran, and its report; None if it crashed."""
    reply = aws_lambda.invoke(FunctionName=name, Qualifier=qualifier, Payload=json.dumps({"tenant_id": TENANT}))
    report = json.load(reply["Payload"])
    return reply["ExecutedVersion"], None if "FunctionError" in reply else report


def lines(name, runs, begin):
    """The metric lines of these runs."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}", filterPattern='"_aws"', startTime=begin)
        found = [json.loads(event["message"]) for page in pages for event in page["events"]]
        found = {line["run_id"]: line for line in found if line["run_id"] in runs}
        if len(found) == len(runs):
            return found.values()
        time.sleep(1)
    sys.exit(f"{name}: no metric lines of all runs within {PATIENCE} s")


def slot(name, new, share, at):
    """Ten ticks, `share` of them for the new version."""
    begin, runs = int(time.time() * 1000) - 60_000, set()
    for number in range(TICKS_OF_A_SLOT):
        version, report = run(name, new if number < share else "live")
        expect(f"{name}: version of tick {number}", version == new, number < share)
        by_version = {"FunctionName": name, "Resource": f"{name}:live", "ExecutedVersion": version}
        put("AWS/Lambda", "Errors", by_version, at, int(report is None))
        if report:
            runs.add(report["run_id"])
    for line in lines(name, runs, begin):
        [directive] = line["_aws"]["CloudWatchMetrics"]
        [keys] = directive["Dimensions"]
        put(directive["Namespace"], "FailedRuns", {key: line[key] for key in keys}, at, line["FailedRuns"])


def route(name, version, weights):
    aws_lambda.update_alias(FunctionName=name, Name="live", FunctionVersion=version, RoutingConfig={"AdditionalVersionWeights": weights})


def release(job, spoil, begin):
    """Releases a bad version: after how many minutes, at how many tenths and by which alarms is it taken back?"""
    name, before = f"{STACK}-{job}", variables(f"{STACK}-{job}")
    old = aws_lambda.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    spoil(name)
    new = aws_lambda.publish_version(FunctionName=name)["Version"]
    usual = alarms(job)
    watched = [watch(alarm, new) for alarm in usual]
    raised, at, slots = [], begin, 0
    while not raised and slots < 10 * SLOTS_OF_A_STEP:
        share = 1 + slots // SLOTS_OF_A_STEP
        route(name, old, {new: share / 10})
        slot(name, new, share, at)
        slots += 1
        at = begin + slots * SLOT
        raised = [alarm["AlarmName"].removeprefix(f"{name}-") for alarm in watched if is_on(alarm, at)]
    route(name, old, {})
    alias = aws_lambda.get_alias(FunctionName=name, Name="live")
    expect(f"{name}: alias", (alias["FunctionVersion"], alias.get("RoutingConfig")), (old, None))
    is_good(name, old)
    for alarm, version in ((alarm, it["Value"]) for alarm in usual for it in alarm["Dimensions"] if it["Name"] == "ExecutedVersion"):
        watch(alarm, version)
    aws_lambda.delete_function(FunctionName=name, Qualifier=new)
    built = Path(os.environ["LOCAL_STATE"], "stack/.aws-sam/build", FUNCTIONS[job], "bootstrap")
    aws_lambda.update_function_code(FunctionName=name, ZipFile=zipped(built.read_bytes()))
    aws_lambda.update_function_configuration(FunctionName=name, Environment={"Variables": before})
    return slots * SLOT // timedelta(minutes=1), share, raised


def is_good(name, old):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        version, report = run(name, "live")
        if report and report["outcome"] != "busy":
            break
        time.sleep(1)
    expect(f"{name}: the next tick", (version, bool(report) and report["outcome"] in ("done", "unchanged")), (old, True))


def main():
    hour = timedelta(hours=1)
    # Whole periods, and apart: no release sees the metrics of another one.
    begin = datetime.fromtimestamp(time.time() // 3600 * 3600, timezone.utc) - 9 * hour
    for number, (job, spoil, expected) in enumerate(
        [
            # docs/deploy.md: a crash is seen at once, failing runs once three periods have a fifth of them.
            ("employee-sync", crashes, (5, 1, ["release-errors"])),
            ("certificate-sync", crashes, (5, 1, ["release-errors"])),
            ("employee-sync", fails, (25, 3, ["failing"])),
        ]
    ):
        found = release(job, spoil, begin + number * 3 * hour)
        expect(f"{job} {spoil.__name__}: taken back after minutes, at tenths, by", found, expected)
    print(f"rollback: {passed()} checks passed")


main()
