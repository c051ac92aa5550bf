//! A browser that opens the printed address.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// The first page at an address: its token is exchanged for a cookie.
pub(crate) fn first(address: &str) -> String {
    let address = address.strip_prefix("http://").unwrap();
    let (host, token) = address.split_once('/').unwrap();
    let entered = get(host, &format!("/{token}"), "none=none");
    let cookie = entered
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.unwrap_or_else(|| panic!("no cookie: {entered}"));
    let page = get(host, "/?wait=true", cookie.split(';').next().unwrap());
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    page
}

fn get(host: &str, path: &str, cookie: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    let patience = Some(Duration::from_secs(30));
    stream.set_read_timeout(patience).unwrap();
    let head = format!("Host: {host}\r\nCookie: {cookie}\r\nConnection: close");
    write!(stream, "GET {path} HTTP/1.1\r\n{head}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
