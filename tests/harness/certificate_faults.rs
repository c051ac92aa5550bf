//! Faults where documents are filed and looked for, and what a certificate came to.

use shared::domain::id::{CertificateId, DocumentId};
use shared::state::CertificateState;
use shared::tenant::Via;
use simulators::personio::Endpoint;
use simulators::{Behaviour, Fault};

use crate::Harness;

/// The vendor whose answer to an upload is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadAt {
    /// Personio's, behind Kombo where the route goes through it.
    Personio,
    Kombo,
}

impl UploadAt {
    /// Every place on this route.
    #[must_use]
    pub fn on(via: Via) -> &'static [Self] {
        match via {
            Via::Direct => &[Self::Personio],
            Via::KomboPassthrough | Via::Kombo => &[Self::Personio, Self::Kombo],
        }
    }
}

impl Harness {
    /// Strikes the next upload of a run that looks for no earlier one.
    pub fn fail_next_upload(&self, at: UploadAt, behaviour: Behaviour) {
        let fault = Fault::new(behaviour);
        match (at, &self.company.kombo, self.company.via) {
            (UploadAt::Kombo, Some(kombo), Via::Kombo) => {
                kombo.fail(fault.path("/v1/hris/employees/{employee_id}/documents"));
            }
            // The first call of a run asks for the folders, at the same address.
            (UploadAt::Kombo, Some(kombo), _) => {
                kombo.fail(fault.path("/v1/passthrough/personio/personnel").nth(2));
            }
            _ => self.fail_uploads(fault),
        }
    }

    /// Sets a fault for uploads at Personio, behind Kombo where the route goes through it.
    pub fn fail_uploads(&self, fault: Fault) {
        self.personio.fail(fault.path("/v1/company/documents"));
    }

    /// Sets a fault for lists of documents at Personio, behind Kombo where the route goes through it.
    pub fn fail_finding(&self, fault: Fault) {
        self.personio
            .fail(fault.path("/v2/document-management/documents"));
    }

    /// How many uploads have reached Personio.
    #[must_use]
    pub fn uploads(&self) -> usize {
        self.personio.calls(Endpoint::UploadDocument)
    }

    /// What the ledger has of the certificate `id`.
    pub async fn state_of(&self, id: &str) -> Option<CertificateState> {
        self.certificate_ledger()
            .await
            .remove(&CertificateId::new(id))
            .map(|entry| entry.state)
    }

    /// The document that the ledger has for the certificate `id`; `None` where it is not filed or the route gave no id.
    pub async fn filed_as(&self, id: &str) -> Option<DocumentId> {
        match self.state_of(id).await {
            Some(CertificateState::Uploaded { document, .. }) => document,
            _ => None,
        }
    }
}
