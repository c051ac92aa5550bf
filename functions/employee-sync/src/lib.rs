//! The employee job: read → select → load → prepare → preregister → apply → conclude → commit.

pub mod accounts;
mod apply;
mod brake;
pub mod checkpoint;
mod io;
mod lint;
pub mod plan;
pub mod report;
mod run;
pub mod source;

/// Carries people from the HR system to reteach.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmployeeSync;
