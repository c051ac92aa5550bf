//! Kombo's unified model, with Personio's own list of documents where the passthrough reaches it.

use jiff::tz::TimeZone;

use super::PersonioOverKombo;
use crate::document::{Category, Document, DocumentSink, FiledDocument, FilingError, PdfBody};
use crate::domain::id::{DocumentId, SourceId};
use crate::http::{Deadline, Elapsed, RateLimiter};
use crate::kombo::{Client, Documents, Employees, IntegrationId};
use crate::personio;
use crate::source::{EmployeeSource, Reading, SourceError, SourceRecord, Take};

/// One integration's people and their documents.
///
/// Kombo does not list documents. Whether one is filed is looked up through the passthrough, where the plan includes it.
#[derive(Clone, Debug)]
pub struct KomboUnified {
    employees: Employees,
    documents: Documents,
    personio: Option<personio::Client<PersonioOverKombo>>,
}

impl KomboUnified {
    /// The people of `integration`. The custom field `employment_type_field` holds the HR system's own employment type. Days
    /// begin in `zone`.
    #[must_use]
    pub fn new(
        client: Client,
        integration: IntegrationId,
        employment_type_field: Option<String>,
        zone: TimeZone,
    ) -> Self {
        let employees = Employees::new(client.clone(), integration.clone(), zone);
        let is_personio = integration.tool() == "personio";
        Self {
            employees: match employment_type_field {
                Some(field) => employees.with_employment_type_field(field),
                None => employees,
            },
            documents: Documents::new(client.clone(), integration.clone()),
            personio: is_personio
                .then(|| personio::Client::new(PersonioOverKombo::new(client, integration))),
        }
    }

    /// Personio's own API through the passthrough.
    pub fn personio(&self) -> Option<&personio::Client<PersonioOverKombo>> {
        self.personio.as_ref()
    }

    /// The record of one person; `None` if Kombo's mirror has no such person.
    pub async fn one(&self, id: &SourceId) -> Result<Option<SourceRecord>, SourceError> {
        self.employees.as_synced().await?.one(id).await
    }

    #[must_use]
    pub fn until(self, deadline: Deadline) -> Self {
        Self {
            employees: self.employees.until(deadline),
            documents: self.documents.until(deadline),
            personio: self.personio.map(|client| client.until(deadline)),
        }
    }

    #[must_use]
    pub fn with_pace(self, pace: RateLimiter) -> Self {
        Self {
            employees: self.employees.with_pace(pace.clone()),
            documents: self.documents.with_pace(&pace),
            personio: self.personio.map(|client| client.with_pace(pace)),
        }
    }
}

impl EmployeeSource for KomboUnified {
    fn tool(&self) -> &str {
        self.employees.tool()
    }

    async fn read(&self, expected: u64, take: &mut Take<'_>) -> Result<Reading, SourceError> {
        let employees = self.employees.as_synced().await?;
        employees.read(expected, take).await
    }
}

impl DocumentSink for KomboUnified {
    async fn categories(&self) -> Result<Vec<Category>, SourceError> {
        self.documents.categories().await
    }

    async fn turn(&self, until: Deadline) -> Result<(), Elapsed> {
        self.documents.turn(until).await
    }

    async fn upload(
        &self,
        document: &Document,
        body: PdfBody,
    ) -> Result<Option<DocumentId>, FilingError> {
        self.documents.upload(document, body).await.map(|()| None)
    }

    async fn filed(&self, employee: &SourceId) -> Result<Option<Vec<FiledDocument>>, SourceError> {
        let Some(personio) = &self.personio else {
            return Ok(None);
        };
        match personio.filed(employee).await {
            // Kombo opens the passthrough per customer; the code of its refusal is not documented.
            Err(SourceError::Refused(_)) => Ok(None),
            filed => filed,
        }
    }
}
