//! `tenants plan --save`, `tenants plan --against`: the plans of two versions of this program.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use employee_sync::plan::{Details, Plan};
use futures::{StreamExt as _, stream};
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::runtime::{Mode, Outcome};

use super::certificates;
use super::differences::{Difference, differences};
use super::saved::{PlanFile, SavedPlan};
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;
use crate::job;
use crate::output::{Output, View};

/// Each reads a whole company.
const MAX_CONCURRENT_PLANS: usize = 4;

/// Why a plan of the file is not compared.
const OTHER_KEY: &str = "its plan was made with another fingerprint key: it is another stack's, or the tenant was removed and \
                         added since";

/// Computes the plan of `tenant`, or of all, and writes it to `path`.
pub(super) async fn save(
    context: &CommandContext<'_>,
    tenant: Option<&TenantId>,
    path: &Path,
) -> Result<Output> {
    let unwritable = |error: std::io::Error| {
        Failure::usage(format!("{} cannot be written: {error}", path.display()))
    };
    let tenants = match tenant {
        Some(tenant) => vec![context.tenant(tenant).await?.config.tenant_id],
        None => context.store.list_tenants().await?,
    };
    // Before the work: it may take minutes. What an earlier command has saved stays until there is something to replace it.
    let mut open = File::options();
    let open = open.write(true).create(true).truncate(false);
    let mut file = open.open(path).map_err(unwritable)?;
    let computed = plans(context, tenants).await;
    let without_plan = without_plan(&computed);
    let plans = computed
        .into_iter()
        .map(|(tenant, computed)| (tenant, computed.plan));
    let saved = PlanFile::new(plans.collect());
    let text = serde_json::to_string_pretty(&saved).map_err(|error| {
        Failure::attention(format!("the plans cannot be written as JSON: {error}"))
    })?;
    if file.metadata().is_ok_and(|found| found.is_file()) {
        file.set_len(0).map_err(unwritable)?;
    }
    writeln!(file, "{text}").map_err(unwritable)?;
    Output::of(&SavedView {
        file: path.to_owned(),
        tenants: saved.tenants.len(),
        changes: saved.tenants.values().map(|plan| plan.changes.len()).sum(),
        without_plan,
    })
}

