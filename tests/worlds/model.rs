//! What academy and personnel files should hold, from what happened alone. Accounts and documents are worked out by the
//! [`oracle`]; nothing here knows the product's code.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use oracle::{
    AccessRules, Difference, DocumentFields, ExpectedAccounts, ExpectedDocuments,
    IssuedCertificate, LockOn, OutOfScope,
};
use shared::tenant::Via;
use simulators::people::Status;
use simulators::personio::Document;
use simulators::reteach::Customer;
use simulators::{Person, Personio, Reteach};

use crate::event::Config;

/// Where certificates go without a folder of their own, and its id in a new Personio.
const AT_FIRST: u64 = 2;

/// The comment of documents that another integration has filed.
pub(crate) const OF_ANOTHER: &str = "aus der alten Schnittstelle";

/// What should be.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) expected: ExpectedAccounts,
    pub(crate) zone: TimeZone,
    pub(crate) via: Via,
    /// The tenant file there is now.
    pub(crate) config: Config,
    /// Since when somebody who is inactive now may have been seen so, or gone.
    since: BTreeMap<u64, Timestamp>,
    pub(crate) papers: Vec<Paper>,
    /// The ids of the folders for certificates, one after the other.
    folders: Vec<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Paper {
    pub(crate) issued: IssuedCertificate,
    pub(crate) participation: String,
    pub(crate) has_pdf: bool,
    /// Something happened after which it may be filed or not: issued again, its owner or the account deleted.
    pub(crate) is_excused: bool,
    /// Another integration has filed it, by title and day.
    pub(crate) is_filed_already: bool,
    /// The ledger forgot it when the table was restored.
    is_forgotten: bool,
    /// Who got the account after its owner, one after the other.
    pub(crate) heirs: Vec<u64>,
    /// The first of the folders it may be in.
    folder: usize,
}

impl Model {
    pub(crate) fn new(via: Via) -> Self {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        Self {
            expected: ExpectedAccounts::default(),
            zone,
            via,
            config: Config::Usual,
            since: BTreeMap::new(),
            papers: Vec::new(),
            folders: vec![AT_FIRST],
        }
    }

    /// HR, or the operator, has changed something.
    pub(crate) fn look_at(&mut self, people: &[Person], now: Timestamp) {
        let rules = self.rules();
        let may_be_locked =
            |it: &&Person| it.status == Status::Inactive || rules.is_out_of_scope(it);
        let ids: Vec<u64> = people
            .iter()
            .filter(may_be_locked)
            .map(|it| it.id)
            .collect();
        for id in ids {
            self.since.entry(id).or_insert(now);
        }
    }

    pub(crate) fn configured(&mut self, config: Config, people: &[Person], now: Timestamp) {
        self.config = config;
        self.look_at(people, now);
    }

    fn rules(&self) -> AccessRules {
        let excluded = matches!(self.config, Config::WithoutAustria | Config::LeavesAustria);
        AccessRules {
            time_zone: self.zone.clone(),
            lock_on: match self.config {
                Config::LocksOnLastDay => LockOn::EndDay,
                _ => LockOn::DayAfterEnd,
            },
            excluded_company: excluded.then_some("Muster Österreich GmbH"),
            out_of_scope: match self.config {
                Config::LeavesAustria => OutOfScope::Leave,
                _ => OutOfScope::Lock,
            },
        }
    }

    /// Whether the account of `person` is none of ours at the moment.
    pub(crate) fn is_left_alone(&self, person: &Person) -> bool {
        self.rules().is_left_alone(person)
    }

    pub(crate) fn deleted(&mut self, person: u64, now: Timestamp) {
        self.since.entry(person).or_insert(now);
        self.excuse(|paper| paper.issued.person == Some(person));
    }

    /// A run has given the account of `from` to `to`. Certificates that are not filed yet go along.
    pub(crate) fn hand_over(&mut self, from: u64, to: u64) {
        self.expected.hand_over(from, to);
        for paper in &mut self.papers {
            let owner = paper.heirs.last().copied().or(paper.issued.person);
            if owner == Some(from) {
                paper.heirs.push(to);
            }
        }
    }

    /// Everybody has the id that `new` gives.
    pub(crate) fn renumbered(&mut self, new: impl Fn(u64) -> u64) {
        let since = std::mem::take(&mut self.since).into_iter();
        self.since = since.map(|(id, at)| (new(id), at)).collect();
    }

