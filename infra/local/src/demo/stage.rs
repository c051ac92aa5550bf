//! The companies of the demo.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::domain::clock::Clock as _;
use shared::tenant::Via;
use simulators::people::{today, zone};
use simulators::reteach::{Certificate, Participation, Publication};
use simulators::{Behaviour, Fault, Person};

use super::academy;
use super::acts::{Act, Deed};
use crate::world::{Company, World, WorldError, route};
use oracle::ExpectedAccounts;
use oracle::{CertificateIssuer, IssuedCertificate};
use oracle::{DocumentFields, ExpectedDocuments};

/// Bytes of a certificate's PDF.
const PDF_SIZE: u64 = 2_000;

/// A company, and what its academy and its personnel files should hold.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The company.
    pub company: Company,
    /// What reteach should hold.
    pub expected: ExpectedAccounts,
    /// What the personnel files should hold.
    pub filing: ExpectedDocuments,
    /// People with a part in the story, whom no act is to hit.
    pub taken: BTreeSet<u64>,
    /// Where certificates come from.
    pub registry: CertificateIssuer,
}

impl Cast {
    /// The company `demo-<route>` with this many people; `seed` makes each company another one.
    ///
    /// # Errors
    /// [`WorldError`] if it cannot be set up.
    pub async fn new(
        world: &World,
        via: Via,
        people: usize,
        seed: u64,
    ) -> Result<Self, WorldError> {
        let company = world
            .company(&format!("demo-{}", route(via)), via, "")
            .await?;
        Ok(Self::of(company, people, seed, world.clock.now()))
    }

    /// Fills an empty company: people, and an academy that has been in use for years.
    pub fn of(company: Company, people: usize, seed: u64, now: Timestamp) -> Self {
        company
            .personio
            .put_all(simulators::people::demo(people, seed, today(now)));
        let label = if company.via == Via::Kombo {
            DocumentFields::FileName
        } else {
            DocumentFields::All
        };
        let mut cast = Self {
            company,
            expected: ExpectedAccounts::default(),
            filing: ExpectedDocuments::new(label),
            taken: BTreeSet::new(),
            registry: CertificateIssuer::new(seed, zone()),
        };
        academy::furnish(&mut cast, now);
        cast
    }

    /// Does all of it.
    pub fn perform(&mut self, acts: &[Act]) {
        for act in acts {
            self.perform_one(act);
        }
    }

    fn perform_one(&mut self, act: &Act) {
        let Company {
            personio, reteach, ..
        } = &self.company;
        let certificate = act.certificate.as_deref().unwrap_or_default();
        match &act.deed {
            Deed::Put(person) => personio.put(Person::clone(person)),
            Deed::Delete => {
                personio.remove(act.person.unwrap_or_default());
            }
            Deed::Issue(issued) => self.issue(issued),
            Deed::MakePdf => {
                reteach.publish_pdf(certificate);
                self.filing.add_pdf(certificate);
            }
            Deed::MakeFolder(name) => {
                personio.add_category(name);
                self.filing.set_folder(name);
            }
            Deed::LoseReply => {
                personio.fail(Fault::new(Behaviour::LoseReply).path("/v1/company/documents"));
            }
        }
    }

    /// The academy issues a certificate.
    pub fn issue(&mut self, issued: &IssuedCertificate) {
        let publication = if issued.has_pdf {
            Publication::AtOnce
        } else {
            Publication::OnDemand
        };
        let certificate = Certificate {
            publication,
            ..Certificate::new(&issued.id, PDF_SIZE)
        };
        self.company.reteach.add_participation(Participation {
            customer: Some(issued.account.clone()),
            course_name: Some(issued.course.name.to_owned()),
            completed_at: Some(issued.completed_at),
            certificate: Some(certificate),
            ..Participation::default()
        });
        let sha256 = self
            .company
            .reteach
            .pdf_sha256(&issued.id)
            .unwrap_or_default();
        self.filing.issue(issued, sha256);
    }

    /// People who have an account, apart from those with a part of their own.
    #[must_use]
    pub fn free_people(&self) -> Vec<Person> {
        let mut people = self.company.personio.people();
        people.retain(|it| !self.taken.contains(&it.id) && self.has_account(it.id));
        people
    }

    fn has_account(&self, person: u64) -> bool {
        self.company
            .reteach
            .customer(&external_id(person))
            .is_some()
    }

    /// An admin edits a synced field of one account by hand, and adds a tag.
    pub fn meddle(&mut self) {
        let people = self.company.personio.people();
        let mut account = people.iter().filter(|it| self.has_account(it.id));
        let Some(person) = account.next() else { return };
        let tag = || "Führungskraft".to_owned();
        self.company
            .reteach
            .edit(&external_id(person.id), |account| {
                account.position = Some("von Hand geändert".to_owned());
                account.tags.push(tag());
            });
        self.expected
            .edit(person.id, |account| account.tags.push(tag()));
    }
}

fn external_id(person: u64) -> String {
    format!("personio:{person}")
}
