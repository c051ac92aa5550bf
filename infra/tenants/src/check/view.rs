//! What a check found.

use serde::Serialize;
use shared::domain::id::TenantId;
use shared::reteach::Academy;
use shared::tenant::TenantConfig;

use crate::format;
use crate::item::Item;
use crate::output::View;
use crate::schedule::is_connected;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct CheckView {
    tenant_id: TenantId,
    route: &'static str,
    items: Vec<Item>,
    /// The academy that the credentials belong to, if they are good.
    #[serde(skip)]
    pub(crate) academy: Option<Academy>,
    /// Whether the HR system can be reached at all: its part was checked.
    connected: bool,
}

impl CheckView {
    pub(super) fn new(config: &TenantConfig) -> Self {
        Self {
            tenant_id: config.tenant_id.clone(),
            route: format::route(config.personio.via),
            items: Vec::new(),
            academy: None,
            connected: is_connected(config),
        }
    }

    pub(super) fn extend(&mut self, items: Vec<Item>) {
        self.items.extend(items);
    }

    /// Whether anything is missing without which no run can succeed.
    pub(crate) fn has_blockers(&self) -> bool {
        self.items.iter().any(Item::blocks)
    }

    fn misses(&self) -> u64 {
        self.items
            .iter()
            .map(|item| u64::from(item.is_miss()))
            .sum()
    }
}

impl View for CheckView {
    fn text(&self) -> String {
        let items: String = self.items.iter().map(Item::line).collect();
        let sum = match self.misses() {
            0 if !self.connected => {
                "Nothing is missing so far; Personio is checked once the company has connected."
                    .to_owned()
            }
            0 => "Everything that is needed is there.".to_owned(),
            misses => {
                let things = format::number(misses, "thing is", "things are");
                format!("{things} missing.")
            }
        };
        format!("{} over {}\n{items}{sum}\n", self.tenant_id, self.route)
    }

    fn needs_attention(&self) -> bool {
        self.misses() > 0
    }
}
