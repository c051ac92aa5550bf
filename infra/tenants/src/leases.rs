//! The leases that a command holds while it changes a tenant: no run begins meanwhile.

use std::time::Duration;

use jiff::SignedDuration;
use shared::domain::id::{RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{LeaseGuard, LeaseTerms};
use shared::state::{Acquisition, FencingToken, JobKind, LastRun, Lease};

use crate::clock;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;

/// An interrupted command keeps its tenant waiting for this long at most.
const TERMS: LeaseTerms = LeaseTerms {
    lasts: SignedDuration::from_mins(3),
    enough: SignedDuration::from_secs(60),
};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose<'a> {
    /// The command's name, the first half of the owner: `remove`.
    pub(crate) command: &'a str,
    pub(crate) jobs: &'a [JobKind],
    /// How long to wait for runs that are under way.
    pub(crate) wait: Duration,
    /// What holds if a lease cannot be had: "nothing was removed".
    pub(crate) otherwise: &'a str,
}

/// The leases of some of a tenant's jobs.
#[derive(Debug)]
pub(crate) struct HeldLeases<'a>(Vec<(JobKind, LeaseGuard<'a>)>);

impl<'a> HeldLeases<'a> {
    /// Takes the leases of all jobs of `purpose`, or none.
    pub(crate) async fn acquire(
        context: &'a CommandContext<'_>,
        tenant: &TenantId,
        purpose: Purpose<'_>,
    ) -> Result<Self> {
        clock::check_for_leases(context, purpose.otherwise).await?;
        let owner = RunId::new(format!(
            "{}-{}",
            purpose.command,
            context.now().as_millisecond()
        ));
        let mut left = purpose.wait;
        let mut held = Self(Vec::new());
        for job in purpose.jobs {
            let lease = held.next(context, tenant, *job, &owner, &mut left, purpose.otherwise);
            match lease.await {
                Ok(lease) => {
                    let clock = &context.environment.clock;
                    let never = Deadline::never();
                    let guard = LeaseGuard::new(&context.store, clock, TERMS, lease, never);
                    held.0.push((*job, guard));
                }
                Err(failure) => {
                    held.release().await;
                    return Err(failure);
                }
            }
        }
        Ok(held)
    }

    /// Makes sure that all leases are held, and says until when one write may go on.
    pub(crate) async fn check(&self) -> Result<Deadline> {
        let mut until = Deadline::never();
        for (_, guard) in &self.0 {
            until = earlier(until, guard.check().await?);
        }
        Ok(until)
    }

    /// Takes one more lease, and waits for it as long as something is left of `left`. Those that are held stay so.
    async fn next(
        &self,
        context: &CommandContext<'_>,
        tenant: &TenantId,
        job: JobKind,
        owner: &RunId,
        left: &mut Duration,
        otherwise: &str,
    ) -> Result<Lease> {
        let every = context.environment.poll_interval;
        loop {
            let (store, now) = (&context.store, context.now());
            match store.acquire(tenant, job, owner, now, TERMS.lasts).await? {
                Acquisition::Acquired(lease) => return Ok(lease),
                Acquisition::Held { until, .. } if left.is_zero() => {
                    return Err(Failure::attention(format!(
                        "a run of {} is under way (its lease ends at {} unless it is renewed): {otherwise}. Try again when \
                         it is over, or pause the tenant first: `tenants pause {tenant}`",
                        job.function(),
                        format::moment(until),
                    )));
                }
                Acquisition::Held { .. } => {
                    context
                        .environment
                        .mention(&format!("waiting for a run of {} to end", job.function()));
                    tokio::time::sleep(every.min(*left)).await;
                    *left = left.saturating_sub(every);
                    self.check().await?;
                }
            }
        }
    }

    /// The fencing token for writes to the ledger of `job`.
    pub(crate) fn token(&self, job: JobKind) -> FencingToken {
        let guard = self.0.iter().find(|(held, _)| *held == job);
        guard.map(|(_, guard)| guard.token()).unwrap_or_default()
    }

    /// Gives the leases back. One that cannot be given back expires by itself, or went with the tenant.
    pub(crate) async fn release(self) {
        for (_, guard) in self.0 {
            let _ = guard.release(LastRun::default()).await;
        }
    }
}

fn earlier(one: Deadline, other: Deadline) -> Deadline {
    match (one.remaining(), other.remaining()) {
        (Some(left), Some(right)) if right < left => other,
        (None, Some(_)) => other,
        _ => one,
    }
}
