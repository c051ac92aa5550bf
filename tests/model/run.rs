//! A run of the certificate job, step by step: load, plan, checks, uploads, conclude, commit.
//!
//! What follows from what is the product's own code. The order of the steps is `functions/certificate-sync/src/job` and
//! `src/apply`. Between two steps a run may die, freeze, or be overtaken.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use certificate_sync::CertificateSync;
use certificate_sync::checkpoint::{RunFacts, Scope, Selection, conclude, digest, select};
use certificate_sync::decide::{
    AfterLook, AttemptError, BeforeFiling, Transition, after_attempt, after_look, before_filing,
    needs_second_list, out_of_time,
};
use certificate_sync::outcome::{CertificateResult, SkipReason};
use certificate_sync::plan::{
    Candidate, Check, Listed, Look, People, Plan, Policy, PreviousFailures, Upload, issue_of,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use shared::document::{FiledDocument, FilingError, Verification};
use shared::domain::id::{CertificateId, CustomerId, ExternalId, RunId, SourceId, TenantId};
use shared::fingerprint::FingerprintKey;
use shared::http::{SignedUrl, Vendor};
use shared::reteach::{Certificate, Completeness, Owner, Participation};
use shared::runtime::{Job, LeaseTerms, Mode};
use shared::state::{
    CertificateEntry, CertificateStart, CertificateState, FencingToken, Intent, Issue, JobKind,
    Lease, OnUnverifiable, PutOutcome, Unsettled,
};
use shared::tenant::Backfill;

use crate::table::{Entry, Fenced, Start, Table};
use crate::vendor::document_id;
use crate::world::{Broken, at, id, place_of};

const TERMS: LeaseTerms = <CertificateSync as Job>::LEASE;
/// `SKEW` of `shared/src/runtime/lease.rs`: no upload goes on past this long before the lease ends.
const SKEW: SignedDuration = SignedDuration::from_secs(10);
/// Lambda ends a run after so many minutes.
const TIMEOUT: i64 = 15;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    pub(crate) token: u64,
    pub(crate) ends: i64,
    pub(crate) is_frozen: bool,
    pub(crate) step: Step,
    /// Until when it believes to have the lease.
    until: Timestamp,
    began: Timestamp,
    /// What it read at the beginning.
    start: Arc<Start>,
    entries: Vec<Option<Arc<Entry>>>,
    /// Intents that are still to be looked for.
    checks: Vec<usize>,
    /// Certificates that are still to be filed.
    files: Vec<ToFile>,
    results: BTreeMap<usize, CertificateResult>,
}

/// What the model keeps of an [`Upload`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ToFile {
    pub(crate) place: usize,
    previous: PreviousFailures,
    read: Option<CertificateState>,
    look: Option<Look>,
}

/// What a run does next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Load,
    Next,
    /// Lists documents to look for an intent.
    Check {
        place: usize,
        is_second: bool,
    },
    Look {
        file: ToFile,
        is_second: bool,
    },
    /// Makes sure of the lease before an upload.
    Guard(ToFile),
    Intend(ToFile, Intent, Timestamp),
    Send(ToFile, Intent, Timestamp),
    /// The vendor has answered, or the connection is lost.
    Answered(ToFile, Intent, Answer),
    /// Makes sure of the lease before a write.
    Settle(Settling),
    Write(Settling),
    Commit,
    WriteCheckpoint(Arc<CertificateStart>),
    Release,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Settling {
    pub(crate) place: usize,
    state: CertificateState,
    read: Option<CertificateState>,
    result: CertificateResult,
}

/// How an upload ends for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Filed(usize),
    Refused,
    Lost,
    /// It was not begun: the lease is nearly over.
    OutOfTime,
}

/// The run has lost its lease, was overtaken or is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended;

impl From<Fenced> for Ended {
    fn from(_: Fenced) -> Self {
        Self
    }
}

impl Run {
    /// A run whose delivery finds the lease free.
    pub(crate) fn begin(table: &mut Table, minute: i64) -> Self {
        let now = at(minute);
        Self {
            token: table.take_lease(now, TERMS.lasts),
            ends: minute + TIMEOUT,
            is_frozen: false,
            step: Step::Load,
            until: now + TERMS.lasts,
            began: now,
            start: Arc::default(),
            entries: Vec::new(),
            checks: Vec::new(),
            files: Vec::new(),
            results: BTreeMap::new(),
        }
    }

