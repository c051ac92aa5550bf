//! Whether a document that is already filed shows a certificate.

use icu_normalizer::ComposingNormalizerBorrowed;
use jiff::Timestamp;
use jiff::civil::Date;

use super::naming::{CERTIFICATE_ID, safe_id};
use super::sink::Verification;
use crate::domain::id::{CategoryId, CertificateId, DocumentId};

/// A document in an employee's file, as a list tells it.
#[derive(Clone, PartialEq, Eq)]
pub struct FiledDocument {
    pub id: DocumentId,
    pub name: Option<String>,
    pub date: Option<Date>,
    pub comment: Option<String>,
    pub size: Option<u64>,
    pub category: Option<CategoryId>,
    pub created_at: Option<Timestamp>,
    /// Whether the HR system's virus scan says that it is not safe. No verdict yet is none.
    pub is_unsafe: bool,
}

impl FiledDocument {
    /// Whether it names the certificate, in its comment or at the end of its name; an id that no course has by chance
    /// counts anywhere. Title and day may have been changed since it was filed.
    #[must_use]
    pub fn names(&self, id: &CertificateId) -> bool {
        let comment = self.comment.as_deref().unwrap_or_default();
        let in_comment = comment.split(CERTIFICATE_ID).skip(1).any(|rest| {
            rest.trim_start()
                .strip_prefix(id.as_str())
                .is_some_and(|rest| !rest.starts_with(is_part_of_id))
        });
        let name = self.stem();
        let (safe, is_unmistakable) = (safe_id(id), id.as_str().len() >= UNMISTAKABLE);
        in_comment
            || ends_in_id(name, &safe)
            || (is_unmistakable && (has_whole(comment, id.as_str()) || has_whole(name, &safe)))
    }

    /// Whether it has this title and day, no matter who filed it. One that names a certificate shows that one alone. One
    /// that a virus scan has refused shows nothing.
    #[must_use]
    pub fn is_titled(&self, title: &str, day: Date) -> bool {
        let comment = self.comment.as_deref().unwrap_or_default();
        !self.is_unsafe
            && !comment.contains(CERTIFICATE_ID)
            && self.date == Some(day)
            && (is_same_title(self.stem(), title)
                || is_same_title(self.name.as_deref().unwrap_or_default(), title))
    }

    /// Whether it may be an upload of this size or title that began at `since`: neither comment nor name tell which
    /// certificate it shows. A list that leaves comments out proves nothing.
    #[must_use]
    pub fn may_be(&self, size: Option<u64>, title: Option<&str>, since: Timestamp) -> bool {
        let is_titled = title.is_some_and(|title| is_same_title(self.stem(), title));
        let is_as_large = self.size.is_some() && self.size == size && !has_id(self.stem());
        self.comment.is_none()
            && (is_titled || is_as_large)
            && self.created_at.is_none_or(|at| at >= since)
    }

    /// The name without the extension that some routes leave in it.
    fn stem(&self) -> &str {
        let name = self.name.as_deref().unwrap_or_default().trim();
        let cut = name.len().checked_sub(4);
        match cut.and_then(|at| name.split_at_checked(at)) {
            Some((stem, extension)) if extension.eq_ignore_ascii_case(".pdf") => stem.trim_end(),
            _ => name,
        }
    }
}

impl Verification {
    /// Looks for the certificate among an employee's documents; `None`: they cannot be listed. Where there are several, a
    /// safe one counts.
    #[must_use]
    pub fn of(filed: Option<&[FiledDocument]>, id: &CertificateId) -> Self {
        filed.map_or(Self::Unverifiable, |filed| Self::among(filed, id))
    }

    #[must_use]
    pub fn among<'a>(
        filed: impl IntoIterator<Item = &'a FiledDocument>,
        id: &CertificateId,
    ) -> Self {
        let named = filed.into_iter().filter(|document| document.names(id));
        match named.min_by_key(|document| document.is_unsafe) {
            None => Self::NotFound,
            Some(document) if document.is_unsafe => Self::Unsafe,
            Some(document) => Self::Found(document.id.clone()),
        }
    }
}

/// Whether a name ends as our file names do: in a day, whichever it is, and the id. A short id alone is not enough, as
/// a name may be a course's: "Modul 7".
fn ends_in_id(name: &str, id: &str) -> bool {
    let before = name
        .strip_suffix(id)
        .and_then(|name| name.strip_suffix(' '));
    let last = before.and_then(|text| text.rsplit(' ').next());
    last.is_some_and(|word| is_day(word) || id.len() >= UNMISTAKABLE)
}

/// Whether a text has this id, and no longer number that it is a part of: `…-1` is not in `…-12`. Letters may touch it.
fn has_whole(text: &str, id: &str) -> bool {
    let around: Vec<&str> = text.split(id).collect();
    let is_digit = |char: char| char.is_ascii_digit();
    around.windows(2).any(|pair| match pair {
        [before, after] => {
            let begins_earlier = before.ends_with(is_digit) && id.starts_with(is_digit);
            let ends_later = after.starts_with(is_digit) && id.ends_with(is_digit);
            !begins_earlier && !ends_later
        }
        _ => false,
    })
}

/// Whether a name ends as our file names do, in a day and some id.
fn has_id(name: &str) -> bool {
    let before = name.rsplit_once(' ').map(|(before, _)| before);
    let last = before.and_then(|text| text.rsplit(' ').next());
    last.is_some_and(is_day)
}

fn is_day(word: &str) -> bool {
    word.len() == 10 && word.parse::<Date>().is_ok()
}

/// No course has a word of this length that is a certificate's id by chance.
const UNMISTAKABLE: usize = 20;

/// Whether two titles read the same: in any case, with any blanks, with umlauts in one character or two.
pub(super) fn is_same_title(one: &str, other: &str) -> bool {
    let folded = |title: &str| {
        let title = ComposingNormalizerBorrowed::new_nfkc()
            .normalize(title)
            .to_lowercase();
        title.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    folded(one) == folded(other)
}

fn is_part_of_id(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '-' | '_')
}

// Names it by its ids only: which course somebody took is personal.
crate::debug_only!(FiledDocument, id, category, created_at);
