//! People and accounts to begin with.

use jiff::civil::Date;
use simulators::people::Gender;
use simulators::{Person, reteach};

/// A person with every field filled. Only the id differs.
#[must_use]
pub fn person(id: u64) -> Person {
    Person {
        gender: Some(Gender::Female),
        position: Some("Ingenieurin".to_owned()),
        subcompany: Some("Muster GmbH".to_owned()),
        department: Some("Entwicklung".to_owned()),
        office: Some("München".to_owned()),
        ..Person::new(id, "Käthe", &format!("Groß-{id}"))
    }
}

/// `count` people with the ids from 1.
#[must_use]
pub fn people(count: u64) -> Vec<Person> {
    (1..=count).map(person).collect()
}

/// A calendar day, `YYYY-MM-DD`.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    Some(text.parse().unwrap())
}

/// An account that an admin made, with everything that is not ours to touch.
#[must_use]
pub fn by_hand(email: &str) -> reteach::Customer {
    reteach::Customer {
        email: Some(email.to_owned()),
        first_name: Some("By".to_owned()),
        last_name: Some("Hand".to_owned()),
        display_name: Some("Chefin".to_owned()),
        language: Some("EN".to_owned()),
        team: Some("Team Süd".to_owned()),
        note: Some("hat Prokura".to_owned()),
        tags: vec!["Führungskraft".to_owned()],
        ..reteach::Customer::default()
    }
}

/// The same, with an external id.
#[must_use]
pub fn numbered(external_id: &str, email: &str) -> reteach::Customer {
    reteach::Customer {
        external_id: Some(external_id.to_owned()),
        ..by_hand(email)
    }
}
