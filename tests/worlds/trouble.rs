//! Faults as the simulators have them.

use jiff::SignedDuration;
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault, RetryAfter};

use harness::Harness;
use http::Method;

use crate::event::{Mishap, Place, Trouble};

const NEVER_LISTENED_TO: &str = "http://127.0.0.1:9/";

/// Sets the fault.
pub(crate) fn strike(harness: &Harness, trouble: Trouble) {
    let company = &harness.company;
    let mut fault = Fault::new(behaviour(trouble.what)).nth(usize::from(trouble.skip) + 1);
    fault = if trouble.times == 0 { fault.always() } else { fault.times(usize::from(trouble.times)) };
    let at_reteach = |path: &str, method: Method| fault.clone().path(path).method(method);
    match trouble.at {
        Place::People => match (&company.kombo, company.via) {
            (Some(kombo), Via::Kombo) => kombo.fail(fault.path("/v1/hris/employees")),
            _ => company.personio.fail(fault.path("/v1/company/employees")),
        },
        Place::Folders => match (&company.kombo, company.via) {
            (Some(kombo), Via::Kombo) => kombo.fail(fault.path("/v1/hris/employee-document-categories")),
            _ => company.personio.fail(fault.path("/v1/company/document-categories")),
        },
        Place::Upload => company.personio.fail(fault.path("/v1/company/documents")),
        Place::Documents => company.personio.fail(fault.path("/v2/document-management/documents")),
        Place::AnyHr => match &company.kombo {
            Some(kombo) => kombo.fail(fault),
            None => company.personio.fail(fault),
        },
        Place::Download => company.reteach.downloads().fail(fault),
        Place::AnyReteach => company.reteach.fail(fault),
        Place::Accounts => company.reteach.fail(at_reteach("/customer", Method::GET)),
        Place::Create => company.reteach.fail(at_reteach("/customer", Method::POST)),
        Place::Update => company.reteach.fail(at_reteach("/customer/{customerIdentifier}", Method::PUT)),
        Place::Tags => {
            company.reteach.fail(at_reteach("/customer/{customerIdentifier}/multiple-tags", Method::PUT));
        }
        Place::Participations => company.reteach.fail(at_reteach("/participation", Method::GET)),
        Place::LogIn => company.reteach.fail(at_reteach("/oauth/authorize", Method::POST)),
    }
}

fn behaviour(mishap: Mishap) -> Behaviour {
    match mishap {
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
