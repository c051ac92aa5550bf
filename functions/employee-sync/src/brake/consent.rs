//! What somebody decided about the risky parts of a plan. Consent belongs to a part: this person, this change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::fingerprint::{FingerprintKey, Part as Print, ShardRange};
use shared::state::{Brake, Decision, HeldPart, HeldParts, HeldPattern, HeldPlan, PartKey};

use super::limits::people;
use crate::plan::{Plan, RiskyChange};

/// An approval holds for so long.
const LASTS: SignedDuration = SignedDuration::from_hours(24);

/// Ids kept for people to look at.
const SAMPLE: usize = 100;

/// Whose changes a run has planned.
pub(crate) struct PlannedFor<'a> {
    pub(crate) people: BTreeSet<&'a SourceId>,
    /// People whose record was refused and is not tried again yet: at most a lock or unlock was planned for them.
    pub(crate) paused: BTreeSet<&'a SourceId>,
    /// People who were due were left for later runs.
    pub(crate) is_part: bool,
    /// Some of them may have changes that no run has seen.
    pub(crate) is_unseen: bool,
    /// The patterns know the mail addresses that are given up, also of people who were held before.
    pub(crate) reads_old_mails: bool,
    /// Where the run compared everybody of a complete reading.
    pub(crate) compared: Option<ShardRange>,
}

/// Risky parts of a plan, with the key of each.
pub(crate) type Parts = Vec<(RiskyChange, PartKey)>;

/// Risky parts by what was decided about them.
#[derive(Debug, Default)]
pub(crate) struct Consented {
    pub(crate) approved: Parts,
    pub(crate) dismissed: Parts,
    pub(crate) undecided: Vec<RiskyChange>,
    /// Held before, and left when somebody decided about others of their kind: they stay held however few they are.
    pub(crate) left: Vec<RiskyChange>,
}

/// The decision that still holds at `now`.
pub(crate) fn valid(decision: Option<Decision>, now: Timestamp) -> Option<Decision> {
    decision.filter(|decision| match decision {
        Decision::Approved { at } => now < *at + LASTS,
        Decision::Dismissed { .. } => true,
    })
}

impl Consented {
    pub(crate) fn of(
        plan: &Plan,
        risky_changes: Vec<RiskyChange>,
        stored: Option<&HeldPlan>,
        key: &FingerprintKey,
        now: Timestamp,
    ) -> Self {
        let keys = plan.part_keys(&risky_changes, key);
        let is_partly_decided =
            |brake| stored.is_some_and(|stored| stored.partly_decided.contains(&brake));
        let mut consented = Self::default();
        for (risky, part) in risky_changes.into_iter().zip(keys) {
            let known = stored.and_then(|stored| stored.parts.get(part));
            match valid(known.and_then(|known| known.decision), now) {
                Some(Decision::Approved { .. }) => consented.approved.push((risky, part)),
                Some(Decision::Dismissed { .. }) => consented.dismissed.push((risky, part)),
                None if known.is_some() && is_partly_decided(risky.brake) => {
                    consented.left.push(risky);
                }
                None => consented.undecided.push(risky),
            }
        }
        consented
    }
}

/// What the next held plan is made of.
pub(crate) struct NextHeld<'a> {
    /// What a brake holds now, and nobody has decided about.
    pub(crate) undecided: &'a Parts,
    pub(crate) dismissed: &'a Parts,
    pub(crate) approved: &'a Parts,
    pub(crate) patterns: Vec<HeldPattern>,
    pub(crate) stored: Option<&'a HeldPlan>,
    /// Of everybody else's changes nothing is known to have disappeared.
    pub(crate) planned_for: &'a PlannedFor<'a>,
}

