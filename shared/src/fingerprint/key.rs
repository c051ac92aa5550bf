//! The tenant's key and the hashes made with it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::secrets::SealKey;

/// Most records are no longer than this.
const USUAL_BYTES: usize = 512;

/// Tells the key of the ledger's dates from fingerprints, whose records begin with a byte below 3. The 1 at the end makes
/// the hash the first and only block of HKDF-Expand (RFC 5869).
const DATES: &[u8] = b"ledger dates\x01";

/// A keyed hash (HMAC-SHA-256, first 128 bits) of one person's mapped record. It is of no use without the tenant's
/// key, which lies in the tenant's secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(u128);

impl Serialize for Fingerprint {
    /// 16 bytes in compact formats, else text: DynamoDB's numbers end at 38 digits, this one may have 39.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u128::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

impl Fingerprint {
    /// The hash as a number, for digests.
    #[must_use]
    pub fn as_u128(self) -> u128 {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[derive(Clone)]
pub struct FingerprintKey(hmac::Key);

crate::debug_only!(FingerprintKey);

/// The key in the tenant's secret cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("fingerprint_key must be 32 bytes in base64")]
pub struct FingerprintKeyError;

impl FingerprintKey {
    /// Reads the key as the tenant's secret holds it: 32 bytes in base64.
    pub fn parse(text: &SecretString) -> Result<Self, FingerprintKeyError> {
        let bytes = STANDARD
            .decode(text.expose_secret())
            .map_err(|_| FingerprintKeyError)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| FingerprintKeyError)?;
        Ok(Self::from_bytes(&bytes))
    }

    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The fingerprint of a record, given as parts in a fixed order. Parts are length-prefixed: moving a character
    /// from one to the next changes the result.
    #[must_use]
    pub fn fingerprint<'a>(&self, parts: impl IntoIterator<Item = Part<'a>>) -> Fingerprint {
        let mut record = Vec::with_capacity(USUAL_BYTES);
        for part in parts {
            match part {
                Part::Absent => record.push(0),
                Part::Null => record.push(1),
                Part::Value(text) => {
                    record.push(2);
                    record.extend((text.len() as u64).to_be_bytes());
                    record.extend(text.as_bytes());
                }
            }
        }
        let tag = hmac::sign(&self.0, &record);
        let head = tag
            .as_ref()
            .first_chunk::<16>()
            .copied()
            .unwrap_or_default();
        Fingerprint(u128::from_be_bytes(head))
    }

    /// A short digest of one value: tells whether a field has changed, not what it is.
    #[must_use]
    pub fn digest(&self, field: &str, text: &str) -> u64 {
        let fingerprint = self.fingerprint([Part::Value(field), Part::Value(text)]);
        u64::try_from(fingerprint.0 >> 64).unwrap_or_default()
    }

    /// The key that encrypts the ledger's dates, derived from this one.
    #[must_use]
    pub fn of_dates(&self) -> Option<SealKey> {
        SealKey::new(hmac::sign(&self.0, DATES).as_ref())
    }

    /// Tells whether two digests were made with the same key.
    pub fn check(&self) -> u64 {
        self.digest("key", "")
    }
}

#[derive(Clone, Copy)]
pub enum Part<'a> {
    /// The source did not say.
    Absent,
    /// The source says it is empty.
    Null,
    Value(&'a str),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> FingerprintKey {
        FingerprintKey::from_bytes(&[7; 32])
    }

    #[test]
    fn tells_absent_null_empty_and_shifted_values_apart() {
        let variants = [
            vec![Part::Absent, Part::Null],
            vec![Part::Null, Part::Absent],
            vec![Part::Value(""), Part::Null],
            vec![Part::Value("ab"), Part::Value("c")],
            vec![Part::Value("a"), Part::Value("bc")],
            vec![Part::Value("abc")],
        ];
        let prints: std::collections::HashSet<_> = variants
            .iter()
            .map(|parts| key().fingerprint(parts.iter().copied()))
            .collect();
        assert_eq!(prints.len(), variants.len());
    }

    #[test]
    fn another_key_gives_another_fingerprint() {
        let other = FingerprintKey::from_bytes(&[8; 32]);
        assert_ne!(
            key().fingerprint([Part::Value("x")]),
            other.fingerprint([Part::Value("x")])
        );
    }

    #[test]
    fn a_key_is_never_shown() {
        assert_eq!(format!("{:?}", key()), "FingerprintKey(…)");
    }

    #[test]
    fn a_key_is_32_bytes_in_base64() {
        let cases = [
            (STANDARD.encode([1; 32]), true),
            (STANDARD.encode([1; 31]), false),
            ("not base64!".to_owned(), false),
            (String::new(), false),
        ];
        for (text, fits) in cases {
            let is_ok = FingerprintKey::parse(&SecretString::from(text)).is_ok();
            assert_eq!(is_ok, fits);
        }
    }
}
