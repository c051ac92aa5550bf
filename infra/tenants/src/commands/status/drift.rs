//! Schedules that are not as they should be.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::TenantId;
use shared::state::JobKind;

use super::health::{TenantHealth, TenantState};
use crate::schedule::{Firing, ListedSchedule, parse_name};

/// The group's schedules by tenant and job.
pub(super) type Listed = BTreeMap<(TenantId, JobKind), Firing>;

pub(super) fn by_tenant(listed: &[ListedSchedule]) -> Listed {
    let named = |schedule: &ListedSchedule| Some((parse_name(&schedule.name)?, schedule.firing));
    listed.iter().filter_map(named).collect()
}

/// Schedules of this tenant that the group's list lacks, or that are on or off when they should not be.
pub(super) fn unlisted(listed: &Listed, health: &TenantHealth) -> Vec<String> {
    let tenant = &health.tenant_id;
    let desired = health.desired.into_iter().flatten();
    let drifted = desired.filter_map(|(job, desired)| {
        let found = listed.get(&(tenant.clone(), job));
        let difference = match (found, desired) {
            (None, _) => return drift(tenant, job, None),
            (Some(Firing::On), Firing::Off) if health.state == TenantState::Paused => {
                "fires although the tenant is paused"
            }
            (Some(Firing::On), Firing::Off) => "fires although there is nothing to do",
            (Some(Firing::Off), Firing::On) => "is switched off",
            _ => return None,
        };
        drift(tenant, job, Some(&[difference.to_owned()]))
    });
    drifted.collect()
}

pub(super) fn drift(
    tenant: &TenantId,
    job: JobKind,
    differences: Option<&[String]>,
) -> Option<String> {
    let repair = format!("`tenants add --file {tenant}.toml` repairs it");
    match differences {
        None => Some(format!("the schedule for {job} is missing: {repair}")),
        Some([]) => None,
        Some(differences) => Some(format!(
            "the schedule for {job} {}: {repair}",
            differences.join(", ")
        )),
    }
}

/// Schedules of tenants that do not exist.
pub(super) fn orphaned<'a>(
    tenants: impl Iterator<Item = &'a TenantId>,
    listed: &[ListedSchedule],
) -> Vec<String> {
    let known: BTreeSet<&TenantId> = tenants.collect();
    let orphaned = listed.iter().filter_map(|schedule| {
        let (tenant, _) = parse_name(&schedule.name)?;
        (!known.contains(&tenant)).then(|| {
            format!(
                "the schedule {}: there is no such tenant; `tenants remove {tenant}` deletes it",
                schedule.name
            )
        })
    });
    orphaned.collect()
}
