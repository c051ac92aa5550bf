"""Looks at what SAM makes of the template: is a change of a parameter a release, does a release go out step by step, and does a function
wait for its rights? Is the functions' table the one that is copied to another region, and are failures heard of?

    python .ci/release_check.py      with aws-sam-translator installed
"""

import json
import os
import re
import sys
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from samtranslator.public.translator import ManagedPolicyLoader  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

# The parameters that a function's configuration depends on.
PARAMETERS = ("MemorySize", "LogLevel", "TenantSessions", "ExistingTable", "NoticeTopicArn", "NoticeSender")
FUNCTIONS = ("EmployeeSync", "CertificateSync")
APPLICATION = "ServerlessDeploymentApplication"
# .ci/rollback_check.py raises them.
ALARMS = ("ReleaseErrors", "Failing")


class Policies(ManagedPolicyLoader):
    def load(self):
        return {}


def resources(edited=None, **given):
    template = yaml_parse(Path("template.yaml").read_text())
    for function in FUNCTIONS:
        template["Resources"][function]["Properties"].update({"CodeUri": f"s3://bucket/{function}", **(edited or {})})
    values = {name: str(parameter.get("Default", "")) for name, parameter in template["Parameters"].items()}
    return transform(template, {**values, **given}, Policies(None))["Resources"]


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


def of_type(resources, kind):
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def rolls_back(usual, function):
    """CodeDeploy moves the function's alias step by step, and back if a run of the new version crashes or a fifth of all runs fail."""
    alias, group = usual[f"{function}Aliaslive"], usual[f"{function}DeploymentGroup"]["Properties"]
    update = {"ApplicationName": {"Ref": APPLICATION}, "DeploymentGroupName": {"Ref": f"{function}DeploymentGroup"}}
    expect(f"how the alias of {function} moves", alias["UpdatePolicy"], {"CodeDeployLambdaAliasUpdate": update})
    expect("application", usual[APPLICATION]["Properties"]["ComputePlatform"], "Lambda")
    expect(f"steps of {function}", group["DeploymentConfigName"]["Fn::Sub"][1], {"ConfigName": "Linear10PercentEvery10Minutes"})
    rollback = group["AutoRollbackConfiguration"]
    expect(f"rollback of {function}", (group["ApplicationName"], rollback["Enabled"]), ({"Ref": APPLICATION}, True))
    missing = {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} - set(rollback["Events"])
    expect(f"what does not roll {function} back", missing, set())
    alarms = [{"Name": {"Ref": f"{function}{alarm}Alarm"}} for alarm in ALARMS]
    expect(f"alarms that roll {function} back", group["AlarmConfiguration"], {"Enabled": True, "Alarms": alarms})
    # The alias waits for its group, and that for its alarms: they watch the new version before it gets a tick.
    version, of_function = alias["Properties"]["FunctionVersion"], {"Ref": function}
    crashed, failed = (usual[f"{function}{alarm}Alarm"]["Properties"] for alarm in ALARMS)
    wanted = [("FunctionName", of_function), ("Resource", {"Fn::Sub": f"${{{function}}}:live"}), ("ExecutedVersion", version)]
    expect(f"crashes that roll {function} back", watched(crashed), ("AWS/Lambda", "Errors", wanted))
    job = usual[function]["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
    expect(f"runs that roll {function} back", watched(failed), ({"Ref": "AWS::StackName"}, "FailedRuns", [("Job", job)]))
    # The managed policy has the rights to move the alias and to see its alarms.
    role = usual[group["ServiceRoleArn"]["Fn::GetAtt"][0]]["Properties"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    policies = [arn.split(":policy/")[1] for arn in role["ManagedPolicyArns"]]
    found = (trust["Principal"], policies)
    expect("CodeDeploy's role", found, ({"Service": ["codedeploy.amazonaws.com"]}, ["service-role/AWSCodeDeployRoleForLambda"]))


def watched(alarm):
    return alarm["Namespace"], alarm["MetricName"], [(it["Name"], it["Value"]) for it in alarm["Dimensions"]]


def main():
    usual = resources()
    versions = of_type(usual, "AWS::Lambda::Version")
    expect("versions", len(versions), len(FUNCTIONS))
    # Lambda has no version for it, and a version that a rollback leaves has no successor with the same code.
    expect("versions of other tags", set(of_type(resources({"Tags": {"a": "b"}}), "AWS::Lambda::Version")), set(versions))
    for version in versions.values():
        expect("deletion of a version", version["DeletionPolicy"], "Delete")
        described = version["Properties"]["Description"]["Fn::Sub"]
        expect("parameters of a version", [name for name in PARAMETERS if f"${{{name}}}" not in described], [])
    # CloudFormation changes a role before the alias moves: what a parameter takes away is a resource of its own, which goes afterwards.
    for name, role in of_type(usual, "AWS::IAM::Role").items():
        expect(f"conditional policies of {name}", [it for it in role["Properties"].get("Policies", []) if "PolicyName" not in it], [])
    # A version that runs before its policies are there fails for its tenants.
    policies = of_type(usual, "AWS::IAM::Policy")
    for function in FUNCTIONS:
        role = {"Ref": usual[function]["Properties"]["Role"]["Fn::GetAtt"][0]}
        wanted = {name for name, policy in policies.items() if role in policy["Properties"]["Roles"]}
        named = set(re.findall(r'"Ref": "(\w+)"', json.dumps(usual[function]["Metadata"]["After"])))
        expect(f"policies that {function} waits for", named, wanted)
    for function in FUNCTIONS:
        rolls_back(usual, function)
    at_once = resources(GradualRelease="false")
    expect("CodeDeploy of a release at once", [it for it in at_once.values() if it["Type"].startswith("AWS::CodeDeploy")], [])
    for name, alias in of_type(at_once, "AWS::Lambda::Alias").items():
        expect(f"how {name} moves at once", (alias.get("UpdatePolicy"), alias["Properties"]), (None, usual[name]["Properties"]))
    # The emulator knows no selection of backups.
    selection = usual["BackedUpTable"]["Properties"]["BackupSelection"]
    expect("what is copied", selection["Resources"], [usual["EmployeeData"]["Properties"]["PolicyDocument"]["Statement"][0]["Resource"]])
    [rule] = usual["BackupPlan"]["Properties"]["BackupPlan"]["BackupPlanRule"]
    expect("days of copies", [copy["Lifecycle"] for copy in rule["CopyActions"]], [{"DeleteAfterDays": 35}])
    # Nor their events: the role that makes the copies is whose failures are sent, to where alarms go.
    failed = usual["FailedBackups"]["Properties"]
    expect("whose failures are sent", failed["EventPattern"]["detail"]["iamRoleArn"], [usual["BackedUpTable"]["Properties"]["BackupSelection"]["IamRoleArn"]])
    expect("where failed copies are sent", [target["Arn"] for target in failed["Targets"]], [{"Ref": "Alarms"}])
    statements = usual["AlarmsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    [may] = [statement["Fn::If"][1] for statement in statements if "Fn::If" in statement]
    expect("who may send them", (may["Principal"], may["Action"]), ({"Service": "events.amazonaws.com"}, "sns:Publish"))
    print("every parameter of a function is a release, and alarms roll it back")


main()
