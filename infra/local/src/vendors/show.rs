//! Lists of what the vendors hold.

use clap::ValueEnum;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use jiff::Timestamp;
use judge::Violation;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::simulated_tenant::SimulatedTenant;
use crate::company::Company;

/// Columns of a table; what is longer goes on in the next line of its cell.
const WIDTH: u16 = 120;

/// What can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum List {
    /// Personio's employees
    People,
    /// reteach's accounts
    Accounts,
    /// Completed courses in reteach, with certificates
    Participations,
    /// Documents in Personio
    Documents,
    /// Connections in Kombo
    Connections,
    /// Promises that calls of the vendors have broken since they started
    BrokenPromises,
}

impl List {
    /// Every row with all its fields.
    pub(super) fn rows(
        self,
        tenant: &SimulatedTenant,
        now: Timestamp,
    ) -> serde_json::Result<Vec<Value>> {
        let Company {
            personio,
            kombo,
            reteach,
            ..
        } = &tenant.company;
        match self {
            Self::People => personio.people().iter().map(serde_json::to_value).collect(),
            Self::Documents => personio
                .documents()
                .iter()
                .map(serde_json::to_value)
                .collect(),
            Self::Participations => reteach
                .participations()
                .iter()
                .map(serde_json::to_value)
                .collect(),
            Self::Accounts => reteach
                .customers()
                .iter()
                .map(|customer| {
                    let mut row = serde_json::to_value(customer)?;
                    if let Some(fields) = row.as_object_mut() {
                        fields.insert("status".to_owned(), customer.status(now).into());
                    }
                    Ok(row)
                })
                .collect(),
            Self::Connections => {
                let ids = kombo
                    .as_ref()
                    .map(simulators::Kombo::integrations)
                    .unwrap_or_default();
                Ok(ids
                    .into_iter()
                    .map(|id| json!({"integration_id": id}))
                    .collect())
            }
            Self::BrokenPromises => {
                let broken = tenant.broken_promises().into_iter();
                let row = |Violation {
                               promise,
                               call,
                               subject,
                           }| {
                    json!({"promise": promise, "subject": subject, "call": call})
                };
                Ok(broken.map(row).collect())
            }
        }
    }

    /// A table of the most important fields, one line for each row.
    #[must_use]
    pub fn table(self, rows: &[Value]) -> String {
        match self {
            Self::People => columns(
                rows,
                [
                    ("Id", "/id"),
                    ("Vorname", "/first_name"),
                    ("Nachname", "/last_name"),
                    ("E-Mail", "/email"),
                    ("Position", "/position"),
                    ("Status", "/status"),
                    ("Ende", "/termination_date"),
                ],
            ),
            Self::Accounts => columns(
                rows,
                [
                    ("External id", "/external_id"),
                    ("Email", "/email"),
                    ("First name", "/first_name"),
                    ("Last name", "/last_name"),
                    ("Position", "/position"),
                    ("Status", "/status"),
                    ("Tags", "/tags"),
                ],
            ),
            Self::Participations => columns(
                rows,
                [
                    ("Account", "/customer"),
                    ("Course", "/course_name"),
                    ("Completed", "/completed_at"),
                    ("Certificate", "/certificate/id"),
                ],
            ),
            Self::Documents => columns(
                rows,
                [
                    ("Id", "/id"),
                    ("Employee", "/employee_id"),
                    ("Category", "/category"),
                    ("Title", "/title"),
                    ("Date", "/date"),
                    ("File", "/file_name"),
                ],
            ),
            Self::Connections => columns(rows, [("Connection", "/integration_id")]),
            Self::BrokenPromises => columns(
                rows,
                [
                    ("Promise", "/promise"),
                    ("Subject", "/subject"),
                    ("Call", "/call"),
                ],
            ),
        }
    }
}

fn columns<const N: usize>(rows: &[Value], columns: [(&str, &str); N]) -> String {
    let mut shown = Table::new();
    shown
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(columns.map(|(header, _)| header));
    for row in rows {
        shown.add_row(columns.map(|(_, pointer)| cell(row.pointer(pointer))));
    }
    match rows.len() {
        1 => format!("{shown}\n1 row"),
        number => format!("{shown}\n{number} rows"),
    }
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(texts)) => texts
            .iter()
            .map(|text| cell(Some(text)))
            .collect::<Vec<_>>()
            .join(", "),
        Some(other) => other.to_string(),
    }
}