impl NextHeld<'_> {
    /// `None` if nothing is held and nothing approved is left.
    pub(crate) fn plan(self, key: &FingerprintKey, now: Timestamp) -> Option<HeldPlan> {
        let decision = |part: &PartKey| {
            let known = self.stored.and_then(|stored| stored.parts.get(*part));
            valid(known.and_then(|known| known.decision), now)
        };
        let planned = [self.undecided, self.dismissed, self.approved];
        let planned = planned.into_iter().flatten().map(|(risky, part)| {
            let known = HeldPart {
                person: Some(risky.source_id.clone()),
                decision: decision(part),
            };
            (*part, known)
        });
        let is_held = |part: &HeldPart| !matches!(part.decision, Some(Decision::Approved { .. }));
        let kept: Vec<(PartKey, HeldPart)> = self.kept(now).collect();
        let unseen = kept.iter().filter(|(_, part)| is_held(part)).count();
        let parts: HeldParts = kept.into_iter().chain(planned).collect();
        if parts.is_empty() {
            return None;
        }
        let held: Vec<(&PartKey, &HeldPart)> =
            parts.iter().filter(|(_, part)| is_held(part)).collect();
        let was_held = |key: &PartKey| {
            let known = self.stored.and_then(|stored| stored.parts.get(*key));
            known.is_some_and(is_held)
        };
        let goes_on = held.iter().any(|(key, _)| was_held(key));
        let since = self
            .stored
            .filter(|_| goes_on)
            .map_or(now, |stored| stored.since);
        let mut counts = BTreeMap::new();
        for (brake, people) in people_by_kind(&held) {
            counts.insert(brake, u32::try_from(people).unwrap_or(u32::MAX));
        }
        let sample: BTreeSet<&SourceId> = held
            .iter()
            .filter_map(|(_, part)| part.person.as_ref())
            .collect();
        let sample = sample.into_iter().take(SAMPLE);
        let undecided: BTreeSet<Brake> = held
            .iter()
            .filter(|(_, part)| part.decision.is_none())
            .map(|(key, _)| key.brake)
            .collect();
        let partly = self.stored.map(|stored| {
            let decided = stored
                .parts
                .iter()
                .filter(|(_, part)| stored.is_unseen && part.decision.is_some());
            let decided: BTreeSet<Brake> = decided.map(|(key, _)| key.brake).collect();
            &(&stored.partly_decided | &decided) & &undecided
        });
        let hash = hash(held.iter().map(|(part, _)| **part), key);
        let patterns = match self.stored {
            Some(stored) if stored.hash == hash && !self.planned_for.reads_old_mails => {
                stored.patterns.clone()
            }
            Some(_) | None => with_unseen(self.patterns, unseen),
        };
        let plan = HeldPlan {
            partly_decided: partly.unwrap_or_default(),
            is_unseen: self.planned_for.is_unseen,
            hash,
            since,
            counts,
            sample: sample.map(ToString::to_string).collect(),
            patterns,
            revision: self.stored.map_or(0, |stored| stored.revision),
            parts,
            decided_by: Vec::new(),
        };
        Some(plan.with_operators_of(self.stored))
    }

    /// Stored parts of people who were not looked at, or wait for another try.
    fn kept(&self, now: Timestamp) -> impl Iterator<Item = (PartKey, HeldPart)> + '_ {
        let stored = self
            .stored
            .into_iter()
            .flat_map(|stored| stored.parts.iter());
        let kept = stored.filter(move |(key, part)| self.planned_for.keeps(key, part, now));
        kept.map(move |(key, part)| {
            let decision = valid(part.decision, now);
            let person = part.person.clone();
            (*key, HeldPart { person, decision })
        })
    }
}

