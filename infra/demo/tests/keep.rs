//! `cargo demo --keep`, as its user has it: a process, an address and Ctrl-C.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ends with the test, also when that panics.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_companies_are_at_the_printed_address_until_ctrl_c() {
    let child = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--keep", "--people", "1", "--route", "direct"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut demo = Demo(child.unwrap());
    let mut lines = BufReader::new(demo.0.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| {
        let line = line.unwrap();
        line.trim().strip_prefix("http://").map(str::to_owned)
    });
    let address = address.unwrap();
    let (host, token) = address.split_once('/').unwrap();
    let get = |path: &str, cookie: &str| {
        let mut stream = TcpStream::connect(host).unwrap();
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).unwrap();
        let head = format!("Host: {host}\r\nCookie: {cookie}\r\nConnection: close");
        write!(stream, "GET {path} HTTP/1.1\r\n{head}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let entered = get(&format!("/{token}"), "none=none");
    let cookie = entered
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.unwrap_or_else(|| panic!("no cookie: {entered}"));
    let page = get("/", cookie.split(';').next().unwrap());
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("/tenants/demo-direct"), "{page}");

    let id = demo.0.id().to_string();
    let asked = Command::new("kill").args(["-INT", &id]).status();
    assert!(asked.unwrap().success());
    assert!(demo.0.wait().unwrap().success());
}
