//! `tenants people forget`

mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use employee_sync::checkpoint::waits_until;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::domain::id::{CertificateId, ExternalId, SourceId, TenantId};
use shared::fingerprint::ShardNumber;
use shared::reteach::Customer;
use shared::routes::Connections;
use shared::source::EmployeeSource as _;
use shared::state::JobKind;
use shared::tenant::TenantConfig;

use self::view::{Erased, ForgetView};
use super::handover::account;
use super::holdings::Holdings;
use super::unnoted::unnoted;
use crate::args::ForgetPerson;
use crate::commands::person::{self, Presence};
use crate::confirm::Confirmation;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;
use crate::leases::{HeldLeases, Purpose};
use crate::output::Output;

const UNTOUCHED: &str = "nothing was erased";

/// DynamoDB keeps every state of the table for this long: `PointInTimeRecoverySpecification` without a period of its own.
const BACKUPS: SignedDuration = SignedDuration::from_hours(35 * 24);

/// A certificate's id is kept this long after `forget` if the academy has deleted the account.
const CERTIFICATES: SignedDuration = SignedDuration::from_hours(365 * 24);

/// What the state and the vendors have of the person.
struct Found {
    holdings: Holdings,
    account: Option<Customer>,
    /// Certificates of the account that the state does not have as the person's.
    unnoted: Vec<CertificateId>,
}

pub(super) async fn forget(context: &CommandContext<'_>, args: &ForgetPerson) -> Result<Output> {
    let ForgetPerson {
        tenant,
        person,
        yes,
        wait,
    } = args;
    let stored = context.tenant(tenant).await?;
    let secret = context.secrets.refresh(tenant).await?;
    let connections = context.connect(&stored.config, &secret)?;
    let found = Found::read(context, &connections, &stored.config, args).await?;
    if found.holdings.is_empty() && found.unnoted.is_empty() {
        return Output::of(&found.view(context, args, Erased::default()));
    }
    let announcement = announcement(tenant, person, &found);
    let confirmation = Confirmation {
        announcement: &announcement,
        yes: *yes,
        word: (person.as_str(), "the person's id"),
        otherwise: UNTOUCHED,
    };
    confirmation.ask(context.environment)?;
    let purpose = Purpose {
        command: "forget",
        jobs: &[JobKind::Employees, JobKind::Certificates],
        wait: Duration::from_secs(u64::from(*wait)),
        otherwise: UNTOUCHED,
    };
    let leases = HeldLeases::acquire(context, tenant, purpose).await?;
    let erased = under_leases(context, &connections, &stored.config, args, &leases).await;
    leases.release().await;
    let (found, erased) = erased?;
    Output::of(&found.view(context, args, erased))
}

/// Reads everything once more, now that no run can change it, and erases it.
async fn under_leases(
    context: &CommandContext<'_>,
    connections: &Connections,
    config: &TenantConfig,
    args: &ForgetPerson,
    leases: &HeldLeases<'_>,
) -> Result<(Found, Erased)> {
    let found = Found::read(context, connections, config, args).await?;
    let erased = found.erase(context, &args.tenant, leases).await;
    let erased = erased.map_err(Failure::repeatable)?;
    Ok((found, erased))
}

