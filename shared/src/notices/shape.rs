//! What a webhook is sent: pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Text;
use crate::domain::id::TenantId;
use crate::tenant::WebhookShape;

#[derive(Clone, Debug)]
pub struct Message<'a> {
    pub tenant: &'a TenantId,
    /// The function, the cause's code and what happened to it, for programs.
    pub job: &'a str,
    pub cause: &'a str,
    pub state: &'a str,
    pub since: Option<Timestamp>,
    pub count: u64,
    pub text: Text,
}

/// The body for a webhook of this shape.
///
/// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>,
/// <https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>
#[must_use]
pub fn body(shape: WebhookShape, message: &Message<'_>) -> Value {
    let Message {
        tenant,
        job,
        cause,
        state,
        since,
        count,
        text: Text { subject, body },
    } = message;
    match shape {
        WebhookShape::Json => json!({
            "tenant": tenant.as_str(), "job": job, "cause": cause, "state": state,
            "since": since.map(|at| format!("{at:.0}")), "count": count, "subject": subject, "text": body,
        }),
        WebhookShape::Slack => json!({"text": format!("*{subject}*\n{body}")}),
        WebhookShape::Teams => {
            let block = |text: &str, weight: &str| json!({"type": "TextBlock", "text": text, "weight": weight, "wrap": true});
            json!({"type": "message", "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard", "version": "1.4",
                    "body": [block(subject, "Bolder"), block(body, "Default")],
                },
            }]})
        }
    }
}
