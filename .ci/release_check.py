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
    groups = of_type(usual, "AWS::CodeDeploy::DeploymentGroup")
    for function in FUNCTIONS:
        group = groups[f"{function}DeploymentGroup"]["Properties"]
        alarms = [alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]]
        expect(f"alarms that roll {function} back", alarms, [f"{function}{alarm}Alarm" for alarm in ALARMS])
        alarm = usual[f"{function}ReleaseErrorsAlarm"]["Properties"]["Dimensions"][-1]
        wanted = [name for name in versions if name.startswith(f"{function}Version")]
        expect(f"version that {alarm['Name']} watches", alarm["Value"]["Fn::GetAtt"], [*wanted, "Version"])
        events = group["AutoRollbackConfiguration"]["Events"]
        expect(f"what rolls {function} back", "DEPLOYMENT_STOP_ON_ALARM" in events, True)
    at_once = resources(GradualRelease="false")
    expect("groups of a release at once", of_type(at_once, "AWS::CodeDeploy::DeploymentGroup"), {})
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
