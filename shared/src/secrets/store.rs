//! Secrets Manager behind a cache.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::{KomboSecret, MalformedSecret, TenantSecret};
use crate::aws::{Aws, KOMBO_OF_STACK};
use crate::domain::clock::Clock;
use crate::domain::id::TenantId;
use crate::locked::locked;

/// How long a secret is used without looking again. One that was changed is noticed sooner: the old credential is
/// refused, and [`Secrets::refresh`] reads again.
const KEEP: SignedDuration = SignedDuration::from_mins(15);

/// What Secrets Manager answers where a secret is marked for deletion.
const MARKED_FOR_DELETION: &str = "InvalidRequestException";

/// Why there are no credentials. `name` is the secret's name in Secrets Manager.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SecretError {
    #[error("there is no secret {name}: `tenants add` stores one")]
    NotFound { name: String },
    /// The function's role may not read it.
    #[error(
        "the secret {name} may not be read or written ({code}): look at the role's policy and at the key's"
    )]
    Denied { name: String, code: String },
    /// It is there and is not what it should be.
    #[error("the secret {name}: {source}; store it again, a tenant's with `tenants add`")]
    Malformed {
        name: String,
        /// The member, and what is wrong with it.
        source: MalformedSecret,
    },
    /// Secrets Manager cannot be reached or is throttling: the next tick tries again.
    #[error("Secrets Manager did not answer for {name}; the next run tries again")]
    Unavailable { name: String },
    /// Secrets Manager refuses the call for another reason: `InvalidRequestException` is a secret that is marked for
    /// deletion.
    #[error("Secrets Manager refuses {name} ({code})")]
    Refused { name: String, code: String },
}

impl SecretError {
    #[must_use]
    pub fn is_marked_for_deletion(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == MARKED_FOR_DELETION)
    }
}

/// The tenants' secrets. Copies share the cache.
#[derive(Clone)]
pub struct Secrets {
    client: aws_sdk_secretsmanager::Client,
    prefix: Arc<str>,
    clock: Arc<dyn Clock>,
    keep: SignedDuration,
    cache: Arc<Mutex<HashMap<TenantId, Cached>>>,
    of_stack: Arc<Mutex<Option<KeyOfStack>>>,
}

struct Cached {
    secret: Arc<TenantSecret>,
    version: Option<String>,
    read_at: Timestamp,
}

#[derive(Clone)]
struct KeyOfStack {
    kombo: KomboSecret,
    version: Option<String>,
    read_at: Timestamp,
}

crate::debug_only!(Secrets, prefix);

impl Secrets {
    /// The secrets named `<prefix>/<tenant>`, each kept for 15 minutes.
    #[must_use]
    pub fn new(aws: &Aws, prefix: &str, clock: Arc<dyn Clock>) -> Self {
        let client = aws.secrets_manager().clone();
        Self {
            client,
            prefix: prefix.into(),
            clock,
            keep: KEEP,
            cache: Arc::default(),
            of_stack: Arc::default(),
        }
    }

    /// The same secrets through other clients, with other rights. The cache is shared.
    #[must_use]
    pub fn over(&self, aws: &Aws) -> Self {
        Self {
            client: aws.secrets_manager().clone(),
            ..self.clone()
        }
    }

    /// The tenant's secret, from the cache if it was read within the time limit.
    ///
    /// # Errors
    /// [`SecretError`]. Errors are not kept: the next call asks again.
    pub async fn get(&self, tenant: &TenantId) -> Result<Arc<TenantSecret>, SecretError> {
        match self.cached(tenant) {
            Some(secret) => Ok(secret),
            None => self.read(tenant, self.keep).await,
        }
    }

    /// When the tenant's secret was last changed. Its value is not read.
    pub async fn changed_at(&self, tenant: &TenantId) -> Result<Option<Timestamp>, SecretError> {
        self.changed(&self.name(tenant)).await
    }

    /// When the stack's key of Kombo was last changed, if the stack has one.
    pub async fn key_of_stack_changed_at(&self) -> Result<Option<Timestamp>, SecretError> {
        match self.changed(&self.name_of_stack()).await {
            Err(SecretError::NotFound { .. }) => Ok(None),
            changed => changed,
        }
    }

