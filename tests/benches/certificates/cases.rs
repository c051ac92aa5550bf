//! What is filed, and on which route.

use std::fmt;

use shared::tenant::Via;

use crate::figure::thousands;
use crate::options::CertificateOptions;

/// One run of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(super) via: Via,
    pub(super) certificates: u64,
    /// Of each PDF, in bytes.
    pub(super) size: u64,
}

const MB: u64 = 1_000_000;

/// As many certificates of each size.
pub(super) const SIZES: [Case; 3] = [direct(20, 100), direct(20, 2 * MB), direct(20, 25 * MB)];

const fn direct(certificates: u64, size: u64) -> Case {
    Case {
        via: Via::Direct,
        certificates,
        size,
    }
}

impl Case {
    const fn on(self, via: Via) -> Self {
        Self { via, ..self }
    }
}

/// What the options ask for.
pub(crate) fn cases(options: &CertificateOptions, is_quick: bool) -> Vec<Case> {
    match options.certificates {
        _ if options.sizes => SIZES.to_vec(),
        Some(certificates) => {
            let case = direct(certificates, 2 * MB);
            harness::ROUTES.map(|via| case.on(via)).to_vec()
        }
        None if is_quick => quick(),
        None => [&[direct(2_000, 200_000)], SIZES.as_slice()].concat(),
    }
}

/// PDFs as bytes and as base64, and enough certificates to see what each of them needs in memory.
fn quick() -> Vec<Case> {
    let large = direct(200, 2 * MB);
    let few = [large, large.on(Via::KomboPassthrough), direct(2_000, 100)];
    [few, SIZES].concat()
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = local::route(self.via);
        let [certificates, size] = [self.certificates, self.size].map(thousands);
        write!(f, "{certificates} certificates of {size} bytes, {route}")
    }
}
