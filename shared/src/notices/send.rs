//! Sends notices: SNS, SES and webhooks, one attempt each.

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

crate::debug_only!(Inner);

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
    use std::collections::HashMap;

    use secrecy::SecretString;
    use serde_json::Value;

    use super::*;
    use crate::aws::http_client;
    use crate::domain::id::TenantId;
    use crate::http::InvalidBaseUrl;
    use crate::http::testing::{Canned, Server};
    use crate::notices::Text;

    /// What sends over `server`, with the channels of these variables.
    fn senders(server: &Server, channels: &[&str]) -> Senders {
        let endpoint = server.base.to_string();
        let variables = HashMap::from([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("NOTICE_TOPIC_ARN", "arn:aws:sns:eu-central-1:1:topic"),
            ("NOTICE_SENDER", "sender@example.com"),
        ]);
        let read = |name: &str| {
            let is_set = !name.starts_with("NOTICE_") || channels.contains(&name);
            let value = variables.get(name).filter(|_| is_set);
            value.map(|value| (*value).to_owned())
        };
        let clock: Arc<dyn Clock> = Arc::new(server.clock.clone());
        Senders::from_environment(read, &http_client().unwrap(), &clock).unwrap()
    }

    const BOTH: [&str; 2] = ["NOTICE_TOPIC_ARN", "NOTICE_SENDER"];

    fn message(tenant: &TenantId) -> Message<'_> {
        Message {
            tenant,
            job: "employee-sync",
            cause: "held-plan",
            state: "begun",
            since: None,
            count: 12,
            text: Text {
                subject: "a subject".to_owned(),
                body: "a body & more".to_owned(),
            },
        }
    }

    fn secret(url: &str) -> TenantSecret {
        let text = json!({"notices": {"webhook_url": url}}).to_string();
        TenantSecret::parse(&SecretString::from(text)).unwrap()
    }

    fn hook(server: &Server) -> Address<'static> {
        let config = NoticesConfig {
            webhook: Some(WebhookShape::Slack),
            ..NoticesConfig::default()
        };
        let secret = secret(&format!("{}/hook", server.base));
        Address::webhook(&config, Some(&secret)).unwrap()
    }

    #[tokio::test]
    async fn each_recipient_gets_the_message_by_its_own_channel() {
        let server = Server::start(|_, _| Canned::Text(200, "")).await;
        let (senders, tenant) = (senders(&server, &BOTH), TenantId::parse("acme").unwrap());
        let (http, message) = (server.context().with_simulators(), message(&tenant));
        let mails = ["hr@acme.example".to_owned()];
        for address in [Address::Topic, Address::Mail(&mails), hook(&server)] {
            let sent = senders.send(&address, &message, &http).await;
            assert_eq!(sent, Ok(()), "{address:?}");
        }
        let seen = server.seen();
        let lines: Vec<_> = seen.iter().map(|call| call.line()).collect();
        let expected = ["/", "/v2/email/outbound-emails", "/hook"].map(|path| ("POST", path));
        assert_eq!(lines, expected);
        let published = "Action=Publish&Version=2010-03-31&\
            TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A1%3Atopic&\
            Subject=a+subject&Message=a+body+%26+more";
        assert_eq!(seen[0].raw, published);
        let text = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
        let simple = json!({"Subject": text("a subject"), "Body": {"Text": text("a body & more")}});
        let mail = json!({
            "FromEmailAddress": "sender@example.com",
            "Destination": {"ToAddresses": mails},
            "Content": {"Simple": simple},
        });
        assert_eq!(seen[1].body, mail);
        let posted: Value = json!({"text": "*a subject*\na body & more"});
        assert_eq!(seen[2].body, posted);
    }

    #[tokio::test]
    async fn a_channel_without_its_variable_is_off() {
        let server = Server::start(|_, _| Canned::Text(200, "")).await;
        let tenant = TenantId::parse("acme").unwrap();
        let (http, message) = (server.context(), message(&tenant));
        let cases: [(&[&str], [bool; 2]); 4] = [
            (&BOTH, [true, true]),
            (&["NOTICE_TOPIC_ARN"], [true, false]),
            (&["NOTICE_SENDER"], [false, true]),
            (&[], [false, false]),
        ];
        for (channels, expected) in cases {
            let senders = senders(&server, channels);
            assert_eq!(format!("{senders:?}"), "Senders(Inner(…))");
            let [topic, mail] = expected;
            let reached = Recipient::ALL.map(|recipient| senders.can_reach(recipient));
            assert_eq!(reached, [topic, mail, true], "{channels:?}");
            for (address, is_on) in [(Address::Topic, topic), (Address::Mail(&[]), mail)] {
                let sent = senders.send(&address, &message, &http).await;
                let off = Err(Refusal::NotConfigured);
                assert_eq!(sent, if is_on { Ok(()) } else { off }, "{channels:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_kept_as_its_status_and_a_code_of_letters() {
        let aws = |status, code: &str| Refusal::Aws(status, code.to_owned());
        let typed = |status, code| Canned::With(status, "x-amzn-errortype", code, json!({}));
        let rejected = |code: &str| Refusal::Rejected(code.to_owned());
        let mails = ["hr@acme.example".to_owned()];
        let mail = || Address::Mail(&mails);
        type Answer = Box<dyn Fn() -> Canned + Send + Sync>;
        let cases: [(Address<'_>, Answer, Refusal); 8] = [
            (
                mail(),
                Box::new(move || typed(400, "MessageRejected")),
                rejected("MessageRejected"),
            ),
            (
                mail(),
                Box::new(move || typed(400, "BadRequestException:http://x/")),
                rejected("BadRequestException"),
            ),
            (
                mail(),
                Box::new(move || typed(400, "LimitExceededException")),
                aws(400, "LimitExceededException"),
            ),
            (
                mail(),
                Box::new(move || typed(500, "MessageRejected")),
                aws(500, "MessageRejected"),
            ),
            (
                Address::Topic,
                Box::new(|| Canned::Text(400, "<Code>Throttled</Code>")),
                aws(400, "Throttled"),
            ),
            (
                Address::Topic,
                Box::new(|| Canned::Text(403, "hr@acme.example")),
                aws(403, ""),
            ),
            (
                Address::Topic,
                Box::new(|| Canned::Text(302, "")),
                aws(302, ""),
            ),
            (mail(), Box::new(|| Canned::Hang), Refusal::NoAnswer),
        ];
        let tenant = TenantId::parse("acme").unwrap();
        for (address, answer, expected) in cases {
            let server = Server::start(move |_, _| answer()).await;
            let senders = senders(&server, &BOTH);
            let (http, message) = (server.context(), message(&tenant));
            let sent = senders.send(&address, &message, &http).await;
            assert_eq!(sent, Err(expected));
            assert_eq!(server.seen().len(), 1, "one attempt");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_webhook_is_named_by_file_and_credentials_and_says_why_it_was_not_sent() {
        let named = NoticesConfig {
            webhook: Some(WebhookShape::Json),
            ..NoticesConfig::default()
        };
        let none = NoticesConfig::default();
        let (good, bad) = (secret("https://x.example/y"), secret("http://x.example"));
        let empty = TenantSecret::default();
        let not_https = Refusal::BadWebhook(InvalidBaseUrl::NotHttps);
        for (config, secret, refusal) in [
            (&named, Some(&good), None),
            (&none, Some(&good), Some(Refusal::NotConfigured)),
            (&named, None, Some(Refusal::NoWebhook)),
            (&named, Some(&empty), Some(Refusal::NoWebhook)),
            (&named, Some(&bad), Some(not_https)),
        ] {
            assert_eq!(Address::webhook(config, secret).err(), refusal);
        }
        type Case = (fn() -> Canned, bool, Refusal);
        let cases: [Case; 3] = [
            (|| Canned::Text(302, ""), true, Refusal::Status(302)),
            (|| Canned::Hang, true, Refusal::NoAnswer),
            (|| Canned::Text(200, ""), false, Refusal::NotPublic),
        ];
        let tenant = TenantId::parse("acme").unwrap();
        for (answer, has_simulators, refusal) in cases {
            let server = Server::start(move |_, _| answer()).await;
            let senders = senders(&server, &[]);
            let http = match has_simulators {
                true => server.context().with_simulators(),
                false => server.context(),
            };
            let (address, message) = (hook(&server), message(&tenant));
            let sent = senders.send(&address, &message, &http).await;
            assert_eq!(sent, Err(refusal));
        }
    }

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
