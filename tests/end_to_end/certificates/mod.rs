//! Certificates from reteach into the personnel file.

mod backlog;
mod collecting;
mod deadlines;
mod filing;
mod late_pdfs;
mod once;
mod overtaken;
mod parked;
