//! One dialect on one route.

use std::collections::BTreeMap;
use std::fmt;

use employee_sync::report::Report;
use harness::CertificateReport;
use shared::runtime::{Finding, FindingKind, Outcome};
use shared::tenant::Via;
use simulators::dialects::Dialect;
use simulators::reteach::Quirk;

use crate::by_design::ByDesign;
use crate::company::Company;

/// More refused writes than this in one run are too many, and more people with one field that is refused or not kept.
/// A run leaves a field alone after five people, with two writes in flight. Three such fields make up to 18.
const MAX_REFUSED: usize = 10;

/// What came of both jobs.
pub(crate) struct Cell {
    employees: String,
    certificates: String,
    is_by_design: bool,
    /// A vendor has quirks, and they changed nothing.
    is_idle: bool,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} | {}", self.employees, self.certificates)
    }
}

/// When the vendors speak a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Always,
    /// Not in the first runs.
    Later,
    /// Not in the last runs.
    AtFirst,
}

const WORKS: &str = "works";

/// Findings of good runs that say what a dialect leaves undone.
const NAMING: [FindingKind; 7] = [
    FindingKind::NotLocked,
    FindingKind::Refused,
    FindingKind::Rejected,
    FindingKind::Unreadable,
    FindingKind::WrongTotal,
    FindingKind::NotFiled,
    FindingKind::Parked,
];

impl Cell {
    pub(crate) fn works(&self) -> bool {
        self.employees == WORKS && self.certificates == WORKS
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.is_idle
    }

    pub(crate) fn is_by_design(&self) -> bool {
        self.is_by_design
    }

    /// A job ends well, and a finding alone says what is wrong.
    pub(crate) fn ends_with_a_finding(&self) -> bool {
        let is_named = |says: &str| {
            let mut kinds = NAMING.iter().map(|kind| format!("{kind:?}: "));
            kinds.any(|kind| says.starts_with(&kind))
        };
        is_named(&self.employees) || is_named(&self.certificates)
    }

    pub(crate) fn ends_with_an_outcome(&self) -> bool {
        !self.works() && !self.is_by_design && !self.ends_with_a_finding()
    }

    /// Lives through a day with the dialect, and this added to the tenant's file.
    pub(crate) fn of(
        name: &str,
        dialect: &Dialect,
        via: Via,
        spoken: Spoken,
        more: &str,
    ) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let mut company = Company::new(via, more).await;
            if spoken == Spoken::Always {
                company.watch();
            }
            if spoken != Spoken::Later {
                company.speak(dialect);
            }
            if is_of_look_ups(dialect) {
                company.crowd();
            }
            company.invite();
            company.open_files();
            if !is_of_empty_lists(dialect) {
                company.complete_courses();
            }
            day(&mut company, name, dialect, spoken).await
        })
    }
}

/// Whether only the look-ups of single people show it.
fn is_of_look_ups(dialect: &Dialect) -> bool {
    let quirks = [Quirk::HidesLocked, Quirk::IgnoresExternalIdFilter];
    matches!(dialect, Dialect::Reteach(spoken) if spoken.iter().any(|it| quirks.contains(it)))
}

/// Whether only an academy without certificates shows it.
fn is_of_empty_lists(dialect: &Dialect) -> bool {
    matches!(dialect, Dialect::Reteach(spoken) if spoken.contains(&Quirk::EmptyListsAre404))
}

/// Whether only two comparisons a day apart name it.
fn is_of_locks(dialect: &Dialect) -> bool {
    matches!(dialect, Dialect::Reteach(spoken) if spoken.contains(&Quirk::DatesDoNotLock))
}

async fn day(
    company: &mut Company,
    name: &str,
    dialect: &Dialect,
    spoken: Spoken,
) -> Result<Cell, String> {
    let mut reports = Vec::new();
    for minutes in [0, 5, 5] {
        reports.push(run(company, minutes).await?);
    }
    if spoken == Spoken::Later {
        // Only what is said of the dialect counts.
        reports.clear();
    }
    company.speak(dialect);
    company.change();
    if is_of_locks(dialect) {
        company.log_in();
    }
    for minutes in [5, 5, 5, 20, 60] {
        reports.push(run(company, minutes).await?);
    }
    company.make_room();
    let mut filed = Vec::new();
    if is_of_empty_lists(dialect) {
        filed.push(file(company, 0).await?);
        company.complete_courses();
        company.advance(30);
    }
    if spoken == Spoken::AtFirst {
        company.speak_as_assumed();
        // Only what is said from now on counts.
        reports = vec![run(company, 5).await?];
    } else {
        filed.push(file(company, 0).await?);
    }
    filed.push(file(company, 30).await?);
    reports.push(run(company, 25 * 60).await?);
    company.change_locked();
    for minutes in [5, 60] {
        reports.push(run(company, minutes).await?);
    }
    if is_of_locks(dialect) {
        reports.push(run(company, 25 * 60).await?);
    }
    let says = filed
        .iter()
        .map(|it| (it.outcome, described(it.outcome, &it.message, &it.findings)));
    let certificates = judged(company.is_filed(), says.collect()).ok_or_else(|| {
        let documents = company.harness.personio.documents();
        format!("{documents:#?}\n{filed:#?}")
    })?;
    let has_ended = spoken == Spoken::AtFirst;
    let by_design = ByDesign::of(name).filter(|_| !has_ended);
    let differences = if has_ended {
        company.left_behind()
    } else {
        company.differences()
    };
    Ok(Cell {
        employees: employees(&differences, &reports, by_design)?,
        certificates,
        is_by_design: by_design.is_some(),
        is_idle: company.is_idle(dialect),
    })
}

