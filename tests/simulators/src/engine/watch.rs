//! Whether what makes one vendor differ from our assumptions changes anything.

/// Looks at calls from [`begin`](Self::begin) until one differs from what the vendor without its quirks makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Watch {
    /// Nobody asks.
    #[default]
    Off,
    Open,
    Differs,
}

impl Watch {
    pub(crate) fn begin(&mut self) {
        *self = Self::Open;
    }

    /// Whether the next call has to be compared.
    pub(crate) fn is_open(self) -> bool {
        self == Self::Open
    }

    /// Notes whether a call differs. One that does ends the watch.
    pub(crate) fn note(&mut self, differs: bool) {
        if differs {
            *self = Self::Differs;
        }
    }

    /// Whether a call has differed since [`begin`](Self::begin).
    pub(crate) fn differs(self) -> bool {
        self == Self::Differs
    }
}
