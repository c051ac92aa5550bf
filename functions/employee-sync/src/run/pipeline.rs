//! The job itself: read, look, plan, judge, apply, settle.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::fingerprint::ShardCount;
use shared::routes::{Connections, Source};
use shared::runtime::{
    Job, JobResult, LeaseGuard, LeaseTerms, Mode, Progress, Run, RunError, Tenant,
};
use shared::secrets::TenantSecret;
use shared::source::EmployeeSource as _;
use shared::state::{JobKind, StateError, Store, SyncState};

use super::commit::{self, Settlement};
use super::halt;
use super::load::{self, Gathered};
use super::summary::Summary;
use crate::EmployeeSync;
use crate::apply::{self, ApplyAbort, ApplyContext, Outcome};
use crate::brake::hold::{self, Decided};
use crate::brake::{Limits, check_limits};
use crate::checkpoint::announce;
use crate::checkpoint::{self, Selection, Sharding};
use crate::lint;
use crate::plan::{Context, Plan};
use crate::report::Counts;
use crate::source::{self, People};

/// Kept back at the end of a run for writing shards, root and report; of a short run a quarter.
const RESERVE: Duration = Duration::from_secs(15);

impl Job for EmployeeSync {
    const JOB: JobKind = JobKind::Employees;
    /// A write to reteach takes 30 seconds at most.
    const LEASE: LeaseTerms = LeaseTerms {
        lasts: SignedDuration::from_secs(120),
        enough: SignedDuration::from_secs(60),
    };
    type Hr = Source;
    type Counts = Counts;
    type Plan = Plan;

    async fn attempt(
        &self,
        run: &Run<'_, Self>,
        tenant: &Tenant,
        secret: Arc<TenantSecret>,
        guard: Option<&LeaseGuard<'_>>,
    ) -> Result<JobResult<Self>, RunError> {
        let (mode, store) = (run.mode(), run.store());
        let stop_at = run.stop_at(RESERVE);
        let connections = run.connect(tenant, &secret)?.until(stop_at);
        let Connections {
            hr: source,
            reteach,
            key,
        } = &connections;
        let configuration = format!(
            "{:016x}",
            key.digest("configuration", &tenant.record.config)
        );
        let (people, root) = read(run, tenant, &connections).await?;
        run.emit(Progress::Read(people.snapshot.len()));

        let now = run.clock().now();
        let count = ShardCount::of_table(root.as_ref().map_or(0, |root| root.shards.len()));
        let sharding = Sharding::new(&people, count, key);
        let asked = mode == Mode::Reconcile;
        let selection = checkpoint::select(root.as_ref(), &sharding, &configuration, asked, now);
        let mut summary = Summary::new(&people);
        if selection == Selection::Nobody {
            let waiting = root.map_or(0, |root| u64::from(root.waiting));
            let ended = summary.nothing_to_do(waiting);
            // The run that brought everybody over may have ended before it could open the gate, or not have been complete.
            if ended.nothing_to_do && guard.is_some() {
                open_gate(store, tenant, now).await?;
            }
            return Ok(ended.concluded(mode));
        }

        let gathered = load::load(
            store,
            tenant,
            &connections,
            &people,
            root.as_ref(),
            &selection,
            now,
        )
        .await?;
        let Gathered {
            candidates,
            sharding,
            mut shards,
            obsolete,
            open_accounts,
        } = gathered;
        let plan = Plan::build(
            &candidates,
            Context {
                now,
                config: &tenant.config,
                key,
            },
        );
        let risky_changes = lint::examine(&plan, &candidates, source.tool(), &tenant.config, now)
            .map_err(|broken| halt::refused(&broken))?;
        let digests = plan.digests(&risky_changes, key);
        let mut root = root.unwrap_or_else(commit::first_root);
        commit::recover_pending(&mut root, &digests, now);
        let judgement = check_limits(
            risky_changes,
            Limits::of(tenant.config.brake, open_accounts),
            &root.brakes,
            now,
        );
        let stored = store.held(&tenant.config.tenant_id).await?;
        let Decided { plan, passed, held } =
            hold::decide(plan, judgement, stored.as_ref(), key, now);
        summary.planned(&people, &plan, held.as_ref());
        run.emit(Progress::Planned(plan.changes.len()));
        let note = |held: Option<hold::Holding>| held.map(|held| held.note(&tenant.config, mode));
        let Some(guard) = guard else {
            return Ok(summary.dry(plan, note(held), now).concluded(mode));
        };

        let context = ApplyContext {
            tenant: &tenant.config.tenant_id,
            reteach,
            store,
            guard,
            clock: run.clock(),
            stop_at,
            at_once: run.at_once(apply::CONCURRENCY),
        };
        let counted = plan.digests(&passed, key);
        let announced = announce(context, &plan, &sharding, &mut shards, &mut root).await?;
        if announced || !counted.is_empty() {
            root.pending.clone_from(&counted);
            store
                .put_sync_state(context.tenant, guard.token(), &root)
                .await?;
        }
        let outcome = apply(run, context, &plan, &candidates).await;
        let mut became = summary.applied(&plan, &outcome, &candidates, now);
        became.extend(apply::note_conflicts(context, &plan, &candidates).await?);
        let settlement = Settlement {
            context,
            people: &people,
            sharding: &sharding,
            shards: &shards,
            obsolete: &obsolete,
            became: &became,
            look: &selection,
            configuration: &configuration,
            stopped: outcome.stop.is_some(),
        };
        root.open_accounts =
            commit::open_accounts(&root, &selection, &candidates, &plan, &outcome, now);
        commit::count_brakes(&mut root, &passed, &outcome, now);
        root.pending = plan.digests(&commit::in_doubt(&passed, &outcome), key);
        // Before the shards: once they are settled nobody looks again, and what is not held any more would stay approved.
        hold::keep(
            context,
            held.as_ref(),
            stored.as_ref(),
            summary.leaves_something(&outcome),
        )
        .await?;
        summary.settled(&settlement.write(root, now).await?);
        if summary.is_complete(&outcome) {
            open_gate(store, tenant, now).await?;
        }
        Ok(summary.finished(outcome.stop, note(held)).concluded(mode))
    }
}