impl PlannedFor<'_> {
    /// Whether nobody knows if the change of a stored part is still planned.
    fn keeps(&self, key: &PartKey, part: &HeldPart, now: Timestamp) -> bool {
        let decision = valid(part.decision, now);
        let is_dismissed = matches!(decision, Some(Decision::Dismissed { .. }));
        let is_paused = part
            .person
            .as_ref()
            .is_some_and(|it| self.paused.contains(it));
        let is_of_window = key.brake.is_lock() || key.brake == Brake::Unlock;
        let is_planned_for = match &part.person {
            Some(person) => self.people.contains(person) && (is_of_window || !is_paused),
            // Where nobody is left for later, only people with dismissed changes are not looked at.
            None => !is_dismissed && !self.is_part,
        };
        let lapsed = part.decision.is_some() && decision.is_none();
        // A comparison of everybody plans for all people with changes: nothing is held for the others.
        let is_compared = self.compared.is_some_and(|portion| match &part.person {
            Some(person) => portion.contains(person),
            None => portion.is_whole(),
        });
        let forgotten = decision.is_none() && is_compared && !is_paused;
        !is_planned_for && !lapsed && !forgotten
    }

    /// By kind: people who wait for a decision, and are not among the `undecided` of this plan. Without them, a small part of a
    /// held plan would be below the limit. What somebody decided before all of the plan was seen says nothing about the rest.
    pub(crate) fn waiting(
        &self,
        stored: Option<&HeldPlan>,
        undecided: &[RiskyChange],
        now: Timestamp,
    ) -> BTreeMap<Brake, u32> {
        let Some(stored) = stored else {
            return BTreeMap::new();
        };
        let counts = |key: &PartKey, part: &HeldPart| match part.decision {
            Some(_) => stored.is_unseen,
            None => {
                let is_left = stored.partly_decided.contains(&key.brake) && !stored.is_unseen;
                !is_left && self.keeps(key, part, now)
            }
        };
        let parts = stored.parts.iter();
        let waiting: Vec<(&PartKey, &HeldPart)> =
            parts.filter(|(key, part)| counts(key, part)).collect();
        // Parts without a name may be planned again.
        let is_named = waiting.iter().all(|(_, part)| part.person.is_some());
        let counts = people_by_kind(&waiting).into_iter();
        let counts = counts.map(|(brake, count)| {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            let again = if is_named {
                0
            } else {
                people(undecided, brake)
            };
            (brake, count.saturating_sub(again))
        });
        counts.collect()
    }
}

/// The patterns, with how many held parts belong to people who were not looked at.
fn with_unseen(mut patterns: Vec<HeldPattern>, unseen: usize) -> Vec<HeldPattern> {
    if !patterns.is_empty() && unseen > 0 {
        patterns.push(HeldPattern {
            text: Some("not looked at again".to_owned()),
            parts: u32::try_from(unseen).unwrap_or(u32::MAX),
        });
    }
    patterns
}

fn people_by_kind(held: &[(&PartKey, &HeldPart)]) -> BTreeMap<Brake, usize> {
    let mut people: BTreeMap<_, (BTreeSet<&SourceId>, usize)> = BTreeMap::new();
    for (key, part) in held {
        let (named, unnamed) = people.entry(key.brake).or_default();
        match &part.person {
            Some(person) => drop(named.insert(person)),
            None => *unnamed += 1,
        }
    }
    people
        .into_iter()
        .map(|(brake, (named, unnamed))| (brake, named.len() + unnamed))
        .collect()
}

