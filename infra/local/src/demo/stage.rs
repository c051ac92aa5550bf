//! The companies of the demo, with what they had before the first sync.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::clock::Clock as _;
use shared::tenant::Via;
use simulators::Person;
use simulators::people::Status;
use simulators::reteach::{Account, Customer};

use super::expect::Expected;
use crate::world::{Company, World, WorldError, route};

/// The time zone of `World`'s tenant files.
const ZONE: &str = "Europe/Berlin";

/// A company, and what its academy should hold.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The company.
    pub company: Company,
    /// What reteach should hold.
    pub expected: Expected,
    /// People with a part in the story, whom no act is to hit.
    pub taken: BTreeSet<u64>,
}

impl Cast {
    /// The company `demo-<route>` with this many people; `seed` makes each company another one.
    ///
    /// # Errors
    /// [`WorldError`] if it cannot be set up.
    pub async fn new(world: &World, via: Via, people: usize, seed: u64) -> Result<Self, WorldError> {
        let company = world.company(&format!("demo-{}", route(via)), via, "").await?;
        let now = world.clock.now();
        company.personio.put_all(simulators::people::demo(people, seed, today(now)));
        let mut cast = Self { company, expected: Expected::new(zone()), taken: BTreeSet::new() };
        cast.accounts_made_by_hand(now);
        Ok(cast)
    }

    /// One for a person to be found by mail address, one whose mail address is in the way, one of somebody else.
    fn accounts_made_by_hand(&mut self, now: Timestamp) {
        let at_work = |it: &Person| it.status == Status::Active && it.termination_date.is_none();
        let people = self.company.personio.people();
        let mut with_mail =
            people.iter().filter(|it| at_work(it)).filter_map(|it| Some((it.id, it.email.clone()?)));
        let (adopted, conflicting) = (with_mail.next(), with_mail.next());
        let earlier = Some(now - SignedDuration::from_hours(24 * 90));
        let by_hand = Customer {
            display_name: Some("Die Neue".to_owned()),
            language: Some("DE".to_owned()),
            note: Some("Jubiläum im Herbst".to_owned()),
            account: Account::Active,
            last_login_at: earlier,
            registered_at: earlier,
            ..Customer::default()
        };
        if let Some((id, mail)) = adopted {
            let tags = vec!["Brandschutzhelferin".to_owned()];
            let customer =
                self.insert(Customer { email: Some(mail.to_uppercase()), tags, ..by_hand.clone() });
            self.expected.adoptable(id, customer);
        }
        if let Some((id, mail)) = conflicting {
            let external_id = Some("sap:4711".to_owned());
            let customer = self.insert(Customer { email: Some(mail), external_id, ..by_hand.clone() });
            self.expected.conflict(id, customer);
            self.taken.insert(id);
        }
        let tags = vec!["Anstellungsart: extern".to_owned(), "Kundin".to_owned()];
        let email = Some("gast@kunde.example".to_owned());
        let customer = self.insert(Customer { email, tags, ..by_hand });
        self.expected.untouched(customer);
    }

    /// An admin edits a synced field of one account by hand, and adds a tag.
    pub fn meddle(&mut self) {
        let people = self.company.personio.people();
        let mut account =
            people.iter().filter(|it| self.company.reteach.customer(&external_id(it.id)).is_some());
        let Some(person) = account.next() else { return };
        let tag = || "Führungskraft".to_owned();
        self.company.reteach.edit(&external_id(person.id), |account| {
            account.position = Some("von Hand geändert".to_owned());
            account.tags.push(tag());
        });
        self.expected.by_admin(person.id, |account| account.tags.push(tag()));
    }

    fn insert(&self, customer: Customer) -> Customer {
        let id = self.company.reteach.insert(customer.clone());
        Customer { id, ..customer }
    }
}

fn external_id(person: u64) -> String {
    format!("personio:{person}")
}

/// The companies' time zone; UTC only if the built-in time zones lacked it.
fn zone() -> TimeZone {
    TimeZone::get(ZONE).unwrap_or(TimeZone::UTC)
}

/// The companies' day at `now`.
#[must_use]
pub(super) fn today(now: Timestamp) -> Date {
    now.to_zoned_datetime(zone()).date()
}
