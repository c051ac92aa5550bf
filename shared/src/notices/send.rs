//! Sends notices: SNS, SES and webhooks, one attempt each.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use thiserror::Error;
use url::form_urlencoded::Serializer;

use super::{Delivery, Message, Recipient};
use crate::aws::{ConfigError, Environment, ServiceName, SignedPost};
use crate::domain::clock::Clock;
use crate::http::{Context, WebhookUrl};
use crate::secrets::TenantSecret;
use crate::tenant::{NoticesConfig, WebhookShape};

/// For one attempt, from connecting to the answer's headers.
pub const ATTEMPT: Duration = Duration::from_secs(5);

/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
const SNS: ServiceName = ServiceName {
    host: "sns",
    signed_as: "sns",
    variable: "AWS_ENDPOINT_URL_SNS",
};
/// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>
const SES: ServiceName = ServiceName {
    host: "email",
    signed_as: "ses",
    variable: "AWS_ENDPOINT_URL_SESV2",
};

/// Where one message goes.
#[derive(Clone, Debug)]
pub enum Address<'a> {
    Topic,
    Mail(&'a [String]),
    Webhook(WebhookShape, WebhookUrl),
}

impl Address<'_> {
    /// The webhook that the tenant's file and credentials name.
    ///
    /// # Errors
    /// [`Refusal`] if one of them does not, or the address may not be used.
    pub fn webhook(config: &NoticesConfig, secret: Option<&TenantSecret>) -> Result<Self, Refusal> {
        let shape = config.webhook.ok_or(Refusal::NotConfigured)?;
        let secret = secret.and_then(|secret| secret.notices.as_ref());
        let secret = secret.ok_or(Refusal::NoWebhook)?;
        let url = WebhookUrl::parse(&secret.webhook_url).map_err(Refusal::BadWebhook)?;
        Ok(Self::Webhook(shape, url))
    }
}

/// Why a notice was not sent. Holds no address and nothing that a recipient answered but a code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("the stack has no parameter for it")]
    NotConfigured,
    #[error("the credentials have no notices.webhook_url")]
    NoWebhook,
    #[error("notices.webhook_url {0}")]
    BadWebhook(crate::http::InvalidBaseUrl),
    #[error("there was no answer within {} seconds, or no connection", ATTEMPT.as_secs())]
    NoAnswer,
    #[error("its name leads to no public address")]
    NotPublic,
    #[error("the answer was {0}")]
    Status(u16),
    /// A status and AWS's code for the error.
    #[error("AWS answered {0} ({1})")]
    Aws(u16, String),
    /// SES does not take the message: an address is wrong, or the sender is not verified.
    #[error(
        "SES rejects the message ({0}): check the addresses in [notices] mail, the sender's identity, and whether the account is in \
         SES's sandbox"
    )]
    Rejected(String),
}

impl Refusal {
    /// What the state remembers of it.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        match self {
            Self::Rejected(_) => Delivery::Rejected,
            Self::Status(403 | 429) | Self::Aws(403 | 429, _) => Delivery::Deferred,
            // SNS throttles with a 400.
            Self::Aws(_, code) if code.starts_with("Throttl") => Delivery::Deferred,
            _ => Delivery::Failed,
        }
    }
}

/// What sends notices. Copies share it.
#[derive(Clone, Debug)]
pub struct Senders(Arc<Inner>);

struct Inner {
    topic: Option<(SignedPost, String)>,
    sender: Option<(SignedPost, String)>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

impl Senders {
    /// Sends to the topic `NOTICE_TOPIC_ARN` and from the address `NOTICE_SENDER`; an empty variable switches its channel off.
    /// Credentials and endpoints are [`sdk_config`](crate::aws::sdk_config)'s, with `AWS_ENDPOINT_URL_SNS` and
    /// `AWS_ENDPOINT_URL_SESV2`.
    pub fn from_environment(
        environment: impl Fn(&str) -> Option<String>,
        http: &reqwest::Client,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let read = Environment(&environment);
        let channel = |variable, service| {
            let Some(value) = read.optional(variable) else {
                return Ok(None);
            };
            let post = SignedPost::described(&read, service, http.clone(), Arc::clone(clock))?;
            Ok(Some((post, value)))
        };
        Ok(Self(Arc::new(Inner {
            topic: channel("NOTICE_TOPIC_ARN", SNS)?,
            sender: channel("NOTICE_SENDER", SES)?,
        })))
    }

