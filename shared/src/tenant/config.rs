//! The configuration's shape and defaults.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{ScheduleConfig, Scope};
use crate::domain::id::TenantId;
use crate::http::BaseUrl;
use crate::kombo::IntegrationId;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    pub tenant_id: TenantId,
    /// The company's time zone, by its IANA name: locks fall on midnight there.
    #[serde(deserialize_with = "super::parse::time_zone")]
    pub time_zone: TimeZone,
    pub personio: PersonioConfig,
    /// Needed on the routes `kombo-passthrough` and `kombo`.
    pub kombo: Option<KomboConfig>,
    #[serde(default)]
    pub reteach: ReteachConfig,
    #[serde(default)]
    pub employees: EmployeesConfig,
    #[serde(default)]
    pub scope: Scope,
    #[serde(default)]
    pub brake: BrakeConfig,
    #[serde(default)]
    pub certificates: CertificatesConfig,
    #[serde(default)]
    pub schedule: ScheduleConfig,
    #[serde(default)]
    pub notices: NoticesConfig,
}

/// The route to Personio. There is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// Personio's own API with credentials that we hold.
    Direct,
    /// The same calls through Kombo, which holds the credentials.
    KomboPassthrough,
    /// Kombo's unified model: a mirror.
    Kombo,
}

/// `[personio]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonioConfig {
    pub via: Via,
    /// Personio's API; http only for loopback.
    #[serde(default = "personio_base_url")]
    pub base_url: BaseUrl,
    /// The company's own name at Personio (`acme` of acme.personio.de), for links in what people read.
    pub domain: Option<String>,
}

/// `[kombo]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KomboConfig {
    /// Kombo's API, with its version.
    #[serde(default = "kombo_base_url")]
    pub base_url: BaseUrl,
    /// The tenant's integration, `personio:…`; missing until the company has clicked through Kombo Connect.
    pub integration_id: Option<IntegrationId>,
    /// Route `kombo`: the custom field that carries Personio's own Anstellungsart.
    pub employment_type_field: Option<String>,
}

/// `[reteach]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReteachConfig {
    pub base_url: BaseUrl,
    pub academy: Option<String>,
    /// Where certificate PDFs may come from: host names, `*.` for any one below.
    pub download_hosts: Vec<String>,
    /// The fastest pace; the academy's own limit is found below it.
    pub max_calls_per_second: f64,
    pub update: UpdateWith,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateWith {
    #[default]
    Patch,
    /// The whole record, read just before: the academy empties what an update does not name.
    Replace,
}

/// `[employees]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmployeesConfig {
    pub department: bool,
    pub position: Placement,
    pub location: Placement,
    pub employment_type: EmploymentTypeAs,
    /// What the two kinds of Anstellungsart are called in the tag.
    pub employment_type_labels: EmploymentTypeLabels,
    pub lock_on: LockOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    Field,
    /// A tag, `Position: …` or `Standort: …`.
    Tag,
    Off,
}

/// Where Anstellungsart goes: reteach has no field for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmploymentTypeAs {
    /// A tag, `Anstellungsart: …`.
    Tag,
    Off,
}

/// `[employees.employment_type_labels]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmploymentTypeLabels {
    pub internal: String,
    pub external: String,
}

/// The moment at which an end date locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockOn {
    /// 00:00 of the day after: the last day is worked in full.
    DayAfterEnd,
    /// 00:00 of the end date itself.
    EndDay,
}

/// `[brake]`: limits in per cent of the open accounts, per run and per 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BrakeConfig {
    /// People; up to this many no limit holds.
    pub at_least: u32,
    pub unexplained_lock: f64,
    pub explained_lock: f64,
    pub unlock: f64,
    pub blank: f64,
    pub mail: f64,
    /// At least 20 people, and not before the first complete run.
    pub create: f64,
    pub handover: f64,
}

