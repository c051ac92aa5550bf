//! Schedules that are not as they should be.

use std::collections::BTreeSet;

use shared::domain::id::TenantId;
use shared::state::JobKind;

use super::health::TenantHealth;
use crate::schedule::{Firing, JOBS, ListedSchedule, parse_name};

/// Schedules of this tenant that the group's list lacks, or that are on or off when they should not be.
pub(super) fn unlisted(listed: &[ListedSchedule], health: &TenantHealth) -> Vec<String> {
    let tenant = &health.tenant_id;
    let find = |job| {
        listed
            .iter()
            .find(|schedule| parse_name(&schedule.name) == Some((tenant.clone(), job)))
    };
    if !matches!(health.status, "active" | "paused") {
        return Vec::new();
    }
    JOBS.into_iter()
        .filter_map(|job| match (find(job), health.status) {
            (None, _) => drift(tenant, job, None),
            (
                Some(ListedSchedule {
                    firing: Firing::On, ..
                }),
                "paused",
            ) => drift(
                tenant,
                job,
                Some(&["fires although the tenant is paused".to_owned()]),
            ),
            _ => None,
        })
        .collect()
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
pub(super) fn orphaned(tenants: &[TenantId], listed: &[ListedSchedule]) -> Vec<String> {
    let known: BTreeSet<&TenantId> = tenants.iter().collect();
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
