//! What a certificate was issued as, so that another PDF under the same id is noticed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::id::{CertificateId, DocumentId};
use crate::fingerprint::FingerprintKey;

/// The parts of an [`Issue`]: day of completion, date of the certificate, size of its file.
const PARTS: usize = 3;
/// The place of the certificate's date.
const DATE: usize = 1;
/// Each part has so many bits: one change in 65,535 is overlooked.
const BITS: usize = 16;

/// Keyed digests of what the academy says about a certificate's PDF: no date is kept in clear. A part is zero where the
/// academy does not say it. The last part names the key: a tenant that is added again has another one. Entries of
/// earlier releases have no parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Issue(u64);

/// A certificate was issued again after it was filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reissued {
    pub at: Timestamp,
    pub issue: Issue,
}

/// A document is filed again in the place of an earlier one, which stays.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refiled {
    pub at: Timestamp,
    /// When the ledger had the earlier document as filed.
    pub filed_at: Timestamp,
    /// The earlier documents, as far as routes return ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentId>,
}

impl Issue {
    /// What `id` is issued as; `None` for a part that the academy does not say.
    #[must_use]
    pub fn new(key: &FingerprintKey, id: &CertificateId, parts: [Option<String>; PARTS]) -> Self {
        let digest = |(place, part): (usize, String)| {
            let digest = key.digest("issue", &format!("{id}\n{place}\n{part}"));
            (1 + digest % ((1 << BITS) - 1)) << (BITS * place)
        };
        let parts = parts.into_iter().enumerate();
        let said = parts.filter_map(|(place, part)| Some((place, part?)));
        let said = said.map(digest).fold(0, |issue, part| issue | part);
        Self(match said {
            0 => 0,
            said => said | (key.check() << (BITS * PARTS)),
        })
    }

    /// Whether nothing is known of it.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.0 == 0
    }

    /// Whether some part differs that both have. Digests of different keys say nothing.
    #[must_use]
    pub fn differs_from(self, other: Self) -> bool {
        let is_of_one_key = self.0 >> (BITS * PARTS) == other.0 >> (BITS * PARTS);
        is_of_one_key
            && (0..PARTS).any(|place| {
                let part = |issue: Self| (issue.0 >> (BITS * place)) & ((1 << BITS) - 1);
                let (one, other) = (part(self), part(other));
                one != other && one != 0 && other != 0
            })
    }

    #[must_use]
    pub fn without_date(self) -> Self {
        let date = ((1_u64 << BITS) - 1) << (BITS * DATE);
        let parts = (1_u64 << (BITS * PARTS)) - 1;
        match self.0 & parts & !date {
            0 => Self::default(),
            _ => Self(self.0 & !date),
        }
    }

    /// As a digest of the whole.
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(parts: [Option<&str>; PARTS]) -> Issue {
        let key = FingerprintKey::from_bytes(&[7; 32]);
        let parts = parts.map(|part| part.map(str::to_owned));
        Issue::new(&key, &CertificateId::new("c-1"), parts)
    }

    #[test]
    fn only_what_both_issues_say_can_differ() {
        let all = [
            Some("2026-05-10"),
            Some("2026-05-11T08:00:00Z"),
            Some("20000"),
        ];
        assert!(issue([None; PARTS]).is_unknown());
        assert!(!issue(all).is_unknown());
        for place in 0..PARTS {
            for text in ["another", "a third", "a fourth", "a fifth"] {
                let mut other = all;
                other[place] = Some(text);
                assert!(issue(other).differs_from(issue(all)), "{place} {text}");
                assert_ne!(issue(other).as_u64(), issue(all).as_u64(), "{place}");
            }
            let mut less = all;
            less[place] = None;
            assert!(!issue(less).differs_from(issue(all)), "{place}");
            assert!(!issue(all).differs_from(issue(less)), "{place}");
        }
        assert!(!issue(all).differs_from(issue(all)));
        assert!(!issue(all).differs_from(Issue::default()));
    }

    #[test]
    fn without_its_date_an_issue_is_one_of_a_row_that_says_none() {
        let day = Some("2026-05-10");
        let date = Some("2026-05-11T08:00:00Z");
        let size = Some("20000");
        for (day, size) in [(day, size), (day, None), (None, size), (None, None)] {
            let dated = issue([day, date, size]);
            assert_eq!(dated.without_date(), issue([day, None, size]));
        }
    }

    #[test]
    fn an_issue_is_the_same_in_every_release() {
        let day = Some("2026-05-10");
        let date = Some("2026-05-11T08:00:00Z");
        let all = issue([day, date, Some("20000")]);
        assert_eq!(all.as_u64(), 0x2f7b_3ba7_d729_e696);
        let one = issue([None, date, None]);
        assert_eq!(one.as_u64(), 0x2f7b_0000_d729_0000);
    }

    #[test]
    fn equal_dates_of_two_certificates_do_not_look_alike() {
        let key = FingerprintKey::from_bytes(&[7; 32]);
        let of = |id| {
            Issue::new(
                &key,
                &CertificateId::new(id),
                [Some("2026-05-10".to_owned()), None, None],
            )
        };
        assert_ne!(of("c-1"), of("c-2"));
    }

    #[test]
    fn another_key_makes_no_other_issue() {
        let of = |key| {
            let key = FingerprintKey::from_bytes(&[key; 32]);
            let day = Some("2026-05-10".to_owned());
            Issue::new(&key, &CertificateId::new("c-1"), [day, None, None])
        };
        assert_ne!(of(7), of(8));
        assert!(!of(7).differs_from(of(8)));
    }
}
