//! The security token service: sessions of a role, and what their policies let through.
//!
//! As much of IAM as those policies need: statements that allow, actions by name, `dynamodb:LeadingKeys`, and a resource
//! with `?` for one character each. The role itself is taken to allow all of it; without a session nothing is allowed.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;

use crate::Clock;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::lock;
use crate::engine::pipeline::Vendor;
use crate::engine::route::Route;
use crate::engine::server::{self, Running, common_handle};

const MIME: &str = "text/xml";

/// The access key of an operator, whose calls need no session.
pub const OPERATOR: &str = "AKIAOPERATOR";

/// Who calls, for GetCallerIdentity. Of a session by single sign-on, the last part is a mail address.
const CALLER: &str = "arn:aws:sts::123456789012:assumed-role/Operators/zwetschge@operator.example";

/// The endpoint, for [`Sts::calls`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssumeRole;

/// A running token service. Clones share it; it stops with the last one.
#[derive(Clone)]
pub struct Sts {
    running: Running<Service>,
}

common_handle!(Sts, AssumeRole);

impl Sts {
    /// Starts a service without sessions on a free port.
    pub async fn start(clock: Clock) -> io::Result<Self> {
        let service = Service {
            sessions: Mutex::default(),
            clock: Arc::clone(&clock),
        };
        Ok(Self {
            running: server::start(service, clock, (Ipv4Addr::LOCALHOST, 0).into()).await?,
        })
    }

    /// Every session that was granted, by its access key: the form it was asked for with.
    #[must_use]
    pub fn sessions(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        lock(&self.running.pipeline.vendor.sessions).clone()
    }

    /// Whether the session that signed `request` may make it, or the operator.
    pub(crate) fn allows(&self, request: &Request) -> bool {
        if signed_by(request) == Some(OPERATOR) {
            return true;
        }
        let sessions = lock(&self.running.pipeline.vendor.sessions);
        let policy = signed_by(request)
            .and_then(|key| sessions.get(key))
            .and_then(|form| form.get("Policy"));
        let policy: Value = policy
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let statements = policy.get("Statement").and_then(Value::as_array);
        statements.is_some_and(|statements| statements.iter().any(|it| grants(it, request)))
    }
}

struct Service {
    sessions: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
    clock: Clock,
}

impl Vendor for Service {
    type Endpoint = AssumeRole;

    const NAME: &'static str = "STS";

    const ROUTES: &'static [Route<AssumeRole>] = &[Route::new(AssumeRole, Method::POST, "/")];

    async fn answer(&self, _: AssumeRole, _: &[String], request: &Request) -> Outcome {
        if asks_for_caller(request) {
            return Outcome::Answered(caller_identity(CALLER));
        }
        let mut sessions = lock(&self.sessions);
        let key = format!("ASIASESSION{:04}", sessions.len());
        let until = (self.clock)() + SignedDuration::from_hours(1);
        sessions.insert(key.clone(), request.form());
        let body = format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret+of/{key}=</SecretAccessKey>\
             <SessionToken>token+of/{key}==</SessionToken><Expiration>{until:.0}</Expiration></Credentials>\
             </AssumeRoleResult></AssumeRoleResponse>"
        );
        Outcome::Answered(Reply::raw(StatusCode::OK, MIME, body))
    }

    fn error(&self, status: StatusCode, request: &Request) -> Reply {
        let code = if status.is_server_error() {
            "InternalFailure"
        } else {
            "AccessDenied"
        };
        let who = signed_by(request).unwrap_or("nobody");
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{who} is not authorized</Message></Error>\
             </ErrorResponse>"
        );
        Reply::raw(status, MIME, body)
    }

    fn call_name(&self, _: Option<&'static str>, _: &Request) -> String {
        "STS AssumeRole".to_owned()
    }
}

/// Whether the form asks for GetCallerIdentity.
pub(super) fn asks_for_caller(request: &Request) -> bool {
    request.form().get("Action").map(String::as_str) == Some("GetCallerIdentity")
}

/// The answer of GetCallerIdentity: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
pub(super) fn caller_identity(arn: &str) -> Reply {
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <GetCallerIdentityResult>\n    \
         <Arn>{arn}</Arn>\n    <UserId>AROAEXAMPLE</UserId>\n    <Account>123456789012</Account>\n  \
         </GetCallerIdentityResult>\n</GetCallerIdentityResponse>"
    );
    Reply::raw(StatusCode::OK, MIME, body)
}

/// The access key in `Authorization: AWS4-HMAC-SHA256 Credential=<key>/…`.
fn signed_by(request: &Request) -> Option<&str> {
    let (_, rest) = request.header("authorization")?.split_once("Credential=")?;
    rest.split('/').next()
}

fn grants(statement: &Value, request: &Request) -> bool {
    let Some((action, resource)) = asked(request) else {
        return false;
    };
    let actions = statement.get("Action").map(texts).unwrap_or_default();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let keys = statement
        .pointer("/Condition/ForAllValues:StringEquals/dynamodb:LeadingKeys")
        .map(texts);
    let fits = match (&resource, keys) {
        // The table's own name stands at the end of its ARN.
        (None, Some(keys)) => partitions(&body)
            .iter()
            .all(|partition| keys.contains(partition)),
        (Some(secret), _) => {
            let resources = statement.get("Resource").map(texts).unwrap_or_default();
            let wanted = format!("secret:{secret}-??????");
            resources.iter().any(|resource| resource.ends_with(&wanted))
        }
        (None, None) => false,
    };
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
        && actions.contains(&action)
        && fits
}

/// The action, and for Secrets Manager the secret's name.
fn asked(request: &Request) -> Option<(String, Option<String>)> {
    let (service, operation) = request.header("x-amz-target")?.split_once('.')?;
    if service.starts_with("DynamoDB_") {
        return Some((format!("dynamodb:{operation}"), None));
    }
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    let secret = body.get("SecretId")?.as_str()?.to_owned();
    Some((format!("secretsmanager:{operation}"), Some(secret)))
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// Every partition that a call of DynamoDB names, wherever it does: the registry, or a tenant's.
fn partitions(body: &Value) -> Vec<String> {
    match body {
        Value::Object(members) => match members.get("S").and_then(Value::as_str) {
            Some(text) if text == "TENANTS" || text.starts_with("TENANT#") => vec![text.to_owned()],
            _ => members.values().flat_map(partitions).collect(),
        },
        Value::Array(values) => values.iter().flat_map(partitions).collect(),
        _ => Vec::new(),
    }
}
