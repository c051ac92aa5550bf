//! All cases, and the sample of them that is run by default.

use std::collections::HashSet;
use std::hash::Hash;

use harness::faults::{self, Call, Effect, Expect, NamedFault, server_of, servers};
use local::route;
use simulators::CallId;

use crate::case::{Baseline, Case};
use crate::execution::{Injection, RunFault, Scenario};
use crate::scene::{Scene, Tries};

/// Faults of a run as a whole.
const RUN_FAULTS: [(&str, RunFault, Expect); 7] = [
    ("no-time", RunFault::NoTime, Expect::Reported),
    ("delivered-twice", RunFault::Twice, Expect::Reported),
    ("late-two-at-once", RunFault::LateTwoAtOnce, Expect::Quiet),
    ("clock-ahead", RunFault::Skewed(90), Expect::Quiet),
    ("clock-behind", RunFault::Skewed(-90), Expect::Quiet),
    ("clock-far-ahead", RunFault::Skewed(600), Expect::Quiet),
    ("clock-far-behind", RunFault::Skewed(-600), Expect::Quiet),
];
/// Closed connections, before and after the effect of the call.
const INTERRUPTIONS: [&str; 2] = ["reset-before-reply", "lose-reply"];

/// The sample has every nth case beyond the first of each kind.
const SAMPLE_NTH: usize = 200;

/// A case, and its scenario without a fault.
pub(crate) type Tried<'a> = (&'a Baseline, Case);

/// How many cases are run.
pub(crate) enum Size {
    /// Less than a minute: each fault for each job, and a few of the rest.
    Sample,
    /// Each fault for each job and route, and every nth of the rest.
    Every(usize),
    /// The cases with this in their names.
    Named(String),
}

impl Size {
    /// `PROVE=all` runs every case, `FAULT_EVERY=<n>` every nth, `FAULT=<part of a name>` those alone.
    pub(crate) fn from_environment() -> Result<Self, String> {
        let variable = |name| std::env::var(name).ok();
        if let Some(part) = variable("FAULT") {
            return Ok(Self::Named(part));
        }
        match (variable("FAULT_EVERY"), variable("PROVE").as_deref()) {
            (Some(text), _) => match text.parse() {
                Ok(nth) if nth > 0 => Ok(Self::Every(nth)),
                _ => Err("FAULT_EVERY is a whole number from 1 on; 1 runs all cases".to_owned()),
            },
            (None, Some("all")) => Ok(Self::Every(1)),
            (None, None | Some("")) => Ok(Self::Sample),
            (None, Some(other)) => Err(format!("PROVE is `all` or not set, and not `{other}`")),
        }
    }

    /// The part of a name that chooses cases.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Named(part) => Some(part),
            Self::Sample | Self::Every(_) => None,
        }
    }

    /// The cases of this size.
    pub(crate) fn choose<'a>(&self, cases: Vec<Tried<'a>>) -> Vec<Tried<'a>> {
        match self {
            Self::Named(part) => {
                let is_named = |(_, case): &Tried<'_>| case.to_string().contains(part);
                cases.into_iter().filter(is_named).collect()
            }
            Self::Sample => thinned(cases, kind, SAMPLE_NTH),
            Self::Every(nth) => {
                let by_route = |case: &Case| (kind(case), route(case.scenario.via));
                thinned(cases, by_route, *nth)
            }
        }
    }
}

/// Every case of every scenario.
pub(crate) fn all(baselines: &[Baseline]) -> Vec<Tried<'_>> {
    let table = faults::table();
    baselines
        .iter()
        .flat_map(|baseline| {
            let cases = [calls(baseline, &table), runs(baseline)].concat();
            cases.into_iter().map(move |case| (baseline, case))
        })
        .collect()
}

fn calls(baseline: &Baseline, table: &[NamedFault]) -> Vec<Case> {
    let (scenario, calls) = (baseline.scenario, &baseline.execution.calls);
    let tries = scenario.scene.tries();
    let is_tried = |fault: &NamedFault| match tries {
        Tries::Interruptions => INTERRUPTIONS.contains(&fault.name),
        Tries::Command => matches!(fault.effect, Effect::Behave(_)),
        Tries::Everything | Tries::Pages => true,
    };
    let mut cases = Vec::new();
    for (number, id) in calls.iter().enumerate() {
        let server = server_of(&id.name);
        let calls_of = |server: &str, calls: &[CallId]| {
            calls.iter().any(|call| server_of(&call.name) == server)
        };
        let mut call = Call::named(&id.name);
        call.has_next = calls_of(server, &calls[number + 1..]);
        call.is_behind = server == "Personio" && calls_of("Kombo", calls);
        call.is_page = tries == Tries::Pages;
        call.nth = id.nth;
        let faults = table.iter().filter(|fault| call.meets(fault));
        cases.extend(faults.filter(|fault| is_tried(fault)).map(|fault| {
            let injection = Injection::Call(id.clone(), fault.effect.clone());
            let expect = match tries {
                Tries::Command => Expect::Quiet,
                _ => fault.expect,
            };
            case(scenario, fault.name, injection, expect)
        }));
    }
    cases
}

fn runs(baseline: &Baseline) -> Vec<Case> {
    let Baseline {
        scenario,
        execution,
        ..
    } = baseline;
    let tries = scenario.scene.tries();
    if tries == Tries::Pages {
        return Vec::new();
    }
    let killed =
        (0..execution.polls).map(|polls| ("killed", RunFault::Killed(polls), Expect::Quiet));
    let mut faults = Vec::new();
    if tries == Tries::Everything {
        let offline = |name| ("refused-first", RunFault::Offline(name), Expect::Reported);
        faults.extend(RUN_FAULTS);
        faults.extend(servers(&execution.calls).map(offline));
        // Before the first run there is nothing that another version could have left.
        if scenario.scene != Scene::First {
            faults.push(("new-version", RunFault::NewVersion, Expect::Quiet));
        }
    }
    faults
        .into_iter()
        .chain(killed)
        .map(|(name, fault, expect)| case(*scenario, name, Injection::Run(fault), expect))
        .collect()
}

fn case(scenario: Scenario, fault: &'static str, injection: Injection, expect: Expect) -> Case {
    Case {
        scenario,
        fault,
        injection,
        expect,
        broken: None,
    }
}

/// The first case of each kind, and every nth of the rest.
fn thinned<'a, K: Hash + Eq>(
    cases: Vec<Tried<'a>>,
    kind: impl Fn(&Case) -> K,
    nth: usize,
) -> Vec<Tried<'a>> {
    let mut seen = HashSet::new();
    let (mut chosen, rest): (Vec<_>, Vec<_>) = cases
        .into_iter()
        .partition(|(_, case)| seen.insert(kind(case)));
    chosen.extend(rest.into_iter().step_by(nth));
    chosen
}

fn kind(case: &Case) -> (&'static str, &'static str) {
    (case.fault, case.scenario.scene.job().as_str())
}
