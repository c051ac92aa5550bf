//! Which schedules are due. Pure.
//!
//! A rate counts from its StartDate (EventBridge Scheduler's guide, schedule-types.html), without one from 1970.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulators::aws::{Groups, period};

/// A tick is dropped after this time, as EventBridge Scheduler does with the event age that `tenants` sets.
const MAX_DELAY: SignedDuration = SignedDuration::from_secs(60);

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) function: String,
    pub(super) event: Value,
}

/// The schedules with a time after `since` and up to `now`, each once.
pub(super) fn due(groups: &Groups, since: Timestamp, now: Timestamp) -> Vec<Tick> {
    let since = since.max(now - MAX_DELAY);
    let schedules = groups.values().flat_map(|group| group.values());
    schedules
        .filter(|schedule| last(schedule, now).is_some_and(|at| at > since))
        .map(tick)
        .collect()
}

/// The schedule's last time at or before `now`.
fn last(schedule: &Value, now: Timestamp) -> Option<Timestamp> {
    if schedule.get("State").and_then(Value::as_str) == Some("DISABLED") {
        return None;
    }
    let period = period(schedule.get("ScheduleExpression")?.as_str()?)?.as_secs();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a StartDate is a whole number of seconds, sent as a float"
    )]
    let start = schedule
        .get("StartDate")
        .and_then(Value::as_f64)
        .map_or(0, |start| start as i64);
    let past = now
        .as_second()
        .checked_sub(start)
        .filter(|past| *past >= 0)?;
    Timestamp::from_second(now.as_second() - past % period).ok()
}

fn tick(schedule: &Value) -> Tick {
    let text = |pointer: &str| schedule.pointer(pointer).and_then(Value::as_str);
    // Text that is no JSON arrives as text.
    let event = text("/Target/Input")
        .map(|input| serde_json::from_str(input).unwrap_or_else(|_| json!(input)));
    Tick {
        function: text("/Target/Arn").unwrap_or_default().to_owned(),
        event: event.unwrap_or_else(|| json!({})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "2026-05-11T08:01:00Z";

    fn at(time: &str) -> Timestamp {
        format!("2026-05-11T{time}Z").parse().unwrap()
    }

    fn groups(changes: Value) -> Groups {
        let start: Timestamp = START.parse().unwrap();
        let mut schedule = json!({
            "ScheduleExpression": "rate(5 minutes)", "StartDate": start.as_second(), "State": "ENABLED",
            "Target": {"Arn": "f", "Input": "{\"tenant_id\":\"acme\"}"},
        });
        for (name, value) in changes.as_object().unwrap() {
            schedule[name] = value.clone();
        }
        Groups::from([(
            "g".to_owned(),
            [("acme.employees".to_owned(), schedule)].into(),
        )])
    }

    #[test]
    fn a_rate_fires_from_its_start_and_then_every_period() {
        for (since, now, fires) in [
            ("08:00:58", "08:00:59", 0),
            ("08:00:59", "08:01:00", 1),
            ("08:01:00", "08:01:01", 0),
            ("08:05:59", "08:06:00", 1),
            ("08:05:59", "08:06:03", 1),
            ("08:06:00", "08:10:59", 0),
            // Late by up to a minute.
            ("08:05:00", "08:06:59", 1),
            // Asleep for an hour: what was missed is not made up.
            ("07:50:00", "08:59:00", 0),
            ("07:50:00", "09:01:00", 1),
            // The clock was put back.
            ("09:00:00", "08:06:00", 0),
        ] {
            let due = due(&groups(json!({})), at(since), at(now));
            assert_eq!(due.len(), fires, "{since} to {now}");
        }
    }

    #[test]
    fn rate_start_and_state_come_from_the_schedule() {
        let cases = [
            (json!({"State": "DISABLED"}), "08:06:00", 0),
            (json!({"State": null}), "08:06:00", 1),
            (
                json!({"ScheduleExpression": "rate(1 minute)"}),
                "08:07:00",
                1,
            ),
            (
                json!({"ScheduleExpression": "rate(2 hours)"}),
                "10:01:00",
                1,
            ),
            (
                json!({"ScheduleExpression": "rate(2 hours)"}),
                "09:01:00",
                0,
            ),
            (
                json!({"ScheduleExpression": "cron(0 * * * ? *)"}),
                "09:00:00",
                0,
            ),
            (json!({"StartDate": null}), "08:05:00", 1),
        ];
        for (changes, now, fires) in cases {
            let due = due(
                &groups(changes.clone()),
                at(now) - SignedDuration::from_secs(1),
                at(now),
            );
            assert_eq!(due.len(), fires, "{changes} at {now}");
        }
    }

    #[test]
    fn a_tick_sends_the_schedule_s_input() {
        let fired = |target: Value| {
            due(
                &groups(json!({"Target": target})),
                at("08:00:59"),
                at("08:01:00"),
            )
        };
        let tick = |event: Value| {
            vec![Tick {
                function: "f".to_owned(),
                event,
            }]
        };
        assert_eq!(
            fired(json!({"Arn": "f", "Input": "{\"tenant_id\":\"a1\"}"})),
            tick(json!({"tenant_id": "a1"}))
        );
        assert_eq!(fired(json!({"Arn": "f", "Input": "a1"})), tick(json!("a1")));
        assert_eq!(fired(json!({"Arn": "f"})), tick(json!({})));
    }
}
