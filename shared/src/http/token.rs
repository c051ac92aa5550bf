//! One login for all calls of a credential.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::Reply;
use crate::clock::Clock;

/// A token is renewed this long before its end, or at half its life if that comes first.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// What a login brought.
#[derive(Debug)]
pub struct Grant {
    /// The bearer token.
    pub token: SecretString,
    /// How long it lives from now.
    pub lives: SignedDuration,
}

/// A token in use.
#[derive(Debug)]
pub struct Token {
    secret: SecretString,
    renew_at: Timestamp,
    generation: u64,
}

/// Keeps the token of one credential: fetched once, however many calls need it at the same moment.
pub struct TokenCache {
    clock: Arc<dyn Clock>,
    slot: Mutex<Option<Arc<Token>>>,
}

impl TokenCache {
    /// An empty cache; `clock` decides when a token is due for renewal.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, slot: Mutex::new(None) }
    }

    /// Makes `call` with the token; on a 401 once more with a fresh one. A second 401 is returned as it is.
    ///
    /// # Errors
    /// Whatever `login` or `call` fails with.
    pub async fn authorized<E, L, LF, C, CF>(&self, login: L, call: C) -> Result<Reply, E>
    where
        L: Fn() -> LF,
        LF: Future<Output = Result<Grant, E>>,
        C: Fn(Arc<Token>) -> CF,
        CF: Future<Output = Result<Reply, E>>,
    {
        let token = self.current(&login).await?;
        let reply = call(Arc::clone(&token)).await?;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        let token = self.replace(&token, &login).await?;
        call(token).await
    }

    /// The token, from a login if there is none or it is about to end.
    async fn current<E, LF>(&self, login: &impl Fn() -> LF) -> Result<Arc<Token>, E>
    where
        LF: Future<Output = Result<Grant, E>>,
    {
        let mut slot = self.slot.lock().await;
        match slot.as_ref() {
            Some(token) if self.clock.now() < token.renew_at => Ok(Arc::clone(token)),
            _ => self.fill(&mut slot, login).await,
        }
    }

    /// A token other than `refused`, which another call may have fetched already.
    async fn replace<E, LF>(&self, refused: &Token, login: &impl Fn() -> LF) -> Result<Arc<Token>, E>
    where
        LF: Future<Output = Result<Grant, E>>,
    {
        let mut slot = self.slot.lock().await;
        match slot.as_ref() {
            Some(token) if token.generation != refused.generation => Ok(Arc::clone(token)),
            _ => self.fill(&mut slot, login).await,
        }
    }

    /// Logs in while the slot is locked, so that all others wait for this login instead of making their own.
    async fn fill<E, LF>(
        &self,
        slot: &mut Option<Arc<Token>>,
        login: &impl Fn() -> LF,
    ) -> Result<Arc<Token>, E>
    where
        LF: Future<Output = Result<Grant, E>>,
    {
        let generation = slot.as_ref().map_or(0, |token| token.generation + 1);
        let Grant { token, lives } = login().await?;
        let usable = lives - MARGIN.min(lives / 2);
        let renew_at = self.clock.now().saturating_add(usable).unwrap_or(Timestamp::MAX);
        let token = Arc::new(Token { secret: token, renew_at, generation });
        *slot = Some(Arc::clone(&token));
        Ok(token)
    }
}

impl Token {
    /// The bearer token.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}