impl Found {
    async fn read(
        context: &CommandContext<'_>,
        connections: &Connections,
        config: &TenantConfig,
        args: &ForgetPerson,
    ) -> Result<Self> {
        let ForgetPerson { tenant, person, .. } = args;
        let holdings =
            Holdings::read(&context.store, tenant, Some(&connections.key), person).await?;
        let (hr, tool) = (&connections.hr, connections.hr.tool());
        for profile in &holdings.profiles {
            let id = &profile.person;
            let record = hr.one(id).await.map_err(|error| {
                Failure::attention(format!("the person cannot be read: {error}: {UNTOUCHED}"))
            })?;
            let presence = person::presence(record.as_ref(), tool, config, context.now());
            if let Some(reason) = still_there(id, presence) {
                return Err(Failure::attention(reason));
            }
        }
        let account = live_account(connections, &holdings, person).await?;
        let now = context.now();
        if let Some(open) = account.as_ref().filter(|account| !is_locked(account, now)) {
            return Err(Failure::attention(format!(
                "the account {} of {person} in reteach is still open: {UNTOUCHED}. A run locks it after two complete readings \
                 without the person (`tenants sync {tenant}`). `tenants plan {tenant}` shows whether a brake holds the lock",
                open.id
            )));
        }
        let unnoted = unnoted(context, connections, tenant, account.as_ref(), UNTOUCHED).await?;
        Ok(Self {
            holdings,
            account,
            unnoted,
        })
    }

    fn certificates(&self) -> BTreeSet<&CertificateId> {
        let noted = self.holdings.certificates.iter();
        let noted = noted.map(|entry| &entry.certificate_id);
        noted.chain(&self.unnoted).collect()
    }

    /// Deletes the ledger entry last, so that an interrupted command can be repeated.
    async fn erase(
        &self,
        context: &CommandContext<'_>,
        tenant: &TenantId,
        leases: &HeldLeases<'_>,
    ) -> Result<Erased> {
        let (store, now) = (&context.store, context.now());
        let people = leases.token(JobKind::Employees);
        let traces = self.holdings.traces();
        let mut erased = Erased {
            held_changes: self.holdings.held.len() as u64,
            findings: self.findings(),
            ..Erased::default()
        };
        leases.check().await?;
        erased.reports = store
            .edit_reports(tenant, &|report: &mut Value| traces.remove(report))
            .await?;
        if let Some(plan) = self.holdings.plan_without() {
            leases.check().await?;
            match plan.parts.is_empty() {
                true => store.clear_held(tenant, people).await?,
                false => store.put_held(tenant, people, &plan).await?,
            }
        }
        for id in self.certificates() {
            leases.check().await?;
            let token = leases.token(JobKind::Certificates);
            let until = self.certificates_until(now);
            store
                .forget_certificate(tenant, token, id, now, until)
                .await?;
        }
        erased.snapshots = self.erase_snapshots(context, tenant, leases).await?;
        for profile in self.holdings.profiles.iter().rev() {
            leases.check().await?;
            store
                .forget_employee(tenant, people, &profile.person)
                .await?;
            erased.entries += u64::from(profile.entry.is_some());
        }
        Ok(erased)
    }

    /// Takes the profiles out of the last reading: their absence is nothing that a run has to conclude.
    async fn erase_snapshots(
        &self,
        context: &CommandContext<'_>,
        tenant: &TenantId,
        leases: &HeldLeases<'_>,
    ) -> Result<u64> {
        let (store, token) = (&context.store, leases.token(JobKind::Employees));
        let mut by_shard: BTreeMap<u16, Vec<&SourceId>> = BTreeMap::new();
        for profile in self
            .holdings
            .profiles
            .iter()
            .filter(|it| it.snapshot.is_some())
        {
            let number = ShardNumber::of(&profile.person).0;
            by_shard.entry(number).or_default().push(&profile.person);
        }
        let Some(mut state) = store.sync_state(tenant).await? else {
            return Ok(0);
        };
        let mut erased = 0;
        for (number, people) in by_shard {
            let number = ShardNumber(number);
            let shard = store.shards(tenant, &[number]).await?.remove(&number);
            let mut shard = shard.unwrap_or_default();
            for id in people {
                if let Some(entry) = shard.0.remove(id) {
                    erased += 1;
                    let waiting = u32::from(waits_until(entry.status).is_some());
                    state.waiting = state.waiting.saturating_sub(waiting);
                }
            }
            leases.check().await?;
            store.put_shard(tenant, token, number, &shard).await?;
            state.set_shard_digest(number, shard.digest());
        }
        if erased > 0 {
            store.put_sync_state(tenant, token, &state).await?;
        }
        Ok(erased)
    }

