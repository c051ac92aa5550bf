//! Limits for risky changes without approval.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::state::{Brake, BrakeWindow};
use shared::tenant::BrakeConfig;

use crate::plan::RiskyChange;

/// This many new accounts are never held: a small company may hire a whole class of trainees.
const FREE_CREATES: u32 = 20;

/// The number of people that each brake lets through in a run and in 24 hours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    config: BrakeConfig,
    open_accounts: u32,
    holds_creates: bool,
}

impl Limits {
    /// The limits for a tenant with this many open accounts. People who are locked already do not count: they would
    /// make room for locking those who are left. Nor do they count among the harm, as no change is planned for them: in
    /// firezone 9373 the brake counted people who were gone already, and stopped what was harmless.
    #[must_use]
    pub(crate) fn of(config: BrakeConfig, open_accounts: u32) -> Self {
        Self {
            config,
            open_accounts,
            holds_creates: false,
        }
    }

    /// The same, but no account is created or adopted without approval.
    #[must_use]
    pub(crate) fn without_creates(self) -> Self {
        Self {
            holds_creates: true,
            ..self
        }
    }

    #[must_use]
    pub(crate) fn get(self, brake: Brake) -> u32 {
        let config = &self.config;
        match brake {
            Brake::UnflaggedLock | Brake::TakeOver | Brake::OrphanLock => 0,
            Brake::Create if self.holds_creates => 0,
            Brake::Create => self.share(config.create).max(FREE_CREATES),
            Brake::UnexplainedLock => self.share(config.unexplained_lock),
            Brake::ExplainedLock => self.share(config.explained_lock),
            Brake::Unlock => self.share(config.unlock),
            Brake::Blank => self.share(config.blank),
            Brake::MailChange => self.share(config.mail),
            Brake::Handover => self.share(config.handover),
        }
    }

    fn share(self, percent: f64) -> u32 {
        let people = (f64::from(self.open_accounts) * percent / 100.0).floor();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to u32::MAX by construction"
        )]
        let people = people as u32;
        people.max(self.config.at_least)
    }
}

/// The linter's judgement of a plan that breaks no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrakeVerdict {
    pub(crate) risky_changes: Vec<RiskyChange>,
    /// The brakes that are tripped.
    pub(crate) over: BTreeMap<Brake, LimitExceeded>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitExceeded {
    /// People whom the plan would hit, with those who wait for a decision.
    pub(crate) planned: u32,
    /// People hit over the last 24 hours.
    pub(crate) before: u32,
    /// People whom the brake lets through.
    pub(crate) limit: u32,
}

/// Weighs `risky_changes` against the limits, together with what was applied over the last 24 hours and with people whose
/// changes are `waiting` for a decision, by kind, but were not planned.
#[must_use]
pub(crate) fn check_limits(
    risky_changes: Vec<RiskyChange>,
    waiting: &BTreeMap<Brake, u32>,
    limits: Limits,
    history: &BrakeWindow,
    now: Timestamp,
) -> BrakeVerdict {
    let over = Brake::ALL.into_iter().filter_map(|brake| {
        let changed = people(&risky_changes, brake);
        let planned = changed.saturating_add(waiting.get(&brake).copied().unwrap_or_default());
        let before = history.count(brake, now);
        let limit = limits.get(brake);
        (changed > 0 && planned.saturating_add(before) > limit).then_some((
            brake,
            LimitExceeded {
                planned,
                before,
                limit,
            },
        ))
    });
    let over = over.collect();
    BrakeVerdict {
        risky_changes,
        over,
    }
}

/// People whom `risky_changes` of this kind hit, each once.
pub(crate) fn people(risky_changes: &[RiskyChange], brake: Brake) -> u32 {
    let people: std::collections::BTreeSet<_> = risky_changes
        .iter()
        .filter(|risky| risky.brake == brake)
        .map(|risky| &risky.source_id)
        .collect();
    u32::try_from(people.len()).unwrap_or(u32::MAX)
}

impl BrakeVerdict {
    /// The risky changes of the tripped brakes, and those that go through.
    #[must_use]
    pub(crate) fn split(self) -> (Vec<RiskyChange>, Vec<RiskyChange>) {
        let Self {
            risky_changes,
            over,
        } = self;
        risky_changes
            .into_iter()
            .partition(|risky| over.contains_key(&risky.brake))
    }
}
