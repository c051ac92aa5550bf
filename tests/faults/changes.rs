//! What changes around the runs: credentials, and the program itself.

use harness::Harness;
use shared::secrets::{KomboSecret, PersonioSecret, ReteachSecret, TenantSecret};
use shared::state::LastRun;

/// Every credential is another from now on, and the old ones are worth nothing.
pub(crate) async fn rotate(harness: &Harness) {
    let company = &harness.company;
    company
        .reteach
        .add_credentials("reteach-2", "reteach-secret-2", "reteach-code-2");
    company.reteach.remove_credentials("reteach-client");
    company.reteach.revoke_tokens();
    match &company.kombo {
        Some(kombo) => {
            kombo.add_api_key("kombo-key-2");
            kombo.revoke_api_key("kombo-key");
        }
        None => {
            company
                .personio
                .rotate_secret("papi-client", "papi-secret-2");
            company.personio.revoke_tokens();
        }
    }
    let secret = TenantSecret {
        personio: Some(PersonioSecret {
            client_id: "papi-client".into(),
            client_secret: "papi-secret-2".into(),
        }),
        kombo: Some(KomboSecret {
            api_key: "kombo-key-2".into(),
        }),
        reteach: Some(ReteachSecret {
            client_id: "reteach-2".into(),
            client_secret: "reteach-secret-2".into(),
            client_code: "reteach-code-2".into(),
        }),
        ..company.secret()
    };
    harness
        .world
        .stack
        .secrets()
        .put(&company.tenant, &secret)
        .await
        .unwrap();
}

/// What is there was left by a version of the program that mapped people otherwise.
pub(crate) async fn older_mapping(harness: &Harness) {
    let (store, tenant) = (harness.world.stack.store(), &harness.company.tenant);
    let lease = harness.take_lease("older").await;
    let mut root = store.sync_state(tenant).await.unwrap().unwrap();
    root.mapping_version -= 1;
    store
        .put_sync_state(tenant, lease.token, &root)
        .await
        .unwrap();
    store.release(&lease, LastRun::default()).await.unwrap();
}
