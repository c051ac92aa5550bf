//! The endpoints.

use std::fmt::Write as _;
use std::sync::Mutex;

use http::{HeaderName, StatusCode};
use serde_json::{Value, json};

use super::Endpoint;
use super::function::{self, Answer, Function};
use super::lookups;
use super::messages;
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

    const ROUTES: &'static [Route<Endpoint>] = Endpoint::ROUTES;

    const LIST: ListShape = ListShape {
        rows: &["/Schedules"],
        totals: &[],
        next: &["/NextToken"],
    };

    async fn answer(&self, endpoint: Endpoint, path: &[String], request: &Request) -> Outcome {
        let now = (self.clock)();
        let name = path.first().map_or("", String::as_str);
        if endpoint == Endpoint::Invoke {
            return Outcome::Answered(self.invoke(name, request).await);
        }
        let state = &mut *lock(&self.state);
        Outcome::Answered(match endpoint {
            Endpoint::CreateSchedule => schedules::put(state, name, request, Put::Create, now),
            Endpoint::UpdateSchedule => schedules::put(state, name, request, Put::Update, now),
            Endpoint::GetSchedule => schedules::get(state, name, request),
            Endpoint::DeleteSchedule => schedules::delete(state, name, request),
            Endpoint::ListSchedules => schedules::list(state, request),
            Endpoint::SendEmail => messages::send_email(state, request),
            Endpoint::GetAccountSettings => lookups::account(state, now),
            Endpoint::GetFunctionConcurrency => lookups::concurrency(),
            Endpoint::GetFunctionConfiguration => lookups::configuration(state, name),
            // All are forms for the root.
            Endpoint::Invoke | Endpoint::DescribeStacks => messages::publish(state, request)
                .or_else(|| lookups::subscriptions(state, request))
                .or_else(|| lookups::caller(state, request))
                .unwrap_or_else(|| describe_stacks(state, request)),
        })
    }

    fn error(&self, status: StatusCode, _: &Request) -> Reply {
        let code = if status.is_server_error() {
            "InternalServerException"
        } else {
            "AccessDeniedException"
        };
        schedules::error(status, code, "A fault.")
    }

    fn keeps_body(_: Endpoint) -> bool {
        true
    }
}

/// How Lambda was asked to invoke a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Invocation {
    RequestResponse,
    Event,
    DryRun,
}

impl Region {
    async fn invoke(&self, name: &str, request: &Request) -> Reply {
        let invocation = match request.header("x-amz-invocation-type") {
            None | Some("RequestResponse") => Invocation::RequestResponse,
            Some("Event") => Invocation::Event,
            Some("DryRun") => Invocation::DryRun,
            Some(_) => {
                let text = "The InvocationType is none of RequestResponse, Event and DryRun.";
                return schedules::error(
                    StatusCode::BAD_REQUEST,
                    "InvalidParameterValueException",
                    text,
                );
            }
        };
        let event = if request.body.is_empty() {
            Ok(Value::Null)
        } else {
            serde_json::from_slice(&request.body)
        };
        let Ok(event) = event else {
            let text = "Could not parse request body into json.";
            return schedules::error(
                StatusCode::BAD_REQUEST,
                "InvalidRequestContentException",
                text,
            );
        };
        let Some((arn, function)) = function::find(&lock(&self.state).functions, name) else {
            let text = "No such function.";
            return schedules::error(StatusCode::NOT_FOUND, "ResourceNotFoundException", text);
        };
        let empty = |status| Reply::raw(status, "application/json", "");
        let how = match invocation {
            Invocation::DryRun => return empty(StatusCode::NO_CONTENT),
            Invocation::Event => function::Call::Event,
            Invocation::RequestResponse => function::Call::RequestResponse,
        };
        let answer = match function {
            Function::Fixed(answer) => {
                lock(&self.state).events.push((arn, event));
                answer
            }
            Function::Run(runtime) => {
                // A task of its own: it runs to its end although the caller is gone.
                let running = tokio::spawn(runtime.invoke(arn, event, how));
                if how == function::Call::Event {
                    return empty(StatusCode::ACCEPTED);
                }
                let ended = |_| {
                    Answer::Error(
                        json!({"errorType": "Runtime.ExitError", "errorMessage": "It ended."}),
                    )
                };
                running.await.unwrap_or_else(ended)
            }
        };
        match (how, answer) {
            (function::Call::Event, _) => empty(StatusCode::ACCEPTED),
            (_, Answer::Reply(reply)) => Reply::json(StatusCode::OK, &reply),
            (_, Answer::Error(error)) => Reply::json(StatusCode::OK, &error)
                .with(HeaderName::from_static("x-amz-function-error"), "Unhandled"),
        }
    }
}

/// CloudFormation takes forms and answers XML.
fn describe_stacks(state: &State, request: &Request) -> Reply {
    const MIME: &str = "text/xml";
    let form = request.form();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    if field("Action") != "DescribeStacks" {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Only DescribeStacks is \
                    simulated.</Message></Error></ErrorResponse>";
        return Reply::raw(StatusCode::BAD_REQUEST, MIME, body);
    }
    let name = field("StackName");
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
