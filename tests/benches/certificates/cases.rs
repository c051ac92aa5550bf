//! What is filed, and which way.

use std::fmt;

use serde::{Serialize, Serializer};
use shared::tenant::Via;

use crate::args::Args;

/// How the file gets to the HR system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum File {
    /// Its bytes pass through the function.
    Bytes,
    /// Kombo fetches it from its address.
    Address,
}

/// One run of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Case {
    #[serde(serialize_with = "route")]
    pub(crate) via: Via,
    pub(crate) file: File,
    pub(crate) certificates: u64,
    /// Of each, in bytes.
    pub(crate) size: u64,
}

const MB: u64 = 1_000_000;

/// Every route, and both ways where a route has two.
const WAYS: [(Via, File); 5] = [
    (Via::Direct, File::Bytes),
    (Via::KomboPassthrough, File::Bytes),
    (Via::KomboPassthrough, File::Address),
    (Via::Kombo, File::Bytes),
    (Via::Kombo, File::Address),
];

/// Many of a usual size; few large ones; very many that are all bookkeeping.
const FULL: [(u64, u64); 4] = [(5_000, 2 * MB), (200, 25 * MB), (2_000, 100), (20_000, 100)];
const QUICK: [(u64, u64); 2] = [(200, 2 * MB), (2_000, 100)];

/// What `args` ask for.
pub(crate) fn of(args: &Args) -> Vec<Case> {
    let amounts = match (args.certificates, args.size) {
        (None, None) if args.quick => QUICK.to_vec(),
        (None, None) => FULL.to_vec(),
        (certificates, size) => vec![(certificates.unwrap_or(5_000), size.unwrap_or(2 * MB))],
    };
    let is_wanted = |via: Via| args.route.is_empty() || args.route.iter().any(|route| route.via() == via);
    let ways = WAYS.iter().filter(|(via, file)| is_wanted(*via) && !(args.quick && *file == File::Address));
    ways.flat_map(|&(via, file)| {
        amounts.iter().map(move |&(certificates, size)| Case { via, file, certificates, size })
    })
    .collect()
}

fn route<S: Serializer>(via: &Via, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(local::route(*via))
}

impl Case {
    /// The route, and which way the file goes.
    pub(crate) fn way(&self) -> String {
        let file = match (self.via, self.file) {
            (Via::Direct, _) => "",
            (_, File::Bytes) => ", bytes",
            (_, File::Address) => ", address",
        };
        format!("{}{file}", local::route(self.via))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} certificates of {} bytes", self.way(), self.certificates, self.size)
    }
}
