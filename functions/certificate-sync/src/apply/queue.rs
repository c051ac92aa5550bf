//! The order of a run: which certificate of which person comes next.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};

use shared::domain::id::SourceId;
use tokio::sync::OnceCell;

use super::settle::lock;
use super::{Refused, Shared, Tools};
use crate::decide::{BeforeFiling, Series};
use crate::plan::Upload;

/// Other people whose list is asked for before a right counts as missing.
const OTHERS: usize = 2;

/// A person's certificates. Those that are looked up are decided about by one list of documents, when the first of them
/// is reached.
pub(super) struct Person {
    pub(super) uploads: Vec<Upload>,
    pub(super) looked: OnceCell<Result<Vec<BeforeFiling>, NotLooked>>,
    /// What the HR system said when a certificate was filed for a person that it does not have (any more).
    pub(super) deleted: OnceLock<String>,
}

/// Why a person's certificates are not filed in this run.
pub(super) enum NotLooked {
    /// The person's documents cannot be listed. `is_silent`: that may be an outage.
    Unlisted {
        reason: String,
        is_silent: bool,
    },
    NotReached,
}

/// A certificate that is to be filed next.
pub(super) struct Next {
    pub(super) person: Arc<Person>,
    /// Its place among the person's certificates.
    pub(super) place: usize,
    /// It was taken from elsewhere in the queue, to see whether refusals are the tenant's.
    pub(super) is_probe: bool,
    /// The same, to see whether lists that cannot be read are single people's.
    pub(super) is_list_probe: bool,
}

impl Person {
    /// A person with no certificate on an allowed host is not: there is nothing to file.
    pub(super) fn is_looked_up(&self, tools: Tools<'_>) -> bool {
        let is_reachable = |upload: &Upload| tools.downloads.refused_host(&upload.url).is_none();
        self.uploads.iter().any(|upload| upload.look.is_some())
            && self.uploads.iter().any(is_reachable)
    }
}

impl Next {
    pub(super) fn upload(&self) -> Option<&Upload> {
        self.person.uploads.get(self.place)
    }
}

/// Those who are looked up last.
pub(super) fn others(tools: Tools<'_>, people: &[Arc<Person>]) -> Vec<SourceId> {
    let looked_up = people
        .iter()
        .rev()
        .filter(|person| person.is_looked_up(tools));
    let employees = looked_up.filter_map(|person| Some(person.uploads.first()?.employee.clone()));
    employees.take(OTHERS).collect()
}

/// The people, and the places of all certificates: which person, and which of theirs.
pub(super) fn by_person(uploads: Vec<Upload>) -> (Vec<Arc<Person>>, VecDeque<(usize, usize)>) {
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
pub(super) fn next(
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
    if refusals.takes_any_course() {
        return refusals.next_probe(order.len());
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
