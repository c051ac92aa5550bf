//! The job itself: read, look, plan, judge, apply, settle.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join;
use jiff::Timestamp;
use shared::connect::{Connections, Source};
use shared::fingerprint::ShardCount;
use shared::secrets::TenantSecret;
use shared::source::EmployeeSource as _;
use shared::state::{Root, StateError};

use super::gather::{self, Gathered};
use super::held::{self, Decided};
use super::settle::{self, Settlement};
use super::tally::Tally;
use super::{Finished, Halt, Progress, Run, Tenant};
use crate::apply::{self, Outcome, Stop, Tools};
use crate::event::Mode;
use crate::known::{self, Look, Sharding};
use crate::lease::Guard;
use crate::lint;
use crate::plan::{Context, Plan};
use crate::read::{self, People};

/// Kept back at the end of a run for writing shards, root and report; of a short run a quarter.
const RESERVE: Duration = Duration::from_secs(15);

impl Run<'_> {
    /// One attempt with the credentials in `secret`. Without a guard (a dry run) nothing is written.
    pub(super) async fn attempt(
        &self,
        tenant: &Tenant,
        secret: Arc<TenantSecret>,
        guard: Option<&Guard<'_>>,
    ) -> Result<Finished, Halt> {
        let stop_at = self.stop_at();
        let connections = self.app.connect(tenant, &secret)?.until(stop_at);
        let Connections { source, sink: _, reteach, key } = &connections;
        let configuration = format!("{:016x}", key.mark("configuration", &tenant.record.config));
        let (people, root) = self.read(tenant, source, &connections).await?;
        (self.watch)(Progress::Read(people.by_id.len()));

        let now = self.app.clock.now();
        let count = ShardCount::of_table(root.as_ref().map_or(0, |root| root.shards.len()));
        let sharding = Sharding::new(&people, count, key);
        let asked = self.request.event.mode == Mode::Reconcile;
        let look = known::look(root.as_ref(), &sharding, &configuration, asked, now);
        let mut tally = Tally::new(&people, &tenant.config);
        if look == Look::Nobody {
            let waiting = root.map_or(0, |root| u64::from(root.waiting));
            let finished = tally.nothing_to_do(waiting);
            // The run that brought everybody over may have ended before it could open the gate.
            if finished.nothing_to_do && guard.is_some() {
                self.open_gate(tenant, now).await?;
            }
            return Ok(finished);
        }

        let gathered = gather::gather(self, tenant, &connections, &people, root.as_ref(), &look, now).await?;
        let Gathered { subjects, sharding, shards, obsolete, open_accounts } = gathered;
        let plan = Plan::build(&subjects, Context { now, config: &tenant.config, key });
        let harms =
            lint::examine(&plan, &subjects, source.tool(), &tenant.config, now).map_err(Halt::Refused)?;
        let marks = plan.marks(&harms, key);
        let mut root = root.unwrap_or_else(settle::first_root);
        settle::recover_pending(&mut root, &marks, now);
        let judgement =
            lint::weigh(harms, lint::Limits::of(tenant.config.brake, open_accounts), &root.brakes, now);
        let stored = self.store.held(&tenant.config.tenant_id).await?;
        let Decided { plan, passed, held } = held::decide(plan, judgement, stored.as_ref(), key, now);
        tally.planned(&people, &plan, held.as_ref());
        (self.watch)(Progress::Planned(plan.changes.len()));
        let Some(guard) = guard else {
            return Ok(tally.dry(
                plan,
                held.map(|held| held.note(&tenant.config, self.request.event.mode)),
                now,
            ));
        };

        let tools = Tools {
            tenant: &tenant.config.tenant_id,
            reteach,
            store: &self.store,
            guard,
            clock: self.app.clock.as_ref(),
            stop_at,
        };
        let counted = settle::pending_of(&passed, &marks);
        if !counted.is_empty() {
            root.pending.clone_from(&counted);
            self.store.put_root(tools.tenant, guard.token(), &root).await?;
        }
        let outcome = self.apply(tools, &plan, &subjects).await;
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
        tally.settled(&settlement.write(root, now).await?);
        held::keep(tools, held.as_ref(), stored.as_ref(), tally.leaves_something(&outcome)).await?;
        if tally.is_complete(&outcome) {
            self.open_gate(tenant, now).await?;
        }
        Ok(tally.finished(outcome.stop, held.map(|held| held.note(&tenant.config, self.request.event.mode))))
    }

    /// After a first complete run, certificates may follow.
    async fn open_gate(&self, tenant: &Tenant, now: Timestamp) -> Result<(), StateError> {
        match tenant.record.gate {
            Some(_) => Ok(()),
            None => self.store.open_gate(&tenant.config.tenant_id, now).await,
        }
    }

    fn stop_at(&self) -> shared::http::Deadline {
        match self.request.deadline.remaining() {
            Some(left) => shared::http::Deadline::after(left - RESERVE.min(left / 4)),
            None => self.request.deadline,
        }
    }

    /// People and root, at the same time.
    async fn read(
        &self,
        tenant: &Tenant,
        source: &Source,
        connections: &Connections,
    ) -> Result<(People, Option<Root>), Halt> {
        let people = async { Ok(read::read(source, &tenant.config, &connections.key).await?) };
        let root = async { Ok(self.store.root(&tenant.config.tenant_id).await?) };
        try_join(people, root).await
    }

    async fn apply(&self, tools: Tools<'_>, plan: &Plan, subjects: &[crate::plan::Subject]) -> Outcome {
        if let Err(error) = apply::keep(tools, &plan.bookkeeping).await {
            return Outcome { stop: Some(Stop::State(error)), ..Outcome::default() };
        }
        let entries: BTreeMap<_, _> = subjects.iter().map(|it| (&it.source_id, it.entry.as_ref())).collect();
        let changes = plan.changes.iter().map(|change| {
            let entry = entries.get(&change.source_id).copied().flatten().cloned();
            (change.clone(), entry)
        });
        apply::apply(tools, changes.collect(), &|| (self.watch)(Progress::Applied)).await
    }
}
