use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::id::TenantId;
use crate::state::JobKind;
use crate::tenant::{Language, Via, WebhookShape};

fn start() -> Timestamp {
    "2026-05-11T08:00:00Z".parse().unwrap()
}

fn at(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

fn everyone(_: Cause) -> Vec<Recipient> {
    Recipient::ALL.to_vec()
}

fn operator(_: Cause) -> Vec<Recipient> {
    vec![Recipient::Operator]
}

fn sent(_: &Due) -> Delivery {
    Delivery::Sent
}

/// A run that met `causes`, and showed all others to be over or none.
fn seen(causes: &[Cause], is_conclusive: bool) -> Observation {
    let over = Cause::ALL.into_iter().filter(|_| is_conclusive);
    Observation {
        causes: causes.iter().map(|cause| (*cause, 3)).collect(),
        over: over.collect(),
    }
}

/// One run: the memory goes on as in production, through the state.
fn run(
    memory: Memory,
    observation: &Observation,
    recipients: impl Fn(Cause) -> Vec<Recipient> + Copy,
    now: Timestamp,
    deliver: impl Fn(&Due) -> Delivery,
) -> (Memory, Vec<Due>) {
    let mut memory = memory.after(observation, now);
    let due = memory.due(observation, recipients, now);
    for due in &due {
        memory.note(due, deliver(due), now);
    }
    memory.forget(recipients, now);
    let text = serde_json::to_string(&memory).unwrap();
    assert_eq!(
        serde_json::from_str::<Memory>(&text).unwrap(),
        memory,
        "{text}"
    );
    (memory, due)
}

/// What the operator is sent over runs at these minutes.
fn story(runs: &[(i64, &[Cause], bool)]) -> Vec<(i64, &'static str, &'static str)> {
    let (mut memory, mut story) = (Memory::default(), Vec::new());
    for (minute, causes, is_conclusive) in runs {
        let observation = seen(causes, *is_conclusive);
        let due;
        (memory, due) = run(memory, &observation, operator, at(*minute), sent);
        let lines = due
            .iter()
            .map(|due| (*minute, due.cause.code(), due.kind.as_str()));
        story.extend(lines);
    }
    story
}

const DENIED: &[Cause] = &[Cause::AccessDenied];
const SILENT: &[Cause] = &[Cause::SourceUnavailable];
const NONE: &[Cause] = &[];
const A_DAY: i64 = 24 * 60;

#[test]
fn what_needs_somebody_is_a_notice_at_once_then_daily_then_when_it_is_over() {
    let runs = [
        (0, DENIED, false),
        (5, DENIED, false),
        (A_DAY - 5, DENIED, false),
        (A_DAY, DENIED, false),
        (A_DAY + 5, NONE, true),
        (2 * A_DAY, NONE, true),
        (2 * A_DAY + 5, NONE, true),
    ];
    let expected = [
        (0, "access-denied", "begun"),
        (A_DAY, "access-denied", "still"),
        (2 * A_DAY, "access-denied", "ended"),
    ];
    assert_eq!(story(&runs), expected);
}

#[test]
fn what_passes_by_itself_is_a_notice_once_it_has_lasted() {
    let short = [(0, SILENT, false), (25, SILENT, false), (30, NONE, true)];
    assert_eq!(story(&short), []);
    let long = [(0, SILENT, false), (30, SILENT, false), (35, NONE, true)];
    assert_eq!(story(&long), [(30, "source-unavailable", "begun")]);
}

#[test]
fn another_failure_neither_ends_a_cause_nor_confirms_it() {
    let runs = [
        (0, DENIED, false),
        (A_DAY, SILENT, false),
        (A_DAY + 5, DENIED, false),
    ];
    let expected = [
        (0, "access-denied", "begun"),
        (A_DAY + 5, "access-denied", "still"),
    ];
    assert_eq!(story(&runs), expected);
}

#[test]
fn a_cause_that_comes_and_goes_is_one_message_a_day() {
    let mut runs = Vec::new();
    for tick in 0..(3 * A_DAY / 5) {
        let causes = if tick % 2 == 0 { DENIED } else { NONE };
        runs.push((tick * 5, causes, tick % 2 == 1));
    }
    let sent = story(&runs);
    let minutes: Vec<i64> = sent.iter().map(|(minute, ..)| *minute).collect();
    assert_eq!(minutes, [0, A_DAY, 2 * A_DAY], "{sent:?}");
}

#[test]
fn a_rejected_address_is_tried_once_a_day_and_hears_once_it_is_mended() {
    let rejected = |_: &Due| Delivery::Rejected;
    let (mut memory, mut attempts) = (Memory::default(), 0);
    for hour in 0..(7 * 24) {
        let due;
        let now = at(hour * 60);
        (memory, due) = run(memory, &seen(DENIED, false), operator, now, rejected);
        attempts += due.len();
    }
    assert_eq!(attempts, 7);
    let now = at(7 * A_DAY);
    let (mended, due) = run(memory.clone(), &seen(DENIED, false), operator, now, sent);
    let expected = [Kind::Begun];
    assert_eq!(due.iter().map(|due| due.kind).collect::<Vec<_>>(), expected);
    assert!(!mended.is_empty());
    let (memory, due) = run(memory, &seen(NONE, true), operator, at(9 * A_DAY), rejected);
    assert_eq!((memory.is_empty(), due.len()), (true, 0));
}

#[test]
fn a_deferred_notice_is_due_on_the_next_runs_and_at_most_five_times_a_day() {
    let deferred = |_: &Due| Delivery::Deferred;
    let mut memory = Memory::default();
    let mut attempts = Vec::new();
    for tick in 0..(2 * A_DAY / 5) {
        let due;
        let now = at(tick * 5);
        (memory, due) = run(memory, &seen(DENIED, false), operator, now, deferred);
        attempts.extend(due.iter().map(|_| tick * 5));
    }
    let first = [0, 5, 10, 15, 20];
    let next = first.map(|minute| 20 + A_DAY + minute);
    assert_eq!(attempts, [first, next].concat());
    let denied = seen(DENIED, false);
    let (memory, _) = run(Memory::default(), &denied, operator, at(0), deferred);
    let (memory, due) = run(memory, &denied, operator, at(5), sent);
    assert_eq!(due.len(), 1);
    let (_, due) = run(memory, &denied, operator, at(10), sent);
    assert_eq!(due.len(), 0);
}

#[test]
fn nothing_is_remembered_of_runs_without_trouble_or_without_recipients() {
    let (memory, _) = run(Memory::default(), &seen(NONE, true), everyone, at(0), sent);
    assert!(memory.is_empty());
    let nobody = |_: Cause| Vec::new();
    let (memory, due) = run(memory, &seen(DENIED, false), nobody, at(0), sent);
    assert_eq!((memory.is_empty(), due.len()), (true, 0));
}

#[test]
fn a_memory_of_another_release_is_kept_and_harms_nothing() {
    let text = r#"{"new-cause":{"s":1,"t":{"x":{"at":2,"k":"zz"}}},"access-denied":{"t":{"fax":{"at":1}}}}"#;
    let memory: Memory = serde_json::from_str(text).unwrap();
    let (memory, due) = run(memory, &seen(DENIED, false), operator, at(0), sent);
    assert_eq!(due.len(), 1);
    let text = serde_json::to_string(&memory).unwrap();
    assert!(text.contains("new-cause"), "{text}");
}

#[test]
fn the_memory_of_everything_at_once_fits_into_the_lease() {
    // The lease's other attributes take less than 600 bytes of 1,024 where no endpoint is announced to end.
    let four = [
        Cause::AcademyRefuses,
        Cause::HeldPlan,
        Cause::Parked,
        Cause::ReteachUnavailable,
    ];
    let four = seen(&four, false);
    let (memory, _) = run(Memory::default(), &four, everyone, at(0), sent);
    let bytes = serde_json::to_string(&memory).unwrap().len();
    assert!(bytes < 450, "{bytes}");
}

#[test]
fn what_is_nothing_takes_no_place_in_the_state() {
    let denied = seen(DENIED, false);
    let rejected = |_: &Due| Delivery::Rejected;
    let (first, ended) = (at(0).as_second(), at(A_DAY).as_second());
    let (memory, _) = run(Memory::default(), &denied, operator, at(0), rejected);
    let stored = serde_json::to_value(&memory).unwrap();
    let denial = json!({"s": first, "t": {"o": {"at": first}}});
    assert_eq!(stored, json!({"access-denied": denial}));
    let (memory, _) = run(Memory::default(), &denied, operator, at(0), sent);
    let (memory, _) = run(memory, &seen(NONE, true), operator, at(A_DAY), sent);
    let stored = serde_json::to_value(&memory).unwrap();
    let denial = json!({"t": {"o": {"at": ended}}});
    assert_eq!(stored, json!({"access-denied": denial}));
}

#[test]
fn a_cause_that_ended_unseen_begins_again_and_one_that_goes_on_is_still_there() {
    let kinds = |runs: &[(i64, &[Cause], bool)]| -> Vec<&'static str> {
        story(runs).into_iter().map(|(.., kind)| kind).collect()
    };
    let ended = [(0, DENIED, false), (5, NONE, true), (A_DAY, DENIED, false)];
    assert_eq!(kinds(&ended), ["begun", "begun"]);
    let other = [
        (0, DENIED, false),
        (5, SILENT, false),
        (A_DAY, DENIED, false),
    ];
    assert_eq!(kinds(&other), ["begun", "still"]);
}

