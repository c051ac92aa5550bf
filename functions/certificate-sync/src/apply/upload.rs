//! Files what is to be filed: one person's certificates after each other, several people at once.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::iter;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures::{StreamExt as _, stream};
use shared::document::{DocumentSink as _, FiledDocument, FilingError, Suspect};
use shared::domain::id::{CertificateId, SourceId};
use shared::runtime::{Outcome, RunError};
use shared::source::SourceError;
use shared::state::CertificateState;
use tokio::sync::OnceCell;

use super::file::Attempted;
use super::folder::Folder;
use super::{Applied, Refused, Shared, Tools, file, folder, is_late, ledger};
use crate::decide::{
    Advance, AttemptError, BeforeFiling, Refusal, Rest, Series, after_attempt,
    after_person_deleted, after_shared_refusal, after_unlisted, before_filing, needs_second_list,
    of_both,
};
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::Upload;

/// So many others are asked for a list before a right counts as missing.
const OTHERS: usize = 2;

/// How a certificate is left, and in whose file it belongs.
type Left = (CertificateId, (SourceId, CertificateResult));

/// A person's certificates. Those that are looked up are decided about by one list of documents, when the first of them
/// is reached.
struct Person {
    uploads: Vec<Upload>,
    looked: OnceCell<Result<Vec<BeforeFiling>, NotLooked>>,
    /// What the HR system said when a certificate was filed for a person that it does not have (any more).
    deleted: OnceLock<String>,
}

/// Why a person's certificates are not filed in this run.
enum NotLooked {
    /// The person's documents cannot be listed. `is_silent`: that may be an outage.
    Unlisted {
        reason: String,
        is_silent: bool,
    },
    NotReached,
}

/// A certificate that is to be filed next.
struct Next {
    person: Arc<Person>,
    /// Its place among the person's certificates.
    place: usize,
    /// It was taken from elsewhere in the queue, to see whether refusals are the tenant's.
    is_probe: bool,
    /// The same, to see whether lists that cannot be read are single people's.
    is_list_probe: bool,
}

/// Files `uploads` in their order.
pub(super) async fn all(
    tools: Tools<'_>,
    uploads: Vec<Upload>,
    shared: &Shared,
    applied: &mut Applied,
    progress: &(dyn Fn() + Sync),
) {
    let folder = match uploads.is_empty() || shared.breaker.is_open() {
        true => None,
        false if is_late(tools, &shared.breaker) => None,
        false => folder::find(tools.sink, tools.category)
            .await
            .map_err(|halt| shared.breaker.open(halt))
            .ok(),
    };
    let (people, order) = by_person(uploads);
    shared.lists.know(others(tools, &people));
    let order = Mutex::new(order);
    let folder = folder.as_ref();
    // Each is made into a future as there is room for it: one that waits takes eight kilobytes.
    let work = iter::from_fn(|| next(&people, &order, shared)).map(|next| async move {
        let left = match folder {
            Some(folder) => {
                let is_probe = next.is_probe;
                let left = file_one(tools, folder, next, shared).await;
                if is_probe {
                    lock(&shared.refusals).probe_ended();
                }
                left
            }
            None => next.upload().map(not_reached).into_iter().collect(),
        };
        progress();
        left
    });
    let mut work = std::pin::pin!(stream::iter(work).buffer_unordered(tools.at_once));
    while let Some(left) = work.next().await {
        applied.results.extend(left);
    }
    let refusals = std::mem::take(&mut *lock(&shared.refusals));
    applied.refusals = refusals.counted();
    let rest = settle_rest(tools, refusals, shared).await;
    applied.results.extend(rest);
    shared.lists.conclude();
    for person in &people {
        let unlisted = settle_unlisted(tools, person, shared).await;
        applied.results.extend(unlisted);
    }
    let looked_up = people.iter().filter(|person| person.is_looked_up(tools));
    for person in looked_up {
        match person.looked.get() {
            Some(Ok(_)) => applied.people_looked_at += 1,
            Some(Err(_)) | None => applied.people_left += 1,
        }
    }
}

impl Person {
    /// A person with no certificate on an allowed host is not: there is nothing to file.
    fn is_looked_up(&self, tools: Tools<'_>) -> bool {
        let is_reachable = |upload: &Upload| tools.downloads.refused_host(&upload.url).is_none();
        self.uploads.iter().any(|upload| upload.look.is_some())
            && self.uploads.iter().any(is_reachable)
    }
}

