//! The companies of the session, and what happens to them between the commands.

use std::collections::BTreeMap;

use http::Method;
use jiff::civil::Date;
use local::{Company, INTEGRATION};
use secrecy::ExposeSecret as _;
use shared::tenant::Via;
use simulators::kombo::Condition;
use simulators::people::{Gender, Status};
use simulators::personio::Document;
use simulators::reteach::{Customer, Delivery, Participation, Quirk};
use simulators::{Behaviour, Body, Fault, Origin, Person};

use crate::support::{CERTIFICATES, Desk, EMPLOYEES, GROUP, account_of, participation};

/// The context's desk and two companies.
pub(super) struct Session {
    pub(super) desk: Desk,
    acme: Company,
    birke: Company,
    linde: Company,
    falke: Company,
    files: BTreeMap<String, String>,
}

impl Session {
    pub(super) async fn begin() -> Self {
        let desk = Desk::new().await;
        let acme = desk
            .vendors
            .company("acme", Via::KomboPassthrough, "")
            .await
            .unwrap();
        acme.kombo
            .as_ref()
            .unwrap()
            .set_condition(INTEGRATION, Condition::SetupIncomplete);
        acme.personio.revoke(&["termination_date"]);
        acme.personio.remove_category("Sonstige Dokumente");
        acme.personio.put_all(people());
        acme.reteach
            .insert(account("jonas.brandt@acme.example", None));
        acme.reteach
            .insert(account("mira.celik@acme.example", Some("sap:77")));
        let birke = desk
            .vendors
            .company("birke", Via::Direct, "")
            .await
            .unwrap();
        birke.personio.put_all((1..=3).map(crate::support::person));
        let linde = desk
            .vendors
            .company("linde", Via::Direct, "")
            .await
            .unwrap();
        let falke = desk
            .vendors
            .company("falke", Via::Direct, "")
            .await
            .unwrap();
        let mut session = Self {
            desk,
            acme,
            birke,
            linde,
            falke,
            files: BTreeMap::new(),
        };
        for company in [
            &session.acme,
            &session.birke,
            &session.linde,
            &session.falke,
        ] {
            let name = format!("{}.json", company.tenant);
            let secret = company.secret().to_json();
            let path = session.desk.file(&name, secret.expose_secret());
            session.files.insert(name, path);
        }
        session
    }

    /// A file of the page. What the simulators need and no page should show is put in.
    pub(super) fn write(&mut self, name: &str, content: &str) {
        let company = match name {
            "birke.toml" => &self.birke,
            "linde.toml" => &self.linde,
            "falke.toml" => &self.falke,
            _ => &self.acme,
        };
        let mut text = content.to_owned();
        let kombo = company.kombo.as_ref().map(|kombo| kombo.base_url());
        let urls = [
            ("personio", Some(company.personio.base_url())),
            ("kombo", kombo),
        ];
        for (section, url) in urls {
            let Some(url) = url else { continue };
            text = text.replace(
                &format!("[{section}]\n"),
                &format!("[{section}]\nbase_url = \"{url}\"\n"),
            );
        }
        let url = company.reteach.base_url();
        text.push_str(&format!(
            "[reteach]\nbase_url = \"{url}\"\ndownload_hosts = [\"127.0.0.1\"]\n"
        ));
        let path = self.desk.file(name, &text);
        self.files.insert(name.to_owned(), path);
    }

    /// The name of a file as its path.
    pub(super) fn path(&self, word: &str) -> String {
        self.files
            .get(word)
            .cloned()
            .unwrap_or_else(|| word.to_owned())
    }

    /// Deploys the reply of the function: the same job, run at the moment of the call.
    pub(super) async fn deploy(&self, command: &str) {
        let report = self.desk.json(&format!("{command} --here")).await.json();
        let function = if command.contains("certificates") {
            CERTIFICATES
        } else {
            EMPLOYEES
        };
        self.desk.aws.add_function(function, report);
    }