/// After a first complete run, certificates may follow.
async fn open_gate(store: &Store, tenant: &Tenant, now: Timestamp) -> Result<(), StateError> {
    match tenant.record.gate {
        Some(_) => Ok(()),
        None => store.open_gate(&tenant.config.tenant_id, now).await,
    }
}

/// The root, and the people, of whom it tells how many there were.
async fn read(
    run: &Run<'_, EmployeeSync>,
    tenant: &Tenant,
    connections: &Connections<Source>,
) -> Result<(People, Option<SyncState>), RunError> {
    let root = run.store().sync_state(&tenant.config.tenant_id).await?;
    let expected = run.at_once(root.as_ref().map_or(0, |root| root.people as usize)) as u64;
    let people = source::read(&connections.hr, &tenant.config, &connections.key, expected).await?;
    Ok((people, root))
}

async fn apply(
    run: &Run<'_, EmployeeSync>,
    context: ApplyContext<'_>,
    plan: &Plan,
    candidates: &[crate::plan::Candidate],
) -> Outcome {
    if let Err(error) = apply::keep(context, &plan.bookkeeping).await {
        return Outcome {
            stop: Some(ApplyAbort::State(error)),
            ..Outcome::default()
        };
    }
    let entries: BTreeMap<_, _> = candidates
        .iter()
        .map(|it| (&it.source_id, it.entry.as_ref()))
        .collect();
    let changes = plan.changes.iter().map(|change| {
        let entry = entries.get(&change.source_id).copied().flatten().cloned();
        (change.clone(), entry)
    });
    apply::apply(context, changes.collect(), &|| run.emit(Progress::Applied)).await
}
