//! What is printed when everything has started.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use simulators::Kombo;

use super::onboarding;
use super::simulated_tenant::SimulatedTenant;
use crate::company::{Company, route};

/// Where everything is.
#[derive(Clone, Debug, Serialize)]
pub struct Announcement {
    /// The folder of the state.
    pub state: PathBuf,
    /// Where `cargo local act` and `cargo local show` go.
    pub control: String,
    /// The companies.
    pub tenants: Vec<AnnouncedTenant>,
}

/// A company.
#[derive(Clone, Debug, Serialize)]
pub struct AnnouncedTenant {
    /// Its name.
    pub tenant_id: String,
    /// Its route, as tenant files spell it.
    pub via: &'static str,
    /// How many people it has.
    pub people: usize,
    /// `[personio] base_url`
    pub personio: String,
    /// `[kombo] base_url`
    pub kombo: Option<String>,
    /// `[reteach] base_url`
    pub reteach: String,
    /// Kombo's ids of its connections.
    pub integrations: Vec<String>,
    /// Its tenant file.
    pub file: PathBuf,
    /// Its credentials.
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
        for it in &self.tenants {
            let AnnouncedTenant {
                tenant_id,
                people,
                personio,
                reteach,
                ..
            } = it;
            let kombo = it
                .kombo
                .as_ref()
                .map_or_else(String::new, |url| format!("  Kombo {url}"));
            writeln!(
                f,
                "{tenant_id:<18} {people:>5} people  Personio {personio}  reteach {reteach}{kombo}"
            )?;
        }
        writeln!(f, "\nTo onboard them:\n")?;
        for it in &self.tenants {
            let (file, credentials) = (it.file.display(), it.credentials.display());
            writeln!(
                f,
                "  cargo tenants add --file {file} --credentials {credentials}"
            )?;
        }
        if let Some(it) = self
            .tenants
            .iter()
            .find(|it| it.kombo.is_some() && it.integrations.is_empty())
        {
            writeln!(
                f,
                "\nBehind Kombo, a company connects first: this prints a link, which shows the connection's id when it is opened.\n\n  \
                 cargo tenants connect {} --email hr@muster.example --company \"Muster GmbH\"",
                it.tenant_id
            )?;
        }
        let state = match self.state.as_path() {
            dir if dir == Path::new(".local") => String::new(),
            dir => format!(" --state {}", dir.display()),
        };
        writeln!(
            f,
            "\nTo play HR and the author of courses, while this runs:\n"
        )?;
        for example in ["act --help", "show accounts"] {
            writeln!(f, "  cargo local{state} {example}")?;
        }
        writeln!(
            f,
            "\nEverything is saved in {}. Ctrl-C ends it.",
            self.state.display()
        )
    }
}
