//! What a Personio account holds.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attributes::{DEFAULT_GRANTS, Definition, render};
use super::credentials::Credentials;
use super::documents::{Category, Documents};
use super::limits::Limits;
use super::quirks::Quirk;
use crate::engine::digest;
use crate::engine::exchange::Reply;
use crate::engine::limiter::Pacing;
use crate::engine::watch::Watch;
use crate::people::Person;

/// One account. What can be had from the rest, and limits, are not in its JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    #[serde(skip)]
    pub(super) quirks: Vec<Quirk>,
    /// Whether the quirks have changed a reply.
    #[serde(skip)]
    pub(super) watch: Watch,
    records: HashMap<u64, Record>,
    /// The page order; gone when somebody came or went.
    #[serde(skip)]
    order: Option<Arc<[u64]>>,
    #[serde(skip)]
    rendered: Rendered,
    pub(super) grants: BTreeSet<String>,
    pub(super) credentials: Credentials,
    pub(super) documents: Documents,
    pub(super) may_read: bool,
    #[serde(skip, default = "Limits::new")]
    pub(super) limits: Limits,
    pub(super) revision: u64,
}

/// One employee, what the API shows instead, and when HR last touched the profile.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) person: Arc<Person>,
    pub(super) raw: HashMap<String, Value>,
    pub(super) modified: Timestamp,
}

/// What Kombo's sync gets to see.
pub(crate) enum Mirrorable {
    /// The people, the attributes readable of them, and the categories of documents.
    People(Vec<Arc<Person>>, BTreeSet<String>, Vec<Category>),
    /// The credential is not good, or may not read employees.
    Refused,
}

