//! What a company has come to, as text to be compared: of two ways to the same end nothing differs.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use shared::fingerprint::FingerprintKey;
use shared::http::Deadline;
use shared::runtime::Mode;
use shared::state::{Brake, CertificateState};

use crate::Harness;

/// What must be the same in the end, a line for each account, document, entry and sum. Ids that others make up, addresses,
/// attempts and the moments of the runs themselves are left out.
pub type Ending = Vec<String>;

/// Clocks of other machines are off by as much.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// Stands for every moment of the runs themselves.
const RECENTLY: Timestamp = Timestamp::UNIX_EPOCH;

impl Harness {
    /// What the company has come to since `start`, and what a reconcile still finds wrong.
    pub async fn ending(&self, start: Timestamp) -> Ending {
        let mut lines = self.people_since(start).await;
        lines.extend(self.files().await);
        lines.extend(self.sums().await);
        lines.sort();
        lines.extend(self.reconciled().await);
        lines
    }

    async fn people_since(&self, start: Timestamp) -> Ending {
        let (begin, now) = (start - SKEW, self.moment() + SKEW);
        let plain = |moment: Timestamp| {
            if (begin..=now).contains(&moment) {
                RECENTLY
            } else {
                moment
            }
        };
        let mut lines = Ending::new();
        let mut owners = BTreeMap::new();
        for mut account in self.reteach.customers() {
            owners.insert(std::mem::take(&mut account.id), account.external_id.clone());
            account.registered_at = None;
            account.set_inactive_at = account.set_inactive_at.map(plain);
            account.tags.sort();
            lines.push(format!("{account:?}"));
        }
        let entries = self
            .store()
            .all_employees(
                &self.company.tenant,
                Some(&FingerprintKey::from_bytes(&[7; 32])),
            )
            .await
            .unwrap();
        for mut entry in entries.into_values() {
            let account = entry
                .customer_id
                .take()
                .map(|id| owners.remove(id.as_str()));
            entry.window.inactive_at = entry.window.inactive_at.map(plain);
            if let Some(locked) = &mut entry.locked {
                locked.since = plain(locked.since);
            }
            if let Some(failure) = &mut entry.failure {
                (failure.attempts, failure.retry_at) = (1, RECENTLY);
                // A fault may keep the others from being written in the same run.
                failure.is_personal = false;
                failure.is_of_look_up = false;
            }
            lines.push(format!("{entry:?} of {account:?}"));
        }
        lines
    }

    async fn files(&self) -> Ending {
        let documents = self.personio.documents().into_iter().map(|it| {
            let (title, date, comment) = (it.title, it.date, it.comment);
            let (category, name, hash) = (it.category, it.file_name, it.sha256);
            format!(
                "document of {}: {title:?} {date:?} {comment:?} {category:?} {name:?} {hash}",
                it.employee_id
            )
        });
        let entries = self
            .certificate_ledger()
            .await
            .into_iter()
            .map(|(id, entry)| {
                let state = match entry.state {
                    CertificateState::Intended(_) => "intended",
                    CertificateState::Uploaded { .. } => "uploaded",
                    CertificateState::Failed(_) => "failed",
                    CertificateState::Parked { .. } => "parked",
                    CertificateState::Dismissed { .. } => "dismissed",
                    CertificateState::Held { .. } => "held",
                };
                format!("certificate {}: {state}", id.as_str())
            });
        documents.chain(entries).collect()
    }

    async fn sums(&self) -> Ending {
        let (store, tenant, now) = (self.store(), &self.company.tenant, self.moment());
        let root = store.sync_state(tenant).await.unwrap().unwrap();
        // A person whom a fault delays beyond the first complete run counts as new, and one whose tags fail does not.
        let counted: Vec<u32> = Brake::ALL
            .into_iter()
            .filter(|brake| *brake != Brake::Create)
            .map(|brake| root.brakes.count(brake, now))
            .collect();
        let certificates = store
            .certificate_start(tenant)
            .await
            .unwrap()
            .checkpoint
            .unwrap_or_default();
        let unsettled = certificates.unsettled();
        let leases = store.leases(tenant).await.unwrap().into_iter();
        let leases: Vec<_> = leases
            .map(|(job, lease)| (job, lease.until <= now))
            .collect();
        let shards: Vec<_> = root
            .shards
            .iter()
            .map(|it| (it.digest, it.due > 0))
            .collect();
        vec![
            format!("waiting {}, counted {counted:?}", root.waiting),
            format!("pending {:?}, shards {shards:?}", root.pending),
            format!(
                "gate {}",
                store.tenant(tenant).await.unwrap().unwrap().gate.is_some()
            ),
            format!("held {}", self.held().await.is_some()),
            format!(
                "certificates: {} parked, {} waiting for PDF, unsettled {}",
                certificates.parked,
                unsettled.waiting_for_pdf,
                unsettled.due.is_some()
            ),
            format!("free leases {leases:?}"),
        ]
    }

    /// What a reconcile finds wrong in reteach, and how many accounts it counts: between two of them that number, a brake's
    /// measure, is carried on from run to run, and may be off.
    async fn reconciled(&self) -> Ending {
        self.forget_requests();
        self.run(Mode::Reconcile, Deadline::never()).await;
        let root = self
            .store()
            .sync_state(&self.company.tenant)
            .await
            .unwrap()
            .unwrap();
        let writes = self
            .writes()
            .into_iter()
            .map(|it| format!("repaired: {} {}", it.method, it.path));
        writes
            .chain([format!("open accounts: {}", root.open_accounts)])
            .collect()
    }
}

/// What differs, if anything does.
#[must_use]
pub fn difference(expected: &Ending, got: &Ending) -> Option<String> {
    let [missing, more] = [apart(expected, got), apart(got, expected)];
    let is_same = missing.is_empty() && more.is_empty();
    (!is_same).then(|| {
        format!(
            "expected\n  {}\nbut\n  {}",
            missing.join("\n  "),
            more.join("\n  ")
        )
    })
}

/// The lines of `these` that `those` do not have as well, as often: a document that is there twice is one too many.
#[must_use]
pub fn apart(these: &Ending, those: &Ending) -> Vec<String> {
    let mut rest: Vec<&String> = those.iter().collect();
    let is_apart = |line: &&String| match rest.iter().position(|it| it == line) {
        Some(at) => {
            rest.swap_remove(at);
            false
        }
        None => true,
    };
    these.iter().filter(is_apart).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_there_twice_is_not_the_same_as_once() {
        let lines = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Ending>()
        };
        for (these, those, expected) in [
            ("a b", "b a", ""),
            ("a a b", "a b", "a"),
            ("a b", "a a b", ""),
            ("a a a", "a", "a a"),
            ("a c", "b", "a c"),
            ("", "a", ""),
        ] {
            assert_eq!(
                apart(&lines(these), &lines(those)),
                lines(expected),
                "{these} {those}"
            );
        }
        assert_eq!(
            difference(&lines("a"), &lines("a a")).unwrap(),
            "expected\n  \nbut\n  a"
        );
        assert_eq!(difference(&lines("a b"), &lines("b a")), None);
    }
}
