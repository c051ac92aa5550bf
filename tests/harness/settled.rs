//! A company in step without a first run: for more people than anybody wants to wait for.

use std::collections::BTreeMap;
use std::sync::Arc;

use employee_sync::checkpoint::{Resolution, Sharding, next_shard};
use employee_sync::source;
use shared::fingerprint::{Shard, ShardCount, ShardNumber};
use shared::http::{self, Calls, Context, RateLimiter};
use shared::mapping::MAPPING_VERSION;
use shared::routes::{Connections, Source};
use shared::state::{BrakeWindow, LastRun, SyncState};
use shared::tenant::TenantConfig;

use crate::Harness;

impl Harness {
    /// Leaves the fingerprints that a run leaves which found everybody in step. There are no accounts, and no ledger of them: a
    /// run with nothing to do asks for neither.
    pub async fn settle(&self) {
        let (store, tenant, now) = (
            self.world.stack.store(),
            &self.company.tenant,
            self.moment(),
        );
        let record = store.tenant(tenant).await.unwrap().unwrap();
        let config = TenantConfig::parse(&record.config).unwrap();
        let context = Context::new(
            http::client().unwrap(),
            Arc::new(self.world.clock.clone()),
            Calls::default(),
        )
        .with_simulators();
        let connections =
            Connections::<Source>::new(&config, &self.company.secret(), &context).unwrap();
        let Connections { hr, key, .. } = connections.with_pace(&RateLimiter::new(&[]));
        let people = source::read(&hr, &config, &key, 0).await.unwrap();
        let sharding = Sharding::new(&people, ShardCount::for_people(people.snapshot.len()), &key);
        let became: BTreeMap<_, _> = people
            .snapshot
            .ids()
            .map(|id| (id, Resolution::Settled))
            .collect();
        let lease = self.take_lease("a first run").await;
        let mut shards = Vec::new();
        for number in (0..).map(ShardNumber).take(sharding.count().get()) {
            let shard = next_shard(
                number,
                &Shard::default(),
                &sharding,
                people.completeness,
                &became,
            );
            store
                .put_shard(tenant, lease.token, number, &shard)
                .await
                .unwrap();
            shards.push(shard.digest());
        }
        let root = SyncState {
            mapping_version: MAPPING_VERSION,
            configuration: format!("{:016x}", key.digest("configuration", &record.config)),
            shards,
            people: u32::try_from(people.snapshot.len()).unwrap(),
            open_accounts: u32::try_from(people.snapshot.len()).unwrap(),
            brakes: BrakeWindow::default(),
            pending: BTreeMap::new(),
            waiting: 0,
            reconciled_at: now,
        };
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
                },
            )
            .await
            .unwrap();
    }
}
