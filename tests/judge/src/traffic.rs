//! Recorded calls as a history: the vendors' JSON is read here and nowhere else.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use simulators::{Origin, Recorded, personio};

use crate::history::{
    Account, Address, Call, Document, Effect, Event, Page, Person, Write, Written, owner,
};

/// The call at its place; `None` for a path that the vendor does not have.
/// Whether it may be a vendor's: a page in the place of an answer says nothing of what became of the call.
fn is_answer(reply: &[u8]) -> bool {
    reply.is_empty() || serde_json::from_slice::<serde_json::Value>(reply).is_ok()
}

pub(crate) fn call((number, recorded): (usize, &Recorded)) -> Option<Call> {
    let received = &recorded.call;
    let effect = match received.status {
        Some(200..=299) if is_answer(&recorded.reply) => Effect::Confirmed,
        Some(300..=499) => Effect::Refused,
        _ => Effect::Unknown,
    };
    // What Kombo uses at Personio is Kombo's own.
    let secrets = match received.origin {
        Origin::Direct => recorded.secrets.clone(),
        Origin::KomboPassthrough | Origin::KomboAction => Vec::new(),
    };
    Some(Call {
        number,
        at: received.at,
        tenant: recorded.owner.to_string(),
        server: recorded.server,
        method: received.method.to_string(),
        template: received.template?,
        effect,
        secrets,
        event: event(recorded, effect).unwrap_or(Event::Other),
    })
}

pub(crate) fn document(document: &personio::Document) -> Document {
    Document {
        employee: document.employee_id,
        file: document.file_name.clone(),
    }
}

fn event(recorded: &Recorded, effect: Effect) -> Option<Event> {
    let received = &recorded.call;
    let body = received.body.as_ref();
    let reply = || serde_json::from_slice::<Value>(&recorded.reply).ok();
    let confirmed = || reply().filter(|_| effect == Effect::Confirmed);
    let endpoint = (
        recorded.server,
        received.method.as_str(),
        received.template?,
    );
    Some(match endpoint {
        ("Personio", "GET", "/v1/company/employees") if received.origin == Origin::Direct => {
            query(recorded, "email").is_none().then_some(())?;
            Event::Read(personio_page(&confirmed()?, query(recorded, "offset"))?)
        }
        ("Kombo", "POST", "/v1/passthrough/{tool}/{api}") => {
            let (path, query) = at(body?, "/path").as_str()?.split_once('?')?;
            (path == "/company/employees" && !query.contains("email=")).then_some(())?;
            let offset = query
                .split('&')
                .find_map(|pair| pair.strip_prefix("offset="));
            Event::Read(personio_page(at(&confirmed()?, "/data/data"), offset)?)
        }
        ("Kombo", "GET", "/v1/hris/employees") => {
            query(recorded, "remote_ids").is_none().then_some(())?;
            Event::Read(kombo_page(
                at(&confirmed()?, "/data"),
                query(recorded, "cursor"),
            )?)
        }
        ("reteach", "GET", "/customer") => {
            let reply = confirmed()?;
            Event::Shown(
                at(&reply, "/results")
                    .as_array()?
                    .iter()
                    .filter_map(account)
                    .collect(),
            )
        }
        ("reteach", "GET", "/customer/{customerIdentifier}") => {
            Event::Shown(account(&confirmed()?).into_iter().collect())
        }
        ("reteach", "POST", "/customer") => {
            Event::Created(write(body?), confirmed().as_ref().and_then(account))
        }
        ("reteach", "PUT" | "POST", "/customer/{customerIdentifier}") => {
            let shown = confirmed().as_ref().and_then(account);
            Event::Updated(address(&received.path)?, write(body?), shown)
        }
        ("reteach", "PUT", "/customer/{customerIdentifier}/multiple-tags")
        | ("reteach", "DELETE", "/customer/{customerIdentifier}/tags/{tagIdOrName}") => {
            let tags = Write {
                has_more: true,
                ..Write::default()
            };
            Event::Updated(address(&received.path)?, tags, None)
        }
        ("Personio", "POST", "/v1/company/documents") => Event::Uploaded(Document {
            employee: at(body?, "/employee_id").as_str()?.trim().parse().ok()?,
            file: at(body?, "/file").as_str()?.to_owned(),
        }),
        ("Personio", "GET", "/v2/document-management/documents") => {
            confirmed()?;
            Event::Listed(query(recorded, "owner_id")?.parse().ok()?)
        }
        _ => return None,
    })
}

