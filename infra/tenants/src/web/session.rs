//! Who may use the console: one browser, let in by one token.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::refusal::Refusal;
use crate::failure::{Failure, Result};

/// How long the printed address may wait for its browser.
const TOKEN_LASTS: SignedDuration = SignedDuration::from_mins(10);

/// After that a browser needs a new address.
const SESSION_LASTS: SignedDuration = SignedDuration::from_hours(12);

/// The door of one console. It opens once.
pub(super) struct Door {
    key: hmac::Key,
    token: String,
    opened: Timestamp,
    session: Mutex<Option<Session>>,
}

#[derive(Clone)]
pub(super) struct Session {
    secret: Arc<str>,
    key: hmac::Key,
    since: Timestamp,
}

impl Door {
    pub(super) fn new(now: Timestamp) -> Result<Self> {
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, random()?.as_bytes()),
            token: random()?,
            opened: now,
            session: Mutex::default(),
        })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Exchanges the token for the secret of a cookie.
    pub(super) fn enter(
        &self,
        token: &str,
        now: Timestamp,
    ) -> std::result::Result<String, Refusal> {
        if !self.same(&self.token, token) {
            return Err(Refusal::WrongToken);
        }
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if session.is_some() {
            return Err(Refusal::UsedToken);
        }
        if now >= self.opened + TOKEN_LASTS {
            return Err(Refusal::ExpiredToken);
        }
        let secret = random().map_err(|_| Refusal::WrongToken)?;
        *session = Some(Session {
            secret: Arc::from(secret.as_str()),
            key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            since: now,
        });
        Ok(secret)
    }

    /// The session of the browser with this cookie.
    pub(super) fn session(&self, cookie: Option<&str>, now: Timestamp) -> Option<Session> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = session.clone()?;
        let is_valid = now < session.since + SESSION_LASTS && self.same(&session.secret, cookie?);
        is_valid.then_some(session)
    }

    /// Compares without telling by the time it takes.
    fn same(&self, expected: &str, given: &str) -> bool {
        let tag = hmac::sign(&self.key, expected.as_bytes());
        hmac::verify(&self.key, given.as_bytes(), tag.as_ref()).is_ok()
    }
}

impl Session {
    /// The token that the form for `action` carries: good for this browser and this address only.
    pub(super) fn csrf(&self, action: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, action.as_bytes()))
    }

    pub(super) fn allows(&self, action: &str, token: &str) -> bool {
        let tag = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        hmac::verify(&self.key, action.as_bytes(), &tag).is_ok()
    }
}

fn random() -> Result<String> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Failure::attention("this machine has no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    #[test]
    fn a_token_opens_once() {
        let door = Door::new(at(0)).unwrap();
        let token = door.token().to_owned();
        assert_eq!(door.enter("guess", at(1)), Err(Refusal::WrongToken));
        let cookie = door.enter(&token, at(1)).unwrap();
        assert_eq!(door.enter(&token, at(1)), Err(Refusal::UsedToken));
        assert!(door.session(Some(&cookie), at(1)).is_some());
        assert!(door.session(Some(&token), at(1)).is_none());
        assert!(door.session(None, at(1)).is_none());
    }

    #[test]
    fn a_token_and_a_session_expire() {
        let door = Door::new(at(0)).unwrap();
        let token = door.token().to_owned();
        assert_eq!(door.enter(&token, at(10)), Err(Refusal::ExpiredToken));
        let cookie = door.enter(&token, at(9)).unwrap();
        assert!(door.session(Some(&cookie), at(9 + 12 * 60 - 1)).is_some());
        assert!(door.session(Some(&cookie), at(9 + 12 * 60)).is_none());
    }

    #[test]
    fn an_actions_token_is_good_for_that_action_alone() {
        let door = Door::new(at(0)).unwrap();
        let cookie = door.enter(door.token(), at(0)).unwrap();
        let session = door.session(Some(&cookie), at(0)).unwrap();
        let token = session.csrf("/tenants/acme/approve");
        assert!(session.allows("/tenants/acme/approve", &token));
        for (action, token) in [
            ("/tenants/acme/dismiss", token.as_str()),
            ("/tenants/other/approve", &token),
            ("/tenants/acme/approve", ""),
            ("/tenants/acme/approve", "not base64!"),
        ] {
            assert!(!session.allows(action, token), "{action} {token}");
        }
    }
}
