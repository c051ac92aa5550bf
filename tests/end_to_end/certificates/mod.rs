//! Certificates from reteach into the personnel file.

mod backlog;
mod bad_pdfs;
mod cases;
mod collecting;
mod credentials;
mod cuts;
mod deadlines;
mod filing;
mod folders;
mod gate;
mod late_pdfs;
mod modes;
mod odd_records;
mod once;
mod overtaken;
mod owners;
mod parked;
mod privacy;
mod refusals;
mod titles;
