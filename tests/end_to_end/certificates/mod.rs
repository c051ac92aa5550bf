//! Certificates from reteach into the personnel file.

mod filing;
