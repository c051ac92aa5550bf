//! What operators do: new secrets, and another tenant file.

use harness::Credentials;
use judge::Rules;
use local::INTEGRATION;
use shared::state::JobKind;

use crate::broken::Broken;
use crate::event::{Config, Whose};
use crate::life::Life;

/// The first id of another company's people.
const STRANGERS: u64 = 50_001;
/// Accounts of people who are present. More than the 20 from which readings are compared, as some were not in the last one.
const KNOWN_AT_LEAST: usize = 24;

/// How often each secret was rotated, and whether the operator has heard of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Secrets {
    personio: u32,
    kombo: u32,
    reteach: u32,
    is_unknown: bool,
}

/// A secret as it was first, or after so many rotations.
fn rotated(first: &str, times: u32) -> String {
    if times == 0 {
        first.to_owned()
    } else {
        format!("{first}-{times}")
    }
}

impl Life {
    /// A vendor gets another secret, and takes the old one no more.
    pub(crate) fn rotate(&mut self, whose: Whose) {
        self.secrets.is_unknown = true;
        let company = &self.harness.company;
        match whose {
            Whose::Personio => {
                self.secrets.personio += 1;
                company.personio.rotate_secret(
                    "papi-client",
                    &rotated("papi-secret", self.secrets.personio),
                );
            }
            Whose::Kombo => {
                let Some(kombo) = &company.kombo else { return };
                kombo.revoke_api_key(&rotated("kombo-key", self.secrets.kombo));
                self.secrets.kombo += 1;
                kombo.add_api_key(&rotated("kombo-key", self.secrets.kombo));
            }
            Whose::Reteach => {
                self.secrets.reteach += 1;
                let secret = rotated("reteach-secret", self.secrets.reteach);
                company
                    .reteach
                    .add_credentials("reteach-client", &secret, "reteach-code");
                // So that it is missed now, not when the last token ends.
                company.reteach.revoke_tokens();
            }
        }
    }

    /// The operator, or the person who reconnects Kombo, gets the secrets.
    pub(crate) async fn operator_learns(&mut self) {
        if !std::mem::take(&mut self.secrets.is_unknown) {
            return;
        }
        let Secrets {
            personio,
            kombo,
            reteach,
            is_unknown: _,
        } = self.secrets;
        let company = &self.harness.company;
        let personio = rotated("papi-secret", personio);
        if let Some(kombo) = &company.kombo {
            kombo.reconnect(INTEGRATION, "papi-client", &personio);
        }
        let (kombo, reteach) = (
            rotated("kombo-key", kombo),
            rotated("reteach-secret", reteach),
        );
        let credentials = Credentials {
            personio: ["papi-client", &personio],
            kombo: &kombo,
            reteach: ["reteach-client", &reteach, "reteach-code"],
        };
        self.harness.store_credentials(&credentials).await;
    }

    /// The credentials read another company, if so many people are known that this must be noticed.
    pub(crate) async fn swap_company(&mut self, ticks: u8) {
        let own = self.people();
        let known = own.iter().filter(|it| self.harness.find(it.id).is_some());
        if !self.was_good || known.count() < KNOWN_AT_LEAST {
            return;
        }
        let personio = self.harness.company.personio.clone();
        let strangers = (STRANGERS..).take(own.len()).map(harness::person);
        own.iter().for_each(|it| {
            personio.remove(it.id);
        });
        personio.put_all(strangers);
        self.own_people = Some(own);
        for _ in 0..ticks {
            self.harness.world.clock.advance(harness::TICK);
            self.run(JobKind::Employees).await;
        }
        for stranger in personio.people() {
            personio.remove(stranger.id);
        }
        personio.put_all(self.own_people.take().unwrap_or_default());
    }

    /// The table has another tenant file.
    pub(crate) fn configured(&mut self, config: Config) {
        let (people, now) = (self.people(), self.now());
        self.model.configured(config, &people, now);
        let rules = Rules {
            locks_on_last_day: config == Config::LocksOnLastDay,
            excluded_company: (config == Config::WithoutAustria)
                .then_some("Muster Österreich GmbH"),
        };
        self.terms.rules.push((self.harness.tape.len(), rules));
    }

    /// The operator writes another tenant file.
    pub(crate) async fn configure(&mut self, config: Config) {
        if self.model.config == config {
            return;
        }
        self.configured(config);
        let own = match config {
            Config::Usual => "",
            Config::WithoutAustria => "[scope]\nexclude_companies = [\"Muster Österreich GmbH\"]\n",
            Config::LeavesAustria => {
                "[scope]\nexclude_companies = [\"Muster Österreich GmbH\"]\nout_of_scope = \"leave\"\n"
            }
            Config::LocksOnLastDay => "[employees]\nlock_on = \"end-day\"\n",
        };
        // A product that is broken by its tenant file stays so.
        let broken = self.broken.map_or("", Broken::configuration);
        self.harness
            .configure(if broken.is_empty() { own } else { broken })
            .await;
    }
}
