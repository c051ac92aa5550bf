//! The template's alarms: each is raised by the metric lines of runs, and cleared again.

use std::collections::BTreeSet;

use employee_sync::report::{REFUSED_PERCENT, Report};
use harness::alarms::{AlarmState, CloudWatch};
use harness::{CERTIFICATE_TICK, Fixture, Harness, completed, ignore_progress, people};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::domain::id::{RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{Event, Mode, Outcome, Request};
use shared::state::TenantStatus;
use shared::tenant::Via;
use simulators::people::Status;
use simulators::reteach::{Delivery, Quirk};
use simulators::{Behaviour, Body, Fault};

/// Alarms on metrics of AWS: name, namespace, metric, dimension, how many periods of five minutes raise it.
const OF_AWS: &str = "
    employee-sync-errors AWS/Lambda Errors EmployeeSync 1
    employee-sync-release-errors AWS/Lambda Errors EmployeeSync.Version.Version 1
    employee-sync-throttles AWS/Lambda Throttles EmployeeSync 3
    certificate-sync-errors AWS/Lambda Errors CertificateSync 1
    certificate-sync-release-errors AWS/Lambda Errors CertificateSync.Version.Version 1
    certificate-sync-throttles AWS/Lambda Throttles CertificateSync 3
    delivery-dead-letters AWS/SQS ApproximateNumberOfMessagesVisible DeliveryDeadLetters.QueueName 1
    execution-dead-letters AWS/SQS ApproximateNumberOfMessagesVisible ExecutionDeadLetters.QueueName 1
    lost-ticks AWS/Scheduler InvocationsFailedToBeSentToDeadLetterCount Schedules 1
";

/// Alarms on our own metrics, each with the test that raises and clears it by the metric lines of runs.
const OURS: &str = "
    employee-sync-failing one_tenant_of_many_raises_no_alarm_of_the_fleet
    certificate-sync-failing failing_certificate_runs_raise_the_fleet_s_alarm_first_and_then_their_own
    no-ticks ticks_that_do_not_come_raise_an_alarm_and_a_stack_without_tenants_does_not
    tenant-not-synced a_tenant_is_late_after_three_ticks_at_every_interval
    certificates-not-filed failing_certificate_runs_raise_the_fleet_s_alarm_first_and_then_their_own
    employee-sync-needs-action what_needs_action_alarms_at_every_interval_up_to_half_an_hour
    certificate-sync-needs-action a_certificate_run_that_needs_action_raises_its_alarm
    held-plan a_held_plan_raises_its_alarm_until_it_is_approved
    people-refused a_share_of_refused_and_conflicting_people_raises_its_alarm_until_they_are_in_step
    parked-certificates a_parked_certificate_raises_its_alarm_until_somebody_decides
    certificates-failing failures_over_a_share_raise_an_alarm_that_ends_by_itself
    employee-sync-notices-failed a_notice_that_cannot_be_sent_raises_the_alarm_of_its_job
    certificate-sync-notices-failed a_notice_that_cannot_be_sent_raises_the_alarm_of_its_job
";

fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let words = |row: &'static str| row.split_whitespace().collect::<Vec<_>>();
    let lines = table.trim().lines();
    lines.map(move |row| words(row).try_into().unwrap())
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// An alarm's state at a tick, where the tick `first` raises it.
fn state_at(tick: u32, first: u32) -> AlarmState {
    if tick < first {
        AlarmState::Ok
    } else {
        AlarmState::Alarm
    }
}

fn refuse_customers(harness: &Harness) {
    let fault = Fault::new(Behaviour::Status(403, Body::Vendor));
    harness.reteach.fail(fault.path("/customer").always());
}

fn personio_is_down(harness: &Harness) {
    let fault = Fault::new(Behaviour::Status(503, Body::Vendor));
    harness.personio.fail(fault.always());
}

#[test]
fn every_alarm_is_raised_by_a_test() {
    let watch = CloudWatch::of_the_template();
    let there: BTreeSet<&str> = watch.names().into_iter().collect();
    let ours = rows::<2>(OURS).map(|[name, _]| name);
    let tested = rows::<5>(OF_AWS).map(|[name, ..]| name).chain(ours);
    assert_eq!(there, tested.collect());
    let tests = [
        include_str!("alarms.rs"),
        include_str!("certificates/alarms.rs"),
    ]
    .concat();
    for [name, test] in rows::<2>(OURS) {
        assert!(
            tests.contains(&format!("async fn {test}()")),
            "{name}: {test}"
        );
    }
}

#[test]
fn alarms_on_metrics_of_aws_are_raised_and_cleared() {
    let begin: Timestamp = "2026-05-11T08:00:00Z".parse().unwrap();
    for [alarm, namespace, metric, dimension, periods] in rows::<5>(OF_AWS) {
        let periods: usize = periods.parse().unwrap();
        let mut watch = CloudWatch::of_the_template();
        let mut now = begin;
        for period in 1..=periods {
            watch.put(namespace, metric, dimension, now, 1.0);
            let expected: &[&str] = if period < periods { &[] } else { &[alarm] };
            assert_eq!(watch.raised(now), expected, "{alarm} after {period}");
            now += minutes(5);
        }
        watch.put(namespace, metric, dimension, now, 0.0);
        assert!(watch.raised(now).is_empty(), "{alarm}");
    }
}

#[tokio::test]
async fn one_tenant_of_many_raises_no_alarm_of_the_fleet() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    let good = harness.tick().await;
    personio_is_down(&harness);
    let mut watch = CloudWatch::of_the_template();
    // 999 other tenants are well, this one is not for longer than half an hour.
    for tick in 1..=7 {
        let bad = harness.tick().await;
        watch.take(&bad);
        watch.take_as(&good, 999, harness.moment());
        let expected: &[&str] = if tick < 6 {
            &[]
        } else {
            &["tenant-not-synced"]
        };
        assert_eq!(watch.raised(harness.moment()), expected, "tick {tick}");
    }
    // The outage of the others is seen although one tenant was ill before.
    let bad = harness.tick().await;
    for tick in 1..=3 {
        watch.take_as(&bad, 300, harness.moment());
        watch.take_as(&good, 700, harness.moment());
        let failing = watch.state("employee-sync-failing", harness.moment());
        let expected = state_at(tick, 3);
        assert_eq!(failing, expected, "tick {tick}");
        harness.advance(harness::TICK);
    }
    harness.clear_faults();
    harness.now().await;
    for _ in 0..6 {
        watch.take_as(&harness.tick().await, 1_000, harness.moment());
    }
    let now = harness.moment();
    assert_eq!(watch.state("employee-sync-failing", now), AlarmState::Ok);
}

