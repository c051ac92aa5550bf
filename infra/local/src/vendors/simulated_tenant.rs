//! A company whose state survives the process.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use judge::{Terms, Violation, judge};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::domain::id::TenantId;
use shared::tenant::Via;
use simulators::{Clock, Kombo, Personio, Reteach, Tape};

use super::error::VendorsError;
use super::{LocalTenant, Options, onboarding, ports};
use crate::company::{Company, EMPLOYMENT_TYPE_FIELD, KOMBO_KEY, PERSONIO, RETEACH};
use crate::state_file::{FileError, StateFile};
use crate::tenant_fixture::TenantFixture;

#[derive(Deserialize, Serialize)]
struct SavedState {
    ports: Ports,
    personio: Box<RawValue>,
    kombo: Option<Box<RawValue>>,
    reteach: Box<RawValue>,
}

/// Chosen on the first start.
#[derive(Clone, Copy, Deserialize, Serialize)]
struct Ports {
    personio: u16,
    kombo: u16,
    reteach: u16,
}

impl Ports {
    fn choose() -> Result<Self, VendorsError> {
        Ok(Self {
            personio: ports::free()?,
            kombo: ports::free()?,
            reteach: ports::free()?,
        })
    }
}

pub(super) struct SimulatedTenant {
    pub(super) name: LocalTenant,
    pub(super) company: Company,
    /// What its vendors have received since `started_at`.
    tape: Tape,
    started_at: Timestamp,
    file: StateFile,
    /// What stands in the file.
    written: Mutex<Vec<u8>>,
}

impl SimulatedTenant {
    pub(super) async fn open(
        tenant: LocalTenant,
        options: &Options,
        clock: &Clock,
    ) -> Result<Self, VendorsError> {
        let path = options.dir.join(format!("{tenant}.state.json"));
        let file = StateFile::new(
            &path,
            "the company with its accounts and documents (`tenants remove` it first)",
        );
        let saved: Option<SavedState> = file.read()?;
        let is_new = saved.is_none();
        let company = if let Some(saved) = saved {
            let company = started(tenant, saved.ports, clock).await?;
            restore(&company, &saved).map_err(|error| file.broken(&error))?;
            company
        } else {
            let company =
                ports::chosen(async || started(tenant, Ports::choose()?, clock).await).await?;
            populate(&company, options.people, tenant.seed(), clock());
            company
        };
        company.personio.settle();
        onboarding::write(&options.dir, &company, is_new)?;
        let tape = Tape::default();
        company.record(&tape);
        let tenant = Self {
            name: tenant,
            company,
            tape,
            started_at: clock(),
            file,
            written: Mutex::default(),
        };
        tenant.save()?;
        Ok(tenant)
    }

    /// The promises that calls have broken since the start.
    pub(super) fn broken_promises(&self) -> Vec<Violation> {
        let mut documents = self.company.personio.documents();
        documents.retain(|document| document.created_at >= self.started_at);
        let documents = [(self.company.tenant.to_string(), documents)].into();
        judge(&self.tape.calls(), &documents, &Terms::default())
    }

    /// Writes the state file if the state has changed.
    pub(super) fn save(&self) -> Result<(), VendorsError> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let saved = self
            .saved()
            .map_err(|error| self.file.without_form(error))?;
        let form = self.file.form(&saved)?;
        if *written != form {
            self.file.put(&form)?;
            *written = form;
        }
        Ok(())
    }

    fn saved(&self) -> serde_json::Result<SavedState> {
        let Company {
            personio,
            kombo,
            reteach,
            ..
        } = &self.company;
        let port = |address: SocketAddr| address.port();
        let ports = Ports {
            personio: port(personio.address()),
            kombo: kombo.as_ref().map_or(0, |kombo| port(kombo.address())),
            reteach: port(reteach.address()),
        };
        // Kombo's snapshot comes first: Personio's must contain all that Kombo has mirrored.
        let kombo = kombo.as_ref().map(Kombo::snapshot).transpose()?;
        Ok(SavedState {
            ports,
            kombo,
            personio: personio.snapshot()?,
            reteach: reteach.snapshot()?,
        })
    }

    /// Signals that the state may have changed.
    pub(super) fn activities(&self) -> Vec<tokio::sync::watch::Receiver<u64>> {
        let Company {
            personio,
            kombo,
            reteach,
            ..
        } = &self.company;
        let kombo = kombo.as_ref().map(Kombo::activity);
        [personio.activity(), reteach.activity()]
            .into_iter()
            .chain(kombo)
            .collect()
    }
}

async fn started(
    tenant: LocalTenant,
    ports: Ports,
    clock: &Clock,
) -> Result<Company, VendorsError> {
    let at = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let taken = |vendor: &str, port: u16| {
        let whose = format!("{vendor} of {tenant}");
        move |error: io::Error| listen_error(whose, port, error)
    };
    let personio = Personio::start_on(at(ports.personio), Arc::clone(clock))
        .await
        .map_err(taken("Personio", ports.personio))?;
    let reteach = Reteach::start_on(at(ports.reteach), Arc::clone(clock))
        .await
        .map_err(taken("reteach", ports.reteach))?;
    let kombo = match tenant.via() {
        Via::Direct => None,
        via @ (Via::Kombo | Via::KomboPassthrough) => {
            let kombo = Kombo::start_on(at(ports.kombo), Arc::clone(clock))
                .await
                .map_err(taken("Kombo", ports.kombo))?;
            let field = (via == Via::Kombo).then_some(EMPLOYMENT_TYPE_FIELD);
            kombo.connect_here(&personio, PERSONIO, field);
            Some(kombo)
        }
    };
    Ok(Company {
        tenant: TenantId::parse(tenant.name())?,
        via: tenant.via(),
        personio,
        kombo,
        reteach,
    })
}

pub(super) fn listen_error(whose: String, port: u16, error: io::Error) -> VendorsError {
    match error.kind() {
        io::ErrorKind::AddrInUse if port != 0 => VendorsError::PortTaken { whose, port },
        _ => VendorsError::Listen(error),
    }
}

fn populate(company: &Company, people: usize, seed: u64, now: Timestamp) {
    company.personio.add_credentials(PERSONIO.0, PERSONIO.1);
    company
        .reteach
        .add_credentials(RETEACH.0, RETEACH.1, RETEACH.2);
    if let Some(kombo) = &company.kombo {
        kombo.add_api_key(KOMBO_KEY);
    }
    drop(TenantFixture::new(company.clone(), people, seed, now));
}

fn restore(company: &Company, saved: &SavedState) -> serde_json::Result<()> {
    company.personio.restore(&saved.personio)?;
    company.reteach.restore(&saved.reteach)?;
    if let Some(kombo) = &company.kombo {
        let missing = || serde::de::Error::custom("Kombo is missing");
        kombo.restore(
            saved.kombo.as_deref().ok_or_else(missing)?,
            &company.personio,
        )?;
    }
    Ok(())
}

/// Creates the folder, accessible to this user only.
pub(super) fn make_folder(dir: &Path) -> Result<(), VendorsError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| {
        FileError::Io {
            path: dir.to_owned(),
            error,
        }
        .into()
    })
}
