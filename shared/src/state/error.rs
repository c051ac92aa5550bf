//! What can go wrong with the state.

use thiserror::Error;

use super::{STATE_VERSION, key};

/// Why the state could not be read or written. `item` is the sort key: ids, never a name. `operation` is DynamoDB's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StateError {
    /// DynamoDB asks for patience, and the retries are used up: the next tick goes on.
    #[error("DynamoDB throttles {operation}; the next run tries again")]
    Throttled { operation: &'static str },
    /// No reply, or a server error. A write may have taken effect.
    #[error("DynamoDB did not answer {operation}; the next run tries again")]
    Unavailable { operation: &'static str },
    /// The credentials are refused or lack a right.
    #[error("DynamoDB refuses {operation} ({code}): look at the role's policy")]
    Denied {
        operation: &'static str,
        code: String,
    },
    #[error("the table {table} does not exist: look at TABLE_NAME and the region")]
    NoTable { table: String },
    /// A run with a newer lease has written the item: this run must not write any more.
    #[error("{item} was written by a newer run: this run has lost its lease")]
    Fenced { item: String },
    #[error("the lease was taken over by another run")]
    LeaseLost,
    /// The item is larger than DynamoDB takes (400 KB).
    #[error("{item} is larger than DynamoDB's limit of 400 KB")]
    TooLarge { item: String },
    /// The item is there and does not read as what it should be: written by a newer version, or by hand.
    #[error("{item} cannot be read: written by another version of this program, or by hand")]
    Damaged { item: String },
    /// A newer version of this program has changed the state. Nothing was read or written.
    #[error(
        "the state has version {version}, and this program knows versions up to {STATE_VERSION}: use the newer release again"
    )]
    Newer { version: u32 },
    /// The record cannot be written as an item. A defect of this program.
    #[error("{item} cannot be written as an item")]
    Unwritable { item: String },
    /// No plan with that hash is held: it has changed, was applied or was never there.
    #[error(
        "no plan with this hash is held: it may have changed meanwhile, look at the held plan again"
    )]
    NoSuchPlan,
    /// The certificate does not wait for anybody's decision.
    #[error(
        "certificate {certificate} does not wait for a decision: it may have changed meanwhile, \
         look at the list again"
    )]
    NotParked { certificate: String },
    #[error("there is no tenant {tenant}: `tenants add` makes one")]
    UnknownTenant { tenant: String },
    /// The tenant is not as it was read. Nothing was written.
    #[error("another command has changed the tenant {tenant} meanwhile: repeat this one")]
    Changed { tenant: String },
    /// DynamoDB refuses the call for another reason. A defect of this program.
    #[error("DynamoDB refuses {operation} ({code})")]
    Refused {
        operation: &'static str,
        code: String,
    },
}

impl StateError {
    /// Whether the same call may succeed a moment later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Unavailable { .. })
    }

    /// The kind of the item that cannot be read, in words and without an id. `None` for every other error.
    pub fn damaged_kind(&self) -> Option<&'static str> {
        match self {
            Self::Damaged { item } => Some(key::kind(item)),
            _ => None,
        }
    }
}
