//! Sends the notices that are due after a run.

use futures::future::join_all;
use jiff::tz::TimeZone;
use tokio::time::timeout;

use super::observation::observation;
use super::{Finding, FindingKind, Job, Mode, Outcome, Ran, Report, Run, Tenant};
use crate::http::Deadline;
use crate::notices::{
    ATTEMPT, Address, Cause, Delivery, Due, Memory, Message, Notice, Recipient, Refusal, Senders,
    damaged_item,
};
use crate::secrets::TenantSecret;
use crate::state::{Acquisition, JobKind, LastRun};
use crate::tenant::{NoticesAbout, NoticesConfig, Via};

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
        let damaged = ran.damaged;
        let report = &mut ran.report;
        let observed = observation(
            W::JOB,
            report,
            ran.reached,
            ran.is_of_academy,
            damaged.is_some(),
        );
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
            for (due, sent) in self.send_all(senders, tenant, report, damaged, due).await {
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
        damaged: Option<&'static str>,
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
        let damaged = damaged.map(|kind| damaged_item(kind, &report.tenant_id));
        let item = damaged.as_deref().unwrap_or_default();
        let plan = report.held.as_ref().map_or("", |held| held.text.as_str());
        let sending = due.into_iter().map(|due| {
            let detail = match due.cause {
                // The run's message has the item's key, which may hold a person's id.
                Cause::DamagedState => item,
                Cause::HeldPlan => plan,
                _ => report.message.as_str(),
            };
            async move {
                let sent = self.send(senders, tenant, secret, report, due, detail);
                (due, sent.await)
            }
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
        detail: &str,
    ) -> Result<(), Refusal> {
        let config = tenant.map(|tenant| &tenant.config);
        let zone = config.map_or(TimeZone::UTC, |config| config.time_zone.clone());
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

    /// A tenant's file that cannot be used or read: the operator learns of it. No run got as far as a lease, so this takes
    /// it.
    pub(super) async fn notify_without_config(&self, ran: &mut Ran<W>) {
        let report = &ran.report;
        let is_ours = W::JOB == JobKind::Employees && self.app.notices.is_some();
        let is_bad_file = report.outcome == Outcome::BadConfiguration || ran.damaged.is_some();
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
mod sending_tests;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::aws::http_client;
    use crate::domain::clock::{Clock, ManualClock};
    use crate::tenant::WebhookShape;

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
}
