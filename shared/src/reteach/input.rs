//! What is written to an account.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::Gender;
use crate::domain::employee::Field;
use crate::domain::id::ExternalId;

/// The fields of a create or an update: absent ones are not sent, null ones are sent as null.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerInput {
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub email: Field<String>,
    /// User name: reteach needs it where there is no mail address.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub user_name: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub first_name: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub last_name: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub position: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub company: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub department: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub location: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub gender: Field<Gender>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub external_id: Field<ExternalId>,
    /// Locked before this moment; null: no beginning.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub set_active_at: Field<Timestamp>,
    /// Locked from this moment on; null: no end.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub set_inactive_at: Field<Timestamp>,
    /// Language, `DE` or `EN` among others.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub language: Field<String>,
}

impl fmt::Debug for CustomerInput {
    /// Names the account by its external id only: the rest is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerInput")
            .field("external_id", &self.external_id)
            .finish_non_exhaustive()
    }
}
