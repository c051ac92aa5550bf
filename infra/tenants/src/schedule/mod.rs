//! The schedules that fire the functions: one per tenant and job.

mod client;
mod desired;

pub(crate) use client::{JOBS, ListedSchedule, ScheduleChange, Schedules};
pub(crate) use desired::{Firing, firing, is_connected, longest_wait, name, parse_name};
