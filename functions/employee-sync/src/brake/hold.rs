//! The part of a plan that a brake holds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::fingerprint::FingerprintKey;
use shared::runtime::{HeldNote, Mode};
use shared::state::{Brake, HeldPlan, PartKey};
use shared::tenant::TenantConfig;

use super::consent::{Consented, NextHeld, Parts, PlannedFor};
use super::patterns::{described, patterns};
use super::{BrakeVerdict, LimitExceeded};
use crate::plan::{Part, Plan, RiskyChange};

/// A plan after the brakes have had their say.
pub(crate) struct BrakedPlan {
    pub(crate) plan: Plan,
    /// The risky parts of it that the limits let through, and that count.
    pub(crate) passed: Vec<RiskyChange>,
    /// The risky parts that somebody approved. They do not count.
    pub(crate) approved: Parts,
    /// People with dismissed changes and no other held ones.
    pub(crate) dismissed: BTreeSet<SourceId>,
    pub(crate) hold: Option<Hold>,
}

/// What is kept of held and approved parts, and the reasons.
pub(crate) struct Hold {
    pub(crate) stored: HeldPlan,
    over: BTreeMap<Brake, LimitExceeded>,
    applied: usize,
}

pub(crate) fn decide(
    plan: Plan,
    consented: Consented,
    verdict: BrakeVerdict,
    stored: Option<&HeldPlan>,
    planned_for: &PlannedFor<'_>,
    (key, now): (&FingerprintKey, Timestamp),
) -> BrakedPlan {
    let over = verdict.over.clone();
    let (mut held, mut passed) = verdict.split();
    let Consented {
        approved,
        dismissed,
        left,
        undecided: _,
    } = consented;
    held.extend(left);
    let held = keyed(&plan, held, key);
    let risky = || held.iter().chain(&dismissed).map(|(risky, _)| risky);
    let accounts: BTreeSet<&SourceId> = risky()
        .filter(|risky| risky.part == Part::Account)
        .map(|risky| &risky.source_id)
        .collect();
    // Nothing of a change goes through while its account is held.
    passed.retain(|risky| !accounts.contains(&risky.source_id));
    let plan = plan.hold(risky());
    let patterns = patterns(&plan.held, risky());
    let next = NextHeld {
        undecided: &held,
        dismissed: &dismissed,
        approved: &approved,
        patterns,
        stored,
        planned_for,
    };
    let hold = next.plan(key, now).map(|stored| Hold {
        stored,
        over,
        applied: plan.changes.len(),
    });
    let open: BTreeSet<&SourceId> = held.iter().map(|(risky, _)| &risky.source_id).collect();
    let only_dismissed = dismissed
        .iter()
        .map(|(risky, _)| &risky.source_id)
        .filter(|id| !open.contains(id));
    BrakedPlan {
        dismissed: only_dismissed.cloned().collect(),
        plan,
        passed,
        approved,
        hold,
    }
}

fn keyed(plan: &Plan, risky_changes: Vec<RiskyChange>, key: &FingerprintKey) -> Parts {
    let keys: Vec<PartKey> = plan.part_keys(&risky_changes, key);
    risky_changes.into_iter().zip(keys).collect()
}

impl Hold {
    pub(crate) fn holds(&self, brake: Brake) -> bool {
        self.stored.counts.contains_key(&brake)
    }

    /// What a run holds that plans for none of these people.
    pub(crate) fn kept(stored: HeldPlan) -> Self {
        Self {
            stored,
            over: BTreeMap::new(),
            applied: 0,
        }
    }

    /// What is held, in words. `None` where only approved parts are left, also those approved since the plan was stored.
    pub(crate) fn note(&self, config: &TenantConfig, mode: Mode) -> Option<HeldNote> {
        let HeldPlan {
            hash,
            since,
            counts,
            ..
        } = &self.stored;
        let waits = !self.stored.undecided().is_empty() || self.stored.dismissed() > 0;
        waits.then(|| HeldNote {
            hash: hash.clone(),
            since: *since,
            counts: counts.clone(),
            dismissed: self.stored.undecided().is_empty(),
            text: self.words(config, mode),
        })
    }

