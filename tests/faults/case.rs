//! A case: a run that something befalls, and the verdict on what came of it.

use std::fmt;

use harness::{Ending, apart, difference, still};
use local::route;
use shared::domain::clock::ManualClock;
use simulators::{CallId, Rule};

use crate::exceptions::{Leaves, exception};
use crate::play::{Lane, Played, Twist, Whole, play};
use crate::table::{Blow, Event, Expect};

/// What befalls the run.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A fault of one of its calls.
    Call(CallId, Blow),
    /// A fault of all of it.
    Whole(Whole),
}

/// A case by its name, with which it can be run alone.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) lane: Lane,
    pub(crate) fault: &'static str,
    pub(crate) what: What,
    pub(crate) expect: Expect,
    pub(crate) broken: Option<Rule>,
}

/// What a lane comes to without a fault.
#[derive(Clone, Debug)]
pub(crate) struct Baseline {
    pub(crate) lane: Lane,
    pub(crate) played: Played,
    /// The same, and then a new mapping.
    pub(crate) mapped: Ending,
    /// The same, and then the lists change.
    pub(crate) shifted: Ending,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/", self.lane.scene.name(), route(self.lane.via))?;
        match &self.what {
            What::Call(call, _) => write!(f, "{call}/{}", self.fault),
            What::Whole(Whole::Away(server)) => write!(f, "{server}/{}", self.fault),
            What::Whole(Whole::Killed(polls)) => write!(f, "poll#{polls}/{}", self.fault),
            What::Whole(_) => write!(f, "run/{}", self.fault),
        }
    }
}

/// Plays in a world of its own, where time stands still while anything moves.
pub(crate) fn played(lane: Lane, twist: Twist, seed: u64) -> Result<Played, String> {
    fastrand::seed(seed);
    let clock = ManualClock::new("2026-05-11T08:00:00Z".parse().unwrap());
    still::run(
        |time| still::advance(&clock, time),
        play(clock.clone(), lane, twist),
    )
}

impl Case {
    /// Plays it and says what is wrong with what came of it, if anything is.
    pub(crate) fn check(&self, baseline: &Baseline) -> Result<(), String> {
        let (struck, whole) = match &self.what {
            What::Call(call, blow) => (Some((call.clone(), blow.clone())), None),
            What::Whole(whole) => (None, Some(*whole)),
        };
        let seed = self
            .to_string()
            .bytes()
            .fold(7, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
        let played = played(
            self.lane,
            Twist {
                struck,
                whole,
                broken: self.broken.clone(),
            },
            seed,
        )?;
        if matches!(whole, Some(Whole::Killed(_))) && !played.told.is_empty() {
            return Err(format!(
                "it ended before it was killed, after {} polls",
                played.polls
            ));
        }
        if !played.was_struck {
            return Err(format!("the call never came: {:?}", played.calls));
        }
        if !played.never.is_empty() {
            return Err(format!("never: {:?}", played.never));
        }
        let expected = match &self.what {
            What::Call(_, Blow::Meanwhile(_, Event::NewMapping)) => &baseline.mapped,
            What::Call(_, Blow::Meanwhile(_, Event::Shift)) => &baseline.shifted,
            _ => &baseline.played.ending,
        };
        let exception = exception(&self.to_string()).filter(|_| self.broken.is_none());
        let leaves = exception.map_or(Leaves::Lines(&[]), |it| it.leaves);
        if let Some(difference) = self.differs(leaves, expected, &played) {
            let why = exception.map_or("", |it| it.why);
            return Err(format!(
                "{why} {difference}\n  told {:?}\n  later {:?}",
                played.told, played.later
            ));
        }
        let is_told = played.told != baseline.played.told || played.later != baseline.played.later;
        if self.expect == Expect::Told && !leaves.is_silent() && !is_told {
            return Err(format!("nobody was told: {:?}", played.told));
        }
        Ok(())
    }

    /// What differs although it may not.
    fn differs(&self, leaves: Leaves, expected: &Ending, played: &Played) -> Option<String> {
        let changed = [
            apart(expected, &played.ending),
            apart(&played.ending, expected),
        ]
        .concat();
        let all = difference(expected, &played.ending).filter(|_| !leaves.covers(changed.iter()));
        let is_repaired = !played
            .compared
            .iter()
            .any(|line| line.starts_with("repaired"));
        match leaves {
            Leaves::UntilTheComparison(_) if !is_repaired => {
                Some(format!("not repaired: {:?}", played.compared))
            }
            _ => all,
        }
    }
}
