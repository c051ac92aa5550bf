//! Derives notices from a run's report and sends those that are due.

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::tz::TimeZone;
use tokio::time::timeout;

use super::{Counts, Finding, FindingKind, Job, Mode, Outcome, Ran, Reached, Report, Run, Tenant};
use crate::http::Deadline;
use crate::notices::{
    ATTEMPT, Address, Cause, Delivery, Due, Memory, Message, Notice, Observation, Recipient,
    Refusal, Senders,
};
use crate::secrets::TenantSecret;
use crate::state::{Acquisition, JobKind, LastRun};
use crate::tenant::{NoticesAbout, NoticesConfig, Via};

/// What a run says about the causes of notices.
///
/// Configuration, secret and connection are the same for both jobs: the employee job alone speaks of them.
fn observation<C: Counts>(
    job: JobKind,
    report: &Report<C>,
    reached: Reached,
    is_of_academy: bool,
) -> Observation {
    let outcome = report.outcome;
    let is_progress = outcome == Outcome::Partly && report.counts.is_progress();
    let is_shared = matches!(
        outcome,
        Outcome::BadConfiguration | Outcome::BadSecret | Outcome::NotConnected
    );
    let is_others = job == JobKind::Certificates && is_shared;
    let of_outcome = cause(outcome, is_of_academy).filter(|_| !is_progress && !is_others);
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
            // The report of a complete run counts them.
            Cause::HeldPlan | Cause::Parked | Cause::PeopleRefused => true,
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
        // Without the state nothing can be remembered. CloudWatch's alarms report it.
        | Outcome::StateUnavailable
        // Nothing may be written there.
        | Outcome::NewerState => return None,
    })
}

/// Who learns of `cause`.
fn recipients(senders: &Senders, config: &NoticesConfig, cause: Cause) -> Vec<Recipient> {
    let hr = config.what == NoticesAbout::All || cause.is_for_hr();
    let is_wanted = |recipient: &Recipient| match recipient {
        Recipient::Operator => true,
        Recipient::Mail => hr && !config.mail.is_empty(),
        Recipient::Webhook => hr && config.webhook.is_some(),
    };
    let all = Recipient::ALL.into_iter();
    all.filter(|recipient| is_wanted(recipient) && senders.can_reach(*recipient))
        .collect()
}