#[tokio::test]
async fn failing_certificate_runs_raise_the_fleet_s_alarm_first_and_then_their_own() {
    let harness = Harness::with_folder(Via::Direct, "", people(3)).await;
    harness.issue([completed("c-1", 1, "Brandschutz", "2026-05-10T12:00:00Z")]);
    let mut watch = CloudWatch::of_the_template();
    watch.take(&harness.certificates_tick().await);
    let down = Fault::new(Behaviour::Status(503, Body::Vendor));
    harness.reteach.fail(down.path("/participation").always());
    for tick in 1..=4 {
        let report = harness.certificates_tick().await;
        assert_run!(report, Outcome::ReteachUnavailable);
        watch.take(&report);
        for (alarm, first) in [
            ("certificate-sync-failing", 3),
            ("certificates-not-filed", 4),
        ] {
            let state = watch.state(alarm, harness.moment());
            assert_eq!(state, state_at(tick, first), "{alarm}, tick {tick}");
        }
    }
    harness.clear_faults();
    for _ in 0..2 {
        watch.take(&harness.certificates_tick().await);
    }
    assert!(watch.raised(harness.moment()).is_empty());
}

#[tokio::test]
async fn ticks_that_do_not_come_raise_an_alarm_and_a_stack_without_tenants_does_not() {
    let mut watch = CloudWatch::of_the_template();
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    // Without data from the beginning the state does not change, and no message is sent.
    let state = |watch: &CloudWatch| watch.state("no-ticks", harness.moment());
    assert_eq!(state(&watch), AlarmState::InsufficientData);
    watch.take(&harness.tick().await);
    assert_eq!(state(&watch), AlarmState::Ok);
    harness.advance(minutes(35));
    assert_eq!(state(&watch), AlarmState::Ok);
    harness.advance(minutes(5));
    assert_eq!(state(&watch), AlarmState::InsufficientData);
    watch.take(&harness.tick().await);
    assert_eq!(state(&watch), AlarmState::Ok);
}

