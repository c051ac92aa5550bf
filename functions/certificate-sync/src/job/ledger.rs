//! The ledger of certificates as a listing of everything reads it before the list: of most entries a digest.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use shared::domain::id::{CertificateId, TenantId};
use shared::fingerprint::FingerprintKey;
use shared::http::SignedUrl;
use shared::reteach::Participation;
use shared::runtime::RunError;
use shared::state::{CertificateEntry, CertificateState, Issue, Store};
use shared::tenant::Backfill;

use crate::list::{Class, Counted, Keep, digest};
use crate::outcome::SkipReason;
use crate::plan::{Owner, People, Policy, issue_of};

/// The ledger as far as a run of this scope reads it before the list: whole, or not at all.
#[derive(Default)]
pub(super) struct Ledger {
    /// Filed or dismissed, by the digests of their ids, and what they were filed as: most of a ledger.
    done: HashMap<u64, Issue>,
    /// Part of a backfill, by the digests of their ids: on a first run there may be as many.
    held: HashSet<u64>,
    open: HashMap<CertificateId, CertificateEntry>,
    pub(super) parked: u32,
    /// Issued again after they were filed, and waiting for a decision.
    pub(super) reissued: u32,
}

/// What decides about a certificate of the list besides the ledger.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) people: People<'a>,
    pub(super) policy: &'a Policy,
    /// Whether the tenant's file allows the host of a PDF.
    pub(super) is_allowed: &'a (dyn Fn(&SignedUrl) -> bool + Sync),
    pub(super) key: &'a FingerprintKey,
    pub(super) began: Timestamp,
}

impl Ledger {
    pub(super) async fn whole(store: &Store, tenant: &TenantId) -> Result<Self, RunError> {
        let mut ledger = Self::default();
        store
            .each_certificate(tenant, |entry| ledger.add(entry))
            .await?;
        Ok(ledger)
    }

