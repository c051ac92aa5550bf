//! The scenario as a table of steps.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use local::TenantFixture;
use serde::Serialize;
use shared::state::JobKind::{self, Certificates, Employees};
use simulators::people::today;

use crate::changes::{self, Change};

const TICK: SignedDuration = SignedDuration::from_mins(5);
const HALF_HOUR: SignedDuration = SignedDuration::from_mins(30);
const NIGHT: SignedDuration = SignedDuration::from_hours(24);

/// One run of one job in every company.
pub(crate) struct Step {
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    pub(crate) job: JobKind,
    pub(crate) expect: Expect,
    pub(crate) after: SignedDuration,
    /// Changes one company before the run. `None`: the company is too small to show the step, which is skipped.
    pub(crate) prepare: fn(&mut TenantFixture, Timestamp) -> Option<Preparation>,
    /// Is skipped together with the step before.
    pub(crate) continues: bool,
    /// The operator approves held plans before the run.
    pub(crate) approves: bool,
}

/// How a run must end, in addition to correct accounts and documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Expect {
    /// Nothing to do: no calls to the side that is written to, few DynamoDB units.
    Unchanged,
    Done,
    /// The academy refuses a field of several people; the rest is done.
    AcademyRefuses,
    /// A brake holds a plan; the rest is done.
    Held,
    /// Certificates wait for the first employee sync: no calls at all.
    Waiting,
    /// The outcome of one upload is unknown; the rest is done.
    InDoubt,
    /// The document of that upload is found; the rest is done.
    Verified,
}

/// The changes before a run, applied when it begins.
#[derive(Debug, Default)]
pub(crate) struct Preparation {
    pub(crate) changes: Vec<Change>,
    /// People whose changes must not reach reteach in this run.
    pub(crate) held: BTreeSet<u64>,
}

impl From<Vec<Change>> for Preparation {
    fn from(changes: Vec<Change>) -> Self {
        Self {
            changes,
            held: BTreeSet::new(),
        }
    }
}

const DEFAULT: Step = Step {
    title: "",
    about: "",
    job: Employees,
    expect: Expect::Done,
    after: TICK,
    prepare: |_, _| Some(Preparation::default()),
    continues: false,
    approves: false,
};

