//! What follows from each way in which an attempt, or a look for a document, may end.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use proptest::prelude::*;
use shared::document::{FiledDocument, FilingError, Reach, Suspect, TenantFault, Verification};
use shared::domain::id::{CertificateId, DocumentId, SourceId};
use shared::http::{Effect, SignedUrl, Vendor};
use shared::reteach::{DownloadError, Forbidden};
use shared::runtime::{Outcome, RunError};
use shared::source::SourceError;
use shared::state::{
    CertificateEntry, CertificateState, EqualRefusals, Intent, Issue, OnUnverifiable, Refiled,
    RetryState,
};

use super::retry::MAX_TRANSIENT;
use super::*;
use crate::outcome::SkipReason;
use crate::plan::{Check, Listed, Look, Owner, Plan, PreviousFailures, Upload, VERIFY_AFTER};

fn now() -> Timestamp {
    "2026-05-11T08:00:00Z".parse().unwrap()
}

fn previous(failures: u32) -> PreviousFailures {
    PreviousFailures {
        failures,
        refusals: failures,
        since: (failures > 0).then(|| now() - 2.hours()),
        unlisted: false,
        unverified_at: None,
    }
}

fn intent(age: SignedDuration, failures: u32) -> Intent {
    Intent {
        at: now() - age,
        size: Some(1_000),
        failures,
        refusals: failures,
        failing_since: previous(failures).since,
        on_unverifiable: OnUnverifiable::Park,
        decided_at: None,
    }
}

fn listed(url: Option<&str>) -> Listed {
    Listed {
        owner: Owner::Employee(SourceId::new("1")),
        url: url.map(SignedUrl::new),
        course: Some("Brandschutz".to_owned()),
        completed_at: Some(now() - 1.hour()),
        issue: Issue::default(),
    }
}

/// A transition and a signal in short: `ledger / result / result if the ledger fails / signal`.
fn short(transition: &Transition, signal: &Signal) -> String {
    let write = match &transition.write {
        None => "stays".to_owned(),
        Some(CertificateState::Uploaded { document, .. }) => format!("uploaded {document:?}"),
        Some(CertificateState::Failed(retry)) => format!(
            "failed {} in {}: {}",
            retry.failures,
            retry.retry_at.duration_since(now()).as_mins(),
            retry.reason
        ),
        Some(CertificateState::Parked { unverified, .. }) => {
            format!("parked, unverified {}", unverified.is_some())
        }
        Some(other) => format!("{other:?}"),
    };
    format!(
        "{write} / {} / {} / {}",
        result(&transition.result),
        result(&transition.if_unwritten),
        signalled(signal)
    )
}

fn result(result: &CertificateResult) -> String {
    match result {
        CertificateResult::Failed(_) => "Failed".to_owned(),
        CertificateResult::Parked(_) => "Parked".to_owned(),
        CertificateResult::OutcomeUnknown(at) => {
            format!("unknown until {}", at.duration_since(now()).as_mins())
        }
        CertificateResult::Skipped(SkipReason::PersonDeleted(_)) => "deleted".to_owned(),
        other => format!("{other:?}"),
    }
}

fn signalled(signal: &Signal) -> String {
    match signal {
        Signal::None => "-".to_owned(),
        Signal::Answered => "answered".to_owned(),
        Signal::NoAnswer(error) => format!("no answer: {:?}", error.outcome),
        Signal::Stop(error) => format!("stop: {:?}", error.outcome),
    }
}

