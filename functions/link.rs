//! Build script of both functions: links a release without the tables for unwinding.
#![expect(clippy::print_stdout, reason = "so a build script speaks to cargo")]

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=../without_unwinding.ld");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|it| it == value);
    // Only a release aborts where it panics, and only there nobody reads the tables.
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") {
        let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/../without_unwinding.ld");
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    }
}
