//! The key that encrypts a kept login.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, NONCE_LEN};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::ReteachSecret;
use super::seal::SealKey;
use crate::domain::id::TenantId;

/// Tells this use of the credentials from others.
const PURPOSE: &[u8] = b"reteach login 1";
const NAME: &[u8] = b"reteach login name 1";

/// AES-256-GCM under a key that is derived from the academy's credentials. With other credentials nothing can be opened,
/// so that a login never outlives them.
pub struct LoginKey {
    key: SealKey,
    name: String,
}

crate::debug_only!(LoginKey);

impl LoginKey {
    #[must_use]
    pub fn new(secret: &ReteachSecret) -> Option<Self> {
        let ReteachSecret {
            client_id,
            client_secret,
            client_code,
        } = secret;
        let mut material = Zeroizing::new(Vec::new());
        for part in [client_id, client_secret, client_code] {
            let text = part.expose_secret().as_bytes();
            material.extend((text.len() as u64).to_be_bytes());
            material.extend(text);
        }
        let derived = Salt::new(HKDF_SHA256, PURPOSE).extract(&material);
        let derived = derived.expand(&[PURPOSE], &AES_256_GCM).ok()?;
        let name = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &material), NAME);
        let (digits, _) = name.as_ref().split_first_chunk::<8>()?;
        Some(Self {
            key: SealKey::derived(derived),
            name: format!("{:016x}", u64::from_be_bytes(*digits)),
        })
    }

    /// A stable name for these credentials. It reveals nothing about them.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `login` encrypted for `tenant`, in base64. No nonce may be used twice.
    #[must_use]
    pub fn seal(
        &self,
        tenant: &TenantId,
        nonce: [u8; NONCE_LEN],
        login: &SecretString,
    ) -> Option<String> {
        let login = login.expose_secret().as_bytes();
        let sealed = self.key.seal(tenant.as_str().as_bytes(), nonce, login)?;
        Some(STANDARD.encode(sealed))
    }

    /// What was sealed for `tenant` with this key. `None`: with another key, for another tenant, or damaged.
    #[must_use]
    pub fn open(&self, tenant: &TenantId, text: &str) -> Option<SecretString> {
        let sealed = STANDARD.decode(text).ok()?;
        let opened = self.key.open(tenant.as_str().as_bytes(), &sealed)?;
        let text = std::str::from_utf8(&opened).ok()?;
        Some(SecretString::from(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: &str) -> LoginKey {
        LoginKey::new(&ReteachSecret {
            client_id: "id".into(),
            client_secret: "secret".into(),
            client_code: code.into(),
        })
        .unwrap()
    }

    #[test]
    fn a_login_is_opened_for_its_tenant_with_its_credentials_alone() {
        let [acme, other]: [TenantId; 2] = ["acme", "other"].map(|id| TenantId::parse(id).unwrap());
        let sealed = key("code")
            .seal(&acme, [7; NONCE_LEN], &"r1".into())
            .unwrap();
        let opened = |key: LoginKey, tenant, text: &str| {
            let opened = key.open(tenant, text);
            opened.map(|login| login.expose_secret().to_owned())
        };
        assert_eq!(opened(key("code"), &acme, &sealed).as_deref(), Some("r1"));
        assert_eq!(opened(key("code"), &other, &sealed), None);
        assert_eq!(opened(key("rotated"), &acme, &sealed), None);
        for damaged in ["", "AAAA", "not base64!", &sealed[4..]] {
            assert_eq!(opened(key("code"), &acme, damaged), None, "{damaged}");
        }
        assert_eq!(key("code").name(), key("code").name());
        assert_ne!(key("code").name(), key("rotated").name());
        let again = key("code")
            .seal(&acme, [8; NONCE_LEN], &"r1".into())
            .unwrap();
        assert!(again != sealed && !STANDARD.decode(again).unwrap().ends_with(b"r1"));
    }
}
