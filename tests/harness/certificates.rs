//! Certificates: what the academy issues, what the personnel files hold, and the rules that hold in every run.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use certificate_sync::CertificateSync;
use certificate_sync::report::Report;
use jiff::{SignedDuration, Timestamp};
use shared::domain::id::CertificateId;
use shared::http::Deadline;
use shared::runtime::{Mode, ProgressFn, Ran};
use shared::state::{
    CertificateEntry, OnUnverifiable, PARTITION_KEY, Restored, SORT_KEY, StateError,
};
use shared::tenant::Via;
use simulators::personio::{self, Document};
use simulators::reteach::{Certificate, Participation};

use crate::stored::TABLE;
use crate::{Harness, People, ignore_progress};

/// A schedule fires the certificate job this often.
pub const CERTIFICATE_TICK: SignedDuration = SignedDuration::from_mins(30);

/// A course completed by the employee `person` (who has an account), with a certificate of 20 KB that is made at once.
#[must_use]
pub fn completed(id: &str, person: u64, course: &str, at: &str) -> Participation {
    Participation {
        customer: Some(format!("personio:{person}")),
        course_name: Some(course.to_owned()),
        completed_at: Some(at.parse().unwrap()),
        certificate: Some(Certificate::new(id, 20_000)),
        ..Participation::default()
    }
}

/// An item of the table.
pub type LedgerItem = HashMap<String, AttributeValue>;

impl Harness {
    /// Runs the certificate job once, now.
    pub async fn certificates_now(&self) -> Report {
        self.certificates_in(Mode::Scheduled).await
    }

    /// Half an hour later: one run of the certificate job.
    pub async fn certificates_tick(&self) -> Report {
        self.advance(CERTIFICATE_TICK);
        self.certificates_now().await
    }

    /// One run of the certificate job in any mode, with the checks that hold for all.
    pub async fn certificates(&self, mode: Mode, deadline: Deadline) -> Ran<CertificateSync> {
        self.certificates_watched(mode, deadline, &ignore_progress)
            .await
    }

    /// The same, with its progress.
    pub async fn certificates_watched(
        &self,
        mode: Mode,
        deadline: Deadline,
        progress: ProgressFn<'_>,
    ) -> Ran<CertificateSync> {
        let (world, company) = (&self.world, &self.company);
        let ran = world.run_certificates(company, mode, deadline, progress);
        let ran = ran.await;
        self.check_the_never_rules_of_certificates();
        ran
    }

    /// The operator has a parked certificate tried again.
    pub async fn retry(&self, id: &str) -> Result<(), StateError> {
        let (tenant, id, now) = (&self.company.tenant, CertificateId::new(id), self.moment());
        self.store()
            .retry_certificate(tenant, &id, OnUnverifiable::Send, now)
            .await
    }

    /// The operator leaves a parked certificate for good.
    pub async fn dismiss(&self, id: &str) -> Result<(), StateError> {
        let (tenant, id, now) = (&self.company.tenant, CertificateId::new(id), self.moment());
        let store = self.store();
        store.dismiss_certificate(tenant, &id, now, None).await
    }

    /// Nothing is filed twice, nothing in a folder or file where it does not belong.
    pub fn check_the_never_rules_of_certificates(&self) {
        let twice = self.personio.duplicates();
        assert!(twice.is_empty(), "filed twice: {twice:?}");
        for document in self.personio.documents() {
            assert!(document.file_name.ends_with(".pdf"), "{document:?}");
            assert!(document.head.starts_with(b"%PDF-"), "{document:?}");
        }
    }

    /// The documents of the employee `person`, by title.
    #[must_use]
    pub fn titles(&self, person: u64) -> Vec<String> {
        let documents = self.documents_of(person).into_iter();
        let mut titles: Vec<_> = documents.map(|document| document.title).collect();
        titles.sort();
        titles
    }

    /// The one document that names the certificate `id`.
    #[must_use]
    pub fn document_of(&self, id: &str) -> Option<Document> {
        let names = |document: &Document| {
            let comment = document.comment.as_deref().unwrap_or_default();
            comment.contains(id) || document.file_name.contains(id)
        };
        let documents = self.personio.documents();
        let mut found = documents.into_iter().filter(names);
        let document = found.next();
        assert!(found.next().is_none(), "{id} is filed twice");
        document
    }

    pub async fn certificate_ledger(&self) -> BTreeMap<CertificateId, CertificateEntry> {
        let all = self.store().all_certificates(&self.company.tenant).await;
        all.unwrap().into_iter().collect()
    }

    /// Everything that the table knows of certificates: entries and checkpoint.
    pub async fn ledger_items(&self) -> Vec<LedgerItem> {
        self.tenant_items("begins_with(sk, :sk)", "CERTIFICATE")
            .await
    }

    /// Everything that the tenant's runs begin with. Keys of logins, which a restore takes from the table in use, and of
    /// reports, which no run reads, come last in the partition.
    pub async fn table_items(&self) -> Vec<LedgerItem> {
        self.tenant_items("sk < :sk", "LOGIN#").await
    }

