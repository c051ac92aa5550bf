use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{ID, code, environment, remote_ids, rows};
use crate::Person;
use crate::kombo::Condition;

#[tokio::test]
async fn shows_changes_only_after_a_sync() {
    let env = environment(vec![Person::new(1, "A", "B")]).await;
    let first_name = async || env.employees("").await.at("/data/results/0/first_name");
    env.personio
        .change(1, |person| person.first_name = "C".to_owned());
    assert_eq!(first_name().await, json!("A"));
    env.clock.advance(60);
    env.kombo.mirror(ID);
    assert_eq!(first_name().await, json!("C"));
    let changed_at = env.employees("").await.at("/data/results/0/changed_at");
    assert_eq!(changed_at, "2026-03-16T10:01:00.000Z");
    env.kombo.mirror_automatically(ID, true);
    env.personio
        .change(1, |person| person.first_name = "D".to_owned());
    assert_eq!(first_name().await, json!("D"));
}

#[tokio::test]
async fn keeps_the_deleted_for_14_days_and_then_their_ids() {
    let env = environment(vec![Person::new(1, "A", "B"), Person::new(2, "C", "D")]).await;
    env.personio.remove(1);
    let number = remote_ids(&env.employees("").await).len();
    assert_eq!(number, 2, "not synced yet");
    env.kombo.mirror(ID);
    assert_eq!(
        remote_ids(&env.employees("").await),
        BTreeSet::from(["2".to_owned()])
    );
    let deleted = async || {
        env.employees("include_deleted=true&remote_ids=1")
            .await
            .at("/data/results/0")
    };
    assert_eq!(
        deleted().await["remote_deleted_at"],
        json!("2026-03-16T10:00:00.000Z")
    );
    env.clock.advance(14 * 86_400 - 1);
    assert_eq!(deleted().await["first_name"], json!("A"));
    env.clock.advance(1);
    let expired = deleted().await;
    let both = (&expired["first_name"], &expired["work_email"]);
    assert_eq!(both, (&Value::Null, &Value::Null));
    let both = (&expired["remote_id"], &expired["groups"]);
    assert_eq!(both, (&json!("1"), &json!([])));
    env.personio.put(Person::new(1, "A", "B"));
    env.kombo.mirror(ID);
    assert_eq!(
        deleted().await["remote_deleted_at"],
        Value::Null,
        "back again"
    );
}

#[tokio::test]
async fn turns_invalid_when_personio_refuses_the_credential() {
    let env = environment(vec![Person::new(1, "A", "B")]).await;
    env.personio.rotate_secret("id", "new");
    env.kombo.mirror(ID);
    assert_eq!(env.kombo.condition(ID), Some(Condition::Invalid));
    env.kombo.reconnect(ID, "id", "new");
    assert_eq!(env.kombo.condition(ID), Some(Condition::Active));
    assert_eq!(rows(&env.employees("").await).len(), 1);
    env.kombo.mirror_automatically(ID, true);
    env.personio.allow_reading(false);
    assert_eq!(
        code(&env.employees("").await),
        json!("INTEGRATION.AUTHENTICATION_INVALID")
    );
    env.personio.allow_reading(true);
    assert_eq!(env.employees("").await.status, 200);
}
