//! DynamoDB, emulated by dynoxide.

use std::path::Path;

use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest};
use dynoxide::types::{AttributeDefinition, KeySchemaElement, KeyType, ScalarAttributeType};
use dynoxide::{Database, DynoxideError};
use shared::state::{PARTITION_KEY, SORT_KEY, TIME_TO_LIVE};

/// A database in memory, or in the file at `path`.
pub(crate) fn open(path: Option<&Path>) -> Result<Database, DynoxideError> {
    match path {
        None => Database::memory(),
        Some(path) => Database::new(&path.to_string_lossy()),
    }
}

/// Creates the table of `template.yaml` if it is missing: two string keys, on demand, time to live.
pub(crate) fn create_table_if_missing(
    database: &Database,
    name: &str,
) -> Result<(), DynoxideError> {
    if database.get_table_metadata(name)?.is_some() {
        return Ok(());
    }
    database.create_table(CreateTableRequest {
        table_name: name.to_owned(),
        key_schema: vec![
            key(PARTITION_KEY, KeyType::HASH),
            key(SORT_KEY, KeyType::RANGE),
        ],
        attribute_definitions: vec![text(PARTITION_KEY), text(SORT_KEY)],
        billing_mode: Some("PAY_PER_REQUEST".to_owned()),
        ..CreateTableRequest::default()
    })?;
    database.update_time_to_live(UpdateTimeToLiveRequest {
        table_name: name.to_owned(),
        time_to_live_specification: TimeToLiveSpecification {
            attribute_name: TIME_TO_LIVE.to_owned(),
            enabled: true,
        },
    })?;
    Ok(())
}

fn key(name: &str, key_type: KeyType) -> KeySchemaElement {
    KeySchemaElement {
        attribute_name: name.to_owned(),
        key_type,
    }
}

fn text(name: &str) -> AttributeDefinition {
    AttributeDefinition {
        attribute_name: name.to_owned(),
        attribute_type: ScalarAttributeType::S,
    }
}
