//! A company in step without a first run: for more people than anybody wants to wait for.

use std::collections::BTreeMap;
use std::sync::Arc;

use employee_sync::checkpoint::{Resolution, Sharding, next_shard};
use employee_sync::source;
use shared::domain::id::SourceId;
use shared::fingerprint::{Shard, ShardNumber};
use shared::http::{self, Calls, Context, RateLimiter};
use shared::mapping::MAPPING_VERSION;
use shared::routes::Connections;
use shared::state::{LastRun, SyncState};
use shared::tenant::TenantConfig;

use crate::Harness;

impl Harness {
    /// Leaves the fingerprints that a run leaves which found everybody in step. There are no accounts, and no ledger of them: a
    /// run with nothing to do asks for neither.
    pub async fn settle(&self) {
        let (store, tenant, now) = (self.store(), &self.company.tenant, self.moment());
        let record = store.tenant(tenant).await.unwrap().unwrap();
        let config = TenantConfig::parse(&record.config).unwrap();
        let context = Context::new(
            http::client().unwrap(),
            Arc::new(self.world.clock.clone()),
            Calls::default(),
        )
        .with_simulators();
        let connections = Connections::new(&config, &self.company.secret(), &context).unwrap();
        let Connections { hr, key, .. } = connections.with_pace(&RateLimiter::new(&[]));
        let people = source::read(&hr, &config, &key, 0, None).await.unwrap();
        let sharding = Sharding::new(&people.snapshot);
        let settled = |id: &SourceId| (id.clone(), Resolution::Settled);
        let resolutions: BTreeMap<_, _> = people.snapshot.ids().map(settled).collect();
        let lease = self.take_lease("a first run").await;
        let number = u32::try_from(people.snapshot.len()).unwrap();
        let mut root = SyncState {
            mapping_version: MAPPING_VERSION,
            configuration: format!("{:016x}", key.digest("configuration", &record.config)),
            people: number,
            open_accounts: number,
            has_completed: true,
            reconciled_at: now,
            ..SyncState::default()
        };
        for number in ShardNumber::all() {
            let (old, completeness) = (Shard::default(), people.completeness);
            let shard = next_shard(number, &old, &sharding, completeness, &resolutions);
            store
                .put_shard(tenant, lease.token, number, &shard)
                .await
                .unwrap();
            root.set_shard_digest(number, shard.digest());
        }
        store
            .put_sync_state(tenant, lease.token, &root)
            .await
            .unwrap();
        store.open_gate(tenant, now).await.unwrap();
        store
            .release(
                &lease,
                LastRun {
                    good_run: Some(now),
                    reported: Some(now),
                    retirements: None,
                    notices: None,
                },
            )
            .await
            .unwrap();
    }
}