impl BrakeConfig {
    /// The limit of each key, by the key's name.
    #[must_use]
    pub fn limits(&self) -> [(&'static str, f64); 7] {
        let Self {
            at_least: _,
            unexplained_lock,
            explained_lock,
            unlock,
            blank,
            mail,
            create,
            handover,
        } = *self;
        [
            ("unexplained_lock", unexplained_lock),
            ("explained_lock", explained_lock),
            ("unlock", unlock),
            ("blank", blank),
            ("mail", mail),
            ("create", create),
            ("handover", handover),
        ]
    }
}

/// `[certificates]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CertificatesConfig {
    pub enabled: bool,
    /// The document category, by name, if it is not the default.
    pub category: Option<String>,
    /// Which of the certificates that the first listing shows are filed.
    backfill: BackfillMode,
    /// Certificates of courses completed earlier are never filed.
    #[serde(deserialize_with = "super::parse::day")]
    since: Option<Date>,
}

/// Which of the certificates that the first listing shows are filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backfill {
    All,
    /// None, until the operator starts the backfill.
    Hold,
    /// Those of courses completed on this day of the tenant's time zone, or later. Certificates of courses completed
    /// earlier are not filed either if they appear later.
    Since(Date),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum BackfillMode {
    #[default]
    All,
    Hold,
}

impl CertificatesConfig {
    /// What the keys `backfill` and `since` say together.
    #[must_use]
    pub fn backfill(&self) -> Backfill {
        match (self.since, self.backfill) {
            (Some(since), _) => Backfill::Since(since),
            (None, BackfillMode::All) => Backfill::All,
            (None, BackfillMode::Hold) => Backfill::Hold,
        }
    }

    /// Whether both keys are set to something that excludes the other.
    pub(super) fn holds_and_since(&self) -> bool {
        self.backfill == BackfillMode::Hold && self.since.is_some()
    }
}

/// `[notices]`: who at the company learns of trouble. The operator's topic belongs to the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticesConfig {
    pub mail: Vec<String>,
    pub language: Language,
    /// The body of a webhook. Its address is in the credentials.
    pub webhook: Option<WebhookShape>,
    pub what: NoticesAbout,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    #[default]
    De,
    En,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookShape {
    Json,
    Slack,
    Teams,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticesAbout {
    /// What the HR admin can settle, or has to know.
    #[default]
    Hr,
    All,
}

fn personio_base_url() -> BaseUrl {
    known_base_url("https://api.personio.de")
}

fn kombo_base_url() -> BaseUrl {
    known_base_url("https://api.kombo.dev/v1")
}

#[expect(
    clippy::expect_used,
    reason = "the two or three defaults above are constants"
)]
fn known_base_url(text: &str) -> BaseUrl {
    text.parse().expect("a default base URL is valid")
}

impl Default for ReteachConfig {
    fn default() -> Self {
        Self {
            base_url: known_base_url("https://api.reteach.io"),
            academy: None,
            download_hosts: vec!["*.reteach.io".to_owned()],
            max_calls_per_second: 50.0,
            update: UpdateWith::default(),
        }
    }
}

impl Default for EmployeesConfig {
    fn default() -> Self {
        Self {
            department: false,
            position: Placement::Field,
            location: Placement::Field,
            employment_type: EmploymentTypeAs::Tag,
            employment_type_labels: EmploymentTypeLabels::default(),
            lock_on: LockOn::DayAfterEnd,
        }
    }
}

impl Default for EmploymentTypeLabels {
    fn default() -> Self {
        Self {
            internal: "intern".to_owned(),
            external: "extern".to_owned(),
        }
    }
}

impl Default for BrakeConfig {
    fn default() -> Self {
        Self {
            at_least: 5,
            unexplained_lock: 5.0,
            explained_lock: 20.0,
            unlock: 5.0,
            blank: 5.0,
            mail: 5.0,
            create: 20.0,
            handover: 5.0,
        }
    }
}

impl Default for CertificatesConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            category: None,
            backfill: BackfillMode::All,
            since: None,
        }
    }
}
