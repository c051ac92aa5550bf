//! What a tenant's partition holds.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use harness::Harness;
use serde::Serialize;

/// What DynamoDB adds to each item when it bills storage.
const OVERHEAD: u64 = 100;

/// The items of one kind.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Kind {
    /// The first part of the sort key.
    pub(super) kind: String,
    pub(super) items: u64,
    /// Their bytes, as DynamoDB bills them.
    pub(super) bytes: u64,
}

pub(super) async fn of(harness: &Harness) -> Vec<Kind> {
    let mut kinds = BTreeMap::<String, (u64, u64)>::new();
    for item in harness.scan().await {
        let sort_key = item.get("sk").and_then(|key| key.as_s().ok()).unwrap();
        let kind = kinds
            .entry(sort_key.split('#').next().unwrap().to_owned())
            .or_default();
        *kind = (kind.0 + 1, kind.1 + members(&item) + OVERHEAD);
    }
    kinds
        .into_iter()
        .map(|(kind, (items, bytes))| Kind { kind, items, bytes })
        .collect()
}

/// Names and values (developer guide, "DynamoDB item sizes and formats").
fn members(members: &HashMap<String, AttributeValue>) -> u64 {
    members
        .iter()
        .map(|(name, value)| name.len() as u64 + size(value))
        .sum()
}

fn size(value: &AttributeValue) -> u64 {
    match value {
        AttributeValue::S(text) => text.len() as u64,
        AttributeValue::N(number) => number.len().div_ceil(2) as u64 + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len() as u64,
        AttributeValue::M(map) => 3 + members(map) + map.len() as u64,
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + size(value)).sum::<u64>(),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        other => panic!("the state has no {other:?}"),
    }
}
