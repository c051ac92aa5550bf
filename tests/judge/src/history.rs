//! A history as plain data.

use jiff::Timestamp;
use jiff::civil::Date;

/// One call of a vendor.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its place in the recording.
    pub number: usize,
    pub at: Timestamp,
    pub tenant: String,
    /// The kind of server, such as `Personio`.
    pub server: &'static str,
    pub method: String,
    pub template: &'static str,
    pub effect: Effect,
    /// Fingerprints of the secrets in it.
    pub secrets: Vec<u64>,
    pub event: Event,
}

/// What the caller may conclude from the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// 2xx, with an answer that can be read.
    Confirmed,
    /// 3xx and 4xx.
    Refused,
    /// No answer, one that cannot be read, or 5xx.
    Unknown,
}

#[derive(Clone, Debug)]
pub enum Event {
    /// Nothing that a promise is about, apart from secrets and limits.
    Other,
    /// The source showed people.
    Read(Page),
    /// The academy showed accounts.
    Shown(Vec<Account>),
    Created(Write, Option<Account>),
    Updated(Address, Write, Option<Account>),
    /// A file was sent to the personnel file of an employee.
    Uploaded(Document),
    /// The documents of an employee were listed.
    Listed(u64),
}

impl Event {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Other => "others",
            Self::Read(_) => "pages of people",
            Self::Shown(_) => "accounts shown",
            Self::Created(..) => "accounts created",
            Self::Updated(Address::ReteachId(_), ..) => "updates by reteach's id",
            Self::Updated(Address::Owner(_), ..) => "updates by external id",
            Self::Uploaded(_) => "uploads",
            Self::Listed(_) => "lists of documents",
        }
    }
}

/// How a write names its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    ReteachId(String),
    /// The number in `personio:<number>`.
    Owner(u64),
}

/// A page of a reading of the source.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub people: Vec<Person>,
    /// Whom Kombo flags as deleted.
    pub flagged: Vec<u64>,
    /// Its offset or cursor.
    pub place: String,
    pub is_last: bool,
    /// How many people the source says it has; Kombo says nothing.
    pub total: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    pub id: u64,
    pub is_inactive: bool,
    pub hired: Option<Date>,
    pub ends: Option<Date>,
    pub company: Option<String>,
    /// In lower case.
    pub mail: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Account {
    pub id: String,
    pub external_id: Option<String>,
    /// In lower case.
    pub mail: Option<String>,
    pub inactive_at: Option<Timestamp>,
}

/// What is written; `None` is not written, `Some(Written::Nothing)` clears.
#[derive(Clone, Debug, Default)]
pub struct Write {
    pub external_id: Option<Written<String>>,
    pub active_at: Option<Written<Timestamp>>,
    pub inactive_at: Option<Written<Timestamp>>,
    /// Whether it writes anything else.
    pub has_more: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written<T> {
    Nothing,
    Value(T),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub employee: u64,
    pub file: String,
}

impl Document {
    /// The certificate in a name of ours: `<course> <yyyy-mm-dd> <certificate id>.pdf`.
    pub(crate) fn certificate(&self) -> Option<&str> {
        let mut words = self.file.strip_suffix(".pdf")?.rsplit(' ');
        let id = words.next()?;
        words.next()?.parse::<Date>().ok().map(|_| id)
    }
}

/// The person's number in an external id of ours.
pub(crate) fn owner(external_id: &str) -> Option<u64> {
    external_id.strip_prefix("personio:")?.parse().ok()
}

impl Account {
    pub(crate) fn owner(&self) -> Option<u64> {
        self.external_id.as_deref().and_then(owner)
    }
}

impl Write {
    /// The person to whom it gives the account.
    pub(crate) fn new_owner(&self) -> Option<u64> {
        match &self.external_id {
            Some(Written::Value(id)) => owner(id),
            _ => None,
        }
    }
}
