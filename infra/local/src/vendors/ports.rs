//! Ports that are likely to be free on the next start too.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener};

use super::error::VendorsError;

/// Below the ports that systems use for outgoing connections.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;
const ATTEMPTS: u16 = 100;

/// Calls `start`, which chooses ports, again while another process takes one of them first.
pub(super) async fn chosen<T>(
    mut start: impl AsyncFnMut() -> Result<T, VendorsError>,
) -> Result<T, VendorsError> {
    for _ in 0..ATTEMPTS {
        match start().await {
            Err(VendorsError::PortTaken { .. }) => {}
            started => return started,
        }
    }
    Err(VendorsError::Listen(io::ErrorKind::AddrInUse.into()))
}

pub(super) fn free() -> Result<u16, VendorsError> {
    let random = RandomState::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for attempt in 0..ATTEMPTS {
        let offset = u16::try_from(random.hash_one(attempt) % u64::from(COUNT)).unwrap_or_default();
        match TcpListener::bind((Ipv4Addr::LOCALHOST, FIRST + offset)) {
            Ok(_) => return Ok(FIRST + offset),
            Err(error) => last = error,
        }
    }
    Err(VendorsError::Listen(last))
}
