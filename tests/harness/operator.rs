//! What an operator does to a tenant: file, credentials, status, and decisions about held plans.

use shared::secrets::TenantSecret;
use shared::state::{Choice, Decision, HeldPart, HeldSource, LastRun, TenantChange, TenantStatus};

use crate::Harness;

impl Harness {
    /// Stores `file` as the tenant's file, valid or not.
    pub async fn store_file(&self, file: &str) {
        let store = self.store();
        store.put_tenant(&self.company.tenant, file).await.unwrap();
    }

    /// Notes which academy the credentials belong to, as a check does that reaches it.
    pub async fn know_academy(&self) {
        let store = self.store();
        let tenant = &self.company.tenant;
        let read = store.tenant(tenant).await.unwrap().unwrap();
        let change = TenantChange {
            config: &read.config,
            status: read.status,
            academy: Some(&self.reteach.id()),
            revision: "checked",
            read: Some(&read),
        };
        store.change_tenant(tenant, &change).await.unwrap();
    }

    pub async fn store_secret(&self, secret: &TenantSecret) {
        let secrets = self.world.stack.secrets();
        secrets.put(&self.company.tenant, secret).await.unwrap();
    }

    /// Stores `text` in place of the tenant's secret, valid or not.
    pub async fn store_secret_text(&self, text: &str) {
        let secrets = self.world.stack.aws().secrets_manager();
        let put = secrets
            .put_secret_value()
            .secret_id(format!("reteach-personio/{}", self.company.tenant))
            .secret_string(text);
        put.send().await.unwrap();
    }

    /// Pauses or resumes the tenant.
    pub async fn set_status(&self, status: TenantStatus) {
        let store = self.store();
        let set = store.set_status(&self.company.tenant, status, None);
        set.await.unwrap();
    }

    /// Approves the held plan with this hash.
    pub async fn approve(&self, hash: &str) {
        let at = self.moment();
        self.decide(hash, Decision::Approved { at }).await;
    }

    /// Approves the rejected reading with this hash.
    pub async fn approve_source(&self, hash: &str) {
        let at = self.moment();
        let store = self.world.stack.store();
        let approved = Decision::Approved { at };
        let decide = store.decide_source(&self.company.tenant, hash, approved, None);
        decide.await.unwrap();
    }

    /// The rejected reading that waits for a decision.
    pub async fn held_source(&self) -> Option<HeldSource> {
        let store = self.world.stack.store();
        store.held_source(&self.company.tenant).await.unwrap()
    }

    /// Takes all decisions about the held plan back.
    pub async fn forget_decisions(&self) {
        let Some(mut held) = self.held().await else {
            return;
        };
        let undecided = held.parts.iter().map(|(key, part)| {
            let person = part.person.clone();
            let decision = None;
            (*key, HeldPart { person, decision })
        });
        held.parts = undecided.collect();
        let lease = self.take_lease("forgets").await;
        let (tenant, store) = (&self.company.tenant, self.store());
        store.put_held(tenant, lease.token, &held).await.unwrap();
        store.release(&lease, LastRun::default()).await.unwrap();
    }

    /// Decides about the held plan with this hash.
    pub async fn decide(&self, hash: &str, decision: Decision) {
        let all = Choice::default();
        let store = self.store();
        let decide = store.decide(&self.company.tenant, hash, &all, decision, None);
        decide.await.unwrap();
    }
}