impl Next {
    fn upload(&self) -> Option<&Upload> {
        self.person.uploads.get(self.place)
    }
}

/// Those who are looked up last.
fn others(tools: Tools<'_>, people: &[Arc<Person>]) -> Vec<SourceId> {
    let looked_up = people
        .iter()
        .rev()
        .filter(|person| person.is_looked_up(tools));
    let employees = looked_up.filter_map(|person| Some(person.uploads.first()?.employee.clone()));
    employees.take(OTHERS).collect()
}

/// The people, and the places of all certificates: which person, and which of theirs.
fn by_person(uploads: Vec<Upload>) -> (Vec<Arc<Person>>, VecDeque<(usize, usize)>) {
    let mut people: Vec<Person> = Vec::new();
    let mut known: BTreeMap<SourceId, usize> = BTreeMap::new();
    let mut order = VecDeque::new();
    for upload in uploads {
        let number = *known.entry(upload.employee.clone()).or_insert(people.len());
        if number == people.len() {
            people.push(Person {
                uploads: Vec::new(),
                looked: OnceCell::new(),
                deleted: OnceLock::new(),
            });
        }
        if let Some(person) = people.get_mut(number) {
            order.push_back((number, person.uploads.len()));
            person.uploads.push(upload);
        }
    }
    (people.into_iter().map(Arc::new).collect(), order)
}

/// The newest, or one from elsewhere in the queue to tell equal refusals from those of single certificates.
fn next(
    people: &[Arc<Person>],
    order: &Mutex<VecDeque<(usize, usize)>>,
    shared: &Shared,
) -> Option<Next> {
    let mut order = lock(order);
    let probe = probe(people, &order, &mut lock(&shared.refusals));
    let list_probe = shared.lists.next_probe(order.len());
    let (number, place) = match probe.or(list_probe) {
        Some(at) => order.remove(at),
        None => order.pop_front(),
    }?;
    Some(Next {
        person: Arc::clone(people.get(number)?),
        place,
        is_probe: probe.is_some(),
        is_list_probe: list_probe.is_some(),
    })
}

/// The place of the next probe, if there is to be one: of another course than those that were refused, if any waits.
fn probe(
    people: &[Arc<Person>],
    order: &VecDeque<(usize, usize)>,
    refusals: &mut Series<Refused>,
) -> Option<usize> {
    if !refusals.is_suspect() {
        return None;
    }
    let refused = refusals.refused_so_far().iter();
    let refused: HashSet<_> = refused
        .map(|refused| refused.upload.course.as_deref())
        .collect();
    let course = |(number, place): (usize, usize)| {
        let upload = people.get(number)?.uploads.get(place)?;
        Some(upload.course.as_deref())
    };
    let places = order.iter().enumerate();
    let others: Vec<usize> = places
        .filter(|(_, next)| course(**next).is_some_and(|course| !refused.contains(&course)))
        .map(|(at, _)| at)
        .collect();
    match others.is_empty() {
        true => refusals.next_probe(order.len()),
        false => {
            let at = refusals.next_probe(others.len())?;
            others.get(at).copied()
        }
    }
}

/// Files a certificate, unless its person's documents say otherwise.
async fn file_one(tools: Tools<'_>, folder: &Folder, next: Next, shared: &Shared) -> Vec<Left> {
    let Some(upload) = next.upload() else {
        return Vec::new();
    };
    let Next {
        person,
        place,
        is_probe,
        is_list_probe,
    } = &next;
    let is_refused = tools.downloads.refused_host(&upload.url).is_some();
    if !is_refused && person.is_looked_up(tools) {
        let look = || look(tools, &person.uploads, *is_list_probe, shared);
        let decisions = match person.looked.get_or_init(look).await {
            Ok(decisions) => decisions,
            // What that means is known at the end.
            Err(_) => return vec![not_reached(upload)],
        };
        if let Some(BeforeFiling::Conclude(transition)) = decisions.get(*place) {
            let (subject, read) = (upload.into(), upload.read.as_ref());
            let (transition, breaker) = (transition.clone(), &shared.breaker);
            let result = ledger::carry_out(tools, subject, read, transition, breaker).await;
            return vec![(upload.id.clone(), (upload.employee.clone(), result))];
        }
    }
    upload_one(tools, folder, person, (upload.clone(), *is_probe), shared).await
}

