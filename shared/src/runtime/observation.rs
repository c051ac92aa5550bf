//! What a run's report says about the causes of notices. Pure.

use std::collections::BTreeMap;

use super::{Counts, Outcome, Reached, Report};
use crate::notices::{Cause, Observation};
use crate::state::JobKind;

/// What a run says about the causes of notices.
///
/// Configuration, secret and connection are the same for both jobs: the employee job alone speaks of them.
pub(super) fn observation<C: Counts>(
    job: JobKind,
    report: &Report<C>,
    reached: Reached,
    is_of_academy: bool,
    is_damaged: bool,
) -> Observation {
    let outcome = report.outcome;
    let is_progress = outcome == Outcome::Partly && report.counts.is_progress();
    let is_shared = matches!(
        outcome,
        Outcome::BadConfiguration | Outcome::BadSecret | Outcome::NotConnected
    );
    let is_others = job == JobKind::Certificates && is_shared;
    let of_outcome = match outcome {
        // The lease was read, or the configuration alone was not: what is sent can be remembered.
        Outcome::StateUnavailable if is_damaged => Some(Cause::DamagedState),
        _ => cause(outcome, is_of_academy).filter(|_| !is_progress && !is_others),
    };
    let held = report.held.as_ref().filter(|held| !held.dismissed);
    let held = held.map(|held| {
        let changes = held.counts.values().copied().map(u64::from).sum();
        (Cause::HeldPlan, changes)
    });
    let parked = report.counts.parked();
    let parked = (parked > 0).then_some((Cause::Parked, parked));
    // Where one field is the reason for all, `academy-refuses` names it.
    let refused = report.counts.refused_people();
    let refused = (refused > 0 && outcome != Outcome::AcademyRefuses)
        .then_some((Cause::PeopleRefused, refused));
    let all = of_outcome.map(|cause| (cause, 0)).into_iter();
    let counted = held.into_iter().chain(parked).chain(refused);
    let causes: BTreeMap<Cause, u64> = all.chain(counted).collect();
    let ends = |cause: &Cause| !causes.contains_key(cause) && is_over(*cause, outcome, reached);
    Observation {
        over: Cause::ALL.into_iter().filter(ends).collect(),
        causes,
    }
}

/// Whether a run that did not meet `cause` shows that it is over: only if it reached what had failed.
fn is_over(cause: Cause, outcome: Outcome, reached: Reached) -> bool {
    let Reached {
        source,
        academy,
        everybody,
        plan,
        filing,
    } = reached;
    let is_complete = outcome.is_good() || outcome == Outcome::Partly;
    is_complete
        && match cause {
            Cause::AccessDenied
            | Cause::BadConfiguration
            | Cause::BadSecret
            | Cause::NotConnected
            | Cause::SourceChanged
            | Cause::SourceUnavailable => source,
            // A person whom reteach gave no answer waits: the runs until the next try look at nobody.
            Cause::AcademyDenied | Cause::Incomplete | Cause::ReteachUnavailable => academy,
            Cause::AcademyRefuses => everybody,
            Cause::HostNotAllowed | Cause::NoCategory => filing,
            Cause::PlanRefused => plan,
            // Runs read a damaged item again until they can. The report of a complete run counts the others.
            Cause::DamagedState | Cause::HeldPlan | Cause::Parked | Cause::PeopleRefused => true,
        }
}

