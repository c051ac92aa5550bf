//! A company with simulated vendors, and one run of the executor for it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::Fixture;
use shared::domain::clock::Clock;
use shared::domain::id::{CertificateId, RunId, SourceId};
use shared::http::{self, Calls, Context, Deadline, RateLimiter, SignedUrl, Sleeper};
use shared::reteach::Downloads;
use shared::routes::Connections;
use shared::runtime::{Job as _, LeaseGuard, Outcome};
use shared::state::{
    Acquisition, CertificateState, EqualRefusals, Issue, JobKind, Lease, ListAccess, Store,
};
use shared::tenant::{TenantConfig, Via};
use simulators::personio::Endpoint;
use simulators::reteach::{Certificate, Delivery, DownloadEndpoint, Participation};
use simulators::{Behaviour, Body, Fault, Person, Personio};

use super::super::{Applied, Tools, apply};
use crate::CertificateSync;
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::{Plan, PreviousFailures, Upload};

pub(super) const UPLOAD: &str = "/v1/company/documents";
pub(super) const LISTS: &str = "/v2/document-management/documents";

/// Personio's refusal of a title.
pub(super) const TITLE: Behaviour = Behaviour::Status(
    422,
    Body::Json(
        r#"{"success":false,"error":{"code":0,"message":"no","error_data":{"title":["long"]}}}"#,
    ),
);

/// A company of ten people. Waits move the clock and take no time.
pub(super) struct Company {
    world: Fixture,
    pub(super) local: local::Company,
    pub(super) personio: Personio,
    config: TenantConfig,
    connections: Connections,
    downloads: Downloads,
    pub(super) store: Store,
}

/// What a run begins with, besides its plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// The time that the run has; `None`: no deadline.
    pub(super) time: Option<Duration>,
    pub(super) lists: ListAccess,
    pub(super) refusals: Option<EqualRefusals>,
}

impl Company {
    pub(super) async fn new() -> Self {
        Self::via(Via::Direct).await
    }