pub(crate) static STEPS: [Step; 16] = [
    Step {
        title: "Certificates wait",
        about: "The academies have been in use for years: they have accounts made by hand, and certificates. Nothing is \
                filed until the first employee sync has found out which account belongs to which employee.",
        job: Certificates,
        expect: Expect::Waiting,
        after: SignedDuration::ZERO,
        ..DEFAULT
    },
    Step {
        title: "First sync",
        about: "Nobody is known yet. The sync lists all accounts once and matches them by external id, then by mail address. \
                It adopts accounts made by hand. Accounts of guests, and of people whom another system has numbered, have \
                nothing to do with Personio.",
        after: SignedDuration::ZERO,
        ..DEFAULT
    },
    Step {
        title: "Unchanged tick",
        about: "Nothing has changed. The sync reads everybody from the HR system, does not call reteach, and uses the same few \
                DynamoDB units at any size of the company.",
        expect: Expect::Unchanged,
        ..DEFAULT
    },
    Step {
        title: "Backfill",
        about: "Everybody has an account now. All certificates ever issued are filed in Personio as documents of their \
                employees: title, day, and the PDF as reteach has it. Certificates of accounts that are not from Personio \
                are counted and left. A certificate without a PDF is tried again later.",
        job: Certificates,
        ..DEFAULT
    },
    Step {
        title: "Unchanged certificate tick",
        about: "No certificate is new. The sync asks reteach for the last 30 days and for the missing PDFs; it does not call \
                the HR system and uploads nothing.",
        job: Certificates,
        expect: Expect::Unchanged,
        after: HALF_HOUR,
        ..DEFAULT
    },
    Step {
        title: "A day of changes",
        about: "HR is at work; the next tick carries each change over. Somebody who is missing for the first time stays \
                unlocked.",
        prepare: |fixture, now| {
            let people = fixture.company.personio.people();
            Some(changes::day_of_changes(&people, &fixture.reserved, today(now)).into())
        },
        ..DEFAULT
    },
    Step {
        title: "Deleted in Personio",
        about: "The deleted person is missing from a second complete reading, and is locked now. Accounts are never deleted.",
        prepare: |fixture, _| fixture.lacks_somebody().then(Preparation::default),
        ..DEFAULT
    },
    Step {
        title: "The next morning",
        about: "People whose last day was yesterday have been locked since midnight, by the date that reteach was given. An \
                admin has edited a synced field by hand and added a tag: the daily reconcile repairs the field and keeps the \
                tag.",
        after: NIGHT,
        prepare: |fixture, _| {
            fixture.company.personio.settle();
            changes::edit_by_admin(fixture);
            Some(Preparation::default())
        },
        ..DEFAULT
    },
    Step {
        title: "New certificates",
        about: "Personio has no key against duplicates, and its first API can neither list nor delete documents. An upload \
                without a reply may have taken effect: the sync does not send it again, but looks for the document a while \
                later.",
        job: Certificates,
        expect: Expect::InDoubt,
        after: SignedDuration::ZERO,
        prepare: |fixture, now| changes::new_certificates(fixture, now).map(Preparation::from),
        ..DEFAULT
    },
    Step {
        title: "Found, not sent again",
        about: "The sync finds the document of the lost reply in the employee's document list (on Kombo's unified route through \
                the passthrough) and records it as filed: no duplicate. It looks up the folders on every run; documents filed \
                earlier stay where they are.",
        job: Certificates,
        expect: Expect::Verified,
        after: HALF_HOUR,
        prepare: |fixture, now| Some(changes::new_folder(fixture, now).into()),
        continues: true,
        ..DEFAULT
    },
    Step {
        title: "A rehire",
        about: "Somebody who had left is hired again. HR makes a new profile with the same mail address, so it has a new id. \
                The new profile takes over the account with all courses, and the account opens again; the old profile \
                never gets another one.",
        prepare: |fixture, now| changes::rehire(fixture, today(now)).map(Preparation::from),
        ..DEFAULT
    },
    Step {
        title: "A refused field",
        about: "The academy refuses one field from now on. After five refusals of it the sync stops writing that field: the \
                outcome is academy-refuses, with the field and the remedy. Locks go on.",
        expect: Expect::AcademyRefuses,
        prepare: |fixture, now| {
            let people = fixture.company.personio.people();
            let mut changes = changes::move_to_hamburg(&people, &fixture.reserved, today(now))?;
            let held: BTreeSet<u64> = changes.iter().filter_map(|change| change.person).collect();
            let busy = &held | &fixture.reserved;
            changes.extend(changes::set_inactive(&people, &busy, today(now)));
            changes.push(changes::field_refused());
            Some(Preparation { changes, held })
        },
        ..DEFAULT
    },
    Step {
        title: "The field is accepted again",
        about: "The academy takes the field again. The people whose pause is over are tried again, and are in sync.",
        after: HALF_HOUR,
        prepare: |_, _| Some(vec![changes::field_accepted()].into()),
        continues: true,
        ..DEFAULT
    },
    Step {
        title: "A brake",
        about: "Almost a third of the company is set inactive at once. That exceeds the brake's limit: these locks are held, \
                everything else goes on.",
        expect: Expect::Held,
        prepare: |fixture, now| {
            let (people, today) = (fixture.company.personio.people(), today(now));
            let mut changes = changes::mass_lock(&people, &fixture.reserved, today)?;
            let held: BTreeSet<u64> = changes.iter().filter_map(|change| change.person).collect();
            let busy = &held | &fixture.reserved;
            changes.extend(changes::promotion(&people, &busy, today));
            Some(Preparation { changes, held })
        },
        ..DEFAULT
    },
    Step {
        title: "Approved",
        about: "An operator has looked at the held plan and approved exactly this one: the next tick applies it.",
        continues: true,
        approves: true,
        ..DEFAULT
    },
    Step {
        title: "Nothing left to do",
        about: "Everything is in sync again: the next tick has nothing to do.",
        expect: Expect::Unchanged,
        ..DEFAULT
    },
];

pub(crate) fn duration() -> SignedDuration {
    let gaps = STEPS.iter().map(|step| step.after);
    gaps.fold(SignedDuration::ZERO, |total, gap| total + gap)
}
