//! What differs between two saved plans of a tenant. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::saved::{SavedCertificates, SavedChange, SavedFiling, SavedPlan};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    pub(super) what: What,
    pub(super) part: Part,
    /// Of the person or the certificate; none for what belongs to the whole plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    /// The parts of a change, or `document`, that would get other values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) other_values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum What {
    Appeared,
    Disappeared,
    Changed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Part {
    Outcome,
    Change,
    Held,
    Skip,
    Folder,
    Backfill,
    Certificate,
}

type Subject = (Part, Option<String>);

/// One line of a plan: what is shown, and digests of the values behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    shown: String,
    values: BTreeMap<String, String>,
}

/// What differs in `after` from `before`; empty for equal plans.
pub(super) fn differences(before: &SavedPlan, after: &SavedPlan) -> Vec<Difference> {
    let (before, after) = (lines(before), lines(after));
    let subjects: BTreeSet<&Subject> = before.keys().chain(after.keys()).collect();
    let differences = subjects
        .into_iter()
        .filter_map(|subject| difference(subject, before.get(subject), after.get(subject)));
    differences.collect()
}

fn difference(
    subject: &Subject,
    before: Option<&Line>,
    after: Option<&Line>,
) -> Option<Difference> {
    if before == after {
        return None;
    }
    let what = match (before, after) {
        (None, _) => What::Appeared,
        (_, None) => What::Disappeared,
        _ => What::Changed,
    };
    let mut other_values = Vec::new();
    if let (Some(before), Some(after)) = (before, after) {
        let both = after.values.iter().filter(|(part, digest)| {
            let earlier = before.values.get(*part);
            earlier.is_some_and(|earlier| earlier != *digest)
        });
        other_values.extend(both.map(|(part, _)| part.clone()));
    }
    let (part, id) = subject.clone();
    Some(Difference {
        what,
        part,
        id,
        before: before.map(|line| line.shown.clone()),
        after: after.map(|line| line.shown.clone()),
        other_values,
    })
}

fn lines(plan: &SavedPlan) -> BTreeMap<Subject, Line> {
    let SavedPlan {
        outcome,
        key: _,
        changes,
        held,
        skipped,
        certificates,
    } = plan;
    let mut lines = BTreeMap::from([((Part::Outcome, None), Line::of(outcome))]);
    for (part, changes) in [(Part::Change, changes), (Part::Held, held)] {
        let of_people = changes.iter();
        lines.extend(of_people.map(|(id, change)| ((part, Some(id.to_string())), change.line())));
    }
    let skips = skipped.iter();
    lines.extend(skips.map(|(id, why)| ((Part::Skip, Some(id.to_string())), Line::of(why))));
    if let Some(certificates) = certificates {
        lines.extend(certificates.lines());
    }
    lines
}

impl Line {
    fn of(text: &str) -> Self {
        Self {
            shown: text.to_owned(),
            values: BTreeMap::new(),
        }
    }
}

impl SavedChange {
    /// Kind, attributes and cause, as `tenants plan` shows them.
    fn line(&self) -> Line {
        let Self { kind, cause, parts } = self;
        let fields = parts.keys().map(String::as_str);
        let fields: Vec<&str> = fields.filter(|part| *part != "account").collect();
        let mut shown = kind.clone();
        if !fields.is_empty() {
            shown.push_str(&format!(" {}", fields.join(", ")));
        }
        if let Some(cause) = cause {
            shown.push_str(&format!(" ({cause})"));
        }
        let values = parts.iter();
        Line {
            shown,
            values: values
                .map(|(part, digest)| (part.clone(), digest.to_string()))
                .collect(),
        }
    }
}

impl SavedCertificates {
    fn lines(&self) -> impl Iterator<Item = (Subject, Line)> {
        let Self {
            folder,
            is_stopped,
            held,
            to_file,
        } = self;
        let folder = match (folder, is_stopped) {
            (_, true) => "nothing can be filed",
            (Some(folder), false) => folder,
            (None, false) => "not needed",
        };
        let held = format!("{held} held");
        let whole = [
            ((Part::Folder, None), Line::of(folder)),
            ((Part::Backfill, None), Line::of(&held)),
        ];
        let filings = to_file.iter().map(|(certificate, filing)| {
            let SavedFiling { person, document } = filing;
            let line = Line {
                shown: format!("of person {person}"),
                values: BTreeMap::from([("document".to_owned(), document.to_string())]),
            };
            ((Part::Certificate, Some(certificate.to_string())), line)
        });
        whole.into_iter().chain(filings)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            part,
            id,
            before,
            after,
            other_values,
        } = self;
        let what = match what {
            What::Appeared => "appeared",
            What::Disappeared => "disappeared",
            What::Changed => "changed",
        };
        write!(f, "{what:<11}  {:<11}", part.name())?;
        if let Some(id) = id {
            write!(f, "  {id}")?;
        }
        match (before, after) {
            (Some(before), Some(after)) if before == after => write!(f, "  {after}")?,
            (Some(before), Some(after)) => write!(f, "  {before} → {after}")?,
            (Some(one), None) | (None, Some(one)) => write!(f, "  {one}")?,
            (None, None) => {}
        }
        if !other_values.is_empty() {
            write!(f, "; other values: {}", other_values.join(", "))?;
        }
        Ok(())
    }
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Change => "change",
            Self::Held => "held",
            Self::Skip => "skip",
            Self::Folder => "folder",
            Self::Backfill => "backfill",
            Self::Certificate => "certificate",
        }
    }
}
