//! Broken credentials and connections, and rotated credentials, that concern both jobs.

use harness::Harness;
use local::INTEGRATION;
use shared::runtime::Outcome;
use shared::secrets::{KomboSecret, PersonioSecret, ReteachSecret, TenantSecret};
use shared::tenant::Via;
use simulators::kombo::Condition;

/// A broken connection: its routes, the outcome and message of runs, and its repair.
pub(crate) struct BrokenConnection {
    pub(crate) name: &'static str,
    pub(crate) routes: &'static [Via],
    pub(crate) begin: Box<dyn Fn(&Harness)>,
    pub(crate) outcome: Outcome,
    pub(crate) says: &'static str,
    pub(crate) end: fn(&Harness),
}

/// Also for what concerns the academy alone.
pub(crate) const DIRECT: &[Via] = &[Via::Direct];
const PASSTHROUGH: &[Via] = &[Via::KomboPassthrough];
pub(crate) const UNIFIED: &[Via] = &[Via::Kombo];
pub(crate) const KOMBO: &[Via] = &[Via::KomboPassthrough, Via::Kombo];
pub(crate) const ALL: &[Via] = &harness::ROUTES;

pub(crate) fn put_into(harness: &Harness, condition: Condition) {
    // A working sync makes an integration active again, so Kombo must not sync before it reads.
    harness
        .kombo()
        .mirror_automatically(INTEGRATION, condition == Condition::Active);
    harness.kombo().set_condition(INTEGRATION, condition);
}

pub(crate) fn broken(
    name: &'static str,
    routes: &'static [Via],
    begin: impl Fn(&Harness) + 'static,
    outcome: Outcome,
    says: &'static str,
    end: fn(&Harness),
) -> BrokenConnection {
    BrokenConnection {
        name,
        routes,
        begin: Box::new(begin),
        outcome,
        says,
        end,
    }
}

/// What both jobs report in the same words.
pub(crate) fn common() -> Vec<BrokenConnection> {
    use Condition::{Inactive, Invalid, QaFailed, SetupIncomplete, SetupSyncPending};
    let condition = |name, condition, says| {
        let begin = move |harness: &Harness| put_into(harness, condition);
        broken(name, KOMBO, begin, Outcome::NotConnected, says, |harness| {
            put_into(harness, Condition::Active)
        })
    };
    vec![
        broken(
            "Personio's credential is deleted",
            DIRECT,
            |harness| harness.personio.remove_credentials("papi-client"),
            Outcome::AccessDenied,
            "Personio refused the client id and secret",
            |harness| {
                harness
                    .personio
                    .add_credentials("papi-client", "papi-secret")
            },
        ),
        broken(
            "the credential that Kombo holds is deleted",
            KOMBO,
            |harness| harness.personio.remove_credentials("papi-client"),
            Outcome::NotConnected,
            "reconnect from Kombo's dashboard",
            |harness| {
                harness
                    .personio
                    .add_credentials("papi-client", "papi-secret")
            },
        ),
        broken(
            "Kombo's key is revoked",
            KOMBO,
            |harness| harness.kombo().revoke_api_key("kombo-key"),
            Outcome::AccessDenied,
            "API key is wrong or revoked",
            |harness| harness.kombo().add_api_key("kombo-key"),
        ),
        broken(
            "Kombo closes the passthrough",
            PASSTHROUGH,
            |harness| harness.kombo().allow_passthrough(INTEGRATION, false),
            Outcome::AccessDenied,
            "Kombo does not offer this here",
            |harness| harness.kombo().allow_passthrough(INTEGRATION, true),
        ),
        condition("pending", SetupSyncPending, "first sync is still running"),
        condition("incomplete", SetupIncomplete, "has not finished the setup"),
        condition("checks", QaFailed, "Kombo's checks"),
        condition("invalid", Invalid, "reconnect"),
        condition("inactive", Inactive, "switched off"),
        broken(
            "reteach's credential is deleted",
            DIRECT,
            |harness| {
                harness.reteach.remove_credentials("reteach-client");
                harness.reteach.revoke_tokens();
            },
            Outcome::AccessDenied,
            "Check the client id, secret and code in reteach's settings",
            |harness| {
                harness
                    .reteach
                    .add_credentials("reteach-client", "reteach-secret", "reteach-code")
            },
        ),
    ]
}

/// Rotated credentials, at the vendor and in the secret.
pub(crate) struct Rotation {
    pub(crate) name: &'static str,
    pub(crate) routes: &'static [Via],
    pub(crate) at_the_vendor: fn(&Harness),
    pub(crate) in_the_secret: fn(&mut TenantSecret),
}

pub(crate) fn rotations() -> [Rotation; 3] {
    [
        Rotation {
            name: "personio",
            routes: DIRECT,
            at_the_vendor: |harness| harness.personio.rotate_secret("papi-client", "papi-new"),
            in_the_secret: |secret| {
                let new = PersonioSecret {
                    client_id: "papi-client".into(),
                    client_secret: "papi-new".into(),
                };
                secret.personio = Some(new);
            },
        },
        Rotation {
            name: "kombo",
            routes: KOMBO,
            at_the_vendor: |harness| {
                harness.kombo().revoke_api_key("kombo-key");
                harness.kombo().add_api_key("kombo-new");
            },
            in_the_secret: |secret| {
                secret.kombo = Some(KomboSecret {
                    api_key: "kombo-new".into(),
                    is_of_stack: false,
                })
            },
        },
        Rotation {
            name: "reteach",
            routes: DIRECT,
            at_the_vendor: |harness| {
                harness.reteach.remove_credentials("reteach-client");
                harness.reteach.revoke_tokens();
                harness
                    .reteach
                    .add_credentials("new-client", "new-secret", "new-code");
            },
            in_the_secret: |secret| {
                secret.reteach = Some(ReteachSecret {
                    client_id: "new-client".into(),
                    client_secret: "new-secret".into(),
                    client_code: "new-code".into(),
                });
            },
        },
    ]
}
