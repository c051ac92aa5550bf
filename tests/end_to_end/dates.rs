//! Dates in the table: nobody reads them there, and nothing happens to accounts when the key is lost.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::{Harness, ROUTES, completed, date, people};
use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use shared::domain::id::SourceId;
use shared::fingerprint::FingerprintKey;
use shared::http::Deadline;
use shared::runtime::Mode;
use shared::secrets::TenantSecret;
use shared::state::EmployeeEntry;
use shared::tenant::Via;
use simulators::people::Status;

const HIRED: &str = "2019-02-17";
const ENDS: &str = "2027-08-23";
const ENDED: &str = "2026-04-13";
const COMPLETED: &str = "2026-04-21";
/// A quarter of an hour, for which functions keep a secret, is over.
const ANOTHER_SECRET: SignedDuration = SignedDuration::from_mins(16);

/// Everybody was hired on one day. 1 leaves in a year, 2 has left, 3 is inactive, and 4 is gone.
async fn company(via: Via) -> Harness {
    let mut everybody = people(8);
    for person in &mut everybody {
        person.hire_date = date(HIRED);
        person.termination_date = match person.id {
            1 => date(ENDS),
            2 => date(ENDED),
            _ => None,
        };
    }
    let harness = Harness::synced(via, "", everybody).await;
    harness.change(3, |person| person.status = Status::Inactive);
    harness.personio.remove(4);
    if let Some(kombo) = &harness.company.kombo {
        kombo.mirror(local::INTEGRATION);
    }
    harness.tick().await;
    harness.tick().await;
    assert_eq!(harness.locked(2..=4), 3, "{via:?}");
    harness
}

async fn ledger(harness: &Harness, key: u8) -> BTreeMap<SourceId, EmployeeEntry> {
    let (store, tenant) = (harness.store(), &harness.company.tenant);
    let key = FingerprintKey::from_bytes(&[key; 32]);
    let entries = store.all_employees(tenant, Some(&key)).await.unwrap();
    entries.into_iter().collect()
}

/// Every form in which programs write a day and its midnights: text, numbers, and bytes.
fn forms(day: &str) -> (Vec<String>, BTreeSet<i128>) {
    let day: Date = day.parse().unwrap();
    let (mut texts, mut numbers) = (Vec::new(), BTreeSet::new());
    for day in [day, day.tomorrow().unwrap()] {
        for zone in ["UTC", "Europe/Berlin"] {
            let midnight = day.to_zoned_datetime(TimeZone::get(zone).unwrap()).unwrap();
            let moment = midnight.timestamp();
            texts.extend([day.to_string(), moment.to_string()]);
            texts.push(day.strftime("%d.%m.%Y").to_string());
            texts.push(day.strftime("%Y%m%d").to_string());
            let seconds = i128::from(moment.as_second());
            numbers.extend([seconds, seconds * 1000, moment.as_nanosecond()]);
            numbers.insert(seconds.div_euclid(24 * 60 * 60));
        }
    }
    (texts, numbers)
}

/// The days of `named` that an attribute holds in some form.
fn found(value: &Value, day: &str) -> bool {
    let (texts, numbers) = forms(day);
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let text = value.as_str().unwrap_or_default();
            match name.as_str() {
                "B" => {
                    let bytes = STANDARD.decode(text).unwrap();
                    let holds = |part: &[u8]| bytes.windows(part.len()).any(|it| it == part);
                    // Epoch days are too short to be distinguished from chance.
                    let long = numbers.iter().filter(|number| **number > 1_000_000);
                    texts.iter().any(|text| holds(text.as_bytes()))
                        || long.clone().any(|number| holds(&number.to_be_bytes()))
                        || long
                            .clone()
                            .any(|number| holds(&(*number as u64).to_be_bytes()))
                        || long
                            .clone()
                            .any(|number| holds(&(*number as u64).to_le_bytes()))
                }
                "N" => text.parse().is_ok_and(|number| numbers.contains(&number)),
                _ => texts.iter().any(|text| name.contains(text)) || found(value, day),
            }
        }),
        Value::Array(values) => values.iter().any(|value| found(value, day)),
        Value::String(text) => texts.iter().any(|form| text.contains(form)),
        _ => false,
    }
}

