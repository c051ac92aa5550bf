//! The command line over the local stack and simulated vendors.

#[cfg(test)]
mod add;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod check;
#[cfg(test)]
mod connect;
#[cfg(test)]
mod console;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod forget;
#[cfg(test)]
mod interrupted;
#[cfg(test)]
mod json;
#[cfg(test)]
mod migrate;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod people;
#[cfg(test)]
mod printed;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod process;
#[cfg(test)]
mod region;
#[cfg(test)]
mod remove;
#[cfg(test)]
mod restore;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod session;
#[cfg(test)]
mod state_version;
#[cfg(test)]
mod status;
#[cfg(test)]
mod support;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod versions;