    /// Reads the table, and plans.
    pub(crate) fn load(&mut self, table: &Table, broken: Option<Broken>) {
        (self.start, self.entries) = (Arc::clone(&table.start), table.entries.clone());
        let (_, selection) = self.selection();
        let candidates = selection.selected.into_iter().map(|(id, participation)| {
            let issue = issue_of(&id, &participation, &KEY);
            let owners = HashMap::new();
            let people = People {
                tool: "personio",
                owners: &owners,
            };
            let entry = self.entries[place_of(&id)]
                .as_ref()
                .map(|item| item.entry.clone());
            Candidate {
                listed: Some(Listed::new(participation, issue, people)),
                entry,
                id,
            }
        });
        let start = &self.start.start;
        let policy = Policy {
            first_listed_at: start
                .checkpoint
                .as_ref()
                .and_then(|checkpoint| checkpoint.first_listed_at),
            restored: start.restored,
            mode: Mode::Scheduled,
            backfill: Backfill::All,
            time_zone: TimeZone::UTC,
        };
        let plan = Plan::build(candidates, &policy, self.began);
        self.results = plan
            .results()
            .into_iter()
            .map(|(id, result)| (place_of(&id), result))
            .collect();
        self.checks = plan
            .checks
            .iter()
            .map(|check| place_of(&check.id))
            .collect();
        self.files = plan.uploads.into_iter().map(ToFile::from).collect();
        if broken == Some(Broken::SendsAgainAtOnce) {
            for (place, item) in self.entries.iter().enumerate() {
                if let Some(CertificateState::Intended(intent)) =
                    item.as_ref().map(|item| &item.entry.state)
                {
                    let read = Some(CertificateState::Intended(*intent));
                    self.files.push(ToFile {
                        place,
                        previous: (*intent).into(),
                        read,
                        look: None,
                    });
                }
            }
            self.checks.clear();
        }
        self.step = Step::Next;
    }

    pub(crate) fn next(&mut self) {
        self.step = if !self.checks.is_empty() {
            Step::Check {
                place: self.checks.remove(0),
                is_second: false,
            }
        } else if self.files.is_empty() {
            Step::Commit
        } else {
            let file = self.files.remove(0);
            match file.look {
                Some(_) => Step::Look {
                    file,
                    is_second: false,
                },
                None => Step::Guard(file),
            }
        };
    }

    /// A list came. A document counts as missing only after two of them: `look` of `apply/check.rs`.
    pub(crate) fn checked(
        &mut self,
        place: usize,
        found: Verification,
        now: Timestamp,
        is_enough: bool,
    ) {
        if found == Verification::NotFound && !is_enough {
            self.step = Step::Check {
                place,
                is_second: true,
            };
            return;
        }
        let Some(CertificateState::Intended(intent)) = self.state_of(place) else {
            return;
        };
        let listed = PARTICIPATIONS.get(&id(place)).cloned().map(listed);
        let check = Check {
            id: id(place),
            employee: employee(place),
            intent,
            listed,
            issue: Issue::default(),
            refiled: None,
        };
        let (next, _) = after_look(check, Ok(found), now);
        match next {
            AfterLook::Send(upload) => {
                self.files.push((*upload).into());
                self.step = Step::Next;
            }
            AfterLook::Conclude(transition) => {
                self.settle(place, Some(CertificateState::Intended(intent)), transition);
            }
        }
    }

    /// What a list before filing leads to: `look` of `apply/upload.rs`. What the first list shows ends the look, so that
    /// the second one stands for both.
    pub(crate) fn looked(
        &mut self,
        file: ToFile,
        filed: Option<&[FiledDocument]>,
        now: Timestamp,
        is_enough: bool,
    ) {
        let uploads = [file.upload()];
        let decisions = before_filing(&uploads, filed, &HashSet::new(), &TimeZone::UTC, now);
        if !is_enough && filed.is_some() && needs_second_list(&uploads, &decisions) {
            self.step = Step::Look {
                file,
                is_second: true,
            };
            return;
        }
        match decisions.into_iter().next() {
            Some(BeforeFiling::Conclude(transition)) => {
                self.settle(file.place, file.read, transition)
            }
            Some(BeforeFiling::File) | None => self.step = Step::Guard(file),
        }
    }

