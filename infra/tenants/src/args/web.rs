//! `tenants web`

use clap::Args;

#[derive(Clone, Copy, Debug, Args)]
pub struct Web {
    /// Show pages without buttons, and refuse every change
    #[arg(long)]
    pub read_only: bool,
    /// The port on 127.0.0.1; a free one by default
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
}