    /// The tenant's items whose sort key meets this condition with the value `:sk`.
    async fn tenant_items(&self, condition: &str, sk: &str) -> Vec<LedgerItem> {
        let partition = format!("TENANT#{}", self.company.tenant);
        let query = self.world.stack.aws().dynamodb().query();
        let found = query
            .table_name(TABLE)
            .key_condition_expression(format!("pk = :pk AND {condition}"))
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":sk", AttributeValue::S(sk.to_owned()))
            .send()
            .await
            .unwrap();
        assert!(found.last_evaluated_key.is_none(), "more than one page");
        found.items.unwrap_or_default()
    }

    /// Writes items of the table as they are.
    pub async fn put_ledger_items(&self, items: Vec<LedgerItem>) {
        let client = self.world.stack.aws().dynamodb();
        for item in items {
            let put = client.put_item().table_name(TABLE);
            put.set_item(Some(item)).send().await.unwrap();
        }
    }

    /// The table's certificates are those of an earlier moment again, and marked as restored.
    pub async fn restore_ledger(&self, to: Timestamp, items: Vec<LedgerItem>) {
        let now = self.ledger_items().await;
        self.put_back(&now, items).await;
        self.mark_restored(to).await;
    }

    /// The whole table is as of an earlier moment again, with the marks that `tenants restore` sets. No run is under way.
    pub async fn restore_table(&self, to: Timestamp, items: Vec<LedgerItem>) {
        let now = self.table_items().await;
        self.put_back(&now, items).await;
        let forgotten = self.store().forget_decisions(&self.company.tenant).await;
        forgotten.unwrap();
        self.mark_restored(to).await;
    }

    /// Puts `items` in the place of those that are there now.
    async fn put_back(&self, now: &[LedgerItem], mut items: Vec<LedgerItem>) {
        let client = self.world.stack.aws().dynamodb();
        for item in now {
            if items
                .iter()
                .any(|it| it.get(SORT_KEY) == item.get(SORT_KEY))
            {
                continue;
            }
            let mut key = item.clone();
            key.retain(|name, _| [PARTITION_KEY, SORT_KEY].contains(&name.as_str()));
            let delete = client.delete_item().table_name(TABLE);
            delete.set_key(Some(key)).send().await.unwrap();
        }
        items.retain(|item| !now.contains(item));
        self.put_ledger_items(items).await;
    }

    async fn mark_restored(&self, to: Timestamp) {
        let restored = Restored {
            to,
            at: self.moment(),
            assume_empty: false,
        };
        let store = self.store();
        let marked = store.mark_restored(&self.company.tenant, restored).await;
        marked.unwrap();
    }

    /// The moment this long from now.
    #[must_use]
    pub fn later(&self, time: SignedDuration) -> Timestamp {
        self.moment() + time
    }
}

/// The file name that a document has on every route.
#[must_use]
pub fn named(course: &str, day: &str, id: &str) -> String {
    format!("{course} {day} {id}.pdf")
}

impl Harness {
    /// A company after its first employee run, with a folder for certificates; the simulators' logs are empty.
    pub async fn with_folder(via: Via, more: &str, people: impl People) -> Self {
        let harness = Self::synced(via, more, people).await;
        harness.personio.add_category("Bildungszertifikate");
        harness
    }

    pub fn issue(&self, participations: impl IntoIterator<Item = Participation>) {
        self.reteach.add_participations(participations);
    }

    /// One run of the certificate job in any mode, without a deadline: its report.
    pub async fn certificates_in(&self, mode: Mode) -> Report {
        self.certificates(mode, Deadline::never()).await.report
    }

    /// After this time: one run of the certificate job.
    pub async fn certificates_after(&self, time: SignedDuration) -> Report {
        self.advance(time);
        self.certificates_now().await
    }

    /// The documents of the employee `person` that name the certificates, in the order of their uploads.
    #[must_use]
    pub fn documents_of(&self, person: u64) -> Vec<Document> {
        self.personio
            .documents()
            .into_iter()
            .filter(|document| document.employee_id == person)
            .collect()
    }

    /// How often the HR system was asked for its folders.
    #[must_use]
    pub fn folder_lookups(&self) -> usize {
        match (&self.company.kombo, self.company.via) {
            (Some(kombo), Via::Kombo) => {
                kombo.calls(simulators::kombo::Endpoint::DocumentCategories)
            }
            _ => self.personio.calls(personio::Endpoint::DocumentCategories),
        }
    }

    /// How many requests each of them received: reteach and its files, Personio, Kombo.
    #[must_use]
    pub fn traffic(&self) -> [usize; 4] {
        let kombo = self
            .company
            .kombo
            .as_ref()
            .map_or(0, |kombo| kombo.requests().len());
        let (reteach, personio) = (&self.reteach, &self.personio);
        [
            reteach.requests().len(),
            reteach.downloads().requests().len(),
            personio.requests().len(),
            kombo,
        ]
    }

    /// Empties the simulators' logs, that of the downloads too.
    pub fn forget_traffic(&self) {
        self.forget_requests();
        self.reteach.downloads().reset_log();
    }

    /// The reports of the certificate job that were kept, the newest first.
    pub async fn certificate_reports(&self) -> Vec<Report> {
        let all: Vec<Report> = self
            .store()
            .reports(&self.company.tenant, 1_000)
            .await
            .unwrap();
        all.into_iter()
            .filter(|report| report.job == "certificate-sync")
            .collect()
    }
}
