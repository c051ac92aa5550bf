//! The Lambda function `certificate-sync`.

use std::error::Error;

use certificate_sync::CertificateSync;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    shared::runtime::serve(CertificateSync::new()?).await
}
