//! Counting what a run found and did, for its report.

use std::collections::{BTreeMap, HashMap};

use shared::domain::id::{CertificateId, SourceId};
use shared::reteach::Completeness;
use shared::runtime::{Cause, Finding, FindingKind, JobResult, Mode, Outcome, RunError};

use super::gather::Listing;
use super::scope::Scope;
use crate::CertificateSync;
use crate::apply::Became;
use crate::plan::{Plan, Rest};
use crate::report::Counts;

/// The counts and findings of a run under way.
pub(super) struct Tally {
    counts: Counts,
    findings: Vec<Finding>,
    completeness: Completeness,
    /// Whose certificate is whose, of those that something is done about.
    people: HashMap<CertificateId, SourceId>,
    news: u64,
}

impl Tally {
    pub(super) fn new(listing: &Listing, scope: Scope, plan: &Plan) -> Self {
        let uploads = plan
            .todo
            .uploads
            .iter()
            .map(|upload| (upload.id.clone(), upload.employee.clone()));
        let checks = plan
            .todo
            .checks
            .iter()
            .map(|check| (check.id.clone(), check.employee.clone()));
        let counts = Counts {
            seen: listing.seen,
            settled: listing.settled,
            readings: u64::from(listing.readings),
            parked: u64::from(listing.parked),
            rejected: listing.rejected.len() as u64,
            ..Counts::default()
        };
        let mut tally = Self {
            counts,
            findings: Vec::new(),
            completeness: listing.completeness,
            people: uploads.chain(checks).collect(),
            news: 0,
        };
        if listing.completeness == Completeness::Shifting {
            let text = format!(
                "the list of participations is not steady after {} readings: what came is filed, the next run reads it again",
                listing.readings
            );
            tally.find(None, FindingKind::Incomplete, text);
        }
        for rejected in &listing.rejected {
            let text = format!(
                "reteach's record does not fit: {} {}",
                rejected.field, rejected.problem
            );
            tally.find(
                rejected.certificate_id.as_ref(),
                FindingKind::Rejected,
                text,
            );
        }
        for (id, problem) in &listing.unanswered {
            let text = format!("{problem}; asked again on the next run");
            tally.find(Some(id), FindingKind::NotFiled, text);
        }
        tally.resting(&plan.resting, scope);
        tally
    }

    fn find(&mut self, certificate: Option<&CertificateId>, kind: FindingKind, text: String) {
        let person = certificate
            .and_then(|id| self.people.get(id))
            .map(ToString::to_string);
        self.findings.push(Finding {
            person,
            certificate: certificate.cloned(),
            kind,
            text,
        });
    }

    /// What nothing is done about. Only full scans tell of what the last runs have told already.
    fn resting(&mut self, resting: &BTreeMap<CertificateId, Rest>, scope: Scope) {
        for (id, rest) in resting {
            match rest {
                Rest::Settled => self.counts.settled += 1,
                Rest::Parked { employee, reason } if scope == Scope::Full => {
                    let person = Some(employee.to_string());
                    let (certificate, text) = (Some(id.clone()), reason.clone());
                    self.findings.push(Finding {
                        person,
                        certificate,
                        kind: FindingKind::Parked,
                        text,
                    });
                }
                Rest::AwaitingCheck(_) => self.counts.doubtful += 1,
                Rest::Stranger => self.counts.not_from_personio += 1,
                Rest::Nobody => {
                    self.counts.without_customer += 1;
                    if scope == Scope::Full {
                        let text =
                            "the participation has no customer: there is nobody to file it for"
                                .to_owned();
                        self.find(Some(id), FindingKind::Rejected, text);
                    }
                }
                Rest::Parked { .. } | Rest::AwaitingPdf | Rest::AwaitingRetry(_) | Rest::Gone => {}
            }
        }
    }

    /// Why nothing could be filed, as far as that shows without filing anything.
    pub(super) fn folder(&mut self, missing: Option<RunError>) {
        if let Some(halt) = missing {
            self.find(None, FindingKind::Refused, halt.message);
        }
    }

    /// What would be done, as findings.
    pub(super) fn dry(mut self, plan: Plan) -> JobResult<CertificateSync> {
        self.counts.remaining = plan.todo.uploads.len() as u64;
        self.counts.doubtful += plan.todo.checks.len() as u64;
        let awaited = plan
            .resting
            .values()
            .filter(|rest| **rest == Rest::AwaitingPdf);
        self.counts.waiting_for_pdf = awaited.count() as u64;
        for check in &plan.todo.checks {
            let text = "look for an upload of unknown outcome".to_owned();
            self.find(Some(&check.id), FindingKind::Change, text);
        }
        for upload in &plan.todo.uploads {
            self.find(Some(&upload.id), FindingKind::Change, "file".to_owned());
        }
        JobResult {
            plan: Some(plan),
            ..self.finished(Mode::DryRun, None)
        }
    }

    /// What became of everything that something was to be done about; how many are parked now.
    pub(super) fn applied(&mut self, became: &HashMap<CertificateId, Became>) -> u32 {
        let mut sorted: Vec<_> = became.iter().collect();
        sorted.sort_by_key(|(id, _)| *id);
        for (id, became) in sorted {
            self.news += u64::from(!matches!(
                became,
                Became::Left | Became::Gone | Became::Settled
            ));
            match became {
                Became::Filed => self.counts.uploaded += 1,
                Became::Verified => self.counts.verified += 1,
                Became::Left => self.counts.remaining += 1,
                Became::Failed(setback) => {
                    self.counts.failed += 1;
                    let text = format!(
                        "{}; tried again from {:.0} on",
                        setback.reason, setback.retry_at
                    );
                    self.find(Some(id), FindingKind::NotFiled, text);
                }
                Became::Parked(reason) => {
                    self.counts.parked += 1;
                    self.find(Some(id), FindingKind::Parked, reason.clone());
                }
                Became::Doubtful(at) => {
                    self.counts.doubtful += 1;
                    let text = format!(
                        "the upload got no answer: the document is looked for from {at:.0} on, before anything is sent again"
                    );
                    self.find(Some(id), FindingKind::Doubtful, text);
                }
                Became::AwaitingPdf | Became::Gone | Became::Settled => {}
            }
        }
        u32::try_from(self.counts.parked).unwrap_or(u32::MAX)
    }

    /// How many PDFs of the tenant are not made yet.
    pub(super) fn waiting_for_pdf(&mut self, certificates: usize) {
        self.counts.waiting_for_pdf = certificates as u64;
    }

    /// The end of the run.
    pub(super) fn finished(self, mode: Mode, stop: Option<RunError>) -> JobResult<CertificateSync> {
        let Self {
            counts,
            findings,
            completeness,
            people: _,
            news,
        } = self;
        let ended = match stop {
            Some(halt) => halt,
            None => {
                let outcome = match () {
                    () if mode == Mode::DryRun => Outcome::Planned,
                    () if counts.remaining > 0 || completeness == Completeness::Shifting => {
                        Outcome::Partly
                    }
                    () if news > 0 => Outcome::Done,
                    () => Outcome::Unchanged,
                };
                RunError {
                    outcome,
                    message: String::new(),
                    cause: Cause::Other,
                }
            }
        };
        let RunError {
            outcome,
            message,
            cause,
        } = ended;
        JobResult {
            outcome,
            message,
            cause,
            counts,
            findings,
            held: None,
            plan: None,
        }
    }
}
