//! The local region: what fires, what runs where, what is kept.

#[cfg(test)]
mod endpoint;
#[cfg(test)]
mod functions;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod support;
