//! EventBridge Scheduler.

use http::{HeaderName, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::state::State;
use crate::engine::exchange::{Reply, Request};

/// A StartDate may lie this far back.
const BACK: SignedDuration = SignedDuration::from_mins(5);

/// Whether there has to be a schedule, or must not be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    Create,
    Update,
}

pub(super) fn put(state: &mut State, name: &str, request: &Request, how: Put, now: Timestamp) -> Reply {
    let Some(body) = request.json().filter(Value::is_object) else {
        return error(StatusCode::BAD_REQUEST, "ValidationException", "The body is no object.");
    };
    let group = body.get("GroupName").and_then(Value::as_str).unwrap_or("default");
    let Some(group) = state.groups.get_mut(group) else {
        return missing("The group does not exist.");
    };
    for member in ["ScheduleExpression", "FlexibleTimeWindow", "Target"] {
        if body.get(member).is_none() {
            return error(StatusCode::BAD_REQUEST, "ValidationException", &format!("{member} is missing."));
        }
    }
    let start = body.get("StartDate").and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
    let earliest = (now - BACK).as_second() as f64;
    if start.is_some_and(|start| start < earliest) {
        let text = "The StartDate you specify cannot be earlier than 5 minutes ago.";
        return error(StatusCode::BAD_REQUEST, "ValidationException", text);
    }
    match (how, group.contains_key(name)) {
        (Put::Create, true) => return error(StatusCode::CONFLICT, "ConflictException", "It exists."),
        (Put::Update, false) => return missing("The schedule does not exist."),
        _ => {}
    }
    group.insert(name.to_owned(), body);
    let arn = format!("arn:aws:scheduler:eu-central-1:123456789012:schedule/{name}");
    Reply::json(StatusCode::OK, &json!({"ScheduleArn": arn}))
}

pub(super) fn get(state: &State, name: &str, request: &Request) -> Reply {
    let group = state.groups.get(request.query("groupName").unwrap_or("default"));
    match group.and_then(|group| group.get(name)) {
        Some(schedule) => {
            let mut schedule = schedule.clone();
            if let Some(members) = schedule.as_object_mut() {
                members.insert("Name".to_owned(), json!(name));
            }
            Reply::json(StatusCode::OK, &schedule)
        }
        None => missing("The schedule does not exist."),
    }
}

pub(super) fn delete(state: &mut State, name: &str, request: &Request) -> Reply {
    let group = state.groups.get_mut(request.query("groupName").unwrap_or("default"));
    match group.and_then(|group| group.remove(name)) {
        Some(_) => Reply::json(StatusCode::OK, &json!({})),
        None => missing("The schedule does not exist."),
    }
}

pub(super) fn list(state: &State, request: &Request) -> Reply {
    let Some(group) = state.groups.get(request.query("ScheduleGroup").unwrap_or("default")) else {
        return missing("The group does not exist.");
    };
    /// Few, so that a handful of tenants takes several pages.
    const PAGE: usize = 3;
    let from = request.query("NextToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let lines = group.iter().skip(from).take(PAGE).map(|(name, schedule)| {
        json!({"Name": name, "State": schedule.get("State"), "Target": {"Arn": schedule.pointer("/Target/Arn")}})
    });
    let lines: Vec<Value> = lines.collect();
    let next = (from + PAGE < group.len()).then(|| (from + PAGE).to_string());
    Reply::json(StatusCode::OK, &json!({"Schedules": lines, "NextToken": next}))
}

fn missing(text: &str) -> Reply {
    error(StatusCode::NOT_FOUND, "ResourceNotFoundException", text)
}

pub(super) fn error(status: StatusCode, code: &str, text: &str) -> Reply {
    Reply::json(status, &json!({"Message": text, "message": text}))
        .with(HeaderName::from_static("x-amzn-errortype"), code)
}
