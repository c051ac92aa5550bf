//! What is filed, and which way.

use std::fmt;

use serde::{Serialize, Serializer};
use shared::tenant::Via;

use crate::args::Args;
use crate::figures::Measured;

/// What the function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Run {
    /// It files them.
    Filing,
    /// It finds all of them filed already.
    FullScan,
}

/// One run of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Case {
    #[serde(serialize_with = "route")]
    pub(crate) via: Via,
    pub(crate) certificates: u64,
    /// Of each, in bytes.
    pub(crate) size: u64,
    pub(crate) run: Run,
}

const MB: u64 = 1_000_000;

const ROUTES: [Via; 3] = [Via::Direct, Via::KomboPassthrough, Via::Kombo];

const MANY: (u64, u64) = (5_000, 2 * MB);

/// Few large ones, and very many that are all bookkeeping; and the daily look at those when they are filed.
const FURTHER: [Case; 4] = [
    Case {
        certificates: 200,
        size: 25 * MB,
        ..DIRECT
    },
    Case {
        certificates: 200,
        size: 25 * MB,
        via: Via::KomboPassthrough,
        ..DIRECT
    },
    Case {
        certificates: 20_000,
        size: 100,
        ..DIRECT
    },
    Case {
        certificates: 20_000,
        size: 100,
        run: Run::FullScan,
        ..DIRECT
    },
];

/// The bytes as they are and as base64; and enough certificates to see what one more of them takes.
const QUICK: [Case; 3] = [
    Case {
        certificates: 200,
        ..DIRECT
    },
    Case {
        certificates: 200,
        via: Via::KomboPassthrough,
        ..DIRECT
    },
    Case {
        certificates: 2_000,
        size: 100,
        ..DIRECT
    },
];

/// As many of each size: what one of them takes in memory beside its bytes is the same.
const SIZES: [Case; 3] = [
    Case {
        certificates: 20,
        size: 100,
        ..DIRECT
    },
    Case {
        certificates: 20,
        size: 2 * MB,
        ..DIRECT
    },
    Case {
        certificates: 20,
        size: 25 * MB,
        ..DIRECT
    },
];

const DIRECT: Case = Case {
    via: Via::Direct,
    certificates: MANY.0,
    size: MANY.1,
    run: Run::Filing,
};

/// What `args` ask for.
pub(crate) fn of(args: &Args) -> Vec<Case> {
    if args.sizes {
        return SIZES.to_vec();
    }
    if args.quick {
        return [QUICK, SIZES].concat();
    }
    let (amounts, further) = match (args.certificates, args.size) {
        // The small ones show what an upload takes beside its bytes.
        (None, None) => (
            vec![MANY, (2_000, 100)],
            [FURTHER.as_slice(), &SIZES].concat(),
        ),
        (certificates, size) => (
            vec![(certificates.unwrap_or(MANY.0), size.unwrap_or(MANY.1))],
            Vec::new(),
        ),
    };
    let is_wanted = |case: &Case| {
        args.route.is_empty() || args.route.iter().any(|route| route.via() == case.via)
    };
    let filing = amounts.iter().flat_map(|&(certificates, size)| {
        ROUTES.map(|via| Case {
            via,
            certificates,
            size,
            ..DIRECT
        })
    });
    filing.chain(further).filter(is_wanted).collect()
}

/// The smallest and the largest of the cases that differ in size alone, if both are there.
pub(crate) fn extremes(measured: &[Measured]) -> Option<(&Measured, &Measured)> {
    let [small, _, large] = SIZES;
    let of = |case: Case| measured.iter().find(|it| it.case == case);
    of(small).zip(of(large))
}

fn route<S: Serializer>(via: &Via, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(local::route(*via))
}

impl Case {
    /// The route, and which run it is.
    pub(crate) fn way(&self) -> String {
        let run = if self.run == Run::FullScan {
            ", all filed"
        } else {
            ""
        };
        format!("{}{run}", local::route(self.via))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} certificates of {} bytes",
            self.way(),
            self.certificates,
            self.size
        )
    }
}
