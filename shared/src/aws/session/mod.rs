//! AWS with the rights of one tenant: its partition of the table, its secret, and nothing of anybody else's.
//!
//! The function assumes a role with a session policy. What the session may do is what both the role and the policy allow,
//! so that a fault in this program cannot reach another tenant's data. Off unless `TENANT_ROLE_ARN` is set.

mod policy;
mod sts;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_types::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::Aws;
use super::config::{ConfigError, Environment, described};
use super::signed_post::SignedPost;
use crate::domain::clock::Clock;
use crate::domain::id::TenantId;
use crate::locked::locked;
use policy::Scope;
use sts::Sts;

/// A session with less than this left is replaced before a run: the longest run takes 15 minutes.
const ENOUGH: SignedDuration = SignedDuration::from_mins(20);

/// Tenants whose sessions are kept by a warm process: those that were used last.
const MOST_KEPT: usize = 64;

/// Why there is no session. Names no tenant and repeats nothing that STS wrote.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SessionError {
    /// The function may not assume the tenants' role, or its own credentials are no good.
    #[error(
        "the tenants' role may not be assumed ({code}): look at its trust policy and at the function's role"
    )]
    Denied { code: String },
    /// STS takes the request for wrong.
    #[error(
        "STS refuses the session's request ({code}): look at TENANT_ROLE_ARN, TABLE_NAME and SECRET_PREFIX"
    )]
    Refused { code: String },
    /// STS cannot be reached, fails, or answers something else.
    #[error("STS did not answer; the next run tries again")]
    Unavailable,
}

/// Sessions, each for one tenant. Copies share them.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    config: SdkConfig,
    sts: Sts,
    scope: Scope,
    clock: Arc<dyn Clock>,
    /// The one used last is the last.
    kept: Mutex<Vec<Session>>,
}

#[derive(Clone)]
struct Session {
    tenant: TenantId,
    aws: Aws,
    until: Timestamp,
}

struct Granted {
    credentials: Credentials,
    until: Timestamp,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("scope", &self.0.scope)
            .finish_non_exhaustive()
    }
}

impl Sessions {
    /// Sessions in `TENANT_ROLE_ARN` for `TABLE_NAME` and the secrets below `SECRET_PREFIX`; `None` where the first is
    /// not set. The rest of the environment is [`sdk_config`](crate::aws::sdk_config)'s, with `AWS_ENDPOINT_URL_STS`.
    pub fn from_environment(
        environment: impl Fn(&str) -> Option<String>,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Self>, ConfigError> {
        Self::described(&Environment(&environment), http, clock)
    }

    fn described(
        read: &Environment<'_>,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(role) = read.optional("TENANT_ROLE_ARN") else {
            return Ok(None);
        };
        let config = described(read, http.clone())?;
        let region = read.required("AWS_REGION")?;
        let table = read.required("TABLE_NAME")?;
        let prefix = read.required("SECRET_PREFIX")?;
        let scope = Scope::new(&role, &region, &table, &prefix);
        let scope = scope.ok_or(ConfigError::Malformed("TENANT_ROLE_ARN"))?;
        let service = SignedPost::described(read, sts::SERVICE, http, Arc::clone(&clock))?;
        let sts = Sts { service, role };
        Ok(Some(Self(Arc::new(Inner {
            config,
            sts,
            scope,
            clock,
            kept: Mutex::default(),
        }))))
    }

    /// AWS as `tenant`: the session that is there, or a new one.
    ///
    /// # Errors
    /// [`SessionError`]. Errors are not kept: the next run asks again.
    pub async fn of(&self, tenant: &TenantId) -> Result<Aws, SessionError> {
        if let Some(session) = self.kept(tenant) {
            return Ok(session.aws);
        }
        let Inner {
            config,
            sts,
            scope,
            kept,
            ..
        } = &*self.0;
        let Granted { credentials, until } = sts.assume(tenant, &scope.policy(tenant)).await?;
        let provider = SharedCredentialsProvider::new(credentials);
        let aws = Aws::new(
            config
                .clone()
                .into_builder()
                .credentials_provider(provider)
                .build(),
        );
        let mut kept = locked(kept);
        kept.retain(|session| session.tenant != *tenant);
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push(Session {
            tenant: tenant.clone(),
            aws: aws.clone(),
            until,
        });
        Ok(aws)
    }

    fn kept(&self, tenant: &TenantId) -> Option<Session> {
        let mut kept = locked(&self.0.kept);
        let enough = self.0.clock.now() + ENOUGH;
        let found = kept
            .iter()
            .position(|session| session.tenant == *tenant && enough < session.until)?;
        let session = kept.remove(found);
        kept.push(session.clone());
        Some(session)
    }
}
