//! A deployment of this project in the region: its names, and the variables by which an operator's command finds it.

use super::Aws;

pub const GROUP: &str = "reteach-personio";
pub const EMPLOYEES: &str = "arn:aws:lambda:eu-central-1:123456789012:function:employee-sync";
pub const CERTIFICATES: &str = "arn:aws:lambda:eu-central-1:123456789012:function:certificate-sync";

const ROLE: &str = "arn:aws:iam::123456789012:role/scheduler";
const QUEUE: &str = "arn:aws:sqs:eu-central-1:123456789012:delivery";

impl Aws {
    /// The variables of an operator who has no stack to name.
    #[must_use]
    pub fn variables(&self) -> [(String, String); 8] {
        let url = self.base_url();
        let variables = [
            ("AWS_ENDPOINT_URL_SCHEDULER", url.as_str()),
            ("AWS_ENDPOINT_URL_LAMBDA", &url),
            ("AWS_ENDPOINT_URL_CLOUDFORMATION", &url),
            ("SCHEDULE_GROUP_NAME", GROUP),
            ("SCHEDULER_ROLE_ARN", ROLE),
            ("DELIVERY_QUEUE_ARN", QUEUE),
            ("EMPLOYEE_FUNCTION_ARN", EMPLOYEES),
            ("CERTIFICATE_FUNCTION_ARN", CERTIFICATES),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned()))
    }
}
