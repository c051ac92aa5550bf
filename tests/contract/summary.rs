//! What has passed: every call by its template, how often, with which answers, and what was found.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::{Table, presets};
use http::Method;

use crate::document::Vendor;
use crate::gate::Exchange;
use crate::known::Place;
use crate::parameters::fits;
use crate::violation::Violation;

/// The calls that a simulator answers, as method and path template.
type Routes = Vec<(Method, &'static str)>;

/// What a simulator answers and no client of ours asks; `/connect/…` is for an HR admin's browser.
const UNUSED: [(Vendor, &str); 9] = [
    (
        Vendor::Personio,
        "GET /v1/company/employees/custom-attributes",
    ),
    (Vendor::Kombo, "GET /connect/{token}"),
    (Vendor::Reteach, "POST /customer/{customerIdentifier}"),
    (Vendor::Reteach, "DELETE /customer/{customerIdentifier}"),
    (
        Vendor::Reteach,
        "POST /customer/{customerIdentifier}/send-invitation",
    ),
    (Vendor::Reteach, "GET /participation/{participationId}"),
    (Vendor::Reteach, "GET /tags"),
    (Vendor::Reteach, "POST /tags"),
    (Vendor::Reteach, "PUT /customer/{customerIdentifier}/tags"),
];

/// The refusals that clients have a word for.
const REFUSALS: [(Vendor, &[u16]); 3] = [
    (Vendor::Personio, &[401, 403, 404, 422, 429]),
    (Vendor::Kombo, &[400, 401, 403, 404, 409, 429]),
    (Vendor::Reteach, &[401, 403, 404, 409, 422, 429]),
];

#[derive(Default)]
struct Line {
    times: usize,
    statuses: BTreeSet<u16>,
    found: BTreeSet<String>,
}

pub(crate) struct Summary {
    routes: BTreeMap<Vendor, Routes>,
    lines: BTreeMap<(Vendor, String), Line>,
    pub(crate) found: BTreeMap<Place, Violation>,
}

impl Summary {
    pub(crate) fn new(routes: BTreeMap<Vendor, Routes>, exchanges: Vec<Exchange>) -> Self {
        let mut summary = Self {
            routes,
            lines: BTreeMap::new(),
            found: BTreeMap::new(),
        };
        for exchange in exchanges {
            summary.add(exchange);
        }
        summary
    }

    fn add(&mut self, exchange: Exchange) {
        let Exchange {
            vendor,
            method,
            path,
            status,
            violations,
        } = exchange;
        let template = self.routes.get(&vendor).into_iter().flatten();
        let template = template
            .filter(|(known, _)| *known == method)
            .find(|(_, template)| fits(template, &path));
        let call = format!(
            "{method} {}",
            template.map_or(path.as_str(), |(_, template)| template)
        );
        let line = self.lines.entry((vendor, call.clone())).or_default();
        line.times += 1;
        line.statuses.insert(status);
        for violation in violations {
            line.found.insert(violation.at.clone());
            let place = Place {
                vendor,
                call: call.clone(),
                at: violation.at.clone(),
            };
            self.found.entry(place).or_insert(violation);
        }
    }

    /// What was not asked or not answered, or asked although nobody should: one line each.
    pub(crate) fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for (vendor, routes) in &self.routes {
            for call in routes
                .iter()
                .map(|(method, template)| format!("{method} {template}"))
            {
                let (unused, asked) = (
                    UNUSED.contains(&(*vendor, &call)),
                    self.lines.contains_key(&(*vendor, call.clone())),
                );
                match (unused, asked) {
                    (false, false) => gaps.push(format!("never asked: {vendor} {call}")),
                    (true, true) => gaps.push(format!("asked, although unused: {vendor} {call}")),
                    _ => {}
                }
            }
        }
        for (vendor, refusals) in REFUSALS {
            let lines = self.lines.iter().filter(|((whose, _), _)| *whose == vendor);
            let met: BTreeSet<u16> = lines
                .flat_map(|(_, line)| line.statuses.iter().copied())
                .collect();
            let unmet = refusals.iter().filter(|status| !met.contains(status));
            gaps.extend(unmet.map(|status| format!("never answered: {vendor} {status}")));
        }
        gaps
    }

    /// For people.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["vendor", "call", "times", "answered", "differences"]);
        for ((vendor, call), line) in &self.lines {
            let statuses: Vec<_> = line.statuses.iter().map(u16::to_string).collect();
            let cells = [
                line.times.to_string(),
                statuses.join(" "),
                line.found.len().to_string(),
            ];
            table.add_row([vendor.to_string(), call.clone()].into_iter().chain(cells));
        }
        table
    }
}
