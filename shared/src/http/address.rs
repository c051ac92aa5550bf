//! Addresses that vendors and tenants may name: only those of the public internet.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

/// The name resolves to a private network, this machine, or a cloud's metadata service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the name leads to an address that is not public")]
pub struct NotPublic;

/// Resolves names to public addresses only, so that no answer of a name server leads into a private network. The
/// connection goes to the very address that was looked at. `localhost` means this machine and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct PublicAddresses<R>(pub R);

/// The machine's own name servers.
#[derive(Clone, Copy, Debug)]
pub struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let look_up = move || (name, 0).to_socket_addrs();
            let all = tokio::task::spawn_blocking(look_up)
                .await
                .map_err(io::Error::other)??;
            Ok(Box::new(all) as Addrs)
        })
    }
}

impl<R: Resolve> Resolve for PublicAddresses<R> {
    fn resolve(&self, name: Name) -> Resolving {
        let local = name.as_str() == "localhost";
        let resolving = self.0.resolve(name);
        Box::pin(async move {
            let all: Vec<SocketAddr> = resolving.await?.collect();
            Ok(Box::new(acceptable(all, local)?.into_iter()) as Addrs)
        })
    }
}

/// All of `addresses`, or none: a name that leads to both kinds is not an honest one.
fn acceptable(addresses: Vec<SocketAddr>, local: bool) -> Result<Vec<SocketAddr>, NotPublic> {
    let fits = |address: &SocketAddr| match local {
        true => address.ip().is_loopback(),
        false => is_public(address.ip()),
    };
    if addresses.iter().all(fits) {
        Ok(addresses)
    } else {
        Err(NotPublic)
    }
}

/// Whether `address` belongs to the public internet (IANA's special-purpose registries, as of 2026).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        // Shared address space, IETF protocols, 6to4 relays, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // IPv4 in other clothes: mapped, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            embedded(high, low)
        }
        [0x2002, high, low, ..] => embedded(high, low),
        // Documentation; IETF protocols, Teredo among them.
        [0x2001, 0xdb8, ..] | [0x2001, 0..0x200, ..] | [0x3fff, 0..0x1000, ..] => false,
        // Only 2000::/3 is global unicast; the metadata services live in fd00::/8 and fe80::/10.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for (address, public) in [
            ("93.184.216.34", true),
            ("8.8.8.8", true),
            ("100.63.255.255", true),
            ("100.128.0.0", true),
            ("172.15.0.1", true),
            ("172.32.0.1", true),
            ("192.0.1.1", true),
            ("192.88.98.1", true),
            ("8.8.99.8", true),
            ("198.17.255.255", true),
            ("198.20.0.0", true),
            ("127.0.0.1", false),
            ("127.9.9.9", false),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.0.0.1", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("169.254.170.2", false),
            ("100.64.0.1", false),
            ("100.100.100.200", false),
            ("192.0.0.192", false),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("198.18.0.1", false),
            ("198.19.255.255", false),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("224.0.0.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:2800:220:1:248:1893:25c8:1946", true),
            ("2a05:d018::1", true),
            ("64:ff9b::808:808", true),
            ("2002:808:808::1", true),
            ("::ffff:8.8.8.8", true),
            ("::", false),
            ("::1", false),
            ("::7f00:1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("64:ff9b:1::808:808", false),
            ("2002:a9fe:a9fe::1", false),
            ("2002:7f00:1::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("3fff::1", false),
            ("fd00:ec2::254", false),
            ("fc00::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[test]
    fn one_address_on_an_internal_network_spoils_the_name() {
        let socket = |address: &str| SocketAddr::new(address.parse().unwrap(), 0);
        let (public, metadata, local) = (
            socket("8.8.8.8"),
            socket("169.254.169.254"),
            socket("127.0.0.1"),
        );
        for (addresses, is_local, fits) in [
            (vec![public], false, true),
            (vec![public, metadata], false, false),
            (vec![local], false, false),
            (vec![local], true, true),
            (vec![local, public], true, false),
        ] {
            let is_ok = acceptable(addresses.clone(), is_local).is_ok();
            assert_eq!(is_ok, fits, "{addresses:?}");
        }
    }

    #[tokio::test]
    async fn resolves_localhost_to_this_machine() {
        let resolved = PublicAddresses(SystemNames)
            .resolve("localhost".parse().unwrap())
            .await
            .unwrap();
        assert!(
            resolved
                .map(|address| address.ip())
                .all(|address| address.is_loopback())
        );
    }
}
