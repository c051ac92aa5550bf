//! Filing, looking for and sorting documents, whatever the vendor answers.

use bytes::Bytes;
use jiff::tz::TimeZone;

use super::assert_silent;
use crate::document::{Certificate, Document, DocumentSink, PdfBody, choose_category};
use crate::domain::id::{CategoryId, CertificateId, SourceId};

pub(super) async fn one(sink: &impl DocumentSink, which: u8) {
    let certificate = CertificateId::new("0f0c-7");
    let completed_at = Some("2026-03-13T23:30:00Z".parse().unwrap());
    let certificate = Certificate {
        id: &certificate,
        course: Some("Brandschutz"),
        completed_at,
    };
    let (employee, category) = (SourceId::new("4711"), CategoryId::new("7"));
    let document = Document::new(employee, category, certificate, &TimeZone::UTC);
    match which % 3 {
        0 => match sink.categories().await {
            Ok(categories) => {
                let _ = choose_category(&categories, None);
            }
            Err(error) => assert_silent(&error, "categories"),
        },
        1 => {
            let body = PdfBody::from_bytes(Bytes::from_static(b"%PDF-1.7 and so on"));
            if let Err(error) = sink.upload(&document, body).await {
                assert_silent(&error, "upload");
            }
        }
        _ => {
            if let Err(error) = sink.find(&document).await {
                assert_silent(&error, "find");
            }
        }
    }
}
