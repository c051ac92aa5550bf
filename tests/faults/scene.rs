//! The companies that faults strike.

use harness::{Harness, by_hand, completed, date, people, person};
use jiff::SignedDuration;
use shared::domain::clock::ManualClock;
use shared::runtime::Mode;
use shared::state::{CertificateState, Decision, JobKind};
use shared::tenant::Via;
use simulators::people::{EmploymentType, Status};
use simulators::personio::Document;
use simulators::reteach::{Certificate, Customer, Participation, Publication};
use simulators::{Behaviour, Fault, Person};

/// A company before the run that faults strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scene {
    /// No account exists yet.
    First,
    /// The same; new people are deleted right after the run.
    FirstDeleted,
    /// Everybody was in step yesterday.
    Morning,
    /// The same; new people are deleted right after the run.
    MorningDeleted,
    /// So many are suddenly inactive that a brake holds them, and nobody decides.
    Held,
    /// A brake held what an operator has approved since.
    Approved,
    /// Old and new certificates, one without a PDF, and an upload of unknown outcome.
    Certificates,
    /// The same, where documents cannot be listed.
    Unlisted,
    /// Certificates of which the restored table does not know that they are filed, and a new one.
    Restored,
    /// Documents of another integration, a certificate that the ledger has lost, and a new one: looked up in `verify`.
    Verify,
    /// People and accounts fill two pages, on the morning of the daily comparison.
    Pages,
    /// Certificates fill two pages.
    Archive,
}

/// The faults that a scene is tried with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tries {
    Everything,
    /// Faults of list pages.
    Pages,
    /// Killed processes and closed connections.
    Interruptions,
}

