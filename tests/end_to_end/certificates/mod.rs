//! Certificates from reteach into the personnel file.

mod cuts;
mod filing;