#[tokio::test]
async fn what_needs_action_alarms_at_every_interval_up_to_half_an_hour() {
    for interval in [5, 30] {
        let schedule = format!("[schedule]\nemployees = \"{interval} minutes\"\n");
        let harness = Harness::synced(Via::Direct, &schedule, people(3)).await;
        harness.personio.put(harness::person(9));
        refuse_customers(&harness);
        let mut watch = CloudWatch::of_the_template();
        let needs_action = |watch: &CloudWatch| {
            watch.state("employee-sync-needs-action", harness.moment()) == AlarmState::Alarm
        };
        for _ in 0..4 {
            let report = harness.after(minutes(interval)).await;
            assert_run!(report, Outcome::AccessDenied);
            watch.take(&report);
            // It stays on until the next run, whatever the interval.
            for _ in 0..interval {
                assert!(needs_action(&watch), "every {interval} minutes");
                harness.advance(minutes(1));
            }
            harness.advance(-minutes(interval));
        }
        harness.clear_faults();
        for _ in 0..8 {
            watch.take(&harness.after(minutes(interval)).await);
        }
        assert!(!needs_action(&watch), "every {interval} minutes");
    }
}

#[tokio::test]
async fn a_tenant_is_late_after_three_ticks_at_every_interval() {
    for (interval, ticks) in [(5, 6), (30, 3)] {
        let schedule = format!("[schedule]\nemployees = \"{interval} minutes\"\n");
        let harness = Harness::synced(Via::Direct, &schedule, people(3)).await;
        personio_is_down(&harness);
        let mut watch = CloudWatch::of_the_template();
        for tick in 1..=ticks {
            let report = harness.after(minutes(interval)).await;
            assert_run!(report, Outcome::SourceUnavailable);
            watch.take(&report);
            let late = watch.state("tenant-not-synced", harness.moment());
            let expected = state_at(tick, ticks);
            assert_eq!(late, expected, "every {interval} minutes, tick {tick}");
        }
        harness.clear_faults();
        for _ in 0..8 {
            watch.take(&harness.after(minutes(interval)).await);
        }
        let late = watch.state("tenant-not-synced", harness.moment());
        assert_eq!(late, AlarmState::Ok, "every {interval} minutes");
    }
}

/// What keeps a run from getting as far as a lease.
#[derive(Clone, Copy, Debug)]
enum NoLease {
    BadConfiguration,
    UnknownTenant,
    Busy,
}

#[tokio::test]
async fn runs_without_a_lease_make_their_tenant_late_too() {
    for cause in [
        NoLease::BadConfiguration,
        NoLease::UnknownTenant,
        NoLease::Busy,
    ] {
        let harness = Harness::synced(Via::Direct, "", people(3)).await;
        let tenant = &harness.company.tenant;
        let outcome = match cause {
            NoLease::BadConfiguration => {
                harness.store_file("tenant_id = 4").await;
                Outcome::BadConfiguration
            }
            NoLease::UnknownTenant => {
                let ledger = shared::state::CertificateLedger::Keep;
                let store = harness.store();
                store.remove_tenant_and(tenant, ledger).await.unwrap();
                Outcome::UnknownTenant
            }
            NoLease::Busy => Outcome::Busy,
        };
        // A process that knows nothing yet: the state says since when the tenant waits.
        harness.world.restart().unwrap();
        let mut watch = CloudWatch::of_the_template();
        for tick in 1..=6 {
            if matches!(cause, NoLease::Busy) {
                harness.advance(harness::TICK);
                harness.take_lease("another run").await;
                harness.advance(-harness::TICK);
            }
            let report = harness.tick().await;
            assert_run!(report, outcome);
            watch.take(&report);
            let late = watch.state("tenant-not-synced", harness.moment());
            let expected = state_at(tick, 6);
            assert_eq!(late, expected, "{cause:?}, tick {tick}");
        }
    }
}