/// Lists the documents of the person whose certificates these are.
async fn look(
    tools: Tools<'_>,
    uploads: &[Upload],
    is_probe: bool,
    shared: &Shared,
) -> Result<Vec<BeforeFiling>, NotLooked> {
    let lists = &shared.lists;
    let is_over = shared.breaker.is_open() || lists.breaker.is_open();
    let Some(first) = uploads.first() else {
        return Ok(Vec::new());
    };
    if is_over || is_late(tools, &shared.breaker) {
        return Err(NotLooked::NotReached);
    }
    let now = tools.clock.now();
    match lists.of(tools, &first.employee).await {
        Ok(documents) => {
            lists.listed();
            let is_by_title = |upload: &Upload| upload.look.is_some_and(|look| look.by_title);
            let none = HashSet::new();
            let taken = match uploads.iter().any(is_by_title) {
                true => lists.in_ledger(tools).await.map_err(|error| {
                    shared.breaker.open(error.into());
                    NotLooked::NotReached
                })?,
                false => &none,
            };
            let zone = tools.time_zone;
            let decide = |documents: Option<&[FiledDocument]>| {
                before_filing(uploads, documents, taken, zone, now)
            };
            let decisions = decide(documents.as_deref());
            let Some(documents) = documents.filter(|_| needs_second_list(uploads, &decisions))
            else {
                return Ok(decisions);
            };
            match tools.sink.filed(&first.employee).await {
                Ok(Some(again)) => Ok(decide(Some(&of_both(&documents, again)))),
                Ok(None) => Err(NotLooked::NotReached),
                Err(error) => not_listed(tools, error, is_probe, shared),
            }
        }
        Err(error) => not_listed(tools, error, is_probe, shared),
    }
}

/// What a list that failed says about its person's certificates, and about those of others.
fn not_listed(
    tools: Tools<'_>,
    error: SourceError,
    is_probe: bool,
    shared: &Shared,
) -> Result<Vec<BeforeFiling>, NotLooked> {
    let lists = &shared.lists;
    match error {
        _ if is_late(tools, &shared.breaker) => Err(NotLooked::NotReached),
        error @ (SourceError::Unavailable(_)
        | SourceError::Refused(_)
        | SourceError::Unreadable(_)) => {
            let reason =
                format!("the employee's documents cannot be listed before filing: {error}");
            let is_silent = matches!(error, SourceError::Unavailable(_));
            lists.failed(error, is_probe);
            Err(NotLooked::Unlisted { reason, is_silent })
        }
        SourceError::Forbidden(problem) => {
            lists.refused(tools, problem);
            Err(NotLooked::NotReached)
        }
        error => {
            lists.breaker.failure(error.into());
            Err(NotLooked::NotReached)
        }
    }
}

/// A person's certificates, if the person's documents cannot be listed. In an outage of lists they are only not reached.
async fn settle_unlisted(tools: Tools<'_>, person: &Person, shared: &Shared) -> Vec<Left> {
    let Some(Err(NotLooked::Unlisted { reason, is_silent })) = person.looked.get() else {
        return Vec::new();
    };
    if *is_silent && shared.lists.breaker.is_open() {
        return Vec::new();
    }
    let is_reachable = |upload: &&Upload| tools.downloads.refused_host(&upload.url).is_none();
    let mut left = Vec::new();
    for upload in person.uploads.iter().filter(is_reachable) {
        let transition = after_unlisted(upload.previous, reason.clone(), tools.clock.now());
        let (read, breaker) = (upload.read.as_ref(), &shared.breaker);
        let result = ledger::carry_out(tools, upload.into(), read, transition, breaker).await;
        left.push((upload.id.clone(), (upload.employee.clone(), result)));
    }
    left
}

