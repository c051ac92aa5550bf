use serde_json::value::to_raw_value;

use super::{Condition, ID, environment, remote_ids};
use crate::Kombo;
use crate::people::Person;
use crate::testing::Call;

#[tokio::test]
async fn a_snapshot_brings_back_keys_integrations_their_mirror_and_links() {
    let people = (1..=3).map(|id| Person::new(id, "Ada", "A")).collect();
    let env = environment(people).await;
    env.kombo.set_origin(ID, Some("acme"));
    env.kombo.add_api_key("second");
    env.personio.remove(3);
    let before = env.employees("").await;
    let other = Kombo::start(env.clock.clock()).await.unwrap();
    other
        .restore(&env.kombo.snapshot().unwrap(), &env.personio)
        .unwrap();
    assert_eq!(
        other.snapshot().unwrap().get(),
        env.kombo.snapshot().unwrap().get()
    );
    let url = format!("{}/hris/employees", other.base_url());
    let after = Call::new("GET", &url)
        .bearer("second")
        .header("X-Integration-Id", ID)
        .send()
        .await;
    assert_eq!(
        remote_ids(&after).len(),
        3,
        "the mirror is as of its last sync, not of the restart"
    );
    assert_eq!(after.at("/data"), before.at("/data"));
    other.mirror(ID);
    let synced = Call::new("GET", &url)
        .bearer("key")
        .header("X-Integration-Id", ID)
        .send()
        .await;
    let number = remote_ids(&synced).len();
    assert_eq!(number, 2, "it syncs with the account it was restored with");
}

#[tokio::test]
async fn what_is_no_snapshot_changes_nothing() {
    let env = environment(vec![Person::new(1, "Ada", "A")]).await;
    let nonsense = to_raw_value(&serde_json::json!({"integrations": 3})).unwrap();
    assert!(env.kombo.restore(&nonsense, &env.personio).is_err());
    assert_eq!(env.kombo.condition(ID), Some(Condition::Active));
}
