//! A case: a scenario with an injection, and the verdict on its ending.

use std::fmt;

use harness::faults::{Effect, Expect, Incident};
use harness::{Ending, apart, difference, virtual_time};
use local::route;
use shared::domain::clock::ManualClock;
use simulators::Fault;

use crate::exceptions::{Leaves, exception};
use crate::execution::{Execution, Injection, RunFault, Scenario, execute};

/// A case. Its name runs it alone.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) scenario: Scenario,
    pub(crate) fault: &'static str,
    pub(crate) injection: Injection,
    pub(crate) expect: Expect,
    pub(crate) broken: Option<Fault>,
}

/// A scenario without a fault.
#[derive(Clone, Debug)]
pub(crate) struct Baseline {
    pub(crate) scenario: Scenario,
    pub(crate) execution: Execution,
    /// The ending with a new mapping after the run.
    mapped: Ending,
    /// The ending with other lists after the run.
    shifted: Ending,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scenario { scene, via } = self.scenario;
        write!(f, "{}/{}/", scene.name(), route(via))?;
        match &self.injection {
            Injection::Call(call, _) => write!(f, "{call}/{}", self.fault),
            Injection::Run(RunFault::Offline(server)) => write!(f, "{server}/{}", self.fault),
            Injection::Run(RunFault::Killed(polls)) => write!(f, "poll#{polls}/{}", self.fault),
            Injection::Run(_) | Injection::Nothing => write!(f, "run/{}", self.fault),
        }
    }
}

/// Executes in a world of its own, whose time advances only while nothing moves.
fn executed(
    scenario: Scenario,
    injection: Injection,
    broken: Option<Fault>,
    seed: u64,
) -> Result<Execution, String> {
    fastrand::seed(seed);
    let clock = ManualClock::new("2026-05-11T08:00:00Z".parse().unwrap());
    virtual_time::run(
        |time| virtual_time::advance(&clock, time),
        execute(clock.clone(), scenario, injection, broken),
    )
}

impl Baseline {
    pub(crate) fn of(scenario: &Scenario) -> Result<Self, String> {
        let execution = executed(*scenario, Injection::Nothing, None, 1)?;
        let ending_with = |fault| {
            executed(*scenario, Injection::Run(fault), None, 1).map(|execution| execution.ending)
        };
        let ending = execution.ending.clone();
        let (mapped, shifted) = match scenario.scene.tries() {
            crate::scene::Tries::Everything => (ending_with(RunFault::ThenNewMapping)?, ending),
            crate::scene::Tries::Pages => (ending, ending_with(RunFault::ThenShift)?),
            crate::scene::Tries::Interruptions | crate::scene::Tries::Command => {
                (ending.clone(), ending)
            }
        };
        Ok(Self {
            scenario: *scenario,
            execution,
            mapped,
            shifted,
        })
    }
}

impl Case {
    /// Executes it. `Err`: what is wrong.
    pub(crate) fn check(&self, baseline: &Baseline) -> Result<(), String> {
        let seed = self
            .to_string()
            .bytes()
            .fold(7, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
        let (injection, broken) = (self.injection.clone(), self.broken.clone());
        let execution = executed(self.scenario, injection, broken, seed)?;
        let is_kill = matches!(self.injection, Injection::Run(RunFault::Killed(_)));
        if is_kill && !execution.reports.is_empty() {
            let polls = execution.polls;
            return Err(format!(
                "the run ended before the kill, after {polls} polls"
            ));
        }
        if !execution.was_struck {
            return Err(format!("the call never came: {:?}", execution.calls));
        }
        if !execution.never.is_empty() {
            return Err(format!("never: {:?}", execution.never));
        }
        if !self.scenario.scene.has_one_ending() {
            return Ok(());
        }
        self.judge(baseline, &execution)
    }

    /// Compares with the run without a fault.
    fn judge(&self, baseline: &Baseline, execution: &Execution) -> Result<(), String> {
        let expected = match &self.injection {
            Injection::Call(_, Effect::Meanwhile(_, Incident::NewMapping)) => &baseline.mapped,
            Injection::Call(_, Effect::Meanwhile(_, Incident::Shift)) => &baseline.shifted,
            _ => &baseline.execution.ending,
        };
        let exception = exception(&self.to_string()).filter(|_| self.broken.is_none());
        let leaves = exception.map_or(Leaves::Lines(&[]), |exception| exception.leaves);
        let (reports, later) = (&execution.reports, &execution.later);
        if let Some(difference) = differs(leaves, expected, execution) {
            let why = exception.map_or("", |exception| exception.why);
            return Err(format!(
                "{why} {difference}\n  reports {reports:?}\n  later {later:?}"
            ));
        }
        let usual = &baseline.execution;
        let is_reported = *reports != usual.reports || *later != usual.later;
        if self.expect == Expect::Reported && !leaves.is_silent() && !is_reported {
            return Err(format!("no report mentions it: {reports:?}"));
        }
        Ok(())
    }
}

/// What differs although it may not.
fn differs(leaves: Leaves, expected: &Ending, execution: &Execution) -> Option<String> {
    let changed = [
        apart(expected, &execution.ending),
        apart(&execution.ending, expected),
    ]
    .concat();
    let compared = &execution.compared;
    match leaves {
        Leaves::UntilTheComparison(_)
            if compared.iter().any(|line| line.starts_with("repaired")) =>
        {
            Some(format!("not repaired: {compared:?}"))
        }
        _ => difference(expected, &execution.ending).filter(|_| !leaves.covers(changed.iter())),
    }
}
