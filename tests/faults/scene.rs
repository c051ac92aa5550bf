//! The companies that faults strike.

use clap::ValueEnum;
use harness::{Harness, by_hand, completed, person};
use shared::domain::clock::ManualClock;
use shared::runtime::Mode;
use shared::state::{CertificateState, JobKind};
use shared::tenant::Via;

use crate::companies::{
    approved, archive, certificates, first, held, morning, pages, restored, unlisted, verify,
    with_new_folder,
};

/// A company before the run that faults strike. Names of cases begin with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Scene {
    /// No account exists yet.
    First,
    /// The same; new people are deleted right after the run.
    FirstDeleted,
    /// Everybody was in step yesterday.
    Morning,
    /// The same; new people are deleted right after the run.
    MorningDeleted,
    /// More people are suddenly inactive than a brake lets through, and nobody decides.
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
    /// The operator moves filed documents to a new folder: `tenants certificates move`.
    Move,
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
    /// Killed processes, and each failing call. A command reports no call that it repeats.
    Command,
}

/// Where documents are moved to.
pub(crate) const FOLDER: &str = "Nachweise";

impl Scene {
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |it| it.get_name().to_owned())
    }

    /// Whether a case of this scene may have `part` in its name: not if it begins with another scene.
    pub(crate) fn may_match(self, part: &str) -> bool {
        let begins = |scene: Self| {
            part.split_once('/')
                .is_some_and(|(name, _)| name == scene.name())
        };
        begins(self) || !Self::value_variants().iter().copied().any(begins)
    }

    pub(crate) fn tries(self) -> Tries {
        match self {
            Self::Pages | Self::Archive => Tries::Pages,
            Self::Move => Tries::Command,
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
            Self::Certificates
            | Self::Unlisted
            | Self::Restored
            | Self::Verify
            | Self::Move
            | Self::Archive => JobKind::Certificates,
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
            | Self::Move
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
        if self == Self::Move {
            let documents = harness.personio.documents();
            let folders = documents
                .iter()
                .map(|document| document.category.as_deref());
            let folders: Vec<_> = folders.collect();
            if folders != [Some(FOLDER); 4] {
                problems.push(format!("not all moved: {folders:?}"));
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
            Self::Move => with_new_folder(clock, via).await,
            Self::Pages => pages(clock, via).await,
            Self::Archive => archive(clock, via).await,
        }
    }

    /// What happens after the struck run.
    pub(crate) fn later(self, harness: &Harness) {
        for id in self.deleted() {
            harness.personio.remove(*id);
        }
        if matches!(self, Self::Certificates | Self::Unlisted) {
            assert!(harness.reteach.publish_pdf("c-4"));
        }
    }

    /// Others change the lists: rows are inserted before those still to be read. The number of people stays the same.
    pub(crate) fn shift(self, harness: &Harness) {
        match self.job() {
            JobKind::Employees => {
                assert!(harness.personio.remove(1));
                harness.personio.put(person(999));
                harness.reteach.insert(by_hand("aushilfe@muster.example"));
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
