//! The command line over the local stack and simulated vendors.

mod add;
mod certificates;
mod check;
mod connect;
mod explain;
mod interrupted;
mod printed;
mod remove;
mod runs;
mod status;
mod support;
mod usage;
