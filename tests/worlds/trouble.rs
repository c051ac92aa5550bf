//! Faults as the simulators have them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault, Proxy, RetryAfter};

use harness::Harness;
use http::Method;

use crate::event::{Mishap, Place, Trouble};

const NEVER_LISTENED_TO: &str = "http://127.0.0.1:9/";

const AWS: [&str; 3] = ["DynamoDB", "Secrets Manager", "STS"];

/// How long a call of AWS that hangs is waited for, more or less.
const PATIENCE_WITH_AWS: SignedDuration = SignedDuration::from_secs(5);
/// The same of anybody else.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// Time passes while a call hangs: by the world's clock at once, whatever the machine does meanwhile. Returns how many have.
pub(crate) fn wait_for_what_hangs(harness: &Harness) -> Arc<AtomicUsize> {
    let clock = harness.world.clock.clone();
    let hung = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hung);
    harness
        .world
        .stack
        .scissors()
        .unwrap()
        .strikes()
        .on_hang(move |server| {
            count.fetch_add(1, Ordering::Relaxed);
            clock.advance(if AWS.contains(&server) {
                PATIENCE_WITH_AWS
            } else {
                PATIENCE
            });
        });
    hung
}

/// Sets the fault.
pub(crate) fn strike(harness: &Harness, trouble: Trouble) {
    let company = &harness.company;
    let [table, secrets] = harness.world.stack.proxies().unwrap();
    let when = |behaviour| {
        let fault = Fault::new(behaviour).nth(usize::from(trouble.skip) + 1);
        if trouble.times == 0 {
            fault.always()
        } else {
            fault.times(usize::from(trouble.times))
        }
    };
    let fault = when(behaviour(trouble.what));
    let at_aws = |proxy: &Proxy| {
        let fault = when(at_aws(trouble.what));
        proxy.fail(if is_of_rows(trouble.what) {
            fault.operation("Batch")
        } else {
            fault
        });
    };
    let at_reteach = |path: &str, method: Method| fault.clone().path(path).method(method);
    match trouble.at {
        Place::People => match (&company.kombo, company.via) {
            (Some(kombo), Via::Kombo) => kombo.fail(fault.path("/v1/hris/employees")),
            _ => company.personio.fail(fault.path("/v1/company/employees")),
        },
        Place::Folders => match (&company.kombo, company.via) {
            (Some(kombo), Via::Kombo) => {
                kombo.fail(fault.path("/v1/hris/employee-document-categories"))
            }
            _ => company
                .personio
                .fail(fault.path("/v1/company/document-categories")),
        },
        Place::Upload => company.personio.fail(fault.path("/v1/company/documents")),
        Place::Documents => company
            .personio
            .fail(fault.path("/v2/document-management/documents")),
        Place::AnyHr => match &company.kombo {
            Some(kombo) => kombo.fail(fault),
            None => company.personio.fail(fault),
        },
        Place::Download => company.reteach.downloads().fail(fault),
        Place::AnyReteach => company.reteach.fail(fault),
        Place::Accounts => company.reteach.fail(at_reteach("/customer", Method::GET)),
        Place::Create => company.reteach.fail(at_reteach("/customer", Method::POST)),
        Place::Update => company
            .reteach
            .fail(at_reteach("/customer/{customerIdentifier}", Method::PUT)),
        Place::Tags => {
            company.reteach.fail(at_reteach(
                "/customer/{customerIdentifier}/multiple-tags",
                Method::PUT,
            ));
        }
        Place::Participations => company
            .reteach
            .fail(at_reteach("/participation", Method::GET)),
        Place::Session => harness.world.stack.sts().unwrap().fail(fault),
        Place::Table => at_aws(table),
        Place::Secrets => at_aws(secrets),
        Place::LogIn => company
            .reteach
            .fail(at_reteach("/oauth/authorize", Method::POST)),
    }
}

fn behaviour(mishap: Mishap) -> Behaviour {
    match mishap {
        Mishap::Hang => Behaviour::Hang,
        Mishap::HangAfterEffect => Behaviour::HangReply,
        Mishap::Close => Behaviour::Close,
        Mishap::LoseReply => Behaviour::LoseReply,
        Mishap::LateGateway => Behaviour::LateStatus(502, Body::Html),
        Mishap::LateEffect => Behaviour::LateEffect(SignedDuration::from_mins(10)),
        Mishap::CloseMidBody => Behaviour::CloseMidBody,
        Mishap::Truncated => Behaviour::TruncateJson,
        Mishap::DroppedRows => Behaviour::DropRows(2),
        Mishap::EmptyList => Behaviour::EmptyList,
        Mishap::WrongTotal => Behaviour::TotalOff(-3),
        Mishap::RepeatedRows => Behaviour::RepeatRows(1),
        Mishap::Redirect => Behaviour::Redirect(NEVER_LISTENED_TO.to_owned()),
        Mishap::Limited => Behaviour::TooManyRequests(RetryAfter::None),
        Mishap::LimitedForLong => Behaviour::TooManyRequests(RetryAfter::Seconds(120)),
        Mishap::Unauthorized => Behaviour::Status(401, Body::Vendor),
        Mishap::Forbidden => Behaviour::Status(403, Body::Vendor),
        Mishap::NotFound => Behaviour::Status(404, Body::Vendor),
        Mishap::Conflict => Behaviour::Status(409, Body::Vendor),
        Mishap::Refused => Behaviour::Status(422, Body::Vendor),
        Mishap::Failed => Behaviour::Status(500, Body::Vendor),
        Mishap::Unavailable => Behaviour::Status(503, Body::Html),
        Mishap::Page => Behaviour::Status(200, Body::Html),
    }
}

/// What a list comes to that nobody but a vendor has.
fn is_of_rows(mishap: Mishap) -> bool {
    use Mishap as M;
    matches!(
        mishap,
        M::DroppedRows | M::EmptyList | M::WrongTotal | M::RepeatedRows
    )
}

/// The same at AWS, in its words.
fn at_aws(mishap: Mishap) -> Behaviour {
    let error = |status, text| Behaviour::Status(status, Body::Json(text));
    match mishap {
        rows if is_of_rows(rows) => Behaviour::Unprocessed,
        Mishap::Limited | Mishap::LimitedForLong => {
            error(400, r#"{"__type":"ThrottlingException"}"#)
        }
        Mishap::Unauthorized => error(400, r#"{"__type":"ExpiredTokenException"}"#),
        Mishap::Forbidden => error(400, r#"{"__type":"AccessDeniedException"}"#),
        Mishap::NotFound => error(400, r#"{"__type":"ResourceNotFoundException"}"#),
        Mishap::Conflict => error(400, r#"{"__type":"TransactionConflictException"}"#),
        Mishap::Refused => error(400, r#"{"__type":"ValidationException"}"#),
        Mishap::Failed => error(500, r#"{"__type":"InternalServerError"}"#),
        other => behaviour(other),
    }
}
