//! A tenant's credentials: one secret per tenant in Secrets Manager, read when needed and kept for a while. The key of
//! Kombo may be one of the stack.

mod login_key;
mod seal;
mod store;
mod tenant;

pub use login_key::LoginKey;
pub use seal::SealKey;
pub use store::{SecretError, Secrets};
pub use tenant::{
    KomboSecret, MalformedSecret, NoticesSecret, PersonioSecret, ReteachSecret, TenantSecret,
};
