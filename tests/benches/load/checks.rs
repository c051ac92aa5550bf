//! What has to hold on any machine.

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use harness::fleet::{CallRates, Fleet, Hostility, TickResult};
use jiff::SignedDuration;
use shared::runtime::{Job as _, Outcome};
use shared::state::JobKind;

use super::rounds::Mood;
use super::size::Size;

pub(super) fn all_good(what: &str, ticks: &[TickResult]) -> Vec<String> {
    let bad = ticks.iter().filter(|tick| !tick.outcome.is_good());
    bad.map(|tick| {
        format!(
            "{what} of company {}: {:?} {}",
            tick.company, tick.outcome, tick.message
        )
    })
    .collect()
}

/// Honest tenants' runs are good and end within the length of their lease after they were due: nobody starves. Hostile
/// tenants' runs end within their deadline and name the cause.
pub(super) fn round(size: &Size, mood: Mood, ticks: &[TickResult]) -> Vec<String> {
    let is_hostile =
        |tick: &&TickResult| mood == Mood::Hostile && size.hostility(tick.company).is_some();
    let (hostile, honest): (Vec<_>, Vec<_>) =
        ticks.iter().cloned().partition(|tick| is_hostile(&tick));
    let mut violations = all_good("a run", &honest);
    let is_late = |tick: &&TickResult| {
        SignedDuration::try_from(tick.queued + tick.took).is_ok_and(|late| late > lease(tick.job))
    };
    violations.extend(
        honest
            .iter()
            .filter(is_late)
            .map(|tick| format!("company {} starved: {tick:?}", tick.company)),
    );
    for tick in &hostile {
        let (job, hostility) = (tick.job, size.hostility(tick.company).unwrap());
        let is_clear =
            tick.outcome == Outcome::SourceUnavailable && tick.message.contains("Personio");
        let is_fine = job == JobKind::Certificates
            // Too little time to begin an upload, or nothing to begin: people are no matter of this job.
            && (tick.outcome == Outcome::Partly || hostility == Hostility::Floods && tick.outcome.is_good());
        if tick.took > size.deadline(job, true) || !(is_clear || is_fine) {
            violations.push(format!(
                "company {}, which {hostility}: {tick:?}",
                tick.company
            ));
        }
    }
    violations
}

/// After a round nobody has a lease.
pub(super) async fn leases(fleet: &Fleet) -> Vec<String> {
    let mut violations = Vec::new();
    for company in 0..fleet.companies.len() {
        if !fleet.is_free(company).await {
            violations.push(format!("company {company} is still locked"));
        }
    }
    violations
}

/// Accounts as an independent calculation wants them, as many documents as certificates, no promise broken by any call.
pub(super) fn settled(fleet: &Fleet, issued: &[usize]) -> Vec<String> {
    let mut violations = fleet.violations();
    for ((number, company), issued) in fleet.companies.iter().enumerate().zip(issued) {
        let differences = fleet.differences(number);
        if !differences.is_empty() {
            violations.push(format!("accounts of company {number}: {differences:?}"));
        }
        let filed = company.personio.documents().len();
        if filed != *issued {
            violations.push(format!(
                "company {number}: {issued} certificates, {filed} filed"
            ));
        }
    }
    violations
}

/// Tenants that are not hostile keep to the limits, so that no vendor answers them 429.
pub(super) fn refused(seen: &CallRates) -> Option<String> {
    (seen.refused > 0).then(|| {
        format!(
            "{} calls of tenants that are not hostile were answered 429",
            seen.refused
        )
    })
}

fn lease(job: JobKind) -> SignedDuration {
    match job {
        JobKind::Employees => EmployeeSync::LEASE.lasts,
        JobKind::Certificates => CertificateSync::LEASE.lasts,
    }
}
