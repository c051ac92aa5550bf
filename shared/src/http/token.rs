//! One login for all calls of a credential.

use std::future::Future;
use std::sync::{Arc, Mutex as StdMutex};

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::Reply;
use crate::domain::clock::Clock;
use crate::locked::locked;

/// A token is renewed this long before its end, or at half its life if that comes first.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug)]
pub struct Grant {
    pub token: SecretString,
    pub lives: SignedDuration,
}

#[derive(Debug)]
pub struct Token {
    secret: SecretString,
    renew_at: Timestamp,
    generation: u64,
    /// When a 403 turned out to be about a right, not about this token: a login did not help.
    lacks_rights: StdMutex<Option<Timestamp>>,
}

/// For so long after a login did not help against a 403, it is not tried again.
const RIGHTS_LACK_FOR: SignedDuration = SignedDuration::from_mins(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On403 {
    /// A log-in: some vendors answer a dead token so. Once a fresh one gets a 403 too, a right is missing.
    Renew,
    /// It is returned. For calls that are costly to repeat.
    Return,
}

/// An answer with a status: read, or still to be read.
pub trait Answered {
    fn status(&self) -> StatusCode;
}

impl Answered for Reply {
    fn status(&self) -> StatusCode {
        self.status
    }
}

impl Answered for reqwest::Response {
    fn status(&self) -> StatusCode {
        self.status()
    }
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
        Self {
            clock,
            slot: Mutex::new(None),
        }
    }

    pub async fn is_filled(&self) -> bool {
        self.slot.lock().await.is_some()
    }

    /// Makes `call` with the token; on a 401, and on a 403 as `on_403` says, once more with a fresh one. A second one is
    /// returned.
    pub async fn authorized<R: Answered, E, L, LF, C, CF>(
        &self,
        login: L,
        call: C,
        on_403: On403,
    ) -> Result<R, E>
    where
        L: Fn() -> LF,
        LF: Future<Output = Result<Grant, E>>,
        C: Fn(Arc<Token>) -> CF,
        CF: Future<Output = Result<R, E>>,
    {
        let token = self.current(&login).await?;
        let reply = call(Arc::clone(&token)).await?;
        let is_forbidden = reply.status() == StatusCode::FORBIDDEN;
        let may_be_dead =
            is_forbidden && on_403 == On403::Renew && !token.lacks_rights_at(self.clock.now());
        if reply.status() != StatusCode::UNAUTHORIZED && !may_be_dead {
            return Ok(reply);
        }
        let fresh = match self.replace(&token, &login).await {
            // The token may be good: the 403 stands.
            Err(_) if is_forbidden => {
                token.notes_lacking_rights(self.clock.now());
                return Ok(reply);
            }
            fresh => fresh?,
        };
        let reply = call(Arc::clone(&fresh)).await?;
        if reply.status() == StatusCode::FORBIDDEN {
            fresh.notes_lacking_rights(self.clock.now());
        }
        Ok(reply)
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
    async fn replace<E, LF>(
        &self,
        refused: &Token,
        login: &impl Fn() -> LF,
    ) -> Result<Arc<Token>, E>
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
        let renew_at = self
            .clock
            .now()
            .saturating_add(usable)
            .unwrap_or(Timestamp::MAX);
        let token = Arc::new(Token {
            secret: token,
            renew_at,
            generation,
            lacks_rights: StdMutex::default(),
        });
        *slot = Some(Arc::clone(&token));
        Ok(token)
    }
}

impl Token {
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    fn lacks_rights_at(&self, now: Timestamp) -> bool {
        let since = locked(&self.lacks_rights);
        since.is_some_and(|since| now.duration_since(since) < RIGHTS_LACK_FOR)
    }

    fn notes_lacking_rights(&self, now: Timestamp) {
        *locked(&self.lacks_rights) = Some(now);
    }
}