#[test]
fn what_may_pass_is_waited_for_and_hr_learns_of_what_it_can_change() {
    for cause in Cause::ALL {
        let minutes = match cause.code() {
            "source-unavailable" | "reteach-unavailable" => 30,
            "not-connected" | "incomplete" => 120,
            _ => 0,
        };
        assert_eq!(cause.patience().as_mins(), minutes, "{cause:?}");
    }
    let of_hr = Cause::ALL.into_iter().filter(|cause| cause.is_for_hr());
    let expected = [
        "access-denied",
        "held-plan",
        "no-category",
        "not-connected",
        "source-changed",
        "source-unavailable",
    ];
    assert!(of_hr.map(Cause::code).eq(expected));
    let names = Recipient::ALL.map(Recipient::as_str);
    assert_eq!(names, ["operator", "mail", "webhook"]);
}

#[test]
fn the_operator_learns_what_was_counted() {
    let (tenant, zone) = (tenant(), TimeZone::UTC);
    let first_line = |cause, count| {
        let due = Due {
            count,
            since: None,
            ..due(cause, Kind::Begun)
        };
        let text = notice(&tenant, &zone, due, JobKind::Employees).for_operator();
        text.body.lines().next().unwrap_or_default().to_owned()
    };
    for (cause, count, counted) in [
        (Cause::HeldPlan, 1, " Changes that wait for approval: 1."),
        (
            Cause::Parked,
            2,
            " Certificates that wait for a decision: 2.",
        ),
        (
            Cause::PeopleRefused,
            3,
            " People who are refused, in conflict, or wait for another try: 3.",
        ),
        (Cause::Incomplete, 4, " People or certificates: 4."),
        (Cause::Incomplete, 0, ""),
    ] {
        let code = cause.code();
        let expected = format!("Tenant acme, employee-sync: {code} (begun).{counted}");
        assert_eq!(first_line(cause, count), expected);
    }
}

