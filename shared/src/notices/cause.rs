//! Causes of notices.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

/// Why a notice is sent. One job's trouble; the code names it in the state and in webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The HR system refuses our credentials, or we lack a right there.
    AccessDenied,
    /// The academy refuses our credentials, or we lack a right there.
    AcademyDenied,
    AcademyRefuses,
    BadConfiguration,
    BadSecret,
    /// An item of the state cannot be read: another version, or somebody, has changed it.
    DamagedState,
    HeldPlan,
    HostNotAllowed,
    /// Runs leave something for the next one and make no progress.
    Incomplete,
    NoCategory,
    NotConnected,
    Parked,
    /// More people are refused than single cases explain.
    PeopleRefused,
    PlanRefused,
    ReteachUnavailable,
    SourceChanged,
    SourceUnavailable,
}

impl Cause {
    pub const ALL: [Self; 17] = [
        Self::AccessDenied,
        Self::AcademyDenied,
        Self::AcademyRefuses,
        Self::BadConfiguration,
        Self::BadSecret,
        Self::DamagedState,
        Self::HeldPlan,
        Self::HostNotAllowed,
        Self::Incomplete,
        Self::NoCategory,
        Self::NotConnected,
        Self::Parked,
        Self::PeopleRefused,
        Self::PlanRefused,
        Self::ReteachUnavailable,
        Self::SourceChanged,
        Self::SourceUnavailable,
    ];

    /// The outcome's name, where it is one.
    pub fn code(self) -> &'static str {
        match self {
            Self::AccessDenied => "access-denied",
            Self::AcademyDenied => "academy-denied",
            Self::AcademyRefuses => "academy-refuses",
            Self::BadConfiguration => "bad-configuration",
            Self::BadSecret => "bad-secret",
            Self::DamagedState => "damaged-state",
            Self::HeldPlan => "held-plan",
            Self::HostNotAllowed => "host-not-allowed",
            Self::Incomplete => "incomplete",
            Self::NoCategory => "no-category",
            Self::NotConnected => "not-connected",
            Self::Parked => "parked-certificates",
            Self::PeopleRefused => "people-refused",
            Self::PlanRefused => "plan-refused",
            Self::ReteachUnavailable => "reteach-unavailable",
            Self::SourceChanged => "source-changed",
            Self::SourceUnavailable => "source-unavailable",
        }
    }

    /// How long a cause must last before a notice is sent. Zero if somebody has to act.
    ///
    /// Half an hour is six ticks of the employee job, and shorter than most vendors' incidents. Kombo's first sync and an
    /// expired connection take hours, and a long reading may need several runs.
    #[must_use]
    pub fn patience(self) -> SignedDuration {
        match self {
            Self::SourceUnavailable | Self::ReteachUnavailable => SignedDuration::from_mins(30),
            Self::NotConnected | Self::Incomplete => SignedDuration::from_hours(2),
            _ => SignedDuration::ZERO,
        }
    }

    /// Whether the HR admin can do something about it, or has to know.
    #[must_use]
    pub fn is_for_hr(self) -> bool {
        matches!(
            self,
            Self::AccessDenied
                | Self::HeldPlan
                | Self::NoCategory
                | Self::NotConnected
                | Self::SourceChanged
                | Self::SourceUnavailable
        )
    }
}

/// What one run says about all causes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The causes that the run met, with a number of people or certificates where there is one.
    pub causes: BTreeMap<Cause, u64>,
    /// The causes that the run showed to be over. A run says nothing about what it did not reach.
    pub over: BTreeSet<Cause>,
}
