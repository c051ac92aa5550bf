//! Leases: one run of a job per tenant at a time.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::fenced::FENCE;
use super::{FencingToken, StateError, Store};
use crate::domain::id::{RunId, TenantId};
use crate::notices::Memory;
use crate::state::JobKind;
use crate::state::key::Key;
use crate::state::table::{Condition, Freshness, Item, Outcome, attribute, record};

/// How far apart the clocks of two machines may be: a lease is taken over only this long after it has expired.
const SKEW: SignedDuration = SignedDuration::from_secs(5);

/// The right to run a job for a tenant, until it expires or is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub tenant: TenantId,
    pub job: JobKind,
    pub owner: RunId,
    pub token: FencingToken,
    /// When it expires, to the millisecond.
    pub until: Timestamp,
    pub first_run: Option<Timestamp>,
    /// When the last run that succeeded ended.
    pub last_good_run: Option<Timestamp>,
    pub last_report_at: Option<Timestamp>,
    /// The endpoints that vendors retire, with the day of the last report of each.
    pub retirements: BTreeMap<String, Date>,
    pub notices: Memory,
}

impl Lease {
    /// When the last good run ended, or the first run began.
    #[must_use]
    pub fn waiting_since(&self) -> Option<Timestamp> {
        self.last_good_run.or(self.first_run)
    }

    /// Whether the last report is of a failed run: a good run counts from its own report on.
    #[must_use]
    pub fn last_report_is_of_a_failure(&self) -> bool {
        self.last_report_at > self.last_good_run
    }

    /// Whether nobody can have taken over at `now`, nor will within `margin`: asked before every write to a vendor.
    #[must_use]
    pub fn is_safe_at(&self, now: Timestamp, margin: SignedDuration) -> bool {
        self.until.duration_since(now) > margin
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquisition {
    Acquired(Lease),
    Held {
        /// When it expires if it is not renewed.
        until: Timestamp,
        /// When the last good run ended, or the first run began.
        waiting_since: Option<Timestamp>,
    },
}

/// What a run leaves in the lease when it releases it. `None` leaves what an earlier run left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastRun {
    /// When this run ended, if it was a good one.
    pub good_run: Option<Timestamp>,
    /// When this run wrote a report, if it did.
    pub reported: Option<Timestamp>,
    /// The endpoints that vendors retire, with the day of the last report of each.
    pub retirements: Option<BTreeMap<String, Date>>,
    /// Which notices were sent. Written only where it differs from the lease's.
    pub notices: Option<Memory>,
}

/// The lease as stored. It is never deleted while the tenant is there: the token must not start again.
#[derive(Deserialize)]
struct Stored {
    owner: RunId,
    fence: FencingToken,
    until: i64,
    #[serde(default)]
    first_run: Option<Timestamp>,
    #[serde(default)]
    last_good_run: Option<Timestamp>,
    #[serde(default)]
    last_report_at: Option<Timestamp>,
    #[serde(default)]
    retirements: BTreeMap<String, Date>,
    #[serde(default)]
    notices: Memory,
}

impl Stored {
    fn read(item: Item, key: &Key) -> Result<Self, StateError> {
        record(item, &key.sk)
    }

    fn lease(self, tenant: &TenantId, job: JobKind) -> Lease {
        Lease {
            tenant: tenant.clone(),
            job,
            owner: self.owner,
            token: self.fence,
            until: moment(self.until),
            first_run: self.first_run,
            last_good_run: self.last_good_run,
            last_report_at: self.last_report_at,
            retirements: self.retirements,
            notices: self.notices,
        }
    }
}

impl Store {
    /// Takes the lease on a tenant's job if it is free: never taken, released, or expired for more than the skew of
    /// clocks. One write. A run that has it already gets it again, with the same token.
    ///
    /// If the reply is lost, the lease is read again: the owner it names has it.
    pub async fn acquire(
        &self,
        tenant: &TenantId,
        job: JobKind,
        owner: &RunId,
        now: Timestamp,
        duration: SignedDuration,
    ) -> Result<Acquisition, StateError> {
        let key = Key::lease(tenant, job);
        let until = milliseconds(now, duration);
        let update = "SET #owner = :owner, #until = :until, #first_run = if_not_exists(#first_run, :now) ADD #fence :one";
        let condition = Condition::update(update)
            .only_if("attribute_not_exists(#until) OR #until < :expired")
            .names(["owner", "until", "first_run", FENCE])
            .value("now", attribute(&now, &key.sk)?)
            .text("owner", owner.as_str())
            .number("until", until)
            .number("one", 1)
            .number("expired", milliseconds(now, -SKEW));
        match self.table.update(&key, condition).await {
            Ok(Outcome::Written(item)) => Ok(Acquisition::Acquired(
                Stored::read(item, &key)?.lease(tenant, job),
            )),
            Ok(Outcome::Refused(Some(item))) => {
                let lease = Stored::read(item, &key)?.lease(tenant, job);
                self.standing(lease, owner, now, duration).await
            }
            Ok(Outcome::Refused(None)) => Err(StateError::Damaged { item: key.sk }),
            Err(failure @ StateError::Unavailable { .. }) => {
                let stored = self
                    .table
                    .get_record::<Stored>(&key, Freshness::Consistent)
                    .await?;
                let ours = stored.filter(|stored| stored.owner == *owner && stored.until == until);
                ours.map(|stored| Acquisition::Acquired(stored.lease(tenant, job)))
                    .ok_or(failure)
            }
            Err(failure) => Err(failure),
        }
    }

