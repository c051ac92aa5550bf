//! One customer's connection to its Personio account.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use super::categories::Categories;
use super::errors::{Code, Refusal};
use super::mirror::Mirror;
use super::places::Places;
use super::remote::Remote;
use crate::Personio;
use crate::personio::Mirrorable;

/// What state an integration is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    Active,
    /// The first sync is still running.
    SetupSyncPending,
    /// The customer has not finished the setup.
    SetupIncomplete,
    /// The data did not pass Kombo's checks.
    QaFailed,
    /// Personio refuses the credential; syncing has stopped.
    Invalid,
    Inactive,
}

pub(super) struct Integration {
    pub(super) personio: Personio,
    /// Where calls go on to over a socket; `None`: in this process.
    pub(super) personio_at: Option<String>,
    pub(super) record: Record,
}

/// What Kombo knows of an integration.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    /// Personio client id and secret.
    pub(super) credential: (String, String),
    pub(super) condition: Condition,
    /// Whether people are served although syncing has stopped.
    #[serde(default)]
    pub(super) serves_lapsed: bool,
    #[serde(default)]
    pub(super) data_expired_at: Option<Timestamp>,
    pub(super) origin: Option<String>,
    pub(super) passes_through: bool,
    pub(super) manages_documents: bool,
    #[serde(skip)]
    pub(super) places: Places,
    pub(super) categories: Categories,
    pub(super) mirrors_automatically: bool,
    pub(super) employment_type_field: Option<String>,
    pub(super) mirror: Mirror,
    /// Personio's revision at the last sync.
    #[serde(skip)]
    synced: Option<u64>,
}

impl Serialize for Integration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.record.serialize(serializer)
    }
}

impl Integration {
    pub(super) fn new(id: &str, personio: Personio, client_id: &str, client_secret: &str) -> Self {
        let record = Record {
            id: id.to_owned(),
            credential: (client_id.to_owned(), client_secret.to_owned()),
            condition: Condition::Active,
            serves_lapsed: false,
            data_expired_at: None,
            origin: None,
            passes_through: true,
            manages_documents: true,
            places: Places::default(),
            categories: Categories::default(),
            mirrors_automatically: false,
            employment_type_field: None,
            mirror: Mirror::default(),
            synced: None,
        };
        Self {
            personio,
            personio_at: None,
            record,
        }
    }

    /// `personio` of `personio:CBNMt7dSNCzBdnRTx87dev4E`.
    pub(super) fn tool(&self) -> &str {
        self.record.id.split(':').next().unwrap_or_default()
    }

    /// Where calls go on to.
    pub(super) fn remote(&self) -> Remote {
        Remote {
            personio: self.personio.clone(),
            address: self.personio_at.clone(),
        }
    }

    pub(super) fn sync(&mut self, now: Timestamp) {
        let Self {
            personio, record, ..
        } = self;
        record.synced = Some(personio.revision());
        let (client_id, client_secret) = &record.credential;
        match personio.mirrorable(client_id, client_secret) {
            Mirrorable::People(people, readable, categories) => {
                record.categories.refresh(&record.id, categories, now);
                record
                    .mirror
                    .refresh(&record.id, people, Arc::new(readable), now);
                if record.condition == Condition::Invalid {
                    record.condition = Condition::Active;
                }
            }
            Mirrorable::Refused if record.condition == Condition::Active => {
                record.condition = Condition::Invalid;
            }
            Mirrorable::Refused => {}
        }
    }

    /// A sync before anything is shown, where that is switched on and something has changed at Personio.
    pub(super) fn sync_if_stale(&mut self, now: Timestamp) {
        if self.record.mirrors_automatically && self.record.synced != Some(self.personio.revision())
        {
            self.sync(now);
        }
    }

    pub(super) fn check_condition(&self) -> Result<(), Refusal> {
        let code = match self.record.condition {
            Condition::Active => return Ok(()),
            Condition::Invalid | Condition::Inactive if self.record.serves_lapsed => return Ok(()),
            Condition::SetupSyncPending => Code::SetupSyncPending,
            Condition::SetupIncomplete => Code::SetupIncomplete,
            Condition::QaFailed => Code::QaFailed,
            Condition::Invalid => Code::IntegrationAuthenticationInvalid,
            Condition::Inactive => Code::Inactive,
        };
        Err(Refusal::new(code))
    }

    /// The id of this action is in no document: it is made up.
    fn documents_action(&self) -> Value {
        let setting = if self.record.manages_documents {
            "ENABLED"
        } else {
            "DISABLED"
        };
        json!({"id": "hris_manage_documents", "label": "Manage documents", "is_available": self.record.manages_documents, "coverage_status": "SUPPORTED", "scope_config_setting": setting, "opted_out_by_customer": false, "fields": []})
    }

    /// `GET /integrations/{integration_id}`
    pub(super) fn view(&self) -> Value {
        let status = match self.record.condition {
            Condition::Invalid => "INVALID",
            Condition::Inactive => "INACTIVE",
            _ => "ACTIVE",
        };
        let setup_status = match self.record.condition {
            Condition::SetupIncomplete => "INCOMPLETE",
            Condition::SetupSyncPending => "FINAL_SYNC_PENDING",
            _ => "COMPLETED",
        };
        let data = json!({
            "id": self.record.id,
            "tool": {"id": self.tool(), "label": "Personio", "internal_label": null, "logo_url": "https://storage.example/logo.svg", "icon_url": "https://storage.example/icon.svg"},
            "category": "HRIS",
            "status": status,
            "setup_status": setup_status,
            "end_user": {"organization_name": "Muster GmbH", "creator_email": "hr@muster.example", "origin_id": self.record.origin},
            "scope_config": {"id": "B1hu5NGyhdjSq5X3hxEz4bAN", "name": "reteach"},
            "data_expired_at": self.record.data_expired_at,
            "created_at": "2026-01-02T08:00:00.000Z",
            "beta": false,
            "read_models": [employees_model(), categories_model()],
            "write_actions": [self.documents_action()],
        });
        json!({"status": "success", "data": data})
    }
}

fn categories_model() -> Value {
    json!({"id": "hris_employee_document_categories", "label": "Employee document categories", "is_available": true, "coverage_status": "SUPPORTED", "scope_config_setting": "ENABLED", "opted_out_by_customer": false, "fields": []})
}

fn employees_model() -> Value {
    let fields: Vec<Value> = ["first_name", "last_name", "work_email", "job_title", "gender", "employment_status", "employment_type", "start_date", "termination_date", "legal_entity", "work_location", "groups"]
        .iter()
        .map(|id| json!({"id": id, "is_available": true, "coverage_status": "SUPPORTED", "scope_config_setting": "ENABLED", "opted_out_by_customer": false}))
        .collect();
    json!({"id": "hris_employees", "label": "Employees", "is_available": true, "coverage_status": "SUPPORTED", "scope_config_setting": "ENABLED", "opted_out_by_customer": false, "fields": fields})
}

/// How long a deleted record keeps its data.
pub(super) const KEPT_AFTER_DELETION: SignedDuration = SignedDuration::from_hours(14 * 24);