    /// What somebody else does, or what time does.
    pub(super) async fn happens(&self, event: &str) {
        let Self { acme, desk, .. } = self;
        let kombo = acme.kombo.as_ref().unwrap();
        match event {
            "the HR admin connects" => kombo.set_condition(INTEGRATION, Condition::Active),
            "the HR admin ticks the attribute and makes the folder" => {
                acme.personio.grant(&["termination_date"]);
                acme.personio.add_category("Bildungszertifikate");
            }
            "the academy clears the external id" => {
                assert!(
                    acme.reteach
                        .edit("mira.celik@acme.example", |account| account.external_id =
                            None)
                );
            }
            "the academy makes a new PDF, HR gives the right back" => {
                acme.personio.allow_reading_documents(true);
                acme.reteach
                    .set_delivery("certificate-2", Delivery::Pdf { size: 20_000 });
            }
            "five minutes pass" => desk.pass_minutes(5),
            "courses are completed" => {
                acme.reteach
                    .add_participation(participation(1, 1001, "Brandschutz"));
                desk.run("sync acme --here --job certificates").await;
                // Completed after the first listing, so that nothing has to be looked up before it is filed.
                for (number, course) in [(2, "Datenschutz"), (3, "Erste Hilfe")] {
                    acme.reteach.add_participation(Participation {
                        completed_at: Some("2026-05-11T08:00:00Z".parse().unwrap()),
                        ..participation(number, 1000 + number, course)
                    });
                }
                acme.reteach
                    .set_delivery("certificate-2", Delivery::NotAPdf);
                acme.personio.allow_reading_documents(false);
                let lost = Fault::new(Behaviour::LoseReply)
                    .method(Method::POST)
                    .path("/v1/company/documents");
                acme.personio.fail(lost);
            }
            "half a day passes" => {
                for _ in 0..24 {
                    desk.pass_minutes(30);
                    desk.run("sync acme --here").await;
                    desk.run("sync acme --here --job certificates").await;
                }
            }
            "a filter is changed in Personio" => {
                for id in [1001, 1002, 1003] {
                    acme.personio
                        .change(id, |person| person.status = Status::Inactive);
                }
            }
            "an academy refuses a name" => {
                let refused = Fault::new(Behaviour::Status(422, Body::Vendor)).method(Method::PUT);
                let refused = refused.path("/customer/{customerIdentifier}").always();
                self.birke.reteach.fail(refused);
                self.birke
                    .personio
                    .change(2, |person| person.last_name = "Groß-Lang".to_owned());
                desk.pass_minutes(5);
            }
            "the academy takes the name" => self.birke.reteach.clear_faults(),
            "the academy takes neither positions nor locations" => self.birke.reteach.set_quirks([
                Quirk::RefusesField("position".to_owned()),
                Quirk::IgnoresField("location".to_owned()),
                Quirk::FoldsMail,
            ]),
            "the academy replaces records" => self.birke.reteach.set_quirks([
                Quirk::PutReplaces,
                Quirk::RefusesKnownCustomers,
                Quirk::ExternalIdsAreNoIdentifiers(404),
            ]),
            "the academy behaves as assumed again" => self.birke.reteach.set_quirks([]),
            "another integration has filed 3,000 certificates" => self.file_for_others(),
            "a profile is deleted in Personio" => {
                self.birke.personio.remove(2014);
                for _ in 0..2 {
                    desk.pass_minutes(5);
                    desk.run("sync birke --here").await;
                }
            }
            "falke is added, and in step" => self.add_falke().await,
            "the import gives the first third another mail domain" => self.import_mails(1..=3_333),
            "the import gives the others another mail domain" => self.import_mails(3_334..=10_000),
            "the import goes on with the offices" => self.import_offices(),
            "somebody renames the other three accounts" => self.free_addresses(),
            "the company moves to a new Personio account" => self.move_to_new_account(),
            "somebody deletes a schedule" => desk.aws.delete_schedule(GROUP, "acme.certificates"),
            _ => panic!("nobody knows how to do this: {event}"),
        }
    }
}

impl Session {
    /// 300 people of linde have ten certificates each, all filed by title and day. Five newer ones are not filed.
    fn file_for_others(&self) {
        let Company {
            personio, reteach, ..
        } = &self.linde;
        personio.put_all((1..=300).map(crate::support::person));
        let folder = personio.add_category("Zertifikate (alt)");
        personio.add_category("Bildungszertifikate");
        let course = |number: u64| format!("Unterweisung {number}");
        let accounts: Vec<String> = (1..=300)
            .map(|id| reteach.insert(account_of(id, None)))
            .collect();
        let earned = |number: u64, person: usize, course: &str| Participation {
            customer: accounts.get(person).cloned(),
            ..participation(number, 0, course)
        };
        for (number, person) in (0..10).flat_map(|round| (0..300).map(move |it| (round, it))) {
            let certificate = 10_000 + 300 * number + person as u64;
            let course = course(number);
            reteach.add_participation(earned(certificate, person, &course));
            personio.add_document(Document {
                id: 0,
                employee_id: 1 + person as u64,
                category_id: folder,
                category: None,
                title: course,
                date: Some(Date::constant(2026, 5, 11)),
                comment: None,
                file_name: "zertifikat.pdf".to_owned(),
                size: 1_000,
                sha256: certificate.to_string(),
                head: b"%PDF-1.4".to_vec(),
                created_at: crate::support::now(),
                origin: Origin::Direct,
            });
        }
        for person in 0..5 {
            let certificate = 20_000 + person as u64;
            reteach.add_participation(earned(certificate, person, "Ladungssicherung"));
        }
    }
}

