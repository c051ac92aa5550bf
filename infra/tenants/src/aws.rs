//! AWS's answers in an operator's words.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::failure::Failure;

const KEYS: &str = "keys are taken from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN: \
    `eval \"$(aws configure export-credentials --format env)\"` of AWS CLI 2 puts those of a profile or a login there";

/// Why `action` (`scheduler:CreateSchedule`) failed.
pub(crate) fn failure<E: ProvideErrorMetadata>(
    action: &str,
    error: &SdkError<E, HttpResponse>,
) -> Failure {
    let is_server_error = error
        .raw_response()
        .is_some_and(|reply| reply.status().is_server_error());
    let is_reply = matches!(error, SdkError::ServiceError(_));
    let code = code(error);
    if is_reply
        && !is_server_error
        && let Some(refused) = code.and_then(|code| refused_credentials(action, code))
    {
        return refused;
    }
    match code {
        _ if !is_reply || is_server_error => Failure::attention(format!(
            "AWS did not answer {action}: is the region right (AWS_REGION, --region), is the network there? Try again"
        )),
        Some(
            "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "AuthorizationError",
        ) => Failure::attention(format!(
            "your AWS credentials do not allow {action}: have it added to your role's policy"
        )),
        Some(
            code @ ("Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "ServiceQuotaExceededException"),
        ) => Failure::attention(format!(
            "AWS asks for patience or has reached a quota ({action}: {code}); try again later"
        )),
        code => {
            let code = code.unwrap_or("no error code");
            let said = error
                .as_service_error()
                .and_then(ProvideErrorMetadata::message);
            let said = said.map(|said| format!(": {said}")).unwrap_or_default();
            Failure::attention(format!("AWS refuses {action} ({code}){said}"))
        }
    }
}

/// The failure of `action` if AWS's code says that the credentials have expired or are wrong. Otherwise they may lack a
/// right.
pub(crate) fn refused_credentials(action: &str, code: &str) -> Option<Failure> {
    let text = match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            format!("your AWS credentials have expired ({action}); {KEYS}")
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => {
            format!("AWS refuses your credentials ({action}: {code}); {KEYS}")
        }
        _ => return None,
    };
    Some(Failure::attention(text))
}

pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
}

/// The environment says neither where nor as whom to call AWS.
pub(crate) fn not_configured(error: &shared::aws::ConfigError) -> Failure {
    use shared::aws::ConfigError;
    match error {
        ConfigError::Missing("AWS_REGION") => {
            Failure::usage("no AWS region: give --region eu-central-1, or set AWS_REGION")
        }
        ConfigError::Missing(_) => Failure::usage(format!("no AWS credentials: {KEYS}")),
        ConfigError::Malformed(_) | ConfigError::HttpClient => {
            Failure::attention(error.to_string())
        }
    }
}
