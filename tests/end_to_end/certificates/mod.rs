//! Certificates from reteach into the personnel file.

mod bad_pdfs;
mod cases;
mod credentials;
mod filing;
mod odd_records;
mod privacy;
mod refusals;