#[test]
fn each_end_of_an_attempt_has_one_consequence() {
    let refused = || FilingError::refused("why");
    let vendor = |vendor| FilingError::vendor(vendor, "why");
    let tenant = |fault| FilingError::tenant(fault, "why");
    let unknown = |error: FilingError| error.with_effect(Effect::Unknown);
    let halted = || AttemptError::Halted(RunError::new(Outcome::StateUnavailable, "why"));
    let skipped = |reason| AttemptError::Skipped(reason);
    let interrupted = || FilingError::interrupted("why");
    let both = |end: &str| (end.to_owned(), end.to_owned());
    let failed = |signal| {
        let short = format!("failed 1 in 30: why / Failed / NotReached / {signal}");
        both(&short)
    };
    // The intent is withdrawn; the run stops.
    let stopped = |outcome: &str| {
        let end = format!("stop: {outcome}");
        let with = format!("failed 0 in 0: why / NotReached / unknown until 14 / {end}");
        (with, format!("stays / NotReached / NotReached / {end}"))
    };
    let unclear = |end| {
        let with = format!("stays / unknown until 14 / unknown until 14 / {end}");
        (with, format!("stays / NotReached / NotReached / {end}"))
    };
    let passed_over = |why, reason| {
        let end = format!("Skipped({reason})");
        let with = format!("failed 0 in 0: {why} / {end} / unknown until 14 / -");
        (with, format!("stays / {end} / {end} / -"))
    };
    let late = || FilingError::out_of_time("why");
    let download = AttemptError::DownloadRefused(interrupted());
    let no_hr = "no answer: SourceUnavailable";
    let no_academy = "no answer: ReteachUnavailable";
    let remade = passed_over("its PDF is being made again", "AwaitingPdf");
    let gone = passed_over("reteach does not have it any more", "Gone");
    let decided = "stays / NotReached / NotReached / -";
    let (right, folder) = (TenantFault::Right, TenantFault::Folder);
    let connection = TenantFault::Connection;
    let limited = || FilingError::limited(Vendor::Personio, None, "why");
    let host = || "cdn.example".to_owned();
    let not_allowed = "HostNotAllowed(\"cdn.example\")";
    let elsewhere = format!("stays / {not_allowed} / {not_allowed} / -");
    let leads = Refusal::of_host(host());
    let withdrawn = format!(
        "failed 0 in 0: {} / {not_allowed} / unknown until 14 / -",
        leads.reason
    );
    let deleted = "failed 1 in 30: why / deleted / NotReached / answered";
    let no_person = FilingError::no_person("why");
    let unclear_right = FilingError::unclear(TenantFault::Right, "why");
    let no_file = FilingError::no_file(Vendor::Reteach, "why");
    let cases: [(AttemptError, (String, String)); 21] = [
        (unclear_right.into(), failed("answered")),
        (no_file.into(), failed("-")),
        (limited().into(), stopped("Partly")),
        (no_person.into(), both(deleted)),
        (AttemptError::HostNotAllowed(host()), both(&elsewhere)),
        (AttemptError::LeadsElsewhere(leads), (withdrawn, elsewhere)),
        (refused().into(), failed("answered")),
        (interrupted().into(), failed("-")),
        (download, failed("-")),
        (vendor(Vendor::Personio).into(), failed(no_hr)),
        (vendor(Vendor::Reteach).into(), failed(no_academy)),
        (unknown(vendor(Vendor::Kombo)).into(), unclear(no_hr)),
        (tenant(right).into(), stopped("AccessDenied")),
        (tenant(folder).into(), stopped("NoCategory")),
        (tenant(connection).into(), stopped("NotConnected")),
        (late().into(), stopped("Partly")),
        (unknown(late()).into(), unclear("stop: Partly")),
        (halted(), stopped("StateUnavailable")),
        (skipped(SkipReason::AwaitingPdf), remade),
        (skipped(SkipReason::Gone), gone),
        (skipped(SkipReason::AlreadyFinal), both(decided)),
    ];
    for (error, (with_intent, without_intent)) in cases {
        let a_minute_ago = intent(SignedDuration::from_mins(1), 0);
        for (intent, expected) in [(Some(a_minute_ago), with_intent), (None, without_intent)] {
            let result = Err(error.clone());
            let (transition, signal) = after_attempt(previous(0), result, intent, now());
            let short = short(&transition, &signal);
            assert_eq!(short, expected, "{error:?} {intent:?}");
        }
    }
}

#[test]
fn a_confirmed_upload_is_filed_and_in_doubt_only_if_that_cannot_be_written() {
    let document = Some(DocumentId::new("4000003"));
    let intent = Some(intent(SignedDuration::ZERO, 3));
    for document in [document, None] {
        let (transition, signal) = after_attempt(previous(3), Ok(document.clone()), intent, now());
        let at = now();
        let uploaded = CertificateState::Uploaded { at, document };
        assert_eq!(transition.write, Some(uploaded));
        let results = [&transition.result, &transition.if_unwritten].map(result);
        assert_eq!(results, ["Filed", "unknown until 15"]);
        assert_eq!(signal, Signal::Answered);
    }
}

#[test]
fn a_refused_credential_asks_for_the_secret_to_be_read_again() {
    let error = FilingError::tenant(TenantFault::Credential, "why");
    let (_, signal) = after_attempt(previous(0), Err(error.into()), None, now());
    let Signal::Stop(error) = signal else {
        panic!("{signal:?}")
    };
    assert_eq!(error.outcome, Outcome::AccessDenied);
    assert!(error.credentials_refused);
    assert_eq!(error.message, "why");
}

#[test]
fn only_what_certainly_had_no_effect_and_may_pass_is_tried_again_at_once() {
    let vendor = || FilingError::vendor(Vendor::Personio, "why");
    let broken = || FilingError::interrupted("why");
    let unclear = FilingError::unclear(TenantFault::Right, "why");
    let limited = FilingError::limited(Vendor::Kombo, None, "why");
    let leads = Refusal::of_host("cdn.example".to_owned());
    for (error, expected) in [
        (vendor().into(), true),
        (broken().into(), true),
        (vendor().with_effect(Effect::Unknown).into(), false),
        (FilingError::no_file(Vendor::Reteach, "why").into(), true),
        (FilingError::refused("why").into(), false),
        (unclear.into(), false),
        (limited.into(), false),
        (FilingError::out_of_time("why").into(), false),
        (FilingError::tenant(TenantFault::Right, "why").into(), false),
        (AttemptError::DownloadRefused(broken()), false),
        (AttemptError::LeadsElsewhere(leads), false),
        (AttemptError::Skipped(SkipReason::Gone), false),
        (AttemptError::Halted(out_of_time()), false),
    ] {
        assert_eq!(error.may_pass_at_once(), expected, "{error:?}");
    }
}

