//! The job's parts, built once per process, and what a warm process keeps of each tenant.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::{Job, Mode, ProgressFn, Ran, Request, Run, Tenant};
use crate::aws::{Retries, SessionError, Sessions};
use crate::domain::clock::Clock;
use crate::domain::id::TenantId;
use crate::http::{Calls, Context, RateLimiter};
use crate::locked::locked;
use crate::notices::Senders;
use crate::routes::{ConnectError, Connections};
use crate::secrets::{Secrets, TenantSecret};
use crate::state::Store;

/// Tenants of which a warm function keeps something.
const MOST_WARM: usize = 64;

/// A job with everything it needs, built once per process.
pub struct App<W: Job> {
    pub(super) work: W,
    store: Store,
    secrets: Secrets,
    pub(super) http: Context,
    pub(super) notices: Option<Senders>,
    pub(super) clock: Arc<dyn Clock>,
    pace: Option<RateLimiter>,
    sessions: Option<Sessions>,
    pub(super) in_turn: bool,
    warm: Mutex<HashMap<TenantId, Warm>>,
    /// Since when each tenant waits for a good run, for runs that cannot read the state. Kept of all tenants: an alarm
    /// counts from it, and with thousands of tenants nothing in `warm` lasts for half an hour.
    waits: Mutex<HashMap<TenantId, Timestamp>>,
}

/// What a warm function keeps of a tenant.
#[derive(Default)]
struct Warm {
    calls: Calls,
    clients: Option<Clients>,
}

struct Clients {
    configuration: String,
    secret: Arc<TenantSecret>,
    connections: Connections,
}

impl<W: Job> fmt::Debug for App<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

impl<W: Job> App<W> {
    #[must_use]
    pub fn new(work: W, store: Store, secrets: Secrets, http: Context) -> Self {
        let clock = Arc::clone(http.clock());
        let (sessions, warm, waits) = (None, Mutex::default(), Mutex::default());
        Self {
            work,
            store,
            secrets,
            http,
            notices: None,
            clock,
            pace: None,
            sessions,
            in_turn: false,
            warm,
            waits,
        }
    }

    /// The same at another pace for every vendor: for simulators, which have no limits.
    #[must_use]
    pub fn with_pace(mut self, pace: RateLimiter) -> Self {
        self.pace = Some(pace);
        self
    }

    /// The same, where each run has no more rights than its tenant needs.
    #[must_use]
    pub fn with_sessions(self, sessions: Option<Sessions>) -> Self {
        Self { sessions, ..self }
    }

    /// The same, and notices are sent.
    #[must_use]
    pub fn with_notices(mut self, senders: Senders) -> Self {
        self.notices = Some(senders);
        self
    }

    /// The same with one call to a vendor at a time, in the same order each time: for tests that have to be repeatable.
    #[must_use]
    pub fn in_turn(self) -> Self {
        Self {
            in_turn: true,
            ..self
        }
    }

    /// Runs once. Whatever happens comes back as a report.
    pub async fn run(&self, request: &Request, watch: ProgressFn<'_>) -> Ran<W> {
        let retries = Retries::default();
        // On the heap, to keep the callers' futures small.
        retries
            .counting(Box::pin(self.counted(request, watch, retries.clone())))
            .await
    }

    async fn counted(&self, request: &Request, watch: ProgressFn<'_>, retries: Retries) -> Ran<W> {
        let calls = self.calls(&request.event.tenant_id);
        let before = calls.counts();
        let scoped = self.scoped_to(&request.event.tenant_id).await;
        let own = |_: &_| (self.store.clone(), self.secrets.clone());
        let (store, secrets) = scoped.as_ref().map_or_else(own, Clone::clone);
        // Counted for this run alone: a process may run for several tenants at once.
        let store = store.with_fresh_units();
        let started_at = self.clock.now();
        let run = Run {
            app: self,
            request,
            watch,
            store,
            secrets,
            calls,
            before,
            retries,
            started_at,
        };
        if let Err(error) = scoped {
            // Without a session nothing may be written, no report either.
            let mut ran = run.ran(Err(error.into()));
            if request.event.mode != Mode::DryRun {
                run.note_wait(&mut ran.report, None, None);
            }
            return ran;
        }
        match run.prepare().await {
            Err(halt) => run.unleased(Err(halt)).await,
            Ok(tenant) if request.event.mode == Mode::DryRun => {
                let finished = run.attempt_twice(&tenant, None).await;
                run.ran(finished)
            }
            Ok(tenant) => run.leased(&tenant).await,
        }
    }

    /// State and secrets with the rights of `tenant`, or with the process's own where there are no sessions.
    async fn scoped_to(&self, tenant: &TenantId) -> Result<(Store, Secrets), SessionError> {
        let Some(sessions) = &self.sessions else {
            return Ok((self.store.clone(), self.secrets.clone()));
        };
        let aws = sessions.of(tenant).await?;
        Ok((self.store.over(&aws), self.secrets.over(&aws)))
    }

    /// Since when `tenant` waits for a good run: `read`, else what this process last knew, else `now`. Kept for later runs.
    pub(super) fn waiting_since(
        &self,
        tenant: &TenantId,
        read: Option<Timestamp>,
        now: Timestamp,
    ) -> Timestamp {
        let mut waits = locked(&self.waits);
        let known = waits.get(tenant).copied();
        let since = read.or(known).unwrap_or(now);
        waits.insert(tenant.clone(), since);
        since
    }

    fn calls(&self, tenant: &TenantId) -> Calls {
        let mut warm = locked(&self.warm);
        if warm.len() >= MOST_WARM && !warm.contains_key(tenant) {
            warm.clear();
        }
        warm.entry(tenant.clone()).or_default().calls.clone()
    }

    /// The tenant's clients: the warm ones, with their tokens, if configuration and secret are still the same.
    pub(super) fn connect(
        &self,
        tenant: &Tenant,
        secret: &Arc<TenantSecret>,
    ) -> Result<Connections, ConnectError> {
        let mut warm = locked(&self.warm);
        let entry = warm.entry(tenant.config.tenant_id.clone()).or_default();
        if let Some(known) = &entry.clients
            && known.configuration == tenant.record.config
            && Arc::ptr_eq(&known.secret, secret)
        {
            return Ok(known.connections.clone());
        }
        let context = self.http.clone().counted_in(entry.calls.clone());
        let mut connections = Connections::new(&tenant.config, secret, &context)?;
        if let Some(pace) = &self.pace {
            connections = connections.with_pace(pace);
        }
        let (configuration, secret) = (tenant.record.config.clone(), Arc::clone(secret));
        entry.clients = Some(Clients {
            configuration,
            secret,
            connections: connections.clone(),
        });
        Ok(connections)
    }
}
