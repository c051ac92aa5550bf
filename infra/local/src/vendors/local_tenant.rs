//! The companies of `cargo local`.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use shared::tenant::Via;

/// One company for each route to Personio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum LocalTenant {
    /// Personio's own API
    LocalDirect,
    /// Personio's API through Kombo's passthrough
    LocalPassthrough,
    /// Kombo's unified model
    LocalKombo,
}

impl LocalTenant {
    pub const ALL: [Self; 3] = [Self::LocalDirect, Self::LocalPassthrough, Self::LocalKombo];

    pub fn name(self) -> &'static str {
        match self {
            Self::LocalDirect => "local-direct",
            Self::LocalPassthrough => "local-passthrough",
            Self::LocalKombo => "local-kombo",
        }
    }

    #[must_use]
    pub fn via(self) -> Via {
        match self {
            Self::LocalDirect => Via::Direct,
            Self::LocalPassthrough => Via::KomboPassthrough,
            Self::LocalKombo => Via::Kombo,
        }
    }

    /// Makes each company different.
    pub(super) fn seed(self) -> u64 {
        match self {
            Self::LocalDirect => 1,
            Self::LocalPassthrough => 2,
            Self::LocalKombo => 3,
        }
    }
}

impl fmt::Display for LocalTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