    pub(super) async fn via(via: Via) -> Self {
        let start = "2026-05-11T08:00:00Z".parse().unwrap();
        let world = Fixture::start(start).await.unwrap();
        let local = world.company("acme", via, "").await.unwrap();
        let people = (1..=10).map(|id| Person::new(id, "Jörg", "Weiß"));
        local.personio.put_all(people);
        let config = TenantConfig::parse(&local.tenant_file("")).unwrap();
        let (clock, client) = (world.clock.clone(), http::client().unwrap());
        let waits = Sleeper::simulated(clock.clone(), 1);
        let context = Context::new(client.clone(), Arc::new(clock.clone()), Calls::default())
            .with_simulators()
            .with_waits(waits);
        let connections = Connections::new(&config, &local.secret(), &context)
            .unwrap()
            .with_pace(&RateLimiter::new(&[]));
        let hosts = &config.reteach.download_hosts;
        let downloads = Downloads::new(connections.reteach.clone(), client, hosts);
        Self {
            personio: local.personio.clone(),
            store: world.stack.store(),
            world,
            local,
            config,
            connections,
            downloads,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    pub(super) fn advance(&self, time: SignedDuration) {
        self.world.clock.advance(time);
    }

    /// A new certificate of this employee, which nothing is known of.
    pub(super) fn certificate(&self, id: &str, employee: u64) -> Upload {
        self.certificate_of("Brandschutz", id, employee)
    }

    pub(super) fn certificate_of(&self, course: &str, id: &str, employee: u64) -> Upload {
        let completed_at = "2026-05-10T12:00:00Z".parse().unwrap();
        self.local.reteach.add_participation(Participation {
            course_name: Some(course.to_owned()),
            completed_at: Some(completed_at),
            certificate: Some(Certificate::new(id, 2_000)),
            ..Participation::default()
        });
        Upload {
            id: CertificateId::new(id),
            employee: SourceId::new(employee.to_string()),
            url: self.url(id),
            course: Some(course.to_owned()),
            completed_at: Some(completed_at),
            previous: PreviousFailures::default(),
            read: None,
            look: None,
            issue: Issue::default(),
            refiled: None,
        }
    }

    /// The same where a download gets this.
    pub(super) fn delivered(&self, id: &str, employee: u64, delivery: Delivery) -> Upload {
        let upload = self.certificate(id, employee);
        assert!(self.local.reteach.set_delivery(id, delivery), "{id}");
        upload
    }

    pub(super) fn url(&self, id: &str) -> SignedUrl {
        SignedUrl::new(self.local.reteach.certificate_url(id).unwrap())
    }

    /// The same certificate as a later run knows it, after it has failed.
    pub(super) async fn failed(&self, upload: &Upload) -> Upload {
        let read = self.state(upload.id.as_str()).await;
        let Some(CertificateState::Failed(retry)) = &read else {
            panic!("{read:?}");
        };
        Upload {
            previous: retry.into(),
            read,
            ..upload.clone()
        }
    }

    pub(super) fn refuse_uploads(&self, fault: Fault) {
        self.personio.fail(fault.path(UPLOAD));
    }

    pub(super) fn refuse_lists(&self, fault: Fault) {
        self.personio.fail(fault.path(LISTS));
    }

    pub(super) async fn lease(&self) -> Lease {
        let (tenant, owner) = (&self.local.tenant, RunId::new("run"));
        let (store, now) = (&self.store, self.now());
        let lasts = SignedDuration::from_secs(300);
        let taken = store.acquire(tenant, JobKind::Certificates, &owner, now, lasts);
        match taken.await.unwrap() {
            Acquisition::Acquired(lease) => lease,
            held @ Acquisition::Held { .. } => panic!("{held:?}"),
        }
    }

    pub(super) async fn apply(&self, plan: Plan) -> Applied {
        self.apply_given(Given::default(), plan).await
    }

    pub(super) async fn apply_given(&self, given: Given, plan: Plan) -> Applied {
        self.apply_watched(given, plan, &|| ()).await
    }

    pub(super) async fn apply_watched(
        &self,
        given: Given,
        plan: Plan,
        progress: &(dyn Fn() + Sync),
    ) -> Applied {
        let lease = self.lease().await;
        let clock: Arc<dyn Clock> = Arc::new(self.world.clock.clone());
        let terms = CertificateSync::LEASE;
        let guard = LeaseGuard::new(&self.store, &clock, terms, lease, Deadline::never());
        let tools = Tools {
            tenant: &self.local.tenant,
            sink: &self.connections.hr,
            reteach: &self.connections.reteach,
            downloads: &self.downloads,
            store: &self.store,
            guard: &guard,
            clock: &*clock,
            stop_at: given.time.map_or(Deadline::never(), Deadline::after),
            at_once: 1,
            time_zone: &self.config.time_zone,
            category: None,
            lists: given.lists,
            refusals: given.refusals.as_ref(),
        };
        apply(tools, plan, progress).await
    }

    /// Files one certificate, and empties the logs.
    pub(super) async fn file(&self, upload: Upload) {
        let applied = self.apply(uploads([upload])).await;
        assert_eq!(results(&applied), ["Filed"]);
        self.personio.reset_log();
    }

    /// What the ledger has of the certificate `id`.
    pub(super) async fn state(&self, id: &str) -> Option<CertificateState> {
        let id = CertificateId::new(id);
        let found = self.store.certificates(&self.local.tenant, [&id]).await;
        found.unwrap().remove(&id).map(|entry| entry.state)
    }

    /// How often this was asked of Personio.
    pub(super) fn calls(&self, endpoint: Endpoint) -> usize {
        self.personio.calls(endpoint)
    }

    pub(super) fn uploads(&self) -> usize {
        self.calls(Endpoint::UploadDocument)
    }

    pub(super) fn lists(&self) -> usize {
        self.calls(Endpoint::Documents)
    }

    /// How often a file was asked for.
    pub(super) fn files(&self) -> usize {
        let downloads = self.local.reteach.downloads();
        downloads.calls(DownloadEndpoint::Certificate)
    }

    /// How many documents there are.
    pub(super) fn documents(&self) -> usize {
        self.personio.documents().len()
    }
}

/// A plan of these uploads, in this order.
pub(super) fn uploads(uploads: impl IntoIterator<Item = Upload>) -> Plan {
    Plan {
        uploads: uploads.into_iter().collect(),
        ..Plan::default()
    }
}

/// How a run left each certificate, by the certificates' ids.
pub(super) fn results(applied: &Applied) -> Vec<String> {
    let results = applied.results();
    results.map(|(_, result)| short(&result)).collect()
}

pub(super) fn stop(applied: &Applied) -> Option<Outcome> {
    applied.stop.as_ref().map(|stop| stop.outcome)
}

fn short(result: &CertificateResult) -> String {
    match result {
        CertificateResult::Failed(retry) => format!("failed {}", retry.failures),
        CertificateResult::Parked(_) => "parked".to_owned(),
        CertificateResult::OutcomeUnknown(_) => "unknown".to_owned(),
        CertificateResult::Unlisted(_) => "unlisted".to_owned(),
        CertificateResult::RefusedAlike(_) => "refused alike".to_owned(),
        CertificateResult::Skipped(SkipReason::PersonDeleted(_)) => "person deleted".to_owned(),
        other => format!("{other:?}"),
    }
}
