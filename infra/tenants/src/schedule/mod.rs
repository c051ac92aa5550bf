//! The schedules that fire the functions: one per tenant and job.

mod client;
mod wanted;

pub(crate) use client::{Listed, Schedules, Written};
pub(crate) use wanted::{Firing, is_connected, name, parse_name};