#[test]
fn a_redirect_to_a_refused_host_is_compared_with_others_and_a_host_known_before_is_not() {
    let leads_to = |host: &str| {
        let forbidden = Forbidden::Host(host.to_owned());
        AttemptError::from(DownloadError::Forbidden(forbidden)).refusal()
    };
    assert!(leads_to("cdn.example").is_some());
    assert_eq!(leads_to("cdn.example"), leads_to("cdn.example"));
    assert_ne!(leads_to("cdn.example"), leads_to("files.example"));
    let known = AttemptError::HostNotAllowed("cdn.example".to_owned());
    assert_eq!((known.refusal(), known.is_answer()), (None, false));
}

#[test]
fn an_answer_without_effect_that_the_file_may_be_to_blame_for_is_compared_with_others() {
    let right = TenantFault::Right;
    let refusal = |suspect| {
        Some(Refusal {
            reason: "why".to_owned(),
            suspect,
            host: None,
        })
    };
    let of_tenant = refusal(Some(Suspect::Tenant(right)));
    let of_academy = refusal(Some(Suspect::Vendor(Vendor::Reteach)));
    let unclear = FilingError::unclear(right, "why");
    let no_file = FilingError::no_file(Vendor::Reteach, "why");
    let unknown = FilingError::refused("why").with_effect(Effect::Unknown);
    let download = AttemptError::DownloadRefused(FilingError::interrupted("why"));
    let leads = Refusal::of_host("cdn.example".to_owned());
    let elsewhere = AttemptError::LeadsElsewhere(leads.clone());
    let vendor = FilingError::vendor(Vendor::Personio, "why");
    for (error, refusal, is_answer) in [
        (FilingError::refused("why").into(), refusal(None), true),
        (download, refusal(None), true),
        (unclear.into(), of_tenant, true),
        (no_file.into(), of_academy, true),
        (elsewhere, Some(leads), true),
        (unknown.into(), None, true),
        (vendor.into(), None, false),
        (FilingError::tenant(right, "why").into(), None, false),
        (FilingError::no_person("why").into(), None, false),
        (AttemptError::Skipped(SkipReason::Gone), None, false),
        (AttemptError::Halted(out_of_time()), None, false),
    ] {
        assert_eq!(error.refusal(), refusal, "{error:?}");
        assert_eq!(error.is_answer(), is_answer, "{error:?}");
    }
}

fn check(intent: Intent, listed: Option<Listed>) -> Check {
    Check {
        id: CertificateId::new("c-1"),
        employee: SourceId::new("7"),
        intent,
        listed,
        issue: Issue::default(),
        refiled: None,
    }
}

/// What follows from a look, in short.
fn looked(check: Check, look: Result<Verification, SourceError>) -> String {
    let is_missing = matches!(look, Ok(Verification::NotFound));
    let (next, signal) = after_look(check, look, now());
    let is_looked_up_again = match &next {
        AfterLook::Send(upload) => {
            upload.previous.unlisted && upload.previous.unverified_at.is_some()
        }
        AfterLook::Conclude(transition) => matches!(
            &transition.write,
            Some(CertificateState::Failed(retry)) if retry.unlisted && retry.unverified_at.is_some()
        ),
    };
    assert_eq!(is_looked_up_again, is_missing);
    match next {
        AfterLook::Conclude(transition) => short(&transition, &signal),
        AfterLook::Send(upload) => {
            let PreviousFailures {
                failures, since, ..
            } = upload.previous;
            let since = since.map(|since| now().duration_since(since).as_mins());
            format!(
                "send for {} after {failures}, failing for {since:?} / {}",
                upload.employee,
                signalled(&signal)
            )
        }
    }
}