/// What became of the accounts: right, wrong as a run says, or different exactly by design.
fn employees(
    differences: &[String],
    reports: &[Report],
    by_design: Option<&ByDesign>,
) -> Result<String, String> {
    let wrong = || {
        let last = reports.last().map(texts).unwrap_or_default();
        format!("{}\n{last}", differences.join("; "))
    };
    if let Some(by_design) = by_design {
        let is_explained = by_design.explains(differences);
        let why = || format!("by design: {}", by_design.why);
        return is_explained.then(why).ok_or_else(wrong);
    }
    let says = reports
        .iter()
        .map(|it| (it.outcome, described(it.outcome, &it.message, &it.findings)));
    judged(differences.is_empty(), says.collect()).ok_or_else(wrong)
}

/// What one run says is wrong: its outcome, else its findings.
fn described(outcome: Outcome, message: &str, findings: &[Finding]) -> Option<String> {
    if !outcome.is_good() {
        let text = findings.first().map_or(message, |finding| &finding.text);
        let text = if message.is_empty() { text } else { message };
        return Some(format!("{outcome:?}: {text}"));
    }
    // An admin was faster, whatever the dialect is.
    let is_overtaken = |finding: &Finding| finding.text.contains("another account with this mail");
    let finding = findings
        .iter()
        .find(|it| NAMING.contains(&it.kind) && !is_overtaken(it))?;
    let text = finding
        .text
        .split("; tried again from")
        .next()
        .unwrap_or_default();
    Some(format!("{:?}: {text}", finding.kind))
}

/// What the runs of a job come to. `None`: something is wrong, and no run says so.
fn judged(is_right: bool, runs: Vec<(Outcome, Option<String>)>) -> Option<String> {
    let refuses = |(outcome, _): &&(Outcome, _)| *outcome == Outcome::AcademyRefuses;
    let refused = runs.iter().find(refuses).and_then(|(_, text)| text.clone());
    if is_right {
        let last = runs.last().filter(|(outcome, _)| !outcome.is_good());
        let complains = refused.or(last.and_then(|(_, text)| text.clone()));
        return Some(complains.unwrap_or_else(|| WORKS.to_owned()));
    }
    // An outcome says more than a finding.
    refused.or_else(|| runs.into_iter().find_map(|(_, text)| text))
}

/// One run of the certificate job, and what holds after each.
async fn file(company: &Company, minutes: i64) -> Result<CertificateReport, String> {
    company.advance(minutes);
    company.harness.forget_requests();
    let report = company.harness.certificates_now().await;
    let refused = company.refused_writes();
    if refused > MAX_REFUSED {
        return Err(format!("{refused} refused writes\n{report:#?}"));
    }
    Ok(report)
}

/// One run of the employee job, and what holds after each.
async fn run(company: &mut Company, minutes: i64) -> Result<Report, String> {
    company.advance(minutes);
    company.harness.forget_requests();
    let report = company.harness.now().await;
    company.ran();
    let refused = company.refused_writes();
    if refused > MAX_REFUSED {
        return Err(format!("{refused} refused writes\n{}", texts(&report)));
    }
    if let Some((field, people)) = most_refused(&report).filter(|(_, it)| *it > MAX_REFUSED) {
        return Err(format!(
            "{people} people refused, {field}\n{}",
            texts(&report)
        ));
    }
    let lost = company.lost();
    if !lost.is_empty() {
        return Err(format!("lost: {}\n{}", lost.join(", "), texts(&report)));
    }
    let locked = company.wrongly_locked();
    if !locked.is_empty() {
        return Err(format!("wrongly locked: {locked:?}\n{}", texts(&report)));
    }
    Ok(report)
}

/// The reason and field that most people were refused for, whatever status the academy answered, and how many they are. Locks
/// are left out that went through while something else was refused or lost: they go on without a limit.
fn most_refused(report: &Report) -> Option<(String, usize)> {
    let mut people: BTreeMap<String, usize> = BTreeMap::new();
    let findings = report.findings.iter();
    let is_left_out = |text: &str| text.contains("its lock or unlock went through");
    let refused = findings.filter(|it| it.kind == FindingKind::Refused && !is_left_out(&it.text));
    for finding in refused {
        // The others are look-ups.
        if let Some((reason, _)) = finding.text.split_once("; tried again from") {
            let reason = reason.split(';').next().unwrap_or(reason);
            let (reason, fields) = reason.rsplit_once(": ").unwrap_or(("", reason));
            for field in fields.split(", ") {
                *people.entry(format!("{reason}: {field}")).or_default() += 1;
            }
        }
    }
    people.into_iter().max_by_key(|(_, count)| *count)
}

fn texts(report: &Report) -> String {
    let findings = report.findings.iter();
    let findings: Vec<_> = findings
        .map(|it| format!("{:?} {:?} {}", it.kind, it.person, it.text))
        .collect();
    format!(
        "{:?} {}\n  {:?}\n  {}",
        report.outcome,
        report.message,
        report.counts,
        findings.join("\n  ")
    )
}
