//! The state of a connection.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use super::IntegrationId;
use crate::domain::employee::Field;

const EMPLOYEES: &str = "hris_employees";

/// What `GET /integrations/{id}` says about a connection: is it alive, set up, and what does it offer.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Wire")]
pub struct Integration {
    pub id: String,
    /// The HR system behind it: `personio`.
    pub tool: String,
    pub status: Status,
    pub setup_status: SetupStatus,
    /// Since when the mirrored data is stale because the configuration changed; `None`: it is valid.
    pub data_expired_at: Option<Timestamp>,
    /// Our own id, as given when it was connected: it must be this tenant's.
    pub origin_id: Option<String>,
    /// The models that can be read, such as `hris_employees`.
    pub read_models: Vec<Availability>,
    /// The actions that can be carried out.
    pub write_actions: Vec<Availability>,
}

impl Integration {
    /// What keeps Kombo from syncing, and what to do; `None` if nothing does.
    #[must_use]
    pub fn lapse(&self) -> Option<String> {
        let id = &self.id;
        match &self.status {
            Status::Active | Status::Other(_) => None,
            Status::Invalid => Some(format!(
                "Kombo has stopped syncing {id}. The customer's HR credential is no longer valid: reconnect from Kombo's \
                 dashboard."
            )),
            Status::Inactive => Some(format!(
                "Kombo has stopped syncing {id}. The integration is switched off: enable it in Kombo's dashboard."
            )),
        }
    }

    /// Since when the data that Kombo keeps is out of date, and what to do; `None` if it is current.
    #[must_use]
    pub fn staleness(&self) -> Option<String> {
        let (id, at) = (&self.id, self.data_expired_at?);
        Some(format!(
            "Kombo's copy of {id} is out of date since {at:.0}: its configuration has changed, and Kombo reads everything \
             again. If that takes longer than a day, look at the integration in Kombo's dashboard."
        ))
    }

    pub(super) fn unsynced(&self) -> Unsynced {
        let employees = |model: &&Availability| model.id == EMPLOYEES;
        let fields = self.read_models.iter().filter(employees);
        let all = fields
            .flat_map(|model| &model.fields)
            .chain(&self.read_models);
        let unsynced = all.filter(|it| !it.is_available);
        Unsynced(unsynced.map(|it| it.id.clone()).collect())
    }

    #[must_use]
    pub fn is(&self, id: &IntegrationId) -> bool {
        self.id == id.as_str()
    }
}

/// The fields of the employees, and the models, that Kombo shows as empty although it does not know whether they are: it empties
/// what it stops syncing.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsynced(BTreeSet<String>);

impl Unsynced {
    /// `field`, which comes from one of `ids`: empty, it is absent where it is not synced.
    pub(super) fn unless_known<T>(&self, ids: &[&str], field: Field<T>) -> Field<T> {
        let is_unsynced = || ids.iter().any(|id| self.0.contains(*id));
        match field {
            Field::Null if is_unsynced() => Field::Absent,
            field => field,
        }
    }
}

/// Whether one model, field or action can be used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Availability {
    pub id: String,
    /// Supported by the tool, enabled by us and not opted out of by the customer.
    pub is_available: bool,
    #[serde(default)]
    pub fields: Vec<Availability>,
}

macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+
            /// A value that this version does not know, as written.
            #[serde(untagged)]
            Other(String),
        }
    };
}

open_enum! {
    Status {
        Active = "ACTIVE",
        /// The customer's credential is no longer valid: reconnect.
        Invalid = "INVALID",
        Inactive = "INACTIVE",
    }
}

open_enum! {
    SetupStatus {
        Incomplete = "INCOMPLETE",
        /// All steps done, the last sync is running.
        FinalSyncPending = "FINAL_SYNC_PENDING",
        Completed = "COMPLETED",
    }
}

#[derive(Deserialize)]
struct Wire {
    id: String,
    tool: Tool,
    status: Status,
    setup_status: SetupStatus,
    data_expired_at: Option<Timestamp>,
    end_user: EndUser,
    #[serde(default)]
    read_models: Vec<Availability>,
    #[serde(default)]
    write_actions: Vec<Availability>,
}

#[derive(Deserialize)]
struct Tool {
    id: String,
}

#[derive(Deserialize)]
struct EndUser {
    origin_id: Option<String>,
}

impl From<Wire> for Integration {
    fn from(wire: Wire) -> Self {
        let Wire {
            id,
            tool,
            status,
            setup_status,
            data_expired_at,
            end_user,
            read_models,
            write_actions,
        } = wire;
        let (tool, origin_id) = (tool.id, end_user.origin_id);
        Self {
            id,
            tool,
            status,
            setup_status,
            data_expired_at,
            origin_id,
            read_models,
            write_actions,
        }
    }
}
