//! Certificates from reteach into the personnel file.

mod bad_pdfs;
mod cases;
mod filing;
mod odd_records;
mod refusals;