    /// When the last good run of a tenant's job ended, or its first one began. `None` before the first run.
    pub async fn waiting_since(
        &self,
        tenant: &TenantId,
        job: JobKind,
    ) -> Result<Option<Timestamp>, StateError> {
        let key = Key::lease(tenant, job);
        let stored = self
            .table
            .get_record::<Stored>(&key, Freshness::Eventual)
            .await?;
        Ok(stored.and_then(|stored| stored.lease(tenant, job).waiting_since()))
    }

    /// Notes when a run that took no lease wrote its report. A job that never ran has no lease to note it in.
    pub async fn note_report(
        &self,
        tenant: &TenantId,
        job: JobKind,
        at: Timestamp,
    ) -> Result<(), StateError> {
        let key = Key::lease(tenant, job);
        let condition = Condition::update("SET #last_report_at = :at")
            .only_if("attribute_exists(#until)")
            .names(["last_report_at", "until"])
            .value("at", attribute(&at, &key.sk)?);
        self.table.update(&key, condition).await.map(drop)
    }

    /// The lease that stood in the way: another run's, or our own from an attempt whose reply was lost.
    async fn standing(
        &self,
        mut lease: Lease,
        owner: &RunId,
        now: Timestamp,
        duration: SignedDuration,
    ) -> Result<Acquisition, StateError> {
        if lease.owner != *owner {
            return Ok(Acquisition::Held {
                until: lease.until,
                waiting_since: lease.waiting_since(),
            });
        }
        if lease.until < moment(milliseconds(now, duration)) {
            self.renew(&mut lease, now, duration).await?;
        }
        Ok(Acquisition::Acquired(lease))
    }

    /// Makes the lease last until `duration` from `now`.
    pub async fn renew(
        &self,
        lease: &mut Lease,
        now: Timestamp,
        duration: SignedDuration,
    ) -> Result<(), StateError> {
        let until = milliseconds(now, duration);
        let condition =
            owned(Condition::update("SET #until = :until"), lease).number("until", until);
        self.update_lease(lease, condition).await?;
        lease.until = moment(until);
        Ok(())
    }

    /// Gives the lease back and leaves word of the run, in one write.
    pub async fn release(&self, lease: &Lease, run: LastRun) -> Result<(), StateError> {
        let mut update = "SET #until = :until, #retirements = :retirements".to_owned();
        let retirements = run.retirements.as_ref().unwrap_or(&lease.retirements);
        let mut written = vec![("retirements", attribute(retirements, "LEASE")?)];
        if let Some(at) = run.good_run {
            written.push(("last_good_run", attribute(&at, "LEASE")?));
        }
        if let Some(at) = run.reported {
            written.push(("last_report_at", attribute(&at, "LEASE")?));
        }
        if let Some(notices) = run
            .notices
            .as_ref()
            .filter(|notices| **notices != lease.notices)
        {
            written.push(("notices", attribute(notices, "LEASE")?));
        }
        for (name, _) in written.iter().skip(1) {
            update += &format!(", #{name} = :{name}");
        }
        // The owner stays: a repeated release, its reply lost, finds what it expects.
        let mut condition = owned(Condition::update(update), lease).number("until", 0);
        for (name, value) in written {
            condition = condition.names([name]).value(name, value);
        }
        self.update_lease(lease, condition).await
    }

    async fn update_lease(&self, lease: &Lease, condition: Condition) -> Result<(), StateError> {
        let key = Key::lease(&lease.tenant, lease.job);
        let written = self.table.update(&key, condition).await?;
        written.or(StateError::LeaseLost)
    }
}

fn owned(condition: Condition, lease: &Lease) -> Condition {
    condition
        .only_if("#owner = :owner AND #fence = :token")
        .names(["owner", "until", FENCE])
        .text("owner", lease.owner.as_str())
        .number("token", lease.token.0)
}

fn milliseconds(now: Timestamp, duration: SignedDuration) -> i64 {
    now.saturating_add(duration)
        .map_or(i64::MAX, |moment| moment.as_millisecond())
}

pub(super) fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