crate::debug_only!(TokenCache);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use reqwest::Method;
    use secrecy::ExposeSecret;

    use super::*;
    use crate::domain::clock::ManualClock;
    use crate::http::{Call, Effect, Origin, Vendor};

    /// Hands out `token-0`, `token-1`, … that live an hour.
    struct Logins {
        made: AtomicUsize,
        clock: ManualClock,
        cache: TokenCache,
    }

    impl Logins {
        fn new() -> Self {
            let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
            let cache = TokenCache::new(Arc::new(clock.clone()));
            Self {
                made: AtomicUsize::new(0),
                clock,
                cache,
            }
        }

        async fn login(&self) -> Result<Grant, &'static str> {
            tokio::task::yield_now().await;
            let number = self.made.fetch_add(1, Ordering::SeqCst);
            let token = SecretString::from(format!("token-{number}"));
            Ok(Grant {
                token,
                lives: SignedDuration::from_hours(1),
            })
        }

        /// A call that is refused while the token is one of `refused`; returns the last token and the status.
        async fn call(&self, refused: &[&str]) -> (String, u16) {
            self.call_refused_with(401, refused).await
        }

        async fn call_refused_with(&self, status: u16, refused: &[&str]) -> (String, u16) {
            let used = std::sync::Mutex::new(String::new());
            let call = |token: Arc<Token>| {
                let secret = token.secret().expose_secret().to_owned();
                let is_refused = refused.contains(&secret.as_str());
                let status = if is_refused { status } else { 200 };
                *used.lock().unwrap() = secret;
                async move {
                    tokio::task::yield_now().await;
                    Ok(reply(status))
                }
            };
            let reply = self
                .cache
                .authorized(|| self.login(), call, On403::Renew)
                .await
                .unwrap();
            (used.into_inner().unwrap(), reply.status.as_u16())
        }
    }

    fn reply(status: u16) -> Reply {
        Reply {
            call: Call {
                vendor: Vendor::Reteach,
                method: Method::GET,
                path: "/me",
            },
            status: StatusCode::from_u16(status).unwrap(),
            headers: Default::default(),
            body: Default::default(),
            effect: Effect::None,
            origin: Origin::Called,
            asked: None,
            within: &[],
        }
    }

    #[tokio::test]
    async fn many_calls_at_once_share_one_login() {
        let logins = Logins::new();
        let answers = join_all((0..20).map(|_| logins.call(&[]))).await;
        assert_eq!(answers, vec![("token-0".to_owned(), 200); 20]);
        assert_eq!(logins.made.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_token_is_renewed_before_its_end() {
        let logins = Logins::new();
        logins.call(&[]).await;
        logins.clock.advance(SignedDuration::from_mins(54));
        assert_eq!(logins.call(&[]).await.0, "token-0");
        logins.clock.advance(SignedDuration::from_mins(1));
        assert_eq!(logins.call(&[]).await.0, "token-1");
    }

    #[tokio::test]
    async fn a_refused_token_is_renewed_once_for_all() {
        let logins = Logins::new();
        logins.call(&[]).await;
        let answers = join_all((0..20).map(|_| logins.call(&["token-0"]))).await;
        assert_eq!(answers, vec![("token-1".to_owned(), 200); 20]);
        assert_eq!(logins.made.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_second_401_is_the_answer() {
        let logins = Logins::new();
        let refused = ["token-0", "token-1", "token-2"];
        assert_eq!(logins.call(&refused).await, ("token-1".to_owned(), 401));
        assert_eq!(logins.made.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_revoked_token_that_is_answered_403_is_renewed() {
        let logins = Logins::new();
        logins.call(&[]).await;
        let calls = (0..20).map(|_| logins.call_refused_with(403, &["token-0"]));
        assert_eq!(join_all(calls).await, vec![("token-1".to_owned(), 200); 20]);
        let refused = ["token-0", "token-1"];
        let again = logins.call_refused_with(403, &refused).await;
        assert_eq!(again, ("token-2".to_owned(), 200));
        assert_eq!(logins.made.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_missing_right_costs_one_login_not_one_for_each_call() {
        let logins = Logins::new();
        let refused = ["token-0", "token-1", "token-2"];
        for _ in 0..20 {
            let answer = logins.call_refused_with(403, &refused).await;
            assert_eq!(answer, ("token-1".to_owned(), 403));
        }
        assert_eq!(logins.made.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_missing_right_does_not_keep_a_dead_token_for_its_whole_life() {
        let logins = Logins::new();
        logins.call_refused_with(403, &["token-0", "token-1"]).await;
        logins.clock.advance(SignedDuration::from_mins(9));
        let refused = ["token-0", "token-1"];
        let answer = logins.call_refused_with(403, &refused).await;
        assert_eq!(answer, ("token-1".to_owned(), 403));
        logins.clock.advance(SignedDuration::from_mins(1));
        let answer = logins.call_refused_with(403, &refused).await;
        assert_eq!(answer, ("token-2".to_owned(), 200));
    }

    #[tokio::test]
    async fn a_403_stands_where_no_login_is_possible() {
        let logins = Logins::new();
        logins.call(&[]).await;
        let tried = AtomicUsize::new(0);
        let login = || async {
            tried.fetch_add(1, Ordering::SeqCst);
            Err("the code is good once")
        };
        for _ in 0..5 {
            let call = |_| async { Ok(reply(403)) };
            let answer = logins.cache.authorized(login, call, On403::Renew).await;
            assert_eq!(answer.map(|reply| reply.status.as_u16()), Ok(403));
        }
        assert_eq!(tried.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_failed_login_leaves_no_token_behind() {
        let logins = Logins::new();
        let call = |_| async { Ok(reply(200)) };
        let failed = logins
            .cache
            .authorized(|| async { Err("down") }, call, On403::Renew)
            .await;
        assert_eq!(failed.map(|reply| reply.status), Err("down"));
        assert_eq!(logins.call(&[]).await.0, "token-0");
    }
}
