//! `[notices]`: whether everything is there, and `--notice`, which tries it.

use shared::notices::{Address, Message, Recipient, Refusal, Senders, Text};
use shared::secrets::TenantSecret;
use shared::tenant::{Language, TenantConfig};

use super::CheckView;
use crate::context::CommandContext;
use crate::failure::Result;
use crate::format;
use crate::item::Item;

const NO_MAIL: &str = "the stack sends no mail";
const SENDER: &str = "deploy it with the parameter NoticeSender, an address that SES has verified";

/// What is missing for the recipients that the tenant's file names. Nothing is said of those that it does not.
pub(super) fn examine(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    secret: &TenantSecret,
) -> Vec<Item> {
    let about = "notices";
    let mut items = Vec::new();
    if !config.notices.mail.is_empty() && context.deployment.notices.sender.is_none() {
        items.push(Item::miss(about, NO_MAIL, SENDER));
    }
    if config.notices.webhook.is_some()
        && let Err(problem) = Address::webhook(&config.notices, Some(secret))
    {
        let store = format::store_credentials(&config.tenant_id);
        items.push(Item::miss(
            about,
            problem.to_string(),
            format!("store it with {store}"),
        ));
    }
    items
}

pub(crate) async fn send_test(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    secret: &TenantSecret,
) -> Result<CheckView> {
    let senders = context.senders()?;
    let mut items = Vec::new();
    for recipient in Recipient::ALL {
        items.push(try_one(context, config, secret, &senders, recipient).await);
    }
    let mut view = CheckView::new(config);
    view.extend(items);
    Ok(view)
}

async fn try_one(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    secret: &TenantSecret,
    senders: &Senders,
    recipient: Recipient,
) -> Item {
    let about = format!("notices: {}", recipient.as_str());
    let notices = &config.notices;
    let address = match recipient {
        Recipient::Operator if !senders.can_reach(recipient) => {
            return Item::note(&about, "off: the stack's parameter NoticeTopicArn is empty");
        }
        Recipient::Operator => Ok(Address::Topic),
        Recipient::Mail if notices.mail.is_empty() => {
            return Item::note(&about, "off: [notices] mail is empty");
        }
        Recipient::Mail => Ok(Address::Mail(&notices.mail)),
        Recipient::Webhook if notices.webhook.is_none() => {
            return Item::note(&about, "off: [notices] webhook is not set");
        }
        Recipient::Webhook => Address::webhook(&config.notices, Some(secret)),
    };
    let language = match recipient {
        Recipient::Operator => Language::En,
        Recipient::Mail | Recipient::Webhook => notices.language,
    };
    let message = Message {
        tenant: &config.tenant_id,
        job: "tenants",
        cause: "test",
        state: "test",
        since: None,
        count: 0,
        text: Text::of_test(language, &config.tenant_id),
    };
    let sent = match &address {
        Ok(address) => senders.send(address, &message, context.http()).await,
        Err(refusal) => Err(refusal.clone()),
    };
    match (sent, recipient) {
        (Ok(()), Recipient::Mail) => {
            let addresses = format::number(notices.mail.len() as u64, "address", "addresses");
            Item::good(&about, format!("sent to {addresses}"))
        }
        (Ok(()), _) => Item::good(&about, "sent"),
        (Err(Refusal::NotConfigured), recipient) => not_configured(&about, recipient),
        (Err(refusal), _) => Item::miss(&about, refusal.to_string(), "docs/notices.md"),
    }
}

fn not_configured(about: &str, recipient: Recipient) -> Item {
    let (text, advice) = match recipient {
        Recipient::Operator => (
            "the stack has no topic that can be used",
            "deploy it with the parameter NoticeTopicArn, the ARN of an SNS topic",
        ),
        Recipient::Mail => (NO_MAIL, SENDER),
        Recipient::Webhook => (
            "the tenant's file names no webhook",
            "set `[notices] webhook` and store it with `tenants add --file FILE --update`",
        ),
    };
    Item::miss(about, text, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_that_is_not_configured_is_named() {
        for (recipient, word) in [
            (Recipient::Operator, "topic"),
            (Recipient::Mail, "mail"),
            (Recipient::Webhook, "webhook"),
        ] {
            let item = not_configured("notices", recipient);
            let text = serde_json::to_string(&item).unwrap();
            assert!(text.contains(word), "{text}");
        }
    }
}