/// Files one certificate. What it leaves undecided is settled with one of the next.
async fn upload_one(
    tools: Tools<'_>,
    folder: &Folder,
    person: &Person,
    (upload, is_probe): (Upload, bool),
    shared: &Shared,
) -> Vec<Left> {
    let breaker = &shared.breaker;
    if breaker.is_open() || is_late(tools, breaker) {
        return vec![not_reached(&upload)];
    }
    if let Some(reason) = person.deleted.get() {
        let own = after_person_deleted(upload.previous, reason.clone(), tools.clock.now());
        let this = Refused {
            upload,
            intent: None,
            own,
        };
        return vec![settle(tools, this, shared).await];
    }
    let Attempted { result, intent } = file::file(tools, folder, &upload).await;
    let refusal = result.as_ref().err().and_then(AttemptError::refusal);
    let says_nothing = result
        .as_ref()
        .err()
        .is_some_and(|error| !error.is_answer());
    let is_filed = result.is_ok();
    let (own, signal) = after_attempt(upload.previous, result, intent, tools.clock.now());
    ledger::tell(breaker, signal);
    if let CertificateResult::Skipped(SkipReason::PersonDeleted(retry)) = &own.result {
        // Another certificate of the same person may have said so first.
        person.deleted.set(retry.reason.clone()).ok();
        if let Err(halt) = shared.denied.add(tools, &upload.employee).await {
            breaker.open(halt);
        }
    }
    if is_filed {
        shared.denied.filed();
    }
    let this = Refused {
        upload,
        intent,
        own,
    };
    let is_fresh = refusal
        .as_ref()
        .is_some_and(|refusal| is_fresh(&this.upload, refusal));
    // That it is the certificate's own, an earlier run has shown.
    let is_known = refusal.as_ref().is_some_and(|refusal| {
        !is_fresh && refusal.suspect.is_none() && !lock(&shared.refusals).goes_on_with(refusal)
    });
    if is_known {
        return vec![settle(tools, this, shared).await];
    }
    let advance = match refusal {
        Some(refusal) => {
            let fresh = is_fresh.then(|| this.upload.id.clone());
            lock(&shared.refusals).refused(refusal, this, fresh, is_probe)
        }
        None => {
            let mut settled = match says_nothing {
                true => Vec::new(),
                false => lock(&shared.refusals).broken(is_filed),
            };
            settled.push(this);
            Advance::Own(settled)
        }
    };
    let own = match advance {
        Advance::Own(own) => own,
        Advance::Stop { refusal, own } => {
            breaker.open(refused_alike(refusal));
            own
        }
    };
    let mut left = Vec::new();
    for refused in own {
        left.push(settle(tools, refused, shared).await);
    }
    left
}

/// Whether no earlier run has counted such a refusal of this certificate.
fn is_fresh(upload: &Upload, refusal: &Refusal) -> bool {
    let Some(CertificateState::Failed(known)) = &upload.read else {
        return true;
    };
    known.failures == 0 || refusal.suspect.is_none() && known.reason != refusal.reason
}

fn refused_alike(refusal: Refusal) -> RunError {
    let Refusal { reason, suspect } = refusal;
    match suspect {
        Some(Suspect::Tenant(fault)) => FilingError::tenant(fault, reason).into(),
        Some(Suspect::Vendor(vendor)) => FilingError::vendor(vendor, reason).into(),
        None => {
            let message = format!(
                "certificates are refused one after the other for the same reason: {reason}"
            );
            RunError::new(Outcome::AcademyRefuses, message)
        }
    }
}

async fn settle(tools: Tools<'_>, refused: Refused, shared: &Shared) -> Left {
    let Refused {
        upload,
        intent,
        own,
    } = refused;
    let result = if let (None, CertificateResult::OutcomeUnknown(_)) = (&own.write, &own.result) {
        if !tools.sink.lists_documents() {
            shared.breaker.open(in_doubt());
        }
        own.result
    } else {
        let written = intent.map(CertificateState::Intended);
        let read = written.as_ref().or(upload.read.as_ref());
        ledger::carry_out(tools, (&upload).into(), read, own, &shared.breaker).await
    };
    (upload.id, (upload.employee, result))
}

/// Where no list shows whether a document is filed, each further doubt is one more certificate for the operator.
fn in_doubt() -> RunError {
    RunError::new(
        Outcome::SourceUnavailable,
        "an upload got no answer, and this route cannot look for its document: nothing more is sent in this run",
    )
}

/// The refusals that nothing has decided: of the tenant if there are enough of them.
async fn settle_rest(tools: Tools<'_>, refusals: Series<Refused>, shared: &Shared) -> Vec<Left> {
    let Rest {
        refused,
        refusal,
        are_own,
    } = refusals.into_rest();
    if let Some(refusal) = &refusal {
        shared.breaker.open(refused_alike(refusal.clone()));
    }
    let mut left = Vec::new();
    for refused in refused {
        let own = match &refusal {
            Some(refusal) if !are_own => {
                let (previous, now) = (refused.upload.previous, tools.clock.now());
                after_shared_refusal(previous, refusal, refused.intent, now)
            }
            _ => refused.own,
        };
        left.push(settle(tools, Refused { own, ..refused }, shared).await);
    }
    left
}

fn not_reached(upload: &Upload) -> Left {
    let left = (upload.employee.clone(), CertificateResult::NotReached);
    (upload.id.clone(), left)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
