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

const FILTERS: &[&str] = &[
    "include_deleted",
    "ids",
    "remote_ids",
    "updated_after",
    "ignore_unsupported_filters",
];

/// The categories an integration has ever seen, by Kombo's id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Categories(BTreeMap<String, Known>);

/// One category as of the last sync.
#[derive(Serialize, Deserialize)]
struct Known {
    category: Category,
    changed_at: Timestamp,
    deleted_at: Option<Timestamp>,
}

impl Categories {
    /// Takes over what a sync has read; what is no longer there is marked deleted.
    pub(super) fn refresh(&mut self, integration: &str, categories: Vec<Category>, now: Timestamp) {
        for known in self
            .0
            .values_mut()
            .filter(|known| known.deleted_at.is_none())
        {
            if !categories
                .iter()
                .any(|category| category.id == known.category.id)
            {
                (known.deleted_at, known.changed_at) = (Some(now), now);
            }
        }
        for category in categories {
            let kombo_id = digest::base58(&[integration, "category", &category.id.to_string()]);
            let same = |known: &Known| known.category == category && known.deleted_at.is_none();
            if !self.0.get(&kombo_id).is_some_and(same) {
                self.0.insert(
                    kombo_id,
                    Known {
                        category,
                        changed_at: now,
                        deleted_at: None,
                    },
                );
            }
        }
    }

    /// Personio's id of a category that is still there.
    pub(super) fn remote_id(&self, kombo_id: &str) -> Option<u64> {
        self.0
            .get(kombo_id)
            .filter(|known| known.deleted_at.is_none())
            .map(|known| known.category.id)
    }
}

/// One page, in the order of Kombo's ids.
pub(super) fn list(integration: &Integration, request: &Request) -> Result<Reply, Refusal> {
    paging::check_parameters(request, FILTERS)?;
    let size = paging::page_size(request)?;
    let with_deleted = paging::includes_deleted(request)?;
    let after = paging::after(request, FILTERS)?;
    let among = |name: &str, value: &str| {
        request
            .query(name)
            .is_none_or(|wanted| wanted.split(',').any(|wanted| wanted == value))
    };
    let since = request.query("updated_after").map(|text| {
        text.parse::<Timestamp>()
            .map_err(|_| Refusal::input("updated_after must be YYYY-MM-DDTHH:mm:ss.sssZ."))
    });
    let since = since.transpose()?;
    let wanted = |entry: &(&String, &Known)| {
        let (kombo_id, known) = entry;
        (with_deleted || known.deleted_at.is_none())
            && among("ids", kombo_id)
            && among("remote_ids", &known.category.id.to_string())
            && since.is_none_or(|since| known.changed_at > since)
    };
    let all: Vec<(&String, &Known)> = integration
        .record
        .categories
        .0
        .iter()
        .filter(wanted)
        .collect();
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
    let moment = |moment: Timestamp| format!("{moment:.3}");
    json!({
        "id": kombo_id,
        "remote_id": known.category.id.to_string(),
        "name": known.category.name,
        "remote_data": null,
        "changed_at": moment(known.changed_at),
        "remote_deleted_at": known.deleted_at.map(moment),
    })
    .to_string()
}
