//! The world left running for other processes.

use std::fmt;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use shared::clock::ManualClock;

use super::script::Theatre;

/// How often the companies' clock is put to the machine's time.
const EVERY: Duration = Duration::from_millis(200);

/// What another process needs to know.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Kept {
    environment: Vec<(String, String)>,
    tenants: Vec<KeptTenant>,
}

#[derive(Clone, Debug, Serialize)]
struct KeptTenant {
    tenant_id: String,
    personio: String,
    kombo: Option<String>,
    reteach: String,
}

impl Kept {
    pub(super) fn of(theatre: &Theatre) -> Self {
        let tenants = theatre.casts.iter().map(|cast| &cast.company).map(|company| KeptTenant {
            tenant_id: company.tenant.to_string(),
            personio: company.personio.base_url(),
            kombo: company.kombo.as_ref().map(simulators::Kombo::base_url),
            reteach: company.reteach.base_url(),
        });
        Self { environment: theatre.world.stack.environment(), tenants: tenants.collect() }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Everything goes on running, with the machine's time, until Ctrl-C. In another terminal:\n"
        )?;
        for (name, value) in &self.environment {
            writeln!(f, "  export {name}={value}")?;
        }
        let first = self.tenants.first().map_or("demo-direct", |tenant| &tenant.tenant_id);
        writeln!(
            f,
            "\n  cargo lambda watch      # both functions; with -p certificate-sync only that one\n"
        )?;
        writeln!(f, "\nIn a third:\n")?;
        for (function, mode) in [("employee-sync", "dry-run"), ("certificate-sync", "full-scan")] {
            for event in [
                format!("{{\"tenant_id\":\"{first}\"}}"),
                format!("{{\"tenant_id\":\"{first}\",\"mode\":\"{mode}\"}}"),
            ] {
                writeln!(f, "  cargo lambda invoke {function} --data-ascii '{event}'")?;
            }
        }
        writeln!(f)?;
        for tenant in &self.tenants {
            let KeptTenant { tenant_id, personio, kombo, reteach } = tenant;
            let kombo = kombo.as_ref().map_or_else(String::new, |url| format!("  Kombo {url}"));
            writeln!(f, "  {tenant_id:<22} Personio {personio}{kombo}  reteach {reteach}")?;
        }
        Ok(())
    }
}

/// Lets the companies' clock run on with the machine's until Ctrl-C.
pub(super) async fn until_interrupted(clock: &ManualClock) -> io::Result<()> {
    let mut ticks = tokio::time::interval(EVERY);
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            result = &mut interrupted => return result,
            _ = ticks.tick() => clock.set(Timestamp::now()),
        }
    }
}
