//! The vendors' OpenAPI documents, and which of them covers a call.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Vendor {
    Personio,
    Kombo,
    Reteach,
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Personio => "Personio",
            Self::Kombo => "Kombo",
            Self::Reteach => "reteach",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Document {
    PersonioAuth,
    PersonioPersonnel,
    PersonioCredentials,
    Kombo,
    Reteach,
}

impl Document {
    pub(crate) const ALL: [Self; 5] = [
        Self::PersonioAuth,
        Self::PersonioPersonnel,
        Self::PersonioCredentials,
        Self::Kombo,
        Self::Reteach,
    ];

    /// Path below the folder of documents.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::PersonioAuth => "personio/v1/personio-auth-api.json",
            Self::PersonioPersonnel => "personio/v1/personio-personnel-data-api-oa3.json",
            Self::PersonioCredentials => "personio/v2/credentials-service-api-v2.json",
            Self::Kombo => "kombo/kombo-hris-subset.openapi.json",
            Self::Reteach => "reteach/reteach-openapi-2023-04.json",
        }
    }

    /// Path of the document's `servers`, which Prism strips before it compares paths.
    pub(crate) fn base_path(self) -> &'static str {
        match self {
            Self::PersonioAuth | Self::PersonioPersonnel | Self::Kombo => "/v1",
            Self::PersonioCredentials | Self::Reteach => "",
        }
    }

    /// The document that covers a call. Of Personio's v2 API only the tokens are documented.
    pub(crate) fn of(vendor: Vendor, path: &str) -> Self {
        match vendor {
            Vendor::Kombo => Self::Kombo,
            Vendor::Reteach => Self::Reteach,
            Vendor::Personio if path.starts_with("/v2/") => Self::PersonioCredentials,
            Vendor::Personio if path == "/v1/auth" => Self::PersonioAuth,
            Vendor::Personio => Self::PersonioPersonnel,
        }
    }
}
