//! What a session may do.

use serde_json::json;

use crate::id::TenantId;

/// Where the tenants' data lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// `arn:aws:dynamodb:eu-central-1:123456789012:table/reteach-personio`
    table: String,
    /// `arn:aws:secretsmanager:eu-central-1:123456789012:secret:reteach-personio/`
    secrets: String,
    region: String,
}

impl Scope {
    /// The table and the secrets in the account of `role` (`arn:aws:iam::123456789012:role/…`); `None` if that is no ARN.
    pub(super) fn new(role: &str, region: &str, table: &str, prefix: &str) -> Option<Self> {
        let mut parts = role.split(':');
        let (Some("arn"), Some(partition), Some("iam"), Some(""), Some(account), Some(_)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        Some(Self {
            table: format!("arn:{partition}:dynamodb:{region}:{account}:table/{table}"),
            secrets: format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{prefix}/"),
            region: region.to_owned(),
        })
    }

    /// The session policy for `tenant`. The role narrows it further: what a job does not do is not in its role.
    ///
    /// A secret's ARN ends with a hyphen and six characters of Secrets Manager's own, hence the six question marks: a
    /// `*` would let `acme` read the secret of `acme-west`.
    pub(super) fn policy(&self, tenant: &TenantId) -> String {
        let Self { table, secrets, region } = self;
        let services = ["dynamodb", "secretsmanager"].map(|it| format!("{it}.{region}.amazonaws.com"));
        json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": [
                        "dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem",
                        "dynamodb:Query", "dynamodb:UpdateItem",
                    ],
                    "Resource": table,
                    "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [format!("TENANT#{tenant}")]}},
                },
                {
                    "Effect": "Allow",
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": format!("{secrets}{tenant}-??????"),
                },
                // Both are encrypted with keys that AWS manages and that open only by way of the two services.
                {
                    "Effect": "Allow",
                    "Action": "kms:Decrypt",
                    "Resource": "*",
                    "Condition": {"StringEquals": {"kms:ViaService": services}},
                },
            ],
        })
        .to_string()
    }
}
