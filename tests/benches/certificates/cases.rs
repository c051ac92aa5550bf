//! What is filed, and on which route.

use std::fmt;

use shared::tenant::Via;

use crate::figure::thousands;
use crate::options::{CertificateOptions, FunctionRun};

/// One run of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(super) via: Via,
    pub(super) certificates: u64,
    /// Of each PDF, in bytes.
    pub(super) size: u64,
    /// Whether all of them are filed already.
    pub(super) is_scan: bool,
}

const MB: u64 = 1_000_000;

const MANY: Case = direct(5_000, 2 * MB);

/// As many certificates of each size.
pub(super) const SIZES: [Case; 3] = [direct(20, 100), direct(20, 2 * MB), direct(20, 25 * MB)];

const fn direct(certificates: u64, size: u64) -> Case {
    Case {
        via: Via::Direct,
        certificates,
        size,
        is_scan: false,
    }
}

impl Case {
    const fn on(self, via: Via) -> Self {
        Self { via, ..self }
    }

    const fn scanned(self) -> Self {
        Self {
            is_scan: true,
            ..self
        }
    }

    pub(super) fn run(&self) -> FunctionRun {
        if self.is_scan {
            FunctionRun::ScanCertificates
        } else {
            FunctionRun::FileCertificates
        }
    }
}

/// What the options ask for.
pub(crate) fn cases(options: &CertificateOptions, is_quick: bool) -> Vec<Case> {
    if options.sizes {
        return SIZES.to_vec();
    }
    let all = match (options.certificates, options.size) {
        (None, None) if is_quick => quick(),
        (None, None) => full(),
        (certificates, size) => {
            let certificates = certificates.unwrap_or(MANY.certificates);
            on_each_route(direct(certificates, size.unwrap_or(MANY.size)))
        }
    };
    let is_wanted = |case: &Case| options.route.is_empty() || options.route.contains(&case.via);
    all.into_iter().filter(is_wanted).collect()
}

pub(crate) fn with_targets(is_quick: bool) -> Vec<Case> {
    if is_quick {
        return quick();
    }
    [&[direct(2_000, 200_000)], SIZES.as_slice()].concat()
}

/// PDFs as bytes and as base64, and enough certificates to see what each of them needs in memory.
fn quick() -> Vec<Case> {
    let large = direct(200, 2 * MB);
    let few = [large, large.on(Via::KomboPassthrough), direct(2_000, 100)];
    [few, SIZES].concat()
}

/// Small PDFs show what an upload takes without its bytes; very many are all bookkeeping, and a daily scan looks at them again.
fn full() -> Vec<Case> {
    let (large, very_many) = (direct(200, 25 * MB), direct(10_000, 100));
    let mut all = on_each_route(MANY);
    all.extend(on_each_route(direct(2_000, 100)));
    all.extend([
        large,
        large.on(Via::KomboPassthrough),
        very_many,
        very_many.scanned(),
    ]);
    all.extend(SIZES);
    all
}

fn on_each_route(case: Case) -> Vec<Case> {
    harness::ROUTES.map(|via| case.on(via)).to_vec()
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (route, scan) = (
            local::route(self.via),
            if self.is_scan { ", all filed" } else { "" },
        );
        let [certificates, size] = [self.certificates, self.size].map(thousands);
        write!(
            f,
            "{certificates} certificates of {size} bytes, {route}{scan}"
        )
    }
}
