//! Whether a reading may be trusted to name everybody, and why not.

use std::fmt;

use shared::source::Reading;
use shared::state::AgreedReading;

/// Whether a reading can be trusted to name everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every page came, and the numbers agree.
    Complete,
    /// Three readings brought the same people, but not the announced number of them, or also records without an id. The company
    /// is in step, but nobody who is missing is taken for gone.
    Agreeing(IncompleteReason),
    /// Something does not fit: nobody who is missing is taken for gone.
    Incomplete(IncompleteReason),
}

impl Completeness {
    /// Whether a run over this reading may open the gate and count as a good one.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Complete | Self::Agreeing(_))
    }

    /// Whether a run over this reading may count as the first complete one, after which new accounts are limited. An
    /// agreed reading counts if it has at least half of the announced people, or no total was announced. With fewer, the
    /// credential may lack a right: once it is granted, the accounts of the others are a first run's.
    #[must_use]
    pub fn has_most(self) -> bool {
        match self {
            Self::Complete => true,
            Self::Agreeing(reason) => reason.numbers().is_some_and(|agreed| {
                let has_half = |announced: u64| agreed.received.saturating_mul(2) >= announced;
                agreed.announced.is_none_or(has_half)
            }),
            Self::Incomplete(_) => false,
        }
    }

    /// What the next run should know of it: the numbers that were agreed on. An incomplete reading changes nothing.
    #[must_use]
    pub fn agreed(self, before: Option<AgreedReading>) -> Option<AgreedReading> {
        match self {
            Self::Complete => None,
            Self::Agreeing(reason) => reason.numbers(),
            Self::Incomplete(_) => before,
        }
    }
}

/// Why a reading is not taken for complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncompleteReason {
    /// Nobody at all, whatever number was announced: a company without people has nothing to keep in step.
    Nobody,
    /// The first page announced another total than the last.
    TotalMoved {
        first: u64,
        last: u64,
    },
    /// Another number of people came than was announced.
    Miscounted {
        announced: u64,
        received: u64,
    },
    NoTotal {
        received: u64,
    },
    Nameless {
        records: u64,
        announced: Option<u64>,
        received: u64,
    },
}

/// Records without an id that keep no reading from being good, in a company of any size. In a large one a twentieth.
const FEW_NAMELESS: u64 = 4;

impl IncompleteReason {
    /// The numbers that several readings may agree on; `None` where the reading contradicts itself.
    pub(super) fn numbers(self) -> Option<AgreedReading> {
        match self {
            Self::Miscounted {
                announced,
                received,
            } => Some(AgreedReading {
                announced: Some(announced),
                received,
            }),
            Self::NoTotal { received } => Some(AgreedReading {
                announced: None,
                received,
            }),
            // Of a few. Of more, something is wrong that somebody has to hear of.
            Self::Nameless {
                records,
                announced,
                received,
            } if records <= FEW_NAMELESS || records.saturating_mul(20) <= received => {
                Some(AgreedReading {
                    announced,
                    received,
                })
            }
            Self::Nameless { .. } | Self::Nobody | Self::TotalMoved { .. } => None,
        }
    }
}

impl fmt::Display for IncompleteReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str(
                "the source reported nobody at all, as if the credential may read no employees",
            ),
            Self::TotalMoved { first, last } => {
                write!(
                    f,
                    "the first page announced {first} people, the last page {last}"
                )
            }
            Self::Miscounted {
                announced,
                received,
            } => {
                write!(f, "{announced} people were announced and {received} came")
            }
            Self::NoTotal { received } => {
                write!(f, "{received} people came and no total was announced")
            }
            Self::Nameless { records, .. } => write!(f, "{records} records came without an id"),
        }
    }
}

/// Whether the numbers agree: records without an id, different people, and the totals that the first and the last page
/// announced. A source that flags deleted people announces none.
pub(super) fn judge(nameless: u64, received: u64, reading: &Reading) -> Completeness {
    let counts = reading.marked.is_none();
    let doubt = match (reading.first_total, reading.last_total) {
        _ if received == 0 => Some(IncompleteReason::Nobody),
        (Some(first), Some(last)) if first != last => {
            Some(IncompleteReason::TotalMoved { first, last })
        }
        (first, last) if nameless > 0 => Some(IncompleteReason::Nameless {
            records: nameless,
            announced: first.or(last).or(Some(received + nameless)),
            received,
        }),
        (Some(announced), _) | (None, Some(announced)) if announced != received => {
            Some(IncompleteReason::Miscounted {
                announced,
                received,
            })
        }
        (None, None) if counts => Some(IncompleteReason::NoTotal { received }),
        _ => None,
    };
    doubt.map_or(Completeness::Complete, Completeness::Incomplete)
}
