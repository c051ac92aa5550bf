use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::page;

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
        let address = line.trim();
        address.starts_with("http://").then(|| address.to_owned())
    });
    let page = page::first(&address.unwrap());
    assert!(page.contains("/tenants/demo-direct"), "{page}");

    let id = demo.0.id().to_string();
    let asked = Command::new("kill").args(["-INT", &id]).status();
    assert!(asked.unwrap().success());
    assert!(demo.0.wait().unwrap().success());
}