#[tokio::test]
async fn runs_that_cannot_read_the_state_count_from_what_their_process_knows() {
    let now = "2026-05-11T08:00:00Z".parse().unwrap();
    let (world, sts) = Fixture::start_with_sessions(now).await.unwrap();
    let company = world.company("acme", Via::Direct, "").await.unwrap();
    company.personio.put_all(people(3));
    assert_run!(world.tick(&company).await, Outcome::Done);
    // Of more tenants than a process keeps clients for.
    for other in 0..100 {
        assert_run!(run_for(&world, other).await, Outcome::UnknownTenant);
    }
    // The session is used until it is nearly over; then none is to be had.
    sts.fail(Fault::new(Behaviour::Status(500, Body::Vendor)).always());
    world.clock.advance(minutes(60));
    let mut watch = CloudWatch::of_the_template();
    let report = world.tick(&company).await;
    assert_run!(report, Outcome::StateUnavailable);
    assert_eq!(report.minutes_since_good_run, Some(60));
    watch.take(&report);
    let at = shared::domain::clock::Clock::now(&world.clock);
    // One such run needs nobody: the service may be back at the next tick.
    assert_eq!(watch.raised(at), ["tenant-not-synced"]);
    world.restart().unwrap();
    let report = world.tick(&company).await;
    assert_eq!(report.minutes_since_good_run, Some(0));
}

/// A run in the same process for a tenant of this number, which does not exist.
async fn run_for(world: &Fixture, number: u32) -> Report {
    let request = Request {
        event: Event {
            tenant_id: TenantId::parse(&format!("other-{number}")).unwrap(),
            mode: Mode::Scheduled,
        },
        run_id: RunId::new(format!("other-{number}")),
        deadline: Deadline::never(),
    };
    let functions = world.functions();
    let ran = functions.employees.run(&request, &ignore_progress).await;
    ran.report
}

#[tokio::test]
async fn a_passing_fault_of_the_state_raises_no_alarm_before_the_third_run() {
    let harness = Harness::with_faults(Via::Direct, "", people(3)).await;
    harness.first_run().await;
    let mut watch = CloudWatch::of_the_template();
    let [dynamodb, _] = harness.world.stack.proxies().unwrap();
    dynamodb.fail(Fault::new(Behaviour::Status(500, Body::Vendor)).always());
    for tick in 1..=3 {
        let report = harness.tick().await;
        assert_run!(report, Outcome::StateUnavailable);
        watch.take(&report);
        let expected: &[&str] = if tick < 3 {
            &[]
        } else {
            &["employee-sync-failing"]
        };
        assert_eq!(watch.raised(harness.moment()), expected, "tick {tick}");
    }
    dynamodb.clear_faults();
    for _ in 0..6 {
        watch.take(&harness.tick().await);
    }
    assert!(watch.raised(harness.moment()).is_empty());
}

#[tokio::test]
async fn a_certificate_run_that_needs_action_raises_its_alarm() {
    let folder = "[certificates]\ncategory = \"Schulungen\"\n";
    let harness = Harness::synced(Via::Direct, folder, people(3)).await;
    harness.issue([completed("c-1", 1, "Brandschutz", "2026-05-10T12:00:00Z")]);
    let mut watch = CloudWatch::of_the_template();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::NoCategory);
    watch.take(&report);
    let raised = watch.raised(harness.moment());
    assert_eq!(raised, ["certificate-sync-needs-action"]);
    harness.advance(minutes(29));
    let raised = watch.raised(harness.moment());
    assert_eq!(raised, ["certificate-sync-needs-action"]);
    harness.personio.add_category("Schulungen");
    for _ in 0..2 {
        watch.take(&harness.certificates_tick().await);
    }
    assert!(watch.raised(harness.moment()).is_empty());
}

