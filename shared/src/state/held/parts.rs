//! Held parts in as few bytes as an item of 400 KB asks for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::ByteBuf;

use super::Decision;
use crate::domain::id::SourceId;
use crate::state::Brake;

/// The rest of the item needs some too.
const MAX_BYTES: usize = 370_000;

/// A digest's length in the state. A foreign change passes for one of 50,000 approved ones in 1 of 5 billion cases.
const DIGEST: usize = 6;

/// Identifies a part: its kind, and a keyed digest of person and change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartKey {
    pub brake: Brake,
    digest: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPart {
    /// `None` in a plan that is too large to keep who is in it.
    pub person: Option<SourceId>,
    pub decision: Option<Decision>,
}

/// All parts. Beyond some 10,000 people with long ids only kinds and digests are kept, beyond some 60,000 parts the
/// first of them: the rest is held all the same, and comes up once these are decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldParts(BTreeMap<PartKey, HeldPart>);

impl PartKey {
    #[must_use]
    pub fn new(brake: Brake, digest: u64) -> Self {
        let digest = digest & 0xffff_ffff_ffff;
        Self { brake, digest }
    }

    /// The digest of person and change.
    pub fn digest(self) -> u64 {
        self.digest
    }
}

/// Parts of one kind and decision, with their digests.
type Group<'a> = Vec<(u64, &'a HeldPart)>;

impl FromIterator<(PartKey, HeldPart)> for HeldParts {
    fn from_iter<I: IntoIterator<Item = (PartKey, HeldPart)>>(parts: I) -> Self {
        Self(parts.into_iter().collect()).fitting()
    }
}

impl HeldParts {
    pub fn iter(&self) -> impl Iterator<Item = (&PartKey, &HeldPart)> {
        self.0.iter()
    }

    #[must_use]
    pub fn get(&self, key: PartKey) -> Option<&HeldPart> {
        self.0.get(&key)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn remove(&mut self, key: PartKey) {
        self.0.remove(&key);
    }

    pub(super) fn names_people(&self) -> bool {
        self.0.values().all(|part| part.person.is_some())
    }

    pub(super) fn decide(&mut self, chosen: &BTreeSet<PartKey>, decision: Decision) {
        for (key, part) in &mut self.0 {
            if chosen.contains(key) {
                part.decision = Some(decision);
            }
        }
    }

    pub(super) fn take_decisions(&mut self, current: &Self) {
        for (key, part) in &mut self.0 {
            let decision = current.get(*key).and_then(|part| part.decision);
            part.decision = decision.or(part.decision);
        }
    }

    fn fitting(mut self) -> Self {
        let long_id = |part: &HeldPart| {
            let id = part.person.as_ref();
            id.is_some_and(|id| u8::try_from(id.as_str().len()).is_err())
        };
        if self.0.values().any(long_id) || self.to_bytes().len() > MAX_BYTES {
            self.0.values_mut().for_each(|part| part.person = None);
        }
        let excess = self.to_bytes().len().saturating_sub(MAX_BYTES);
        if excess > 0 {
            // What was decided stays.
            let open = self.0.iter().filter(|(_, part)| part.decision.is_none());
            let open: Vec<PartKey> = open.map(|(key, _)| *key).collect();
            for key in open.iter().rev().take(excess.div_ceil(DIGEST)) {
                self.0.remove(key);
            }
        }
        self
    }

    /// Groups of equal kind and decision: a header, and for each part its digest and person.
    fn to_bytes(&self) -> Vec<u8> {
        let names_people = self.names_people();
        let mut groups: BTreeMap<(Brake, Option<Decision>), Group<'_>> = BTreeMap::new();
        for (key, part) in &self.0 {
            let group = groups.entry((key.brake, part.decision)).or_default();
            group.push((key.digest, part));
        }
        let mut bytes = vec![u8::from(names_people)];
        for ((brake, decision), parts) in groups {
            let (decided, at) = match decision {
                None => (0_u8, 0),
                Some(Decision::Approved { at }) => (1, at.as_second()),
                Some(Decision::Dismissed { at }) => (2, at.as_second()),
            };
            let place = Brake::ALL.iter().position(|other| *other == brake);
            bytes.push(
                place
                    .and_then(|place| u8::try_from(place).ok())
                    .unwrap_or(u8::MAX),
            );
            bytes.push(decided);
            bytes.extend(at.to_be_bytes());
            bytes.extend(u32::try_from(parts.len()).unwrap_or(u32::MAX).to_be_bytes());
            for (digest, part) in parts {
                bytes.extend(digest.to_be_bytes().iter().skip(8 - DIGEST));
                if let Some(person) = part.person.as_ref().filter(|_| names_people) {
                    let id = person.as_str().as_bytes();
                    let length = u8::try_from(id.len()).unwrap_or(u8::MAX);
                    bytes.push(length);
                    bytes.extend(id.iter().take(usize::from(length)));
                }
            }
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut parts = BTreeMap::new();
        let mut input = Input(bytes);
        let names_people = match bytes {
            [] => return Some(Self::default()),
            _ => input.byte()? == 1,
        };
        while !input.0.is_empty() {
            let brake = *Brake::ALL.get(usize::from(input.byte()?))?;
            let decided = input.byte()?;
            let at = Timestamp::from_second(i64::from_be_bytes(input.array()?)).ok()?;
            let decision = match decided {
                0 => None,
                1 => Some(Decision::Approved { at }),
                2 => Some(Decision::Dismissed { at }),
                _ => return None,
            };
            for _ in 0..u32::from_be_bytes(input.array()?) {
                let mut digest = [0; 8];
                let kept: [u8; DIGEST] = input.array()?;
                digest.get_mut(8 - DIGEST..)?.copy_from_slice(&kept);
                let person = if names_people {
                    let length = usize::from(input.byte()?);
                    let id = std::str::from_utf8(input.take(length)?).ok()?;
                    Some(SourceId::new(id))
                } else {
                    None
                };
                let key = PartKey::new(brake, u64::from_be_bytes(digest));
                parts.insert(key, HeldPart { person, decision });
            }
        }
        Some(Self(parts))
    }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
}

impl Serialize for HeldParts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.to_bytes())
    }
}

impl<'de> Deserialize<'de> for HeldParts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = ByteBuf::deserialize(deserializer)?;
        Self::from_bytes(&bytes).ok_or_else(|| serde::de::Error::custom("held parts are cut off"))
    }
}
