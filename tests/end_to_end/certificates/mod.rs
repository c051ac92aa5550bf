//! Certificates from reteach into the personnel file.

mod cuts;
mod filing;
mod folders;
mod gate;
mod modes;
mod owners;
mod titles;
