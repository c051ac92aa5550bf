//! Stable pseudo-random identifiers: the same parts give the same id on every machine and in every release.

use std::fmt::Write as _;

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;
const LETTERS: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// 64 bits of FNV-1a over the parts, mixed once more so that neighbours lie far apart.
///
/// std's hasher is not used because its result may change with the compiler.
pub(crate) fn number(parts: &[&str]) -> u64 {
    let mut hash = OFFSET;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0x1f])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    }
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

pub(crate) fn uuid(parts: &[&str]) -> String {
    let (high, low) = (number(parts), number(&[&["low"], parts].concat()));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

/// A 24 character id as Kombo makes them.
pub(crate) fn base58(parts: &[&str]) -> String {
    let mut random = fastrand::Rng::with_seed(number(parts));
    (0..24)
        .filter_map(|_| random.choice(LETTERS))
        .map(|letter| char::from(*letter))
        .collect()
}

/// A token: `prefix` and 64 hexadecimal digits.
pub(crate) fn token(prefix: &str, parts: &[&str]) -> String {
    (0..4u8).fold(prefix.to_owned(), |mut token, round| {
        let round = round.to_string();
        // Writing to a String cannot fail.
        let _ = write!(
            token,
            "{:016x}",
            number(&[&[round.as_str()], parts].concat())
        );
        token
    })
}
