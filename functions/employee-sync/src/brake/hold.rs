//! What becomes of the part of a plan that a brake would hold.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::fingerprint::FingerprintKey;
use shared::runtime::{HeldNote, Mode};
use shared::state::{Brake, HeldPlan};
use shared::tenant::TenantConfig;

use super::{BrakeVerdict, LimitExceeded};
use crate::plan::{Consent, Held, Plan, RiskyChange};

/// A plan after the brakes have had their say.
pub(crate) struct BrakedPlan {
    /// What is applied.
    pub(crate) plan: Plan,
    /// The harmful parts of it that the brakes let through, and that count.
    pub(crate) passed: Vec<RiskyChange>,
    /// What is held, and why.
    pub(crate) hold: Option<Hold>,
}

/// A held plan with the reasons.
pub(crate) struct Hold {
    held: Held,
    pub(crate) stored: HeldPlan,
    over: BTreeMap<Brake, LimitExceeded>,
    consent: Consent,
    applied: usize,
}

pub(crate) fn decide(
    plan: Plan,
    judgement: BrakeVerdict,
    stored: Option<&HeldPlan>,
    key: &FingerprintKey,
    now: Timestamp,
) -> BrakedPlan {
    let over = judgement.over.clone();
    let (harmful, passed) = judgement.split();
    // What somebody approved does not count against the brakes: they go on for everything else.
    let passed = plan.unapproved(passed, stored, key, now);
    let whole = plan.clone();
    let (plan, held) = plan.hold(harmful, key);
    let Some(held) = held else {
        return BrakedPlan {
            plan,
            passed,
            hold: None,
        };
    };
    let consent = held.consent(stored, now);
    if consent == Consent::Approved {
        return BrakedPlan {
            plan: whole,
            passed,
            hold: None,
        };
    }
    let applied = plan.changes.len();
    let stored = held.to_store(stored, now);
    BrakedPlan {
        plan,
        passed,
        hold: Some(Hold {
            held,
            stored,
            over,
            consent,
            applied,
        }),
    }
}

impl Hold {
    /// What is held, in words.
    pub(crate) fn note(&self, config: &TenantConfig, mode: Mode) -> HeldNote {
        let HeldPlan {
            hash,
            since,
            counts,
            ..
        } = &self.stored;
        HeldNote {
            hash: hash.clone(),
            since: *since,
            counts: counts.clone(),
            dismissed: self.consent == Consent::Dismissed,
            text: self.words(config, mode),
        }
    }

    fn words(&self, config: &TenantConfig, mode: Mode) -> String {
        let (hash, applied, tenant) = (&self.held.hash, self.applied, &config.tenant_id);
        let reasons = self.over.iter().map(|(brake, LimitExceeded { planned, before, limit })| {
            let what = brake.describe();
            if *brake == Brake::UnflaggedLock {
                return format!(
                    "{planned} {what} (Kombo marks whom it deletes, so they may only have been left out of its list: their \
                     accounts stay open until they are back or marked, or until somebody who has looked them up in the HR \
                     system approves)"
                );
            }
            format!(
                "{planned} {what} (with {before} over the last 24 hours; up to {limit} go through unasked)"
            )
        });
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        if mode == Mode::DryRun {
            return format!(
                "Plan {hash} would be held: {reasons}. Everything else would be applied ({applied} changes)."
            );
        }
        let decide = if self.consent == Consent::Dismissed {
            "It was dismissed; it stays held until the plan changes.".to_owned()
        } else {
            format!(
                "`tenants approve {tenant} {hash}` applies it (for 24 hours, as long as the plan stays the same), `tenants \
                 dismiss {tenant} {hash}` leaves it."
            )
        };
        format!(
            "Plan {hash} is held: {reasons}. Everything else was applied ({applied} changes), and later runs go on with the \
             rest. It is recorded in the state as HELD#employees of this tenant. {decide}"
        )
    }
}
