//! Actions of HR and of an author of courses.

use std::fmt;

use clap::Subcommand;
use jiff::civil::{Date, time};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use simulators::Person;
use simulators::people::{self, EmploymentType, Status};
use simulators::reteach::{Certificate, Participation};

use crate::company::Company;

/// An action in a company.
#[derive(Clone, Debug, Deserialize, Serialize, Subcommand)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum Action {
    /// Hire an employee
    Hire {
        /// First name
        first_name: String,
        /// Last name
        last_name: String,
        /// Hire date, such as 2026-12-31; today by default
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// External employment (Anstellungsart extern)
        #[arg(long)]
        external: bool,
        /// Other fields
        #[command(flatten)]
        #[serde(flatten)]
        details: Details,
    },
    /// Change an employee's fields; an empty text clears a field
    Change {
        /// Personio's id of the employee
        person: u64,
        /// First name
        #[arg(long, value_name = "NAME")]
        first_name: Option<String>,
        /// Last name
        #[arg(long, value_name = "NAME")]
        last_name: Option<String>,
        /// Other fields
        #[command(flatten)]
        #[serde(flatten)]
        details: Details,
    },
    /// End an employment
    Leave {
        /// Personio's id of the employee
        person: u64,
        /// The last day, such as 2026-12-31; today by default
        #[arg(long, value_name = "DATE")]
        on: Option<Date>,
    },
    /// Remove an end date: the employee stays or returns
    Stay {
        /// Personio's id of the employee
        person: u64,
    },
    /// Issue a certificate for a completed course
    Certificate {
        /// Personio's id of the employee
        person: u64,
        /// The course's name
        course: String,
        /// The day of completion, such as 2026-11-30; just now by default
        #[arg(long, value_name = "DATE")]
        on: Option<Date>,
    },
    /// Create a document category in Personio
    Folder {
        /// The category's name
        name: String,
    },
}

/// An employee's fields.
#[derive(Clone, Debug, Default, clap::Args, Deserialize, Serialize)]
pub struct Details {
    /// Mail address
    #[arg(long)]
    pub email: Option<String>,
    /// Position
    #[arg(long)]
    pub position: Option<String>,
    /// Company (Gesellschaft)
    #[arg(long)]
    pub company: Option<String>,
    /// Department (Abteilung)
    #[arg(long)]
    pub department: Option<String>,
    /// Location (Standort)
    #[arg(long)]
    pub location: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ActionResult {
    /// A sentence for the terminal.
    pub text: String,
    pub person: Option<u64>,
    pub certificate: Option<String>,
}

impl fmt::Display for ActionResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl ActionResult {
    fn to(person: u64, text: String) -> Self {
        Self {
            text,
            person: Some(person),
            certificate: None,
        }
    }
}

impl Action {
    pub(super) fn perform(
        &self,
        company: &Company,
        now: Timestamp,
    ) -> Result<ActionResult, String> {
        let done = match self {
            Self::Hire {
                first_name,
                last_name,
                from,
                external,
                details,
            } => {
                let person = hired(
                    company,
                    (first_name, last_name),
                    from.unwrap_or(people::today(now)),
                    *external,
                );
                let id = person.id;
                company.personio.put(person);
                company.personio.change(id, |person| details.enter(person));
                ActionResult::to(
                    id,
                    format!(
                        "{first_name} {last_name} is employee {id} of {}",
                        company.tenant
                    ),
                )
            }
            Self::Change {
                person,
                first_name,
                last_name,
                details,
            } if first_name.is_none() && last_name.is_none() && details.is_empty() => {
                return Err(format!(
                    "nothing to change of employee {person}: give a field, such as --position Teamleitung"
                ));
            }
            Self::Change {
                person,
                first_name,
                last_name,
                details,
            } => change(company, *person, |person| {
                for (given, name) in [
                    (first_name, &mut person.first_name),
                    (last_name, &mut person.last_name),
                ] {
                    if let Some(given) = given {
                        given.clone_into(name);
                    }
                }
                details.enter(person);
                "changed".to_owned()
            })?,
            Self::Leave { person, on } => change(company, *person, |person| {
                let last = on.unwrap_or(people::today(now));
                person.termination_date = Some(last);
                format!("leaves after {last}")
            })?,
            Self::Stay { person } => change(company, *person, |person| {
                person.termination_date = None;
                if person.status == Status::Inactive {
                    person.status = Status::Active;
                }
                "stays".to_owned()
            })?,
            Self::Certificate { person, course, on } => issue(company, *person, course, *on, now)?,
            Self::Folder { name } => {
                let there = company.personio.categories();
                if there.iter().any(|category| category.name == *name) {
                    return Err(format!("there is a category {name} already"));
                }
                company.personio.add_category(name);
                ActionResult {
                    text: format!("category {name} created"),
                    person: None,
                    certificate: None,
                }
            }
        };
        company.personio.settle();
        Ok(done)
    }
}

impl Details {
    fn is_empty(&self) -> bool {
        // Taken apart in full: a new field is looked at too.
        let Self {
            email,
            position,
            company,
            department,
            location,
        } = self;
        let fields = [email, position, company, department, location];
        fields.into_iter().all(Option::is_none)
    }