    async fn changed(&self, name: &str) -> Result<Option<Timestamp>, SecretError> {
        let reply = self.client.describe_secret().secret_id(name).send().await;
        let reply = reply.map_err(|error| failure(&error, name))?;
        let changed = reply.last_changed_date.or(reply.created_date);
        Ok(changed.and_then(|changed| Timestamp::from_second(changed.secs()).ok()))
    }

    /// The tenant's secret, read again: once after a vendor has refused a credential. The same version is the same
    /// [`Arc`] as before, so that a caller sees whether anything has changed, and keeps its tokens if not.
    pub async fn refresh(&self, tenant: &TenantId) -> Result<Arc<TenantSecret>, SecretError> {
        self.read(tenant, SignedDuration::ZERO).await
    }

    /// `secret` with the stack's key of Kombo, if it has no credentials of an HR system and the stack has a key.
    pub async fn complete(&self, secret: TenantSecret) -> Result<TenantSecret, SecretError> {
        let (secret, _) = self.with_key_of_stack(secret, SignedDuration::ZERO).await?;
        Ok(secret)
    }

    /// Reads the tenant's secret. The stack's key may be as old as `keep`.
    async fn read(
        &self,
        tenant: &TenantId,
        keep: SignedDuration,
    ) -> Result<Arc<TenantSecret>, SecretError> {
        let (secret, version) = self.value(&self.name(tenant)).await?;
        let (secret, of_stack) = self.with_key_of_stack(secret, keep).await?;
        let version = version.map(|version| match of_stack {
            Some(of_stack) => format!("{version} {of_stack}"),
            None => version,
        });
        let mut cache = locked(&self.cache);
        let known = cache
            .get(tenant)
            .filter(|known| version.is_some() && known.version == version);
        let secret = known.map_or_else(|| Arc::new(secret), |known| Arc::clone(&known.secret));
        let read_at = self.clock.now();
        // A process meets thousands of tenants in its life. Whose secret was due and nobody asked for it has gone elsewhere.
        cache.retain(|_, known| read_at.duration_since(known.read_at) < self.keep * 2);
        cache.insert(
            tenant.clone(),
            Cached {
                secret: Arc::clone(&secret),
                version,
                read_at,
            },
        );
        Ok(secret)
    }

    /// Stores the tenant's secret, making it if there is none.
    pub async fn put(&self, tenant: &TenantId, secret: &TenantSecret) -> Result<(), SecretError> {
        let name = self.name(tenant);
        let text = secret.to_json();
        locked(&self.cache).remove(tenant);
        let put = self
            .client
            .put_secret_value()
            .secret_id(&name)
            .secret_string(text.expose_secret());
        match put.send().await.map_err(|error| failure(&error, &name)) {
            Ok(_) => Ok(()),
            Err(SecretError::NotFound { .. }) => self.create(&name, &text).await,
            Err(error) => Err(error),
        }
    }

