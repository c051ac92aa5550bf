//! What held changes have in common, without personal data.

use std::collections::BTreeMap;

use shared::domain::id::SourceId;
use shared::mapping::{Attribute, Text};
use shared::state::{Brake, HeldPattern};

use crate::plan::{Before, Change, Part, RiskyChange};

/// What fewer changes have in common may tell who they are about.
const MIN_PARTS: u32 = 5;

const MAX_PATTERNS: usize = 20;

/// The patterns of the `held` changes, the most frequent first; what has none comes last, without a text.
pub(super) fn patterns<'a>(
    held: &[Change],
    risky_changes: impl Iterator<Item = &'a RiskyChange>,
) -> Vec<HeldPattern> {
    let by_id: BTreeMap<&SourceId, &Change> = held
        .iter()
        .map(|change| (&change.source_id, change))
        .collect();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut all = 0_u32;
    for risky in risky_changes {
        if let Some(change) = by_id.get(&risky.source_id) {
            *counts.entry(pattern(change, risky)).or_default() += 1;
            all += 1;
        }
    }
    let frequent = counts.into_iter().filter(|(_, parts)| *parts >= MIN_PARTS);
    let mut patterns: Vec<HeldPattern> = frequent
        .map(|(text, parts)| HeldPattern {
            text: Some(text),
            parts,
        })
        .collect();
    patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.parts));
    patterns.truncate(MAX_PATTERNS);
    let covered: u32 = patterns.iter().map(|pattern| pattern.parts).sum();
    if !patterns.is_empty() && covered < all {
        let parts = all - covered;
        patterns.push(HeldPattern { text: None, parts });
    }
    patterns
}

fn pattern(change: &Change, risky: &RiskyChange) -> String {
    match risky.part {
        Part::Account => change_of_account(risky.brake).to_owned(),
        Part::AccessWindow if risky.brake == Brake::Unlock => "unlock".to_owned(),
        Part::AccessWindow => {
            let cause = change.window.map(|window| window.cause.dayless());
            format!("lock, {}", cause.unwrap_or_default())
        }
        Part::Value(Attribute::Email) if risky.brake == Brake::MailChange => mail(change),
        Part::Value(attribute) => format!("{attribute} emptied"),
    }
}

fn change_of_account(brake: Brake) -> &'static str {
    match brake {
        Brake::Create => "new or adopted account",
        Brake::Handover => "handover to a new profile",
        _ => "take-over of an account",
    }
}

fn mail(change: &Change) -> String {
    let value = change
        .values
        .iter()
        .find(|it| it.attribute == Attribute::Email);
    let before = value.and_then(|value| match &value.before {
        Before::Value(text) => domain(text),
        Before::Unknown | Before::Null | Before::Hashed => None,
    });
    let after = value.and_then(|value| domain(value.after.as_ref()?));
    let before = before
        .map(|domain| format!("@{domain} "))
        .unwrap_or_default();
    format!("mail {before}→ @{}", after.unwrap_or_default())
}

fn domain(mail: &Text) -> Option<String> {
    let (_, domain) = mail.reveal().rsplit_once('@')?;
    Some(domain.to_lowercase())
}

