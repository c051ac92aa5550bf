//! Certificates from reteach into the personnel file.

mod backlog;
mod collecting;
mod cuts;
mod deadlines;
mod filing;
mod folders;
mod gate;
mod late_pdfs;
mod modes;
mod once;
mod overtaken;
mod owners;
mod parked;
mod titles;
