//! The pages on data protection name what is stored, and the periods of the template.

use std::fs;

use shared::state::TIME_TO_LIVE;

use crate::root;

const PAGES: [&str; 2] = ["docs/data-protection.md", "docs/datenschutz.md"];

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The template's lines from `resource` on, as far as its settings may be.
fn section<'a>(template: &'a str, resource: &str) -> &'a str {
    let (_, rest) = template.split_once(&format!("\n  {resource}:\n")).unwrap();
    rest.split("\n\n").next().unwrap()
}

#[test]
fn periods_of_the_template_are_on_both_pages() {
    let template = read("template.yaml");
    let table = section(&template, "Table");
    // Without a period of its own point-in-time recovery reaches back 35 days.
    assert!(table.contains("{ PointInTimeRecoveryEnabled: true }"));
    assert!(table.contains("SSEEnabled: true"));
    assert!(table.contains(&format!("AttributeName: {TIME_TO_LIVE}, Enabled: true")));
    let queue = section(&template, "DeliveryDeadLetters");
    assert!(queue.contains("MessageRetentionPeriod: 1209600"));
    assert!(queue.contains("SqsManagedSseEnabled: true"));
    let (_, logs) = template.split_once("  LogRetentionInDays:\n").unwrap();
    let logs: Vec<&str> = logs.lines().take(3).map(str::trim).collect();
    let periods = "AllowedValues: [7, 14, 30, 60, 90, 180, 365]";
    assert_eq!(logs, ["Type: Number", periods, "Default: 30"]);
    for (page, periods) in PAGES.into_iter().zip([
        ["after 35 days", "after 14 days", "30 days, or 7 to 365"],
        ["nach 35 Tagen", "nach 14 Tagen", "30 Tage, oder 7 bis 365"],
    ]) {
        let text = read(page);
        for period in periods {
            assert!(text.contains(period), "{page}: {period}");
        }
    }
}

#[test]
fn both_pages_have_the_same_sections_tables_and_gaps_to_fill_in() {
    let shape = |name: &str| {
        let text = read(name);
        let count = |part: &str| text.matches(part).count();
        let rows = text.lines().filter(|line| line.starts_with('|')).count();
        (count("\n## "), rows, count("▢"), count("`tenants "))
    };
    let [english, german] = PAGES.map(shape);
    assert_eq!(english, german);
}