#[tokio::test]
async fn a_held_plan_raises_its_alarm_until_it_is_approved() {
    let harness = Harness::synced(Via::Direct, "", people(20)).await;
    for id in 1..=8 {
        harness.change(id, |person| {
            person.termination_date = harness::date("2026-05-08")
        });
    }
    let mut watch = CloudWatch::of_the_template();
    watch.take(&harness.tick().await);
    assert_eq!(watch.raised(harness.moment()), ["held-plan"]);
    let held = harness.held().await.unwrap();
    harness.approve(&held.hash).await;
    for _ in 0..9 {
        watch.take(&harness.tick().await);
    }
    assert!(watch.raised(harness.moment()).is_empty());
}

#[test]
fn the_template_has_the_share_from_which_on_refused_people_are_no_single_cases() {
    let threshold = CloudWatch::of_the_template().threshold("people-refused");
    assert_eq!(threshold, REFUSED_PERCENT as f64);
}

#[tokio::test]
async fn a_share_of_refused_and_conflicting_people_raises_its_alarm_until_they_are_in_step() {
    let harness = Harness::synced(Via::Direct, "", people(20)).await;
    let fails = (1..=3).map(|id| Quirk::AccountAnswers500(format!("personio:{id}")));
    harness.reteach.set_quirks(fails);
    for id in 1..=20 {
        harness.change(id, |person| person.office = Some("Ulm".to_owned()));
    }
    let has_mail_of = |new: u64, other: u64| {
        harness.personio.put(simulators::Person {
            email: harness.account(other).email,
            ..harness::person(new)
        });
    };
    has_mail_of(21, 11);
    has_mail_of(22, 12);
    let mut watch = CloudWatch::of_the_template();
    for _ in 0..2 {
        watch.take(&harness.tick().await);
    }
    // It stays on while they wait and the runs have nothing to do.
    for _ in 0..9 {
        assert_eq!(watch.raised(harness.moment()), ["people-refused"]);
        watch.take(&harness.tick().await);
    }
    harness.reteach.set_quirks([]);
    for new in [21, 22] {
        harness.personio.put(harness::person(new));
    }
    let reconcile = harness.run(Mode::Reconcile, Deadline::never());
    watch.take(&reconcile.await.report);
    for _ in 0..9 {
        watch.take(&harness.tick().await);
    }
    assert!(watch.raised(harness.moment()).is_empty());
}

#[tokio::test]
async fn a_company_of_rejected_records_keeps_the_gate_shut_raises_its_alarm_and_locks_its_leavers()
{
    let harness = Harness::new(Via::Direct, "", people(20)).await;
    // All get their accounts. Readings that disagree do not open the gate.
    harness.let_totals_disagree();
    let report = harness.now().await;
    assert_run!(report, Outcome::Partly, created = 20);
    harness.clear_faults();
    let gate = async || {
        let stored = harness.store().tenant(&harness.company.tenant).await;
        stored.unwrap().unwrap().gate
    };
    for id in 1..=18 {
        harness.personio.set_raw(id, "last_name", json!(["Groß"]));
    }
    for id in [1, 2] {
        harness.change(id, |person| person.status = Status::Inactive);
    }
    let mut watch = CloudWatch::of_the_template();
    let report = harness.tick().await;
    assert_counts!(report, refused = 18, locked = 2);
    watch.take(&report);
    watch.take(&harness.tick().await);
    assert_eq!(watch.raised(harness.moment()), ["people-refused"]);
    assert_eq!((harness.locked(1..=2), harness.locked(1..=20)), (2, 2));
    assert_eq!(gate().await, None);
    // As `tenants status` counts them.
    let state = harness.store().sync_state(&harness.company.tenant).await;
    assert_eq!(state.unwrap().unwrap().waiting, 18);

    (1..=18).for_each(|id| harness.personio.clear_raw(id, "last_name"));
    harness.tick().await;
    assert!(gate().await.is_some());
}

