//! The demo on a terminal.

use std::fmt::Write as _;
use std::io::{self, Write};

use comfy_table::{CellAlignment, Table};
use shared::state::JobKind;
use terminal::{calls, counts, wrapped};

use super::acts::Act;
use super::play::{Cue, Part, Play, Scene, Told};
use super::script::Audience;

/// Nobody looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nobody;

impl Audience for Nobody {
    fn begins(&mut self, _: &Cue, _: &[(&'static str, Vec<Act>)]) {}
    fn ended(&mut self, _: &Scene) {}
}

/// Scenes as text.
pub(super) struct Console<'a> {
    out: &'a mut (dyn Write + Send),
    number: usize,
}

impl<'a> Console<'a> {
    pub(super) fn new(out: &'a mut (dyn Write + Send)) -> Self {
        Self { out, number: 0 }
    }

    /// A closed pipe is no reason to stop: the exit code still tells.
    fn say(&mut self, text: &str) {
        let _ = self
            .out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush());
    }

    pub(super) fn verdict(&mut self, play: &Play) -> io::Result<()> {
        self.out.write_all(verdict(play).as_bytes())?;
        self.out.flush()
    }
}

impl Audience for Console<'_> {
    fn begins(&mut self, cue: &Cue, acts: &[(&'static str, Vec<Act>)]) {
        self.number += 1;
        let about = wrapped(&cue.about, "", "");
        let text = format!(
            "{}. {} ({})\n{about}\n{}\n",
            self.number,
            cue.title,
            cue.job.function(),
            stories(acts)
        );
        self.say(&text);
    }

    fn ended(&mut self, scene: &Scene) {
        self.say(&outcome(scene));
    }
}

/// What happened in the companies, the same story once.
fn stories(acts: &[(&'static str, Vec<Act>)]) -> String {
    let mut lines: Vec<(&str, Vec<String>)> = Vec::new();
    for (route, acts) in acts {
        for act in acts {
            let who = match act.person {
                Some(person) => format!("{person} ({route})"),
                None => (*route).to_owned(),
            };
            match lines.iter_mut().find(|(story, _)| *story == act.story) {
                Some((_, people)) => people.push(who),
                None => lines.push((act.story, vec![who])),
            }
        }
    }
    let mut text = String::new();
    for (story, people) in lines {
        let who = if people.len() > 3 {
            format!("{} people", people.len())
        } else {
            people.join(", ")
        };
        text.push_str(&wrapped(&format!("{story}: {who}"), "  - ", "    "));
        text.push('\n');
    }
    text
}

/// The table of a scene, and what there is to read below it: what all companies have in common once.
pub(super) fn outcome(scene: &Scene) -> String {
    let mut notes: Vec<(String, Vec<&str>)> = Vec::new();
    for part in &scene.parts {
        let wrong = part
            .problems
            .iter()
            .map(|problem| format!("NOT AS IT SHOULD BE: {problem}"));
        let common = part.report.common();
        let message =
            Some(common.message.to_owned()).filter(|it| !it.is_empty() && part.problems.is_empty());
        for note in message
            .into_iter()
            .chain(terminal::findings(common.findings, common.held))
            .chain(wrong)
        {
            match notes.iter_mut().find(|(known, _)| *known == note) {
                Some((_, routes)) => routes.push(part.route),
                None => notes.push((note, vec![part.route])),
            }
        }
    }
    let mut text = format!("{}\n", table(scene.cue.job, &scene.parts).trim_fmt());
    for (note, routes) in notes {
        text.push_str(&wrapped(
            &format!("{}: {note}", routes.join(", ")),
            "  ",
            "    ",
        ));
        text.push('\n');
    }
    text.push('\n');
    text
}

fn table(job: JobKind, parts: &[Part]) -> Table {
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
    for part in parts {
        let common = part.report.common();
        let (number, done) = read_and_done(&part.report);
        table.add_row([
            part.route.to_owned(),
            number.to_string(),
            part.planned.to_string(),
            // A number stays on the line of what it counts.
            unbroken(&done),
            calls(common.calls),
            format!(
                "{} read\n{} written",
                common.dynamodb.read, common.dynamodb.write
            ),
            format!("{}.{:02} s", part.took_ms / 1000, part.took_ms % 1000 / 10),
        ]);
    }
    for column in [1, 2, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn unbroken(text: &str) -> String {
    text.split(", ")
        .map(|part| part.replace(' ', "\u{a0}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// How much was read, and what came of it.
fn read_and_done(told: &Told) -> (u64, String) {
    match told {
        Told::Employees(report) => (
            report.counts.people,
            counts::employees(&report.counts, report.findings_total),
        ),
        Told::Certificates(report) => (
            report.counts.seen,
            counts::certificates(&report.counts, report.findings_total),
        ),
    }
}

fn verdict(play: &Play) -> String {
    let mut text = String::new();
    if play.is_good() {
        let good = format!(
            "All is as it should be: after every scene reteach held exactly the accounts that an independent calculation \
             from Personio's people asks for, and Personio exactly the documents that one from reteach's certificates asks \
             for: {} in the end, each certificate once, with the right person, folder, title, day and bytes.",
            play.certificates
        );
        text.push_str(&wrapped(&good, "", ""));
        text.push('\n');
        return text;
    }
    text.push_str("Not all is as it should be:\n");
    for problem in &play.problems {
        let _ = writeln!(text, "  {problem}");
    }
    text
}