    fn findings(&self) -> u64 {
        let findings = self
            .holdings
            .reports
            .iter()
            .map(|it| it.findings.len() as u64);
        findings.sum()
    }

    /// While the academy has the account, for this profile or the next one, it lists the certificates: without their ids
    /// a run would take them up again.
    fn certificates_until(&self, now: Timestamp) -> Option<Timestamp> {
        let is_over = self.account.is_none() && self.holdings.successor().is_none();
        is_over.then(|| now + CERTIFICATES)
    }

    fn view<'a>(
        &self,
        context: &CommandContext<'_>,
        args: &'a ForgetPerson,
        erased: Erased,
    ) -> ForgetView<'a> {
        let now = context.now();
        let certificates: Vec<_> = self.certificates().into_iter().cloned().collect();
        ForgetView {
            tenant_id: &args.tenant,
            person: &args.person,
            erased,
            account: self.account.as_ref().map(|account| account.id.clone()),
            certificates_until: self
                .certificates_until(now)
                .filter(|_| !certificates.is_empty()),
            certificates,
            backups_until: now + BACKUPS,
        }
    }
}

/// Why a person who is in Personio cannot be forgotten: every run would read them again.
fn still_there(id: &SourceId, presence: Presence) -> Option<String> {
    let (state, remedy) = match presence {
        Presence::Gone => return None,
        Presence::Employed => (
            "is still employed according to Personio",
            "Repeat the command once they have left and their profile is deleted in Personio.",
        ),
        Presence::Ended => (
            "has left but is still in Personio",
            "Delete the profile in Personio first.",
        ),
        Presence::Unreadable => (
            "is still in Personio, with a record that does not fit",
            "Delete the profile in Personio first.",
        ),
    };
    Some(format!(
        "{id} {state}: {UNTOUCHED}. {remedy} Until then every run reads them again"
    ))
}

/// The account with the person's external id, or the one that the ledger knows unless somebody else has it by now.
async fn live_account(
    connections: &Connections,
    holdings: &Holdings,
    person: &SourceId,
) -> Result<Option<Customer>> {
    let tool = connections.hr.tool();
    let entry = holdings.profiles.first().and_then(|it| it.entry.as_ref());
    let found = account(&connections.reteach, tool, person, entry).await?;
    let own = ExternalId::of(tool, person);
    Ok(found.filter(|account| match &account.external_id {
        None => true,
        Some(id) => id.as_str().is_empty() || *id == own,
    }))
}

fn is_locked(account: &Customer, now: Timestamp) -> bool {
    account.set_inactive_at.is_some_and(|at| at <= now)
}

fn announcement(tenant: &TenantId, person: &SourceId, found: &Found) -> String {
    let Holdings {
        profiles,
        held,
        reports,
        ..
    } = &found.holdings;
    let certificates = found.certificates();
    let number = |count: usize, one: &str, many: &str| format::number(count as u64, one, many);
    let entries = profiles.iter().filter(|it| it.entry.is_some()).count();
    let mut points = vec![format!(
        "erased for good: {}, {}, {} in {}",
        number(entries, "entry of the ledger", "entries of the ledger"),
        number(held.len(), "held change", "held changes"),
        format::number(found.findings(), "finding", "findings"),
        number(reports.len(), "report", "reports"),
    )];
    if !certificates.is_empty() {
        let certificates = number(certificates.len(), "certificate", "certificates");
        points.push(format!(
            "{certificates} keep their id alone, so that none is filed again; one that was not filed will not be"
        ));
    }
    if let Some(successor) = found.holdings.successor() {
        points.push(format!(
            "{successor} is another profile of the same person and is not forgotten"
        ));
    }
    let points: String = points.iter().map(|point| format::point(point)).collect();
    format!("Forgetting {person} of {tenant}:\n{points}")
        .trim_end()
        .to_owned()
}