impl Scene {
    pub(crate) const ALL: [Self; 12] = [
        Self::First,
        Self::FirstDeleted,
        Self::Morning,
        Self::MorningDeleted,
        Self::Held,
        Self::Approved,
        Self::Certificates,
        Self::Unlisted,
        Self::Restored,
        Self::Verify,
        Self::Pages,
        Self::Archive,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::FirstDeleted => "first-deleted",
            Self::Morning => "morning",
            Self::MorningDeleted => "morning-deleted",
            Self::Held => "held",
            Self::Approved => "approved",
            Self::Certificates => "certificates",
            Self::Unlisted => "unlisted",
            Self::Restored => "restored",
            Self::Verify => "verify",
            Self::Pages => "pages",
            Self::Archive => "archive",
        }
    }

    /// Whether a case of this scene may have `part` in its name: not if it begins with another scene.
    pub(crate) fn may_match(self, part: &str) -> bool {
        let begins = |scene: Self| {
            part.split_once('/')
                .is_some_and(|(name, _)| name == scene.name())
        };
        begins(self) || !Self::ALL.into_iter().any(begins)
    }

    pub(crate) fn tries(self) -> Tries {
        match self {
            Self::Pages | Self::Archive => Tries::Pages,
            Self::FirstDeleted
            | Self::MorningDeleted
            | Self::Unlisted
            | Self::Restored
            | Self::Verify => Tries::Interruptions,
            _ => Tries::Everything,
        }
    }

    /// The job of the struck run.
    pub(crate) fn job(self) -> JobKind {
        match self {
            Self::Certificates | Self::Unlisted | Self::Restored | Self::Verify | Self::Archive => {
                JobKind::Certificates
            }
            _ => JobKind::Employees,
        }
    }

    /// In which mode runs of `job` are. An interrupted `verify` is repeated until it has ended.
    pub(crate) fn mode(self, job: JobKind) -> Mode {
        match (self, job) {
            (Self::Verify, JobKind::Certificates) => Mode::Verify,
            _ => Mode::Scheduled,
        }
    }

    /// The people whose accounts may be locked at any time.
    pub(crate) fn may_be_locked(self) -> &'static [u64] {
        match self {
            Self::First => &[3],
            Self::FirstDeleted => &[1, 3, 4],
            Self::Morning => &[3, 4, 5, 7],
            Self::MorningDeleted => &[3, 4, 5, 7, 9, 10],
            Self::Approved => &[1, 2, 3, 4, 5, 6, 7],
            Self::Pages => &[1, 3, 7],
            Self::Held
            | Self::Certificates
            | Self::Unlisted
            | Self::Restored
            | Self::Verify
            | Self::Archive => &[],
        }
    }

    /// The new people, where they are deleted right after the run.
    fn deleted(self) -> &'static [u64] {
        match self {
            Self::FirstDeleted => &[1, 4],
            Self::MorningDeleted => &[9, 10],
            _ => &[],
        }
    }

    /// Whether a brake holds something in the end.
    pub(crate) fn ends_held(self) -> bool {
        self == Self::Held
    }

    /// The number of records that are refused for good.
    pub(crate) fn waiting(self) -> u32 {
        match self {
            Self::First | Self::FirstDeleted | Self::Morning | Self::MorningDeleted => 1,
            _ => 0,
        }
    }

    /// Whether each case must end exactly where the run without a fault ends. Otherwise [`problems`](Self::problems) decides alone:
    /// an interruption decides whether there is an account, or whether anybody can know of a document.
    pub(crate) fn has_one_ending(self) -> bool {
        self.tries() != Tries::Interruptions
    }

    /// What is wrong in the end, whatever happened on the way.
    pub(crate) async fn problems(self, harness: &Harness) -> Vec<String> {
        let mut problems = Vec::new();
        for id in self.deleted() {
            if harness.find(*id).is_some() && !harness.is_locked(*id) {
                problems.push(format!("open although deleted: personio:{id}"));
            }
        }
        if self == Self::Restored {
            for id in ["c-1", "c-2", "c-3", "c-4"] {
                if harness.document_of(id).is_none() {
                    problems.push(format!("not filed: {id}"));
                }
            }
        }
        if self == Self::Verify {
            let mut titles = Vec::new();
            for person in 1..=3 {
                titles.extend(harness.titles(person));
            }
            titles.sort();
            // Kombo's titles go on with day and id.
            let courses = ["Brandschutz", "Datenschutz", "Erste Hilfe", "Ladung"];
            let is_alike = titles.len() == courses.len()
                && titles
                    .iter()
                    .zip(courses)
                    .all(|(title, course)| title.starts_with(course));
            if !is_alike {
                problems.push(format!("not one document each: {titles:?}"));
            }
        }
        if self == Self::Unlisted {
            for (id, entry) in harness.certificate_ledger().await {
                let is_filed = harness.document_of(id.as_str()).is_some();
                let is_right = match entry.state {
                    CertificateState::Uploaded { .. } => is_filed,
                    CertificateState::Parked { unverified, .. } => unverified.is_some(),
                    _ => false,
                };
                if !is_right {
                    problems.push(format!("neither filed once nor parked: {id:?}"));
                }
            }
        }
        problems
    }

    /// The company, just before the run.
    pub(crate) async fn set(self, clock: ManualClock, via: Via) -> Harness {
        match self {
            Self::First | Self::FirstDeleted => first(clock, via).await,
            Self::Morning | Self::MorningDeleted => morning(clock, via).await,
            Self::Held => held(clock, via).await,
            Self::Approved => approved(clock, via).await,
            Self::Certificates => certificates(clock, via).await,
            Self::Unlisted => unlisted(clock, via).await,
            Self::Restored => restored(clock, via).await,
            Self::Verify => verify(clock, via).await,
            Self::Pages => pages(clock, via).await,
            Self::Archive => archive(clock, via).await,
        }
    }

    /// What happens after the struck run.
    pub(crate) fn later(self, harness: &Harness) {
        for id in self.deleted() {
            harness.company.personio.remove(*id);
        }
        if matches!(self, Self::Certificates | Self::Unlisted) {
            assert!(harness.company.reteach.publish_pdf("c-4"));
        }
    }

    /// Others change the lists: rows are inserted before those still to be read. The number of people stays the same.
    pub(crate) fn shift(self, harness: &Harness) {
        match self.job() {
            JobKind::Employees => {
                assert!(harness.company.personio.remove(1));
                harness.company.personio.put(person(999));
                harness
                    .company
                    .reteach
                    .insert(by_hand("aushilfe@muster.example"));
            }
            JobKind::Certificates => {
                harness.issue([completed(
                    "c-9",
                    2,
                    "Leitern und Tritte",
                    "2026-05-11T08:20:00Z",
                )]);
            }
        }
    }
}

/// Somebody with another person's mail address.
fn with_mail_of(id: u64, other: u64) -> Person {
    Person {
        email: person(other).email,
        ..person(id)
    }
}

