//! The event log of a world: what happened, what came of each run, and every call of a vendor in the order of its arrival.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use harness::Harness;
use simulators::Received;

/// A log. Two worlds of the same seed have the same.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    text: String,
    /// HTTP calls in it.
    pub(crate) calls: usize,
    /// Whether the run whose calls come next was killed.
    pub(crate) is_killed: bool,
}

impl Trace {
    pub(crate) fn note(&mut self, line: impl std::fmt::Debug) {
        let _ = writeln!(self.text, "{}", without_ports(&format!("{line:?}")));
    }

    /// Takes over what the simulators have received, and empties their logs.
    pub(crate) fn take_calls(&mut self, harness: &Harness) {
        let company = &harness.company;
        let kombo = company
            .kombo
            .as_ref()
            .map(simulators::Kombo::requests)
            .unwrap_or_default();
        for (vendor, calls) in [
            ("Personio", company.personio.requests()),
            ("Kombo", kombo),
            ("reteach", company.reteach.requests()),
            ("files", company.reteach.downloads().requests()),
        ] {
            for call in calls {
                self.call(vendor, &call);
            }
        }
        self.is_killed = false;
        harness.forget_traffic();
    }

    fn call(&mut self, vendor: &str, call: &Received) {
        let Received {
            sequence,
            at,
            origin,
            method,
            path,
            template: _,
            query,
            body,
            status,
        } = call;
        self.calls += 1;
        // Killed while Kombo waits for Personio: whether Kombo still answers nobody is the machine's choice.
        let status = status.filter(|_| !(self.is_killed && vendor == "Kombo"));
        let body = body.as_ref().map(ToString::to_string).unwrap_or_default();
        let line = format!(
            "{vendor} {sequence} {at} {origin:?} {method} {path} {query:?} {status:?} {body}"
        );
        let _ = writeln!(self.text, "{}", without_ports(&line));
    }

    /// The log as a number.
    #[must_use]
    pub(crate) fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.text.hash(&mut hasher);
        hasher.finish()
    }

    #[must_use]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// Ports are the machine's choice.
fn without_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        all + "127.0.0.1:*" + part.trim_start_matches(|digit: char| digit.is_ascii_digit())
    })
}
