//! What a session may do.

use crate::aws::KOMBO_OF_STACK;
use crate::domain::id::TenantId;

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
        let (Some("arn"), Some(partition), Some("iam"), Some(""), Some(account), Some(_)) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
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
    /// Kombo's key may be one of the stack, which the session of any tenant reads.
    /// A secret's ARN ends with a hyphen and six characters of Secrets Manager's own, hence the six question marks: a
    /// `*` would let `acme` read the secret of `acme-west`.
    pub(super) fn policy(&self, tenant: &TenantId) -> String {
        let Self {
            table,
            secrets,
            region,
        } = self;
        // A name has letters, digits and hyphens only, and an ARN nothing that JSON would write in another way.
        // The last part: both are encrypted with keys that AWS manages and that open only through the two services.
        [
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:BatchGetItem","#,
            r#""dynamodb:DeleteItem","dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query","dynamodb:UpdateItem"],"#,
            r#""Resource":""#,
            table,
            r#"","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["TENANT#"#,
            tenant.as_str(),
            r#""]}}},{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":[""#,
            secrets,
            tenant.as_str(),
            r#"-??????",""#,
            secrets,
            KOMBO_OF_STACK,
            r#"-??????"]},{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":"#,
            r#"{"kms:ViaService":["dynamodb."#,
            region,
            r#".amazonaws.com","secretsmanager."#,
            region,
            r#".amazonaws.com"]}}}]}"#,
        ]
        .concat()
    }
}