impl<W: Job> Run<'_, W> {
    /// Sends due notices and returns the memory for the lease. A failed send is only a finding.
    ///
    /// Nothing is sent past `until`. What is not sent for want of time is due on the next run.
    pub(super) async fn notify(
        &self,
        ran: &mut Ran<W>,
        tenant: Option<&Tenant>,
        memory: Memory,
        until: Deadline,
    ) -> Option<Memory> {
        let senders = self.app.notices.as_ref()?;
        let now = self.app.clock.now();
        let report = &mut ran.report;
        let observed = observation(W::JOB, report, ran.reached, ran.is_of_academy);
        if memory.is_empty() && observed.causes.is_empty() {
            return None;
        }
        let none = NoticesConfig::default();
        let config = tenant.map_or(&none, |tenant| &tenant.config.notices);
        let recipients = |cause| recipients(senders, config, cause);
        let mut memory = memory.after(&observed, now);
        let has_time = until.remaining().is_none_or(|left| left >= 2 * ATTEMPT);
        if has_time {
            let due = memory.due(&observed, recipients, now);
            for (due, sent) in self.send_all(senders, tenant, report, due).await {
                let delivery = match &sent {
                    Ok(()) => Delivery::Sent,
                    Err(refusal) => refusal.delivery(),
                };
                memory.note(&due, delivery, now);
                self.tell(report, &due, sent);
            }
        }
        // Without the tenant's file nobody knows whom it names.
        if tenant.is_some() {
            memory.forget(recipients, now);
        }
        Some(memory)
    }

    /// All at once: one recipient that hangs delays no other.
    async fn send_all(
        &self,
        senders: &Senders,
        tenant: Option<&Tenant>,
        report: &Report<W::Counts>,
        mut due: Vec<Due>,
    ) -> Vec<(Due, Result<(), Refusal>)> {
        let is_webhook = |due: &Due| due.recipient == Recipient::Webhook;
        let secret = match tenant {
            Some(tenant) if due.iter().any(is_webhook) => {
                let secret = self.secrets.get(&tenant.config.tenant_id);
                timeout(ATTEMPT, secret).await.ok().and_then(Result::ok)
            }
            _ => None,
        };
        if secret.is_none() {
            // Without the webhook's address, its notices stay due.
            due.retain(|due| !is_webhook(due));
        }
        let secret = secret.as_deref();
        let sending = due.into_iter().map(|due| async move {
            let sent = self.send(senders, tenant, secret, report, due).await;
            (due, sent)
        });
        join_all(sending).await
    }

    async fn send(
        &self,
        senders: &Senders,
        tenant: Option<&Tenant>,
        secret: Option<&TenantSecret>,
        report: &Report<W::Counts>,
        due: Due,
    ) -> Result<(), Refusal> {
        let config = tenant.map(|tenant| &tenant.config);
        let zone = config.map_or(TimeZone::UTC, |config| config.time_zone.clone());
        let held = report.held.as_ref().map(|held| held.text.as_str());
        let detail = match due.cause {
            Cause::HeldPlan => held.unwrap_or_default(),
            _ => &report.message,
        };
        let notice = Notice {
            tenant: &report.tenant_id,
            job: W::JOB,
            due,
            zone: &zone,
            via: config.map_or(Via::Direct, |config| config.personio.via),
            folder: config.and_then(|config| config.certificates.category.as_deref()),
            detail,
        };
        let notices = config.map(|config| &config.notices);
        let (address, text) = match (due.recipient, notices) {
            (Recipient::Operator, _) => (Address::Topic, notice.for_operator()),
            (_, None) => return Err(Refusal::NotConfigured),
            (Recipient::Mail, Some(notices)) => (
                Address::Mail(&notices.mail),
                notice.for_hr(notices.language),
            ),
            (Recipient::Webhook, Some(notices)) => (
                Address::webhook(notices, secret)?,
                notice.for_hr(notices.language),
            ),
        };
        let message = Message {
            tenant: &report.tenant_id,
            job: W::JOB.function(),
            cause: due.cause.code(),
            state: due.kind.as_str(),
            since: due.since,
            count: due.count,
            text,
        };
        senders.send(&address, &message, &self.app.http).await
    }

    fn tell(&self, report: &mut Report<W::Counts>, due: &Due, sent: Result<(), Refusal>) {
        let Err(refusal) = sent else {
            report.notices.sent += 1;
            return;
        };
        report.notices.failed += 1;
        let (to, cause) = (due.recipient.as_str(), due.cause.code());
        tracing::warn!(
            tenant = %report.tenant_id, run = %report.run_id, to, cause, reason = %refusal, "a notice was not sent"
        );
        report.findings_total += 1;
        report.findings.push(Finding {
            person: None,
            certificate: None,
            kind: FindingKind::NoticeNotSent,
            text: format!(
                "the notice about {cause} did not go to {to}: {refusal}; `tenants check {} --notice` tries it",
                report.tenant_id
            ),
        });
    }

    /// A tenant's file that cannot be used: the operator learns of it. No run got as far as a lease, so this takes it.
    pub(super) async fn notify_of_bad_file(&self, ran: &mut Ran<W>) {
        let report = &ran.report;
        let is_ours = W::JOB == JobKind::Employees && self.app.notices.is_some();
        let is_bad_file = report.outcome == Outcome::BadConfiguration;
        if !is_ours || !is_bad_file || self.mode() == Mode::DryRun {
            return;
        }
        let (store, now) = (&self.store, self.app.clock.now());
        let (tenant, owner) = (report.tenant_id.clone(), &self.request.run_id);
        let taken = store.acquire(&tenant, W::JOB, owner, now, W::LEASE.lasts);
        let Ok(Acquisition::Acquired(lease)) = taken.await else {
            return;
        };
        let memory = lease.notices.clone();
        let notices = self.notify(ran, None, memory, self.request.deadline).await;
        let last_run = LastRun {
            notices,
            ..LastRun::default()
        };
        if let Err(error) = store.release(&lease, last_run).await {
            tracing::warn!(%tenant, run = %owner, %error, "the lease was not released");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use serde::{Deserialize, Serialize};
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::http_client;
    use crate::domain::clock::{Clock, ManualClock};
    use crate::runtime::telemetry::tests::report;
    use crate::tenant::WebhookShape;

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
        observation(job, &report, reached, is_of_academy)
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
                let counted = ["held-plan", "parked-certificates", "people-refused"];
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
    fn the_company_learns_of_what_it_wants_over_channels_that_there_are() {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        let http = http_client().unwrap();
        let all = Senders::from_environment(|_| Some("x".to_owned()), &http, &clock).unwrap();
        let none = Senders::from_environment(|_| None, &http, &clock).unwrap();
        let silent = NoticesConfig::default();
        let named = NoticesConfig {
            mail: vec!["hr@acme.example".to_owned()],
            webhook: Some(WebhookShape::Json),
            ..NoticesConfig::default()
        };
        let curious = NoticesConfig {
            what: NoticesAbout::All,
            ..named.clone()
        };
        let [operator, _, webhook] = Recipient::ALL;
        let everybody = || Recipient::ALL.to_vec();
        for (senders, config, cause, expected) in [
            (&all, &named, Cause::HeldPlan, everybody()),
            (&all, &named, Cause::BadSecret, vec![operator]),
            (&all, &curious, Cause::BadSecret, everybody()),
            (&all, &silent, Cause::HeldPlan, vec![operator]),
            (&none, &named, Cause::HeldPlan, vec![webhook]),
            (&none, &silent, Cause::HeldPlan, vec![]),
        ] {
            assert_eq!(recipients(senders, config, cause), expected, "{cause:?}");
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
