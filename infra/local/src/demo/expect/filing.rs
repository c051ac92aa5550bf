//! What the personnel files should hold, worked out from what the academy has issued. Shares no code with the planner, the
//! naming of documents or the executor.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use jiff::civil::Date;
use simulators::personio::Document;

use crate::demo::acts::courses::Issued;

/// Where certificates go as long as HR has made no folder for them.
const FOLDER_AT_FIRST: &str = "Sonstige Dokumente";

/// What a route can say of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Title, date and comment.
    Full,
    /// The file's name alone, which is the title, too.
    FileName,
}

/// The personnel files as they should be, certificate by certificate.
#[derive(Clone, Debug)]
pub struct Filing {
    label: Label,
    folder: String,
    /// By the certificate's id: issued and not filed.
    open: BTreeMap<String, Paper>,
    /// By the certificate's id.
    filed: BTreeMap<String, Paper>,
}

/// A certificate, and the document that it becomes.
#[derive(Clone, Debug)]
struct Paper {
    /// `None`: not from Personio.
    person: Option<u64>,
    course: &'static str,
    file_name: String,
    day: Date,
    has_pdf: bool,
    sha256: String,
    /// Where it was filed.
    folder: String,
}

/// One way in which the personnel files are not as they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfiled {
    /// The certificate is not filed.
    Missing(String),
    /// The certificate is in this many documents.
    Repeated(String, usize),
    /// A document that should not be there, by file name.
    Unexpected(String),
    /// Something of the certificate's document is wrong.
    Field {
        /// Which certificate.
        certificate: String,
        /// What of it.
        field: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        actual: String,
    },
}

impl fmt::Display for Misfiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(certificate) => write!(f, "certificate {certificate} is not filed"),
            Self::Repeated(certificate, times) => {
                write!(f, "certificate {certificate} is filed {times} times")
            }
            Self::Unexpected(name) => write!(f, "there is a document too many: {name}"),
            Self::Field {
                certificate,
                field,
                expected,
                actual,
            } => {
                write!(
                    f,
                    "certificate {certificate}: {field} should be {expected} and is {actual}"
                )
            }
        }
    }
}

impl Filing {
    /// Empty personnel files, reached by a route that says this much.
    #[must_use]
    pub fn new(label: Label) -> Self {
        Self {
            label,
            folder: FOLDER_AT_FIRST.to_owned(),
            open: BTreeMap::new(),
            filed: BTreeMap::new(),
        }
    }

    /// The academy has issued a certificate, whose PDF has this hash.
    pub fn issued(&mut self, issued: &Issued, sha256: String) {
        let Issued {
            id,
            person,
            course,
            day,
            has_pdf,
            account: _,
            completed_at: _,
        } = issued;
        let paper = Paper {
            person: *person,
            course: course.name,
            file_name: format!("{} {day} {id}.pdf", course.in_file_names),
            day: *day,
            has_pdf: *has_pdf,
            sha256,
            folder: String::new(),
        };
        self.open.insert(id.clone(), paper);
    }

    /// A certificate's PDF is made.
    pub fn pdf_made(&mut self, certificate: &str) {
        if let Some(paper) = self.open.get_mut(certificate) {
            paper.has_pdf = true;
        }
    }

    /// From now on certificates go to another folder.
    pub fn folder_made(&mut self, name: &str) {
        name.clone_into(&mut self.folder);
    }

    /// A run: it files all that can be filed. Returns how many.
    pub fn ran(&mut self) -> usize {
        let before = self.filed.len();
        for (id, paper) in std::mem::take(&mut self.open) {
            if paper.has_pdf && paper.person.is_some() {
                self.filed.insert(
                    id,
                    Paper {
                        folder: self.folder.clone(),
                        ..paper
                    },
                );
            } else {
                self.open.insert(id, paper);
            }
        }
        self.filed.len() - before
    }

    /// Certificates that should be filed.
    #[must_use]
    pub fn filed(&self) -> usize {
        self.filed.len()
    }

    /// Certificates of employees that wait for their PDF: whose, and which.
    #[must_use]
    pub fn awaited(&self) -> Vec<(u64, String)> {
        let owned = self
            .open
            .iter()
            .filter_map(|(id, paper)| Some((paper.person?, id.clone())));
        owned.collect()
    }

    /// Everything in which the personnel files, with these documents, are not as they should be.
    #[must_use]
    pub fn differences(&self, documents: &[Document]) -> Vec<Misfiled> {
        let mut by_certificate: HashMap<&str, Vec<&Document>> = HashMap::new();
        let mut found = Vec::new();
        for document in documents {
            match certificate(document).filter(|id| self.filed.contains_key(*id)) {
                Some(id) => by_certificate.entry(id).or_default().push(document),
                None => found.push(Misfiled::Unexpected(document.file_name.clone())),
            }
        }
        for (id, paper) in &self.filed {
            match by_certificate
                .get(id.as_str())
                .map(Vec::as_slice)
                .unwrap_or_default()
            {
                [] => found.push(Misfiled::Missing(id.clone())),
                [document] => found.extend(self.of_document(id, paper, document)),
                several => found.push(Misfiled::Repeated(id.clone(), several.len())),
            }
        }
        found
    }

    fn of_document(&self, certificate: &str, paper: &Paper, document: &Document) -> Vec<Misfiled> {
        // Taken apart in full: a new field of a document has to be thought about here.
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
        } = document;
        let (our_title, our_date) = match self.label {
            Label::Full => (paper.course.to_owned(), shown(Some(paper.day))),
            Label::FileName => (paper.file_name.clone(), shown(None::<Date>)),
        };
        let fields = [
            ("the employee", shown(paper.person), employee_id.to_string()),
            ("the folder", paper.folder.clone(), shown(category.clone())),
            ("the title", our_title, title.clone()),
            ("the date", our_date, shown(*date)),
            (
                "the comment",
                self.comment(certificate),
                self.comment_shown(comment.as_deref(), certificate),
            ),
            (
                "the file's name",
                paper.file_name.clone(),
                file_name.clone(),
            ),
            ("the file's SHA-256", paper.sha256.clone(), sha256.clone()),
        ];
        let wrong = fields
            .into_iter()
            .filter(|(_, expected, actual)| expected != actual);
        wrong
            .map(|(field, expected, actual)| Misfiled::Field {
                certificate: certificate.to_owned(),
                field,
                expected,
                actual,
            })
            .collect()
    }

    /// What a comment has to have in it, however it is worded.
    fn comment(&self, certificate: &str) -> String {
        match self.label {
            Label::Full => certificate.to_owned(),
            Label::FileName => shown(None::<String>),
        }
    }

    fn comment_shown(&self, comment: Option<&str>, certificate: &str) -> String {
        let names_it =
            self.label == Label::Full && comment.is_some_and(|it| it.contains(certificate));
        if names_it {
            certificate.to_owned()
        } else {
            shown(comment)
        }
    }
}

/// The certificate's id, which a document's file name ends in.
fn certificate(document: &Document) -> Option<&str> {
    document.file_name.strip_suffix(".pdf")?.rsplit(' ').next()
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
}