#[test]
fn each_end_of_a_look_has_one_consequence() {
    use OnUnverifiable::{Park, Send};
    let hour = SignedDuration::from_hours(1);
    let week = MAX_TRANSIENT;
    let url = || Some(listed(Some("https://files.example/c-1.pdf")));
    let text = || "why".to_owned();
    let found = || Ok(Verification::Found(DocumentId::new("5")));
    let unavailable = || Err(SourceError::Unavailable(text()));
    let send = |age, failures| Intent {
        on_unverifiable: OnUnverifiable::Send,
        ..intent(age, failures)
    };
    let decided = |on_unverifiable| Intent {
        on_unverifiable,
        decided_at: Some(now() - hour),
        ..intent(week, 0)
    };
    let missing =
        "an upload got no answer and the document is not there; reteach has no file for it now";
    let ended = |write: &str, result: &str, signal: &str| {
        format!("{write} / {result} / NotReached / {signal}")
    };
    let filed = || ended("uploaded Some(DocumentId(\"5\"))", "Verified", "answered");
    let parked = |signal| ended("parked, unverified true", "Parked", signal);
    let stays = |signal| format!("stays / unknown until 0 / unknown until 0 / {signal}");
    let sent = |failures, since, signal| {
        format!("send for 1 after {failures}, failing for {since} / {signal}")
    };
    let again = |failures, since| sent(failures, since, "answered");
    let failed = |minutes, why| format!("failed {minutes}: {why}");
    let absent = "an upload got no answer, and the document is not there";
    let paused = ended(&failed("2 in 1", absent), "Failed", "answered");
    let no_file = failed("1 in 0", missing);
    let gone = ended(&no_file, "Skipped(Gone)", "answered");
    let remade = ended(&no_file, "Skipped(AwaitingPdf)", "answered");
    let no_hr = "no answer: SourceUnavailable";
    let not_found = || Ok(Verification::NotFound);
    let blind = || Ok(Verification::Unverifiable);
    let forbidden = || Err(SourceError::Forbidden(text()));
    let no_right = "no answer: AccessDenied";
    let unreadable = Err(SourceError::Unreadable(text()));
    let lapsed = Err(SourceError::Lapsed(text()));
    let refused = Err(SourceError::Credential(text()));
    let unmade = Some(self::listed(None));
    // The second failure pauses for an hour from the upload on.
    let nearly = hour - SignedDuration::from_mins(1);
    for (intent, listed, look, expected) in [
        (intent(hour, 0), url(), found(), filed()),
        (intent(hour, 0), None, found(), filed()),
        (
            intent(hour, 0),
            url(),
            Ok(Verification::Unsafe),
            ended("parked, unverified false", "Parked", "answered"),
        ),
        (intent(hour, 0), url(), not_found(), again(1, "Some(60)")),
        (
            intent(VERIFY_AFTER, 0),
            url(),
            not_found(),
            again(1, "Some(15)"),
        ),
        (intent(nearly, 1), url(), not_found(), paused),
        (intent(hour, 1), url(), not_found(), again(2, "Some(120)")),
        (intent(hour, 0), None, not_found(), gone),
        (intent(hour, 0), unmade, not_found(), remade),
        (intent(hour, 0), url(), blind(), parked("answered")),
        (send(hour, 2), url(), blind(), again(2, "Some(120)")),
        (intent(hour, 0), url(), forbidden(), stays(no_right)),
        (intent(week, 0), url(), forbidden(), parked(no_right)),
        (send(hour, 0), url(), forbidden(), sent(0, "None", no_right)),
        (intent(hour, 0), url(), unavailable(), stays(no_hr)),
        (intent(week - hour, 0), url(), unavailable(), stays(no_hr)),
        (intent(week, 0), url(), unavailable(), parked(no_hr)),
        (send(week, 0), url(), unavailable(), sent(0, "None", no_hr)),
        // The operator decided an hour ago: the first failing list decides nothing.
        (decided(Park), url(), unavailable(), stays(no_hr)),
        (decided(Send), url(), unavailable(), stays(no_hr)),
        (decided(Park), url(), blind(), parked("answered")),
        (intent(hour, 0), url(), unreadable, stays("-")),
        (intent(hour, 0), url(), lapsed, stays("stop: NotConnected")),
        (intent(hour, 0), url(), refused, stays("stop: AccessDenied")),
    ] {
        let case = format!("{intent:?} {listed:?} {look:?}");
        assert_eq!(looked(check(intent, listed), look), expected, "{case}");
    }
}

#[test]
fn what_is_sent_again_stays_in_the_place_of_an_earlier_document() {
    let refiled = Some(Refiled {
        at: now() - 2.hours(),
        filed_at: now() - 3.hours(),
        documents: vec![DocumentId::new("7")],
    });
    let url = Some("https://files.example/c-1.pdf");
    let check = Check {
        refiled: refiled.clone(),
        ..check(intent(VERIFY_AFTER, 0), Some(listed(url)))
    };
    let (next, _) = after_look(check, Ok(Verification::NotFound), now());
    let AfterLook::Send(upload) = next else {
        panic!("not sent")
    };
    assert_eq!(upload.refiled, refiled);
}

#[test]
fn a_document_that_never_arrives_is_parked_after_a_week() {
    let failing_since = Some(now() - MAX_TRANSIENT - SignedDuration::from_mins(30));
    let last = Intent {
        failing_since,
        ..intent(SignedDuration::from_mins(30), 11)
    };
    let (next, _) = after_look(check(last, None), Ok(Verification::NotFound), now());
    let AfterLook::Conclude(Transition { write, .. }) = next else {
        panic!("sent again")
    };
    let parked = format!("{write:?}");
    let says = "reason: \"given up after 12 tries";
    assert!(parked.contains(says), "{parked}");
    let Some(CertificateState::Parked { at, unverified, .. }) = write else {
        panic!("{parked}")
    };
    // The operator's retry looks again, and counts from zero.
    let intent = Some(Intent::unverified(last.at));
    assert_eq!((at, unverified), (now(), intent));
}

/// The pauses in minutes after these failures, until it is parked: `r` is a refusal, `t` a transient failure, `d` a
/// deleted person, `u` a list that cannot be read.
fn pauses(failures: &str) -> (Vec<i64>, bool) {
    let (mut previous, mut now, mut pauses) = (previous(0), now(), Vec::new());
    for failure in failures.chars() {
        let why = "why".to_owned();
        let transition = match failure {
            'd' => after_person_deleted(previous, why, now),
            'u' => after_unlisted(previous, why, now),
            _ => retry::after(previous, failure == 't', why, now, now),
        };
        match transition.write {
            Some(CertificateState::Failed(retry)) => {
                // Its person may be back, and a look before may have shown nothing.
                let was_unseen = previous.unlisted || "du".contains(failure);
                assert_eq!(retry.unlisted, was_unseen);
                pauses.push(retry.retry_at.duration_since(now).as_mins());
                previous = PreviousFailures::from(&retry);
                now = retry.retry_at;
            }
            _ => return (pauses, true),
        }
    }
    (pauses, false)
}

#[test]
fn a_refused_document_is_parked_at_the_fifth_refusal() {
    assert_eq!(pauses("rrrrrr"), (vec![30, 60, 120, 240], true));
}

