//! One line of a check or a probe: what was looked at, and how it is.

use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Item {
    /// The subject: `Personio: attributes`.
    about: String,
    level: Level,
    text: String,
    advice: Option<String>,
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

    /// A miss with which no run can succeed, or none may.
    pub(crate) fn blocker(about: &str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            blocks: true,
            ..Self::miss(about, text, advice)
        }
    }

    /// Whether no run can succeed like this, or none may.
    pub(crate) fn blocks(&self) -> bool {
        self.blocks
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
