//! The certificates that would be filed if the planned employee run had succeeded.

use std::collections::{BTreeSet, HashMap};

use certificate_sync::list::{keep_all, list};
use certificate_sync::outcome::SkipReason;
use certificate_sync::plan::{Candidate, Listed, People, Plan, Policy, Upload, issue_of};
use certificate_sync::report::duration;
use employee_sync::plan::{Details, Plan as EmployeePlan};
use serde::Serialize;
use shared::document::{DocumentSink as _, choose_category};
use shared::domain::id::{CertificateId, CustomerId, SourceId};
use shared::reteach::Filter;
use shared::routes::{Connections, Hr};
use shared::runtime::Mode;
use shared::source::EmployeeSource as _;
use shared::tenant::{Every, TenantConfig};

use crate::context::{CommandContext, StoredTenant};
use crate::failure::Result;
use crate::format;

/// Personio takes 60 uploads a minute, and a run has a little less than 15.
const RUN_UPLOADS: usize = 840;

#[derive(Default, Serialize)]
pub(crate) struct CertificatesPreview {
    pub(crate) folder: Option<String>,
    pub(crate) to_file: Vec<Filing>,
    /// How many of them are looked for first, and in how many people's documents.
    pub(crate) looked_for: usize,
    pub(crate) people_to_look_at: usize,
    /// Part of a backfill that nobody has started.
    pub(crate) held: usize,
    /// At Personio's pace of uploads; `None` where nothing is to be filed.
    pub(crate) minutes_left: Option<u64>,
    /// Filed, parked, without a PDF, or of nobody from Personio.
    pub(crate) not_filed: usize,
    pub(crate) problem: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Filing {
    pub(crate) certificate: CertificateId,
    pub(crate) person: SourceId,
    /// The day of completion in the tenant's time zone. Personal data: with --details only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) day: Option<String>,
    /// The same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) course: Option<String>,
}

/// Reads all completed courses and the ledger. Writes nothing.
pub(super) async fn preview(
    context: &CommandContext<'_>,
    stored: &StoredTenant,
    people: Option<&EmployeePlan>,
    details: Details,
) -> Result<Option<CertificatesPreview>> {
    let StoredTenant { config, .. } = stored;
    if !config.certificates.enabled {
        return Ok(None);
    }
    let tenant = &config.tenant_id;
    let secret = context.secrets.refresh(tenant).await?;
    let connections: Connections = context.connect(config, &secret)?;
    let owners = owners(context, config, people).await?;
    let mut ledger = context.store.all_certificates(tenant).await?;
    let listed = match list(&connections.reteach, &Filter::default(), &keep_all).await {
        Ok(listed) => listed,
        Err(error) => {
            let problem = format!("the completed courses cannot be read: {error}");
            return Ok(Some(CertificatesPreview {
                problem: Some(problem),
                ..CertificatesPreview::default()
            }));
        }
    };
    let people = People {
        tool: connections.hr.tool(),
        owners: &owners,
    };
    let candidates = listed.certificates.into_iter().map(|(id, participation)| {
        let entry = ledger.remove(&id);
        let issue = issue_of(&id, &participation, &connections.key);
        let listed = Some(Listed::new(participation, issue, people));
        Candidate { id, listed, entry }
    });
    let start = context.store.certificate_start(tenant).await?;
    let policy = Policy::new(&start, Mode::DryRun, config);
    let plan = Plan::build(candidates, &policy, context.now());
    let mut preview = CertificatesPreview::new(plan, config, details);
    if !preview.to_file.is_empty() {
        preview.choose_folder(&connections.hr, config).await;
    }
    Ok(Some(preview))
}

/// The ledger's owners of accounts, and those whom the planned run would make owners.
async fn owners(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    people: Option<&EmployeePlan>,
) -> Result<HashMap<CustomerId, SourceId>> {
    let mut owners = context.store.owners(&config.tenant_id).await?;
    let changes = people.into_iter().flat_map(|people| &people.changes);
    owners.extend(changes.filter_map(|change| {
        let account = change.action.account()?;
        Some((account.clone(), change.source_id.clone()))
    }));
    Ok(owners)
}

/// How long the ticks take that so many uploads need.
fn minutes_left(uploads: usize, every: Every) -> Option<u64> {
    let ticks = uploads.div_ceil(RUN_UPLOADS) as u64;
    (ticks > 0).then(|| ticks * u64::from(every.minutes()))
}

impl CertificatesPreview {
    fn new(plan: Plan, config: &TenantConfig, details: Details) -> Self {
        let Plan {
            checks,
            uploads,
            holds: _,
            reissues: _,
            skipped,
        } = plan;
        let looked_for = uploads.iter().filter(|upload| upload.look.is_some());
        let people: BTreeSet<_> = looked_for.clone().map(|upload| &upload.employee).collect();
        let (looked_for, people_to_look_at) = (looked_for.count(), people.len());
        let reasons = skipped.values();
        let held = reasons
            .filter(|reason| **reason == SkipReason::Held)
            .count();
        let minutes_left = minutes_left(uploads.len(), config.schedule.certificates);
        let has_values = details == Details::Values;
        let to_file = uploads.into_iter().map(|upload| {
            let Upload {
                id,
                employee,
                course,
                completed_at,
                ..
            } = upload;
            let day = completed_at.filter(|_| has_values);
            let day = day.map(|at| config.time_zone.to_datetime(at).date());
            Filing {
                certificate: id,
                person: employee,
                day: day.map(|day| day.to_string()),
                course: course.filter(|_| has_values),
            }
        });
        Self {
            to_file: to_file.collect(),
            looked_for,
            people_to_look_at,
            held,
            minutes_left,
            not_filed: skipped.len() + checks.len() - held,
            ..Self::default()
        }
    }

