//! The answers, for people and for programs.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::reteach::Academy;
use shared::tenant::TenantConfig;

use super::StoredProbe;
use super::cleanup::Cleanup;
use super::question::{Answer, Consequence, Line};
use crate::format;
use crate::item::Item;
use crate::output::View;

#[derive(Serialize)]
pub(crate) struct ProbeView {
    tenant_id: TenantId,
    academy: String,
    at: Timestamp,
    rows: Vec<Row>,
    lines: Vec<Line>,
    earlier: Cleanup,
    cleanup: Cleanup,
    /// Whether the answers are kept with the tenant.
    pub(crate) stored: bool,
    #[serde(skip)]
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    answer: Answer,
    assumption: String,
    academy: String,
    consequence: Option<String>,
}

impl ProbeView {
    pub(super) fn new(
        config: &TenantConfig,
        academy: Academy,
        at: Timestamp,
        answers: Vec<Answer>,
        earlier: Cleanup,
        cleanup: Cleanup,
    ) -> Self {
        let row = |answer: &Answer| Row {
            answer: *answer,
            assumption: answer.assumption(),
            academy: answer.observed.to_string(),
            consequence: described(&answer.consequence(config)),
        };
        Self {
            tenant_id: config.tenant_id.clone(),
            academy: academy.base_url,
            at,
            rows: answers.iter().map(row).collect(),
            lines: lines(&answers, config),
            earlier,
            cleanup,
            stored: false,
            items: grouped(&answers, config),
        }
    }

    /// What is kept with the tenant.
    pub(crate) fn to_store(&self) -> StoredProbe {
        let left = self.earlier.left.iter().chain(&self.cleanup.left);
        StoredProbe {
            at: self.at,
            answers: self.rows.iter().map(|row| row.answer).collect(),
            left: left.map(|left| left.id.clone()).collect(),
        }
    }
}

impl View for ProbeView {
    fn text(&self) -> String {
        let mut text = format!("{} at {}\n", self.tenant_id, self.academy);
        text.extend(self.items.iter().map(Item::line));
        if self.earlier.deleted + self.earlier.left.len() as u64 > 0 {
            text += &format::paragraph(&format!("Earlier probes: {}", cleaned(&self.earlier)));
        }
        text += &format::paragraph(&cleaned(&self.cleanup));
        if !self.lines.is_empty() {
            let file = format!("{}.toml", self.tenant_id);
            text += &format::paragraph(&format!(
                "Put this into {file} and store it with `tenants add --file {file} --update`:"
            ));
            text += &toml(&self.lines);
        }
        let kept = if self.stored {
            "The answers are kept; `tenants check` compares them with the tenant's file."
        } else {
            "The answers are not kept: the tenant is not stored yet."
        };
        text + &format::paragraph(kept)
    }

    fn needs_attention(&self) -> bool {
        let left = !self.cleanup.left.is_empty() || !self.earlier.left.is_empty();
        left || self.items.iter().any(Item::is_miss)
    }
}

/// What `tenants check` says of the stored probe: everything that is not as assumed.
pub(crate) fn items(probe: Option<&StoredProbe>, config: &TenantConfig) -> Vec<Item> {
    let about = "reteach: write probe";
    let to_do = |what: &str| {
        let run = format!("run `tenants check {} --write-probe`", config.tenant_id);
        Item::note(about, format!("{what} yet: {run}"))
    };
    let Some(StoredProbe { at, answers, left }) = probe else {
        return vec![to_do("not done")];
    };
    let as_assumed = |answer: &&Answer| answer.consequence(config) == Consequence::None;
    let count = answers.iter().filter(as_assumed).count();
    let summary = format!(
        "{count} of {} answers are as assumed ({})",
        answers.len(),
        format::moment(*at)
    );
    let differing = answers.iter().filter(|answer| !as_assumed(answer));
    let left = left.iter().map(|id| {
        Item::miss(
            about,
            format!("test account {} was left in the academy", id.as_str()),
            "probe again, or delete it in the academy",
        )
    });
    let first = match answers.is_empty() {
        true => to_do("not completed"),
        false => Item::good(about, summary),
    };
    [first]
        .into_iter()
        .chain(differing.map(|answer| item(*answer, config)))
        .chain(left)
        .collect()
}

/// An item for all answers that are as assumed, and one for each other answer.
fn grouped(answers: &[Answer], config: &TenantConfig) -> Vec<Item> {
    let (as_assumed, differing): (Vec<&Answer>, Vec<&Answer>) = answers
        .iter()
        .partition(|answer| answer.consequence(config) == Consequence::None);
    let assumptions: Vec<_> = as_assumed
        .iter()
        .map(|answer| answer.assumption())
        .collect();
    let about = format!(
        "{} of {} answers are as assumed",
        as_assumed.len(),
        answers.len()
    );
    let first = Item::good(&about, assumptions.join("; "));
    let others = differing.into_iter().map(|answer| item(*answer, config));
    [first].into_iter().chain(others).collect()
}

pub(super) fn cleaned(cleanup: &Cleanup) -> String {
    let deleted = format::number(cleanup.deleted, "test account", "test accounts");
    let left = cleanup.left.iter().map(|left| {
        let state = if left.locked { "locked" } else { "not even locked" };
        format!(
            " Test account {} is still there, {state}: {}. Delete it in the academy, or repeat the probe.",
            left.id.as_str(),
            left.problem
        )
    });
    format!("{deleted} deleted.{}", left.collect::<String>())
}

fn item(answer: Answer, config: &TenantConfig) -> Item {
    let about = answer.assumption();
    let text = answer.observed.to_string();
    match answer.consequence(config) {
        Consequence::None => Item::good(&about, text),
        Consequence::Note(note) => {
            Item::note(&about, format!("{text}. {}", format::capitalized(note)))
        }
        Consequence::Respected(line) => {
            Item::note(&about, format!("{text}; the tenant's file has {line}"))
        }
        Consequence::Change(line) => Item::miss(
            &format!("not as assumed ({about})"),
            text,
            format!("set `{line}` in the tenant's file"),
        ),
        Consequence::Ask(advice) => Item::miss(&format!("not as assumed ({about})"), text, advice),
    }
}

fn described(consequence: &Consequence) -> Option<String> {
    match consequence {
        Consequence::None => None,
        Consequence::Note(text) | Consequence::Ask(text) => Some((*text).to_owned()),
        Consequence::Respected(line) | Consequence::Change(line) => Some(line.to_string()),
    }
}

fn lines(answers: &[Answer], config: &TenantConfig) -> Vec<Line> {
    let changes = answers
        .iter()
        .filter_map(|answer| match answer.consequence(config) {
            Consequence::Change(line) => Some(line),
            _ => None,
        });
    changes.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Lines under their sections; `lines` are sorted by section.
fn toml(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut section = "";
    for line in lines {
        if line.section != section {
            section = line.section;
            text += &format!("\n  [{section}]\n");
        }
        text += &format!("  {}\n", line.line);
    }
    text + "\n"
}
