//! `cargo demo --keep` and `cargo local`, as their users have them: processes, an address and Ctrl-C.

#[cfg(test)]
mod keep;
#[cfg(test)]
mod local;
#[cfg(test)]
mod page;
