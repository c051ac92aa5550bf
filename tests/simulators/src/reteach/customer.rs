//! An account of the academy.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One account with every field the API knows; `None` is null.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Customer {
    pub id: String,
    /// Unique in any case of letters.
    pub email: Option<String>,
    /// Unique; needed where there is no email.
    pub user_name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// A name of the person's own choice.
    pub display_name: Option<String>,
    pub language: Option<String>,
    pub company: Option<String>,
    pub department: Option<String>,
    pub position: Option<String>,
    pub location: Option<String>,
    pub team: Option<String>,
    /// As sent.
    pub birth_date: Option<String>,
    /// `MALE`, `FEMALE` or `DIVERSE`.
    pub gender: Option<String>,
    /// Another system's id of the person; unique.
    pub external_id: Option<String>,
    pub note: Option<String>,
    /// Who hears of expiring certificates.
    pub expired_notification_mail: Option<String>,
    /// `DEFAULT` (also when null) or `SSO`.
    pub authentication_method: Option<String>,
    /// Locked before this moment.
    pub set_active_at: Option<Timestamp>,
    /// Locked from this moment on.
    pub set_inactive_at: Option<Timestamp>,
    /// Where the account comes from.
    pub source: Source,
    /// How far the person has come; [`Customer::status`] is this, or `INACTIVE` when locked.
    pub account: Account,
    pub last_login_at: Option<Timestamp>,
    /// When the account was made; filled in by [`insert`](super::Reteach::insert) where it is `None`.
    pub registered_at: Option<Timestamp>,
    /// Names of the tags, in the order they were given.
    pub tags: Vec<String>,
    /// How often `send-invitation` was called.
    pub invitations: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Source {
    /// Made by an admin.
    #[default]
    Manual,
    /// Made by the person.
    Optin,
    /// Made at the first SAML log-in.
    Saml,
    /// Made at the first OpenID Connect log-in.
    Oidc,
    /// Made by a purchase.
    Order,
    /// Made by a file import.
    Import,
    /// Made through this API.
    RestApi,
}

/// How far an account has come, apart from locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Account {
    #[default]
    Added,
    /// Invited, not logged in yet.
    Invited,
    Active,
}

impl Customer {
    #[must_use]
    pub fn status(&self, now: Timestamp) -> &'static str {
        if self.is_locked(now) {
            "INACTIVE"
        } else {
            self.open_status()
        }
    }

    /// The same as if nothing had locked the account.
    pub(super) fn open_status(&self) -> &'static str {
        match self.account {
            Account::Added => "ADDED",
            Account::Invited => "INVITED",
            Account::Active => "ACTIVE",
        }
    }

    /// Whether the account is locked at `now`.
    #[must_use]
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.set_active_at.is_some_and(|from| now < from)
            || self.set_inactive_at.is_some_and(|until| until <= now)
    }
}
