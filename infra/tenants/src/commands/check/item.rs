//! What a check found.

use serde::Serialize;
use shared::domain::id::TenantId;
use shared::tenant::TenantConfig;

use crate::words;

/// Everything that a check found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Examined {
    tenant_id: TenantId,
    route: &'static str,
    items: Vec<Item>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct Item {
    /// What was looked at: `Personio: attributes`.
    about: String,
    level: Level,
    /// What was found.
    text: String,
    /// What to do about it.
    advice: Option<String>,
    /// Whether no run can succeed like this.
    blocks: bool,
}

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum Level {
    /// As it should be.
    Good,
    /// Worth knowing; nothing is wrong.
    Note,
    /// Something is missing.
    Miss,
}

impl Item {
    /// A miss with which no run can succeed.
    pub(super) fn blocker(about: &str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::miss(about, text, advice).blocking()
    }

    /// The same as something without which no run can succeed.
    pub(super) fn blocking(self) -> Self {
        Self {
            blocks: true,
            ..self
        }
    }

    pub(super) fn good(about: &str, text: impl Into<String>) -> Self {
        Self {
            about: about.to_owned(),
            level: Level::Good,
            text: text.into(),
            advice: None,
            blocks: false,
        }
    }

    pub(super) fn note(about: &str, text: impl Into<String>) -> Self {
        Self {
            about: about.to_owned(),
            level: Level::Note,
            text: text.into(),
            advice: None,
            blocks: false,
        }
    }

    pub(super) fn miss(about: &str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = advice.into();
        let advice = (!advice.is_empty()).then_some(advice);
        Self {
            about: about.to_owned(),
            level: Level::Miss,
            text: text.into(),
            advice,
            blocks: false,
        }
    }
}

impl Item {
    /// For people.
    pub(in crate::commands) fn line(&self) -> String {
        let Self {
            about,
            level,
            text,
            advice,
            blocks: _,
        } = self;
        let mark = match level {
            Level::Good => "ok  ",
            Level::Note => "note",
            Level::Miss => "MISS",
        };
        let first = format!("  {mark} ");
        let mut line = format!(
            "{}\n",
            terminal::wrapped(&format!("{about}: {text}"), &first, "       ")
        );
        if let Some(advice) = advice {
            line.push_str(&terminal::wrapped(advice, "       → ", "         "));
            line.push('\n');
        }
        line
    }
}

impl Examined {
    pub(super) fn new(config: &TenantConfig) -> Self {
        let route = words::route(config.personio.via);
        Self {
            tenant_id: config.tenant_id.clone(),
            route,
            items: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, item: Item) {
        self.items.push(item);
    }

    pub(super) fn extend(&mut self, items: Vec<Item>) {
        self.items.extend(items);
    }

    /// Whether anything is missing.
    pub(crate) fn has_misses(&self) -> bool {
        self.misses() > 0
    }

    /// Whether anything is missing without which no run can succeed.
    pub(crate) fn has_blockers(&self) -> bool {
        self.items.iter().any(|item| item.blocks)
    }

    fn misses(&self) -> u64 {
        self.items
            .iter()
            .map(|item| u64::from(item.level == Level::Miss))
            .sum()
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{} over {}\n", self.tenant_id, self.route);
        for item in &self.items {
            text.push_str(&item.line());
        }
        match self.misses() {
            0 => text.push_str("Everything that is needed is there.\n"),
            number => text.push_str(&format!(
                "{} missing.\n",
                words::number(number, "thing is", "things are")
            )),
        }
        text
    }
}
