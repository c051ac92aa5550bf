//! The job: load → plan → apply → conclude → commit → report.

mod identity;
mod ledger;
mod load;
mod summary;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use shared::domain::id::TenantId;
use shared::http::Deadline;
use shared::reteach::Downloads;
use shared::routes::{Connections, Hr};
use shared::runtime::{
    Job, JobResult, LeaseGuard, LeaseTerms, Outcome, Progress, Run, RunError, Tenant,
};
use shared::secrets::TenantSecret;
use shared::state::{CertificateCheckpoint, EqualRefusals, JobKind, StateError, Store};
use shared::tenant::Backfill;

use self::load::{Loaded, Sources, load};
use crate::CertificateSync;
use crate::apply::{self, Tools, apply};
use crate::checkpoint::{Conclusion, RunFacts, Scope, conclude};
use crate::decide::still_counted;
use crate::plan::{Plan, Policy};
use crate::report::Counts;

/// Kept back at the end of a run for noting what became of the last uploads, and for the report.
const RESERVE: Duration = Duration::from_secs(15);

impl Job for CertificateSync {
    const JOB: JobKind = JobKind::Certificates;
    /// An upload takes two minutes at most.
    const LEASE: LeaseTerms = LeaseTerms {
        lasts: SignedDuration::from_secs(300),
        enough: SignedDuration::from_secs(150),
    };
    type Counts = Counts;
    type Plan = Plan;

    fn admits(&self, tenant: &Tenant) -> Result<(), RunError> {
        if !tenant.config.certificates.enabled {
            return Err(RunError::new(
                Outcome::Disabled,
                "[certificates] enabled is false",
            ));
        }
        match tenant.record.gate {
            Some(_) => Ok(()),
            None => Err(RunError::new(
                Outcome::Waiting,
                "waiting for the first complete employee sync",
            )),
        }
    }

    async fn attempt(
        &self,
        run: &Run<'_, Self>,
        tenant: &Tenant,
        secret: Arc<TenantSecret>,
        guard: Option<&LeaseGuard<'_>>,
    ) -> Result<JobResult<Self>, RunError> {
        let stop_at = run.stop_at(RESERVE);
        let connections = run.connect(tenant, &secret)?.until(stop_at);
        let (store, id, began) = (run.store(), &tenant.config.tenant_id, run.clock().now());
        let start = store.certificate_start(id).await?;
        let hosts = tenant.config.reteach.download_hosts.join(" ");
        let allowed_hosts = connections.key.digest("download_hosts", &hosts);
        let scope = Scope::of(&start, run.mode(), allowed_hosts, began);
        let before = start.checkpoint.as_ref();
        let policy = Policy::new(&start, run.mode(), &tenant.config);
        let downloads = self.downloads(&connections, tenant);
        let sources = Sources {
            store,
            tenant: id,
            academy: tenant.record.academy.as_deref(),
            connections: &connections,
            checkpoint: before,
            policy: &policy,
            downloads: &downloads,
            allowed_hosts,
            began,
            stop_at,
        };
        // On the heap: in the future of the whole run it lies deeper than the compiler looks.
        let Loaded {
            candidates,
            reading,
        } = Box::pin(load(sources, scope)).await?;
        run.emit(Progress::Read(candidates.len()));
        let plan = Plan::build(candidates, &policy, began);
        run.emit(Progress::Planned(plan.checks.len() + plan.uploads.len()));
        let Some(guard) = guard else {
            let folder = look_for_folder(&connections.hr, tenant, &plan).await;
            let concluded = conclude(before, reading.facts(&plan.results(), 0, 0), began);
            return Ok(summary::planned(&reading, plan, &concluded, folder));
        };
        let refusals = open_refusals(before, &plan, store, id).await?;
        let tools = Tools {
            refusals: refusals.as_ref(),
            ..tools(
                run,
                tenant,
                &connections,
                (&downloads, before),
                guard,
                stop_at,
            )
        };
        let skipped = plan.results();
        let applied = apply(tools, plan, &|| run.emit(Progress::Applied)).await;
        let results = skipped
            .clone()
            .into_iter()
            .chain(applied.results())
            .collect();
        let (parked, reissued) = (applied.newly_parked(), applied.newly_reissued());
        let facts = reading.facts(&results, parked, reissued);
        let facts = RunFacts {
            holds_left: applied.holds_left || facts.holds_left,
            may_be_first: reading.seen > 0 || policy.backfill != Backfill::Hold,
            stopped_for_host: applied
                .stop
                .as_ref()
                .is_some_and(|stop| stop.outcome == Outcome::HostNotAllowed),
            lists: applied.lists,
            refusals: applied.refusals.as_ref(),
            ..facts
        };
        let concluded = conclude(before, facts, run.clock().now());
        let committed = commit(tools, &concluded).await;
        let every = tenant.config.schedule.certificates;
        Ok(summary::applied(
            &reading, &skipped, applied, &concluded, committed, every,
        ))
    }
}

impl CertificateSync {
    fn downloads(&self, connections: &Connections, tenant: &Tenant) -> Downloads {
        let hosts = &tenant.config.reteach.download_hosts;
        Downloads::new(connections.reteach.clone(), self.downloads.clone(), hosts)
    }
}

fn tools<'a>(
    run: &'a Run<'_, CertificateSync>,
    tenant: &'a Tenant,
    connections: &'a Connections,
    (downloads, before): (&'a Downloads, Option<&'a CertificateCheckpoint>),
    guard: &'a LeaseGuard<'a>,
    stop_at: Deadline,
) -> Tools<'a> {
    let config = &tenant.config;
    Tools {
        tenant: &config.tenant_id,
        sink: &connections.hr,
        reteach: &connections.reteach,
        downloads,
        store: run.store(),
        guard,
        clock: run.clock(),
        stop_at,
        // Where no list shows what became of an upload, an outage must not leave several in doubt.
        at_once: match connections.hr.lists_documents() {
            true => run.at_once(apply::CONCURRENCY),
            false => 1,
        },
        time_zone: &config.time_zone,
        category: config.certificates.category.as_deref(),
        lists: before.map(|before| before.lists).unwrap_or_default(),
        refusals: None,
    }
}

/// The refusals that earlier runs have counted, without those that no longer count.
async fn open_refusals(
    before: Option<&CertificateCheckpoint>,
    plan: &Plan,
    store: &Store,
    tenant: &TenantId,
) -> Result<Option<EqualRefusals>, RunError> {
    let Some(counted) = before.and_then(|before| before.refusals.clone()) else {
        return Ok(None);
    };
    let entries = store.certificates(tenant, &counted.certificates).await?;
    Ok(Some(still_counted(counted, plan, &entries)))
}

/// Why nothing could be filed, as far as that shows without filing anything.
async fn look_for_folder(sink: &Hr, tenant: &Tenant, plan: &Plan) -> Result<(), RunError> {
    if plan.uploads.is_empty() {
        return Ok(());
    }
    let category = tenant.config.certificates.category.as_deref();
    apply::find_folder(sink, category).await.map(drop)
}

/// The last write of a run, after everything it speaks of.
async fn commit(tools: Tools<'_>, concluded: &Conclusion) -> Result<(), StateError> {
    if !concluded.is_news {
        return Ok(());
    }
    tools.guard.check().await?;
    let (tenant, token) = (tools.tenant, tools.guard.token());
    let checkpoint = &concluded.checkpoint;
    tools
        .store
        .put_certificate_checkpoint(tenant, token, checkpoint)
        .await
}
