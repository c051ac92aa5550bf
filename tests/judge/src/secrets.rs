//! Secrets.

use std::collections::BTreeMap;

use crate::Violation;
use crate::history::Call;

/// A secret goes to one server of one tenant, and none to the host of downloads.
pub(crate) fn stay_with_their_host(calls: &[Call]) -> Vec<Violation> {
    let mut hosts: BTreeMap<u64, (&str, &str)> = BTreeMap::new();
    let mut violations = Vec::new();
    for call in calls {
        for secret in &call.secrets {
            let host = (call.tenant.as_str(), call.server);
            let is_elsewhere = *hosts.entry(*secret).or_insert(host) != host;
            if is_elsewhere || call.server == "reteach's files" {
                violations.push(Violation {
                    promise: "a secret at another host",
                    call: Some(call.number),
                    subject: format!("{} of {}", call.server, call.tenant),
                });
            }
        }
    }
    violations
}
