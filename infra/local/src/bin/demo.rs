//! `cargo demo`: see `cargo demo --help`.

use std::io;
use std::process::ExitCode;

use clap::Parser as _;
use local::demo::{self, Args};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    if std::env::var_os("RUST_LOG").is_some() {
        let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env());
        log.with_writer(io::stderr).init();
    }
    demo::run(args, &mut io::stdout()).await
}
