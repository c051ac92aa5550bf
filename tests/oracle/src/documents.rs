//! The certificates in a company's personnel files.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use simulators::personio::Document;

use crate::{Difference, IssuedCertificate};

/// Where certificates go until HR has made a folder for them.
const FALLBACK_FOLDER: &str = "Sonstige Dokumente";

/// The fields of a document that the route to Personio can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentFields {
    /// Title, date and comment.
    All,
    /// The file name alone, which becomes the title too.
    FileName,
}

/// Personnel files as they should be, certificate by certificate.
#[derive(Clone, Debug)]
pub struct ExpectedDocuments {
    fields: DocumentFields,
    folder: String,
    /// Issued and not filed yet, by the certificate's id.
    open: BTreeMap<String, ExpectedDocument>,
    filed: BTreeMap<String, ExpectedDocument>,
}

#[derive(Clone, Debug)]
struct ExpectedDocument {
    /// `None`: the account does not come from the HR system.
    person: Option<u64>,
    course: &'static str,
    file_name: String,
    day: Date,
    has_pdf: bool,
    sha256: String,
    /// Set when it is filed.
    folder: String,
}

impl ExpectedDocuments {
    #[must_use]
    pub fn new(fields: DocumentFields) -> Self {
        Self {
            fields,
            folder: FALLBACK_FOLDER.to_owned(),
            open: BTreeMap::new(),
            filed: BTreeMap::new(),
        }
    }

    /// The academy issues a certificate whose PDF has this hash.
    pub fn issue(&mut self, certificate: &IssuedCertificate, sha256: String) {
        let IssuedCertificate {
            id,
            person,
            course,
            day,
            has_pdf,
            account: _,
            completed_at: _,
        } = certificate;
        let document = ExpectedDocument {
            person: *person,
            course: course.name,
            file_name: format!("{} {day} {id}.pdf", course.name_in_files),
            day: *day,
            has_pdf: *has_pdf,
            sha256,
            folder: String::new(),
        };
        self.open.insert(id.clone(), document);
    }

    /// The academy makes the PDF of a certificate.
    pub fn add_pdf(&mut self, certificate: &str) {
        if let Some(document) = self.open.get_mut(certificate) {
            document.has_pdf = true;
        }
    }

    /// Certificates go to this folder from now on.
    pub fn set_folder(&mut self, name: &str) {
        name.clone_into(&mut self.folder);
    }

    /// A complete run. Returns how many documents it uploads.
    pub fn complete_run(&mut self) -> usize {
        let (ready, open) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|(_, document)| document.has_pdf && document.person.is_some());
        self.open = open;
        let ready: BTreeMap<String, ExpectedDocument> = ready;
        let uploads = ready.len();
        for (id, mut document) in ready {
            document.folder.clone_from(&self.folder);
            self.filed.insert(id, document);
        }
        uploads
    }

    /// How many certificates should be filed.
    #[must_use]
    pub fn filed(&self) -> usize {
        self.filed.len()
    }

    /// Employees' certificates without a PDF: the person and the certificate's id.
    #[must_use]
    pub fn waiting_for_pdf(&self) -> Vec<(u64, String)> {
        self.open
            .iter()
            .filter_map(|(id, document)| Some((document.person?, id.clone())))
            .collect()
    }

    /// Every way in which the personnel files, with these documents, are not as they should be.
    #[must_use]
    pub fn differences(&self, documents: &[Document]) -> Vec<Difference> {
        let mut by_certificate: HashMap<&str, Vec<&Document>> = HashMap::new();
        let mut differences = Vec::new();
        for document in documents {
            match certificate_id(document).filter(|id| self.filed.contains_key(*id)) {
                Some(id) => by_certificate.entry(id).or_default().push(document),
                None => {
                    let subject = format!("document {}", document.file_name);
                    differences.push(Difference::Unexpected(subject));
                }
            }
        }
        for (id, expected) in &self.filed {
            let subject = format!("certificate {id}");
            match by_certificate
                .get(id.as_str())
                .map(Vec::as_slice)
                .unwrap_or_default()
            {
                [] => differences.push(Difference::Missing(subject)),
                [actual] => differences.extend(Difference::of_fields(
                    &subject,
                    self.compare(id, expected, actual),
                )),
                several => differences.push(Difference::Repeated(subject, several.len())),
            }
        }
        differences
    }

    /// Each field with its expected and its actual value.
    fn compare(
        &self,
        certificate: &str,
        expected: &ExpectedDocument,
        actual: &Document,
    ) -> [(&'static str, String, String); 7] {
        // Destructured in full, so that a new field of a document is compared as well.
        let Document {
            id: _,
            employee_id,
            category_id: _,
            category,
            title,
            date,
            comment,
            file_name,
            size: _,
            sha256,
            head: _,
            created_at: _,
            origin: _,
        } = actual;
        let (our_title, our_date, our_comment) = match self.fields {
            DocumentFields::All => (
                expected.course.to_owned(),
                shown(Some(expected.day)),
                certificate.to_owned(),
            ),
            DocumentFields::FileName => (
                expected.file_name.clone(),
                shown(None::<Date>),
                shown(None::<String>),
            ),
        };
        // A comment names the certificate; its wording is free.
        let names_certificate = comment
            .as_ref()
            .is_some_and(|text| text.contains(certificate));
        let comment = if self.fields == DocumentFields::All && names_certificate {
            certificate.to_owned()
        } else {
            shown(comment.as_ref())
        };
        [
            (
                "the employee",
                shown(expected.person),
                employee_id.to_string(),
            ),
            (
                "the folder",
                expected.folder.clone(),
                shown(category.as_ref()),
            ),
            ("the title", our_title, title.clone()),
            ("the date", our_date, shown(*date)),
            ("the comment", our_comment, comment),
            (
                "the file name",
                expected.file_name.clone(),
                file_name.clone(),
            ),
            ("the SHA-256", expected.sha256.clone(), sha256.clone()),
        ]
    }
}

/// File names end in the certificate's id.
fn certificate_id(document: &Document) -> Option<&str> {
    document.file_name.strip_suffix(".pdf")?.rsplit(' ').next()
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests;