    fn enter(&self, person: &mut Person) {
        for (given, field) in [
            (&self.email, &mut person.email),
            (&self.position, &mut person.position),
            (&self.company, &mut person.subcompany),
            (&self.department, &mut person.department),
            (&self.location, &mut person.office),
        ] {
            if let Some(text) = given {
                *field = (!text.is_empty()).then(|| text.clone());
            }
        }
    }
}

/// A new employee without details, onboarding until the hire date.
fn hired(company: &Company, (first, last): (&str, &str), from: Date, external: bool) -> Person {
    let id = company
        .personio
        .people()
        .last()
        .map_or(1_001, |last| last.id + 1);
    let kind = if external {
        EmploymentType::External
    } else {
        EmploymentType::Internal
    };
    Person {
        email: None,
        employment_type: Some(kind),
        status: Status::Onboarding,
        hire_date: Some(from),
        ..Person::new(id, first, last)
    }
}

fn change(
    company: &Company,
    id: u64,
    change: impl FnOnce(&mut Person) -> String,
) -> Result<ActionResult, String> {
    let mut text = String::new();
    if company.personio.change(id, |person| text = change(person)) {
        return Ok(ActionResult::to(
            id,
            format!("employee {id} of {} {text}", company.tenant),
        ));
    }
    Err(no_employee(company, id))
}

fn no_employee(company: &Company, id: u64) -> String {
    let tenant = &company.tenant;
    format!("{tenant} has no employee {id}: `cargo local show people --tenant {tenant}` lists them")
}

fn issue(
    company: &Company,
    id: u64,
    course: &str,
    on: Option<Date>,
    now: Timestamp,
) -> Result<ActionResult, String> {
    let person = company
        .personio
        .person(id)
        .ok_or_else(|| no_employee(company, id))?;
    let by_mail = || company.reteach.customer(person.email.as_deref()?);
    let account = company.reteach.customer(&format!("personio:{id}")).or_else(by_mail).ok_or_else(|| {
        format!(
            "employee {id} has no account in reteach yet: the next run of the employee sync creates it"
        )
    })?;
    let completed_at = on.map_or(now - SignedDuration::from_mins(10), noon);
    let participation = company.reteach.add_participation(Participation {
        customer: Some(account.id),
        course_name: Some(course.to_owned()),
        completed_at: Some(completed_at),
        certificate: Some(Certificate::default()),
        ..Participation::default()
    });
    let certificate = company
        .reteach
        .participation(&participation)
        .and_then(|participation| participation.certificate)
        .map(|certificate| certificate.id);
    let text = format!(
        "employee {id} of {} has a certificate of {course}",
        company.tenant
    );
    Ok(ActionResult {
        certificate,
        ..ActionResult::to(id, text)
    })
}

fn noon(day: Date) -> Timestamp {
    let noon = day
        .to_datetime(time(12, 0, 0, 0))
        .to_zoned_datetime(people::zone());
    noon.map_or(Timestamp::UNIX_EPOCH, |moment| moment.timestamp())
}
