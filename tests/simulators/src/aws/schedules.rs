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

pub(super) fn put(
    state: &mut State,
    name: &str,
    request: &Request,
    how: Put,
    now: Timestamp,
) -> Reply {
    let Some(body) = request.json().filter(Value::is_object) else {
        return error(
            StatusCode::BAD_REQUEST,
            "ValidationException",
            "The body is no object.",
        );
    };
    let group = body
        .get("GroupName")
        .and_then(Value::as_str)
        .unwrap_or("default")
        .to_owned();
    let Some(schedules) = state.groups.get(&group) else {
        return missing("The group does not exist.");
    };
    if let Some(problem) = problem(&body) {
        return error(StatusCode::BAD_REQUEST, "ValidationException", &problem);
    }
    let start = body.get("StartDate").and_then(Value::as_f64);
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since 1970 are far below 2^52"
    )]
    let earliest = (now - BACK).as_second() as f64;
    if start.is_some_and(|start| start < earliest) {
        let text = "The StartDate you specify cannot be earlier than 5 minutes ago.";
        return error(StatusCode::BAD_REQUEST, "ValidationException", text);
    }
    match (how, schedules.contains_key(name)) {
        (Put::Create, true) => {
            return error(StatusCode::CONFLICT, "ConflictException", "It exists.");
        }
        (Put::Update, false) => return missing("The schedule does not exist."),
        _ => {}
    }
    if state.change(&group, name, Some(body)).is_err() {
        return not_kept();
    }
    let arn = format!("arn:aws:scheduler:eu-central-1:123456789012:schedule/{name}");
    Reply::json(StatusCode::OK, &json!({"ScheduleArn": arn}))
}

pub(super) fn get(state: &State, name: &str, request: &Request) -> Reply {
    let group = state
        .groups
        .get(request.query("groupName").unwrap_or("default"));
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
    let group = request.query("groupName").unwrap_or("default");
    if !state
        .groups
        .get(group)
        .is_some_and(|schedules| schedules.contains_key(name))
    {
        return missing("The schedule does not exist.");
    }
    match state.change(group, name, None) {
        Ok(()) => Reply::json(StatusCode::OK, &json!({})),
        Err(_) => not_kept(),
    }
}

/// What is wrong with a schedule, or not simulated.
fn problem(schedule: &Value) -> Option<String> {
    for member in ["ScheduleExpression", "FlexibleTimeWindow", "Target"] {
        if schedule.get(member).is_none() {
            return Some(format!("{member} is missing."));
        }
    }
    let text = |pointer: &str| schedule.pointer(pointer).and_then(Value::as_str);
    if text("/ScheduleExpression").and_then(period).is_none() {
        return Some(
            "Invalid Schedule Expression, or one that is not simulated: rate(5 minutes) is."
                .to_owned(),
        );
    }
    let window = schedule.pointer("/FlexibleTimeWindow/MaximumWindowInMinutes");
    let fits = match (
        text("/FlexibleTimeWindow/Mode"),
        window.and_then(Value::as_u64),
    ) {
        (Some("OFF"), None) => true,
        (Some("FLEXIBLE"), Some(minutes)) => (1..=1440).contains(&minutes),
        _ => false,
    };
    if !fits {
        return Some(
            "FlexibleTimeWindow is neither OFF nor FLEXIBLE with 1 to 1440 minutes.".to_owned(),
        );
    }
    if schedule.get("EndDate").is_some() {
        return Some("An EndDate is not simulated.".to_owned());
    }
    if !matches!(text("/State"), None | Some("ENABLED" | "DISABLED")) {
        return Some("State is neither ENABLED nor DISABLED.".to_owned());
    }
    None
}

/// The time between two ticks of `rate(5 minutes)`; `None` for any other expression.
#[must_use]
pub fn period(expression: &str) -> Option<SignedDuration> {
    let (number, unit) = expression
        .strip_prefix("rate(")?
        .strip_suffix(')')?
        .split_once(' ')?;
    let number: i64 = number
        .parse()
        .ok()
        .filter(|number| (1..=MOST).contains(number))?;
    match unit {
        "minute" | "minutes" => Some(SignedDuration::from_mins(number)),
        "hour" | "hours" => Some(SignedDuration::from_hours(number)),
        "day" | "days" => Some(SignedDuration::from_hours(24 * number)),
        _ => None,
    }
}

/// More of any unit is a slip.
const MOST: i64 = 1_000_000;

pub(super) fn list(state: &State, request: &Request) -> Reply {
    let Some(group) = state
        .groups
        .get(request.query("ScheduleGroup").unwrap_or("default"))
    else {
        return missing("The group does not exist.");
    };
    let page = state.schedules_per_page.unwrap_or(3);
    let from = request
        .query("NextToken")
        .and_then(|token| token.parse().ok())
        .unwrap_or(0);
    let lines = group.iter().skip(from).take(page).map(|(name, schedule)| {
        json!({"Name": name, "State": schedule.get("State"), "Target": {"Arn": schedule.pointer("/Target/Arn")}})
    });
    let lines: Vec<Value> = lines.collect();
    let next = (from + page < group.len()).then(|| (from + page).to_string());
    Reply::json(
        StatusCode::OK,
        &json!({"Schedules": lines, "NextToken": next}),
    )
}

fn not_kept() -> Reply {
    error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServerException",
        "The schedules could not be written.",
    )
}

fn missing(text: &str) -> Reply {
    error(StatusCode::NOT_FOUND, "ResourceNotFoundException", text)
}

pub(super) fn error(status: StatusCode, code: &str, text: &str) -> Reply {
    Reply::json(status, &json!({"Message": text, "message": text}))
        .with(HeaderName::from_static("x-amzn-errortype"), code)
}
