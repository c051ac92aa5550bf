//! The SDK's errors as ours.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::StateError;

const THROTTLED: [&str; 6] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TransactionConflictException",
    "TransactionInProgressException",
    // A condition that failed is another error: this is a conflict or throttling.
    "TransactionCanceledException",
];

const DENIED: [&str; 6] = [
    "AccessDeniedException",
    "UnrecognizedClientException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
];

/// What was being done, for the error's text.
#[derive(Clone, Copy)]
pub(super) struct Doing<'a> {
    pub(super) operation: &'static str,
    pub(super) table: &'a str,
    pub(super) item: &'a str,
}

impl Doing<'_> {
    /// The error without what DynamoDB wrote: messages may repeat keys and values.
    pub(super) fn failure<E: ProvideErrorMetadata>(
        self,
        error: &SdkError<E, HttpResponse>,
    ) -> StateError {
        let Self {
            operation,
            table,
            item,
        } = self;
        if !matches!(
            error,
            SdkError::ServiceError(_) | SdkError::ConstructionFailure(_)
        ) {
            return StateError::Unavailable { operation };
        }
        let code = error.code().unwrap_or("no error code");
        if THROTTLED.contains(&code) {
            StateError::Throttled { operation }
        } else if DENIED.contains(&code) {
            StateError::Denied {
                operation,
                code: code.to_owned(),
            }
        } else if code == "ResourceNotFoundException" {
            StateError::NoTable {
                table: table.to_owned(),
            }
        } else if error
            .raw_response()
            .is_some_and(|reply| reply.status().is_server_error())
        {
            StateError::Unavailable { operation }
        } else if code == "ValidationException" && is_too_large(error.message()) {
            StateError::TooLarge {
                item: item.to_owned(),
            }
        } else {
            StateError::Refused {
                operation,
                code: code.to_owned(),
            }
        }
    }
}

/// DynamoDB has no error code of its own for this: "Item size has exceeded the maximum allowed size" (`PutItem`),
/// "Item size to update has exceeded the maximum allowed size" (`UpdateItem`).
fn is_too_large(message: Option<&str>) -> bool {
    message.is_some_and(|text| {
        text.contains("Item size") && text.contains("exceeded the maximum allowed size")
    })
}
