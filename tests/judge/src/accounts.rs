//! Accounts: for whom they are made, and for whom they are written.

use std::collections::BTreeMap;

use crate::history::{Account, Address, Call, Effect, Event, Write, Written};
use crate::source::Source;
use crate::{Terms, Violation};

/// The academy's accounts as last shown, by its own id.
#[derive(Debug, Default)]
pub(crate) struct Accounts(BTreeMap<String, Known>);

#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) account: Account,
    /// The person whose external id it shows, or showed last.
    pub(crate) owned_by: Option<u64>,
    /// The call that showed it.
    read_by: usize,
}

impl Accounts {
    pub(crate) fn see(&mut self, call: &Call) {
        let shown = match &call.event {
            Event::Shown(accounts) => accounts.as_slice(),
            Event::Created(_, Some(account)) | Event::Updated(_, _, Some(account)) => {
                std::slice::from_ref(account)
            }
            _ => &[],
        };
        for account in shown {
            let before = self.0.get(&account.id).and_then(|known| known.owned_by);
            let known = Known {
                owned_by: account.owner().or(before),
                account: account.clone(),
                read_by: call.number,
            };
            self.0.insert(account.id.clone(), known);
        }
    }

    /// The account that a write names.
    pub(crate) fn written_by(&self, event: &Event) -> Option<&Known> {
        match event {
            Event::Updated(Address::ReteachId(id), ..) => self.0.get(id),
            Event::Updated(Address::Owner(id), ..) => self
                .0
                .values()
                .find(|known| known.account.owner() == Some(*id)),
            _ => None,
        }
    }

    /// Whose account a write is for, or was.
    pub(crate) fn owner(&self, event: &Event) -> Option<u64> {
        let (Event::Created(write, _) | Event::Updated(_, write, _)) = event else {
            return None;
        };
        let named = match event {
            Event::Updated(Address::Owner(id), ..) => Some(*id),
            _ => None,
        };
        let known = || self.written_by(event)?.owned_by;
        write.new_owner().or(named).or_else(known)
    }

    pub(crate) fn violation(&self, promise: &'static str, call: &Call) -> Violation {
        let account = match &call.event {
            Event::Updated(Address::ReteachId(id), ..) => id,
            _ => "an account",
        };
        let owner = self.owner(&call.event);
        Violation {
            promise,
            call: Some(call.number),
            subject: owner.map_or(account.to_owned(), |id| format!("personio:{id}")),
        }
    }
}

/// No account is made for somebody whom the last reading did not show, or who is out of scope.
pub(crate) fn are_of_known_people(calls: &[Call], terms: &Terms) -> Vec<Violation> {
    let mut source = Source::default();
    let mut violations = Vec::new();
    for call in calls {
        source.see(call);
        let Event::Created(write, _) = &call.event else {
            continue;
        };
        let person = write.new_owner().and_then(|id| source.present(id));
        let excluded = terms.rules_at(call.number).excluded_company;
        let is_in_scope = person.is_some_and(|person| {
            person.company.is_none() || person.company.as_deref() != excluded
        });
        if !is_in_scope {
            violations.push(Accounts::default().violation("an account of nobody", call));
        }
    }
    violations
}

/// A write names the account by its owner's external id, so that the academy checks it. Or its owner was shown since the
/// last reading of the source began. An account gets an owner only by its mail address, or from somebody who has left.
pub(crate) fn are_written_for_their_owner(calls: &[Call], terms: &Terms) -> Vec<Violation> {
    let (mut source, mut accounts) = (Source::default(), Accounts::default());
    let mut violations = Vec::new();
    for call in calls {
        source.see(call);
        if let Event::Updated(address, write, _) = &call.event
            && call.effect != Effect::Refused
        {
            let known = accounts.written_by(&call.event);
            let is_checked = *address == Address::Owner(write.new_owner().unwrap_or_default())
                || (matches!(address, Address::Owner(_)) && write.external_id.is_none());
            let is_owned = known.is_some_and(|known| {
                known.read_by > source.began() && may_write(write, known, call, &source, terms)
            });
            if !is_checked && !is_owned {
                violations.push(accounts.violation("a write without its owner", call));
            }
        }
        accounts.see(call);
    }
    violations
}

fn may_write(write: &Write, known: &Known, call: &Call, source: &Source, terms: &Terms) -> bool {
    let account = &known.account;
    match (&write.external_id, &account.external_id) {
        (None, Some(_)) => account.owner().is_some(),
        // An admin has taken the external id of an account of ours: a lock is all that is left to write.
        (None, None) => known.owned_by.is_some() && !write.has_more,
        (Some(Written::Nothing), _) => false,
        (Some(Written::Value(new)), Some(old)) if new == old => true,
        (Some(Written::Value(_)), None) => {
            let person = write.new_owner().and_then(|id| source.present(id));
            person.is_some_and(|person| person.mail.is_some() && person.mail == account.mail)
        }
        (Some(Written::Value(_)), Some(_)) => account
            .owner()
            .is_some_and(|old| source.has_left(old, call, terms)),
    }
}
