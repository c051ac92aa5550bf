//! What a check found.

use serde::Serialize;
use shared::domain::id::TenantId;
use shared::tenant::TenantConfig;

use crate::format;
use crate::output::View;

/// Everything that a check found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CheckView {
    tenant_id: TenantId,
    route: &'static str,
    items: Vec<Item>,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Item {
    /// The subject: `Personio: attributes`.
    about: String,
    level: Level,
    text: String,
    /// What to do about a miss.
    advice: Option<String>,
    /// Whether no run can succeed like this.
    blocks: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Good,
    /// Worth knowing; nothing is wrong.
    Note,
    Miss,
}

impl Item {
    fn new(about: &str, level: Level, text: impl Into<String>) -> Self {
        Self {
            about: about.to_owned(),
            level,
            text: text.into(),
            advice: None,
            blocks: false,
        }
    }

    pub(crate) fn good(about: &str, text: impl Into<String>) -> Self {
        Self::new(about, Level::Good, text)
    }

    pub(crate) fn note(about: &str, text: impl Into<String>) -> Self {
        Self::new(about, Level::Note, text)
    }

    pub(crate) fn miss(about: &str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            advice: Some(advice.into()).filter(|advice| !advice.is_empty()),
            ..Self::new(about, Level::Miss, text)
        }
    }

    /// A miss with which no run can succeed.
    pub(super) fn blocker(about: &str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            blocks: true,
            ..Self::miss(about, text, advice)
        }
    }

    pub(crate) fn is_miss(&self) -> bool {
        self.level == Level::Miss
    }

    /// For people.
    pub(crate) fn line(&self) -> String {
        let mark = match self.level {
            Level::Good => "ok  ",
            Level::Note => "note",
            Level::Miss => "MISS",
        };
        let text = format!("{}: {}", self.about, self.text);
        let text = terminal::wrapped(&text, &format!("  {mark} "), "       ");
        let advice = self.advice.as_ref().map(|advice| {
            let advice = terminal::wrapped(advice, "       → ", "         ");
            format!("{advice}\n")
        });
        format!("{text}\n{}", advice.unwrap_or_default())
    }
}

impl CheckView {
    pub(super) fn new(config: &TenantConfig) -> Self {
        Self {
            tenant_id: config.tenant_id.clone(),
            route: format::route(config.personio.via),
            items: Vec::new(),
        }
    }

    pub(super) fn extend(&mut self, items: Vec<Item>) {
        self.items.extend(items);
    }

    /// Whether anything is missing without which no run can succeed.
    pub(crate) fn has_blockers(&self) -> bool {
        self.items.iter().any(|item| item.blocks)
    }

    fn misses(&self) -> u64 {
        self.items
            .iter()
            .map(|item| u64::from(item.is_miss()))
            .sum()
    }
}

impl View for CheckView {
    fn text(&self) -> String {
        let items: String = self.items.iter().map(Item::line).collect();
        let sum = match self.misses() {
            0 => "Everything that is needed is there.".to_owned(),
            misses => {
                let things = format::number(misses, "thing is", "things are");
                format!("{things} missing.")
            }
        };
        format!("{} over {}\n{items}{sum}\n", self.tenant_id, self.route)
    }

    fn needs_attention(&self) -> bool {
        self.misses() > 0
    }
}
