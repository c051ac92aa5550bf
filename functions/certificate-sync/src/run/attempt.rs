//! The job itself: collect, plan, apply, leave word for the next run.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::reteach::Downloads;
use shared::runtime::{
    Job, JobResult, LeaseGuard, LeaseTerms, Outcome, Progress, Run, RunError, Tenant,
};
use shared::secrets::TenantSecret;
use shared::state::{CertificateRoot, JobKind, OpenReason, StateError};

use super::gather::gather;
use super::open::Left;
use super::scope::Scope;
use super::tally::Tally;
use crate::CertificateSync;
use crate::apply::{self, Tools};
use crate::plan::Plan;
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
        let (store, config) = (run.store(), &tenant.config);
        let stop_at = run.stop_at(RESERVE);
        let connections = run.connect(tenant, &secret)?.until(stop_at);
        let began = run.clock().now();
        let start = store.certificate_start(&config.tenant_id).await?;
        let (scope, root) = (Scope::of(&start, run.mode(), began), start.root.as_ref());
        let (candidates, listing) =
            gather(store, &config.tenant_id, &connections, root, scope, began).await?;
        run.emit(Progress::Read(candidates.len()));

        let plan = Plan::build(candidates, began);
        let mut tally = Tally::new(&listing, scope, &plan);
        run.emit(Progress::Planned(
            plan.todo.uploads.len() + plan.todo.checks.len(),
        ));
        let category = config.certificates.category.as_deref();
        let Some(guard) = guard else {
            if !plan.todo.uploads.is_empty() {
                tally.folder(apply::find_folder(&connections.hr, category).await.err());
            }
            return Ok(tally.dry(plan));
        };

        let hosts = &config.reteach.download_hosts;
        let tools = Tools {
            tenant: &config.tenant_id,
            sink: &connections.hr,
            reteach: &connections.reteach,
            downloads: &Downloads::new(connections.reteach.clone(), self.downloads.clone(), hosts),
            store,
            guard,
            clock: run.clock(),
            stop_at,
            at_once: run.at_once(apply::CONCURRENCY),
            time_zone: &config.time_zone,
            category,
        };
        let Plan { todo, resting } = plan;
        let apply::Outcome { became, mut stop } =
            apply::apply(tools, todo, &|| run.emit(Progress::Applied)).await;
        let left = Left {
            scope,
            began,
            completeness: listing.completeness,
            parked: tally.applied(&became),
            resting: &resting,
            became: &became,
        };
        if let Err(error) = leave(tools, &left, root, run.clock().now(), &mut tally).await {
            stop.get_or_insert(error.into());
        }
        Ok(tally.finished(run.mode(), stop))
    }
}

/// Leaves word for the next run.
async fn leave(
    tools: Tools<'_>,
    left: &Left<'_>,
    before: Option<&CertificateRoot>,
    now: Timestamp,
    tally: &mut Tally,
) -> Result<(), StateError> {
    let open = left.open(before, now);
    tally.waiting_for_pdf(
        open.values()
            .filter(|open| open.why == OpenReason::Pdf)
            .count(),
    );
    if let Some(root) = left.root(before, open, now) {
        tools.guard.check().await?;
        tools
            .store
            .put_certificate_root(tools.tenant, tools.guard.token(), &root)
            .await?;
    }
    Ok(())
}