    /// Marks the tenant's secret for deletion in `days` days (7 to 30); until then [`restore`](Self::restore) brings it
    /// back. Returns whether there was one.
    pub async fn delete(&self, tenant: &TenantId, days: i64) -> Result<bool, SecretError> {
        let name = self.name(tenant);
        locked(&self.cache).remove(tenant);
        let delete = self
            .client
            .delete_secret()
            .secret_id(&name)
            .recovery_window_in_days(days);
        match delete.send().await.map_err(|error| failure(&error, &name)) {
            Ok(_) => Ok(true),
            // The second is one that is marked already.
            Err(SecretError::NotFound { .. }) => Ok(false),
            Err(SecretError::Refused { code, .. }) if code == MARKED_FOR_DELETION => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Brings back a secret that is marked for deletion.
    pub async fn restore(&self, tenant: &TenantId) -> Result<(), SecretError> {
        let name = self.name(tenant);
        let restore = self.client.restore_secret().secret_id(&name);
        restore
            .send()
            .await
            .map(|_| ())
            .map_err(|error| failure(&error, &name))
    }

    /// The secret of this name, and its version.
    async fn value(&self, name: &str) -> Result<(TenantSecret, Option<String>), SecretError> {
        let reply = self.client.get_secret_value().secret_id(name).send().await;
        let reply = reply.map_err(|error| failure(&error, name))?;
        let text = SecretString::from(reply.secret_string.unwrap_or_default());
        let secret = TenantSecret::parse(&text).map_err(|source| malformed(name, source))?;
        Ok((secret, reply.version_id))
    }

    /// And the version of the stack's key, where it was taken.
    async fn with_key_of_stack(
        &self,
        mut secret: TenantSecret,
        keep: SignedDuration,
    ) -> Result<(TenantSecret, Option<String>), SecretError> {
        if !secret.takes_key_of_stack() {
            return Ok((secret, None));
        }
        let Some(key) = self.key_of_stack(keep).await? else {
            return Ok((secret, None));
        };
        secret.kombo = Some(key.kombo);
        Ok((secret, key.version))
    }

    /// One that was read within `keep`, or a new one. `None`: the stack has none.
    async fn key_of_stack(&self, keep: SignedDuration) -> Result<Option<KeyOfStack>, SecretError> {
        let now = self.clock.now();
        let known = locked(&self.of_stack).clone();
        if let Some(known) = known.filter(|known| now.duration_since(known.read_at) < keep) {
            return Ok(Some(known));
        }
        let name = self.name_of_stack();
        let (secret, version) = match self.value(&name).await {
            Ok(read) => read,
            Err(SecretError::NotFound { .. }) => return Ok(None),
            Err(error) if error.is_marked_for_deletion() => return Ok(None),
            Err(error) => return Err(error),
        };
        let kombo = secret.kombo.ok_or_else(|| {
            let member = "kombo".to_owned();
            let problem = "is missing".to_owned();
            malformed(&name, MalformedSecret { member, problem })
        })?;
        let key = KeyOfStack {
            kombo: KomboSecret {
                is_of_stack: true,
                ..kombo
            },
            version,
            read_at: now,
        };
        *locked(&self.of_stack) = Some(key.clone());
        Ok(Some(key))
    }

    async fn create(&self, name: &str, text: &SecretString) -> Result<(), SecretError> {
        let create = self
            .client
            .create_secret()
            .name(name)
            .secret_string(text.expose_secret());
        create
            .send()
            .await
            .map(|_| ())
            .map_err(|error| failure(&error, name))
    }

    fn cached(&self, tenant: &TenantId) -> Option<Arc<TenantSecret>> {
        let cache = locked(&self.cache);
        let cached = cache.get(tenant)?;
        let age = self.clock.now().duration_since(cached.read_at);
        (age < self.keep).then(|| cached.secret.clone())
    }

    fn name(&self, tenant: &TenantId) -> String {
        format!("{}/{tenant}", self.prefix)
    }

    fn name_of_stack(&self) -> String {
        format!("{}/{KOMBO_OF_STACK}", self.prefix)
    }
}

fn malformed(name: &str, source: MalformedSecret) -> SecretError {
    SecretError::Malformed {
        name: name.to_owned(),
        source,
    }
}

/// The error without what Secrets Manager wrote.
fn failure<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, name: &str) -> SecretError {
    let name = name.to_owned();
    let is_reply = matches!(
        error,
        SdkError::ServiceError(_) | SdkError::ConstructionFailure(_)
    );
    let is_server_error = error
        .raw_response()
        .is_some_and(|reply| reply.status().is_server_error());
    let code = error.code().unwrap_or("no error code");
    match code {
        _ if !is_reply || is_server_error => SecretError::Unavailable { name },
        "ThrottlingException" | "LimitExceededException" => SecretError::Unavailable { name },
        "ResourceNotFoundException" => SecretError::NotFound { name },
        "AccessDeniedException"
        | "DecryptionFailure"
        | "EncryptionFailure"
        | "ExpiredTokenException"
        | "InvalidSignatureException"
        | "UnrecognizedClientException" => SecretError::Denied {
            name,
            code: code.to_owned(),
        },
        _ => SecretError::Refused {
            name,
            code: code.to_owned(),
        },
    }
}
