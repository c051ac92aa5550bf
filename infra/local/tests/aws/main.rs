//! The store and the secrets against the local stack: through the real SDK, over HTTP.

#[cfg(test)]
mod certificates;
#[cfg(test)]
mod connector;
#[cfg(test)]
mod employees;
#[cfg(test)]
mod fingerprints;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod stack;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tenant_changes;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod units;
