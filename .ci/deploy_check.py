"""Looks at the deployed stack: is everything there, may the functions do what they need and nothing else, do they answer?

    python .ci/deploy_check.py x86_64 off      with AWS_ENDPOINT_URL and the SDK's other variables set

The second word is the parameter TenantSessions. A third and a fourth are NoticeTopicArn and NoticeSender.
"""

import json
import re
import sys
from pathlib import Path

import boto3

from stack import STACK, described, expect, outputs, passed

JOBS = {"employee-sync": "EmployeeFunctionArn", "certificate-sync": "CertificateFunctionArn"}
# What `tenants --stack` reads.
OUTPUTS = {
    "Release", "Region", "TableName", "SecretPrefix", "EmployeeFunctionArn", "CertificateFunctionArn", "ScheduleGroupName", "SchedulerRoleArn",
    "OperatorPolicyArn", "ReadOnlyPolicyArn", "DeliveryQueueArn", "DeliveryQueueUrl", "ExecutionQueueUrl", "AlarmTopicArn", "DashboardName",
}  # fmt: skip


def part(whole, like):
    """`whole` cut down to what `like` asks for."""
    return {name: part(whole.get(name) or {}, value) if isinstance(value, dict) else whole.get(name) for name, value in like.items()}


class Stack:
    def __init__(self, recipients):
        expect("stack", described()["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), True)
        self.outputs = outputs()
        expect("outputs", set(self.outputs), OUTPUTS | set(recipients))
        expect("secret prefix", self.outputs["SecretPrefix"], STACK)

    def __getattr__(self, output):
        return self.outputs[output]

    def arn(self, service, resource):
        return f"arn:aws:{service}:{self.Region}:{self.EmployeeFunctionArn.split(':')[4]}:{resource}"


def table(stack):
    found = boto3.client("dynamodb").describe_table(TableName=stack.TableName)["Table"]
    keys = {key["KeyType"]: key["AttributeName"] for key in found["KeySchema"]}
    expect("keys", keys, {"HASH": "pk", "RANGE": "sk"})
    expect("billing", found["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
    expect("deletion protection", found["DeletionProtectionEnabled"], True)


def template():
    """What the emulator does not keep of a table is at least in the template that it was given."""
    template = boto3.client("cloudformation").get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
    template = template if isinstance(template, dict) else json.loads(template)
    wanted = {
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
    }
    found = template["Resources"]["Table"]
    expect("table", part(found["Properties"], wanted), wanted)
    expect("deletion of the table", (found["DeletionPolicy"], found["UpdateReplacePolicy"]), ("Retain", "Retain"))


def functions(stack, architecture):
    client = boto3.client("lambda")
    for job, timeout, age in (("employee-sync", 240, 300), ("certificate-sync", 900, 1800)):
        arn = stack.outputs[JOBS[job]]
        name = f"{STACK}-{job}"
        expect(f"alias of {job}", arn, stack.arn("lambda", f"function:{name}:live"))
        wanted = {
            "FunctionName": name,
            "Runtime": "provided.al2023",
            "Architectures": [architecture],
            "MemorySize": 128,
            "Timeout": timeout,
            "Environment": {"Variables": {"TABLE_NAME": stack.TableName, "SECRET_PREFIX": STACK}},
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": f"/aws/lambda/{name}"},
        }
        expect(job, part(client.get_function_configuration(FunctionName=arn), wanted), wanted)
        invoked = client.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
        expect(f"retries of {job}", (invoked["MaximumRetryAttempts"], invoked["MaximumEventAgeInSeconds"]), (0, age))
        queue = stack.arn("sqs", stack.ExecutionQueueUrl.split("/")[-1])
        expect(f"dead letters of {job}", invoked["DestinationConfig"]["OnFailure"]["Destination"], queue)
        groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
        expect(f"logs of {job}", [group.get("retentionInDays") for group in groups], [30])


def queues(stack):
    for url in (stack.DeliveryQueueUrl, stack.ExecutionQueueUrl):
        found = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        wanted = {"MessageRetentionPeriod": "1209600", "SqsManagedSseEnabled": "true"}
        expect(url, part(found, wanted), wanted)


def schedules(stack):
    group = boto3.client("scheduler").get_schedule_group(Name=stack.ScheduleGroupName)
    expect("schedule group", group["State"], "ACTIVE")
    role = boto3.client("iam").get_role(RoleName=stack.SchedulerRoleArn.split("/")[-1])["Role"]
    source = {"aws:SourceAccount": stack.EmployeeFunctionArn.split(":")[4], "aws:SourceArn": group["Arn"]}
    trust = role["AssumeRolePolicyDocument"]["Statement"][0]
    expect("trust", (trust["Principal"]["Service"], trust["Condition"]["StringEquals"]), ("scheduler.amazonaws.com", source))


def tenant_roles(stack):
    """What the functions assume for a tenant, by job."""
    found = {}
    for job, output in JOBS.items():
        variables = boto3.client("lambda").get_function_configuration(FunctionName=stack.outputs[output])["Environment"]["Variables"]
        found[job] = variables["TENANT_ROLE_ARN"]
        function = boto3.client("lambda").get_function_configuration(FunctionName=stack.outputs[output])["Role"]
        trust = boto3.client("iam").get_role(RoleName=found[job].split("/")[-1])["Role"]["AssumeRolePolicyDocument"]["Statement"]
        expect(f"who may be a tenant's {job}", [it["Principal"] for it in trust], [{"AWS": function}])
    return found


def permissions(stack, sessions):
    """Each role against what it must be able to do, and what it must not."""
    table = stack.arn("dynamodb", f"table/{stack.TableName}")
    secret, other = (stack.arn("secretsmanager", f"secret:{prefix}/acme-AbCdEf") for prefix in (STACK, "another"))
    of_stack = stack.arn("secretsmanager", f"secret:{STACK}/_kombo-AbCdEf")
    execution = stack.arn("sqs", stack.ExecutionQueueUrl.split("/")[-1])
    both = ["BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"]
    roles = {
        job: boto3.client("lambda").get_function_configuration(FunctionName=stack.outputs[output])["Role"]
        for job, output in JOBS.items()
    }
    data = tenant_roles(stack) if sessions == "on" else roles
    cases = [
        (data["employee-sync"], table, [f"dynamodb:{action}" for action in [*both, "DeleteItem"]], True),
        (data["certificate-sync"], table, [f"dynamodb:{action}" for action in both], True),
        (data["certificate-sync"], table, ["dynamodb:DeleteItem"], False),
        (stack.SchedulerRoleArn, stack.EmployeeFunctionArn, ["lambda:InvokeFunction"], True),
        (stack.SchedulerRoleArn, stack.CertificateFunctionArn, ["lambda:InvokeFunction"], True),
        (stack.SchedulerRoleArn, stack.arn("lambda", "function:another"), ["lambda:InvokeFunction"], False),
        (stack.SchedulerRoleArn, stack.EmployeeFunctionArn.removesuffix(":live"), ["lambda:InvokeFunction"], False),
        (stack.SchedulerRoleArn, stack.DeliveryQueueArn, ["sqs:SendMessage"], True),
        (stack.SchedulerRoleArn, execution, ["sqs:SendMessage"], False),
    ]
    for job, role in roles.items():
        own = data[job] == role
        cases += [
            (role, table, ["dynamodb:GetItem"], own),
            (role, secret, ["secretsmanager:GetSecretValue"], own),
            (role, execution, ["sqs:SendMessage"], True),
            (role, stack.EmployeeFunctionArn, ["lambda:InvokeFunction"], False),
        ]
    for role in data.values():
        cases += [
            (role, table, ["dynamodb:Scan", "dynamodb:BatchWriteItem", "dynamodb:DeleteTable", "dynamodb:UpdateTable"], False),
            (role, stack.arn("dynamodb", "table/another"), ["dynamodb:GetItem"], False),
            (role, secret, ["secretsmanager:GetSecretValue"], True),
            (role, of_stack, ["secretsmanager:GetSecretValue"], True),
            (role, secret, ["secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"], False),
            (role, other, ["secretsmanager:GetSecretValue"], False),
        ]
    for role, resource, actions, allowed in cases:
        asked = {"PolicySourceArn": role, "ActionNames": actions, "ResourceArns": [resource]}
        for result in boto3.client("iam").simulate_principal_policy(**asked)["EvaluationResults"]:
            what = f"{role.split('/')[-1]}: {result['EvalActionName']} on {resource}"
            expect(what, result["EvalDecision"] == "allowed", allowed)


def notices(stack, recipients):
    """The functions know both parameters and may publish to that topic alone. A run with a bad secret sends its notice."""
    expect("recipients", part(stack.outputs, recipients), recipients)
    topic, sender = recipients.values()
    for output in JOBS.values():
        found = boto3.client("lambda").get_function_configuration(FunctionName=stack.outputs[output])
        wanted = {"NOTICE_TOPIC_ARN": topic, "NOTICE_SENDER": sender}
        expect(f"notices of {output}", part(found["Environment"]["Variables"], wanted), wanted)
        for resource, allowed in ((topic, True), (stack.arn("sns", "another"), False)):
            asked = {"PolicySourceArn": found["Role"], "ActionNames": ["sns:Publish"], "ResourceArns": [resource]}
            result = boto3.client("iam").simulate_principal_policy(**asked)["EvaluationResults"][0]
            expect(f"{output}: sns:Publish on {resource}", result["EvalDecision"] == "allowed", allowed)
    report = invoke(stack, "employee-sync", "acme", "bad-secret")
    expect("notices of a run", report.get("notices"), {"sent": 1, "failed": 0})


def invoke(stack, job, tenant, outcome):
    reply = boto3.client("lambda").invoke(FunctionName=stack.outputs[JOBS[job]], Payload=json.dumps({"tenant_id": tenant}))
    report = json.load(reply["Payload"])
    found = (reply.get("FunctionError"), report.get("tenant_id"), report.get("job"), report.get("outcome"))
    expect(f"{job} for {tenant}: {report}", found, (None, tenant, job, outcome))
    return report


def runs(stack):
    """The real functions, with the rights of their own roles: the emulator enforces IAM."""
    for job in JOBS:
        invoke(stack, job, "nobody", "unknown-tenant")
    # A tenant without a secret: lease, report and all, and an end that says what is missing.
    config = 'tenant_id = "acme"\ntime_zone = "Europe/Berlin"\n[personio]\nvia = "direct"\n[certificates]\nenabled = true\n'
    item = {"pk": "TENANT#acme", "sk": "CONFIG", "config": config, "status": "active", "gate": "2026-03-31T08:00:00Z"}
    item = {name: {"S": value} for name, value in item.items()}
    boto3.client("dynamodb").put_item(TableName=stack.TableName, Item=item)
    for job in JOBS:
        invoke(stack, job, "acme", "bad-secret")


def dead_letters(stack):
    """What fails asynchronously, as the schedules call, is kept with its tenant."""
    event = {"tenant_id": "acme", "mode": "no such mode"}
    client = boto3.client("lambda")
    # The emulator knows no destination of an alias, so $LATEST gets the alias's and is called.
    name = f"{STACK}-employee-sync"
    destination = client.get_function_event_invoke_config(FunctionName=name, Qualifier="live")["DestinationConfig"]
    client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0, DestinationConfig=destination)
    client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))
    sqs = boto3.client("sqs")
    messages = sqs.receive_message(QueueUrl=stack.ExecutionQueueUrl, WaitTimeSeconds=20).get("Messages", [])
    expect("execution dead letters", [json.loads(message["Body"])["requestPayload"] for message in messages], [event])
    sqs.delete_message(QueueUrl=stack.ExecutionQueueUrl, ReceiptHandle=messages[0]["ReceiptHandle"])


def emitted(job):
    """The names of the metrics in the log of a job's last run."""
    events = boto3.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{STACK}-{job}", filterPattern='"_aws"')["events"]
    line = json.loads(events[-1]["message"])
    expect("namespace", line["_aws"]["CloudWatchMetrics"][0]["Namespace"], STACK)
    return {metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}


def documented():
    """The names of all metrics: zeros are not written, so a run's line has some of them. That all are here is a test of the jobs."""
    section = Path("docs/logging.md").read_text().partition("## Metrics")[2].partition("\n## ")[0]
    return set(re.findall(r"`([A-Z]\w+)`", section))


def alarms(stack):
    """Every alarm goes to the topic, and every metric of ours that an alarm or the dashboard shows is one that its job writes."""
    shown = []
    found = boto3.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{STACK}-")["MetricAlarms"]
    expect("alarms", len(found), 22)
    for alarm in found:
        expect(alarm["AlarmName"], (alarm["AlarmActions"], alarm["OKActions"]), ([stack.AlarmTopicArn], [stack.AlarmTopicArn]))
        shown.append([alarm["Namespace"], alarm["MetricName"], *(text for it in alarm["Dimensions"] for text in it.values())])
    body = boto3.client("cloudwatch").get_dashboard(DashboardName=stack.DashboardName)["DashboardBody"]
    for widget in json.loads(body)["widgets"]:
        shown += widget["properties"].get("metrics", [])
    ours = [metric for metric in shown if metric[0] == STACK]
    for job in JOBS:
        wanted = {name for _, name, dimension, value, *_ in ours if (dimension, value) == ("Job", job)}
        expect(f"metrics of {job} that are shown or written and in no document", (wanted | emitted(job)) - documented(), set())
    endpoints = boto3.client("sns").list_subscriptions_by_topic(TopicArn=stack.AlarmTopicArn)["Subscriptions"]
    expect("subscription", [it["Endpoint"] for it in endpoints], ["operator@example.com"])


def main(architecture, sessions, *recipients):
    recipients = dict(zip(("NoticeTopicArn", "NoticeSender"), recipients))
    stack = Stack(recipients)
    table(stack)
    template()
    functions(stack, architecture)
    queues(stack)
    schedules(stack)
    permissions(stack, sessions)
    if recipients:
        notices(stack, recipients)
    runs(stack)
    alarms(stack)
    dead_letters(stack)
    print(f"{passed()} checks of the deployed stack passed")


main(*sys.argv[1:])
