//! What the state holds.

use aws_sdk_dynamodb::types::AttributeValue;
use employee_sync::report::Report;
use jiff::{SignedDuration, Timestamp};
use shared::domain::id::RunId;
use shared::state::{Acquisition, HeldPlan, JobKind, LastRun, Lease};

use crate::{Harness, LedgerItem};

/// The table of the local stack.
pub(crate) const TABLE: &str = "reteach-personio";

/// Every item of the table as text, its members in order and its bytes as far as they are text.
pub type Items = Vec<String>;

impl Harness {
    /// The reports that were kept, the newest first.
    pub async fn reports(&self) -> Vec<Report> {
        self.store()
            .reports(&self.company.tenant, 1_000)
            .await
            .unwrap()
    }

    pub async fn held(&self) -> Option<HeldPlan> {
        self.store().held(&self.company.tenant).await.unwrap()
    }

    pub async fn last_good_run(&self) -> Option<Timestamp> {
        let lease = self.take_lease("a look").await;
        let store = self.store();
        store.release(&lease, LastRun::default()).await.unwrap();
        lease.last_good_run
    }

    /// Takes the lease as another run would.
    pub async fn take_lease(&self, owner: &str) -> Lease {
        self.lease_of(JobKind::Employees, owner, 120).await
    }

    /// Takes the lease of the certificate job as another run would.
    pub async fn take_certificate_lease(&self, owner: &str) -> Lease {
        self.lease_of(JobKind::Certificates, owner, 300).await
    }

    async fn lease_of(&self, job: JobKind, owner: &str, seconds: i64) -> Lease {
        let (tenant, owner) = (&self.company.tenant, RunId::new(owner));
        let (now, lasts) = (self.moment(), SignedDuration::from_secs(seconds));
        let store = self.store();
        let taken = store.acquire(tenant, job, &owner, now, lasts).await;
        match taken.unwrap() {
            Acquisition::Acquired(lease) => lease,
            Acquisition::Held { until, .. } => panic!("another run has the lease until {until}"),
        }
    }

    /// The academy's login is left out: every call may renew it.
    pub async fn items(&self) -> Items {
        let mut items = self.all_items().await;
        items.retain(|item| !item.contains("sk: S(\"LOGIN#"));
        items
    }

    pub async fn all_items(&self) -> Items {
        let items = self.scan().await.into_iter();
        items.map(|item| shown(&AttributeValue::M(item))).collect()
    }

    /// Every item of the table.
    pub async fn scan(&self) -> Vec<LedgerItem> {
        let client = self.world.stack.aws().dynamodb();
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let scan = client.scan().table_name(TABLE);
            let page = scan.set_exclusive_start_key(start).send().await.unwrap();
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return items;
            }
        }
    }

    /// The root is lost, and with it the shards: the ledger alone is left.
    pub async fn lose_the_root(&self) {
        self.lose("FINGERPRINTS").await;
    }

    /// What the ledger knows of each certificate is lost.
    pub async fn lose_the_certificates(&self) {
        for id in self.certificate_ledger().await.keys() {
            self.lose(&format!("CERTIFICATE#{id}")).await;
        }
    }

    /// One item of the tenant is lost.
    pub async fn lose(&self, item: &str) {
        let dynamodb = self.world.stack.aws().dynamodb();
        let text = |text: String| AttributeValue::S(text);
        dynamodb
            .delete_item()
            .table_name(TABLE)
            .key("pk", text(format!("TENANT#{}", self.company.tenant)))
            .key("sk", text(item.to_owned()))
            .send()
            .await
            .unwrap();
    }

    /// Makes an attribute of one item something that no release has written. Returns the item as it was.
    pub async fn damage(&self, item: &str, attribute: &str) -> LedgerItem {
        let sort_key = AttributeValue::S(item.to_owned());
        let mut items = self.scan().await.into_iter();
        let sound = items.find(|found| found.get("sk") == Some(&sort_key));
        let sound = sound.unwrap();
        let mut damaged = sound.clone();
        damaged.insert(attribute.to_owned(), AttributeValue::Bool(true));
        self.put_ledger_items(vec![damaged]).await;
        sound
    }

    /// The ledger is lost: of the tenant only the configuration is left.
    pub async fn lose_the_ledger(&self, more: &str) {
        self.store()
            .remove_tenant(&self.company.tenant)
            .await
            .unwrap();
        self.configure(more).await;
    }
}

/// `report` as `stored` holds it: the units that writing it took are known only afterwards.
#[must_use]
pub fn kept(report: &Report, stored: &Report) -> Report {
    Report {
        dynamodb: stored.dynamodb,
        ..report.clone()
    }
}

fn shown(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{name}: {}", shown(value)))
                .collect();
            members.sort();
            format!("{{{}}}", members.join(", "))
        }
        AttributeValue::L(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        AttributeValue::B(bytes) => String::from_utf8_lossy(bytes.as_ref()).into_owned(),
        other => format!("{other:?}"),
    }
}
