//! The state before `add` writes.

use secrecy::ExposeSecret as _;
use shared::domain::id::TenantId;
use shared::reteach::Academy;
use shared::secrets::{SecretError, TenantSecret};
use shared::state::TenantRecord;
use shared::tenant::TenantConfig;

use crate::academies;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::files::with_integration;

pub(super) struct CurrentState {
    pub(super) record: Option<TenantRecord>,
    pub(super) config: Option<TenantConfig>,
    pub(super) stored: StoredSecret,
    pub(super) secret: Option<TenantSecret>,
    /// Certificates in the ledger, if there are any.
    pub(super) ledger: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoredSecret {
    Absent,
    /// It cannot be read, so it cannot be put back either.
    Unreadable,
    PendingDeletion,
    Present,
}

impl CurrentState {
    pub(super) async fn read(context: &CommandContext<'_>, tenant: &TenantId) -> Result<Self> {
        let record = context.store.tenant(tenant).await?;
        let config = record
            .as_ref()
            .and_then(|record| TenantConfig::parse_stored(&record.config).ok());
        let (stored, secret) = match context.secrets.refresh(tenant).await {
            Ok(secret) => (StoredSecret::Present, Some(secret.as_ref().clone())),
            Err(SecretError::NotFound { .. }) => (StoredSecret::Absent, None),
            Err(SecretError::Malformed { .. }) => (StoredSecret::Unreadable, None),
            Err(error) if error.is_marked_for_deletion() => (StoredSecret::PendingDeletion, None),
            Err(error) => return Err(error.into()),
        };
        let ledger = match &record {
            Some(_) => None,
            None => Some(context.store.inventory(tenant).await?.certificates)
                .filter(|number| *number > 0),
        };
        Ok(Self {
            record,
            config,
            stored,
            secret,
            ledger,
        })
    }

    /// Keeps the connection that `tenants connect` stored if the new file names none.
    pub(super) fn keep_integration(
        &self,
        text: String,
        config: TenantConfig,
    ) -> Result<(String, TenantConfig)> {
        let names = |config: &TenantConfig| {
            config
                .kombo
                .as_ref()
                .and_then(|kombo| kombo.integration_id.clone())
        };
        let (Some(stored), None, true) = (
            self.config.as_ref().and_then(names),
            names(&config),
            config.kombo.is_some(),
        ) else {
            return Ok((text, config));
        };
        with_integration(&text, &stored)
    }

    /// Refuses a changed configuration without `--update`.
    pub(super) fn admit(&self, config: &TenantConfig, update: bool) -> Result<()> {
        let Some(stored) = &self.config else {
            return Ok(());
        };
        let changed = changed_sections(stored, config);
        if changed.is_empty() || update {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "there is a tenant {} already, with another configuration ({}). Give --update to replace it, or choose another \
             tenant_id",
            config.tenant_id,
            changed.join(", ")
        )))
    }

    /// Whether configuration or credentials differ from the stored ones.
    pub(super) fn changes(&self, config: &TenantConfig, secret: &TenantSecret) -> bool {
        self.config.as_ref() != Some(config) || !self.has(secret)
    }

    fn has(&self, secret: &TenantSecret) -> bool {
        let stored = self.secret.as_ref();
        stored.is_some_and(|stored| is_same(stored, secret))
    }

    /// The stored parts that `config` and `secret` replace: `[reteach]`, `credentials`. Empty for a new tenant.
    pub(super) fn replaced(
        &self,
        config: &TenantConfig,
        secret: &TenantSecret,
    ) -> Vec<&'static str> {
        if self.record.is_none() {
            return Vec::new();
        }
        let mut replaced = match &self.config {
            Some(stored) => changed_sections(stored, config),
            None => vec!["configuration"],
        };
        if !self.has(secret) {
            replaced.push("credentials");
        }
        replaced
    }

    /// An error text if the credentials belong to another academy than those that were stored first: the run would match
    /// people of one company with accounts of another. `found` is the academy of the new ones.
    pub(super) async fn another_academy(
        &self,
        context: &CommandContext<'_>,
        found: Option<&Academy>,
    ) -> Option<String> {
        let found = found?;
        let known = match self.academy() {
            Some(id) => Some(id.to_owned()),
            None => self.academy_of_stored(context).await,
        };
        known.filter(|id| *id != found.id).map(|_| {
            format!(
                "the new reteach credentials belong to another academy ({}): a tenant stays with its academy; remove it first, \
                 or add another tenant",
                found.base_url
            )
        })
    }

    /// An error text if another tenant has the academy: ids of two HR systems are the same numbers, so that runs of the
    /// one would lock people of the other.
    pub(super) async fn academy_of_others(
        &self,
        context: &CommandContext<'_>,
        config: &TenantConfig,
        found: Option<&Academy>,
    ) -> Result<Option<String>> {
        let is_known = |found: &&Academy| self.academy() == Some(found.id.as_str());
        let Some(found) = found.filter(|found| !is_known(found)) else {
            return Ok(None);
        };
        let tenants = context.store.list_tenants().await?;
        let others = academies::of(context, &tenants).await?;
        let mine = academies::key(&found.id, config);
        let others = others.get(&mine).into_iter().flatten();
        let others: Vec<&str> = others
            .filter(|id| **id != config.tenant_id)
            .map(TenantId::as_str)
            .collect();
        Ok((!others.is_empty()).then(|| {
            format!(
                "{} has this academy ({}) already: with two tenants, people with one id are taken for one person, and \
                 locked for each other. If both have one HR system, give --shared-academy",
                others.join(", "),
                found.base_url
            )
        }))
    }

    /// The id of the academy that the tenant was added with.
    pub(super) fn academy(&self) -> Option<&str> {
        self.record.as_ref()?.academy.as_deref()
    }

    /// The academy of the stored credentials, where they are still good.
    async fn academy_of_stored(&self, context: &CommandContext<'_>) -> Option<String> {
        let (config, secret) = (self.config.as_ref()?, self.secret.as_ref()?);
        let client = context.academy(config, secret).ok()?;
        Some(client.me().await.ok()?.id)
    }
}

pub(super) fn is_same(one: &TenantSecret, other: &TenantSecret) -> bool {
    one.to_json().expose_secret() == other.to_json().expose_secret()
}

/// The sections of a tenant file that differ.
fn changed_sections(stored: &TenantConfig, after: &TenantConfig) -> Vec<&'static str> {
    // Taken apart in full: a new section is compared as well.
    let TenantConfig {
        tenant_id: _,
        time_zone,
        personio,
        kombo,
        reteach,
        employees,
        scope,
        brake,
        certificates,
        schedule,
        notices,
    } = stored;
    let differs = [
        ("time_zone", *time_zone != after.time_zone),
        ("[personio]", *personio != after.personio),
        ("[kombo]", *kombo != after.kombo),
        ("[reteach]", *reteach != after.reteach),
        ("[employees]", *employees != after.employees),
        ("[scope]", *scope != after.scope),
        ("[brake]", *brake != after.brake),
        ("[certificates]", *certificates != after.certificates),
        ("[schedule]", *schedule != after.schedule),
        ("[notices]", *notices != after.notices),
    ];
    differs
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| name)
        .collect()
}
