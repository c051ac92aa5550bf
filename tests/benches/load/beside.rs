//! One warm environment that a hostile tenant and an honest one come to in turn, and single tenants that are driven to
//! Personio's limits. All at the same time, each in an environment of its own, in real time.

use std::thread;
use std::time::Duration;

use harness::completed;
use harness::fleet::{Event, Fleet, Hostility, Seen, Terms, Told};
use jiff::{SignedDuration, Timestamp};
use shared::runtime::Outcome;
use shared::state::JobKind;
use simulators::{Behaviour, Body, Fault};
use tokio::runtime::Runtime;

use crate::args::{Beside as Size, Size as Whole};
use crate::checks;

/// Two companies for each pair of neighbours, then one for documents and one for log-ins.
const NEIGHBOURS: [(Hostility, usize, usize); 2] =
    [(Hostility::Hangs, 0, 1), (Hostility::Floods, 2, 3)];
const DOCUMENTS: usize = 4;
const LOGINS: usize = 5;
const COMPANIES: usize = 6;
/// As Lambda's own, of the slower function.
const LONG: Duration = Duration::from_secs(900);

/// A hostile tenant's run, and another tenant's before and after it in the same environment.
#[derive(Debug)]
pub(crate) struct Neighbours {
    pub(crate) hostility: Hostility,
    pub(crate) hostile: Told,
    pub(crate) deadline: Duration,
    pub(crate) before: Told,
    pub(crate) after: Told,
}

/// Everything that was seen.
#[derive(Debug)]
pub(crate) struct Beside {
    pub(crate) neighbours: Vec<Neighbours>,
    /// The most of any credential, of those that had as much to do as the limits let through.
    pub(crate) seen: Seen,
    pub(crate) amiss: Vec<String>,
}

pub(crate) fn play(runtime: &Runtime, size: &Whole) -> Beside {
    eprintln!("side by side in one environment, and up to the limits …");
    let fleet = runtime.block_on(Fleet::start(COMPANIES, size.people));
    let mut amiss = checks::all_good("a first run", &fleet.first_runs(COMPANIES));
    fleet.set_latency(size.latency);
    let size = size.beside;
    thread::sleep(size.pause);
    let (neighbours, filed, refused) = thread::scope(|scope| {
        let fleet = &fleet;
        let neighbours = NEIGHBOURS.map(|them| scope.spawn(move || neighbours(fleet, size, them)));
        let filed = scope.spawn(move || documents(fleet, size));
        let refused = scope.spawn(move || logins(fleet, size));
        (
            neighbours.map(|it| it.join().unwrap()),
            filed.join().unwrap(),
            refused.join().unwrap(),
        )
    });
    for them in &neighbours {
        let is_late = them.hostile.took > them.deadline;
        let is_good = them.before.outcome.is_good() && them.after.outcome.is_good();
        // Too many people may all have come just before the time was over, wherever that was.
        let Told {
            outcome, message, ..
        } = &them.hostile;
        let is_clear = matches!(outcome, Outcome::Partly | Outcome::SourceUnavailable)
            || message.contains("the time for this run is over");
        if is_late || !is_good || !is_clear {
            amiss.push(format!("beside one who {}: {them:?}", them.hostility));
        }
    }
    amiss.extend(checks::all_good("filing", &filed));
    if refused.iter().any(|told| told.outcome.is_good()) {
        amiss.push("a refused token was good".to_owned());
    }
    // None of them says 429 of itself.
    let seen = Seen::of(&fleet.companies);
    amiss.extend(
        checks::refused(&seen)
            .into_iter()
            .chain(checks::limits(&seen)),
    );
    amiss.extend(runtime.block_on(checks::leases(&fleet)));
    Beside {
        neighbours: neighbours.into(),
        seen,
        amiss,
    }
}

/// The honest one twice, so that it is warm, then the hostile one, then the honest one.
fn neighbours(
    fleet: &Fleet,
    size: Size,
    (hostility, one, other): (Hostility, usize, usize),
) -> Neighbours {
    hostility.begin(fleet.company(one), size.flood);
    let of = |company| event(company, JobKind::Employees, size.deadline);
    let told = one_by_one(fleet, &[of(other), of(other), of(one), of(other)]);
    let [_, before, hostile, after]: [Told; 4] = told.try_into().unwrap();
    Neighbours {
        hostility,
        hostile,
        deadline: size.deadline,
        before,
        after,
    }
}

/// One run with more certificates than a minute takes.
fn documents(fleet: &Fleet, size: Size) -> Vec<Told> {
    let at = (Timestamp::now() - SignedDuration::from_hours(1)).to_string();
    let certificate = |number| {
        completed(
            &format!("9f0c2c53-3f6e-4b0f-9f6c-{number:012}"),
            1,
            "Datenschutz",
            &at,
        )
    };
    fleet
        .company(DOCUMENTS)
        .reteach
        .add_participations((0..size.certificates).map(certificate));
    one_by_one(fleet, &[event(DOCUMENTS, JobKind::Certificates, LONG)])
}

/// Runs one after another in which no token is taken: each logs in, and once more.
fn logins(fleet: &Fleet, size: Size) -> Vec<Told> {
    let fault = Fault::new(Behaviour::Status(401, Body::Vendor)).path("/v1/company/employees");
    fleet.company(LOGINS).personio.fail(fault.always());
    one_by_one(
        fleet,
        &vec![event(LOGINS, JobKind::Employees, LONG); size.logins],
    )
}

fn event(company: usize, job: JobKind, deadline: Duration) -> Event {
    Event {
        company,
        job,
        at: Duration::ZERO,
        deadline,
    }
}

/// In one environment, at the vendors' own pace.
fn one_by_one(fleet: &Fleet, events: &[Event]) -> Vec<Told> {
    fleet.round(
        events,
        &Terms {
            environments: 1,
            pace: None,
        },
    )
}
