//! What happens in a company before a step: what HR changes, what the academy issues, what fails.

use std::collections::BTreeSet;

use jiff::civil::{Date, time};
use jiff::{Timestamp, ToSpan as _};
use local::TenantFixture;
use oracle::{IssuedCertificate, external_id};
use serde::Serialize;
use simulators::people::{EmploymentType, Gender, Status, today};
use simulators::reteach::Quirk;
use simulators::{Behaviour, Fault, Person};

/// The folder that HR makes during the scenario.
const FOLDER: &str = "Bildungszertifikate";
/// A brake lets this many locks pass without approval.
const MAX_LOCKS_WITHOUT_APPROVAL: usize = 5;

/// A change in one company, mostly of one person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Change {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<String>,
    pub(crate) text: &'static str,
    #[serde(skip)]
    pub(crate) action: Action,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    PutPerson(Box<Person>),
    DeletePerson(u64),
    /// Somebody who has left gets a new profile.
    Rehire {
        former: u64,
        person: Box<Person>,
    },
    IssueCertificate(Box<IssuedCertificate>),
    MakePdf(String),
    MakeFolder(&'static str),
    /// This one of the next uploads takes effect, but its reply is lost.
    LoseUploadReply(usize),
    /// From now on the academy has these quirks only.
    SetQuirks(Vec<Quirk>),
}

impl Change {
    fn of_company(text: &'static str, action: Action) -> Self {
        Self {
            person: None,
            certificate: None,
            text,
            action,
        }
    }

    fn of_person(person: u64, text: &'static str, action: Action) -> Self {
        Self {
            person: Some(person),
            ..Self::of_company(text, action)
        }
    }

    fn put(text: &'static str, person: Person) -> Self {
        Self::of_person(person.id, text, Action::PutPerson(Box::new(person)))
    }

    fn issue(text: &'static str, issued: IssuedCertificate) -> Self {
        Self {
            person: issued.person,
            certificate: Some(issued.id.clone()),
            ..Self::of_company(text, Action::IssueCertificate(Box::new(issued)))
        }
    }

    pub(crate) fn apply(&self, fixture: &mut TenantFixture) {
        let company = &fixture.company;
        match &self.action {
            Action::PutPerson(person) => company.personio.put(Person::clone(person)),
            Action::DeletePerson(person) => {
                company.personio.remove(*person);
            }
            Action::Rehire { former, person } => {
                company.personio.put(Person::clone(person));
                fixture.accounts.hand_over(*former, person.id);
            }
            Action::IssueCertificate(issued) => fixture.issue(issued),
            Action::MakePdf(certificate) => {
                company.reteach.publish_pdf(certificate);
                fixture.documents.add_pdf(certificate);
            }
            Action::MakeFolder(name) => {
                company.personio.add_category(name);
                fixture.documents.set_folder(name);
            }
            Action::SetQuirks(quirks) => company.reteach.set_quirks(quirks.iter().cloned()),
            Action::LoseUploadReply(nth) => {
                let lost = Fault::new(Behaviour::LoseReply).path("/v1/company/documents");
                company.personio.fail(lost.nth(*nth));
            }
        }
    }
}

type Edit = fn(&mut Person, Date);

/// Changes of people at work, the most important first: a small company has fewer people than changes.
/// Without an edit the person is deleted.
const DAY_OF_CHANGES: [(&str, Option<Edit>); 9] = [
    (
        "moves to Wien and leads a team there",
        Some(|person, _| {
            person.position = Some("Teamleitung".to_owned());
            person.subcompany = Some("Muster Österreich GmbH".to_owned());
            person.office = Some("Wien".to_owned());
        }),
    ),
    (
        "leaves: today is the last day",
        Some(|person, today| person.termination_date = Some(today)),
    ),
    ("is deleted in Personio", None),
    (
        "is set inactive without an end date",
        Some(|person, _| person.status = Status::Inactive),
    ),
    (
        "marries and takes a new last name",
        Some(|person, _| person.last_name = "Müller-Özdemir".to_owned()),
    ),
    (
        "gets another mail address",
        Some(|person, _| person.email = Some(format!("neu.{}@muster.example", person.id))),
    ),
    (
        "has no office any more",
        Some(|person, _| person.office = None),
    ),
    (
        "goes on parental leave, which locks nobody",
        Some(|person, _| person.status = Status::Leave),
    ),
    (
        "will leave in two weeks",
        Some(|person, today| person.termination_date = Some(today.saturating_add(14.days()))),
    ),
];

