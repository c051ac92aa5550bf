//! The message after the start.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use simulators::Kombo;

use super::onboarding;
use super::simulated_tenant::SimulatedTenant;
use crate::company::{Company, route};

#[derive(Clone, Debug, Serialize)]
pub struct Announcement {
    pub state: PathBuf,
    /// The address for `cargo local act` and `cargo local show`.
    pub control: String,
    pub tenants: Vec<AnnouncedTenant>,
}

#[derive(Clone, Debug, Serialize)]
pub struct AnnouncedTenant {
    pub tenant_id: String,
    pub via: &'static str,
    pub people: usize,
    /// `[personio] base_url`
    pub personio: String,
    /// `[kombo] base_url`
    pub kombo: Option<String>,
    /// `[reteach] base_url`
    pub reteach: String,
    pub integrations: Vec<String>,
    pub file: PathBuf,
    pub credentials: PathBuf,
}

impl AnnouncedTenant {
    pub(super) fn of(dir: &Path, tenant: &SimulatedTenant) -> Self {
        let Company {
            tenant,
            via,
            personio,
            kombo,
            reteach,
        } = &tenant.company;
        let (file, credentials) = onboarding::paths(dir, tenant.as_str());
        Self {
            tenant_id: tenant.to_string(),
            via: route(*via),
            people: personio.people().len(),
            personio: personio.base_url(),
            kombo: kombo.as_ref().map(Kombo::base_url),
            reteach: reteach.base_url(),
            integrations: kombo.as_ref().map(Kombo::integrations).unwrap_or_default(),
            file,
            credentials,
        }
    }
}

impl fmt::Display for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for tenant in &self.tenants {
            let AnnouncedTenant {
                tenant_id,
                people,
                personio,
                reteach,
                ..
            } = tenant;
            let kombo = tenant
                .kombo
                .as_ref()
                .map_or_else(String::new, |url| format!("  Kombo {url}"));
            writeln!(
                f,
                "{tenant_id:<18} {people:>5} people  Personio {personio}  reteach {reteach}{kombo}"
            )?;
        }
        writeln!(f, "\nTo onboard them:\n")?;
        for tenant in &self.tenants {
            let (file, credentials) = (tenant.file.display(), tenant.credentials.display());
            writeln!(
                f,
                "  cargo tenants add --file {file} --credentials {credentials}"
            )?;
        }
        if let Some(tenant) = self
            .tenants
            .iter()
            .find(|tenant| tenant.kombo.is_some() && tenant.integrations.is_empty())
        {
            writeln!(
                f,
                "\nA company behind Kombo connects first. This prints a link; opening it shows the connection's id.\n\n  \
                 cargo tenants connect {} --email hr@muster.example --company \"Muster GmbH\"",
                tenant.tenant_id
            )?;
        }
        let state = match self.state.as_path() {
            dir if dir == Path::new(".local") => String::new(),
            dir => format!(" --state {}", dir.display()),
        };
        writeln!(
            f,
            "\nTo act as HR or as an author of courses while this runs:\n"
        )?;
        for example in ["act --help", "show accounts"] {
            writeln!(f, "  cargo local{state} {example}")?;
        }
        writeln!(
            f,
            "\nTo look at the onboarded companies in a browser:\n\n  cargo tenants web"
        )?;
        writeln!(
            f,
            "\nThe state is in {}. Ctrl-C stops everything.",
            self.state.display()
        )
    }
}