#[test]
fn transient_failures_retry_for_a_week() {
    let mut minutes = vec![30, 60, 120, 240, 480, 960];
    minutes.extend([1440; 6]);
    assert_eq!(pauses(&"t".repeat(20)), (minutes, true));
}

#[test]
fn a_refusal_after_many_outages_does_not_park_and_the_fifth_one_does() {
    let grown = vec![30, 60, 120, 240, 480, 960];
    assert_eq!(pauses("ttttr"), (grown[..5].to_vec(), false));
    assert_eq!(pauses("trtrtr"), (grown, false));
    let (pauses, is_parked) = pauses("trtrtrtrr");
    assert_eq!((pauses.len(), is_parked), (8, true));
}

#[test]
fn a_deleted_person_or_a_list_that_fails_is_never_given_up_and_costs_nobody_a_week() {
    for failure in ["d", "u"] {
        let (minutes, is_parked) = pauses(&format!("{}ttttr", failure.repeat(30)));
        assert_eq!((minutes.len(), is_parked), (35, false), "{failure}");
        assert_eq!(minutes[..3], [30, 60, 120], "{failure}");
        assert_eq!(minutes[29], 1440, "{failure}");
    }
}

#[test]
fn a_parked_certificate_keeps_the_last_reason() {
    let hour_ago = now() - 1.hour();
    for (unverified_at, more) in [
        (None, ""),
        (
            Some(hour_ago),
            "; it may be filed all the same: look into the employee's documents, then retry or dismiss",
        ),
    ] {
        let previous = PreviousFailures {
            since: Some(now()),
            unverified_at,
            ..previous(4)
        };
        let parked = retry::after(previous, false, "not a PDF".to_owned(), now(), now());
        let reason = format!("given up after 5 tries since 2026-05-11T08:00:00Z: not a PDF{more}");
        let unverified = unverified_at.map(Intent::unverified);
        assert_eq!(parked, Transition::parked(reason, unverified, now()));
    }
}

#[test]
fn a_limit_is_waited_out_as_long_as_the_vendor_asks_else_a_minute() {
    let limited = |wait| FilingError::limited(Vendor::Personio, wait, "why");
    let ninety = Some(Duration::from_secs(90));
    for (error, expected) in [
        (limited(ninety), ninety),
        (limited(None), Some(Duration::from_secs(60))),
        (FilingError::vendor(Vendor::Personio, "why"), None),
    ] {
        assert_eq!(AttemptError::from(error).limit(), expected);
    }
}

fn look(by_title: bool, lost_since: Option<Timestamp>) -> Look {
    Look {
        by_title,
        lost_since,
    }
}

/// A certificate of the course completed so many hours ago, before it is filed.
fn wanted(id: &str, course: &str, hours: i64, look: Look) -> Upload {
    Upload {
        id: CertificateId::new(id),
        employee: SourceId::new("1"),
        url: SignedUrl::new("https://files.example/x.pdf"),
        course: Some(course.to_owned()),
        completed_at: Some(now() - hours.hours()),
        previous: previous(0),
        read: None,
        look: Some(look),
        issue: Issue::default(),
        refiled: None,
    }
}

fn document(id: &str, name: &str, day: i8, comment: &str) -> FiledDocument {
    FiledDocument {
        id: DocumentId::new(id),
        name: Some(name.to_owned()),
        date: Some(jiff::civil::date(2026, 5, day)),
        comment: Some(comment.to_owned()),
        size: None,
        category: None,
        created_at: None,
        is_unsafe: false,
    }
}

/// What becomes of each certificate: `file`, `adopt 7` or `park`.
fn before(uploads: &[Upload], documents: Option<&[FiledDocument]>) -> Vec<String> {
    before_with(uploads, documents, &[])
}

fn before_with(
    uploads: &[Upload],
    documents: Option<&[FiledDocument]>,
    taken: &[&str],
) -> Vec<String> {
    let taken = taken.iter().copied().map(DocumentId::new).collect();
    let decisions = before_filing(uploads, documents, &taken, &TimeZone::UTC, now());
    let each = decisions.into_iter().map(|decision| match decision {
        BeforeFiling::File => "file".to_owned(),
        BeforeFiling::Conclude(Transition { write, .. }) => match write {
            Some(CertificateState::Uploaded { document, .. }) => {
                format!("adopt {}", document.unwrap().as_str())
            }
            Some(CertificateState::Parked { unverified, .. }) => match unverified {
                Some(_) => "park, may be filed".to_owned(),
                None => "park".to_owned(),
            },
            None => "wait".to_owned(),
            other => panic!("{other:?}"),
        },
    });
    each.collect()
}

