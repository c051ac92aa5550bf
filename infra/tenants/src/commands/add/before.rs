//! What there was before.

use secrecy::ExposeSecret as _;
use shared::domain::id::TenantId;
use shared::routes::{Connections, Source};
use shared::secrets::{SecretError, TenantSecret};
use shared::state::TenantRecord;
use shared::tenant::TenantConfig;

use super::integration::with_integration;
use crate::failure::Failure;
use crate::operator::Operator;

/// What there was before.
pub(super) struct Before {
    pub(super) record: Option<TenantRecord>,
    pub(super) config: Option<TenantConfig>,
    pub(super) is_registered: bool,
    pub(super) stored: StoredSecret,
    pub(super) secret: Option<TenantSecret>,
    /// Certificates in the ledger, if there are any.
    pub(super) ledger: Option<u64>,
}

/// How the secret is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoredSecret {
    /// It is not, or what is there is not one.
    Nowhere,
    /// It is marked for deletion.
    Marked,
    /// It is.
    There,
}

impl Before {
    pub(super) async fn read(operator: &Operator<'_>, tenant: &TenantId) -> Result<Self, Failure> {
        let record = operator.store.tenant(tenant).await?;
        let config = record
            .as_ref()
            .and_then(|record| TenantConfig::parse(&record.config).ok());
        let (stored, secret) = match operator.secrets.refresh(tenant).await {
            Ok(secret) => (StoredSecret::There, Some(secret.as_ref().clone())),
            Err(SecretError::NotFound { .. } | SecretError::Malformed { .. }) => {
                (StoredSecret::Nowhere, None)
            }
            Err(error) if error.is_marked_for_deletion() => (StoredSecret::Marked, None),
            Err(error) => return Err(error.into()),
        };
        let ledger = match &record {
            Some(_) => None,
            None => Some(operator.store.inventory(tenant).await?.certificates)
                .filter(|number| *number > 0),
        };
        let is_registered = operator.store.list_tenants().await?.contains(tenant);
        Ok(Self {
            record,
            config,
            is_registered,
            stored,
            secret,
            ledger,
        })
    }

    /// The file with the connection that `tenants connect` has stored, where the file itself names none.
    pub(super) fn keep_integration(
        &self,
        text: String,
        config: TenantConfig,
    ) -> Result<(String, TenantConfig), Failure> {
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

    /// Whether this configuration may be written.
    pub(super) fn admit(&self, config: &TenantConfig, update: bool) -> Result<(), Failure> {
        let Some(before) = &self.config else {
            return Ok(());
        };
        let changed = sections(before, config);
        if changed.is_empty() || update {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "there is a tenant {} already, and its configuration is another one ({}). Give --update to replace it, or choose \
             another tenant_id",
            config.tenant_id,
            changed.join(", ")
        )))
    }

    /// Whether configuration or credentials are others than before.
    pub(super) fn changes(&self, config: &TenantConfig, secret: &TenantSecret) -> bool {
        let same_secret = self
            .secret
            .as_ref()
            .is_some_and(|stored| is_same(stored, secret));
        self.config.as_ref() != Some(config) || !same_secret
    }

    /// A sentence where the new credentials lead to another academy than the old ones: people of one company would be
    /// looked for among those of another.
    pub(super) async fn another_academy(
        &self,
        operator: &Operator<'_>,
        config: &TenantConfig,
        secret: &TenantSecret,
    ) -> Result<Option<String>, Failure> {
        let (Some(old_config), Some(old)) = (&self.config, &self.secret) else {
            return Ok(None);
        };
        if is_same(old, secret) && old_config.reteach.base_url == config.reteach.base_url {
            return Ok(None);
        }
        let academy = async |config: &TenantConfig, secret: &TenantSecret| {
            let connections: Connections<Source> = operator.connect(config, secret).ok()?;
            connections.reteach.me().await.ok()
        };
        let (old, new) = (
            academy(old_config, old).await,
            academy(config, secret).await,
        );
        Ok(match (old, new) {
            (Some(old), Some(new)) if old.id != new.id => Some(format!(
                "the new reteach credentials belong to another academy ({} instead of {}): a tenant stays with its academy; \
                 remove it first, or add another tenant",
                new.base_url, old.base_url
            )),
            _ => None,
        })
    }
}

/// Whether two secrets say the same.
pub(super) fn is_same(one: &TenantSecret, other: &TenantSecret) -> bool {
    one.to_json().expose_secret() == other.to_json().expose_secret()
}

/// The sections of a tenant file that differ.
fn sections(before: &TenantConfig, after: &TenantConfig) -> Vec<&'static str> {
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
    } = before;
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
    ];
    differs
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| name)
        .collect()
}