/// One to be created, one without a mail address, one who has not begun, one whom an admin has added by hand, one whose
/// address is another's.
async fn first(clock: ManualClock, via: Via) -> Harness {
    let without_mail = Person {
        email: None,
        ..person(2)
    };
    let not_begun = Person {
        hire_date: date("2026-06-01"),
        ..person(3)
    };
    let all = [person(1), without_mail, not_begun, person(4), person(5)];
    let harness = Harness::in_order(clock, via, "", all).await;
    harness
        .company
        .reteach
        .insert(by_hand(&person(4).email.unwrap_or_default()));
    harness.company.reteach.insert(Customer {
        external_id: Some("personio:99".to_owned()),
        ..by_hand(&person(5).email.unwrap_or_default())
    });
    harness
}

/// One is as before; one has another position and contract, one has left, one is inactive without a date, one is back, one has
/// another address, one is gone for the second time, one has no position any more; one is new, one is new and there by
/// hand, one is new with another's address.
async fn morning(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(8)).await;
    harness.change(5, |person| person.status = Status::Inactive);
    harness.first_run().await;
    harness.company.personio.remove(7);
    harness.tick().await;
    harness.change(2, |person| {
        person.position = Some("Leiterin".to_owned());
        person.employment_type = Some(EmploymentType::External);
    });
    harness.change(3, |person| person.termination_date = date("2026-05-10"));
    harness.change(4, |person| person.status = Status::Inactive);
    harness.change(5, |person| person.status = Status::Active);
    harness.change(6, |person| {
        person.email = Some("neu.6@muster.example".to_owned())
    });
    harness.change(8, |person| person.position = None);
    harness
        .company
        .personio
        .put_all([person(9), person(10), with_mail_of(11, 1)]);
    harness
        .company
        .reteach
        .insert(by_hand(&person(10).email.unwrap_or_default()));
    harness.world.clock.advance(harness::TICK);
    harness.forget_requests();
    harness
}

/// Seven of ten are inactive without a date; one has another position, and one is new.
async fn held(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(10)).await;
    harness.first_run().await;
    for id in 1..=7 {
        harness.change(id, |person| person.status = Status::Inactive);
    }
    harness.change(2, |person| person.position = Some("Leiterin".to_owned()));
    harness.company.personio.put(person(11));
    harness.world.clock.advance(harness::TICK);
    harness.forget_requests();
    harness
}

/// The same a tick later, and somebody has said that it is meant.
async fn approved(clock: ManualClock, via: Via) -> Harness {
    let harness = held(clock, via).await;
    harness.now().await;
    let held = harness.held().await.unwrap();
    let decision = Decision::Approved {
        at: harness.moment(),
    };
    harness
        .world
        .stack
        .store()
        .decide(
            &harness.company.tenant,
            &held.hash,
            &shared::state::Choice::default(),
            decision,
        )
        .await
        .unwrap();
    harness.world.clock.advance(harness::TICK);
    harness.forget_requests();
    harness
}

async fn certificates(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(3)).await;
    harness.first_run().await;
    harness.company.personio.add_category("Bildungszertifikate");
    harness.issue([completed("c-1", 1, "Brandschutz", "2026-05-01T09:30:00Z")]);
    let lost = Fault::new(Behaviour::LoseReply).path("/v1/company/documents");
    harness.company.personio.fail(lost);
    assert_eq!(harness.certificates_now().await.counts.outcome_unknown, 1);
    let by_hand = harness
        .company
        .reteach
        .insert(by_hand("chefin@muster.example"));
    let at = "2026-05-11T08:10:00Z";
    let late = Certificate {
        publication: Publication::OnDemand,
        ..Certificate::new("c-4", 9_000)
    };
    harness.issue([
        completed("c-2", 2, "Erste Hilfe", at),
        completed("c-3", 3, "Datenschutz", "2024-02-29T23:30:00Z"),
        Participation {
            certificate: Some(late),
            ..completed("c-4", 1, "Ladungssicherung", at)
        },
        Participation {
            customer: Some(by_hand),
            ..completed("c-5", 1, "Brandschutz", at)
        },
    ]);
    harness.world.clock.advance(SignedDuration::from_mins(30));
    // What was completed long ago is seen by a scan of all.
    let store = harness.world.stack.store();
    store
        .ask_full_scan(&harness.company.tenant, harness.moment())
        .await
        .unwrap();
    harness.forget_traffic();
    harness
}

/// The same without the right to list documents.
async fn unlisted(clock: ManualClock, via: Via) -> Harness {
    let harness = certificates(clock, via).await;
    harness.company.personio.allow_reading_documents(false);
    harness
}

