//! The faults, as data: which calls each strikes, what it does, and how it may end.

use std::time::Duration;

use jiff::SignedDuration;
use simulators::{Behaviour, Body, CallId, Moment, RetryAfter, Stroke};

use crate::scene::Scene;

/// What is done to a run.
#[derive(Clone, Debug)]
pub(crate) enum Blow {
    /// The call behaves like this.
    Behave(Behaviour),
    /// The call is held on this side of its effect while something else happens.
    Meanwhile(Moment, Event),
}

/// What happens while a call is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The process is frozen until long after its lease has expired, and another run goes first.
    Freeze,
    /// The schedule is delivered a second time.
    SecondDelivery,
    /// Every credential is replaced, here and there.
    Rotation,
    /// The operator changes the mapping.
    NewMapping,
    /// Others change what is listed.
    Shift,
}

/// How a case ends. In each the company comes to where the run without a fault left it, no document is filed twice, and nobody is
/// locked who should not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// The struck run, or the one after it, reports something that it would not report otherwise.
    Told,
    /// There is nothing to tell: the run had all it needed.
    Quiet,
}

/// A line of the table.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) strikes: fn(&Call) -> bool,
    pub(crate) blow: Blow,
    pub(crate) expect: Expect,
}

/// A call by what the table asks of it.
pub(crate) struct Call {
    vendor: String,
    /// Without the vendor.
    rest: String,
    /// Whether the run calls the same server again.
    has_next: bool,
    /// Whether Kombo makes it, without a connection.
    is_behind: bool,
    /// Whether it is tried as a page among others, and by nothing but what befalls pages.
    is_page: bool,
    nth: usize,
}

const LISTS: [&str; 6] = [
    "GET /v1/company/employees",
    "GET /v1/hris/employees",
    "GET /customer",
    "GET /participation",
    "GET /v2/document-management/documents",
    "GET /v1/company/document-categories",
];
/// What befalls lists, page by page.
const OF_PAGES: [&str; 10] = [
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
    pub(crate) fn new(id: &CallId, all: &[CallId], scene: Scene) -> Self {
        let vendor = vendor_of(id);
        let rest = id
            .name
            .strip_prefix(vendor)
            .unwrap_or_default()
            .trim_start();
        let later = all.iter().skip_while(|it| *it != id).skip(1);
        let is_behind = vendor == "Personio" && all.iter().any(|it| vendor_of(it) == "Kombo");
        let has_next = later.into_iter().any(|it| vendor_of(it) == vendor);
        let (is_page, nth) = (scene.is_of_pages(), id.nth);
        Self {
            vendor: vendor.to_owned(),
            rest: rest.to_owned(),
            has_next,
            is_behind,
            is_page,
            nth,
        }
    }

    /// Whether a fault of this name strikes it.
    pub(crate) fn meets(&self, fault: &Fault) -> bool {
        let is_tried = !self.is_page || (self.is_list() && OF_PAGES.contains(&fault.name));
        is_tried && (fault.strikes)(self)
    }

    fn is_http(&self) -> bool {
        self.vendor != "DynamoDB" && self.vendor != "Secrets Manager"
    }

    fn is_list(&self) -> bool {
        LISTS.contains(&self.rest.as_str())
    }

    fn is_upload(&self) -> bool {
        UPLOADS.contains(&self.rest.as_str())
    }

    fn is_file(&self) -> bool {
        self.vendor == "reteach's files"
    }

    fn is_batch(&self) -> bool {
        self.rest.starts_with("Batch")
    }

    fn is_log_in(&self) -> bool {
        LOG_INS.contains(&self.rest.as_str())
    }

    fn is_aws(&self) -> bool {
        !self.is_http()
    }
}

/// The servers that `calls` went to over connections.
pub(crate) fn servers(calls: &[CallId]) -> impl Iterator<Item = &'static str> {
    let is_called = |name: &str| calls.iter().any(|it| vendor_of(it) == name);
    let is_behind = move |name: &str| name == "Personio" && is_called("Kombo");
    SERVERS
        .into_iter()
        .filter(move |name| is_called(name) && !is_behind(name))
}

fn vendor_of(id: &CallId) -> &'static str {
    SERVERS
        .into_iter()
        .find(|server| id.name.starts_with(server))
        .unwrap_or_default()
}

const ELSEWHERE: &str = "http://127.0.0.1:9/elsewhere";
const SLOWER_THAN_ANY_TIMEOUT: Duration = Duration::from_secs(600);
/// Two attempts of a call fall into it.
const AWAY: Duration = Duration::from_millis(1_500);
const THROTTLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#;
const SECRETS_THROTTLED: &str = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"not authorized"}"#;
const EXPIRED: &str = r#"{"__type":"ExpiredTokenException","message":"the token is expired"}"#;
const NO_TABLE: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no such table"}"#;
const AWS_ERROR: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"oops"}"#;

