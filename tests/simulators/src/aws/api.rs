//! The endpoints.

use std::fmt::Write as _;
use std::sync::Mutex;

use http::{HeaderName, Method, StatusCode};

use super::Endpoint;
use super::schedules::{self, Put};
use super::state::State;
use crate::Clock;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::lock;
use crate::engine::pipeline::{ListShape, Vendor};
use crate::engine::route::Route;

/// The region behind the pipeline.
pub(super) struct Region {
    pub(super) state: Mutex<State>,
    pub(super) clock: Clock,
}

impl Vendor for Region {
    type Endpoint = Endpoint;

    const NAME: &'static str = "AWS";

    const ROUTES: &'static [Route<Endpoint>] = &[
        Route::new(Endpoint::CreateSchedule, Method::POST, "/schedules/{name}"),
        Route::new(Endpoint::GetSchedule, Method::GET, "/schedules/{name}"),
        Route::new(Endpoint::UpdateSchedule, Method::PUT, "/schedules/{name}"),
        Route::new(Endpoint::DeleteSchedule, Method::DELETE, "/schedules/{name}"),
        Route::new(Endpoint::ListSchedules, Method::GET, "/schedules"),
        Route::new(Endpoint::Invoke, Method::POST, "/2015-03-31/functions/{name}/invocations"),
        Route::new(Endpoint::DescribeStacks, Method::POST, "/"),
    ];

    const LIST: ListShape = ListShape { rows: &["/Schedules"], totals: &[], next: &["/NextToken"] };

    async fn answer(&self, endpoint: Endpoint, path: &[String], request: &Request) -> Outcome {
        let now = (self.clock)();
        let state = &mut *lock(&self.state);
        let name = path.first().map_or("", String::as_str);
        Outcome::Answered(match endpoint {
            Endpoint::CreateSchedule => schedules::put(state, name, request, Put::Create, now),
            Endpoint::UpdateSchedule => schedules::put(state, name, request, Put::Update, now),
            Endpoint::GetSchedule => schedules::get(state, name, request),
            Endpoint::DeleteSchedule => schedules::delete(state, name, request),
            Endpoint::ListSchedules => schedules::list(state, request),
            Endpoint::Invoke => invoke(state, name, request),
            Endpoint::DescribeStacks => describe_stacks(state, request),
        })
    }

    fn error(&self, status: StatusCode, _: &Request) -> Reply {
        let code = if status.is_server_error() { "InternalServerException" } else { "AccessDeniedException" };
        schedules::error(status, code, "A fault.")
    }

    fn keeps_body(_: Endpoint) -> bool {
        true
    }
}

fn invoke(state: &mut State, arn: &str, request: &Request) -> Reply {
    let event = serde_json::from_slice(&request.body).unwrap_or_default();
    let Some(answer) = state.functions.get(arn).cloned() else {
        return schedules::error(StatusCode::NOT_FOUND, "ResourceNotFoundException", "No such function.");
    };
    state.events.push((arn.to_owned(), event));
    let reply = Reply::json(StatusCode::OK, &answer.reply);
    if answer.failed {
        return reply.with(HeaderName::from_static("x-amz-function-error"), "Unhandled");
    }
    reply
}

/// CloudFormation takes forms and answers XML.
fn describe_stacks(state: &State, request: &Request) -> Reply {
    const MIME: &str = "text/xml";
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
    let name = form.iter().find(|(key, _)| key == "StackName").map_or("", |(_, name)| name.as_str());
    let Some(outputs) = state.stacks.get(name) else {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id {name} does not \
             exist</Message></Error></ErrorResponse>"
        );
        return Reply::raw(StatusCode::BAD_REQUEST, MIME, body);
    };
    let mut members = String::new();
    for (key, value) in outputs {
        let _ = write!(
            members,
            "<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
        );
    }
    let body = format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks>\
         <member><StackName>{name}</StackName><CreationTime>2026-01-02T08:00:00Z</CreationTime>\
         <StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>{members}</Outputs></member></Stacks></DescribeStacksResult>\
         </DescribeStacksResponse>"
    );
    Reply::raw(StatusCode::OK, MIME, body)
}
