//! The demo on a terminal.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table};
use shared::state::JobKind;
use terminal::{calls, counts, wrapped};

use crate::changes::Change;
use crate::demo::Observer;
use crate::report::{DemoReport, JobReport, StepReport, TenantReport};
use crate::scenario::Step;

/// More people of the same change are only counted.
const MAX_NAMED: usize = 3;

pub(crate) struct Console<'a> {
    out: &'a mut (dyn Write + Send),
    number: usize,
}

impl<'a> Console<'a> {
    pub(crate) fn new(out: &'a mut (dyn Write + Send)) -> Self {
        Self { out, number: 0 }
    }

    /// Ignores a closed pipe: the exit status still has the result.
    fn say(&mut self, text: &str) {
        let _ = self
            .out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush());
    }

    pub(crate) fn conclude(&mut self, report: &DemoReport) -> io::Result<()> {
        self.out.write_all(conclusion(report).as_bytes())
    }
}

impl Observer for Console<'_> {
    fn step_begins(&mut self, step: &Step, changes: &[(&'static str, &[Change])]) {
        self.number += 1;
        let (number, title, function) = (self.number, step.title, step.job.function());
        let about = wrapped(step.about, "", "");
        let changes = change_list(changes);
        self.say(&format!(
            "{number}. {title} ({function})\n{about}\n{changes}\n"
        ));
    }

    fn step_ended(&mut self, report: &StepReport) {
        self.say(&step_result(report));
    }
}

/// Groups values that belong to the same text, in the order of the texts' first appearance.
fn grouped<K: PartialEq, V>(pairs: impl Iterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

/// What happened in the companies, the same change once.
fn change_list(changes: &[(&'static str, &[Change])]) -> String {
    let all = changes.iter().flat_map(|(route, changes)| {
        changes.iter().map(move |change| {
            let who = match change.person {
                Some(person) => format!("{person} ({route})"),
                None => (*route).to_owned(),
            };
            (change.text, who)
        })
    });
    let lines = grouped(all).into_iter().map(|(text, who)| {
        let who = if who.len() > MAX_NAMED {
            format!("{} people", who.len())
        } else {
            who.join(", ")
        };
        wrapped(&format!("{text}: {who}"), "  - ", "    ") + "\n"
    });
    lines.collect()
}

/// The table of a step with the notes below it. A note that several companies share appears once.
pub(crate) fn step_result(step: &StepReport) -> String {
    let notes = step.tenants.iter().flat_map(|tenant| {
        let common = tenant.report.common();
        let has_message = !common.message.is_empty() && tenant.problems.is_empty();
        let message = has_message.then(|| common.message.to_owned());
        let problems = tenant.problems.iter();
        message
            .into_iter()
            .chain(terminal::findings(common.findings, common.held))
            .chain(problems.map(|problem| format!("CHECK FAILED: {problem}")))
            .map(|note| (note, tenant.route))
    });
    let mut text = format!("{}\n", table(step.job, &step.tenants).trim_fmt());
    for (note, routes) in grouped(notes) {
        let line = format!("{}: {note}", routes.join(", "));
        text.push_str(&wrapped(&line, "  ", "    "));
        text.push('\n');
    }
    text.push('\n');
    text
}

fn table(job: JobKind, tenants: &[TenantReport]) -> Table {
    let read = match job {
        JobKind::Employees => "people",
        JobKind::Certificates => "listed",
    };
    let mut table = terminal::table([
        "route",
        read,
        "planned",
        "done",
        "API calls",
        "DynamoDB",
        "time",
    ]);
    for tenant in tenants {
        let common = tenant.report.common();
        let (number, done) = read_and_done(&tenant.report);
        table.add_row([
            tenant.route.to_owned(),
            number.to_string(),
            tenant.planned.to_string(),
            without_line_breaks_in_parts(&done),
            calls(common.calls),
            format!(
                "{} read\n{} written",
                common.dynamodb.read, common.dynamodb.write
            ),
            format!(
                "{}.{:02} s",
                tenant.took_ms / 1000,
                tenant.took_ms % 1000 / 10
            ),
        ]);
    }
    for column in [1, 2, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A number stays on one line with what it counts.
fn without_line_breaks_in_parts(text: &str) -> String {
    text.split(", ")
        .map(|part| part.replace(' ', "\u{a0}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn read_and_done(report: &JobReport) -> (u64, String) {
    match report {
        JobReport::Employees(report) => (
            report.counts.people,
            counts::employees(&report.counts, report.findings_total),
        ),
        JobReport::Certificates(report) => (
            report.counts.seen,
            counts::certificates(&report.counts, report.findings_total),
        ),
    }
}

fn conclusion(report: &DemoReport) -> String {
    if report.ok {
        let text = format!(
            "Every check succeeded: after each step, reteach's accounts and Personio's documents were exactly those of an \
             independent calculation. In the end {} certificates are filed, each once, with the right person, folder, title, \
             day and bytes.",
            report.certificates
        );
        return wrapped(&text, "", "") + "\n";
    }
    let problems = report.problems.iter();
    let lines: String = problems.map(|problem| format!("  {problem}\n")).collect();
    format!("Checks failed:\n{lines}")
}