    /// The account of `person` is no longer known by their external id.
    pub(crate) fn released(&mut self, person: u64, account: Customer) {
        self.excuse(|paper| paper.issued.account == account.id);
        self.expected.release(person, account);
    }

    /// The external id of `person` is at `account` now, and no longer at `old`.
    pub(crate) fn moved(&mut self, person: u64, old: Customer, account: Customer) {
        self.excuse(|paper| paper.issued.account == old.id);
        self.expected.replace(person, account);
        self.expected.add_foreign(old);
    }

    /// What becomes of these certificates is not foreseen.
    pub(crate) fn excuse(&mut self, which: impl Fn(&Paper) -> bool) {
        self.papers
            .iter_mut()
            .filter(|it| which(it))
            .for_each(|it| it.is_excused = true);
    }

    /// Since when people may have been seen locked.
    pub(crate) fn since(&self) -> BTreeMap<u64, Timestamp> {
        self.since.clone()
    }

    /// The table went back to a moment at which people were locked `since` then. A lock keeps the date that the table has.
    pub(crate) fn forget(&mut self, since: BTreeMap<u64, Timestamp>) {
        self.papers.iter_mut().for_each(|it| it.is_forgotten = true);
        for (id, then) in since {
            let at = self.since.entry(id).or_insert(then);
            *at = then.min(*at);
        }
    }

    /// Whether of some certificates documents in Personio alone say that they are filed.
    pub(crate) fn looks_before_filing(&self) -> bool {
        self.papers
            .iter()
            .any(|it| it.is_forgotten || it.is_filed_already)
    }

    pub(crate) fn issued(
        &mut self,
        issued: IssuedCertificate,
        participation: String,
        has_pdf: bool,
    ) {
        let folder = self.folders.len() - 1;
        self.papers.push(Paper {
            issued,
            participation,
            has_pdf,
            is_excused: false,
            is_filed_already: false,
            is_forgotten: false,
            heirs: Vec::new(),
            folder,
        });
    }

    /// Certificates go to another folder from now on; `None`: to where they went at first.
    pub(crate) fn folder(&mut self, id: Option<u64>) {
        self.folders.push(id.unwrap_or(AT_FIRST));
    }

    /// Whether the account of `person` is to be locked.
    pub(crate) fn is_to_be_locked(&self, person: &Person, now: Timestamp) -> bool {
        self.rules().is_locked(person, now)
    }

    /// Everything in which the academy is not as it should be, once all is quiet.
    pub(crate) fn accounts(
        &mut self,
        people: &[Person],
        reteach: &Reteach,
        now: Timestamp,
    ) -> Vec<String> {
        let customers = reteach.customers();
        let ours = |id: u64| format!("personio:{id}");
        let by_id: BTreeMap<&str, &Customer> = customers
            .iter()
            .filter_map(|it| Some((it.external_id.as_deref()?, it)))
            .collect();
        let mut found = Vec::new();
        let mut apart = BTreeSet::new();
        let mut since = BTreeMap::new();
        let mut present = BTreeSet::new();
        for person in people {
            let account = by_id.get(ours(person.id).as_str()).copied();
            let reason = match self.expected.is_handed_over(person.id) {
                true if account.is_none() => continue,
                // A table that went back does not know of the handover.
                true => Some("whose account was handed over".to_owned()),
                false => conflict(person, &customers),
            };
            present.insert(ours(person.id));
            if let Some(reason) = reason {
                apart.insert(person.id);
                if let Some(account) = account
                    && account.is_locked(now) != self.is_to_be_locked(person, now)
                {
                    let locked = account.is_locked(now);
                    found.push(format!(
                        "personio:{} ({reason}) is locked: {locked}",
                        person.id
                    ));
                }
                continue;
            }
            if person.status == Status::Inactive
                && let Some(from) = self.since.get(&person.id)
                && let Some(at) = account.and_then(|it| it.set_inactive_at)
                // A lock begins with the minute in which it is seen.
                && from.as_second() - 60 < at.as_second()
                && at <= now
            {
                since.insert(person.id, at);
            }
        }
        for account in &customers {
            let id = account.external_id.as_deref().unwrap_or_default();
            // Adopted, even if the person is gone by now: what it had by hand is kept.
            let person = id.strip_prefix("personio:").and_then(|id| id.parse().ok());
            let Some(person) = person else { continue };
            self.expected.adopt(person);
            if !present.contains(id) && !account.is_locked(now) {
                found.push(format!("{id} is gone and not locked"));
            }
        }
        self.expected.settle(people, &since, &apart, now);
        let apart: BTreeSet<String> = apart.into_iter().map(ours).collect();
        let is_settled = |account: &str| {
            !account.starts_with("personio:")
                || (present.contains(account) && !apart.contains(account))
        };
        let differences = self.expected.differences(&customers);
        let matters = |it: &&Difference| it.account().is_none_or(is_settled) && !is_only_case(it);
        found.extend(differences.iter().filter(matters).map(ToString::to_string));
        let still = |id: &u64| {
            let person = people.iter().find(|it| it.id == *id);
            person.is_none_or(|it| it.status == Status::Inactive)
        };
        self.since.retain(|id, _| still(id));
        found
    }

