//! What a Personio account holds.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::attributes::{DEFAULT_GRANTS, Definition, render};
use super::errors::Language;
use crate::engine::digest;
use crate::engine::limiter::{Limiter, Pacing, tick};
use crate::people::Person;

/// A token's life: 24 hours, during which every log-in returns the same one.
pub(super) const TOKEN_SECONDS: i64 = 86_400;

/// One account.
pub(super) struct State {
    records: HashMap<u64, Record>,
    /// The page order; gone when somebody came or went.
    order: Option<Arc<[u64]>>,
    rendered: Rendered,
    pub(super) grants: BTreeSet<String>,
    credentials: HashMap<String, Credential>,
    pub(super) may_read: bool,
    pub(super) language: Language,
    pub(super) token_refusal: StatusCode,
    pub(super) limits: Limits,
    pub(super) revision: u64,
}

/// One employee, what the API is told to show instead, and when HR last touched the profile.
pub(super) struct Record {
    pub(super) person: Arc<Person>,
    pub(super) raw: HashMap<String, Value>,
    pub(super) modified: Timestamp,
}

/// What Kombo's sync gets to see.
pub(crate) enum Mirrorable {
    /// The people and the attributes readable of them.
    People(Vec<Arc<Person>>, BTreeSet<String>),
    /// The credential is not good, or may not read employees.
    Refused,
}

