//! What was filed before the ledger knows of it: by another integration, or before the table went back in time.

use std::collections::BTreeMap;

use harness::LedgerItem;
use jiff::{SignedDuration, Timestamp};
use shared::tenant::Via;
use simulators::Origin;
use simulators::personio::Document;
use simulators::reteach::{Certificate, Participation};

use crate::event::Config;
use crate::life::Life;
use crate::model::OF_ANOTHER;

/// The table at one moment.
#[derive(Debug)]
pub(crate) struct TableCopy {
    at: Timestamp,
    items: Vec<LedgerItem>,
    /// The tenant file in it.
    config: Config,
    /// Since when its ledger may know people as locked.
    since: BTreeMap<u64, Timestamp>,
}

impl Life {
    /// A certificate of an account that is there before us, and its document with the same title and day. Kombo's
    /// documents have neither.
    pub(crate) fn filed_by_another(&mut self, who: u8) {
        if self.was_good || self.model.via == Via::Kombo {
            return;
        }
        let company = self.harness.company.clone();
        let accounts = company.reteach.customers();
        let owners: Vec<_> = self
            .people()
            .into_iter()
            .filter_map(|person| {
                let mail = person.email.as_ref()?.to_lowercase();
                let is_theirs = |email: &String| email.to_lowercase() == mail;
                let account = accounts
                    .iter()
                    .find(|it| it.email.as_ref().is_some_and(is_theirs))?;
                Some((person.id, account.id.clone()))
            })
            .collect();
        let Some((person, account)) = owners.get(usize::from(who) % owners.len().max(1)) else {
            return;
        };
        // Longer ago than anything else, so that no other certificate has its title and day.
        let days = 40 + 7 * self.model.papers.len() as i64;
        let then = self.now() - SignedDuration::from_hours(24 * days);
        let then = then.to_zoned_datetime(self.model.zone.clone());
        let when = (then.date(), then.time());
        let issued = self.registry.issue(Some(*person), account.clone(), when);
        let participation = company.reteach.add_participation(Participation {
            customer: Some(account.clone()),
            course_name: Some(issued.course.name.to_owned()),
            completed_at: Some(issued.completed_at),
            certificate: Some(Certificate::new(&issued.id, 2_000)),
            ..Participation::default()
        });
        company.personio.add_document(Document {
            id: 0,
            employee_id: *person,
            category_id: 2,
            category: None,
            title: issued.course.name.to_owned(),
            date: Some(issued.day),
            comment: Some(OF_ANOTHER.to_owned()),
            file_name: "zertifikat.pdf".to_owned(),
            size: 1_000,
            sha256: issued.id.clone(),
            head: b"%PDF-1.4\n".to_vec(),
            created_at: self.now(),
            origin: Origin::Direct,
        });
        self.model.issued(issued, participation, true);
        if let Some(paper) = self.model.papers.last_mut() {
            paper.is_filed_already = true;
        }
    }

    pub(crate) async fn copy_table(&mut self) {
        self.table = Some(TableCopy {
            at: self.now(),
            items: self.harness.table_items().await,
            config: self.model.config,
            since: self.model.since(),
        });
    }

    pub(crate) async fn restore_table(&mut self) {
        let Some(copy) = self.table.take() else {
            return;
        };
        self.clear_faults();
        self.harness.restore_table(copy.at, copy.items).await;
        self.model.forget(copy.since);
        // What the operator has changed since is lost, until they write it again.
        if copy.config != self.model.config {
            self.configured(copy.config);
        }
        // No consent outlives the plan that was held: the same changes are held again.
        self.consent.clear();
        // Whom the table knows now is open until a run has read everybody.
        self.was_good = false;
    }
}
