//! AES-256-GCM, for what is kept in the table and readable with a tenant's secret alone.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::Okm;
use secrecy::zeroize::Zeroizing;

pub struct SealKey(LessSafeKey);

impl SealKey {
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    pub(super) fn derived(key: Okm<'_, &'static ring::aead::Algorithm>) -> Self {
        Self(LessSafeKey::new(UnboundKey::from(key)))
    }

    /// `bytes` encrypted for `owner`, behind the nonce. No nonce may be used twice.
    #[must_use]
    pub fn seal(&self, owner: &[u8], nonce: [u8; NONCE_LEN], bytes: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = bytes.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(unique, Aad::from(owner), &mut sealed)
            .ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    /// What was sealed for `owner` with this key. `None`: with another key, for another owner, or damaged.
    #[must_use]
    pub fn open(&self, owner: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(owner), &mut sealed);
        let length = opened.ok()?.len();
        sealed.truncate(length);
        Some(sealed)
    }
}