    /// `LeaseGuard::check`: until when a write may go on.
    pub(crate) fn guard(&mut self, table: &mut Table, now: Timestamp) -> Result<Timestamp, Ended> {
        let lease = Lease {
            until: self.until,
            ..LEASE.clone()
        };
        if !lease.is_safe_at(now, TERMS.enough) {
            let until = now + TERMS.lasts;
            if !table.renew(self.token, until) {
                return Err(Ended);
            }
            self.until = until;
        }
        Ok(self.until - SKEW)
    }

    /// `attempt` of `apply/file.rs`: the lease is made sure of, then the intent gets its moment.
    pub(crate) fn guarded(
        &mut self,
        file: ToFile,
        table: &mut Table,
        now: Timestamp,
    ) -> Result<(), Ended> {
        let until = self.guard(table, now)?;
        let intent = Intent {
            at: now,
            size: None,
            failures: file.previous.failures,
            refusals: file.previous.refusals,
            failing_since: file.previous.since,
            on_unverifiable: OnUnverifiable::Park,
            decided_at: None,
        };
        self.step = Step::Intend(file, intent, until);
        Ok(())
    }

    pub(crate) fn intended(
        &mut self,
        (file, intent, until): (ToFile, Intent, Timestamp),
        put: PutOutcome,
        now: Timestamp,
    ) {
        match put {
            PutOutcome::Written => self.step = Step::Send(file, intent, until),
            PutOutcome::Changed => {
                let changed = Err(AttemptError::Skipped(SkipReason::AlreadyFinal));
                let (transition, _) = after_attempt(file.previous, changed, None, now);
                self.settle(file.place, file.read, transition);
            }
        }
    }

    pub(crate) fn answered(
        &mut self,
        file: ToFile,
        intent: Intent,
        answer: Answer,
        now: Timestamp,
        broken: Option<Broken>,
    ) {
        let attempt: Result<_, AttemptError> = match answer {
            Answer::Filed(number) => Ok(Some(document_id(file.place, number))),
            Answer::Refused => Err(FilingError::refused("refused").into()),
            Answer::Lost => Err(FilingError::outcome_unknown(Vendor::Personio, "lost").into()),
            Answer::OutOfTime => Err(AttemptError::Halted(out_of_time())),
        };
        let (transition, _) = after_attempt(file.previous, attempt, Some(intent), now);
        let read = match broken {
            Some(Broken::WritesNoIntent) => file.read,
            _ => Some(CertificateState::Intended(intent)),
        };
        self.settle(file.place, read, transition);
    }

    fn settle(&mut self, place: usize, read: Option<CertificateState>, transition: Transition) {
        let Transition {
            write,
            result,
            if_unwritten: _,
        } = transition;
        self.step = match write {
            Some(state) => Step::Settle(Settling {
                place,
                state,
                read,
                result,
            }),
            None => {
                self.results.insert(place, result);
                Step::Next
            }
        };
    }

    /// `carry_out` of `apply/ledger.rs`.
    pub(crate) fn write(
        &mut self,
        settling: Settling,
        table: &mut Table,
        fenced: bool,
    ) -> Result<(), Ended> {
        let Settling {
            place,
            state,
            read,
            result,
        } = settling;
        table.put_entry(
            (place, self.token, fenced),
            entry(place, state),
            read.as_ref(),
        )?;
        // What somebody decided meanwhile stays.
        self.results.insert(place, result);
        self.step = Step::Next;
        Ok(())
    }

    /// What the next run begins with, if that is news.
    pub(crate) fn commit(&mut self, now: Timestamp, broken: Option<Broken>) {
        let (scope, selection) = self.selection();
        let results = self
            .results
            .iter()
            .map(|(place, result)| (id(*place), result.clone()))
            .collect();
        let facts = RunFacts {
            scope,
            began: self.began,
            completeness: Completeness::Complete,
            seen: selection.selected.len() as u64,
            selection: &selection,
            waiting: &[],
            results: &results,
            holds_left: false,
            may_be_first: true,
            parked: 0,
            beyond: 0,
            held: 0,
            held_days: &BTreeMap::new(),
            reissued: 0,
            dates_seen: None,
            has_external_ids: true,
            allowed_hosts: 0,
            stopped_for_host: false,
            lists: None,
            refusals: None,
        };
        let mut concluded = conclude(self.start.start.checkpoint.as_ref(), facts, now);
        if broken == Some(Broken::ForgetsWhatIsDue) {
            let days = concluded.checkpoint.days.values_mut();
            days.for_each(|day| day.unsettled = Unsettled::default());
        }
        let checkpoint = Some(concluded.checkpoint);
        let start = CertificateStart {
            checkpoint,
            ..CertificateStart::default()
        };
        self.step = match concluded.is_news {
            true => Step::WriteCheckpoint(Arc::new(start)),
            false => Step::Release,
        };
    }

