//! What a judge says of all traffic of a world.

use std::collections::BTreeMap;

use judge::{Terms, judge};

use crate::Harness;

impl Harness {
    /// The promises that the traffic so far has broken.
    #[must_use]
    pub fn violations(&self, terms: &Terms) -> Vec<String> {
        let tenant = self.company.tenant.to_string();
        let documents = BTreeMap::from([(tenant, self.personio.documents())]);
        let violations = judge(&self.tape.calls(), &documents, terms);
        violations.iter().map(ToString::to_string).collect()
    }
}
