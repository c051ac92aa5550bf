//! One company with its simulated vendors.

use oracle::DocumentFields;
use shared::domain::id::TenantId;
use shared::secrets::{KomboSecret, PersonioSecret, ReteachSecret, TenantSecret};
use shared::tenant::Via;
use simulators::{Clock, FaultEngine, Kombo, Pacing, Personio, Reteach, Tape};

/// The Personio credential of every company here.
pub(crate) const PERSONIO: (&str, &str) = ("papi-client", "papi-secret");
/// The key of every Kombo environment here.
pub(crate) const KOMBO_KEY: &str = "kombo-key";
/// Client id, secret and code of every academy here.
pub(crate) const RETEACH: (&str, &str, &str) = ("reteach-client", "reteach-secret", "reteach-code");
/// The custom field in which Kombo carries Personio's employment type.
pub(crate) const EMPLOYMENT_TYPE_FIELD: &str = "anstellungsart";

/// Kombo's id of the simulated connection.
pub const INTEGRATION: &str = "personio:CBNMt7dSNCzBdnRTx87dev4E";

/// A tenant with its simulated HR system and academy.
#[derive(Clone, Debug)]
pub struct Company {
    pub tenant: TenantId,
    pub via: Via,
    pub personio: Personio,
    /// On the routes through Kombo.
    pub kombo: Option<Kombo>,
    pub reteach: Reteach,
}

#[must_use]
pub fn route(via: Via) -> &'static str {
    match via {
        Via::Direct => "direct",
        Via::KomboPassthrough => "kombo-passthrough",
        Via::Kombo => "kombo",
    }
}

impl Company {
    /// Starts the simulators without people and without rate limits at Personio and Kombo. They take the credentials here.
    pub(crate) async fn start(tenant: TenantId, via: Via, now: Clock) -> std::io::Result<Self> {
        let personio = Personio::start(now.clone()).await?;
        personio.set_pacing(Pacing::Off);
        personio.add_credentials(PERSONIO.0, PERSONIO.1);
        let reteach = Reteach::start(now.clone()).await?;
        reteach.add_credentials(RETEACH.0, RETEACH.1, RETEACH.2);
        let kombo = match via {
            Via::Direct => None,
            Via::Kombo | Via::KomboPassthrough => {
                let kombo = Kombo::start(now).await?;
                kombo.set_pacing(Pacing::Off);
                kombo.add_api_key(KOMBO_KEY);
                kombo.attach(INTEGRATION, &personio, PERSONIO.0, PERSONIO.1);
                kombo.set_origin(INTEGRATION, Some(tenant.as_str()));
                kombo.mirror_automatically(INTEGRATION, true);
                kombo.set_employment_type_field(INTEGRATION, Some(EMPLOYMENT_TYPE_FIELD));
                Some(kombo)
            }
        };
        Ok(Self {
            tenant,
            via,
            personio,
            kombo,
            reteach,
        })
    }

    /// The fields of a document that the company's route can set.
    #[must_use]
    pub fn document_fields(&self) -> DocumentFields {
        match self.via {
            Via::Kombo => DocumentFields::FileName,
            Via::Direct | Via::KomboPassthrough => DocumentFields::All,
        }
    }

    pub fn forget_calls(&self) {
        self.personio.reset_log();
        self.reteach.reset_log();
        if let Some(kombo) = &self.kombo {
            kombo.reset_log();
        }
    }

    pub fn join(&self, faults: &FaultEngine) {
        self.personio.join(faults);
        self.reteach.join(faults);
        self.reteach.downloads().join(faults);
        if let Some(kombo) = &self.kombo {
            kombo.join(faults);
        }
    }

    /// Records what the company's simulators receive.
    pub fn record(&self, tape: &Tape) {
        let owner = self.tenant.as_str();
        self.personio.record(tape, owner);
        self.reteach.record(tape, owner);
        self.reteach.downloads().record(tape, owner);
        if let Some(kombo) = &self.kombo {
            kombo.record(tape, owner);
        }
    }

    /// The company's tenant file, with `more` at its end.
    #[must_use]
    pub fn tenant_file(&self, more: &str) -> String {
        self.tenant_file_with(Some(INTEGRATION), more)
    }

    /// The same with this connection through Kombo, or none yet.
    pub(crate) fn tenant_file_with(&self, integration: Option<&str>, more: &str) -> String {
        let kombo = self.kombo.as_ref().map_or_else(String::new, |kombo| {
            let field = (self.via == Via::Kombo)
                .then_some(("employment_type_field", EMPLOYMENT_TYPE_FIELD));
            let id = integration.map(|id| ("integration_id", id));
            let lines = id
                .into_iter()
                .chain(field)
                .map(|(name, value)| format!("{name} = \"{value}\"\n"));
            format!(
                "[kombo]\nbase_url = \"{}\"\n{}",
                kombo.base_url(),
                lines.collect::<String>()
            )
        });
        format!(
            "tenant_id = \"{tenant}\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"{via}\"\nbase_url = \"{personio}\"\n\
             {kombo}[reteach]\nbase_url = \"{reteach}\"\ndownload_hosts = [\"127.0.0.1\"]\n{more}",
            tenant = self.tenant,
            via = route(self.via),
            personio = self.personio.base_url(),
            reteach = self.reteach.base_url(),
        )
    }

    /// The credentials that the company's simulators take.
    #[must_use]
    pub fn secret(&self) -> TenantSecret {
        TenantSecret {
            personio: Some(PersonioSecret {
                client_id: PERSONIO.0.into(),
                client_secret: PERSONIO.1.into(),
            }),
            kombo: Some(KomboSecret {
                api_key: KOMBO_KEY.into(),
                is_of_stack: false,
            }),
            reteach: Some(ReteachSecret {
                client_id: RETEACH.0.into(),
                client_secret: RETEACH.1.into(),
                client_code: RETEACH.2.into(),
            }),
            notices: None,
            fingerprint_key: Some("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".into()),
        }
    }
}
