//! People whom the HR system does not have, and an HR system that may be another company's.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::fingerprint::{EntryStatus, Fingerprint, Shard, ShardEntry, ShardNumber};
use shared::runtime::Outcome;
use shared::state::SyncState;
use simulators::Person;
use simulators::personio::Endpoint;

use super::company::{Company, results, stop, uploads};

/// The last reading of the HR system had these people.
async fn read(company: &Company, people: impl IntoIterator<Item = (u64, EntryStatus)>) {
    let mut shards: BTreeMap<ShardNumber, Shard> = BTreeMap::new();
    for (id, status) in people {
        let id = SourceId::new(id.to_string());
        let fingerprint = Fingerprint::default();
        let shard = shards.entry(ShardNumber::of(&id)).or_default();
        let entry = ShardEntry {
            fingerprint,
            status,
        };
        shard.0.insert(id, entry);
    }
    let (store, tenant) = (&company.store, &company.local.tenant);
    let token = company.lease().await.token;
    for (number, shard) in &shards {
        let written = store.put_shard(tenant, token, *number, shard);
        written.await.unwrap();
    }
}

#[tokio::test]
async fn one_refusal_is_enough_for_all_certificates_of_a_person_who_is_gone() {
    let company = Company::new().await;
    let certificates = [("c-1", 11), ("c-2", 1), ("c-3", 11)];
    let certificates = certificates.map(|(id, who)| company.certificate(id, who));
    let applied = company.apply(uploads(certificates)).await;
    let expected = ["person deleted", "Filed", "person deleted"];
    assert_eq!(results(&applied), expected);
    assert_eq!(company.uploads(), 2);
    assert_eq!(stop(&applied), None);
}

/// The people 11 to 15 have a certificate each, and the HR system denies them.
#[tokio::test]
async fn five_people_of_the_last_reading_who_are_denied_make_it_another_company() {
    use EntryStatus::{MissingOnce, RetryAt, Synced};
    let gone = RetryAt(Timestamp::UNIX_EPOCH);
    let changed = Some(Outcome::SourceChanged);
    // The others' shards are not those of the five.
    let others = vec![(16, Synced), (18, Synced)];
    // How many are denied; the last one's entry; the others; who of them is there; how many are asked for.
    for (denied, last, others, is_there, outcome, calls) in [
        (5, Some(Synced), others.clone(), None, changed, 2),
        (4, Some(Synced), others.clone(), None, None, 0),
        (5, None, others.clone(), None, None, 0),
        (5, Some(MissingOnce), others.clone(), None, None, 0),
        (5, Some(gone), others.clone(), None, None, 0),
        (5, Some(Synced), others.clone(), Some(18), None, 1),
        (5, Some(Synced), others.clone(), Some(16), None, 2),
        (5, Some(Synced), Vec::new(), None, changed, 0),
    ] {
        let case = format!("{denied} {last:?} {others:?} {is_there:?}");
        let company = Company::new().await;
        let people = (11..=14).map(|id| (id, Synced));
        let last = last.map(|status| (15, status));
        read(&company, people.chain(last).chain(others)).await;
        if let Some(id) = is_there {
            company.personio.put(Person::new(id, "Jörg", "Weiß"));
        }
        let certificates = (11..=15).rev().take(denied);
        let certificates = certificates.map(|who| company.certificate(&format!("c-{who}"), who));
        let certificates: Vec<_> = certificates.collect();
        let applied = company.apply(uploads(certificates)).await;
        assert_eq!(stop(&applied), outcome, "{case}");
        assert_eq!(company.calls(Endpoint::Employee), calls, "{case}");
        assert_eq!(results(&applied), vec!["person deleted"; denied], "{case}");
    }
}

#[tokio::test]
async fn a_company_for_which_something_was_filed_is_the_same_one() {
    let company = Company::new().await;
    let people = [11, 12, 13, 14, 15, 16, 18];
    read(&company, people.map(|id| (id, EntryStatus::Synced))).await;
    let certificate = |who| company.certificate(&format!("c-{who}"), who);
    let certificates: Vec<_> = [1, 11, 12, 13, 14, 15].map(certificate).into();
    let applied = company.apply(uploads(certificates)).await;
    assert_eq!(stop(&applied), None);
    assert_eq!(company.uploads(), 6);
    assert_eq!(company.calls(Endpoint::Employee), 0);
}

#[tokio::test]
async fn nothing_is_filed_for_people_of_another_hr_system_or_while_the_source_is_held() {
    let changed = Some(Outcome::SourceChanged);
    for (tool, source_held, result, outcome) in [
        (None, false, "Filed", None),
        (Some("personio"), false, "Filed", None),
        (Some("workday"), false, "NotReached", changed),
        (Some("personio"), true, "NotReached", changed),
    ] {
        let case = format!("{tool:?} {source_held}");
        let company = Company::new().await;
        let state = SyncState {
            tool: tool.map(str::to_owned),
            source_held,
            ..SyncState::default()
        };
        let (store, tenant) = (&company.store, &company.local.tenant);
        let token = company.lease().await.token;
        let written = store.put_sync_state(tenant, token, &state);
        written.await.unwrap();
        let upload = company.certificate("c-1", 1);
        let applied = company.apply(uploads([upload])).await;
        assert_eq!(results(&applied), [result], "{case}");
        assert_eq!(stop(&applied), outcome, "{case}");
        let is_filed = usize::from(result == "Filed");
        assert_eq!(company.uploads(), is_filed, "{case}");
    }
}