fn cause() -> impl Strategy<Value = Cause> {
    prop::sample::select(vec![
        Cause::AccessDenied,
        Cause::HeldPlan,
        Cause::SourceUnavailable,
    ])
}

fn delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![4 => Just(Delivery::Sent), 2 => Just(Delivery::Failed), 1 => Just(Delivery::Rejected)]
}

proptest! {
    #[test]
    fn one_message_a_day_and_an_end_for_every_beginning(
        runs in prop::collection::vec(
            (1_i64..900, prop::collection::btree_set(cause(), 0..3), any::<bool>(), prop::collection::vec(delivery(), 9)),
            1..60,
        )
    ) {
        let mut memory = Memory::default();
        let mut now = start();
        let mut last: HashMap<(Cause, Recipient), Timestamp> = HashMap::new();
        let mut open: BTreeMap<(Cause, Recipient), bool> = BTreeMap::new();
        let mut unsure: BTreeMap<(Cause, Recipient), u8> = BTreeMap::new();
        let quiet = (0..10).map(|_| (900, std::collections::BTreeSet::new(), true, vec![Delivery::Sent; 9]));
        for (minutes, causes, is_conclusive, deliveries) in runs.into_iter().chain(quiet) {
            now += SignedDuration::from_mins(minutes);
            let causes: Vec<Cause> = causes.into_iter().collect();
            let answer = |due: &Due| {
                let cause = [Cause::AccessDenied, Cause::HeldPlan, Cause::SourceUnavailable]
                    .iter().position(|cause| *cause == due.cause).unwrap();
                let recipient = Recipient::ALL.iter().position(|it| *it == due.recipient).unwrap();
                deliveries[cause * 3 + recipient]
            };
            let due;
            (memory, due) = run(memory, &seen(&causes, is_conclusive), everyone, now, answer);
            for due in &due {
                let key = (due.cause, due.recipient);
                if let Some(before) = last.insert(key, now) {
                    prop_assert!(now.duration_since(before) >= DAY, "{due:?}");
                }
                let is_open = open.entry(key).or_default();
                prop_assert_eq!(due.kind == Kind::Ended, *is_open && !causes.contains(&due.cause));
                let unsure = unsure.entry(key).or_default();
                match answer(due) {
                    Delivery::Sent => *is_open = due.kind != Kind::Ended,
                    Delivery::Failed | Delivery::Deferred if due.kind == Kind::Ended => {
                        *unsure += 1;
                        *is_open = *unsure < 3;
                        continue;
                    }
                    Delivery::Failed | Delivery::Deferred => {}
                    Delivery::Rejected => *is_open = false,
                }
                *unsure = 0;
            }
        }
        prop_assert!(open.values().all(|is_open| !is_open), "{open:?}");
        prop_assert!(memory.is_empty(), "{memory:?}");
    }
}

