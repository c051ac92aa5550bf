//! All calls by path template: how often, with which statuses and violations.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::{Table, presets};
use http::Method;

use crate::document::Vendor;
use crate::known_differences::Place;
use crate::parameters::matches_template;
use crate::proxy::Exchange;
use crate::violation::Violation;

/// Endpoints of a simulator, as method and path template.
type Routes = Vec<(Method, &'static str)>;

/// Endpoints of simulators that our clients never call; `/connect/…` is for an HR admin's browser.
const UNUSED: [(Vendor, &str); 4] = [
    (Vendor::Kombo, "GET /connect/{token}"),
    (Vendor::Reteach, "DELETE /customer/{customerIdentifier}"),
    (
        Vendor::Reteach,
        "POST /customer/{customerIdentifier}/send-invitation",
    ),
    (Vendor::Reteach, "GET /participation/{participationId}"),
];

/// Statuses that our clients distinguish.
const REFUSALS: [(Vendor, &[u16]); 3] = [
    (Vendor::Personio, &[401, 403, 404, 422, 429]),
    (Vendor::Kombo, &[400, 401, 403, 404, 409, 429]),
    (Vendor::Reteach, &[401, 403, 404, 422, 429]),
];

#[derive(Default)]
struct CallSummary {
    times: usize,
    statuses: BTreeSet<u16>,
    violations: BTreeSet<String>,
}

pub(crate) struct Summary {
    routes: BTreeMap<Vendor, Routes>,
    calls: BTreeMap<(Vendor, String), CallSummary>,
    pub(crate) found: BTreeMap<Place, Violation>,
}

impl Summary {
    pub(crate) fn new(routes: BTreeMap<Vendor, Routes>, exchanges: Vec<Exchange>) -> Self {
        let mut summary = Self {
            routes,
            calls: BTreeMap::new(),
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
            .find(|(_, template)| matches_template(template, &path));
        let call = format!(
            "{method} {}",
            template.map_or(path.as_str(), |(_, template)| template)
        );
        let seen = self.calls.entry((vendor, call.clone())).or_default();
        seen.times += 1;
        seen.statuses.insert(status);
        for violation in violations {
            seen.violations.insert(violation.at.clone());
            let place = Place {
                vendor,
                call: call.clone(),
                at: violation.at.clone(),
            };
            self.found.entry(place).or_insert(violation);
        }
    }

    /// Endpoints never called, called although unused, and statuses never seen: one line each.
    pub(crate) fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for (vendor, routes) in &self.routes {
            for call in routes
                .iter()
                .map(|(method, template)| format!("{method} {template}"))
            {
                let (unused, asked) = (
                    UNUSED.contains(&(*vendor, &call)),
                    self.calls.contains_key(&(*vendor, call.clone())),
                );
                match (unused, asked) {
                    (false, false) => gaps.push(format!("never asked: {vendor} {call}")),
                    (true, true) => gaps.push(format!("asked, although unused: {vendor} {call}")),
                    _ => {}
                }
            }
        }
        for (vendor, refusals) in REFUSALS {
            let calls = self.calls.iter().filter(|((whose, _), _)| *whose == vendor);
            let met: BTreeSet<u16> = calls
                .flat_map(|(_, seen)| seen.statuses.iter().copied())
                .collect();
            let unmet = refusals.iter().filter(|status| !met.contains(status));
            gaps.extend(unmet.map(|status| format!("never answered: {vendor} {status}")));
        }
        gaps
    }

    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["vendor", "call", "times", "answered", "differences"]);
        for ((vendor, call), seen) in &self.calls {
            let statuses: Vec<_> = seen.statuses.iter().map(u16::to_string).collect();
            let cells = [
                seen.times.to_string(),
                statuses.join(" "),
                seen.violations.len().to_string(),
            ];
            table.add_row([vendor.to_string(), call.clone()].into_iter().chain(cells));
        }
        table
    }
}
