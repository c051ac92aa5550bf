//! The academy's published API document, compared with the fields that runs write.

use std::collections::BTreeMap;

use shared::reteach::{Client, Documented, Error};
use shared::tenant::TenantConfig;

use crate::item::Item;
use crate::probe::{Consequence, Field, StoredProbe};

const ABOUT: &str = "reteach: API document";

/// Compares what the academy publishes with what this tenant's runs write. Where a probe has asked the academy itself, its
/// answer counts.
pub(super) async fn examine(
    client: &Client,
    config: &TenantConfig,
    probe: Option<&StoredProbe>,
) -> Vec<Item> {
    match client.documented_fields().await {
        Ok(Some(fields)) => compare(&fields, config, probe),
        Ok(None) => vec![Item::note(
            ABOUT,
            "it does not describe updates of customers: nothing to compare",
        )],
        Err(Error::NotFound { .. }) => vec![Item::note(ABOUT, "the academy publishes none")],
        Err(error) => vec![Item::note(ABOUT, format!("cannot be compared: {error}"))],
    }
}

fn compare(
    fields: &BTreeMap<String, Documented>,
    config: &TenantConfig,
    probe: Option<&StoredProbe>,
) -> Vec<Item> {
    let is_open = |field: &Field| {
        field.is_used(config) && !probe.is_some_and(|probe| probe.is_written(*field))
    };
    let misses = Field::ALL.into_iter().filter(is_open).filter_map(|field| {
        let text = match fields.get(field.name()) {
            Some(Documented::Writable) => return None,
            Some(Documented::ReadOnly) => format!("{} can only be read", field.name()),
            None => format!("updates have no {}", field.name()),
        };
        let advice = match field.without(config) {
            Consequence::Change(line) => {
                format!("run the write probe; if it confirms this, set `{line}`")
            }
            Consequence::Ask(advice) => {
                format!("run the write probe; if it confirms this: {advice}")
            }
            _ => String::new(),
        };
        Some(Item::miss(ABOUT, text, advice))
    });
    let misses: Vec<_> = misses.collect();
    if misses.is_empty() {
        return vec![Item::good(ABOUT, "has every field that runs write")];
    }
    misses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Answer, Observed, Question};

    #[test]
    fn a_field_that_the_document_lacks_is_named_until_a_probe_has_written_it() {
        let smallest =
            "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"direct\"\n";
        let all = || Field::ALL.map(|field| (field.name().to_owned(), Documented::Writable));
        let with = |change: fn(&mut BTreeMap<String, Documented>)| {
            let mut fields = BTreeMap::from(all());
            change(&mut fields);
            fields
        };
        let lacks = with(|fields| {
            fields.remove("position");
        });
        let read_only = with(|fields| {
            fields.insert("setInactiveAt".to_owned(), Documented::ReadOnly);
        });
        let no_department = with(|fields| {
            fields.remove("department");
        });
        let written = StoredProbe {
            at: jiff::Timestamp::UNIX_EPOCH,
            answers: vec![Answer {
                question: Question::Write(Field::Position),
                observed: Observed::AsAssumed,
            }],
            left: Vec::new(),
        };
        for (fields, more, probe, hint) in [
            (&lacks, "", None, Some(r#"[employees] position = "tag""#)),
            (&lacks, "", Some(&written), None),
            (&lacks, "[employees]\nposition = \"off\"\n", None, None),
            (
                &read_only,
                "",
                Some(&written),
                Some("cannot be locked by date"),
            ),
            (&no_department, "", None, None),
            (
                &no_department,
                "[employees]\ndepartment = true\n",
                None,
                Some("department = false"),
            ),
        ] {
            let config = TenantConfig::parse(&format!("{smallest}{more}")).unwrap();
            let items = compare(fields, &config, probe);
            let lines: String = items.iter().map(Item::line).collect();
            let lines = lines.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(items.iter().any(Item::is_miss), hint.is_some(), "{lines}");
            assert!(lines.contains(hint.unwrap_or("every field")), "{lines}");
        }
    }
}
