"""Makes somebody with the stack's operator policy and no other right, and prints the keys as shell code."""

import json

import boto3

stack = boto3.client("cloudformation").describe_stacks(StackName="reteach-personio")["Stacks"][0]
outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
account = outputs["EmployeeFunctionArn"].split(":")[4]
iam = boto3.client("iam")
iam.create_user(UserName="operator")
iam.attach_user_policy(UserName="operator", PolicyArn=outputs["OperatorPolicyArn"])
# The emulator judges every schedule as if it were in the group `default`.
actions = ["CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule"]
statement = {
    "Effect": "Allow",
    "Action": [f"scheduler:{action}" for action in actions],
    "Resource": f"arn:aws:scheduler:{outputs['Region']}:{account}:schedule/default/*",
}
policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
iam.put_user_policy(UserName="operator", PolicyName="emulator", PolicyDocument=policy)
key = iam.create_access_key(UserName="operator")["AccessKey"]
print(f"export AWS_ACCESS_KEY_ID={key['AccessKeyId']} AWS_SECRET_ACCESS_KEY={key['SecretAccessKey']}")