#[test]
fn one_list_decides_about_all_certificates_of_a_person_and_one_document_is_one_certificate() {
    let by_title = look(true, None);
    let by_id = look(false, None);
    let fire = |id: &str| wanted(id, "Brandschutz", 1, by_title);
    let ours = |id: &str, certificate: &str| {
        document(
            id,
            "Brandschutz",
            11,
            &format!("Zertifikat-ID {certificate}"),
        )
    };
    let theirs = |id: &str| document(id, "Brandschutz", 11, "");
    let untitled = wanted("a", "Brandschutz", 1, by_id);
    let first_aid = wanted("b", "Erste Hilfe", 1, by_title);
    let later = wanted("b", "Brandschutz", 25, by_title);
    for (uploads, documents, expected) in [
        (vec![fire("a")], vec![], "file"),
        (vec![fire("a")], vec![ours("7", "a")], "adopt 7"),
        (vec![fire("a")], vec![ours("7", "b")], "file"),
        (vec![fire("a")], vec![theirs("7")], "adopt 7"),
        (vec![untitled], vec![theirs("7")], "file"),
        (
            vec![fire("a"), fire("b")],
            vec![theirs("7"), theirs("8")],
            "adopt 7, adopt 8",
        ),
        (vec![fire("a"), fire("b")], vec![theirs("7")], "park, park"),
        (
            vec![fire("a"), fire("b")],
            vec![theirs("7"), ours("8", "b")],
            "adopt 7, adopt 8",
        ),
        (
            vec![fire("a"), first_aid],
            vec![theirs("7"), theirs("8")],
            "adopt 7, file",
        ),
        (vec![fire("a"), later], vec![theirs("7")], "adopt 7, file"),
    ] {
        let shown = format!("{uploads:?} {documents:?}");
        let decided = before(&uploads, Some(&documents)).join(", ");
        assert_eq!(decided, expected, "{shown}");
    }
}

#[test]
fn a_document_that_the_ledger_has_for_a_certificate_is_adopted_by_no_other() {
    let fire = |id: &str| wanted(id, "Brandschutz", 1, look(true, None));
    let theirs = |id: &str| document(id, "Brandschutz", 11, "");
    let named = document("9", "Brandschutz", 11, "Zertifikat-ID b");
    for (uploads, documents, taken, expected) in [
        (vec![fire("b")], vec![theirs("7")], vec!["7"], vec!["file"]),
        (
            vec![fire("b")],
            vec![theirs("7"), theirs("8")],
            vec!["7"],
            vec!["adopt 8"],
        ),
        (
            vec![fire("b"), fire("c")],
            vec![theirs("7"), theirs("8")],
            vec!["7"],
            vec!["park", "park"],
        ),
        // A document that names the certificate is its own, whatever the ledger says.
        (vec![fire("b")], vec![named], vec!["9"], vec!["adopt 9"]),
    ] {
        let shown = format!("{uploads:?} {documents:?} {taken:?}");
        let decided = before_with(&uploads, Some(&documents), &taken);
        assert_eq!(decided, expected, "{shown}");
    }
}

#[test]
fn a_certificate_whose_document_a_virus_scan_refuses_is_left_to_the_operator() {
    let refused = |comment: &str| FiledDocument {
        is_unsafe: true,
        ..document("7", "Brandschutz", 11, comment)
    };
    for (filed, expected) in [(refused("Zertifikat-ID a"), "park"), (refused(""), "file")] {
        let fire = wanted("a", "Brandschutz", 1, look(true, None));
        assert_eq!(before(&[fire], Some(&[filed])), [expected]);
    }
}

#[test]
fn without_the_right_to_list_a_first_filing_files_and_a_restored_tenant_parks() {
    for (lost_since, unverified_at, expected) in [
        (None, None, "file"),
        (Some(now()), None, "park, may be filed"),
        // An upload got no answer, and lists did not show its document while they could be read.
        (None, Some(now()), "park, may be filed"),
    ] {
        let mut upload = wanted("a", "Brandschutz", 1, look(true, lost_since));
        upload.previous.unverified_at = unverified_at;
        assert_eq!(before(&[upload], None), [expected]);
    }
}

#[test]
fn what_is_not_found_right_after_a_restore_waits_until_lists_show_the_last_uploads() {
    let minutes = |minutes| Some(now() - SignedDuration::from_mins(minutes));
    let named = document("7", "Brandschutz", 11, "Zertifikat-ID a");
    for (lost_since, documents, expected) in [
        (minutes(14), vec![], "wait"),
        (minutes(14), vec![named], "adopt 7"),
        (minutes(15), vec![], "file"),
        (None, vec![], "file"),
    ] {
        let upload = wanted("a", "Brandschutz", 1, look(false, lost_since));
        let found = before(&[upload], Some(&documents));
        assert_eq!(found, [expected], "{lost_since:?} {documents:?}");
    }
}

#[test]
fn what_the_ledger_has_is_asked_for_wherever_a_title_may_decide() {
    let hour_ago = Some(now() - 1.hour());
    for (by_title, lost_since, unverified_at, expected) in [
        (false, None, None, false),
        (true, None, None, true),
        (false, hour_ago, None, true),
        (false, None, hour_ago, true),
    ] {
        let look = look(by_title, lost_since);
        let mut upload = wanted("a", "Brandschutz", 1, look);
        upload.previous.unverified_at = unverified_at;
        assert_eq!(needs_ledger(&[upload]), expected, "{look:?}");
    }
}

#[test]
fn an_upload_without_an_answer_is_known_by_its_title_unless_a_comment_says_whose_it_is() {
    let mut upload = wanted("a", "Brandschutz", 1, look(false, None));
    upload.previous.unverified_at = Some(now() - 1.hour());
    for (comment, expected) in [(None, "adopt 7"), (Some("Ablage"), "file")] {
        let filed = FiledDocument {
            comment: comment.map(str::to_owned),
            ..document("7", "Brandschutz", 11, "")
        };
        let decided = before(std::slice::from_ref(&upload), Some(&[filed]));
        assert_eq!(decided, [expected], "{comment:?}");
    }
}

