//! Certificates from reteach into the personnel file.

mod backlog;
mod collecting;
mod deadlines;
mod filing;
mod once;
mod parked;
