//! The Lambda function `employee-sync`.

use std::error::Error;

use employee_sync::EmployeeSync;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    shared::runtime::serve(EmployeeSync).await
}