/// Each person has at most one change, people in `reserved` have none.
pub(crate) fn day_of_changes(
    people: &[Person],
    reserved: &BTreeSet<u64>,
    today: Date,
) -> Vec<Change> {
    let changes = DAY_OF_CHANGES
        .into_iter()
        .zip(at_work(people, reserved, today));
    let changes = changes.map(|((text, edit), person)| match edit {
        None => Change::of_person(person.id, text, Action::DeletePerson(person.id)),
        Some(edit) => {
            let mut person = person.clone();
            edit(&mut person, today);
            Change::put(text, person)
        }
    });
    changes
        .chain(return_to_work(people, reserved, today))
        .chain([hire(people, today)])
        .collect()
}

/// People whom every change can happen to.
fn at_work<'a>(
    people: &'a [Person],
    reserved: &BTreeSet<u64>,
    today: Date,
) -> impl Iterator<Item = &'a Person> {
    people
        .iter()
        .filter(move |person| is_at_work(person, today) && !reserved.contains(&person.id))
}

fn is_at_work(person: &Person, today: Date) -> bool {
    let office = person.office.as_deref();
    person.status == Status::Active
        && person.email.is_some()
        && office.is_some_and(|office| office != "Wien")
        && person.termination_date.is_none()
        && person.hire_date.is_some_and(|day| day < today)
}

fn return_to_work(people: &[Person], reserved: &BTreeSet<u64>, today: Date) -> Option<Change> {
    let has_left = |person: &&Person| {
        person.status == Status::Inactive
            && person.termination_date.is_some_and(|end| end < today)
            && !reserved.contains(&person.id)
    };
    let returner = Person {
        status: Status::Active,
        hire_date: Some(today),
        termination_date: None,
        ..people.iter().find(has_left)?.clone()
    };
    Some(Change::put("had left and is back", returner))
}

fn next_id(people: &[Person]) -> u64 {
    people.iter().map(|person| person.id).max().unwrap_or(1_000) + 1
}

/// `None` in a company that nobody has left whose mail address is known.
pub(crate) fn rehire(fixture: &TenantFixture, today: Date) -> Option<Vec<Change>> {
    let has_left = |person: &&Person| {
        person.termination_date.is_some_and(|end| end < today)
            && person.email.is_some()
            && !fixture.reserved.contains(&person.id)
    };
    let people = fixture.people_with_account();
    let former = people.iter().rev().find(has_left)?;
    let person = Person {
        id: next_id(&fixture.company.personio.people()),
        status: Status::Active,
        hire_date: Some(today),
        termination_date: None,
        ..former.clone()
    };
    let rehire = Action::Rehire {
        former: former.id,
        person: Box::new(person.clone()),
    };
    let text = "had left, and is hired again with a new profile";
    Some(vec![Change::of_person(person.id, text, rehire)])
}

fn hire(people: &[Person], today: Date) -> Change {
    let id = next_id(people);
    let person = Person {
        gender: Some(Gender::Female),
        position: Some("Werkstudentin".to_owned()),
        subcompany: Some("Muster GmbH".to_owned()),
        office: Some("Berlin".to_owned()),
        employment_type: Some(EmploymentType::External),
        status: Status::Onboarding,
        hire_date: Some(today.saturating_add(7.days())),
        ..Person::new(id, "Ayşe", "Yılmaz")
    };
    Change::put("is hired and starts next week", person)
}

/// Almost a third of the people is set inactive. `None` in a company so small that no brake would hold this.
pub(crate) fn mass_lock(
    people: &[Person],
    reserved: &BTreeSet<u64>,
    today: Date,
) -> Option<Vec<Change>> {
    let third = (people.len() * 3).div_ceil(10);
    let many = third.max(MAX_LOCKS_WITHOUT_APPROVAL + 1);
    let changes = at_work(people, reserved, today).take(many).map(|person| {
        let person = Person {
            status: Status::Inactive,
            ..person.clone()
        };
        Change::put("is set inactive by mistake", person)
    });
    let changes: Vec<Change> = changes.collect();
    (changes.len() > MAX_LOCKS_WITHOUT_APPROVAL).then_some(changes)
}

/// More people than the academy may refuse before the sync stops writing a field.
const MOVERS: usize = 6;