/// JSON of employees, kept while the same attributes are asked for.
#[derive(Default)]
struct Rendered {
    keys: Vec<&'static str>,
    rows: HashMap<u64, Arc<str>>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            quirks: Vec::new(),
            watch: Watch::default(),
            records: HashMap::new(),
            order: None,
            rendered: Rendered::default(),
            grants: DEFAULT_GRANTS.iter().map(|&key| key.to_owned()).collect(),
            credentials: Credentials::default(),
            documents: Documents::new(),
            may_read: true,
            limits: Limits::new(),
            revision: 0,
        }
    }

    /// The key by which this account shows the attribute `key`.
    pub(super) fn shown_name<'k>(&self, key: &'k str) -> &'k str {
        let mut renamed = self.quirks.iter().filter_map(|quirk| match quirk {
            Quirk::Renames(from, to) if *from == key => Some(*to),
            _ => None,
        });
        renamed.next().unwrap_or(key)
    }

    /// How many employees a page has at most.
    pub(super) fn largest_page(&self) -> usize {
        let sizes = self.quirks.iter().filter_map(|quirk| match quirk {
            Quirk::PagesOf(size) => Some(*size),
            _ => None,
        });
        sizes.min().unwrap_or(usize::MAX)
    }

    /// What the account answers without its quirks, if it has some of which nobody knows yet whether they change anything.
    pub(super) fn as_assumed(&mut self, answer: impl FnOnce(&mut Self) -> Reply) -> Option<Reply> {
        if !self.watch.is_open() || self.quirks.is_empty() {
            return None;
        }
        let quirks = std::mem::take(&mut self.quirks);
        let pacing = std::mem::replace(&mut self.limits.pacing, Pacing::Off);
        let reply = answer(self);
        (self.quirks, self.limits.pacing) = (quirks, pacing);
        Some(reply)
    }

    pub(super) fn people(&self) -> Vec<Person> {
        let mut people: Vec<Person> = self
            .records
            .values()
            .map(|record| Person::clone(&record.person))
            .collect();
        people.sort_by_key(|person| person.id);
        people
    }

    pub(super) fn person(&self, id: u64) -> Option<Person> {
        self.records
            .get(&id)
            .map(|record| Person::clone(&record.person))
    }

    pub(super) fn put(&mut self, person: Person, now: Timestamp) {
        let id = person.id;
        let raw = self.records.remove(&id).map(|record| record.raw);
        if raw.is_none() {
            self.order = None;
        }
        let record = Record {
            person: Arc::new(person),
            raw: raw.unwrap_or_default(),
            modified: now,
        };
        self.records.insert(id, record);
        self.touched(id);
    }

    pub(super) fn change(
        &mut self,
        id: u64,
        now: Timestamp,
        change: impl FnOnce(&mut Person),
    ) -> bool {
        let Some(record) = self.records.get_mut(&id) else {
            return false;
        };
        let person = Arc::make_mut(&mut record.person);
        change(person);
        // The id is the key: it stays.
        person.id = id;
        record.modified = now;
        self.touched(id);
        true
    }

    pub(super) fn remove(&mut self, id: u64) -> bool {
        self.order = None;
        self.touched(id);
        self.records.remove(&id).is_some()
    }

    pub(super) fn renumber(&mut self, new: impl Fn(u64) -> u64) {
        for (id, mut record) in std::mem::take(&mut self.records) {
            let id = new(id);
            Arc::make_mut(&mut record.person).id = id;
            self.records.insert(id, record);
        }
        self.documents.renumber(new);
        self.rendered = Rendered::default();
        self.order = None;
        self.revision += 1;
    }

    pub(super) fn settle(&mut self, today: Date, now: Timestamp) -> usize {
        let due = |record: &Record| Person::clone(&record.person).settle(today);
        let ids: Vec<u64> = self
            .records
            .iter()
            .filter(|(_, record)| due(record))
            .map(|(id, _)| *id)
            .collect();
        for id in &ids {
            self.change(*id, now, |person| {
                person.settle(today);
            });
        }
        ids.len()
    }

    pub(super) fn set_raw(&mut self, id: u64, attribute: &str, value: Option<Value>) {
        if let Some(record) = self.records.get_mut(&id) {
            match value {
                Some(value) => record.raw.insert(attribute.to_owned(), value),
                None => record.raw.remove(attribute),
            };
        }
        self.touched(id);
    }

    fn touched(&mut self, id: u64) {
        self.rendered.rows.remove(&id);
        self.revision += 1;
    }

    /// The ids in page order: of no field, but always the same.
    pub(super) fn order(&mut self) -> Arc<[u64]> {
        if let Some(order) = &self.order {
            return Arc::clone(order);
        }
        let mut ids: Vec<u64> = self.records.keys().copied().collect();
        ids.sort_by_cached_key(|id| (digest::number(&[&id.to_string()]), *id));
        let order: Arc<[u64]> = ids.into();
        self.order = Some(Arc::clone(&order));
        order
    }

    /// The JSON of one employee with these attributes.
    pub(super) fn rendered(&mut self, id: u64, shown: &[&'static Definition]) -> Option<Arc<str>> {
        if !self
            .rendered
            .keys
            .iter()
            .copied()
            .eq(shown.iter().map(|definition| definition.key))
        {
            self.rendered = Rendered {
                keys: shown.iter().map(|definition| definition.key).collect(),
                ..Rendered::default()
            };
        }
        if let Some(row) = self.rendered.rows.get(&id) {
            return Some(Arc::clone(row));
        }
        let row: Arc<str> = render(self.records.get(&id)?, shown).into();
        self.rendered.rows.insert(id, Arc::clone(&row));
        Some(row)
    }

    pub(super) fn grant(&mut self, attributes: &[&str]) {
        self.grants
            .extend(attributes.iter().map(|&key| key.to_owned()));
        self.revision += 1;
    }

    pub(super) fn revoke(&mut self, attributes: &[&str]) {
        self.grants
            .retain(|key| !attributes.contains(&key.as_str()));
        self.revision += 1;
    }

    pub(super) fn mirrorable(&self, client_id: &str, secret: &str) -> Mirrorable {
        if !self.credentials.are_good(client_id, secret) || !self.may_read {
            return Mirrorable::Refused;
        }
        let people = self
            .records
            .values()
            .map(|record| Arc::clone(&record.person))
            .collect();
        let may_see = self.documents.may_read || self.documents.may_write;
        let categories = if may_see {
            self.documents.categories()
        } else {
            Vec::new()
        };
        Mirrorable::People(people, self.grants.clone(), categories)
    }
}
