//! Certificates from reteach into the personnel file.

mod filing;
mod folders;
mod gate;
mod modes;
mod owners;
mod titles;
