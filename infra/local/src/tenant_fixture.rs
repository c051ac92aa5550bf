//! A company with people and an academy that has been in use for years, and what both must look like after each run.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use oracle::{
    AccessRules, CertificateIssuer, ExpectedAccounts, ExpectedDocuments, IssuedCertificate,
    external_id,
};
use simulators::Person;
use simulators::people::{Status, today, zone};
use simulators::reteach::{Account, Certificate, Customer, Participation, Publication};

use crate::company::Company;

/// Of this number of people with a mail address, one has an account made by hand.
const PEOPLE_PER_ACCOUNT: usize = 4;
/// A larger company has one certificate for every ten people.
const MAX_PEOPLE_WITH_MANY_CERTIFICATES: usize = 2_000;
const MAX_CERTIFICATES_WITHOUT_PDF: usize = 3;
const PDF_BYTES: u64 = 2_000;

#[derive(Clone, Debug)]
pub struct TenantFixture {
    pub company: Company,
    pub accounts: ExpectedAccounts,
    pub documents: ExpectedDocuments,
    /// People with a special role, whom no other change may happen to.
    pub reserved: BTreeSet<u64>,
    pub issuer: CertificateIssuer,
}

impl TenantFixture {
    /// No people and an empty academy. `seed` distinguishes the certificates of several companies.
    #[must_use]
    pub fn empty(company: Company, seed: u64) -> Self {
        Self {
            accounts: ExpectedAccounts::new(AccessRules::default()),
            documents: ExpectedDocuments::new(company.document_fields()),
            reserved: BTreeSet::new(),
            issuer: CertificateIssuer::new(seed, zone()),
            company,
        }
    }

    /// Fills an empty company: people, accounts made by hand, and certificates of their owners.
    #[must_use]
    pub fn new(company: Company, people: usize, seed: u64, now: Timestamp) -> Self {
        let people = simulators::people::demo(people, seed, today(now));
        company.personio.put_all(people.iter().cloned());
        let mut fixture = Self::empty(company, seed);
        let learners = fixture.add_accounts(&people, now);
        fixture.add_certificates(&learners, people.len(), now);
        fixture
    }

    /// Returns the people whose account the first sync adopts, with reteach's id of it.
    fn add_accounts(&mut self, people: &[Person], now: Timestamp) -> Vec<(u64, String)> {
        let mut learners = Vec::new();
        let at_work = people
            .iter()
            .filter(|person| person.status == Status::Active && person.termination_date.is_none());
        let with_email = at_work.filter_map(|person| Some((person.id, person.email.clone()?)));
        for (index, (person, email)) in with_email.enumerate() {
            let mut account = account_made_by_hand(email, now);
            match index {
                0 => {
                    account.email = account.email.map(|email| email.to_uppercase());
                    account.tags = vec!["Brandschutzhelferin".to_owned()];
                }
                1 => {
                    // A trainer's, numbered by another system.
                    account.email = Some("trainer@kunde.example".to_owned());
                    account.external_id = Some("sap:4711".to_owned());
                    let account = self.insert(account);
                    self.issue_old(None, account.id.clone(), true, now);
                    self.accounts.add_foreign(account);
                    continue;
                }
                _ if !index.is_multiple_of(PEOPLE_PER_ACCOUNT) => continue,
                _ => {}
            }
            let account = self.insert(account);
            learners.push((person, account.id.clone()));
            self.accounts.add_adoptable(person, account);
        }
        let guest = self.insert(Customer {
            tags: vec!["Anstellungsart: extern".to_owned(), "Kundin".to_owned()],
            ..account_made_by_hand("gast@kunde.example".to_owned(), now)
        });
        self.issue_old(None, guest.id.clone(), true, now);
        self.accounts.add_foreign(guest);
        learners
    }

    fn insert(&self, customer: Customer) -> Customer {
        let id = self.company.reteach.insert(customer.clone());
        Customer { id, ..customer }
    }

    fn add_certificates(&mut self, learners: &[(u64, String)], people: usize, now: Timestamp) {
        let is_large = people > MAX_PEOPLE_WITH_MANY_CERTIFICATES;
        let owners = if is_large {
            people / 10
        } else {
            learners.len()
        };
        for (index, (person, account)) in learners.iter().take(owners).enumerate() {
            let certificates = if is_large { 1 } else { 1 + index % 3 };
            for _ in 0..certificates {
                self.issue_old(Some(*person), account.clone(), true, now);
            }
        }
        let without_pdf = MAX_CERTIFICATES_WITHOUT_PDF.min(learners.len() / PEOPLE_PER_ACCOUNT);
        for (person, account) in learners.iter().rev().take(without_pdf) {
            self.issue_old(Some(*person), account.clone(), false, now);
            self.reserved.insert(*person);
        }
    }

    fn issue_old(&mut self, person: Option<u64>, account: String, has_pdf: bool, now: Timestamp) {
        let issued = self.issuer.issue_old(person, account, today(now));
        self.issue(&IssuedCertificate { has_pdf, ..issued });
    }

    pub fn issue(&mut self, issued: &IssuedCertificate) {
        let publication = if issued.has_pdf {
            Publication::AtOnce
        } else {
            Publication::OnDemand
        };
        let reteach = &self.company.reteach;
        reteach.add_participation(Participation {
            customer: Some(issued.account.clone()),
            course_name: Some(issued.course.name.to_owned()),
            completed_at: Some(issued.completed_at),
            certificate: Some(Certificate {
                publication,
                ..Certificate::new(&issued.id, PDF_BYTES)
            }),
            ..Participation::default()
        });
        let sha256 = reteach.pdf_sha256(&issued.id).unwrap_or_default();
        self.documents.issue(issued, sha256);
    }

    /// People who have an account and are not reserved.
    pub fn people_with_account(&self) -> Vec<Person> {
        let mut people = self.company.personio.people();
        people.retain(|person| !self.reserved.contains(&person.id) && self.has_account(person.id));
        people
    }

    #[must_use]
    pub fn has_account(&self, person: u64) -> bool {
        self.company
            .reteach
            .customer(&external_id(person))
            .is_some()
    }

    /// Whether somebody with an account has been deleted in the HR system.
    #[must_use]
    pub fn lacks_somebody(&self) -> bool {
        let people = self.company.personio.people();
        let present: BTreeSet<String> =
            people.iter().map(|person| external_id(person.id)).collect();
        let accounts = self.company.reteach.customers();
        let mut ids = accounts
            .iter()
            .filter_map(|account| account.external_id.as_ref());
        ids.any(|id| id.starts_with("personio:") && !present.contains(id))
    }
}

/// An active account that was registered three months ago.
fn account_made_by_hand(email: String, now: Timestamp) -> Customer {
    let earlier = Some(now - SignedDuration::from_hours(24 * 90));
    Customer {
        email: Some(email),
        display_name: Some("Die Neue".to_owned()),
        language: Some("DE".to_owned()),
        note: Some("Jubiläum im Herbst".to_owned()),
        account: Account::Active,
        last_login_at: earlier,
        registered_at: earlier,
        ..Customer::default()
    }
}