/// The patterns as one sentence: " 1,012 × mail @alt.example → @neu.example; 3 others."
pub(crate) fn described(patterns: &[HeldPattern]) -> String {
    let parts = patterns.iter().map(ToString::to_string);
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" {}.", parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use shared::access::AccessWindow;

    use super::*;
    use crate::plan::builders::{config, employee, now, plan, text, trusted};
    use crate::plan::{ValueChange, WindowCause, WindowChange};

    /// A change of the mail address `before` to `after`.
    fn moves(id: u32, before: Before, after: &str) -> (Change, RiskyChange) {
        let (mut change, risky) = base(id, Brake::MailChange, Part::Value(Attribute::Email));
        change.values = vec![ValueChange {
            attribute: Attribute::Email,
            before,
            after: Some(Text::new(format!("p{id}@{after}"))),
        }];
        (change, risky)
    }

    fn base(id: u32, brake: Brake, part: Part) -> (Change, RiskyChange) {
        let (config, before) = (config(""), employee(&id.to_string()));
        let mut after = before.clone();
        after.position = text("Meister");
        let mut plan = plan(&[trusted(&after, &before, &config)], &config);
        let change = plan.changes.remove(0);
        let source_id = change.source_id.clone();
        let risky = RiskyChange {
            source_id,
            brake,
            part,
        };
        (change, risky)
    }

    fn locks(id: u32, cause: WindowCause) -> (Change, RiskyChange) {
        let (mut change, risky) = base(id, Brake::UnexplainedLock, Part::AccessWindow);
        change.window = Some(WindowChange {
            before: AccessWindow::default(),
            after: AccessWindow {
                active_at: None,
                inactive_at: Some(now() - SignedDuration::from_hours(1)),
            },
            cause,
        });
        (change, risky)
    }

    fn texts(parts: impl IntoIterator<Item = (Change, RiskyChange)>) -> Vec<String> {
        let (changes, risky): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let patterns = patterns(&changes, risky.iter());
        patterns.iter().map(ToString::to_string).collect()
    }

    fn held(mail: &str) -> Before {
        Before::Value(Text::new(mail))
    }

    #[test]
    fn mail_addresses_are_summed_up_by_their_domains_and_a_few_others_by_their_number() {
        let moved = (0..1012).map(|id| moves(id, held("P@Alt.example"), "neu.example"));
        let hashed = (2000..2007).map(|id| moves(id, Before::Hashed, "neu.example"));
        let others =
            (3000..3003).map(|id| moves(id, held("p@alt.example"), &format!("x{id}.example")));
        assert_eq!(
            texts(moved.chain(hashed).chain(others)),
            [
                "1,012 × mail @alt.example → @neu.example",
                "7 × mail → @neu.example",
                "3 others"
            ]
        );
    }

    #[test]
    fn what_fewer_than_five_have_in_common_is_not_said() {
        for (number, expected) in [
            (4, vec![]),
            (5, vec!["5 × mail @alt.example → @neu.example"]),
        ] {
            let moved = (0..number).map(|id| moves(id, held("p@alt.example"), "neu.example"));
            assert_eq!(texts(moved), expected);
        }
    }

    #[test]
    fn locks_are_summed_up_by_their_cause_without_the_day() {
        let ends = (0..6).map(|id| {
            let day = jiff::civil::Date::constant(2026, 5, 1 + i8::try_from(id).unwrap());
            locks(id, WindowCause::ContractEnds(day))
        });
        let inactive = (10..17).map(|id| locks(id, WindowCause::Inactive));
        assert_eq!(
            texts(ends.chain(inactive)),
            [
                "7 × lock, inactive without an end date that has passed",
                "6 × lock, contract ends"
            ]
        );
    }

    #[test]
    fn each_kind_of_change_has_words_of_its_own() {
        for (brake, part, text) in [
            (Brake::Unlock, Part::AccessWindow, "unlock"),
            (Brake::Create, Part::Account, "new or adopted account"),
            (Brake::Handover, Part::Account, "handover to a new profile"),
            (Brake::TakeOver, Part::Account, "take-over of an account"),
            (Brake::Blank, Part::Value(Attribute::Email), "email emptied"),
            (
                Brake::Blank,
                Part::Value(Attribute::Position),
                "position emptied",
            ),
        ] {
            let changes = (0..5).map(|id| base(id, brake, part));
            assert_eq!(texts(changes), [format!("5 × {text}")]);
        }
    }

    #[test]
    fn patterns_are_one_sentence_and_none_is_no_sentence() {
        let of = |text: Option<&str>, parts| HeldPattern {
            text: text.map(str::to_owned),
            parts,
        };
        assert_eq!(described(&[]), "");
        let both = [of(Some("unlock"), 5), of(None, 3)];
        assert_eq!(described(&both), " 5 × unlock; 3 others.");
    }

    #[test]
    fn at_most_20_patterns_are_kept_and_the_rest_is_counted() {
        let domains = (0..30).flat_map(|domain| {
            let neu = format!("n{domain}.example");
            (0..5).map(move |id| moves(100 * domain + id, held("p@alt.example"), &neu))
        });
        let texts = texts(domains);
        assert_eq!(texts.len(), MAX_PATTERNS + 1);
        assert_eq!(texts.last().unwrap(), "50 others");
    }
}
