//! The schedules that fire the functions: one per tenant and job.

mod client;
mod desired;

pub(crate) use client::{JOBS, ListedSchedule, ScheduleChange, Schedules};
pub(crate) use desired::{Firing, flexible_window, is_connected, name, parse_name};