/// `None` in a company with fewer people.
pub(crate) fn move_to_hamburg(
    people: &[Person],
    reserved: &BTreeSet<u64>,
    today: Date,
) -> Option<Vec<Change>> {
    let movers = at_work(people, reserved, today).take(MOVERS);
    let changes: Vec<Change> = movers
        .map(|person| {
            let person = Person {
                office: Some("Hamburg".to_owned()),
                ..person.clone()
            };
            Change::put("moves to Hamburg", person)
        })
        .collect();
    (changes.len() == MOVERS).then_some(changes)
}

pub(crate) fn set_inactive(
    people: &[Person],
    reserved: &BTreeSet<u64>,
    today: Date,
) -> Option<Change> {
    let inactive = Person {
        status: Status::Inactive,
        ..at_work(people, reserved, today).next()?.clone()
    };
    Some(Change::put("is set inactive", inactive))
}

pub(crate) fn field_refused() -> Change {
    let quirk = Quirk::RefusesField("location".to_owned());
    Change::of_company(
        "The academy refuses every write of a location",
        Action::SetQuirks(vec![quirk]),
    )
}

pub(crate) fn field_accepted() -> Change {
    Change::of_company(
        "The academy takes locations again",
        Action::SetQuirks(Vec::new()),
    )
}

/// A harmless change of somebody else.
pub(crate) fn promotion(
    people: &[Person],
    reserved: &BTreeSet<u64>,
    today: Date,
) -> Option<Change> {
    let promoted = Person {
        position: Some("Bereichsleitung".to_owned()),
        ..at_work(people, reserved, today).next()?.clone()
    };
    Some(Change::put("is promoted", promoted))
}

/// A new certificate, one of somebody who has left since, PDFs that were awaited, and a lost reply.
/// `None` in a company where nobody can have a certificate.
pub(crate) fn new_certificates(fixture: &mut TenantFixture, now: Timestamp) -> Option<Vec<Change>> {
    let today = today(now);
    let people = fixture.people_with_account();
    let mut changes = Vec::new();
    if let Some(person) = people.iter().find(|person| is_at_work(person, today)) {
        let issued = fixture.issuer.issue_recent(person.id, now);
        changes.push(Change::issue("completes a course", issued));
    }
    let yesterday = today.saturating_sub(1.day());
    let left_yesterday =
        |person: &&Person| person.termination_date == Some(yesterday) && person.email.is_some();
    if let Some(person) = people.iter().find(left_yesterday) {
        let completed = (yesterday, time(16, 0, 0, 0));
        let account = external_id(person.id);
        let issued = fixture.issuer.issue(Some(person.id), account, completed);
        let text = "has left, with a course completed on the last day";
        changes.push(Change::issue(text, issued));
    }
    let waiting = fixture.documents.waiting_for_pdf();
    changes.extend(waiting.into_iter().map(|(person, certificate)| Change {
        certificate: Some(certificate.clone()),
        ..Change::of_person(
            person,
            "had a certificate without a PDF, which the academy makes now",
            Action::MakePdf(certificate),
        )
    }));
    if changes.is_empty() {
        return None;
    }
    // Kombo's unified route sends nothing after an upload in doubt.
    let last = Action::LoseUploadReply(changes.len());
    changes.push(Change::of_company(
        "Personio files the last upload, but its reply is lost",
        last,
    ));
    Some(changes)
}

/// HR makes a folder for certificates, and somebody earns one.
pub(crate) fn new_folder(fixture: &mut TenantFixture, now: Timestamp) -> Vec<Change> {
    let made = Change::of_company(
        "HR makes the folder Bildungszertifikate",
        Action::MakeFolder(FOLDER),
    );
    let people = fixture.people_with_account();
    let mut latest_first = people.iter().rev();
    let earner = latest_first.find(|person| is_at_work(person, today(now)));
    let earned = earner.map(|person| {
        let issued = fixture.issuer.issue_recent(person.id, now);
        Change::issue("completes a course", issued)
    });
    [made].into_iter().chain(earned).collect()
}

/// An admin edits a synced field of one account by hand, and adds a tag.
pub(crate) fn edit_by_admin(fixture: &mut TenantFixture) {
    const TAG: &str = "Führungskraft";
    let people = fixture.company.personio.people();
    let Some(person) = people
        .into_iter()
        .find(|person| fixture.has_account(person.id))
    else {
        return;
    };
    let reteach = &fixture.company.reteach;
    reteach.edit(&external_id(person.id), |account| {
        account.position = Some("von Hand geändert".to_owned());
        account.tags.push(TAG.to_owned());
    });
    fixture
        .accounts
        .edit(person.id, |account| account.tags.push(TAG.to_owned()));
}