fn hash(parts: impl Iterator<Item = PartKey>, key: &FingerprintKey) -> String {
    let digests: Vec<String> = parts
        .map(|part| format!("{} {}", part.brake.name(), part.digest()))
        .collect();
    let print = key.fingerprint(digests.iter().map(|digest| Print::Value(digest)));
    print.to_string().chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use shared::domain::id::OperatorId;
    use shared::state::Choice;

    use super::*;
    use crate::plan::Part;
    use crate::plan::builders::{key, now};

    fn of_person(id: &str) -> Option<SourceId> {
        Some(SourceId::new(id))
    }

    fn risky(id: &str) -> RiskyChange {
        RiskyChange {
            source_id: SourceId::new(id),
            brake: Brake::Blank,
            part: Part::AccessWindow,
        }
    }

    fn planned_for<'a>(people: impl IntoIterator<Item = &'a SourceId>) -> PlannedFor<'a> {
        PlannedFor {
            people: people.into_iter().collect(),
            paused: BTreeSet::new(),
            is_part: false,
            is_unseen: false,
            reads_old_mails: false,
            compared: None,
        }
    }

    #[test]
    fn a_held_part_is_kept_until_a_run_could_see_that_its_change_is_gone() {
        use Brake::{Blank, UnexplainedLock, Unlock};
        let (one, two) = (SourceId::new("1"), SourceId::new("2"));
        let person = |id: &str| (!id.is_empty()).then(|| SourceId::new(id));
        let approved = Some(Decision::Approved { at: now() });
        let lapsed = Some(Decision::Approved { at: now() - LASTS });
        let dismissed = Some(Decision::Dismissed { at: now() - LASTS });
        let all = Some(ShardRange::WHOLE);
        let nobody = Some(ShardRange { first: 0, end: 0 });
        // 1 and 2 are planned for, but no values of 2. The last: whether it is kept.
        for (id, brake, decision, is_part, compared, is_kept) in [
            ("1", Blank, None, false, None, false),
            ("2", Blank, None, false, None, true),
            ("2", UnexplainedLock, None, false, None, false),
            ("2", Unlock, None, false, None, false),
            ("3", Blank, None, false, None, true),
            ("3", Unlock, None, false, None, true),
            ("3", Blank, approved, false, None, true),
            ("3", Blank, lapsed, false, None, false),
            ("3", Blank, dismissed, false, None, true),
            ("3", Blank, None, false, all, false),
            ("3", Blank, None, false, nobody, true),
            ("3", Blank, approved, false, all, true),
            ("2", Blank, None, false, all, true),
            // Of a plan that is too large to keep who is in it.
            ("", Blank, None, false, None, false),
            ("", Blank, None, true, None, true),
            ("", Blank, dismissed, false, None, true),
            ("", Blank, None, true, all, false),
            ("", Blank, None, true, nobody, true),
        ] {
            let run = PlannedFor {
                paused: BTreeSet::from([&two]),
                is_part,
                compared,
                ..planned_for([&one, &two])
            };
            let part = HeldPart {
                person: person(id),
                decision,
            };
            let kept = run.keeps(&PartKey::new(brake, 7), &part, now());
            assert_eq!(kept, is_kept, "{id} {brake:?} {decision:?} {is_part}");
        }
    }

    #[test]
    fn people_wait_whom_no_decision_and_no_plan_of_this_run_is_about() {
        let dismissed = Some(Decision::Dismissed { at: now() });
        let named = || {
            [
                (of_person("1"), None),
                (of_person("3"), None),
                (of_person("3"), None),
                (of_person("4"), dismissed),
            ]
            .to_vec()
        };
        // The plan of this run has a change of one of those without a name.
        let unnamed = [(of_person("3"), None), (None, None), (None, None)].to_vec();
        let blank = |people| BTreeMap::from([(Brake::Blank, people)]);
        for (parts, is_partly_decided, is_unseen, expected) in [
            (named(), false, false, blank(1)),
            (named(), false, true, blank(2)),
            (named(), true, false, BTreeMap::new()),
            (named(), true, true, blank(2)),
            (unnamed, false, false, blank(2)),
        ] {
            let parts = parts.into_iter().zip(0..);
            let parts = parts.map(|((person, decision), number)| {
                let key = PartKey::new(Brake::Blank, number);
                (key, HeldPart { person, decision })
            });
            let partly = is_partly_decided.then_some(Brake::Blank);
            let stored = HeldPlan {
                since: now(),
                parts: parts.collect(),
                partly_decided: partly.into_iter().collect(),
                is_unseen,
                ..HeldPlan::default()
            };
            let one = SourceId::new("1");
            let run = PlannedFor {
                is_part: true,
                ..planned_for([&one])
            };
            let waiting = run.waiting(Some(&stored), &[risky("1")], now());
            assert_eq!(waiting, expected, "{is_partly_decided} {is_unseen}");
            assert_eq!(run.waiting(None, &[], now()), BTreeMap::new());
        }
    }

    fn pattern(text: &str, parts: u32) -> HeldPattern {
        HeldPattern {
            text: Some(text.to_owned()),
            parts,
        }
    }

    /// What is held after a run that plans these changes, and nothing else.
    fn next(ids: &[&str], text: &str, stored: Option<&HeldPlan>, dry_run: bool) -> HeldPlan {
        let undecided: Parts = ids
            .iter()
            .zip(0..)
            .map(|(id, number)| (risky(id), PartKey::new(Brake::Blank, number)))
            .collect();
        let people = undecided.iter().map(|(risky, _)| &risky.source_id);
        let planned_for = PlannedFor {
            reads_old_mails: dry_run,
            ..planned_for(people)
        };
        let nothing = Parts::new();
        let next = NextHeld {
            undecided: &undecided,
            dismissed: &nothing,
            approved: &nothing,
            patterns: vec![pattern(text, 5)],
            stored,
            planned_for: &planned_for,
        };
        next.plan(&key(), now()).unwrap()
    }

    #[test]
    fn the_same_held_plan_keeps_its_patterns_unless_the_run_can_read_more() {
        let first = next(&["1"], "a", None, false);
        for (ids, dry_run, text) in [
            (&["1"][..], false, "a"),
            (&["1"], true, "b"),
            (&["1", "2"], false, "b"),
        ] {
            let second = next(ids, "b", Some(&first), dry_run);
            assert_eq!(second.patterns, [pattern(text, 5)], "{ids:?} {dry_run}");
        }
    }

    #[test]
    fn who_decided_is_kept_as_long_as_the_decision_counts() {
        let operator = OperatorId::new("Operators/3f9a1c02");
        for (decision, is_kept) in [
            (Decision::Dismissed { at: now() - LASTS }, true),
            (Decision::Approved { at: now() }, true),
            (Decision::Approved { at: now() - LASTS }, false),
        ] {
            let first = next(&["1"], "a", None, false);
            let decided = first.decide(&Choice::default(), decision).unwrap();
            let decided = decided.signed(decision, Some(&operator));
            let second = next(&["1"], "a", Some(&decided), false);
            let expected = is_kept.then_some(&operator);
            assert_eq!(second.operator_of(decision), expected, "{decision:?}");
        }
    }

    #[test]
    fn kinds_stay_partly_decided_that_were_so_or_were_decided_before_all_was_seen() {
        use Brake::{Blank, Create, MailChange, Unlock};
        let approved = Some(Decision::Approved { at: now() });
        let part = |brake, decision| {
            let part = HeldPart {
                person: of_person("1"),
                decision,
            };
            (PartKey::new(brake, 1), part)
        };
        // What this run holds: of each kind, a change that nobody has decided about.
        let undecided: Parts = [Blank, MailChange, Create]
            .map(|brake| {
                let risky = RiskyChange {
                    brake,
                    ..risky("2")
                };
                (risky, PartKey::new(brake, 2))
            })
            .into();
        let people = undecided.iter().map(|(risky, _)| &risky.source_id);
        let planned_for = planned_for(people);
        let nothing = Parts::new();
        for (is_unseen, expected) in [(true, vec![Blank, MailChange]), (false, vec![Blank])] {
            let stored = HeldPlan {
                parts: [
                    part(Blank, approved),
                    part(MailChange, approved),
                    part(Create, None),
                ]
                .into_iter()
                .collect(),
                partly_decided: BTreeSet::from([Blank, Unlock]),
                is_unseen,
                ..next(&["1"], "a", None, false)
            };
            let next = NextHeld {
                undecided: &undecided,
                dismissed: &nothing,
                approved: &nothing,
                patterns: Vec::new(),
                stored: Some(&stored),
                planned_for: &planned_for,
            };
            let held = next.plan(&key(), now()).unwrap();
            let partly = held.partly_decided.into_iter().collect::<Vec<_>>();
            assert_eq!(partly, expected, "{is_unseen}");
        }
    }

    #[test]
    fn patterns_say_how_many_parts_were_not_looked_at_again() {
        let some = || vec![pattern("a", 5)];
        assert_eq!(with_unseen(some(), 0), some());
        assert!(with_unseen(Vec::new(), 3).is_empty());
        let unseen = pattern("not looked at again", 3);
        assert_eq!(with_unseen(some(), 3), [pattern("a", 5), unseen]);
    }
}
