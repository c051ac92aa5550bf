//! A company's move to a new Personio account, and the operator's `tenants migrate`.

use std::collections::BTreeSet;

use serde_json::Value;
use simulators::{Behaviour, Fault, Moment, Person};

use crate::life::Life;
use crate::typed::typed;

/// Ids of the new account begin after those of the old one.
const NEW_IDS: u64 = 100_000;
/// A lease that a killed command leaves is over.
const LEASE: i64 = 20;

impl Life {
    /// Everybody has a new id, and the operator migrates before the next run. Whom the table cannot match is a matter for
    /// people: a company in which somebody is not in step does not move.
    pub(crate) async fn migrate(&mut self, killed_at: Option<u8>) {
        if !self.was_good {
            return;
        }
        self.quiesce().await;
        if !self.wrong.is_empty() || !self.everybody_is_matched() {
            return;
        }
        let new = |id: u64| id + NEW_IDS;
        self.harness.company.personio.renumber(new);
        self.model.renumbered(new);
        self.next_person += NEW_IDS;
        for person in &mut self.mistaken {
            person.id = new(person.id);
        }
        // The old account's archive stays there, and older copies name old ids.
        self.deleted.clear();
        (self.backup, self.table) = (None, None);

        let before = self.harness.company.reteach.customers();
        let tenant = self.harness.company.tenant.to_string();
        let table = self.typed(&["migrate", &tenant]).await;
        let Some(hash) = table["hash"].as_str() else {
            self.wrong.push(format!("nothing to migrate: {table}"));
            return;
        };
        let approve = ["migrate", &tenant, "--approve", hash];
        if let Some(step) = killed_at {
            let fault = Fault::new(Behaviour::Kill(Moment::After)).nth(usize::from(step) + 1);
            let engine = self.harness.fault_engine();
            let run = engine.interrupt(fault, self.typed(&approve)).await;
            if run.ran.is_none() {
                self.trace.is_killed = true;
                self.harness.world.restart().unwrap();
            }
            self.after(LEASE, &[]).await;
        }
        let moved = self.typed(&approve).await;
        self.trace.note(("migrated", killed_at, &moved["counts"]));
        if moved["refused"].as_array().is_none_or(|it| !it.is_empty()) {
            self.wrong.push(format!("not everybody moved: {moved}"));
        }
        self.check(&before);
    }

    /// Whether each account of ours is that of somebody with the same mail address, and each person has one.
    fn everybody_is_matched(&self) -> bool {
        let people = self.people();
        let mails: BTreeSet<_> = people.iter().filter_map(mail).collect();
        let is_matched = |person: &Person| {
            let held = self.account(person.id).and_then(|it| it.email);
            mail(person).is_some() && held.map(|it| it.to_lowercase()) == mail(person)
        };
        mails.len() == people.len() && people.iter().all(is_matched)
    }

    /// What a command prints as JSON.
    async fn typed(&self, args: &[&str]) -> Value {
        typed(&self.harness, args).await.1
    }
}

fn mail(person: &Person) -> Option<String> {
    Some(person.email.as_ref()?.to_lowercase())
}