impl Session {
    /// Everybody of birke has another id, and one person is new.
    fn move_to_new_account(&self) {
        let personio = &self.birke.personio;
        for old in personio.people() {
            personio.remove(old.id);
            personio.put(Person {
                id: 2000 + old.id,
                ..old
            });
        }
        personio.put(crate::support::person(2014));
    }
}

/// People of falke whose new mail addresses other accounts have, and people who get addresses of their own.
const COLLIDING: [u64; 3] = [17, 4_040, 7_770];
const OF_PARTNERS: [u64; 3] = [50, 5_000, 9_500];

impl Session {
    async fn add_falke(&self) {
        let Company {
            personio, reteach, ..
        } = &self.falke;
        personio.add_category("Bildungszertifikate");
        let people: Vec<Person> = (1..=10_000).map(colleague).collect();
        for person in &people {
            reteach.insert(in_step(person));
        }
        personio.put_all(people);
        for id in COLLIDING {
            reteach.insert(account(&new_mail(id), None));
        }
        for line in [
            format!(
                "add --file {} --credentials {}",
                self.path("falke.toml"),
                self.path("falke.json")
            ),
            "sync falke --here".to_owned(),
            "sync falke --here".to_owned(),
        ] {
            self.desk.run(&line).await;
            self.desk.pass_minutes(5);
        }
    }

    /// A third of the import, which takes an hour.
    fn import_mails(&self, ids: std::ops::RangeInclusive<u64>) {
        for id in ids {
            let mail = new_mail(id);
            self.falke
                .personio
                .change(id, |person| person.email = Some(mail));
        }
        self.desk.pass_minutes(IMPORT_STEP);
    }

    fn import_offices(&self) {
        for id in 1..=300 {
            self.falke
                .personio
                .change(id, |person| person.office = Some("Leipzig".to_owned()));
        }
        self.desk.pass_minutes(IMPORT_STEP);
    }

    /// The trainers give the addresses up.
    fn free_addresses(&self) {
        for id in COLLIDING {
            let edit = |account: &mut Customer| account.email = Some(format!("t{id}@neu.example"));
            assert!(self.falke.reteach.edit(&new_mail(id), edit));
        }
        self.desk.pass_minutes(60);
    }
}

/// One of falke's ticks, and a third of HR's import.
const IMPORT_STEP: i64 = 20;

/// Somebody of falke. Few fields, so that the accounts can be there before the first run.
fn colleague(id: u64) -> Person {
    Person {
        email: Some(format!("p{id}@falke.example")),
        office: Some("Hamburg".to_owned()),
        hire_date: None,
        employment_type: None,
        ..Person::new(id, "Käthe", &format!("Groß-{id}"))
    }
}

/// The account of `colleague`, as a run leaves it.
fn in_step(colleague: &Person) -> Customer {
    let email = colleague.email.as_deref().unwrap();
    Customer {
        first_name: Some(colleague.first_name.clone()),
        last_name: Some(colleague.last_name.clone()),
        location: colleague.office.clone(),
        ..account(email, Some(&format!("personio:{}", colleague.id)))
    }
}

fn new_mail(id: u64) -> String {
    if OF_PARTNERS.contains(&id) {
        format!("p{id}@partner-{id}.example")
    } else {
        format!("p{id}@neu.example")
    }
}

fn people() -> [Person; 4] {
    let person = |id, first: &str, last: &str, position: &str| {
        let mail = format!(
            "{}.{}@acme.example",
            first.to_lowercase(),
            last.to_lowercase()
        );
        Person {
            email: Some(mail.replace(['Ç', 'ç'], "c")),
            gender: Some(Gender::Female),
            position: Some(position.to_owned()),
            subcompany: Some("Acme GmbH".to_owned()),
            office: Some("Hamburg".to_owned()),
            ..Person::new(id, first, last)
        }
    };
    [
        person(1001, "Hanna", "Albers", "Leiterin Einkauf"),
        Person {
            gender: Some(Gender::Male),
            ..person(1002, "Jonas", "Brandt", "Einkäufer")
        },
        person(1003, "Mira", "Çelik", "Ingenieurin"),
        Person {
            hire_date: Some(Date::constant(2026, 6, 1)),
            status: Status::Onboarding,
            ..person(1004, "Ida", "Dorn", "Ingenieurin")
        },
    ]
}

fn account(mail: &str, external_id: Option<&str>) -> Customer {
    Customer {
        email: Some(mail.to_owned()),
        external_id: external_id.map(str::to_owned),
        ..Customer::default()
    }
}
