//! Names that resolve to loopback.

use std::net::{IpAddr, ToSocketAddrs as _};

/// Names which this machine's own resolver leads to this machine or a private network, `localhost` aside: those of the hosts file.
/// They need no network. There may be none.
#[must_use]
pub fn loopback_names() -> Vec<String> {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let entries = hosts
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let names = entries.flat_map(|entry| entry.split_whitespace().skip(1));
    names
        .filter(|name| *name != "localhost" && is_loopback(name))
        .map(str::to_owned)
        .collect()
}

fn is_loopback(name: &str) -> bool {
    let is_here = |address: IpAddr| match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback(),
    };
    let found = (name, 0)
        .to_socket_addrs()
        .map(Vec::from_iter)
        .unwrap_or_default();
    !found.is_empty() && found.iter().all(|address| is_here(address.ip()))
}
