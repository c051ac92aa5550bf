//! What held changes have in common, without personal data.

use std::collections::BTreeMap;

use shared::domain::id::SourceId;
use shared::mapping::{Attribute, Text};
use shared::state::{Brake, HeldPattern};

use crate::plan::{Before, Cause, Change, Part, RiskyChange};

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
            let cause = change.window.map(|window| match window.cause {
                // The day is personal.
                Cause::ContractEnds(_) => "contract ends".to_owned(),
                Cause::ContractBegins(_) => "contract begins".to_owned(),
                cause => cause.to_string(),
            });
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

/// The domains alone.
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
