//! Certificates for simulated academies, with everything that the oracle has to know of them.

use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::external_id;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    pub name: &'static str,
    /// The name with the characters replaced that file names must not contain.
    pub name_in_files: &'static str,
}

const COURSES: [Course; 5] = [
    Course {
        name: "Datenschutz/DSGVO: Grundlagen",
        name_in_files: "Datenschutz-DSGVO- Grundlagen",
    },
    Course {
        name: "Erste Hilfe",
        name_in_files: "Erste Hilfe",
    },
    Course {
        name: "Brandschutz & Räumung",
        name_in_files: "Brandschutz & Räumung",
    },
    Course {
        name: "Führen auf Distanz – „Remote“",
        name_in_files: "Führen auf Distanz – „Remote“",
    },
    Course {
        name: "Compliance: Was darf ich annehmen?",
        name_in_files: "Compliance- Was darf ich annehmen-",
    },
];

/// A certificate as the academy issues it.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuedCertificate {
    pub id: String,
    /// The employee; `None` if the account does not come from the HR system.
    pub person: Option<u64>,
    /// reteach's id or the external id of the account.
    pub account: String,
    pub course: Course,
    pub completed_at: Timestamp,
    /// The day of completion in the company's time zone.
    pub day: Date,
    /// Whether the PDF exists from the start.
    pub has_pdf: bool,
}

/// Issues the certificates of one company: numbers them and gives each a course and a moment.
#[derive(Clone, Debug)]
pub struct CertificateIssuer {
    company: u64,
    issued: u32,
    zone: TimeZone,
}

impl CertificateIssuer {
    /// `company` distinguishes the certificates of several companies.
    #[must_use]
    pub fn new(company: u64, zone: TimeZone) -> Self {
        Self {
            company,
            issued: 0,
            zone,
        }
    }

    /// A certificate of a course completed on that day at that time.
    pub fn issue(
        &mut self,
        person: Option<u64>,
        account: String,
        (day, at): (Date, Time),
    ) -> IssuedCertificate {
        let start = day.to_datetime(at).to_zoned_datetime(self.zone.clone());
        let completed_at = start.map_or(Timestamp::UNIX_EPOCH, |moment| moment.timestamp());
        self.issued += 1;
        let number = self.issued;
        let [first, ..] = COURSES;
        let course = COURSES.get(number as usize % COURSES.len());
        IssuedCertificate {
            id: format!("{:08x}-0000-4000-8000-{number:012x}", self.company),
            person,
            account,
            course: course.copied().unwrap_or(first),
            completed_at,
            day,
            has_pdf: true,
        }
    }

    /// A certificate of a course completed long ago. Some were completed shortly after midnight, which is another day
    /// in other time zones.
    pub fn issue_old(
        &mut self,
        person: Option<u64>,
        account: String,
        today: Date,
    ) -> IssuedCertificate {
        let days = 30 + (self.issued * 37) % 1_000;
        let at = if self.issued.is_multiple_of(5) {
            time(0, 30, 0, 0)
        } else {
            time(9, 15, 0, 0)
        };
        let day = today.saturating_sub(i64::from(days).days());
        self.issue(person, account, (day, at))
    }

    /// A certificate of a course that `person` completed ten minutes ago.
    pub fn issue_recent(&mut self, person: u64, now: Timestamp) -> IssuedCertificate {
        let moment = (now - SignedDuration::from_mins(10)).to_zoned_datetime(self.zone.clone());
        let completed = (moment.date(), moment.time());
        self.issue(Some(person), external_id(person), completed)
    }
}
