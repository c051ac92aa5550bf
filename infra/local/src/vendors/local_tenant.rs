//! The companies there are.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use shared::tenant::Via;

/// A company: one for each route to Personio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum LocalTenant {
    /// Personio's own API
    LocalDirect,
    /// The same calls through Kombo
    LocalPassthrough,
    /// Kombo's unified model
    LocalKombo,
}

impl LocalTenant {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::LocalDirect, Self::LocalPassthrough, Self::LocalKombo];

    /// Its name as a tenant.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LocalDirect => "local-direct",
            Self::LocalPassthrough => "local-passthrough",
            Self::LocalKombo => "local-kombo",
        }
    }

    /// Its route.
    #[must_use]
    pub fn via(self) -> Via {
        match self {
            Self::LocalDirect => Via::Direct,
            Self::LocalPassthrough => Via::KomboPassthrough,
            Self::LocalKombo => Via::Kombo,
        }
    }

    /// What makes it another company than the others.
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