#[test]
fn an_end_that_nobody_confirms_is_sent_on_three_days() {
    let denied = seen(DENIED, true);
    let (mut memory, _) = run(Memory::default(), &denied, operator, start(), sent);
    let failed = |_: &Due| Delivery::Failed;
    let mut ends = 0;
    for hours in 1..24 * 7 {
        let due;
        let now = at(hours * 60);
        (memory, due) = run(memory, &seen(NONE, true), operator, now, failed);
        ends += due.len();
    }
    assert_eq!(ends, 3);
    assert!(memory.is_empty(), "{memory:?}");
}

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn notice<'a>(tenant: &'a TenantId, zone: &'a TimeZone, due: Due, job: JobKind) -> Notice<'a> {
    Notice {
        tenant,
        job,
        due,
        zone,
        via: Via::Direct,
        folder: None,
        detail: "Personio does not allow this: the right \"Employees: read\" is missing",
    }
}

fn due(cause: Cause, kind: Kind) -> Due {
    Due {
        cause,
        recipient: Recipient::Mail,
        kind,
        since: (kind != Kind::Ended).then(start),
        count: if cause == Cause::HeldPlan { 12 } else { 0 },
    }
}

#[test]
fn every_cause_has_words_in_both_languages() {
    let (tenant, zone) = (tenant(), TimeZone::get("Europe/Berlin").unwrap());
    let mut texts = String::new();
    for cause in Cause::ALL {
        for language in [Language::De, Language::En] {
            let job = match cause {
                Cause::NoCategory | Cause::Parked | Cause::HostNotAllowed => JobKind::Certificates,
                _ => JobKind::Employees,
            };
            let Text { subject, body } =
                notice(&tenant, &zone, due(cause, Kind::Begun), job).for_hr(language);
            texts += &format!("{subject}\n{body}\n");
        }
    }
    insta::assert_snapshot!(texts);
}