struct Credential {
    secret: String,
    token: Option<(String, Timestamp)>,
    issued: u64,
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
            records: HashMap::new(),
            order: None,
            rendered: Rendered::default(),
            grants: DEFAULT_GRANTS.iter().map(|&key| key.to_owned()).collect(),
            credentials: HashMap::new(),
            may_read: true,
            language: Language::default(),
            token_refusal: StatusCode::UNAUTHORIZED,
            limits: Limits::new(),
            revision: 0,
        }
    }

    pub(super) fn people(&self) -> Vec<Person> {
        let mut people: Vec<Person> =
            self.records.values().map(|record| Person::clone(&record.person)).collect();
        people.sort_by_key(|person| person.id);
        people
    }

    pub(super) fn person(&self, id: u64) -> Option<Person> {
        self.records.get(&id).map(|record| Person::clone(&record.person))
    }

    pub(super) fn put(&mut self, person: Person, now: Timestamp) {
        let id = person.id;
        let raw = self.records.remove(&id).map(|record| record.raw);
        if raw.is_none() {
            self.order = None;
        }
        let record = Record { person: Arc::new(person), raw: raw.unwrap_or_default(), modified: now };
        self.records.insert(id, record);
        self.touched(id);
    }

    pub(super) fn change(&mut self, id: u64, now: Timestamp, change: impl FnOnce(&mut Person)) -> bool {
        let Some(record) = self.records.get_mut(&id) else { return false };
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

    pub(super) fn settle(&mut self, today: Date, now: Timestamp) -> usize {
        let due = |record: &Record| Person::clone(&record.person).settle(today);
        let ids: Vec<u64> =
            self.records.iter().filter(|(_, record)| due(record)).map(|(id, _)| *id).collect();
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
        ids.sort_by_key(|id| (digest::number(&[&id.to_string()]), *id));
        let order: Arc<[u64]> = ids.into();
        self.order = Some(Arc::clone(&order));
        order
    }

    /// The JSON of one employee with these attributes.
    pub(super) fn rendered(&mut self, id: u64, shown: &[&'static Definition]) -> Option<Arc<str>> {
        if !self.rendered.keys.iter().copied().eq(shown.iter().map(|definition| definition.key)) {
            self.rendered = Rendered {
                keys: shown.iter().map(|definition| definition.key).collect(),
                ..Rendered::default()
            };
        }
        if let Some(row) = self.rendered.rows.get(&id) {
            return Some(Arc::clone(row));
        }
        let row: Arc<str> = render(self.records.get(&id)?, shown, self.language).into();
        self.rendered.rows.insert(id, Arc::clone(&row));
        Some(row)
    }

    pub(super) fn grant(&mut self, attributes: &[&str]) {
        self.grants.extend(attributes.iter().map(|&key| key.to_owned()));
        self.revision += 1;
    }

    pub(super) fn revoke(&mut self, attributes: &[&str]) {
        self.grants.retain(|key| !attributes.contains(&key.as_str()));
        self.revision += 1;
    }

    pub(super) fn set_language(&mut self, language: Language) {
        self.language = language;
        self.rendered = Rendered::default();
    }

    pub(super) fn mirrorable(&self, client_id: &str, secret: &str) -> Mirrorable {
        let good = self.credentials.get(client_id).is_some_and(|credential| credential.secret == secret);
        if !good || !self.may_read {
            return Mirrorable::Refused;
        }
        let people = self.records.values().map(|record| Arc::clone(&record.person)).collect();
        Mirrorable::People(people, self.grants.clone())
    }
}

/// Credentials and tokens.
impl State {
    pub(super) fn add_credentials(&mut self, client_id: &str, secret: &str) {
        let issued = self.credentials.get(client_id).map_or(0, |old| old.issued);
        let credential = Credential { secret: secret.to_owned(), token: None, issued };
        self.credentials.insert(client_id.to_owned(), credential);
    }

    pub(super) fn remove_credentials(&mut self, client_id: &str) {
        self.credentials.remove(client_id);
    }

    pub(super) fn revoke_tokens(&mut self) {
        self.credentials.values_mut().for_each(|credential| credential.token = None);
    }

    /// The credential's token of these 24 hours.
    pub(super) fn token(&mut self, client_id: &str, secret: &str, now: Timestamp) -> Option<String> {
        let credential = self.credentials.get_mut(client_id).filter(|found| found.secret == secret)?;
        if let Some((token, ends)) = &credential.token
            && now < *ends
        {
            return Some(token.clone());
        }
        credential.issued += 1;
        let token = digest::token("papi-", &[client_id, secret, &credential.issued.to_string()]);
        let ends =
            now.saturating_add(jiff::SignedDuration::from_secs(TOKEN_SECONDS)).unwrap_or(Timestamp::MAX);
        credential.token = Some((token.clone(), ends));
        Some(token)
    }

    pub(super) fn knows_token(&self, token: &str, now: Timestamp) -> bool {
        self.credentials
            .values()
            .filter_map(|credential| credential.token.as_ref())
            .any(|(known, ends)| known == token && now < *ends)
    }
}

/// Personio's limits: log-ins 60 a minute with a cool-down of one, employees 300 a minute and 15 a second, everything 2,000 a
/// minute.
pub(super) struct Limits {
    pub(super) pacing: Pacing,
    started: Instant,
    login: Limiter,
    employees: [Limiter; 2],
    all: Limiter,
}

impl Limits {
    fn new() -> Self {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        Self {
            pacing: Pacing::default(),
            started: Instant::now(),
            login: Limiter::new(60, minute).with_cool_down(minute),
            employees: [Limiter::new(300, minute), Limiter::new(15, second)],
            all: Limiter::new(2_000, minute),
        }
    }

    pub(super) fn admit_login(&mut self, now: Timestamp) -> bool {
        tick(self.pacing, self.started, now).is_none_or(|tick| self.all.admit(tick) && self.login.admit(tick))
    }

    pub(super) fn admit_employees(&mut self, now: Timestamp) -> bool {
        tick(self.pacing, self.started, now).is_none_or(|tick| {
            self.all.admit(tick) && self.employees.iter_mut().all(|limiter| limiter.admit(tick))
        })
    }

    pub(super) fn admit_other(&mut self, now: Timestamp) -> bool {
        tick(self.pacing, self.started, now).is_none_or(|tick| self.all.admit(tick))
    }
}
