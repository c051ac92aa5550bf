//! The faults of a call, as one named table: which calls each strikes, what it does, and whether a report must mention it. The
//! fault matrix tries each at every call of a run; random worlds draw from it.

use std::time::Duration;

use jiff::SignedDuration;
use simulators::{Behaviour, Body, CallId, Fault, Moment, RetryAfter};

/// What happens at a call of a run.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The call behaves like this.
    Behave(Behaviour),
    /// The call is held on this side of its effect while something else happens.
    Meanwhile(Moment, Incident),
}

/// What happens while a call is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incident {
    /// The process is frozen until long after its lease has expired, and another run goes first.
    Freeze,
    /// The schedule is delivered a second time.
    SecondDelivery,
    /// Every credential is replaced, at the vendors and in the secret.
    Rotation,
    /// The operator changes the mapping.
    NewMapping,
    /// Others change the listed rows.
    Shift,
}

/// Whether reports must mention a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The struck run, or a later one, reports something that it would not report without the fault.
    Reported,
    /// The run had all it needed; there is nothing to report.
    Quiet,
}

/// A row of the table.
#[derive(Debug)]
pub struct NamedFault {
    pub name: &'static str,
    pub applies: fn(&Call) -> bool,
    pub effect: Effect,
    pub expect: Expect,
}

/// The traits of a call that decide which faults apply.
#[derive(Debug)]
pub struct Call {
    server: &'static str,
    /// Without the server.
    rest: String,
    /// Whether the run calls the same server again, so that it may be offline then.
    pub has_next: bool,
    /// Whether Kombo makes it, without a connection.
    pub is_behind: bool,
    /// Whether it is a page of a list of several, struck by faults of pages alone.
    pub is_page: bool,
    pub nth: usize,
}

const LISTS: [&str; 6] = [
    "GET /v1/company/employees",
    "GET /v1/hris/employees",
    "GET /customer",
    "GET /participation",
    "GET /v2/document-management/documents",
    "GET /v1/company/document-categories",
];
const PAGE_FAULTS: [&str; 10] = [
    "200-truncated",
    "500",
    "empty-list",
    "fewer-rows",
    "rows-doubled",
    "rows-repeated",
    "rows-shift",
    "rows-skipped",
    "total-off",
    "lose-reply",
];
const LOG_INS: [&str; 2] = ["POST /v1/auth", "POST /oauth/authorize"];
const UPLOADS: [&str; 2] = [
    "POST /v1/company/documents",
    "POST /v1/hris/employees/{employee_id}/documents",
];
const SERVERS: [&str; 7] = [
    "Personio",
    "Kombo",
    "reteach's files",
    "reteach",
    "DynamoDB",
    "Secrets Manager",
    "STS",
];

impl Call {
    /// A single call by its name, or by the beginning of several names.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let server = server_of(name);
        let rest = name.strip_prefix(server).unwrap_or_default();
        Self {
            server,
            rest: rest.trim_start().to_owned(),
            has_next: false,
            is_behind: false,
            is_page: false,
            nth: 1,
        }
    }

    /// Whether the fault strikes it.
    #[must_use]
    pub fn meets(&self, fault: &NamedFault) -> bool {
        let is_tried = !self.is_page || (self.is_list() && PAGE_FAULTS.contains(&fault.name));
        is_tried && (fault.applies)(self)
    }

    fn is_aws(&self) -> bool {
        ["DynamoDB", "Secrets Manager"].contains(&self.server)
    }

    fn is_http(&self) -> bool {
        !self.is_aws()
    }

    fn is_list(&self) -> bool {
        LISTS.contains(&self.rest.as_str())
    }

    fn is_upload(&self) -> bool {
        UPLOADS.contains(&self.rest.as_str())
    }

    fn is_file(&self) -> bool {
        self.server == "reteach's files"
    }

    fn is_batch(&self) -> bool {
        self.rest.starts_with("Batch")
    }

    fn is_log_in(&self) -> bool {
        LOG_INS.contains(&self.rest.as_str())
    }
}

/// The servers that `calls` went to over connections.
pub fn servers(calls: &[CallId]) -> impl Iterator<Item = &'static str> {
    let is_called = |name: &str| calls.iter().any(|call| server_of(&call.name) == name);
    let is_behind = move |name: &str| name == "Personio" && is_called("Kombo");
    SERVERS
        .into_iter()
        .filter(move |name| is_called(name) && !is_behind(name))
}

/// The server of a call, by the call's name.
#[must_use]
pub fn server_of(name: &str) -> &'static str {
    SERVERS
        .into_iter()
        .find(|server| name.starts_with(server))
        .unwrap_or_default()
}

const ELSEWHERE: &str = "http://127.0.0.1:9/elsewhere";
const SLOWER_THAN_ANY_TIMEOUT: Duration = Duration::from_secs(600);
/// Two attempts of a call fall into it.
const OFFLINE: Duration = Duration::from_millis(1_500);
const THROTTLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#;
const SECRETS_THROTTLED: &str = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"not authorized"}"#;
const EXPIRED: &str = r#"{"__type":"ExpiredTokenException","message":"the token is expired"}"#;
const CONFLICT: &str = r#"{"__type":"TransactionConflictException","message":"conflict"}"#;
const INVALID: &str = r#"{"__type":"ValidationException","message":"invalid"}"#;
const NO_TABLE: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no such table"}"#;
const AWS_ERROR: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"oops"}"#;

