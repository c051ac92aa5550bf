//! An incomplete reading, whatever its status code, concludes nothing about missing people.

use employee_sync::report::Report;
use harness::{Harness, people, person};
use shared::runtime::{FindingKind, Outcome};
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};

type Adjust = fn(Fault) -> Fault;

/// The second page, each time it is read.
const SECOND_PAGE: Adjust = |fault| fault.query("offset", "100").always();

/// Faults of every reading, and the expected outcome and text.
struct Case {
    name: &'static str,
    faults: Vec<(Behaviour, Adjust)>,
    outcome: Outcome,
    says: &'static str,
}

fn says(report: &Report, text: &str) -> bool {
    let kinds = [FindingKind::Incomplete, FindingKind::WrongTotal];
    let incomplete = report
        .findings
        .iter()
        .filter(|finding| kinds.contains(&finding.kind));
    incomplete
        .map(|finding| finding.text.as_str())
        .chain([report.message.as_str()])
        .any(|said| said.contains(text))
}

/// A company of two pages. In each case one person disappears and one is new while every reading is faulty, for four ticks;
/// then the readings are complete again.
async fn nobody_is_locked(via: Via, cases: &[Case]) {
    let harness =
        Harness::synced(via, "[employees]\nemployment_type = \"off\"\n", people(104)).await;
    for (id, case) in (1..).zip(cases) {
        let label = format!("{via:?}: {}", case.name);
        let newcomer = 1_000 + id;
        let locked = harness.locked(1..=104);
        harness.forget_requests();
        harness.personio.remove(id);
        harness.personio.put(person(newcomer));
        for _ in 0..4 {
            for (behaviour, adjust) in &case.faults {
                harness.fail_reading(behaviour.clone(), *adjust);
            }
            let report = harness.tick().await;
            harness.clear_faults();
            assert_eq!(report.outcome, case.outcome, "{label}: {report:#?}");
            assert!(says(&report, case.says), "{label}: {report:#?}");
            assert_counts!("{label}", report, missing_once = 0, locked = 0);
        }
        assert_eq!(harness.locked(1..=104), locked, "{label}");
        let is_read = case.outcome != Outcome::SourceUnavailable;
        assert_eq!(harness.find(newcomer).is_some(), is_read, "{label}");
        assert_eq!(harness.writes().len(), usize::from(is_read), "{label}");
        harness.tick().await;
        let both = (harness.locked(1..=104), harness.find(newcomer).is_some());
        assert_eq!(both, (locked, true), "{label}");
        harness.tick().await;
        let both = (harness.locked(1..=104), harness.is_locked(id));
        assert_eq!(both, (locked + 1, true), "{label}");
    }
}

fn case(
    name: &'static str,
    faults: Vec<(Behaviour, Adjust)>,
    outcome: Outcome,
    says: &'static str,
) -> Case {
    Case {
        name,
        faults,
        outcome,
        says,
    }
}

#[tokio::test]
async fn inconsistent_totals_lock_nobody() {
    let always: Adjust = Fault::always;
    let cases = [
        case(
            "a total too high",
            vec![(Behaviour::TotalOff(5), always)],
            Outcome::Done,
            "109 people were announced and 104 came",
        ),
        case(
            "a total too low",
            vec![(Behaviour::TotalOff(-3), always)],
            Outcome::Done,
            "101 people were announced and 104 came",
        ),
        case(
            "no total",
            vec![(Behaviour::NoTotal, always)],
            Outcome::Done,
            "104 people came and no total was announced",
        ),
        case(
            "a total that moves between the pages of each of three readings",
            vec![(Behaviour::TotalOff(3), SECOND_PAGE)],
            Outcome::Partly,
            "the first page announced 104 people, the last page 107",
        ),
    ];
    nobody_is_locked(Via::Direct, &cases).await;
}

#[tokio::test]
async fn missing_rows_lock_nobody_and_are_read_three_times_only_once() {
    let harness = Harness::synced(Via::Direct, "", people(104)).await;
    for readings in [3, 1, 1, 1] {
        harness.fail_reading(Behaviour::DropRows(2), SECOND_PAGE);
        let report = harness.tick().await;
        harness.clear_faults();
        assert!(
            says(&report, "104 people were announced and 102 came"),
            "{report:#?}"
        );
        assert_run!(report, Outcome::Done, readings = readings);
    }
    assert_eq!((harness.locked(1..=104), harness.writes().len()), (0, 0));
}