/// Every fault of a single call.
pub(crate) fn faults() -> Vec<Fault> {
    use Behaviour as B;
    use Expect::{Quiet, Told};
    let any: fn(&Call) -> bool = |_| true;
    let http: fn(&Call) -> bool = Call::is_http;
    let list: fn(&Call) -> bool = Call::is_list;
    let aws: fn(&Call) -> bool = Call::is_aws;
    let dynamodb: fn(&Call) -> bool = |it| it.vendor == "DynamoDB";
    let secrets: fn(&Call) -> bool = |it| it.vendor == "Secrets Manager";
    let status = |code| B::Status(code, Body::Vendor);
    let behave = |name, strikes, behaviour, expect| Fault {
        name,
        strikes,
        blow: Blow::Behave(behaviour),
        expect,
    };
    let meanwhile = |name, strikes, moment, event, expect| Fault {
        name,
        strikes,
        blow: Blow::Meanwhile(moment, event),
        expect,
    };
    let moment = "2026-05-11T09:00:05Z".parse().unwrap();
    vec![
        behave(
            "refused-next",
            |it| it.has_next && !it.is_behind && !it.is_file(),
            B::GoAway(AWAY),
            Told,
        ),
        behave("hang", any, B::Hang, Told),
        behave("hang-after-effect", any, B::HangReply, Told),
        behave(
            "slower-than-timeout",
            any,
            B::Slow(SLOWER_THAN_ANY_TIMEOUT),
            Told,
        ),
        behave("reset-before-reply", any, B::Close, Told),
        behave("reset-in-reply", any, B::CloseMidBody, Told),
        behave("reset-after-reply", any, B::CloseAfterReply, Quiet),
        behave("lose-reply", any, B::LoseReply, Told),
        behave("200-html", any, B::Status(200, Body::Html), Told),
        behave("200-truncated", |it| !it.is_file(), B::TruncateJson, Told),
        behave("fewer-rows", list, B::DropRows(1), Told),
        behave("rows-skipped", list, B::SkipRows(1), Told),
        behave("rows-doubled", list, B::DoubleRows(1), Quiet),
        // All but one row of the page before, so that a page of 100 has no room for its own last.
        behave(
            "rows-repeated",
            |it| it.is_page && it.nth > 1,
            B::RepeatRows(99),
            Quiet,
        ),
        meanwhile(
            "rows-shift",
            |it| it.is_page,
            Moment::After,
            Event::Shift,
            Quiet,
        ),
        behave("empty-list", list, B::EmptyList, Told),
        behave("total-off", list, B::TotalOff(1), Told),
        behave("400", http, status(400), Told),
        behave("401", http, status(401), Told),
        behave("403", http, status(403), Told),
        behave("404", http, status(404), Told),
        behave("409", http, status(409), Told),
        behave("422", http, status(422), Told),
        behave(
            "429-seconds",
            http,
            B::TooManyRequests(RetryAfter::Seconds(3)),
            Told,
        ),
        behave(
            "429-date",
            http,
            B::TooManyRequests(RetryAfter::At(moment)),
            Told,
        ),
        behave("429-bare", http, B::TooManyRequests(RetryAfter::None), Told),
        behave("500", any, status(500), Told),
        behave(
            "500-after-effect",
            http,
            B::LateStatus(500, Body::Vendor),
            Told,
        ),
        behave("502-html", any, B::Status(502, Body::Html), Told),
        behave("503", any, status(503), Told),
        behave("redirect", http, B::Redirect(ELSEWHERE.to_owned()), Told),
        behave(
            "shows-up-late",
            Call::is_upload,
            B::LateEffect(SignedDuration::from_mins(10)),
            Told,
        ),
        behave(
            "throttled",
            dynamodb,
            B::Status(400, Body::Json(THROTTLED)),
            Told,
        ),
        behave(
            "throttled",
            secrets,
            B::Status(400, Body::Json(SECRETS_THROTTLED)),
            Told,
        ),
        behave("aws-denied", aws, B::Status(400, Body::Json(DENIED)), Told),
        behave(
            "aws-expired",
            aws,
            B::Status(400, Body::Json(EXPIRED)),
            Told,
        ),
        behave(
            "no-table",
            dynamodb,
            B::Status(400, Body::Json(NO_TABLE)),
            Told,
        ),
        behave("aws-500", aws, B::Status(500, Body::Json(AWS_ERROR)), Told),
        behave("unprocessed", Call::is_batch, B::Unprocessed, Told),
        meanwhile("freeze", any, Moment::After, Event::Freeze, Told),
        meanwhile(
            "second-delivery",
            any,
            Moment::Before,
            Event::SecondDelivery,
            Quiet,
        ),
        meanwhile(
            "rotation",
            |it| !it.is_log_in(),
            Moment::Before,
            Event::Rotation,
            Quiet,
        ),
        meanwhile("new-mapping", any, Moment::Before, Event::NewMapping, Quiet),
    ]
}

impl Blow {
    /// What the call meets.
    pub(crate) fn stroke(&self) -> Stroke {
        match self {
            Self::Behave(behaviour) => Stroke::Behave(behaviour.clone()),
            Self::Meanwhile(moment, _) => Stroke::Hold(*moment),
        }
    }
}
