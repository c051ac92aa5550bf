//! Every fault at every call of both jobs on every route: the next runs come to where a run without it would have come.
//! Without more, one case is run of each fault, kind of call, job and route; `FAULT_EVERY=<n>` adds every nth of the rest, so that
//! `FAULT_EVERY=1` runs all. `FAULT=<part of a case's name>` runs those cases alone.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test with a report of its own"
)]

mod case;
mod changes;
mod choice;
mod exceptions;
mod net;
mod play;
mod pool;
mod scene;
mod skew;
mod table;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Instant;

use case::Baseline;
use choice::Tried;
use harness::ROUTES;
use net::mutants;
use play::{Lane, Twist, Whole};
use scene::Scene;

fn baseline(lane: &Lane) -> Result<Baseline, String> {
    let played = case::played(*lane, Twist::default(), 1)?;
    let and_then = |whole| {
        let twist = Twist {
            whole: Some(whole),
            ..Twist::default()
        };
        case::played(*lane, twist, 1).map(|played| played.ending)
    };
    let (mapped, shifted) = match lane.scene.is_of_pages() {
        false => (and_then(Whole::ThenNewMapping)?, played.ending.clone()),
        true => (played.ending.clone(), and_then(Whole::ThenShift)?),
    };
    Ok(Baseline {
        lane: *lane,
        played,
        mapped,
        shifted,
    })
}

/// Every broken product fails each of its cases, by what it does.
fn net(baselines: &[Baseline]) -> bool {
    mutants().into_iter().fold(true, |holds, mutant| {
        let cases = mutant.cases(baselines);
        let results = pool::all(&cases, |(baseline, case)| case.check(baseline));
        let caught = results
            .iter()
            .filter(|it| it.as_ref().is_err_and(|said| said.contains(mutant.says)))
            .count();
        println!(
            "broken on purpose: {}: caught in {caught} of {} cases",
            mutant.name,
            cases.len()
        );
        holds && caught == cases.len() && caught > 0
    })
}

/// Runs them, prints those that fail, each with the line that runs it alone, and counts them.
fn failures(cases: &[Tried<'_>]) -> usize {
    let results = pool::all(cases, |(baseline, case)| case.check(baseline));
    let told = cases.iter().zip(results).filter_map(|((_, case), result)| {
        let error = result.err()?;
        println!("FAULT='{case}' cargo test --workspace --test faults\n  {error}");
        Some(())
    });
    told.count()
}

fn main() -> ExitCode {
    let start = Instant::now();
    let only = std::env::var("FAULT").ok();
    let every = match std::env::var("FAULT_EVERY")
        .ok()
        .map(|text| text.parse::<NonZeroUsize>())
        .transpose()
    {
        Ok(every) => every.map(NonZeroUsize::get),
        Err(_) => {
            println!(
                "FAULT_EVERY is a whole number from 1 on: every nth case is run besides; 1 runs all"
            );
            return ExitCode::FAILURE;
        }
    };
    let scenes = Scene::ALL
        .into_iter()
        .filter(|scene| only.as_deref().is_none_or(|only| scene.may_be(only)));
    let lanes: Vec<_> = scenes
        .flat_map(|scene| ROUTES.map(|via| Lane { scene, via }))
        .collect();
    let baselines: Result<Vec<_>, _> = pool::all(&lanes, baseline).into_iter().collect();
    let baselines = match baselines {
        Ok(baselines) => baselines,
        Err(error) => {
            println!("without any fault: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut cases = choice::all(&baselines);
    let all = cases.len();
    let idle = match only {
        None => exceptions::idle(
            &cases
                .iter()
                .map(|(_, case)| case.to_string())
                .collect::<Vec<_>>(),
        ),
        Some(_) => Vec::new(),
    };
    idle.iter()
        .for_each(|exception| println!("an exception of which there is no case: {exception}"));
    match &only {
        Some(part) => cases.retain(|(_, case)| case.to_string().contains(part)),
        None => cases = choice::sample(cases, every),
    }
    if cases.is_empty() {
        println!(
            "no case has this in its name; names are like first/direct/reteach GET /customer#1/hang"
        );
        return ExitCode::FAILURE;
    }
    let failed = failures(&cases);
    let calls: usize = baselines.iter().map(|it| it.played.calls.len()).sum();
    let (tried, runs, time) = (cases.len(), lanes.len(), start.elapsed());
    println!("{tried} of {all} cases, {calls} calls of {runs} runs: {failed} failed; {time:.0?}");
    let is_caught = only.is_some() || net(&baselines);
    if failed == 0 && idle.is_empty() && is_caught {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