    fn words(&self, config: &TenantConfig, mode: Mode) -> String {
        let (hash, tenant) = (&self.stored.hash, &config.tenant_id);
        let applied = changes(self.applied);
        let reasons = self
            .over
            .iter()
            .map(|(brake, limit)| reason(*brake, *limit));
        let mut reasons: Vec<String> = reasons.collect();
        let left = self.stored.undecided();
        let left = left
            .iter()
            .filter(|(kind, _)| !self.over.contains_key(kind));
        let waiting = |(kind, parts): (&Brake, &u32)| {
            format!("{} (waiting for a decision)", kind.counted(*parts))
        };
        reasons.extend(left.map(waiting));
        let dismissed = self.stored.dismissed();
        if dismissed > 0 {
            reasons.push(format!("{} dismissed", changes(dismissed)));
        }
        let reasons = reasons.join("; ");
        let patterns = described(&self.stored.patterns);
        if mode == Mode::DryRun {
            return format!(
                "Plan {hash} would be held: {reasons}.{patterns} Everything else would be applied ({applied})."
            );
        }
        let decide = if self.stored.undecided().is_empty() {
            "Dismissed changes stay held for as long as they are planned.".to_owned()
        } else {
            format!(
                "`tenants approve {tenant} {hash}` applies it (within 24 hours; `--kind` and `--only` choose parts of it), \
                 `tenants dismiss {tenant} {hash}` leaves it."
            )
        };
        format!(
            "Plan {hash} is held: {reasons}.{patterns} Everything else was applied ({applied}), and later runs go on with \
             the rest. {decide}"
        )
    }
}

fn changes(number: usize) -> String {
    match number {
        1 => "1 change".to_owned(),
        number => format!("{number} changes"),
    }
}

