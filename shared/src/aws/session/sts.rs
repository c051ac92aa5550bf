//! `AssumeRole`: one signed call, one answer with four values.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::time::Duration;

use aws_sdk_dynamodb::config::Credentials;
use backon::{BackoffBuilder as _, ExponentialBuilder};
use url::form_urlencoded::Serializer;

use super::{Granted, SessionError};
use crate::aws::retries;
use crate::aws::signed_post::{ServiceName, SignedPost};
use crate::domain::id::TenantId;

/// For one attempt, from connecting to the last byte.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Attempts after the first one.
const RETRIES: usize = 2;
/// Before the second attempt, at most twice as long with jitter; then twice that.
const PAUSE: Duration = Duration::from_millis(200);

fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(PAUSE)
        .with_max_times(RETRIES)
        .build()
}

/// A session that comes out of another role's lives for an hour at most.
const LIFE_SECONDS: &str = "3600";
const FORM: &str = "application/x-www-form-urlencoded";

pub(super) const SERVICE: ServiceName = ServiceName {
    host: "sts",
    signed_as: "sts",
    variable: "AWS_ENDPOINT_URL_STS",
};

/// The security token service of one region, for one role.
pub(super) struct Sts {
    pub(super) service: SignedPost,
    pub(super) role: String,
}

impl Sts {
    /// A session for `tenant` with no more rights than `policy` has. In CloudTrail it bears the tenant's name.
    pub(super) async fn assume(
        &self,
        tenant: &TenantId,
        policy: &str,
    ) -> Result<Granted, SessionError> {
        let body = Serializer::new(String::new())
            .append_pair("Action", "AssumeRole")
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", &self.role)
            .append_pair("RoleSessionName", tenant.as_str())
            .append_pair("DurationSeconds", LIFE_SECONDS)
            .append_pair("Policy", policy)
            .finish();
        let mut pauses = pauses();
        loop {
            let answer = self.call(&body).await;
            let (Err(SessionError::Unavailable), Some(pause)) = (&answer, pauses.next()) else {
                return answer;
            };
            tokio::time::sleep(pause).await;
            retries::again();
        }
    }

    async fn call(&self, body: &str) -> Result<Granted, SessionError> {
        let request = self.service.request("/", FORM, body.to_owned());
        let request = request.ok_or(SessionError::Unavailable)?;
        let reply = request
            .timeout(TIMEOUT)
            .send()
            .await
            .map_err(|_| SessionError::Unavailable)?;
        let status = reply.status();
        let text = reply.text().await.map_err(|_| SessionError::Unavailable)?;
        if status.is_success() {
            return granted(&text).ok_or(SessionError::Unavailable);
        }
        Err(refusal(
            status.as_u16(),
            element(&text, "Code").unwrap_or("no error code"),
        ))
    }
}

fn granted(xml: &str) -> Option<Granted> {
    let text = |name| element(xml, name);
    let until = text("Expiration")?.parse().ok()?;
    let (key, secret, token) = (
        text("AccessKeyId")?,
        text("SecretAccessKey")?,
        text("SessionToken")?,
    );
    let credentials = Credentials::new(key, secret, Some(token.to_owned()), None, "tenant session");
    Some(Granted { credentials, until })
}

/// The text of the first element of this name. What is looked for here is base64, a moment or a code: nothing that XML
/// would write in another way.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>"))
        .map(|(text, _)| text.trim())
}

fn refusal(status: u16, code: &str) -> SessionError {
    // It goes into reports: a code is a word.
    let code: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(60)
        .collect();
    match (status, code.as_str()) {
        (500.., _)
        | (429, _)
        | (_, "Throttling" | "ThrottlingException" | "RequestLimitExceeded") => {
            SessionError::Unavailable
        }
        (
            _,
            "AccessDenied"
            | "AccessDeniedException"
            | "ExpiredToken"
            | "InvalidClientTokenId"
            | "SignatureDoesNotMatch"
            | "RegionDisabledException",
        ) => SessionError::Denied { code },
        _ => SessionError::Refused { code },
    }
}