    fn add(&mut self, entry: CertificateEntry) {
        let id = digest(&entry.certificate_id);
        match entry.state {
            // One that waits for a decision is not noticed a second time.
            CertificateState::Uploaded { .. } if entry.reissued.is_some() => {
                self.reissued += 1;
                self.done.insert(id, Issue::default());
            }
            CertificateState::Uploaded { .. } => {
                self.done.insert(id, entry.issue);
            }
            CertificateState::Dismissed { .. } => {
                self.done.insert(id, Issue::default());
            }
            CertificateState::Held { .. } => {
                self.held.insert(id);
            }
            CertificateState::Parked { .. }
            | CertificateState::Intended(_)
            | CertificateState::Failed(_) => {
                self.parked += u32::from(matches!(entry.state, CertificateState::Parked { .. }));
                self.open.insert(entry.certificate_id.clone(), entry);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.done.len() + self.held.len() + self.open.len()
    }

    pub(super) fn knows(&self, id: &CertificateId) -> bool {
        let number = digest(id);
        self.done.contains_key(&number) || self.held.contains(&number) || self.open.contains_key(id)
    }

    /// Whether the certificate is filed, or somebody has decided.
    pub(super) fn is_done(&self, id: &CertificateId) -> bool {
        self.done.contains_key(&digest(id))
    }

    /// Whether it knows the certificate and does not have its entry.
    fn has_digest_alone(&self, id: &CertificateId) -> bool {
        !self.open.contains_key(id) && self.knows(id)
    }

    /// What a listing of everything keeps of a certificate: what a run may do something about.
    pub(super) fn keep(
        &self,
        (id, participation): (&CertificateId, &Participation),
        terms: Terms<'_>,
    ) -> Keep {
        let Terms {
            people,
            policy,
            is_allowed,
            key,
            began,
        } = terms;
        let certificate = participation.certificate.as_ref();
        let url = certificate.and_then(|certificate| certificate.url.as_ref());
        if let Some(filed_as) = self.done.get(&digest(id)) {
            if filed_as.is_unknown() || url.is_none() {
                return Keep::Count(Counted::Done);
            }
            let issue = issue_of(id, participation, key);
            return if issue.without_date().differs_from(*filed_as) {
                Keep::Newest(Class::Reissued)
            } else if issue.differs_from(*filed_as) {
                Keep::Newest(Class::Redated)
            } else {
                Keep::Count(Counted::Done)
            };
        }
        if self.open.contains_key(id) {
            return Keep::Always;
        }
        let owner = Owner::of(participation.customer.as_ref(), people);
        let completed_at = participation.completed_at;
        let left_out = policy.left_out(completed_at);
        let is_held = self.held.contains(&digest(id)) && policy.backfill == Backfill::Hold;
        // Also for nobody: it may be somebody's before the backfill is started.
        let is_to_hold =
            left_out == Some(SkipReason::Held) && policy.is_noted_as_held(completed_at, began);
        if is_to_hold && !is_held {
            return Keep::Newest(Class::ToHold);
        }
        if owner == Owner::NotFromHr {
            return Keep::Count(Counted::NotFromHr);
        }
        if is_held {
            return Keep::Count(Counted::Held);
        }
        match left_out {
            Some(SkipReason::BeforeSince) => Keep::Count(Counted::BeforeSince),
            Some(_) => Keep::Count(Counted::Held),
            None => {
                let has_file = url.is_some_and(is_allowed);
                Keep::Newest(match (owner, has_file) {
                    (Owner::Employee(_), true) => Class::Fileable,
                    _ => Class::Waiting,
                })
            }
        }
    }

    /// The entries of the certificates that a listing has kept, and of those that it does not show (any more).
    pub(super) async fn entries(
        self,
        store: &Store,
        tenant: &TenantId,
        listed: &BTreeMap<CertificateId, Participation>,
    ) -> Result<HashMap<CertificateId, CertificateEntry>, RunError> {
        let known = listed.keys().filter(|id| self.has_digest_alone(id));
        let mut entries = store.certificates(tenant, known).await?;
        entries.extend(self.open);
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use jiff::{SignedDuration, ToSpan as _};
    use shared::domain::id::{CustomerId, SourceId};
    use shared::reteach::{self, Certificate};
    use shared::runtime::Mode;
    use shared::state::{Intent, Reissued, RetryState};

    use super::*;

    const ALLOWED: &str = "https://files.example/c.pdf";
    const FORBIDDEN: &str = "https://elsewhere.example/c.pdf";

    fn now() -> Timestamp {
        "2026-05-11T08:00:00Z".parse().unwrap()
    }

    fn key() -> FingerprintKey {
        FingerprintKey::from_bytes(&[7; 32])
    }

    /// A certificate of `account`, completed so many days ago.
    fn listed(id: &str, days: i64, url: Option<&str>, account: Option<&str>) -> Participation {
        Participation {
            id: serde_json::from_value("p-1".into()).unwrap(),
            customer: account.map(|account| reteach::Owner {
                id: CustomerId::new(account),
                external_id: None,
            }),
            course_name: None,
            completed_at: Some(now() - (days * 24).hours()),
            certificate: Some(Certificate {
                id: CertificateId::new(id),
                url: url.map(SignedUrl::new),
                dated: None,
                size: None,
            }),
        }
    }

    /// What a certificate was filed as that was completed so many days ago.
    fn filed_as(id: &str, days: i64) -> Issue {
        let participation = listed(id, days, Some(ALLOWED), Some("a-1"));
        issue_of(&CertificateId::new(id), &participation, &key())
    }

    /// Entries called after their states.
    fn ledger() -> Ledger {
        let (at, document) = (now(), None);
        let uploaded = CertificateState::Uploaded { at, document };
        let intent = Intent::unverified(at);
        let failed = RetryState::asked_for("why".to_owned(), at);
        let parked = CertificateState::Parked {
            at,
            reason: "why".to_owned(),
            unverified: None,
        };
        let entry = |id: &str, state: &CertificateState| {
            let (id, employee) = (CertificateId::new(id), SourceId::new("1"));
            CertificateEntry::new(id, employee, state.clone())
        };
        let mut ledger = Ledger::default();
        for (id, issue) in [
            ("filed", filed_as("filed", 1)),
            ("changed", filed_as("changed", 2)),
            ("unknown", Issue::default()),
        ] {
            ledger.add(CertificateEntry {
                issue,
                ..entry(id, &uploaded)
            });
        }
        ledger.add(CertificateEntry {
            issue: filed_as("noticed", 2),
            reissued: Some(Reissued {
                at,
                issue: filed_as("noticed", 1),
            }),
            ..entry("noticed", &uploaded)
        });
        ledger.add(entry("dismissed", &CertificateState::Dismissed { at }));
        ledger.add(entry("held", &CertificateState::Held { at }));
        ledger.add(entry("parked", &parked));
        ledger.add(entry("intended", &CertificateState::Intended(intent)));
        ledger.add(entry("failed", &CertificateState::Failed(failed)));
        ledger
    }

    fn policy(backfill: Backfill) -> Policy {
        Policy {
            first_listed_at: None,
            restored: None,
            mode: Mode::Scheduled,
            backfill,
            time_zone: TimeZone::UTC,
        }
    }

    #[test]
    fn it_knows_each_entry_and_counts_what_waits_for_a_decision() {
        let ledger = ledger();
        assert_eq!((ledger.len(), ledger.parked, ledger.reissued), (9, 1, 1));
        for (id, is_known, has_digest_alone) in [
            ("filed", true, true),
            ("dismissed", true, true),
            ("held", true, true),
            ("parked", true, false),
            ("intended", true, false),
            ("failed", true, false),
            ("new", false, false),
        ] {
            let id = CertificateId::new(id);
            let found = (ledger.knows(&id), ledger.has_digest_alone(&id));
            assert_eq!(found, (is_known, has_digest_alone), "{id}");
        }
    }

    #[test]
    fn a_listing_keeps_what_a_run_may_do_something_about() {
        use Backfill::{All, Hold};
        use Class::{Fileable, Reissued, ToHold, Waiting};
        use Counted::{BeforeSince, Done, Held, NotFromHr};
        let ledger = ledger();
        let owners = HashMap::from([(CustomerId::new("a-1"), SourceId::new("1"))]);
        let people = People {
            tool: "personio",
            owners: &owners,
        };
        let (key, ours, theirs) = (key(), Some("a-1"), Some("a-2"));
        let (file, none, refused) = (Some(ALLOWED), None, Some(FORBIDDEN));
        let since = Backfill::Since(date(2026, 5, 1));
        for (id, backfill, days, url, account, expected) in [
            ("filed", All, 1, file, ours, Keep::Count(Done)),
            ("changed", All, 1, file, ours, Keep::Newest(Reissued)),
            ("changed", All, 1, none, ours, Keep::Count(Done)),
            ("unknown", All, 1, file, ours, Keep::Count(Done)),
            ("noticed", All, 1, file, ours, Keep::Count(Done)),
            ("dismissed", All, 1, file, ours, Keep::Count(Done)),
            ("parked", All, 1, file, ours, Keep::Always),
            ("intended", Hold, 1, file, theirs, Keep::Always),
            ("new", All, 1, file, ours, Keep::Newest(Fileable)),
            ("new", All, 1, refused, ours, Keep::Newest(Waiting)),
            ("new", All, 1, none, ours, Keep::Newest(Waiting)),
            ("new", All, 1, file, None, Keep::Newest(Waiting)),
            ("new", All, 1, file, theirs, Keep::Count(NotFromHr)),
            ("held", All, 1, file, ours, Keep::Newest(Fileable)),
            ("new", since, 1, file, ours, Keep::Newest(Fileable)),
            ("new", since, 40, file, ours, Keep::Count(BeforeSince)),
            ("new", Hold, 1, file, ours, Keep::Newest(ToHold)),
            ("new", Hold, 1, file, theirs, Keep::Newest(ToHold)),
            ("new", Hold, 40, file, ours, Keep::Count(Held)),
            ("new", Hold, 40, file, theirs, Keep::Count(NotFromHr)),
            ("held", Hold, 1, file, ours, Keep::Count(Held)),
            ("held", Hold, 1, file, theirs, Keep::Count(NotFromHr)),
        ] {
            let terms = Terms {
                people,
                policy: &policy(backfill),
                is_allowed: &|url| *url == SignedUrl::new(ALLOWED),
                key: &key,
                began: now() + SignedDuration::from_mins(1),
            };
            let participation = listed(id, days, url, account);
            let kept = ledger.keep((&CertificateId::new(id), &participation), terms);
            assert_eq!(kept, expected, "{id} {days} {url:?} {account:?}");
        }
    }

    #[test]
    fn another_date_alone_is_kept_apart_from_what_was_issued_again() {
        let (id, key, owners) = (CertificateId::new("dated"), key(), HashMap::new());
        let dated = |hours: i64, size| Participation {
            certificate: Some(Certificate {
                id: id.clone(),
                url: Some(SignedUrl::new(ALLOWED)),
                dated: Some(now() + hours.hours()),
                size: Some(size),
            }),
            ..listed("dated", 1, None, Some("a-1"))
        };
        let filed_as = issue_of(&id, &dated(0, 20_000), &key);
        let ledger = Ledger {
            done: HashMap::from([(digest(&id), filed_as)]),
            ..Ledger::default()
        };
        let terms = Terms {
            people: People {
                tool: "personio",
                owners: &owners,
            },
            policy: &policy(Backfill::All),
            is_allowed: &|_| true,
            key: &key,
            began: now(),
        };
        for (hours, size, expected) in [
            (0, 20_000, Keep::Count(Counted::Done)),
            (1, 20_000, Keep::Newest(Class::Redated)),
            (0, 30_000, Keep::Newest(Class::Reissued)),
            (1, 30_000, Keep::Newest(Class::Reissued)),
        ] {
            let kept = ledger.keep((&id, &dated(hours, size)), terms);
            assert_eq!(kept, expected, "{hours} {size}");
        }
        assert!(ledger.is_done(&id));
    }
}
