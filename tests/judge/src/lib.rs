//! A judge who only reads traffic: what the vendors' servers received and answered, and the documents that they hold in
//! the end. It states the product's promises as predicates over that history and shares no code with the product.
//!
//! It knows no final states: those are the oracle's. What traffic cannot show (an operator's consent, a death at any
//! moment) excuses a call here, so a silent judge proves less than the oracle, and an accusation is always a defect.

mod accounts;
mod documents;
mod history;
mod limits;
mod locks;
mod secrets;
mod source;
#[cfg(test)]
mod tests;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use history::{Account, Address, Call, Document, Effect, Event, Page, Person, Write, Written};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
pub use limits::{LIMITS, Limit, most_within};
use simulators::{Recorded, personio};

/// What a world says of itself, besides its traffic.
#[derive(Clone, Debug)]
pub struct Terms {
    pub zone: TimeZone,
    /// The tenant files, each with the number of the first call that it is for. Before them: the default rules.
    pub rules: Vec<(usize, Rules)>,
    /// Limits that clients keep to. None in worlds without a real clock.
    pub limits: &'static [Limit],
    /// Certificates that an operator sent again after an upload of unknown outcome.
    pub sent_again: BTreeSet<String>,
    /// When an operator approved what was held.
    pub approvals: Vec<Timestamp>,
}

const CONSENT_LASTS: SignedDuration = SignedDuration::from_hours(24);

impl Default for Terms {
    fn default() -> Self {
        Self {
            zone: simulators::people::zone(),
            rules: Vec::new(),
            limits: &[],
            sent_again: BTreeSet::new(),
            approvals: Vec::new(),
        }
    }
}

/// The part of a tenant file that explains locks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// An end date locks when its day begins, not when it is over.
    pub locks_on_last_day: bool,
    /// People of this company are out of scope.
    pub excluded_company: Option<&'static str>,
}

impl Terms {
    fn rules_at(&self, call: usize) -> Rules {
        let mut earlier = self.rules.iter().filter(|(from, _)| *from <= call);
        earlier
            .next_back()
            .map(|(_, rules)| *rules)
            .unwrap_or_default()
    }

    fn is_approved(&self, at: Timestamp) -> bool {
        let mut approvals = self.approvals.iter();
        approvals.any(|approved| (*approved..=*approved + CONSENT_LASTS).contains(&at))
    }
}

/// A broken promise. It names accounts, certificates and calls, and no person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub promise: &'static str,
    /// The call that broke it, counted over the whole recording; none where documents alone show it.
    pub call: Option<usize>,
    /// The account, certificate, document or limit.
    pub subject: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            promise, subject, ..
        } = self;
        match self.call {
            Some(call) => write!(f, "{promise}: {subject}, call {call}"),
            None => write!(f, "{promise}: {subject}"),
        }
    }
}

/// How many calls of each kind there are: a judge who sees nothing is silent, too.
#[must_use]
pub fn sights(tape: &[Recorded]) -> BTreeMap<&'static str, usize> {
    let mut sights = BTreeMap::new();
    for call in tape.iter().enumerate().filter_map(traffic::call) {
        *sights.entry(call.event.kind()).or_default() += 1;
        *sights.entry("secrets").or_default() += call.secrets.len();
    }
    sights
}

/// Every promise that the traffic of a world breaks. `documents` are what each tenant's personnel files hold in the end.
#[must_use]
pub fn judge(
    tape: &[Recorded],
    documents: &BTreeMap<String, Vec<personio::Document>>,
    terms: &Terms,
) -> Vec<Violation> {
    let calls: Vec<Call> = tape.iter().enumerate().filter_map(traffic::call).collect();
    let mut violations = secrets::stay_with_their_host(&calls);
    let mut by_tenant: BTreeMap<String, Vec<Call>> = BTreeMap::new();
    for call in calls {
        by_tenant.entry(call.tenant.clone()).or_default().push(call);
    }
    for (tenant, calls) in by_tenant {
        let filed: Vec<Document> = documents
            .get(&tenant)
            .map(|documents| documents.iter().map(traffic::document).collect())
            .unwrap_or_default();
        violations.extend(documents::have_one_upload_each(&calls, &filed));
        violations.extend(documents::are_not_sent_blindly(&calls, terms));
        violations.extend(accounts::are_of_known_people(&calls, terms));
        violations.extend(accounts::are_written_for_their_owner(&calls, terms));
        violations.extend(locks::have_a_cause(&calls, terms));
        violations.extend(limits::are_kept(&calls, terms.limits));
    }
    violations
}
