//! The credentials that a tenant's secret holds.

use shared::secrets::{KomboSecret, PersonioSecret, ReteachSecret, TenantSecret};

use crate::Harness;

#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// Client id and client secret.
    pub personio: [&'a str; 2],
    pub kombo: &'a str,
    /// Client id, client secret and client code.
    pub reteach: [&'a str; 3],
}

impl Harness {
    /// Stores them in the tenant's secret, where nothing else changes.
    pub async fn store_credentials(&self, credentials: &Credentials<'_>) {
        let [client_id, client_secret] = credentials.personio;
        let personio = PersonioSecret {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
        };
        let kombo = KomboSecret {
            api_key: credentials.kombo.into(),
            is_of_stack: false,
        };
        let [client_id, client_secret, client_code] = credentials.reteach;
        let reteach = ReteachSecret {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            client_code: client_code.into(),
        };
        let secret = TenantSecret {
            personio: Some(personio),
            kombo: Some(kombo),
            reteach: Some(reteach),
            ..self.company.secret()
        };
        let secrets = self.world.stack.secrets();
        secrets.put(&self.company.tenant, &secret).await.unwrap();
    }
}
