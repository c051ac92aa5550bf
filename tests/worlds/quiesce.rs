//! A quiet period: nothing fails, nobody changes anything, the schedules fire. Then everything is as it should be.

use jiff::SignedDuration;
use shared::state::JobKind::{Certificates, Employees};
use shared::state::{CertificateState, OnUnverifiable};

use crate::event::Config;
use crate::life::Life;

/// A plan that a brake holds changes with each approval that lets a part of it through.
const MOST_APPROVALS: usize = 5;

/// A minute less than consent lasts.
const CONSENT_LASTS: SignedDuration = SignedDuration::from_mins(24 * 60 - 1);

impl Life {
    /// Lets time pass until every pause before another try is over, and compares everything with the model.
    pub(crate) async fn quiesce(&mut self) {
        self.trace.note("quiesce");
        self.clear_faults();
        self.operator_learns().await;
        self.configure(Config::Usual).await;
        self.after(6, &[Employees]).await;
        self.after(20, &[Employees, Certificates]).await;
        for _ in 0..2 {
            self.after(25 * 60, &[Employees, Certificates]).await;
            self.approve().await;
        }
        self.retry_parked().await;
        self.harness
            .world
            .clock
            .advance(SignedDuration::from_mins(30));
        let outcome = [self.run(Employees).await, self.run(Certificates).await];
        for ran in outcome
            .iter()
            .filter(|it| !it.outcome.is_good() || it.held.is_some())
        {
            self.wrong
                .push(format!("nothing fails any more, and yet: {ran:?}"));
        }
        let (people, now) = (self.people(), self.now());
        let company = &self.harness.company;
        self.wrong
            .extend(self.model.accounts(&people, &company.reteach, now));
        self.wrong
            .extend(self.model.documents(&company.personio, &company.reteach));
    }

    /// Somebody looks at what a brake holds, and approves it: by now Personio says what HR means.
    async fn approve(&mut self) {
        for _ in 0..MOST_APPROVALS {
            if !self.operator_approves().await {
                return;
            }
            self.after(5, &[Employees]).await;
        }
        self.wrong
            .push(format!("still held after {MOST_APPROVALS} approvals"));
    }

    /// The operator approves, and the judge of all traffic hears of it.
    pub(crate) async fn operator_approves(&mut self) -> bool {
        let is_held = self.approves().await;
        self.terms.approvals.extend(is_held.then(|| self.now()));
        is_held
    }

    /// What is held may go ahead; `false` if nothing is.
    pub(crate) async fn approves(&mut self) -> bool {
        let Some(held) = self.harness.held().await else {
            return false;
        };
        if held.undecided().is_empty() {
            return false;
        }
        self.trace.note((&held.hash, &held.counts));
        self.harness.approve(&held.hash).await;
        let undecided = held
            .parts
            .iter()
            .filter(|(_, part)| part.decision.is_none());
        let at = self.now();
        self.consent.extend(undecided.map(|(key, _)| (*key, at)));
        self.people_approved = self.people();
        true
    }

    /// Consent belongs to a part of a plan: it lasts for a day, whatever else comes into the plan.
    pub(crate) async fn check_consent(&mut self) {
        if self.consent.is_empty() {
            return;
        }
        let store = self.harness.store();
        // While the table fails, the next run's check sees the same.
        let Ok(held) = store.held(&self.harness.company.tenant).await else {
            return;
        };
        let now = self.now();
        let mut forgotten = false;
        self.consent.retain(|key, at| {
            let part = held.as_ref().and_then(|held| held.parts.get(*key));
            let lasts = now < *at + CONSENT_LASTS;
            forgotten |= lasts && part.is_some_and(|part| part.decision.is_none());
            lasts && part.is_some()
        });
        if forgotten {
            self.wrong
                .push("an approval was forgotten before its change was applied".to_owned());
        }
    }

    /// Somebody looks at the certificates that wait for a decision, and lets them be tried again.
    async fn retry_parked(&mut self) {
        let ledger = self.harness.certificate_ledger().await;
        let parked = ledger
            .iter()
            .filter(|(_, it)| matches!(it.state, CertificateState::Parked { .. }));
        let (store, now) = (self.harness.world.stack.store(), self.now());
        let mut any = false;
        for (id, _) in parked {
            self.terms.sent_again.insert(id.as_str().to_owned());
            store
                .retry_certificate(&self.harness.company.tenant, id, OnUnverifiable::Send, now)
                .await
                .unwrap();
            any = true;
        }
        if any {
            self.trace.note("parked certificates are tried again");
            self.after(30, &[Certificates]).await;
            self.after(30, &[Certificates]).await;
        }
    }
}