    /// Which certificates the run looks at: everything at first, on request and daily, else what is due.
    fn selection(&self) -> (Scope, Selection) {
        let start = &self.start.start;
        let scope = Scope::of(start, Mode::Scheduled, 0, self.began);
        let certificates = PARTICIPATIONS.iter().take(self.entries.len());
        let listed: BTreeMap<_, _> = certificates
            .map(|(id, listed)| (id.clone(), listed.clone()))
            .collect();
        let mut digests: BTreeMap<_, Vec<u64>> = BTreeMap::new();
        for (id, participation) in &listed {
            if let Some((day, digest)) = digest(id, participation, scope, &KEY) {
                digests.entry(day).or_default().push(digest);
            }
        }
        let checkpoint = start.checkpoint.as_ref();
        (
            scope,
            select(listed, digests, checkpoint, scope, &KEY, self.began),
        )
    }

    fn state_of(&self, place: usize) -> Option<CertificateState> {
        self.entries[place]
            .as_ref()
            .map(|item| item.entry.state.clone())
    }
}

impl From<Upload> for ToFile {
    fn from(upload: Upload) -> Self {
        let Upload {
            id,
            previous,
            read,
            look,
            ..
        } = upload;
        Self {
            place: place_of(&id),
            previous,
            read,
            look,
        }
    }
}

impl ToFile {
    fn upload(&self) -> Upload {
        let listed = PARTICIPATIONS.get(&id(self.place)).cloned().map(listed);
        let upload = Upload::of(id(self.place), listed, self.previous, self.read.clone()).unwrap();
        Upload {
            look: self.look,
            ..upload
        }
    }

    pub(crate) fn read(&self) -> Option<&CertificateState> {
        self.read.as_ref()
    }
}

pub(crate) fn entry(place: usize, state: CertificateState) -> CertificateEntry {
    CertificateEntry::new(id(place), employee(place), state)
}

fn employee(place: usize) -> SourceId {
    SourceId::new(format!("{}", place + 1))
}

static KEY: LazyLock<FingerprintKey> = LazyLock::new(|| FingerprintKey::from_bytes(&[7; 32]));

static LEASE: LazyLock<Lease> = LazyLock::new(|| Lease {
    tenant: TenantId::parse("acme").unwrap(),
    job: JobKind::Certificates,
    owner: RunId::new("run"),
    token: FencingToken::default(),
    until: Timestamp::UNIX_EPOCH,
    first_run: None,
    last_good_run: None,
    last_report_at: None,
    retirements: BTreeMap::new(),
    notices: shared::notices::Memory::default(),
});

/// What the academy lists, in the whole history: certificates of courses completed an hour before.
static PARTICIPATIONS: LazyLock<BTreeMap<CertificateId, Participation>> = LazyLock::new(|| {
    (0..2)
        .map(|place| (id(place), participation(place)))
        .collect()
});

fn participation(place: usize) -> Participation {
    Participation {
        id: serde_json::from_value(format!("p-{place}").into()).unwrap(),
        customer: Some(Owner {
            id: CustomerId::new(format!("a-{place}")),
            external_id: Some(ExternalId::of("personio", &employee(place))),
        }),
        course_name: Some("Brandschutz".to_owned()),
        completed_at: Some(at(-60)),
        certificate: Some(Certificate {
            id: id(place),
            url: Some(SignedUrl::new("https://files.example/x.pdf")),
            dated: None,
            size: None,
        }),
    }
}

fn listed(participation: Participation) -> Listed {
    let issue = Issue::default();
    let owners = HashMap::new();
    Listed::new(
        participation,
        issue,
        People {
            tool: "personio",
            owners: &owners,
        },
    )
}
