//! The certificate job.

mod alarms;
mod backlog;
mod bad_pdfs;
mod collecting;
mod credentials;
mod cut_over;
mod deadlines;
mod filing;
mod fixture;
mod folders;
mod gate;
mod late_pdfs;
mod lists;
mod lost_lease;
mod modes;
mod odd_records;
mod owners;
mod parked;
mod privacy;
mod refusals;
mod reissues;
mod restored;
mod titles;
mod unknown_outcome;
