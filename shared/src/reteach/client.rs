//! The client, and one way to make a call.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::Credentials;
use super::customer::id_text;
use super::error::{Error, check};
use super::limits::{PAGE_SIZE, SMALLER_PAGES, TIMEOUT};
use super::login::{LoginMembers, LoginStore, OwnLogin};
use crate::http::{
    BaseUrl, Context, Deadline, Idempotency, On403, RateLimiter, Reply, Request, Target, Token,
    TokenCache, Vendor,
};

/// reteach's API for one academy; copies share token and pace.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) base: BaseUrl,
    pub(super) credentials: Credentials,
    pub(super) context: Context,
    pub(super) tokens: Arc<TokenCache>,
    pub(super) logins_kept: Option<Arc<dyn LoginStore>>,
    pub(super) last_login: Arc<Mutex<Option<OwnLogin>>>,
    /// What the last answer to a log-in had.
    pub(super) login_members: Arc<Mutex<Option<LoginMembers>>>,
    pub(super) calls: RateLimiter,
    /// Whether the academy takes tags by id only, once it has shown it.
    pub(super) tags_by_id: Arc<OnceLock<bool>>,
    /// The rows of a page of a list, at most: fewer once the academy has refused so many.
    pub(super) page_size: Arc<AtomicU32>,
    /// How many of the participations' filters the academy refuses, once it has shown it.
    pub(super) refused_filters: Arc<AtomicUsize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Academy {
    #[serde(deserialize_with = "id_text")]
    pub id: String,
    pub name: Option<String>,
    /// Where its people log in: `https://acme.reteach.io`.
    pub base_url: String,
}

impl Client {
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// A client for the API at `base` (`https://api.reteach.io`), with at most `max_rate` calls a second.
    #[must_use]
    pub fn new(base: BaseUrl, credentials: Credentials, context: Context, max_rate: f64) -> Self {
        let tokens = Arc::new(TokenCache::new(Arc::clone(context.clock())));
        Self {
            base,
            credentials,
            context,
            tokens,
            logins_kept: None,
            last_login: Arc::default(),
            login_members: Arc::default(),
            calls: RateLimiter::adaptive(max_rate),
            tags_by_id: Arc::default(),
            page_size: Arc::new(AtomicU32::new(PAGE_SIZE)),
            refused_filters: Arc::default(),
        }
    }

    #[must_use]
    pub fn until(mut self, deadline: Deadline) -> Self {
        self.context = self.context.until(deadline);
        self
    }

    /// The same client with another pace: for a simulator without limits.
    #[must_use]
    pub fn with_pace(mut self, pace: RateLimiter) -> Self {
        self.calls = pace;
        self
    }

    /// The same client, which keeps its logins in `store`.
    #[must_use]
    pub fn keeping_logins(mut self, store: Arc<dyn LoginStore>) -> Self {
        self.logins_kept = Some(store);
        self
    }

    /// Whose credentials they are: `GET /me`.
    pub async fn me(&self) -> Result<Academy, Error> {
        let target = self.target(Method::GET, "/me", &[])?;
        Ok(self.read(target).await?.json()?)
    }

    /// Whether the credentials belong to the academy with this id.
    pub async fn is_of(&self, academy: &str) -> Result<bool, Error> {
        Ok(self.me().await?.id == academy)
    }

    /// Goes on with smaller pages after a first page of `size` rows was refused. Returns whether there are any: if not, the
    /// size was not the reason, and the next list begins with large ones again.
    pub(super) fn takes_smaller_pages(&self, size: u32) -> bool {
        let smaller = SMALLER_PAGES.into_iter().find(|smaller| *smaller < size);
        match smaller {
            Some(smaller) => {
                self.page_size.fetch_min(smaller, Ordering::Relaxed);
            }
            None => self.page_size.store(PAGE_SIZE, Ordering::Relaxed),
        }
        smaller.is_some()
    }

    pub(super) fn target(
        &self,
        method: Method,
        path: &'static str,
        segments: &[&str],
    ) -> Result<Target, Error> {
        Ok(Target::new(
            Vendor::Reteach,
            &self.base,
            method,
            path,
            segments,
        )?)
    }

    pub(super) async fn read(&self, target: Target) -> Result<Reply, Error> {
        self.call(Request::new(target, Idempotency::Read, TIMEOUT))
            .await
    }

    /// Makes the call; anything but a success is an error.
    pub(super) async fn call(&self, request: Request) -> Result<Reply, Error> {
        let send = |token| self.send(request.clone(), token);
        let reply = self
            .tokens
            .authorized(|| self.login(), send, On403::Renew)
            .await?;
        check(reply, &request)
    }

    async fn send(&self, request: Request, token: Arc<Token>) -> Result<Reply, Error> {
        Ok(self
            .context
            .send(&request.bearer(token.secret())?, &self.calls)
            .await?)
    }
}