    /// Whether the stack has a channel to this recipient.
    #[must_use]
    pub fn can_reach(&self, recipient: Recipient) -> bool {
        match recipient {
            Recipient::Operator => self.0.topic.is_some(),
            Recipient::Mail => self.0.sender.is_some(),
            Recipient::Webhook => true,
        }
    }

    /// Sends `message` once.
    pub async fn send(
        &self,
        address: &Address<'_>,
        message: &Message<'_>,
        http: &Context,
    ) -> Result<(), Refusal> {
        match address {
            Address::Topic => self.publish(message).await,
            Address::Mail(addresses) => self.mail(addresses, message).await,
            Address::Webhook(shape, url) => {
                let body = super::body(*shape, message);
                match http.post_once(url, &body, ATTEMPT).await {
                    Ok(status) if status.is_success() => Ok(()),
                    Ok(status) => Err(Refusal::Status(status.as_u16())),
                    Err(crate::http::TransportError::NotPublic) => Err(Refusal::NotPublic),
                    Err(_) => Err(Refusal::NoAnswer),
                }
            }
        }
    }

    async fn publish(&self, message: &Message<'_>) -> Result<(), Refusal> {
        let (post, topic) = self.0.topic.as_ref().ok_or(Refusal::NotConfigured)?;
        let body = Serializer::new(String::new())
            .append_pair("Action", "Publish")
            .append_pair("Version", "2010-03-31")
            .append_pair("TopicArn", topic)
            .append_pair("Subject", &message.text.subject)
            .append_pair("Message", &message.text.body)
            .finish();
        call(post, "/", "application/x-www-form-urlencoded", body).await
    }

    async fn mail(&self, addresses: &[String], message: &Message<'_>) -> Result<(), Refusal> {
        let (post, sender) = self.0.sender.as_ref().ok_or(Refusal::NotConfigured)?;
        let text = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
        let body = json!({
            "FromEmailAddress": sender,
            "Destination": {"ToAddresses": addresses},
            "Content": {"Simple": {
                "Subject": text(&message.text.subject), "Body": {"Text": text(&message.text.body)},
            }},
        });
        let sent = call(
            post,
            "/v2/email/outbound-emails",
            "application/json",
            body.to_string(),
        )
        .await;
        sent.map_err(|refusal| match refusal {
            Refusal::Aws(400, code) if REJECTED.contains(&code.as_str()) => Refusal::Rejected(code),
            refusal => refusal,
        })
    }
}

/// SES's codes for a message that another attempt would not change.
const REJECTED: [&str; 4] = [
    "BadRequestException",
    "InvalidParameterValue",
    "MailFromDomainNotVerifiedException",
    "MessageRejected",
];

async fn call(
    post: &SignedPost,
    path: &str,
    content_type: &'static str,
    body: String,
) -> Result<(), Refusal> {
    let request = post
        .request(path, content_type, body)
        .ok_or(Refusal::NotConfigured)?;
    let sent = request.timeout(ATTEMPT).send().await;
    let reply = sent.map_err(|_| Refusal::NoAnswer)?;
    let status = reply.status();
    if status.is_success() {
        return Ok(());
    }
    let header = reply.headers().get("x-amzn-errortype");
    let header = header.and_then(|code| code.to_str().ok()).map(word);
    let code = match header {
        Some(code) => code,
        None => {
            let text = reply.text().await.unwrap_or_default();
            let code = text.split_once("<Code>").map(|(_, rest)| word(rest));
            code.unwrap_or_default()
        }
    };
    Err(Refusal::Aws(status.as_u16(), code))
}

/// The letters and digits at the beginning: it goes into reports, and a code is a word.
fn word(text: &str) -> String {
    let letters = text.chars().take_while(char::is_ascii_alphanumeric);
    letters.take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_may_pass_is_deferred() {
        let aws = |status, code: &str| Refusal::Aws(status, code.to_owned());
        for (refusal, delivery) in [
            (Refusal::Status(429), Delivery::Deferred),
            (Refusal::Status(403), Delivery::Deferred),
            (aws(429, "TooManyRequestsException"), Delivery::Deferred),
            (aws(400, "Throttled"), Delivery::Deferred),
            (aws(403, "AuthorizationError"), Delivery::Deferred),
            (aws(500, "InternalError"), Delivery::Failed),
            (Refusal::Status(404), Delivery::Failed),
            (Refusal::NoAnswer, Delivery::Failed),
            (
                Refusal::Rejected("MessageRejected".to_owned()),
                Delivery::Rejected,
            ),
        ] {
            assert_eq!(refusal.delivery(), delivery, "{refusal}");
        }
    }
}
