//! Kombo's copy of a company's people, as of its last sync.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::digest;
use crate::people::Person;

/// Everybody an integration has ever seen, by Kombo's id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Mirror(pub(super) BTreeMap<String, Mirrored>);

/// One person as of the last sync.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Mirrored {
    pub(super) person: Arc<Person>,
    /// The Personio attributes that the credential could read.
    pub(super) readable: Arc<BTreeSet<String>>,
    pub(super) changed_at: Timestamp,
    pub(super) deleted_at: Option<Timestamp>,
    /// The JSON last shown: valid until the record, the integration's field or the deletion's age changes.
    #[serde(skip)]
    pub(super) shown: OnceLock<Arc<str>>,
}

impl Mirror {
    /// Takes over what a full sync has read. Who is no longer there is marked deleted; who is back is not.
    pub(super) fn refresh(
        &mut self,
        integration: &str,
        people: Vec<Arc<Person>>,
        readable: Arc<BTreeSet<String>>,
        now: Timestamp,
    ) {
        let mut present: HashSet<u64> = HashSet::with_capacity(people.len());
        for person in people {
            present.insert(person.id);
            let kombo_id = digest::base58(&[integration, "employee", &person.id.to_string()]);
            let readable = Arc::clone(&readable);
            let fresh = Mirrored {
                person,
                readable,
                changed_at: now,
                deleted_at: None,
                shown: OnceLock::new(),
            };
            self.0
                .entry(kombo_id)
                .and_modify(|known| known.update(&fresh))
                .or_insert(fresh);
        }
        for gone in self
            .0
            .values_mut()
            .filter(|known| !present.contains(&known.person.id))
        {
            if gone.deleted_at.is_none() {
                (gone.deleted_at, gone.changed_at, gone.shown) = (Some(now), now, OnceLock::new());
            }
        }
    }
}

impl Mirror {
    /// Makes everybody's JSON again.
    pub(super) fn forget_shown(&mut self) {
        self.0
            .values_mut()
            .for_each(|known| known.shown = OnceLock::new());
    }
}

impl Mirrored {
    fn update(&mut self, fresh: &Self) {
        let same_person = Arc::ptr_eq(&self.person, &fresh.person) || self.person == fresh.person;
        let same = same_person && self.readable == fresh.readable && self.deleted_at.is_none();
        if !same {
            *self = fresh.clone();
        }
    }
}
