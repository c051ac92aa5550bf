//! What an operator asks about an account: Lambda's limits and functions, SNS's subscriptions.

use http::{HeaderName, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::json;

use super::state::State;
use super::sts;
use crate::engine::exchange::{Reply, Request};

/// Lambda's GetAccountSettings, by the region's clock.
pub(super) fn account(state: &State, now: Timestamp) -> Reply {
    let runs = state.concurrency.unwrap_or(1_000);
    let limit = json!({"ConcurrentExecutions": runs, "UnreservedConcurrentExecutions": runs});
    let reply = Reply::json(StatusCode::OK, &json!({"AccountLimit": limit}));
    let date = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&(now - state.behind));
    let date = date.unwrap_or_default();
    reply.with(HeaderName::from_static("date"), &date)
}

/// Lambda's GetFunctionConcurrency: no function has runs of its own.
pub(super) fn concurrency() -> Reply {
    Reply::json(StatusCode::OK, &json!({}))
}

/// Lambda's GetFunctionConfiguration.
pub(super) fn configuration(state: &State, arn: &str) -> Reply {
    let architecture = state.architectures.get(arn);
    let architecture = architecture.map_or("arm64", String::as_str);
    let found = json!({"FunctionArn": arn, "State": "Active", "Architectures": [architecture]});
    Reply::json(StatusCode::OK, &found)
}

/// STS's GetCallerIdentity, if the form asks for that and it is known who calls.
pub(super) fn caller(state: &State, request: &Request) -> Option<Reply> {
    let arn = state.caller.as_ref()?;
    sts::asks_for_caller(request).then(|| sts::caller_identity(arn))
}

/// SNS's ListSubscriptionsByTopic, if the form asks for that.
pub(super) fn subscriptions(state: &State, request: &Request) -> Option<Reply> {
    let form = request.form();
    if form.get("Action")? != "ListSubscriptionsByTopic" {
        return None;
    }
    let subscribed = state.subscriptions.get(form.get("TopicArn")?);
    let members = subscribed.into_iter().flatten().map(|arn| {
        format!(
            "<member><SubscriptionArn>{arn}</SubscriptionArn><Protocol>email</Protocol></member>"
        )
    });
    let members: String = members.collect();
    let body = format!(
        "<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>{members}</Subscriptions>\
         </ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>"
    );
    Some(Reply::raw(StatusCode::OK, "text/xml", body))
}
