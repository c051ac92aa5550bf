//! Certificates: what the academy issues, what the personnel files hold, and the rules that hold in every run.

use std::collections::BTreeMap;

use certificate_sync::CertificateSync;
use certificate_sync::report::Report;
use jiff::{SignedDuration, Timestamp};
use shared::http::Deadline;
use shared::id::{CertificateId, TenantId};
use shared::job::{Mode, Ran};
use shared::state::CertificateEntry;
use simulators::personio::Document;
use simulators::reteach::{Certificate, Participation};

use crate::{Harness, unwatched};

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

impl Harness {
    /// Runs the certificate job once, now.
    pub async fn certificates_now(&self) -> Report {
        self.certificates(Mode::Scheduled, Deadline::never()).await.report
    }

    /// Half an hour later: one run of the certificate job.
    pub async fn certificates_tick(&self) -> Report {
        self.world.clock.advance(CERTIFICATE_TICK);
        self.certificates_now().await
    }

    /// One run of the certificate job in any mode, with the checks that hold for all.
    pub async fn certificates(&self, mode: Mode, deadline: Deadline) -> Ran<CertificateSync> {
        let ran = self.world.run_certificates(&self.company, mode, deadline, &unwatched).await;
        self.check_the_never_rules_of_certificates();
        ran
    }

    /// Nothing is filed twice, nothing in a folder or file where it does not belong.
    pub fn check_the_never_rules_of_certificates(&self) {
        let twice = self.company.personio.duplicates();
        assert!(twice.is_empty(), "filed twice: {twice:?}");
        for document in self.company.personio.documents() {
            assert!(document.file_name.ends_with(".pdf"), "{document:?}");
            assert!(document.head.starts_with(b"%PDF-"), "{document:?}");
        }
    }

    /// The documents of the employee `person`, by title.
    #[must_use]
    pub fn titles(&self, person: u64) -> Vec<String> {
        let documents = self.company.personio.documents();
        let mut titles: Vec<_> =
            documents.into_iter().filter(|it| it.employee_id == person).map(|it| it.title).collect();
        titles.sort();
        titles
    }

    /// The one document that names the certificate `id`.
    #[must_use]
    pub fn document_of(&self, id: &str) -> Option<Document> {
        let names = |it: &Document| {
            it.comment.as_deref().is_some_and(|comment| comment.contains(id)) || it.file_name.contains(id)
        };
        let documents = self.company.personio.documents();
        let mut found = documents.into_iter().filter(names);
        let document = found.next();
        assert!(found.next().is_none(), "{id} is filed twice");
        document
    }

    /// The ledger of certificates, by id.
    pub async fn certificate_ledger(&self) -> BTreeMap<CertificateId, CertificateEntry> {
        let tenant: &TenantId = &self.company.tenant;
        self.world.stack.store().all_certificates(tenant).await.unwrap().into_iter().collect()
    }

    /// The moment this long from now.
    #[must_use]
    pub fn later(&self, time: SignedDuration) -> Timestamp {
        self.moment() + time
    }
}
