//! All cases, and those of them that are run.

use std::collections::HashSet;

use local::route;
use simulators::CallId;

use crate::case::{Baseline, Case, What};
use crate::play::Whole;
use crate::scene::Scene;
use crate::table::{Call, Expect, faults, servers};

/// What befalls a run as a whole.
const WHOLE: [(&str, Whole, Expect); 7] = [
    ("no-time", Whole::NoTime, Expect::Told),
    ("delivered-twice", Whole::Twice, Expect::Told),
    ("late-two-at-once", Whole::LateTwoAtOnce, Expect::Quiet),
    ("clock-ahead", Whole::Skewed(90), Expect::Quiet),
    ("clock-behind", Whole::Skewed(-90), Expect::Quiet),
    ("clock-far-ahead", Whole::Skewed(600), Expect::Quiet),
    ("clock-far-behind", Whole::Skewed(-600), Expect::Quiet),
];

/// A case, and what its lane comes to without it.
pub(crate) type Tried<'a> = (&'a Baseline, Case);

/// Every case of every lane.
pub(crate) fn all(baselines: &[Baseline]) -> Vec<Tried<'_>> {
    baselines
        .iter()
        .flat_map(|it| of_lane(it).into_iter().map(move |case| (it, case)))
        .collect()
}

fn of_lane(baseline: &Baseline) -> Vec<Case> {
    let (lane, calls) = (baseline.lane, &baseline.played.calls);
    let mut cases = Vec::new();
    for id in calls {
        let call = Call::new(id, calls, lane.scene);
        for fault in faults().into_iter().filter(|fault| call.meets(fault)) {
            let what = What::Call(id.clone(), fault.blow);
            cases.push(Case {
                lane,
                fault: fault.name,
                what,
                expect: fault.expect,
                broken: None,
            });
        }
    }
    if !lane.scene.is_of_pages() {
        let away = servers(calls).map(|name| ("refused-first", Whole::Away(name), Expect::Told));
        // There is nothing that another version could have left before the first run.
        let is_first = lane.scene == Scene::First;
        let new = (!is_first).then_some(("new-version", Whole::NewVersion, Expect::Quiet));
        let killed =
            (0..baseline.played.polls).map(|polls| ("killed", Whole::Killed(polls), Expect::Quiet));
        let whole = WHOLE.into_iter().chain(away).chain(new).chain(killed);
        cases.extend(whole.map(|(fault, whole, expect)| Case {
            lane,
            fault,
            what: What::Whole(whole),
            expect,
            broken: None,
        }));
    }
    cases
}

/// Every fault at every kind of call of every job on every route, and of the rest every `nth`, if any.
pub(crate) fn sample(cases: Vec<Tried<'_>>, nth: Option<usize>) -> Vec<Tried<'_>> {
    let mut seen = HashSet::new();
    let (first, rest): (Vec<_>, Vec<_>) = cases
        .into_iter()
        .partition(|(_, case)| seen.insert(kind(case)));
    let more = nth
        .into_iter()
        .flat_map(|nth| rest.iter().step_by(nth).cloned());
    first.into_iter().chain(more).collect()
}

fn kind(case: &Case) -> (&'static str, String, &'static str, &'static str) {
    let of = match &case.what {
        What::Call(CallId { name, .. }, _) => name.clone(),
        What::Whole(whole) => format!("{whole:?} of {}", case.lane.scene.name()),
    };
    (
        case.fault,
        of,
        case.lane.scene.job().as_str(),
        route(case.lane.via),
    )
}