#[test]
fn a_notice_says_whether_it_goes_on_or_is_over() {
    let (tenant, zone) = (tenant(), TimeZone::get("Europe/Berlin").unwrap());
    let mut texts = String::new();
    for kind in [Kind::Still, Kind::Ended] {
        let due = due(Cause::AccessDenied, kind);
        let notice = notice(&tenant, &zone, due, JobKind::Certificates);
        for text in [
            notice.for_hr(Language::De),
            notice.for_hr(Language::En),
            notice.for_operator(),
        ] {
            texts += &format!("{}\n{}\n", text.subject, text.body);
        }
    }
    insta::assert_snapshot!(texts);
}

#[test]
fn a_notice_for_hr_names_the_route_and_the_folder() {
    let (tenant, zone) = (tenant(), TimeZone::UTC);
    for language in [Language::De, Language::En] {
        let text = |cause, kind, via, folder| {
            let due = due(cause, kind);
            let notice = Notice {
                via,
                folder,
                ..notice(&tenant, &zone, due, JobKind::Certificates)
            };
            notice.for_hr(language).body
        };
        let denied = |via| text(Cause::AccessDenied, Kind::Begun, via, None);
        assert!(denied(Via::Direct).contains("Marketplace"));
        for via in [Via::Kombo, Via::KomboPassthrough] {
            let body = denied(via);
            assert!(!body.contains("Marketplace"), "{body}");
            assert!(body.contains("Kombo"), "{body}");
        }
        let folder = |folder| text(Cause::NoCategory, Kind::Begun, Via::Direct, folder);
        let named = folder(Some("Schulungen"));
        assert!(named.contains("Schulungen") && !named.contains("Bildungszertifikate"));
        assert!(folder(None).contains("Bildungszertifikate"));
        let decided = text(Cause::HeldPlan, Kind::Ended, Via::Direct, None);
        assert!(!decided.contains("nach, was"), "{decided}");
        assert!(!decided.contains("catch up"), "{decided}");
    }
    assert!(!Cause::AcademyDenied.is_for_hr());
}

#[test]
fn a_subject_for_the_topic_fits_into_sns() {
    let (tenant, zone) = (TenantId::parse(&"a".repeat(40)).unwrap(), TimeZone::UTC);
    for cause in Cause::ALL {
        for kind in [Kind::Begun, Kind::Still, Kind::Ended] {
            let Text { subject, .. } =
                notice(&tenant, &zone, due(cause, kind), JobKind::Certificates).for_operator();
            assert!(subject.is_ascii() && subject.len() < 100, "{subject}");
        }
    }
}

#[test]
fn a_webhook_gets_the_shape_it_takes() {
    let tenant = tenant();
    let message = Message {
        tenant: &tenant,
        job: "employee-sync",
        cause: "held-plan",
        state: "begun",
        since: Some(start()),
        count: 12,
        text: Text {
            subject: "subject".to_owned(),
            body: "body".to_owned(),
        },
    };
    let shapes = [WebhookShape::Json, WebhookShape::Slack, WebhookShape::Teams];
    insta::assert_json_snapshot!(shapes.map(|shape| body(shape, &message)));
}