/// A credential that sees how many employees there are, and none or few of them, until HR grants the right.
#[tokio::test]
async fn who_becomes_readable_later_is_created_as_by_a_first_run() {
    for (hidden, came, outcome, says_why) in [
        (27, 0, Outcome::Partly, "reported nobody at all"),
        (22, 5, Outcome::Done, "27 people were announced and 5 came"),
    ] {
        let harness = Harness::new(Via::Direct, "", people(27)).await;
        harness.fail_reading(Behaviour::DropRows(hidden), Fault::always);
        let report = harness.now().await;
        assert_run!(report, outcome, created = came, held = 0);
        assert!(says(&report, says_why), "{report:#?}");
        let certificates = harness.certificates_now().await;
        let waits = certificates.outcome == Outcome::Waiting;
        assert_eq!(waits, came == 0, "{certificates:#?}");
        harness.tick().await;
        harness.clear_faults();
        let report = harness.tick().await;
        let rest = 27 - came;
        assert_run!(report, Outcome::Done, created = rest, held = 0);
        // From now on new accounts are limited.
        harness.personio.put_all((101..=121).map(person));
        let report = harness.tick().await;
        assert_run!(report, Outcome::Done, created = 0, held = 21);
    }
}

#[tokio::test]
async fn repeated_rows_that_displace_nobody_are_complete() {
    // The last page is not full.
    let harness = Harness::synced(Via::Direct, "", people(104)).await;
    harness.fail_reading(Behaviour::RepeatRows(3), SECOND_PAGE);
    assert_eq!(harness.tick().await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn a_failing_page_locks_nobody() {
    let refused = |behaviour, says| {
        case(
            "the second page",
            vec![(behaviour, SECOND_PAGE)],
            Outcome::SourceUnavailable,
            says,
        )
    };
    let cases = [
        refused(Behaviour::Status(404, Body::Vendor), "answered 404"),
        refused(Behaviour::Status(200, Body::Html), "/company/employees"),
        refused(
            Behaviour::Status(
                200,
                Body::Json(r#"{"success":false,"error":{"code":0,"message":"Etwas ging schief"}}"#),
            ),
            "answered 200",
        ),
        refused(
            Behaviour::Status(200, Body::Json(r#"{"success":true,"data":{}}"#)),
            "/company/employees",
        ),
        refused(Behaviour::TruncateJson, "/company/employees"),
    ];
    nobody_is_locked(Via::Direct, &cases).await;
}

#[tokio::test]
async fn a_failing_kombo_page_locks_nobody() {
    let refused = |behaviour, says| {
        case(
            "the first page",
            vec![(behaviour, Fault::always as Adjust)],
            Outcome::SourceUnavailable,
            says,
        )
    };
    let cases = [
        refused(Behaviour::Status(400, Body::Vendor), "answered 400"),
        refused(Behaviour::Status(200, Body::Html), "/hris/employees"),
        refused(
            Behaviour::Status(
                200,
                Body::Json(r#"{"status":"error","error":{"code":null,"title":null}}"#),
            ),
            "/hris/employees",
        ),
        refused(Behaviour::TruncateJson, "/hris/employees"),
    ];
    nobody_is_locked(Via::Kombo, &cases).await;
}

#[tokio::test]
async fn rows_repeated_by_kombo_count_once() {
    let harness = Harness::synced(
        Via::Kombo,
        "[employees]\nemployment_type = \"off\"\n",
        people(260),
    )
    .await;
    for _ in 0..3 {
        harness.fail_reading(Behaviour::RepeatRows(20), |fault| fault.nth(2));
        let report = harness.tick().await;
        assert_run!(report, Outcome::Unchanged, people = 260);
    }
    // Kombo announces no total: rows that are missing once count as missing people.
    harness.fail_reading(Behaviour::DropRows(3), |fault| fault.nth(2));
    assert_eq!(harness.tick().await.counts.missing_once, 3);
    harness.tick().await;
    assert_eq!(harness.locked(1..=260), 0);
}