/// Every fault of a single call.
#[must_use]
pub fn table() -> Vec<NamedFault> {
    use Behaviour as B;
    use Expect::{Quiet, Reported};
    use Incident as I;
    use Moment::{After, Before};
    type Applies = fn(&Call) -> bool;
    let any: Applies = |_| true;
    let http: Applies = Call::is_http;
    let list: Applies = Call::is_list;
    let aws: Applies = Call::is_aws;
    let dynamodb: Applies = |call| call.server == "DynamoDB";
    let secrets: Applies = |call| call.server == "Secrets Manager";
    let page: Applies = |call| call.is_page;
    let later_page: Applies = |call| call.is_page && call.nth > 1;
    let goes_offline: Applies = |call| call.has_next && !call.is_behind && !call.is_file();
    let no_file: Applies = |call| !call.is_file();
    let no_log_in: Applies = |call| !call.is_log_in();
    let status = |code| B::Status(code, Body::Vendor);
    let html = |code| B::Status(code, Body::Html);
    let aws_error = |code, text| B::Status(code, Body::Json(text));
    let limited = B::TooManyRequests;
    let seconds = RetryAfter::Seconds;
    let date = RetryAfter::At("2026-05-11T09:00:05Z".parse().unwrap());
    let behave = |name, applies, behaviour, expect| NamedFault {
        name,
        applies,
        effect: Effect::Behave(behaviour),
        expect,
    };
    let meanwhile = |name, applies, moment, incident, expect| NamedFault {
        name,
        applies,
        effect: Effect::Meanwhile(moment, incident),
        expect,
    };
    let late_upload = B::LateEffect(SignedDuration::from_mins(10));
    let late_error = B::LateStatus(500, Body::Vendor);
    let elsewhere = B::Redirect(ELSEWHERE.to_owned());
    let slow = B::Slow(SLOWER_THAN_ANY_TIMEOUT);
    let offline = B::GoAway(OFFLINE);
    vec![
        behave("refused-next", goes_offline, offline, Reported),
        behave("hang", any, B::Hang, Reported),
        behave("hang-after-effect", any, B::HangReply, Reported),
        behave("slower-than-timeout", any, slow, Reported),
        behave("reset-before-reply", any, B::Close, Reported),
        behave("reset-in-reply", any, B::CloseMidBody, Reported),
        behave("reset-after-reply", any, B::CloseAfterReply, Quiet),
        behave("lose-reply", any, B::LoseReply, Reported),
        behave("200-html", any, html(200), Reported),
        behave("200-truncated", no_file, B::TruncateJson, Reported),
        behave("fewer-rows", list, B::DropRows(1), Reported),
        behave("rows-skipped", list, B::SkipRows(1), Reported),
        behave("rows-doubled", list, B::DoubleRows(1), Quiet),
        // All but one row of the page before, so that a page of 100 has no room for its own last.
        behave("rows-repeated", later_page, B::RepeatRows(99), Quiet),
        meanwhile("rows-shift", page, After, I::Shift, Quiet),
        behave("empty-list", list, B::EmptyList, Reported),
        behave("total-off", list, B::TotalOff(1), Reported),
        behave("400", http, status(400), Reported),
        behave("401", http, status(401), Reported),
        behave("403", http, status(403), Reported),
        behave("404", http, status(404), Reported),
        behave("409", http, status(409), Reported),
        behave("422", http, status(422), Reported),
        behave("429-seconds", http, limited(seconds(3)), Reported),
        behave("429-minutes", http, limited(seconds(120)), Reported),
        behave("429-date", http, limited(date), Reported),
        behave("429-bare", http, limited(RetryAfter::None), Reported),
        behave("500", any, status(500), Reported),
        behave("500-after-effect", http, late_error, Reported),
        behave("502-html", any, html(502), Reported),
        behave("503", any, status(503), Reported),
        behave("redirect", http, elsewhere, Reported),
        behave("shows-up-late", Call::is_upload, late_upload, Reported),
        behave("throttled", dynamodb, aws_error(400, THROTTLED), Reported),
        behave(
            "throttled",
            secrets,
            aws_error(400, SECRETS_THROTTLED),
            Reported,
        ),
        behave("aws-denied", aws, aws_error(400, DENIED), Reported),
        behave("aws-expired", aws, aws_error(400, EXPIRED), Reported),
        behave("aws-conflict", dynamodb, aws_error(400, CONFLICT), Reported),
        behave("aws-invalid", aws, aws_error(400, INVALID), Reported),
        behave("no-table", dynamodb, aws_error(400, NO_TABLE), Reported),
        behave("aws-500", aws, aws_error(500, AWS_ERROR), Reported),
        behave("unprocessed", Call::is_batch, B::Unprocessed, Reported),
        meanwhile("freeze", any, After, I::Freeze, Reported),
        meanwhile("second-delivery", any, Before, I::SecondDelivery, Quiet),
        meanwhile("rotation", no_log_in, Before, I::Rotation, Quiet),
        meanwhile("new-mapping", any, Before, I::NewMapping, Quiet),
    ]
}

impl Effect {
    /// The fault that a call meets.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::new(match self {
            Self::Behave(behaviour) => behaviour.clone(),
            Self::Meanwhile(moment, _) => Behaviour::Hold(*moment),
        })
    }
}

/// A broken product: DynamoDB confirms the intent to upload a certificate, and does not keep it.
#[must_use]
pub fn loses_intents() -> Fault {
    Fault::new(Behaviour::Status(200, Body::Json("{}")))
        .call("DynamoDB PutItem")
        .body(&["CERTIFICATE#", "intended"])
        .always()
}