    /// Everything in which the personnel files are not as they should be, once all is quiet.
    pub(crate) fn documents(&self, personio: &Personio, reteach: &Reteach) -> Vec<String> {
        let mut documents = personio.documents();
        documents.retain(|it| it.comment.as_deref() != Some(OF_ANOTHER));
        // A forgotten document in the file of a former profile is not looked for.
        for paper in self.papers.iter().filter(|it| it.is_forgotten) {
            let is_theirs = |it: &Document| is_of(it, &paper.issued.id);
            let first = documents.iter().find(|it| is_theirs(it)).map(|it| it.id);
            if !paper.heirs.is_empty() {
                documents.retain(|it| !is_theirs(it) || Some(it.id) == first);
            }
        }
        let categories: BTreeMap<u64, String> = personio
            .categories()
            .into_iter()
            .map(|it| (it.id, it.name))
            .collect();
        let label = if self.via == Via::Kombo {
            DocumentFields::FileName
        } else {
            DocumentFields::All
        };
        let mut filing = ExpectedDocuments::new(label);
        for paper in &self.papers {
            let id = &paper.issued.id;
            let document = documents.iter().find(|it| is_of(it, id));
            let is_unforeseen = paper.is_excused || !paper.heirs.is_empty();
            if paper.is_filed_already && (document.is_none() || !is_unforeseen) {
                continue;
            }
            if document.is_none() && (paper.is_excused || !paper.has_pdf) {
                continue;
            }
            let last = self.folders.last().copied().unwrap_or(AT_FIRST);
            let allowed = &self.folders[paper.folder..];
            let folder = document
                .map(|it| it.category_id)
                .filter(|it| allowed.contains(it))
                .unwrap_or(last);
            filing.set_folder(&categories[&folder]);
            let issued = IssuedCertificate {
                has_pdf: paper.has_pdf,
                person: paper.owner(document),
                ..paper.issued.clone()
            };
            filing.issue(&issued, sha256(document, paper, reteach));
            filing.complete_run();
        }
        filing
            .differences(&documents)
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}

impl Paper {
    /// Whose file it belongs in: that of the owner at the time it was filed, or of the last one.
    fn owner(&self, document: Option<&Document>) -> Option<u64> {
        let filed = document
            .map(|it| it.employee_id)
            .filter(|it| self.issued.person == Some(*it) || self.heirs.contains(it));
        filed.or(self.heirs.last().copied()).or(self.issued.person)
    }
}

/// What the academy says of its file; of a certificate that was issued again since, nobody can say any more.
fn sha256(document: Option<&Document>, paper: &Paper, reteach: &Reteach) -> String {
    let known = reteach.pdf_sha256(&paper.issued.id);
    known.unwrap_or_else(|| document.map(|it| it.sha256.clone()).unwrap_or_default())
}

fn is_of(document: &Document, certificate: &str) -> bool {
    document.file_name.ends_with(&format!(" {certificate}.pdf"))
}

/// An adopted account keeps its mail address in the letters it was given, unless a run that was cut off did not learn of them.
fn is_only_case(difference: &Difference) -> bool {
    matches!(difference, Difference::Field { field: "email", expected, actual, .. }
        if expected.to_lowercase() == actual.to_lowercase())
}

/// Why somebody cannot have what Personio says: the mail address is another account's.
fn conflict(person: &Person, customers: &[Customer]) -> Option<String> {
    let mail = person.email.as_ref()?.to_lowercase();
    let ours = format!("personio:{}", person.id);
    let other = customers.iter().find(|it| {
        let is_other = it.external_id.as_ref().is_some_and(|id| *id != ours);
        is_other
            && it
                .email
                .as_ref()
                .is_some_and(|held| held.to_lowercase() == mail)
    })?;
    Some(format!(
        "whose mail address is that of {}",
        other.external_id.as_deref().unwrap_or_default()
    ))
}
