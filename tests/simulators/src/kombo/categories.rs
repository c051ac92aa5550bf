//! `GET /hris/employee-document-categories`: a synced model, so a new category shows up with the next sync.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::errors::Refusal;
use super::integrations::Integration;
use super::paging;
use crate::engine::digest;
use crate::engine::exchange::{Reply, Request};
use crate::personio::Category;

/// None is simulated.
const FILTERS: &[&str] = &[];

/// The categories of an integration as of the last sync, by Kombo's id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Categories(BTreeMap<String, Known>);

/// One category as of the last sync.
#[derive(Serialize, Deserialize)]
struct Known {
    category: Category,
    changed_at: Timestamp,
}

impl Categories {
    /// Takes over what a sync has read.
    pub(super) fn refresh(&mut self, integration: &str, categories: Vec<Category>, now: Timestamp) {
        let mut before = std::mem::take(&mut self.0);
        for category in categories {
            let kombo_id = digest::base58(&[integration, "category", &category.id.to_string()]);
            let unchanged = before.remove(&kombo_id);
            let unchanged = unchanged.filter(|known| known.category == category);
            let known = unchanged.unwrap_or(Known {
                category,
                changed_at: now,
            });
            self.0.insert(kombo_id, known);
        }
    }

    /// Personio's id of a category.
    pub(super) fn remote_id(&self, kombo_id: &str) -> Option<u64> {
        self.0.get(kombo_id).map(|known| known.category.id)
    }
}

/// One page, in the order of Kombo's ids.
pub(super) fn list(integration: &Integration, request: &Request) -> Result<Reply, Refusal> {
    paging::check_parameters(request, FILTERS)?;
    let size = paging::page_size(request)?;
    let after = paging::after(request, FILTERS)?;
    let all: Vec<(&String, &Known)> = integration.record.categories.0.iter().collect();
    let begin = after.map_or(0, |after| all.partition_point(|(id, _)| **id <= after));
    let page: Vec<_> = all
        .iter()
        .skip(begin.saturating_sub(request.rows_back))
        .take(size)
        .collect();
    let more = page
        .last()
        .filter(|(id, _)| all.last().is_some_and(|(last, _)| *id < *last));
    let next = more.map(|(id, _)| paging::cursor(id, request, FILTERS));
    let rows: Vec<String> = page.iter().map(|(id, known)| row(id, known)).collect();
    Ok(paging::page(&rows, next))
}

fn row(kombo_id: &str, known: &Known) -> String {
    json!({
        "id": kombo_id,
        "remote_id": known.category.id.to_string(),
        "name": known.category.name,
        "remote_data": null,
        "changed_at": format!("{:.3}", known.changed_at),
        "remote_deleted_at": null,
    })
    .to_string()
}