    async fn choose_folder(&mut self, sink: &Hr, config: &TenantConfig) {
        let chosen = config.certificates.category.as_deref();
        match sink.categories().await {
            Ok(categories) => match choose_category(&categories, chosen) {
                Ok(category) => self.folder = Some(category.name.clone()),
                Err(error) => self.problem = Some(error.to_string()),
            },
            Err(error) => self.problem = Some(format!("the folders cannot be read: {error}")),
        }
    }

    pub(super) fn needs_attention(&self) -> bool {
        self.problem.is_some()
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for filing in &self.to_file {
            let Filing {
                certificate,
                person,
                day,
                course,
            } = filing;
            let column = |text: &Option<String>| {
                let text = text.as_ref().map(|text| format!("  {text}"));
                text.unwrap_or_default()
            };
            let (day, course) = (column(day), column(course));
            text.push_str(&format!("file    {person}{day}  {certificate}{course}\n"));
        }
        let number = self.to_file.len();
        let folder = self.folder.as_ref();
        let folder = folder.map(|folder| format!(" in \"{folder}\""));
        let folder = folder.unwrap_or_default();
        let not_filed = match self.not_filed as u64 {
            0 => String::new(),
            others => format!(
                ", {} filed already, parked, without a PDF or not from Personio",
                format::number(others, "other is", "others are")
            ),
        };
        let held = match self.held {
            0 => String::new(),
            held => format!(", {held} held until `tenants certificates start`"),
        };
        let looked_for = match self.looked_for as u64 {
            0 => String::new(),
            looked_for => format!(
                " {} looked for first in the documents of {}.",
                format::number(looked_for, "certificate is", "certificates are"),
                format::number(self.people_to_look_at as u64, "person", "people")
            ),
        };
        let time = self.minutes_left.filter(|_| number > RUN_UPLOADS);
        let time = time.map(|minutes| format!(" That takes about {}.", duration(minutes)));
        let time = time.unwrap_or_default();
        text.push_str(&format::paragraph(&format!(
            "Certificates after this run: {number} to file{folder}{held}{not_filed}.{looked_for}{time}"
        )));
        if let Some(problem) = &self.problem {
            text.push_str(&format::point(problem));
        }
        text
    }
}
