//! Kombo's error codes: what to branch on, an open set.

use std::fmt;

use serde::{Deserialize, Deserializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// What went wrong, in Kombo's words (OpenAPI document of 2026-05, `error.code`).
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)+
            /// A code that this version does not know, as written.
            Other(String),
        }

        impl Code {
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Other(code) => code,
                }
            }

            /// The code that Kombo writes like this.
            #[must_use]
            pub fn parse(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)+
                    _ => Self::Other(crate::http::redact(text)),
                }
            }
        }
    };
}

codes! {
    RateLimited = "PLATFORM.RATE_LIMIT_EXCEEDED",
    /// Too many actions in flight for one integration.
    ConcurrencyLimited = "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED",
    /// The integration is deleted, or belongs to another environment.
    IntegrationNotFound = "PLATFORM.INTEGRATION_NOT_FOUND",
    InputInvalid = "PLATFORM.INPUT_INVALID",
    PlatformUnknown = "PLATFORM.UNKNOWN_ERROR",
    /// Our address is not on the key's list.
    IpNotAllowed = "PLATFORM.IP_NOT_WHITELISTED",
    KeyInvalid = "PLATFORM.AUTHENTICATION_INVALID",
    /// An action ran too long; its outcome is unknown.
    TaskTimedOut = "PLATFORM.TASK_TIMED_OUT",
    PermissionMissing = "INTEGRATION.PERMISSION_MISSING",
    AuthenticationInvalid = "INTEGRATION.AUTHENTICATION_INVALID",
    /// The setup's data did not pass Kombo's checks.
    QaFailed = "INTEGRATION.QA_FAILED",
    SetupSyncPending = "INTEGRATION.SETUP_SYNC_PENDING",
    SetupIncomplete = "INTEGRATION.SETUP_INCOMPLETE",
    Inactive = "INTEGRATION.INACTIVE",
    ModelNotAvailable = "INTEGRATION.MODEL_NOT_AVAILABLE",
    /// The model is off in the scope config.
    ModelDisabled = "INTEGRATION.MODEL_DISABLED",
    ActionNotAvailable = "INTEGRATION.ACTION_NOT_AVAILABLE",
    /// The action is off in the scope config.
    ActionDisabled = "INTEGRATION.ACTION_DISABLED",
    RemoteUnavailable = "REMOTE.SERVICE_UNAVAILABLE",
    RemoteRateLimited = "REMOTE.RATE_LIMIT_EXCEEDED",
    RemoteInputInvalid = "REMOTE.INPUT_INVALID",
    RemoteUnknown = "REMOTE.UNKNOWN_HTTP_ERROR",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::parse(&text))
    }
}
