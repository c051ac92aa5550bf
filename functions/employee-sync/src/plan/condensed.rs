//! A change without what is personal in it: the names of its reasons, and keyed digests of what it would do.

use std::collections::BTreeMap;

use shared::fingerprint::FingerprintKey;

use super::{Action, Change, Part, SkipReason, WindowCause};

impl WindowCause {
    /// The cause without its day.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ContractEnds(_) => "contract ends",
            Self::ContractBegins(_) => "contract begins",
            Self::Inactive => "inactive",
            Self::Vanished => "gone",
            Self::Unmarked => "missing without deletion flag",
            Self::Orphaned => "orphaned",
            Self::OutOfScope => "out of scope",
            Self::Employed => "employed",
        }
    }

    /// The cause in words. The day of a contract is personal and left out.
    pub fn dayless(&self) -> String {
        match self {
            Self::ContractEnds(_) | Self::ContractBegins(_) => self.name().to_owned(),
            cause => cause.to_string(),
        }
    }
}

impl SkipReason {
    /// The reason without accounts, moments and the vendor's words.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conflict(..) => "conflict",
            Self::Contested(_) => "contested account",
            Self::MailTaken(_) => "mail address taken",
            Self::MailShared(_) => "mail address shared",
            Self::Rejected { .. } => "record does not fit",
            Self::OutOfScope => "out of scope",
            Self::ScopeUndecided(_) => "scope undecided",
            Self::AwaitingRetry(..) => "waits for a retry",
            Self::GoneAlready => "gone already",
            Self::HandedOver(_) => "handed over",
            Self::EmployedAgain(_) => "employed again",
        }
    }
}

impl Change {
    /// A keyed digest of each part of the change, by name: `account`, `window`, and the attributes that change. Equal digests
    /// mean the same effect, whenever the change is planned.
    ///
    /// Files of `tenants plan --save` hold these digests. Another way to compute them needs another format number there.
    #[must_use]
    pub fn part_digests(&self, key: &FingerprintKey) -> BTreeMap<&'static str, u64> {
        let mut digests = BTreeMap::from([("account", self.account_digest(key))]);
        if self.window.is_some() {
            digests.insert("window", self.digest_of_part(Part::AccessWindow, key));
        }
        digests.extend(self.values.iter().map(|value| {
            let attribute = value.attribute;
            let part = Part::Value(attribute);
            (attribute.name(), self.digest_of_part(part, key))
        }));
        digests
    }

    fn account_digest(&self, key: &FingerprintKey) -> u64 {
        let external_id = &self.external_id;
        let what = match &self.action {
            Action::Create => format!("create {external_id}"),
            Action::Adopt(account) => format!("adopt {account} {external_id}"),
            Action::Update(account) => format!("update {account} {external_id}"),
            Action::Handover { account, from, .. } => {
                format!("handover {account} {from} {external_id}")
            }
        };
        key.digest(self.source_id.as_str(), &what)
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::employee::Employee;

    use super::*;
    use crate::plan::builders::{candidate, config, edited, employee, key, plan, text};

    fn digests(employee: &Employee) -> BTreeMap<&'static str, u64> {
        let config = config("");
        let plan = plan(&[candidate(employee, &config)], &config);
        plan.changes[0].part_digests(&key())
    }

    /// If this fails, give saved plans another format number: files of earlier versions cannot be compared any more.
    #[test]
    fn digests_are_the_same_in_every_version() {
        let digests = digests(&employee("1"));
        let digests = digests
            .iter()
            .map(|(part, digest)| format!("{part} {digest:016x}"));
        insta::assert_snapshot!(digests.collect::<Vec<_>>().join("\n"), @r"
        account 9b79b35294798a8b
        company 97eb4d070308f743
        email eed0d0a363c4d0ef
        firstName 8c539a70bd7485a0
        gender 673e6c89ce355eff
        lastName eff7a553126edb72
        location de209d41b269d258
        position 3bdf68b30504ab76
        tag:Anstellungsart d2887a15022b6061
        window db93af7e16617e8c
        ");
    }

    #[test]
    fn another_value_or_another_person_has_another_digest() {
        let other = edited("1", |person| person.position = text("Meister"));
        let (one, other, second) = (
            digests(&employee("1")),
            digests(&other),
            digests(&employee("2")),
        );
        for (part, digest) in &one {
            assert_eq!(digest == &other[part], *part != "position", "{part}");
            assert_ne!(digest, &second[part], "{part}");
        }
    }
}