#[tokio::test]
async fn the_table_has_no_date_of_a_person_and_no_two_hashes_that_are_equal() {
    for via in ROUTES {
        let harness = company(via).await;
        harness.personio.add_category("Bildungszertifikate");
        harness.issue([completed("c-1", 5, "Brandschutz", "2026-04-21T09:30:00Z")]);
        harness.certificates_tick().await;
        let items = harness.exported_state().await;
        let name = |item: &Value| item["sk"]["S"].as_str().unwrap().to_owned();
        for day in [HIRED, ENDS, ENDED] {
            let holders = items.iter().filter(|item| found(item, day)).map(name);
            assert_eq!(holders.collect::<Vec<_>>(), [""; 0], "{via:?} {day}");
        }
        // The days of the last listing, which name nobody.
        let holders = items.iter().filter(|item| found(item, COMPLETED)).map(name);
        assert_eq!(holders.collect::<Vec<_>>(), ["CERTIFICATES"], "{via:?}");

        let people = items
            .iter()
            .filter(|item| name(item).starts_with("EMPLOYEE#"));
        let (mut hashes, mut all) = (BTreeSet::new(), 0);
        for item in people {
            for value in item["digests"]["M"].as_object().unwrap().values() {
                let hash = value["M"]["Value"]["N"].as_str();
                all += usize::from(hash.is_some());
                hashes.extend(hash);
            }
        }
        assert!(all > 40 && hashes.len() == all, "{} of {all}", hashes.len());
    }
}

#[tokio::test]
async fn locks_stay_when_the_key_is_replaced_and_one_comparison_restores_the_ledger() {
    let harness = company(Via::Direct).await;
    let (accounts, known) = (harness.reteach.customers(), ledger(&harness, 7).await);
    let secret = TenantSecret {
        fingerprint_key: Some(STANDARD.encode([8; 32]).into()),
        ..harness.company.secret()
    };
    harness.store_secret(&secret).await;
    assert!(
        ledger(&harness, 8)
            .await
            .values()
            .all(|entry| entry.is_sealed)
    );
    harness.forget_requests();
    let report = harness.after(ANOTHER_SECRET).await;
    assert_counts!(report, held = 0, locked = 0, unlocked = 0);
    harness.tick().await;
    assert_eq!(harness.writes().len(), 0);
    assert_eq!(harness.reteach.customers(), accounts);
    for (id, entry) in ledger(&harness, 8).await {
        let before = &known[&id];
        let both = (entry.window, entry.is_sealed);
        assert_eq!(both, (before.window, false), "{id}");
        assert_eq!(entry.locked, before.locked, "{id}");
    }
    // A person who comes back is known to be locked by us.
    harness.change(3, |person| person.status = Status::Active);
    assert_counts!(harness.tick().await, unlocked = 1);
}

/// Each entry belongs to one person.
#[tokio::test]
async fn dates_of_another_person_are_not_believed() {
    let harness = company(Via::Direct).await;
    let accounts = harness.reteach.customers();
    let known = ledger(&harness, 7).await;
    let mut items = harness.exported_state().await;
    let place = |items: &[Value], id: &str| {
        let mut items = items.iter();
        items
            .position(|item| item["sk"]["S"] == format!("EMPLOYEE#{id}"))
            .unwrap()
    };
    let (one, other) = (place(&items, "3"), place(&items, "5"));
    let dates = items[one]["dates"].take();
    items[one]["dates"] = items[other]["dates"].take();
    items[other]["dates"] = dates;
    harness.import_state(&items).await;
    let sealed: Vec<_> = ledger(&harness, 7).await.into_values().collect();
    assert_eq!(sealed.iter().filter(|entry| entry.is_sealed).count(), 2);
    harness.tick().await;
    let report = harness.run(Mode::Reconcile, Deadline::never()).await.report;
    assert_counts!(report, held = 0, locked = 0, unlocked = 0);
    assert_eq!(harness.reteach.customers(), accounts);
    for (id, entry) in ledger(&harness, 7).await {
        let both = (entry.window, entry.locked);
        assert_eq!(both, (known[&id].window, known[&id].locked), "{id}");
    }
}
