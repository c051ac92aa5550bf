//! A hostile and an honest tenant that share one warm environment, and single tenants that are driven to Personio's limits.
//! All at the same time, each in an environment of its own, in real time.

use std::thread;
use std::time::Duration;

use harness::completed;
use harness::fleet::{CallRates, Event, Fleet, Hostility, RoundOptions, TickResult};
use jiff::{SignedDuration, Timestamp};
use shared::runtime::Outcome;
use shared::state::JobKind;
use simulators::{Behaviour, Body, Fault};
use tokio::runtime::Runtime;

use super::checks;
use super::size::{SingleSize, Size};

/// Two companies for each pair of neighbours, then one for documents and one for log-ins.
const NEIGHBOURS: [(Hostility, usize, usize); 2] =
    [(Hostility::Hangs, 0, 1), (Hostility::Floods, 2, 3)];
const DOCUMENTS: usize = 4;
const LOGINS: usize = 5;
const COMPANIES: usize = 6;
/// As Lambda's own, of the slower function.
const LONG: Duration = Duration::from_secs(900);

/// A hostile tenant's run, and another tenant's runs before and after it in the same environment.
#[derive(Debug)]
pub(super) struct Neighbours {
    pub(super) hostility: Hostility,
    pub(super) hostile: TickResult,
    pub(super) deadline: Duration,
    pub(super) before: TickResult,
    pub(super) after: TickResult,
}

#[derive(Debug)]
pub(super) struct SingleTenants {
    pub(super) neighbours: Vec<Neighbours>,
    /// The most calls of any credential that had as much to do as the limits allow.
    pub(super) seen: CallRates,
    pub(super) violations: Vec<String>,
}

pub(super) fn run(runtime: &Runtime, size: &Size) -> SingleTenants {
    eprintln!("neighbours in one environment, and single tenants at the limits …");
    let fleet = runtime.block_on(Fleet::start(COMPANIES, size.people));
    let mut violations = checks::all_good("a first run", &fleet.first_runs(COMPANIES));
    fleet.set_latency(size.latency);
    let size = size.single;
    thread::sleep(size.pause);
    let (neighbours, filed, refused) = thread::scope(|scope| {
        let fleet = &fleet;
        let neighbours = NEIGHBOURS.map(|them| scope.spawn(move || neighbours(fleet, size, them)));
        let filed = scope.spawn(move || documents(fleet, size));
        let refused = scope.spawn(move || logins(fleet, size));
        (
            neighbours.map(|thread| thread.join().unwrap()),
            filed.join().unwrap(),
            refused.join().unwrap(),
        )
    });
    for them in &neighbours {
        let is_late = them.hostile.took > them.deadline;
        let is_good = them.before.outcome.is_good() && them.after.outcome.is_good();
        let TickResult {
            outcome, message, ..
        } = &them.hostile;
        // Too many people may all have come before the time was over.
        let is_clear = matches!(outcome, Outcome::Partly | Outcome::SourceUnavailable)
            || message.contains("the time for this run is over")
            || them.hostility == Hostility::Floods && outcome.is_good();
        if is_late || !is_good || !is_clear {
            violations.push(format!(
                "neighbour of one whose Personio {}: {them:?}",
                them.hostility
            ));
        }
    }
    violations.extend(checks::all_good("filing", &filed));
    if refused.iter().any(|tick| tick.outcome.is_good()) {
        violations.push("a refused token was good".to_owned());
    }
    // None of them says 429 of itself.
    let seen = CallRates::of(&fleet.companies);
    violations.extend(checks::refused(&seen));
    violations.extend(fleet.violations());
    violations.extend(runtime.block_on(checks::leases(&fleet)));
    SingleTenants {
        neighbours: neighbours.into(),
        seen,
        violations,
    }
}

/// The honest one twice, so that it is warm, then the hostile one, then the honest one.
fn neighbours(
    fleet: &Fleet,
    size: SingleSize,
    (hostility, one, other): (Hostility, usize, usize),
) -> Neighbours {
    hostility.begin(fleet.company(one), size.flood);
    let of = |company| event(company, JobKind::Employees, size.deadline);
    let ticks = one_by_one(fleet, &[of(other), of(other), of(one), of(other)]);
    let [_, before, hostile, after]: [TickResult; 4] = ticks.try_into().unwrap();
    Neighbours {
        hostility,
        hostile,
        deadline: size.deadline,
        before,
        after,
    }
}

/// One run with more certificates than a minute takes.
fn documents(fleet: &Fleet, size: SingleSize) -> Vec<TickResult> {
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
fn logins(fleet: &Fleet, size: SingleSize) -> Vec<TickResult> {
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
fn one_by_one(fleet: &Fleet, events: &[Event]) -> Vec<TickResult> {
    fleet.round(
        events,
        &RoundOptions {
            environments: 1,
            pace: None,
        },
    )
}
