//! SNS's Publish and SES v2's SendEmail.
//!
//! From their pages: Publish takes a form with `TopicArn`, `Subject` (ASCII, less than 100 characters) and `Message`, and answers
//! XML. SendEmail takes JSON, and refuses unverified addresses in the sandbox with `MessageRejected`.

use http::{HeaderName, StatusCode};
use serde_json::{Value, json};

use super::state::State;
use crate::engine::exchange::{Reply, Request};

/// What carried a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Topic,
    Mail,
}

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    pub channel: Channel,
    /// The topic's ARN, or the addresses.
    pub to: Vec<String>,
    pub subject: String,
    pub body: String,
}

/// Publishes, if the form asks for that.
pub(super) fn publish(state: &mut State, request: &Request) -> Option<Reply> {
    const MIME: &str = "text/xml";
    let form = request.form();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    if field("Action") != "Publish" {
        return None;
    }
    let (topic, subject, body) = (field("TopicArn"), field("Subject"), field("Message"));
    let is_subject =
        subject.is_ascii() && subject.len() < 100 && !subject.contains(char::is_control);
    if !topic.starts_with("arn:")
        || !is_subject
        || body.is_empty()
        || !is_signed_for(request, "sns")
    {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>Invalid \
                    parameter</Message></Error></ErrorResponse>";
        return Some(Reply::raw(StatusCode::BAD_REQUEST, MIME, body));
    }
    state.take(SentMessage {
        channel: Channel::Topic,
        to: vec![topic.to_owned()],
        subject: subject.to_owned(),
        body: body.to_owned(),
    });
    let reply = "<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>";
    Some(Reply::raw(StatusCode::OK, MIME, reply))
}

pub(super) fn send_email(state: &mut State, request: &Request) -> Reply {
    let mail: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |path: &str| {
        mail.pointer(path)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let to = mail
        .pointer("/Destination/ToAddresses")
        .and_then(Value::as_array);
    let to: Vec<String> = to
        .into_iter()
        .flatten()
        .filter_map(|address| address.as_str().map(str::to_owned))
        .collect();
    let (subject, body) = (
        text("/Content/Simple/Subject/Data"),
        text("/Content/Simple/Body/Text/Data"),
    );
    let (Some(_), Some(subject), Some(body), false, true) = (
        text("/FromEmailAddress"),
        subject,
        body,
        to.is_empty(),
        is_signed_for(request, "ses"),
    ) else {
        return error("BadRequestException", "The mail is not complete.");
    };
    if to.iter().any(|address| state.rejected.contains(address)) {
        return error("MessageRejected", "Email address is not verified.");
    }
    state.take(SentMessage {
        channel: Channel::Mail,
        to,
        subject,
        body,
    });
    Reply::json(StatusCode::OK, &json!({"MessageId": "m-1"}))
}

fn error(code: &'static str, text: &str) -> Reply {
    Reply::json(StatusCode::BAD_REQUEST, &json!({"message": text}))
        .with(HeaderName::from_static("x-amzn-errortype"), code)
}

/// Whether the signature is one for this service.
fn is_signed_for(request: &Request, service: &str) -> bool {
    let scope = format!("/{service}/aws4_request");
    request
        .header("authorization")
        .is_some_and(|header| header.contains(&scope))
}

impl State {
    fn take(&mut self, message: SentMessage) {
        if let Some(tell) = &self.tell {
            tell(&message);
        }
        self.messages.push(message);
    }
}