/// Three were filed after the restored moment, one has been completed since.
async fn restored(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(3)).await;
    harness.first_run().await;
    harness.company.personio.add_category("Bildungszertifikate");
    let (before, items) = (harness.moment(), harness.ledger_items().await);
    harness.issue([
        completed("c-1", 1, "Brandschutz", "2026-05-11T07:30:00Z"),
        completed("c-2", 2, "Erste Hilfe", "2026-05-11T07:40:00Z"),
        completed("c-3", 1, "Datenschutz", "2026-05-10T23:30:00Z"),
    ]);
    assert_eq!(harness.certificates_now().await.counts.uploaded, 3);
    harness.world.clock.advance(SignedDuration::from_mins(30));
    harness.restore_ledger(before, items).await;
    // Lists show the last uploads by then.
    harness.world.clock.advance(SignedDuration::from_mins(15));
    harness.issue([completed("c-4", 3, "Brandschutz", "2026-05-11T08:10:00Z")]);
    harness.forget_traffic();
    harness
}

/// One is filed by us and lost to the ledger, two are filed by someone else under title and day, one is new.
async fn verify(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(3)).await;
    harness.first_run().await;
    harness.company.personio.add_category("Bildungszertifikate");
    harness.issue([completed("c-1", 1, "Brandschutz", "2026-05-11T07:30:00Z")]);
    assert_eq!(harness.certificates_now().await.counts.uploaded, 1);
    harness.world.clock.advance(SignedDuration::from_mins(30));
    harness.lose("CERTIFICATE#c-1").await;
    let ours = harness.company.personio.documents()[0].clone();
    for (person, course) in [(1, "Datenschutz"), (2, "Erste Hilfe")] {
        harness.company.personio.add_document(Document {
            employee_id: person,
            title: course.to_owned(),
            date: date("2026-05-11"),
            comment: None,
            file_name: format!("{course}.pdf"),
            sha256: course.to_owned(),
            ..ours.clone()
        });
    }
    harness.issue([
        completed("c-2", 2, "Erste Hilfe", "2026-05-11T08:05:00Z"),
        completed("c-3", 1, "Datenschutz", "2026-05-11T08:10:00Z"),
        completed("c-4", 3, "Ladung", "2026-05-11T08:15:00Z"),
    ]);
    harness.forget_traffic();
    harness
}

/// One has another position, one has left, one is gone for the second time, one is new.
async fn pages(clock: ManualClock, via: Via) -> Harness {
    // A page has 100 people of Personio, 250 of Kombo, and 250 accounts.
    let (people_there, strangers) = if via == Via::Kombo {
        (252, 0)
    } else {
        (102, 160)
    };
    let harness = Harness::in_order(clock, via, "", people(people_there)).await;
    for number in 0..strangers {
        harness
            .company
            .reteach
            .insert(by_hand(&format!("fremd-{number}@muster.example")));
    }
    harness.first_run().await;
    harness.world.clock.advance(SignedDuration::from_hours(24));
    harness.company.personio.remove(7);
    harness.tick().await;
    harness.change(2, |person| person.position = Some("Leiterin".to_owned()));
    harness.change(3, |person| person.termination_date = date("2026-05-10"));
    harness.company.personio.put(person(people_there + 1));
    harness.world.clock.advance(SignedDuration::from_hours(25));
    harness.forget_requests();
    harness
}

/// Three of employees, and those of people whom Personio does not have.
async fn archive(clock: ManualClock, via: Via) -> Harness {
    let harness = Harness::in_order(clock, via, "", people(3)).await;
    harness.first_run().await;
    harness.company.personio.add_category("Bildungszertifikate");
    let at = "2026-05-04T08:00:00Z";
    let stranger = harness
        .company
        .reteach
        .insert(by_hand("chefin@muster.example"));
    let strange = (0..260).map(|number| Participation {
        customer: Some(stranger.clone()),
        ..completed(&format!("s-{number}"), 1, "Brandschutz", at)
    });
    harness.issue(strange);
    harness.issue([
        completed("c-1", 1, "Brandschutz", "2026-05-01T09:30:00Z"),
        completed("c-2", 2, "Erste Hilfe", "2026-05-11T07:10:00Z"),
        completed("c-3", 3, "Datenschutz", "2024-02-29T23:30:00Z"),
    ]);
    harness.forget_traffic();
    harness
}