/// Computes the plans of the tenants in the file at `path` again, and shows what differs.
pub(super) async fn compare(
    context: &CommandContext<'_>,
    tenant: Option<&TenantId>,
    path: &Path,
) -> Result<Output> {
    let unusable = |problem: String| Failure::usage(format!("{}: {problem}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let mut saved = PlanFile::parse(&text).map_err(|error| unusable(error.to_string()))?;
    if let Some(tenant) = tenant {
        let plan = saved.tenants.remove(tenant).ok_or_else(|| {
            unusable(format!(
                "it has no plan of {tenant}, but of {}",
                some(saved.tenants.keys())
            ))
        })?;
        saved.tenants = BTreeMap::from([(tenant.clone(), plan)]);
    }
    let listed = match tenant {
        Some(_) => Vec::new(),
        None => context.store.list_tenants().await?,
    };
    let not_in_file = listed
        .into_iter()
        .filter(|tenant| !saved.tenants.contains_key(tenant));
    let not_in_file: Vec<TenantId> = not_in_file.collect();
    let computed = plans(context, saved.tenants.keys().cloned().collect()).await;
    let mut compared = BTreeMap::new();
    let mut other_key = Vec::new();
    for (tenant, before) in &saved.tenants {
        let Some(after) = computed.get(tenant) else {
            continue;
        };
        if let (Some(before), Some(after)) = (&before.key, &after.plan.key)
            && before != after
        {
            other_key.push(tenant.clone());
            continue;
        }
        compared.insert(tenant.clone(), differences(before, &after.plan));
    }
    if let ([tenant, ..], true) = (other_key.as_slice(), compared.is_empty()) {
        return Err(unusable(format!("{tenant}: {OTHER_KEY}")));
    }
    Output::of(&ComparedView {
        before: saved.program,
        after: env!("CARGO_PKG_VERSION"),
        tenants: compared,
        other_key,
        not_in_file,
        without_plan: without_plan(&computed),
    })
}

struct Computed {
    plan: SavedPlan,
    message: String,
}

async fn plans(
    context: &CommandContext<'_>,
    tenants: Vec<TenantId>,
) -> BTreeMap<TenantId, Computed> {
    stream::iter(tenants)
        .map(|tenant| async move {
            let computed = plan(context, &tenant).await;
            context.environment.mention(&format!("{tenant}: planned"));
            (tenant, computed)
        })
        .buffered(MAX_CONCURRENT_PLANS)
        .collect()
        .await
}

/// One tenant's plan. That there can be none is a plan's outcome: it keeps no other's from being made.
async fn plan(context: &CommandContext<'_>, tenant: &TenantId) -> Computed {
    let employees = context.employees();
    let ran = job::run_quietly(context, &employees, tenant, Mode::DryRun).await;
    let outcome = ran.report.outcome;
    if !matches!(outcome, Outcome::Planned | Outcome::Unchanged) {
        return Computed {
            plan: SavedPlan::none(outcome),
            message: ran.report.message,
        };
    }
    match saved(context, tenant, outcome, ran.plan.as_ref()).await {
        Ok(plan) => Computed {
            plan,
            message: String::new(),
        },
        Err(failure) => Computed {
            plan: SavedPlan::none(Outcome::StateUnavailable),
            message: failure.text,
        },
    }
}

/// The plan of a dry run with this outcome, and what follows for certificates.
async fn saved(
    context: &CommandContext<'_>,
    tenant: &TenantId,
    outcome: Outcome,
    plan: Option<&Plan>,
) -> Result<SavedPlan> {
    let stored = context.tenant(tenant).await?;
    let secret = context.secrets.refresh(tenant).await?;
    let key = context.connect(&stored.config, &secret)?.key;
    let certificates = certificates::preview(context, &stored, plan, Details::Values).await?;
    let now = context.now();
    Ok(SavedPlan::new(outcome, plan, certificates, &key, now))
}

#[derive(Serialize)]
struct WithoutPlan {
    tenant_id: TenantId,
    outcome: String,
    message: String,
}

fn without_plan(computed: &BTreeMap<TenantId, Computed>) -> Vec<WithoutPlan> {
    let without = computed.iter().filter(|(_, one)| !one.plan.is_plan());
    without
        .map(|(tenant, one)| WithoutPlan {
            tenant_id: tenant.clone(),
            outcome: one.plan.outcome.clone(),
            message: one.message.clone(),
        })
        .collect()
}

fn some<'a>(tenants: impl ExactSizeIterator<Item = &'a TenantId>) -> String {
    const SHOWN: usize = 5;
    let more = tenants.len().saturating_sub(SHOWN);
    let mut names: Vec<String> = tenants.take(SHOWN).map(ToString::to_string).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    match names.join(", ") {
        none if none.is_empty() => "nobody".to_owned(),
        names => names,
    }
}

fn lines_of(without: &[WithoutPlan]) -> String {
    let lines = without.iter().map(|one| {
        let WithoutPlan {
            tenant_id,
            outcome,
            message,
        } = one;
        format::point(&format!("{tenant_id}: no plan ({outcome}): {message}"))
    });
    lines.collect()
}

#[derive(Serialize)]
struct SavedView {
    file: PathBuf,
    tenants: usize,
    /// People who would get a change, in all.
    changes: usize,
    without_plan: Vec<WithoutPlan>,
}

impl View for SavedView {
    fn text(&self) -> String {
        let tenants = format::number(self.tenants as u64, "tenant", "tenants");
        let changes = format::number(self.changes as u64, "change", "changes");
        let saved = format!(
            "Saved the plans of {tenants}, with {changes} of people, in {}. Nothing was written elsewhere.",
            self.file.display()
        );
        format!(
            "{}{}",
            format::paragraph(&saved),
            lines_of(&self.without_plan)
        )
    }

    fn needs_attention(&self) -> bool {
        !self.without_plan.is_empty()
    }
}

#[derive(Serialize)]
struct ComparedView {
    /// The version that saved the file.
    before: String,
    /// This version.
    after: &'static str,
    tenants: BTreeMap<TenantId, Vec<Difference>>,
    /// Their digests cannot be compared.
    other_key: Vec<TenantId>,
    /// Added since, or not saved.
    not_in_file: Vec<TenantId>,
    without_plan: Vec<WithoutPlan>,
}

impl ComparedView {
    fn number(&self) -> usize {
        self.tenants.values().map(Vec::len).sum()
    }
}

impl View for ComparedView {
    fn text(&self) -> String {
        let mut text = String::new();
        for (tenant, differences) in &self.tenants {
            if !differences.is_empty() {
                text.push_str(&format!("{tenant}\n"));
            }
            for difference in differences {
                text.push_str(&format!("  {difference}\n"));
            }
        }
        text.push_str(&lines_of(&self.without_plan));
        for tenant in &self.other_key {
            text.push_str(&format::point(&format!("{tenant}: {OTHER_KEY}")));
        }
        for tenant in &self.not_in_file {
            text.push_str(&format::point(&format!("{tenant}: not in the file")));
        }
        let tenants = format::number(self.tenants.len() as u64, "tenant", "tenants");
        let found = match self.number() as u64 {
            0 => "No difference".to_owned(),
            number => format::number(number, "difference", "differences"),
        };
        let summary = format!(
            "{found} in the plans of {tenants}, between version {} (the file) and {} (this one). Nothing was written.",
            self.before, self.after
        );
        text.push_str(&format::paragraph(&summary));
        text
    }

    fn needs_attention(&self) -> bool {
        self.number() > 0
            || !self.without_plan.is_empty()
            || !self.other_key.is_empty()
            || !self.not_in_file.is_empty()
    }
}
