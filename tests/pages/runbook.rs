//! The operator's pages say what to do about every alarm and every outcome.

use std::fs;

use harness::alarms::CloudWatch;
use shared::runtime::Outcome;

use crate::root;

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// What follows a heading, up to the next one.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    rest.split("\n## ").next().unwrap()
}

/// All outcomes, as reports name them.
fn outcomes() -> Vec<String> {
    let source = read("shared/src/runtime/report.rs");
    let (_, rest) = source.split_once("pub enum Outcome {\n").unwrap();
    let (variants, _) = rest.split_once("\n}\n").unwrap();
    let names = variants
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','));
    let kebab = |name: &str| {
        let mut kebab = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !kebab.is_empty() {
                kebab.push('-');
            }
            kebab.extend(letter.to_lowercase());
        }
        kebab
    };
    names
        .filter(|name| !name.contains(' '))
        .map(kebab)
        .collect()
}

#[test]
fn every_outcome_is_explained_and_every_failure_is_in_the_runbook() {
    let (operate, runbook) = (read("docs/operate.md"), read("docs/runbook.md"));
    let meanings = section(&operate, "Outcomes");
    let late = section(&runbook, "tenant-not-synced");
    let needs_action = section(
        &runbook,
        "employee-sync-needs-action and certificate-sync-needs-action",
    );
    let has = |table: &str, outcome: &str| {
        let mut rows = table.lines().filter(|line| line.starts_with('|'));
        rows.any(|row| {
            let cell = row.split('|').nth(1).unwrap();
            cell.contains(&format!("`{outcome}`"))
        })
    };
    let outcomes = outcomes();
    assert!(outcomes.len() > 20, "{outcomes:?}");
    for name in outcomes {
        let outcome: Outcome = serde_json::from_str(&format!("\"{name}\"")).unwrap();
        assert!(has(meanings, &name), "operate: {name}");
        let table = match outcome.needs_action() {
            true => needs_action,
            false => late,
        };
        assert!(
            !outcome.is_failure() || has(table, &name),
            "runbook: {name}"
        );
    }
}

#[test]
fn every_alarm_of_the_template_has_a_section() {
    let pages = read("docs/alarms.md") + &read("docs/runbook.md");
    let headings = pages.lines().filter(|line| line.starts_with("## "));
    let named: Vec<&str> = headings
        .flat_map(|heading| heading.split([' ', ',']))
        .filter(|word| word.contains('-'))
        .collect();
    for alarm in CloudWatch::of_the_template().names() {
        // A heading may leave the job out. Releases are in the section of the other errors.
        let name = alarm.replace("-release-errors", "-errors");
        let has_section = named.iter().any(|word| name.ends_with(word));
        assert!(has_section, "{alarm}");
    }
    assert!(read("docs/runbook.md").contains("`…-release-errors`"));
}