#[tokio::test]
async fn an_academy_that_refuses_and_a_changed_source_need_action_until_it_is_mended() {
    let harness = Harness::synced(Via::Direct, "[brake]\nat_least = 100\n", people(20)).await;
    let mut watch = CloudWatch::of_the_template();
    let refuses = Quirk::RefusesField("location".to_owned());
    harness.reteach.set_quirks([refuses]);
    for id in 1..=20 {
        harness.change(id, |person| person.office = Some("Ulm".to_owned()));
    }
    let needs_action = async |watch: &mut CloudWatch, outcome: Outcome| {
        let report = harness.tick().await;
        assert_run!(report, outcome);
        watch.take(&report);
        let state = watch.state("employee-sync-needs-action", harness.moment());
        assert_eq!(state, AlarmState::Alarm, "{outcome:?}");
    };
    let ends = async |watch: &mut CloudWatch| {
        // Who was refused waits for a quarter of an hour.
        for _ in 0..12 {
            watch.take(&harness.tick().await);
        }
        assert!(watch.raised(harness.moment()).is_empty());
    };
    needs_action(&mut watch, Outcome::AcademyRefuses).await;
    harness.reteach.set_quirks([]);
    ends(&mut watch).await;
    for id in 1..=15 {
        harness.personio.remove(id);
    }
    needs_action(&mut watch, Outcome::SourceChanged).await;
    (1..=15).for_each(|id| harness.personio.put(harness::person(id)));
    ends(&mut watch).await;
}

#[tokio::test]
async fn a_parked_certificate_raises_its_alarm_until_somebody_decides() {
    let harness = Harness::with_folder(Via::Direct, "", people(3)).await;
    harness.issue([completed("c-1", 1, "Brandschutz", "2026-05-10T12:00:00Z")]);
    assert!(harness.reteach.set_delivery("c-1", Delivery::NotAPdf));
    let mut watch = CloudWatch::of_the_template();
    for pause in [30, 30, 60, 120, 240] {
        assert!(watch.raised(harness.moment()).is_empty());
        watch.take(&harness.certificates_after(minutes(pause)).await);
    }
    assert_eq!(watch.raised(harness.moment()), ["parked-certificates"]);
    harness.dismiss("c-1").await.unwrap();
    for _ in 0..2 {
        watch.take(&harness.certificates_tick().await);
    }
    assert!(watch.raised(harness.moment()).is_empty());
}

#[tokio::test]
async fn a_notice_that_cannot_be_sent_raises_the_alarm_of_its_job() {
    let folder = "[certificates]\ncategory = \"Schulungen\"\n";
    let (harness, aws) = Harness::with_notices(Via::Direct, folder, people(3)).await;
    harness.first_run().await;
    harness.issue([completed("c-1", 1, "Brandschutz", "2026-05-10T12:00:00Z")]);
    aws.fail(Fault::new(Behaviour::Status(403, Body::Vendor)).always());
    let mut watch = CloudWatch::of_the_template();
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::NoCategory);
    watch.take(&report);
    let certificates = "certificate-sync-notices-failed";
    let raised = watch.raised(harness.moment());
    assert_eq!(raised, ["certificate-sync-needs-action", certificates]);
    harness.personio.allow_reading(false);
    watch.take(&harness.tick().await);
    let employees = "employee-sync-notices-failed";
    for alarm in [certificates, employees] {
        let state = watch.state(alarm, harness.moment());
        assert_eq!(state, AlarmState::Alarm, "{alarm}");
    }
    // Five repetitions at most, then none for a day, and eight periods.
    for _ in 0..5 + 8 {
        watch.take(&harness.tick().await);
    }
    for alarm in [certificates, employees] {
        let state = watch.state(alarm, harness.moment());
        assert_eq!(state, AlarmState::Ok, "{alarm}");
    }
}

#[tokio::test]
async fn a_paused_tenant_and_a_dry_run_raise_nothing() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    let mut watch = CloudWatch::of_the_template();
    harness
        .set_status(TenantStatus::Paused {
            since: harness.moment(),
        })
        .await;
    harness.advance(CERTIFICATE_TICK * 10);
    watch.take(&harness.now().await);
    watch.take(&harness.certificates_now().await);
    let dry = harness.run(Mode::DryRun, Deadline::never());
    watch.take(&dry.await.report);
    assert!(watch.raised(harness.moment()).is_empty());
}