fn query<'r>(recorded: &'r Recorded, name: &str) -> Option<&'r str> {
    let mut query = recorded.call.query.iter();
    query.find_map(|(key, value)| (key == name).then_some(value.as_str()))
}

fn personio_page(reply: &Value, offset: Option<&str>) -> Option<Page> {
    let rows = at(reply, "/data").as_array()?;
    let total = at(reply, "/metadata/total_elements").as_u64();
    Some(Page {
        people: rows.iter().filter_map(personio_person).collect(),
        flagged: Vec::new(),
        place: offset.unwrap_or("0").to_owned(),
        is_last: false,
        // A list that announces nothing is never complete.
        total: Some(
            total
                .and_then(|total| total.try_into().ok())
                .unwrap_or(usize::MAX),
        ),
    })
}

fn personio_person(row: &Value) -> Option<Person> {
    let value = |name: &str| at(row, &format!("/attributes/{name}/value"));
    Some(Person {
        id: value("id").as_u64()?,
        is_inactive: value("status") == "inactive",
        hired: date(value("hire_date")),
        ends: date(value("termination_date")),
        company: text(at(value("subcompany"), "/attributes/name")),
        mail: lower(value("email")),
    })
}

fn kombo_page(reply: &Value, cursor: Option<&str>) -> Option<Page> {
    let rows = at(reply, "/results").as_array()?.iter();
    let is_flagged = |row: &&Value| !at(row, "/remote_deleted_at").is_null();
    let (flagged, there): (Vec<_>, Vec<_>) = rows.partition(is_flagged);
    Some(Page {
        people: there.into_iter().filter_map(kombo_person).collect(),
        flagged: flagged.into_iter().filter_map(kombo_id).collect(),
        place: cursor.unwrap_or_default().to_owned(),
        is_last: at(reply, "/next").is_null(),
        total: None,
    })
}

fn kombo_id(row: &Value) -> Option<u64> {
    at(row, "/remote_id").as_str()?.parse().ok()
}

fn kombo_person(row: &Value) -> Option<Person> {
    Some(Person {
        id: kombo_id(row)?,
        is_inactive: at(row, "/employment_status") == "INACTIVE",
        hired: date(at(row, "/start_date")),
        ends: date(at(row, "/termination_date")),
        company: text(at(row, "/legal_entity/name")),
        mail: lower(at(row, "/work_email")),
    })
}

fn account(row: &Value) -> Option<Account> {
    Some(Account {
        id: text(at(row, "/id"))?,
        external_id: text(at(row, "/externalId")).filter(|id| !id.is_empty()),
        mail: lower(at(row, "/email")),
        inactive_at: moment(at(row, "/setInactiveAt")),
    })
}

fn write(body: &Value) -> Write {
    let window = ["setActiveAt", "setInactiveAt"];
    let names = body
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys());
    let is_window = |name: &&String| window.contains(&name.as_str());
    Write {
        external_id: body.get("externalId").map(|value| written(text(value))),
        active_at: body.get("setActiveAt").map(|value| written(moment(value))),
        inactive_at: body
            .get("setInactiveAt")
            .map(|value| written(moment(value))),
        has_more: names.filter(|name| !is_window(name)).count() > 0,
    }
}

fn written<T>(value: Option<T>) -> Written<T> {
    value.map_or(Written::Nothing, Written::Value)
}

/// The second segment of a path of `/customer`.
fn address(path: &str) -> Option<Address> {
    let segment = path.trim_start_matches('/').split('/').nth(1)?;
    let identifier = segment.replace("%3A", ":");
    Some(owner(&identifier).map_or(Address::ReteachId(identifier), Address::Owner))
}

fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn lower(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_lowercase)
}

fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// Both vendors write days as moments: the day as written counts.
fn date(value: &Value) -> Option<Date> {
    value.as_str()?.get(..10)?.parse().ok()
}
