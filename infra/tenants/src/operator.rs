//! Who decides: the caller whom AWS sees, by role and digest.

use std::time::Duration;

use ring::digest::{SHA256, digest};
use shared::aws::{ServiceName, is_on_this_machine};
use shared::domain::id::OperatorId;

use crate::context::CommandContext;

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>: it needs no right.
const STS: ServiceName = ServiceName {
    host: "sts",
    signed_as: "sts",
    variable: "AWS_ENDPOINT_URL_STS",
};
const FORM: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// A decision waits no longer for the name of who takes it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest name that a role may have.
const MAX_ROLE: usize = 64;

/// The caller. `None` where an emulator has no STS, and where AWS gives no answer: decisions are taken all the same.
pub(crate) async fn of_caller(context: &CommandContext<'_>) -> Option<OperatorId> {
    let variable = |name: &str| context.environment.variable(name);
    let endpoint = variable(STS.variable).or_else(|| variable("AWS_ENDPOINT_URL"));
    // The credentials of an emulator are not AWS's.
    if endpoint.is_none() && is_on_this_machine(variable) {
        return None;
    }
    let post = context.signed_post(STS).ok()?;
    let request = post.request("/", "application/x-www-form-urlencoded", FORM.to_owned())?;
    let reply = request.timeout(TIMEOUT).send().await.ok()?;
    if !reply.status().is_success() {
        return None;
    }
    let text = reply.text().await.ok()?;
    let (_, rest) = text.split_once("<Arn>")?;
    let (arn, _) = rest.split_once("</Arn>")?;
    of_arn(arn)
}

/// The role's name or the kind of caller, and the first 8 digits of the ARN's SHA-256. The name of a session or a user,
/// often a mail address, goes into the digest alone. `None` for anything but the ARN of a caller.
fn of_arn(arn: &str) -> Option<OperatorId> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts.as_slice() else {
        return None;
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !partition.starts_with("aws") || !is_account {
        return None;
    }
    let (kind, name) = resource.split_once('/').unwrap_or((*resource, ""));
    let caller = match (*service, kind) {
        ("sts", "assumed-role") => role(name)?,
        ("sts", "federated-user") | ("iam", "user") if !name.is_empty() => kind,
        ("iam", "root") if name.is_empty() => kind,
        _ => return None,
    };
    let digest = digest(&SHA256, arn.as_bytes());
    let head = u32::from_be_bytes(*digest.as_ref().first_chunk::<4>()?);
    Some(OperatorId::new(format!("{caller}/{head:08x}")))
}

/// The role of `ROLE/SESSION`. One that is named like a mail address is only called a role.
fn role(name: &str) -> Option<&str> {
    let (role, session) = name.split_once('/')?;
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    let is_role = (1..=MAX_ROLE).contains(&role.len()) && role.bytes().all(is_valid);
    if !is_role || session.is_empty() {
        return None;
    }
    Some(if role.contains('@') { "role" } else { role })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_a_role_or_a_kind_of_caller_with_a_digest_of_the_arn() {
        for (arn, expected) in [
            (
                "arn:aws:sts::123456789012:assumed-role/Operators/erika.muster@example.com",
                Some("Operators/84f4d7cf"),
            ),
            (
                "arn:aws:sts::123456789012:assumed-role/Operators/max.muster@example.com",
                Some("Operators/c44b6a9b"),
            ),
            (
                "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Ops_0123abcd/erika.muster",
                Some("AWSReservedSSO_Ops_0123abcd/525588e7"),
            ),
            (
                "arn:aws:sts::123456789012:assumed-role/erika.muster@example.com/session",
                Some("role/177edd1d"),
            ),
            (
                "arn:aws:iam::123456789012:user/erika.muster",
                Some("user/c510612b"),
            ),
            (
                "arn:aws:iam::123456789012:user/academy/erika.muster",
                Some("user/05165f57"),
            ),
            ("arn:aws:iam::123456789012:root", Some("root/1921ac8a")),
            (
                "arn:aws:sts::123456789012:federated-user/erika.muster",
                Some("federated-user/f9e31691"),
            ),
            (
                "arn:aws-us-gov:sts::123456789012:assumed-role/Operators/erika",
                Some("Operators/6e50e12d"),
            ),
            (
                "arn:aws-cn:iam::123456789012:user/erika",
                Some("user/78809bcf"),
            ),
            ("", None),
            ("Operators", None),
            ("arn:aws:sts::123456789012:assumed-role/Operators", None),
            ("arn:aws:sts::123456789012:assumed-role//erika", None),
            ("arn:aws:sts::123456789012:assumed-role/<b>/erika", None),
            ("arn:aws:sts::12345:assumed-role/Operators/erika", None),
            ("arn:aws:iam::123456789012:user", None),
            ("arn:aws:iam::123456789012:role/Operators", None),
            ("arn:aws:s3:::academy", None),
            ("urn:aws:iam::123456789012:root", None),
        ] {
            assert_eq!(of_arn(arn), expected.map(OperatorId::new), "{arn}");
        }
    }
}