fn reason(brake: Brake, exceeded: LimitExceeded) -> String {
    let LimitExceeded {
        planned,
        before,
        limit,
    } = exceeded;
    let what = brake.counted(planned);
    match brake {
        Brake::UnflaggedLock => format!(
            "{what} (Kombo flags deleted people, so they may only be missing from its list: their accounts stay \
             open until they are back or flagged, or until somebody who has looked them up in the HR system approves)"
        ),
        Brake::Create if limit == 0 => format!(
            "{what} (no mail address can be read, and the academy has accounts that are not from the HR system: people \
             who have one would get a second one. Grant the attribute E-Mail in Personio, or approve if nobody has an \
             account yet)"
        ),
        Brake::TakeOver | Brake::OrphanLock => format!("{what} (each needs approval)"),
        _ => format!("{what} ({before} in the last 24 hours; limit without approval: {limit})"),
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::employee::{Employee, Field};
    use shared::mapping::Attribute;
    use shared::state::{Decision, HeldPart};

    use super::*;
    use crate::plan::builders::{config, employee, key, now, plan, trusted};

    /// What a run says of a stored plan with these decisions, none of which its counts know.
    fn kept(decisions: &[Option<Decision>]) -> Option<HeldNote> {
        let parts = decisions.iter().zip(0_u64..).map(|(decision, number)| {
            let part = HeldPart {
                person: Some(SourceId::new(number.to_string())),
                decision: *decision,
            };
            (PartKey::new(Brake::OrphanLock, number), part)
        });
        let stored = HeldPlan {
            hash: "abc".to_owned(),
            since: now(),
            counts: BTreeMap::from([(Brake::OrphanLock, 2)]),
            parts: parts.collect(),
            revision: 1,
            ..HeldPlan::default()
        };
        Hold::kept(stored).note(&config(""), Mode::Scheduled)
    }

    #[test]
    fn a_kept_plan_is_held_while_a_part_of_it_waits_or_was_dismissed() {
        let approved = Some(Decision::Approved { at: now() });
        let dismissed = Some(Decision::Dismissed { at: now() });
        for (decisions, is_dismissed) in [
            (&[approved, approved][..], None),
            (&[approved, None], Some(false)),
            (&[None, None], Some(false)),
            (&[None, dismissed], Some(false)),
            (&[approved, dismissed], Some(true)),
        ] {
            let note = kept(decisions);
            let text = note.as_ref().map_or("", |note| note.text.as_str());
            assert!(!text.contains(": ."), "a reason is named: {text}");
            let prompts = text.contains("tenants approve");
            assert_eq!(prompts, is_dismissed == Some(false), "{text}");
            let says_dismissed = text.contains("1 change dismissed");
            assert_eq!(says_dismissed, decisions.contains(&dismissed), "{text}");
            assert!(!text.contains("0 changes dismissed"), "{text}");
            let said = note.map(|note| note.dismissed);
            assert_eq!(said, is_dismissed, "{decisions:?}");
        }
    }

    #[test]
    fn nothing_passes_of_a_held_account_and_people_with_dismissed_changes_alone_are_known() {
        let config = config("");
        let candidates = ["1", "2", "3", "4"].map(|id| {
            let person = employee(id);
            let moved = Employee {
                position: Field::Value("Meister".into()),
                ..person.clone()
            };
            trusted(&moved, &person, &config)
        });
        let risky = |id: &str, brake, part| RiskyChange {
            source_id: SourceId::new(id),
            brake,
            part,
        };
        let mail = Part::Value(Attribute::Email);
        let lock = risky("2", Brake::ExplainedLock, Part::AccessWindow);
        let exceeded = LimitExceeded {
            planned: 1,
            before: 0,
            limit: 0,
        };
        let verdict = BrakeVerdict {
            risky_changes: vec![
                risky("1", Brake::Create, Part::Account),
                risky("1", Brake::Unlock, Part::AccessWindow),
                risky("2", Brake::MailChange, mail),
                lock.clone(),
                risky("4", Brake::MailChange, mail),
            ],
            over: BTreeMap::from([(Brake::Create, exceeded), (Brake::MailChange, exceeded)]),
        };
        let dismissed = [("3", 1), ("4", 2)].map(|(id, number)| {
            let part = risky(id, Brake::Blank, Part::Value(Attribute::Position));
            (part, PartKey::new(Brake::Blank, number))
        });
        let consented = Consented {
            dismissed: dismissed.into(),
            ..Consented::default()
        };
        let planned_for = PlannedFor {
            people: candidates.iter().map(|it| &it.source_id).collect(),
            paused: BTreeSet::new(),
            is_part: false,
            is_unseen: false,
            reads_old_mails: false,
            compared: None,
        };
        let plan = plan(&candidates, &config);
        let key = key();
        let braked = decide(plan, consented, verdict, None, &planned_for, (&key, now()));
        assert_eq!(braked.passed, [lock]);
        assert_eq!(braked.dismissed, BTreeSet::from([SourceId::new("3")]));
        let hold = braked.hold.unwrap();
        for brake in Brake::ALL {
            let is_held = [Brake::Create, Brake::MailChange, Brake::Blank].contains(&brake);
            assert_eq!(hold.holds(brake), is_held, "{brake:?}");
        }
    }

    #[test]
    fn each_reason_says_what_would_let_the_changes_through() {
        let by_limit = "2 in the last 24 hours; limit without approval: ";
        for (brake, limit, text) in [
            (Brake::UnflaggedLock, 0, "Kombo flags deleted people"),
            (Brake::Create, 0, "Grant the attribute E-Mail"),
            (Brake::Create, 20, by_limit),
            (Brake::TakeOver, 0, "(each needs approval)"),
            (Brake::OrphanLock, 0, "(each needs approval)"),
            (Brake::Unlock, 0, by_limit),
        ] {
            let exceeded = LimitExceeded {
                planned: 7,
                before: 2,
                limit,
            };
            let reason = reason(brake, exceeded);
            assert!(reason.starts_with("7 "), "{reason}");
            assert!(reason.contains(text), "{reason}");
        }
        assert_eq!([1, 2].map(changes), ["1 change", "2 changes"]);
    }
}