fn cause(outcome: Outcome, is_of_academy: bool) -> Option<Cause> {
    Some(match outcome {
        Outcome::AccessDenied if is_of_academy => Cause::AcademyDenied,
        Outcome::AccessDenied => Cause::AccessDenied,
        Outcome::AcademyRefuses => Cause::AcademyRefuses,
        Outcome::BadConfiguration => Cause::BadConfiguration,
        Outcome::BadSecret => Cause::BadSecret,
        Outcome::HostNotAllowed => Cause::HostNotAllowed,
        Outcome::NoCategory => Cause::NoCategory,
        Outcome::NotConnected => Cause::NotConnected,
        Outcome::Partly => Cause::Incomplete,
        Outcome::PlanRefused => Cause::PlanRefused,
        Outcome::ReteachUnavailable => Cause::ReteachUnavailable,
        Outcome::SourceChanged => Cause::SourceChanged,
        Outcome::SourceUnavailable => Cause::SourceUnavailable,
        Outcome::Unchanged
        | Outcome::Done
        | Outcome::Planned
        | Outcome::UnknownTenant
        | Outcome::Paused
        | Outcome::Disabled
        | Outcome::Waiting
        | Outcome::Busy
        // Without the state nothing can be remembered. CloudWatch's alarms report it. A damaged item is a cause of its own.
        | Outcome::StateUnavailable
        // Nothing may be written there.
        | Outcome::NewerState => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::{Value, json};

    use super::*;
    use crate::runtime::telemetry::tests::report;

    #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Counted {
        filed: u64,
        parked: u64,
        refused: u64,
    }

    impl Counts for Counted {
        fn with_earlier(self, _: Self) -> Self {
            self
        }

        fn is_progress(&self) -> bool {
            self.filed > 0
        }

        fn parked(&self) -> u64 {
            self.parked
        }

        fn refused_people(&self) -> u64 {
            self.refused
        }

        fn metrics(&self) -> Vec<(&'static str, u64)> {
            Vec::new()
        }
    }

    /// A run that got to everything.
    const ALL: Reached = Reached {
        source: true,
        academy: true,
        everybody: true,
        plan: true,
        filing: true,
    };

    fn seen(job: JobKind, reached: Reached, is_of_academy: bool, more: Value) -> Observation {
        let report = Report {
            job: job.function().to_owned(),
            ..report::<Counted>(more)
        };
        observation(job, &report, reached, is_of_academy, false)
    }

    /// The causes of a run with this report, and whether it ends all others if it got to everything.
    fn observed(job: JobKind, more: Value) -> (Vec<(&'static str, u64)>, bool) {
        let Observation { causes, over } = seen(job, ALL, false, more);
        assert!(over.is_empty() || over.len() == Cause::ALL.len() - causes.len());
        let causes = causes.iter().map(|(cause, count)| (cause.code(), *count));
        (causes.collect(), !over.is_empty())
    }

    #[test]
    fn a_run_ends_only_causes_of_what_it_got_to() {
        const SOURCE: &[&str] = &[
            "access-denied",
            "bad-configuration",
            "bad-secret",
            "not-connected",
            "source-changed",
            "source-unavailable",
        ];
        const ACADEMY: &[&str] = &["academy-denied", "incomplete", "reteach-unavailable"];
        const FILING: &[&str] = &["host-not-allowed", "no-category"];
        type Reach = fn(&mut Reached);
        let cases: [(Reach, &[&str]); 6] = [
            (|_| {}, &[]),
            (|it| it.source = true, SOURCE),
            (|it| it.academy = true, ACADEMY),
            (|it| it.everybody = true, &["academy-refuses"]),
            (|it| it.plan = true, &["plan-refused"]),
            (|it| it.filing = true, FILING),
        ];
        for (reach, expected) in cases {
            let mut reached = Reached::default();
            reach(&mut reached);
            for outcome in ["done", "unchanged", "partly"] {
                let report = json!({"outcome": outcome, "counts": {"filed": 1}});
                let over = seen(JobKind::Employees, reached, false, report).over;
                let counted = [
                    "damaged-state",
                    "held-plan",
                    "parked-certificates",
                    "people-refused",
                ];
                let mut over: Vec<&str> = over.iter().map(|cause| cause.code()).collect();
                let mut expected = [expected, &counted].concat();
                over.sort_unstable();
                expected.sort_unstable();
                assert_eq!(over, expected, "{outcome} {reached:?}");
            }
        }
    }

    #[test]
    fn access_that_the_academy_denies_is_a_cause_of_its_own() {
        for (is_of_academy, code) in [(true, "academy-denied"), (false, "access-denied")] {
            let report = json!({"outcome": "access-denied"});
            let reached = Reached::default();
            let seen = seen(JobKind::Employees, reached, is_of_academy, report);
            let codes: Vec<&str> = seen.causes.keys().map(|cause| cause.code()).collect();
            assert_eq!(codes, [code]);
        }
    }

    #[test]
    fn an_item_that_cannot_be_read_is_a_cause_of_either_job() {
        for job in [JobKind::Employees, JobKind::Certificates] {
            for (is_damaged, expected) in [(true, Some("damaged-state")), (false, None)] {
                let report = report::<Counted>(json!({"outcome": "state-unavailable"}));
                let seen = observation(job, &report, Reached::default(), false, is_damaged);
                let code = seen.causes.keys().next().map(|cause| cause.code());
                assert_eq!((code, seen.over.len()), (expected, 0), "{job}");
            }
        }
    }

    #[test]
    fn a_run_without_trouble_ends_every_cause() {
        for outcome in ["done", "unchanged"] {
            let observed = observed(JobKind::Employees, json!({"outcome": outcome}));
            assert_eq!(observed, (vec![], true), "{outcome}");
        }
    }

    #[test]
    fn a_failed_run_is_its_outcome_and_tells_nothing_about_other_causes() {
        for outcome in [
            "access-denied",
            "academy-refuses",
            "bad-configuration",
            "bad-secret",
            "host-not-allowed",
            "no-category",
            "not-connected",
            "plan-refused",
            "reteach-unavailable",
            "source-changed",
            "source-unavailable",
        ] {
            let observed = observed(JobKind::Employees, json!({"outcome": outcome}));
            assert_eq!(observed, (vec![(outcome, 0)], false));
        }
        for outcome in [
            "paused",
            "disabled",
            "waiting",
            "busy",
            "unknown-tenant",
            "state-unavailable",
        ] {
            let observed = observed(JobKind::Employees, json!({"outcome": outcome}));
            assert_eq!(observed, (vec![], false), "{outcome}");
        }
    }

    #[test]
    fn what_both_jobs_share_is_the_employee_jobs_to_report() {
        for outcome in ["bad-configuration", "bad-secret", "not-connected"] {
            let observed = observed(JobKind::Certificates, json!({"outcome": outcome}));
            assert_eq!(observed, (vec![], false), "{outcome}");
        }
    }

    #[test]
    fn a_backfill_that_goes_on_is_no_trouble() {
        let partly = |counts: Value| {
            let report = json!({"outcome": "partly", "counts": counts});
            observed(JobKind::Certificates, report)
        };
        assert_eq!(partly(json!({"filed": 3})), (vec![], true));
        assert_eq!(partly(json!({})), (vec![("incomplete", 0)], true));
        let parked = vec![("parked-certificates", 2)];
        assert_eq!(partly(json!({"filed": 3, "parked": 2})), (parked, true));
    }

    #[test]
    fn refused_people_are_trouble_unless_the_outcome_names_the_reason() {
        for (outcome, expected) in [
            ("done", (vec![("people-refused", 7)], true)),
            ("academy-refuses", (vec![("academy-refuses", 0)], false)),
        ] {
            let report = json!({"outcome": outcome, "counts": {"refused": 7}});
            assert_eq!(observed(JobKind::Employees, report), expected);
        }
    }

    #[test]
    fn a_held_plan_is_trouble_until_somebody_decides() {
        let held = |dismissed| {
            let counts = json!({"mail": 7, "blank": 5});
            let note = json!({"hash": "1f", "since": "2026-03-31T08:00:00Z", "counts": counts, "dismissed": dismissed, "text": ""});
            observed(JobKind::Employees, json!({"held": note}))
        };
        assert_eq!(held(false), (vec![("held-plan", 12)], true));
        assert_eq!(held(true), (vec![], true));
    }
}
