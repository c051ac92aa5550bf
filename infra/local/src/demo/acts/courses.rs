//! What people learn: certificates that the academy issues, and what happens to them on their way.

use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use simulators::Person;

use super::people::is_at_work;
use super::{Act, Deed};

/// The folder that HR makes in the course of the story.
pub const FOLDER: &str = "Bildungszertifikate";

/// A course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// Its name.
    pub name: &'static str,
    /// The same where a file name has no room for every sign.
    pub in_file_names: &'static str,
}

const COURSES: &[Course] = &[
    Course {
        name: "Datenschutz/DSGVO: Grundlagen",
        in_file_names: "Datenschutz-DSGVO- Grundlagen",
    },
    Course {
        name: "Erste Hilfe",
        in_file_names: "Erste Hilfe",
    },
    Course {
        name: "Brandschutz & Räumung",
        in_file_names: "Brandschutz & Räumung",
    },
    Course {
        name: "Führen auf Distanz – „Remote“",
        in_file_names: "Führen auf Distanz – „Remote“",
    },
    Course {
        name: "Compliance: Was darf ich annehmen?",
        in_file_names: "Compliance- Was darf ich annehmen-",
    },
];

/// A certificate as the academy issues it.
#[derive(Clone, Debug, PartialEq)]
pub struct Issued {
    /// Its id.
    pub id: String,
    /// The employee; `None` for somebody who is not from Personio.
    pub person: Option<u64>,
    /// The account in reteach: any of its names there.
    pub account: String,
    /// What for.
    pub course: Course,
    /// When the course was completed.
    pub completed_at: Timestamp,
    /// The day of that where the company is.
    pub day: Date,
    /// Whether there is a PDF from the start.
    pub has_pdf: bool,
}

/// Numbers the certificates of a company, and gives each a course and a moment.
#[derive(Clone, Debug)]
pub struct Registry {
    company: u64,
    issued: u32,
    zone: TimeZone,
}

impl Registry {
    /// Of a company in `zone`; each has a number of its own.
    #[must_use]
    pub fn new(company: u64, zone: TimeZone) -> Self {
        Self {
            company,
            issued: 0,
            zone,
        }
    }

    /// A certificate of a course completed on `day` at this time.
    pub fn issue(
        &mut self,
        person: Option<u64>,
        account: String,
        (day, at): (Date, Time),
    ) -> Issued {
        let start = day.to_datetime(at).to_zoned_datetime(self.zone.clone());
        let completed_at = start.map_or(Timestamp::UNIX_EPOCH, |moment| moment.timestamp());
        self.issued += 1;
        let number = self.issued;
        let id = format!("{:08x}-0000-4000-8000-{number:012x}", self.company);
        let course = COURSES.iter().cycle().nth(number as usize % COURSES.len());
        let course = course.copied().unwrap_or(Course {
            name: "Kurs",
            in_file_names: "Kurs",
        });
        Issued {
            id,
            person,
            account,
            course,
            completed_at,
            day,
            has_pdf: true,
        }
    }

    /// One of a course completed long ago; some shortly after midnight, which is another day elsewhere.
    pub fn old(&mut self, person: Option<u64>, account: String, today: Date) -> Issued {
        let days = 30 + (self.issued * 37) % 1_000;
        let at = if self.issued.is_multiple_of(5) {
            time(0, 30, 0, 0)
        } else {
            time(9, 15, 0, 0)
        };
        self.issue(
            person,
            account,
            (today.saturating_sub(i64::from(days).days()), at),
        )
    }

    fn just_now(&mut self, person: u64, now: Timestamp) -> Issued {
        let moment = (now - SignedDuration::from_mins(10)).to_zoned_datetime(self.zone.clone());
        self.issue(
            Some(person),
            account(person),
            (moment.date(), moment.time()),
        )
    }

    /// A morning's certificates: one is new, one is of somebody who has left since, PDFs are made, and a reply is lost.
    /// Empty in a company where nobody can have one.
    pub fn morning(
        &mut self,
        people: &[Person],
        awaited: &[(u64, String)],
        now: Timestamp,
    ) -> Vec<Act> {
        let today = now.to_zoned_datetime(self.zone.clone()).date();
        let mut acts = Vec::new();
        if let Some(person) = people.iter().find(|it| is_at_work(it, today)) {
            acts.push(earned("completes a course", self.just_now(person.id, now)));
        }
        let yesterday = today.saturating_sub(1.day());
        let left = people
            .iter()
            .find(|it| it.termination_date == Some(yesterday) && it.email.is_some());
        if let Some(person) = left {
            let last_day = (yesterday, time(16, 0, 0, 0));
            let issued = self.issue(Some(person.id), account(person.id), last_day);
            acts.push(earned(
                "has left, with a course completed on the last day",
                issued,
            ));
        }
        acts.extend(awaited.iter().map(|(person, certificate)| Act {
            certificate: Some(certificate.clone()),
            ..Act::of(
                *person,
                "had a certificate without a PDF: it is made by now",
                Deed::MakePdf,
            )
        }));
        if !acts.is_empty() {
            let story =
                "the reply to the first upload is lost: the document is filed, and nobody is told";
            acts.push(Act {
                person: None,
                certificate: None,
                story,
                deed: Deed::LoseReply,
            });
        }
        acts
    }

    /// HR makes a folder for certificates, and somebody earns one.
    pub fn folder(&mut self, people: &[Person], now: Timestamp) -> Vec<Act> {
        let today = now.to_zoned_datetime(self.zone.clone()).date();
        let story = "HR makes the folder Bildungszertifikate";
        let made = Act {
            person: None,
            certificate: None,
            story,
            deed: Deed::MakeFolder(FOLDER),
        };
        let somebody = people.iter().rev().find(|it| is_at_work(it, today));
        let earned =
            somebody.map(|person| earned("completes a course", self.just_now(person.id, now)));
        [made].into_iter().chain(earned).collect()
    }
}

fn earned(story: &'static str, issued: Issued) -> Act {
    let (person, certificate) = (issued.person, Some(issued.id.clone()));
    Act {
        person,
        certificate,
        story,
        deed: Deed::Issue(Box::new(issued)),
    }
}

/// What reteach calls somebody whom the sync has brought over.
fn account(person: u64) -> String {
    format!("personio:{person}")
}