#[test]
fn what_may_be_filed_is_filed_again_only_after_a_second_list() {
    let named = document("7", "Brandschutz", 11, "Zertifikat-ID a");
    let long_ago = Some(now() - 1.hour());
    for (lost_since, unverified_at, first, asks) in [
        (long_ago, None, vec![], true),
        (None, long_ago, vec![], true),
        (long_ago, None, vec![named.clone()], false),
        (None, long_ago, vec![named.clone()], false),
        (None, None, vec![], false),
    ] {
        let mut upload = wanted("a", "Brandschutz", 1, look(false, lost_since));
        upload.previous.unverified_at = unverified_at;
        let uploads = [upload];
        let decide = |documents: &[FiledDocument]| {
            before_filing(
                &uploads,
                Some(documents),
                &HashSet::new(),
                &TimeZone::UTC,
                now(),
            )
        };
        let decisions = decide(&first);
        let shown = format!("{lost_since:?} {unverified_at:?} {first:?}");
        assert_eq!(needs_second_list(&uploads, &decisions), asks, "{shown}");
        let both = of_both(&first, vec![named.clone()]);
        assert_eq!(both, std::slice::from_ref(&named));
        assert!(matches!(decide(&both)[..], [BeforeFiling::Conclude(_)]));
    }
}

#[test]
fn a_refusal_counts_until_its_certificate_is_decided_about_or_not_listed_any_more() {
    let retry = || RetryState {
        failures: 1,
        refusals: 1,
        retry_at: now(),
        ..RetryState::asked_for("refused".to_owned(), now() - 2.hours())
    };
    let failed = || CertificateState::Failed(retry());
    let filed = CertificateState::Uploaded {
        at: now(),
        document: None,
    };
    let awaited = SkipReason::AwaitingRetry(now());
    let is_counted = |state: Option<CertificateState>, plan: &Plan| {
        let id = CertificateId::new("a");
        let counted = EqualRefusals {
            reason: "refused".to_owned(),
            certificates: BTreeSet::from([id.clone()]),
        };
        let entry = state
            .map(|state| CertificateEntry::new(id.clone(), SourceId::new("1"), state))
            .map(|entry| (id, entry));
        let left = still_counted(counted.clone(), plan, &entry.into_iter().collect());
        assert_eq!(left.reason, counted.reason);
        left == counted
    };
    let planned = Plan {
        uploads: vec![wanted("a", "Brandschutz", 1, look(false, None))],
        ..Plan::default()
    };
    let skipped = |reason| Plan {
        skipped: BTreeMap::from([(CertificateId::new("a"), reason)]),
        ..Plan::default()
    };
    for (state, plan, expected) in [
        // Refusals that are the tenant's leave no entry.
        (None, &planned, true),
        (None, &Plan::default(), false),
        (Some(failed()), &planned, true),
        (Some(failed()), &Plan::default(), true),
        (Some(failed()), &skipped(awaited), true),
        (Some(failed()), &skipped(SkipReason::Gone), false),
        (
            Some(CertificateState::Intended(intent(SignedDuration::ZERO, 0))),
            &Plan::default(),
            true,
        ),
        (Some(filed), &skipped(SkipReason::AlreadyFinal), false),
    ] {
        let shown = format!("{state:?} {plan:?}");
        assert_eq!(is_counted(state, plan), expected, "{shown}");
    }
}

proptest! {
    /// Whatever is filed when a run dies: the next look finds it, files the rest, and files nothing twice.
    #[test]
    fn no_certificate_is_filed_twice_or_missing_wherever_runs_die(
        certificates in prop::collection::vec((0_i64..3, 0_usize..2), 1..7),
        theirs in prop::collection::vec(any::<bool>(), 7),
        deaths in prop::collection::vec(0_usize..4, 0..6),
    ) {
        let look = look(true, None);
        let courses = ["Brandschutz", "Erste Hilfe"];
        let (mut documents, mut ledger, mut parked) = (Vec::new(), BTreeMap::new(), Vec::new());
        let wanted: Vec<Upload> = certificates.iter().enumerate()
            .map(|(number, (days, course))| wanted(&number.to_string(), courses[*course], days * 24 + 1, look))
            .collect();
        // Another integration has filed some of them, without our ids.
        for (upload, is_theirs) in wanted.iter().zip(&theirs) {
            if *is_theirs {
                let day = TimeZone::UTC.to_datetime(upload.completed_at.unwrap()).day();
                documents.push(document(&format!("t{}", upload.id), upload.course.as_deref().unwrap(), day, ""));
            }
        }
        for steps in deaths.into_iter().chain([usize::MAX]) {
            let open: Vec<_> = wanted.iter()
                .filter(|upload| !ledger.contains_key(&upload.id) && !parked.contains(&upload.id))
                .cloned().collect();
            let taken = ledger.values().map(|id: &String| DocumentId::new(id.as_str())).collect();
            let decisions = before_filing(&open, Some(&documents), &taken, &TimeZone::UTC, now());
            // A step is an upload, or a write to the ledger: the run dies after so many of them.
            let mut steps = steps;
            let mut step = || { let lives = steps > 0; steps = steps.saturating_sub(1); lives };
            for (upload, decision) in open.iter().zip(decisions) {
                match decision {
                    BeforeFiling::File => {
                        if !step() { break; }
                        let id = format!("o{}", upload.id);
                        documents.push(document(&id, "X", 1, &format!("Zertifikat-ID {}", upload.id)));
                        if !step() { break; }
                        ledger.insert(upload.id.clone(), id);
                    }
                    BeforeFiling::Conclude(Transition { write, .. }) => {
                        if !step() { break; }
                        match write {
                            Some(CertificateState::Uploaded { document, .. }) => {
                                ledger.insert(upload.id.clone(), document.unwrap().as_str().to_owned());
                            }
                            _ => parked.push(upload.id.clone()),
                        }
                    }
                }
            }
        }
        prop_assert_eq!(ledger.len() + parked.len(), wanted.len(), "one is missing");
        let distinct: BTreeSet<_> = ledger.values().collect();
        prop_assert_eq!(distinct.len(), ledger.len(), "one document is two certificates: {:?}", ledger);
        for upload in &wanted {
            let named = documents.iter().filter(|document| document.names(&upload.id)).count();
            prop_assert!(named <= 1, "{} is filed twice", upload.id);
            let number: usize = upload.id.as_str().parse().unwrap();
            if theirs[number] {
                prop_assert!(named == 0 || parked.contains(&upload.id) || certificates.iter().filter(|one| **one == certificates[number]).count() > 1);
            }
        }
    }
}

