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

use super::announce::announce;
use super::gather::{self, Gathered};
use super::halt;
use super::held::{self, Decided};
use super::settle::{self, Settlement};
use super::tally::Tally;
use crate::EmployeeSync;
use crate::apply::{self, Outcome, Stop, Tools};
use crate::known::{self, Look, Sharding};
use crate::lint;
use crate::plan::{Context, Plan};
use crate::read::{self, People};
use crate::report::Counts;

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
        run.emit(Progress::Read(people.roll.len()));

        let now = run.clock().now();
        let count = ShardCount::of_table(root.as_ref().map_or(0, |root| root.shards.len()));
        let sharding = Sharding::new(&people, count, key);
        let asked = mode == Mode::Reconcile;
        let look = known::look(root.as_ref(), &sharding, &configuration, asked, now);
        let mut tally = Tally::new(&people);
        if look == Look::Nobody {
            let waiting = root.map_or(0, |root| u64::from(root.waiting));
            let ended = tally.nothing_to_do(waiting);
            // The run that brought everybody over may have ended before it could open the gate, or not have been complete.
            if ended.nothing_to_do && guard.is_some() {
                open_gate(store, tenant, now).await?;
            }
            return Ok(ended.concluded(mode));
        }

        let gathered = gather::gather(
            store,
            tenant,
            &connections,
            &people,
            root.as_ref(),
            &look,
            now,
        )
        .await?;
        let Gathered {
            subjects,
            sharding,
            mut shards,
            obsolete,
            open_accounts,
        } = gathered;
        let plan = Plan::build(
            &subjects,
            Context {
                now,
                config: &tenant.config,
                key,
            },
        );
        let harms = lint::examine(&plan, &subjects, source.tool(), &tenant.config, now)
            .map_err(|broken| halt::refused(&broken))?;
        let marks = plan.marks(&harms, key);
        let mut root = root.unwrap_or_else(settle::first_root);
        settle::recover_pending(&mut root, &marks, now);
        let judgement = lint::weigh(
            harms,
            lint::Limits::of(tenant.config.brake, open_accounts),
            &root.brakes,
            now,
        );
        let stored = store.held(&tenant.config.tenant_id).await?;
        let Decided { plan, passed, held } =
            held::decide(plan, judgement, stored.as_ref(), key, now);
        tally.planned(&people, &plan, held.as_ref());
        run.emit(Progress::Planned(plan.changes.len()));
        let note = |held: Option<held::Holding>| held.map(|held| held.note(&tenant.config, mode));
        let Some(guard) = guard else {
            return Ok(tally.dry(plan, note(held), now).concluded(mode));
        };

        let tools = Tools {
            tenant: &tenant.config.tenant_id,
            reteach,
            store,
            guard,
            clock: run.clock(),
            stop_at,
            at_once: run.at_once(apply::CONCURRENCY),
        };
        let counted = plan.marks(&passed, key);
        let announced = announce(tools, &plan, &sharding, &mut shards, &mut root).await?;
        if announced || !counted.is_empty() {
            root.pending.clone_from(&counted);
            store
                .put_sync_state(tools.tenant, guard.token(), &root)
                .await?;
        }
        let outcome = apply(run, tools, &plan, &subjects).await;
        let mut became = tally.applied(&plan, &outcome, &subjects, now);
        became.extend(apply::note_conflicts(tools, &plan, &subjects).await?);
        let settlement = Settlement {
            tools,
            people: &people,
            sharding: &sharding,
            shards: &shards,
            obsolete: &obsolete,
            became: &became,
            look: &look,
            configuration: &configuration,
            stopped: outcome.stop.is_some(),
        };
        root.open_accounts = settle::open_accounts(&root, &look, &subjects, &plan, &outcome, now);
        settle::count_brakes(&mut root, &passed, &outcome, now);
        root.pending = plan.marks(&settle::in_doubt(&passed, &outcome), key);
        // Before the shards: once they are settled nobody looks again, and what is not held any more would stay approved.
        held::keep(
            tools,
            held.as_ref(),
            stored.as_ref(),
            tally.leaves_something(&outcome),
        )
        .await?;
        tally.settled(&settlement.write(root, now).await?);
        if tally.is_complete(&outcome) {
            open_gate(store, tenant, now).await?;
        }
        Ok(tally.finished(outcome.stop, note(held)).concluded(mode))
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
    let people = read::read(&connections.hr, &tenant.config, &connections.key, expected).await?;
    Ok((people, root))
}

async fn apply(
    run: &Run<'_, EmployeeSync>,
    tools: Tools<'_>,
    plan: &Plan,
    subjects: &[crate::plan::Subject],
) -> Outcome {
    if let Err(error) = apply::keep(tools, &plan.bookkeeping).await {
        return Outcome {
            stop: Some(Stop::State(error)),
            ..Outcome::default()
        };
    }
    let entries: BTreeMap<_, _> = subjects
        .iter()
        .map(|it| (&it.source_id, it.entry.as_ref()))
        .collect();
    let changes = plan.changes.iter().map(|change| {
        let entry = entries.get(&change.source_id).copied().flatten().cloned();
        (change.clone(), entry)
    });
    apply::apply(tools, changes.collect(), &|| run.emit(Progress::Applied)).await
}