prop_compose! {
    fn an_error()(
        reach in prop::sample::select(vec![
            Reach::Certificate,
            Reach::Tenant(TenantFault::Folder),
            Reach::Tenant(TenantFault::Credential),
            Reach::Vendor(Vendor::Personio),
            Reach::Vendor(Vendor::Reteach),
            Reach::Run,
        ]),
        effect in prop::sample::select(vec![Effect::None, Effect::Unknown]),
        transient in any::<bool>(),
    ) -> FilingError {
        FilingError { reach, effect, transient, ..FilingError::refused("why") }
    }
}

proptest! {
    #[test]
    fn an_upload_that_may_be_filed_is_never_sent_again_without_a_look(error in an_error(), failures in 0_u32..9) {
        let intent = intent(SignedDuration::ZERO, failures);
        let unknown = error.effect == Effect::Unknown;
        let (transition, _) = after_attempt(previous(failures), Err(error.into()), Some(intent), now());
        if unknown {
            prop_assert_eq!(&transition.write, &None);
            prop_assert_eq!(transition.result, CertificateResult::OutcomeUnknown(now() + VERIFY_AFTER));
        } else {
            // The intent is withdrawn, and what the ledger says is what the run reports.
            match (transition.write, transition.result) {
                (Some(CertificateState::Failed(written)), CertificateResult::Failed(result)) => prop_assert_eq!(written, result),
                (Some(CertificateState::Failed(RetryState { failures: kept, retry_at, .. })), CertificateResult::NotReached) => {
                    prop_assert_eq!((kept, retry_at), (failures, now()));
                }
                (Some(CertificateState::Parked { reason, .. }), CertificateResult::Parked(result)) => prop_assert_eq!(reason, result),
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }

    #[test]
    fn a_failure_of_a_tenant_or_a_run_is_never_counted_against_a_certificate(error in an_error(), failures in 0_u32..9) {
        let reach = error.reach;
        let (transition, signal) = after_attempt(previous(failures), Err(error.into()), None, now());
        if matches!(reach, Reach::Tenant(_) | Reach::Run) {
            prop_assert_eq!(transition.write, None);
            prop_assert!(matches!(signal, Signal::Stop(_)));
        } else {
            prop_assert!(!matches!(signal, Signal::Stop(_)));
        }
    }
}

#[test]
fn the_document_of_an_earlier_issue_is_not_taken_for_the_one_that_is_filed_again() {
    let refiled = Refiled {
        at: now() - 1.hour(),
        filed_at: now() - 3.hours(),
        documents: vec![DocumentId::new("7")],
    };
    let again = Upload {
        refiled: Some(refiled),
        ..wanted("c-1", "Brandschutz", 1, look(false, None))
    };
    let of = |id, created_at| FiledDocument {
        created_at,
        ..document(id, "Brandschutz", 11, "Zertifikat-ID c-1")
    };
    let (earlier, later) = (Some(now() - 3.hours()), Some(now() - 1.minute()));
    let ten_minutes_later = Some(now() - 3.hours() + 10.minutes());
    // The restored table does not know that it was filed again before.
    let lost = Some(now() - 2.hours());
    for (documents, expected) in [
        (vec![of("7", None)], "file"),
        (vec![of("7", later)], "file"),
        // The route returned no id.
        (vec![of("6", earlier)], "file"),
        (vec![of("6", ten_minutes_later)], "file"),
        (vec![of("7", earlier), of("8", later)], "adopt 8"),
        (vec![of("8", None)], "adopt 8"),
        (vec![of("7", earlier), of("8", lost)], "adopt 8"),
    ] {
        let found = before(std::slice::from_ref(&again), Some(&documents));
        assert_eq!(found, [expected], "{documents:?}");
    }
}
