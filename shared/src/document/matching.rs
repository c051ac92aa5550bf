//! Whether a document that is already filed is the one we mean to file.

use jiff::civil::Date;

use super::Document;
use super::naming::{CERTIFICATE_ID, end_of_name};
use crate::domain::id::CertificateId;

/// What a listing tells about a document.
pub(crate) struct Filed<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) date: Option<Date>,
    pub(crate) comment: Option<&'a str>,
    pub(crate) size: Option<u64>,
}

/// By the certificate's id in comment or name; where a listing carries neither, by title, day and size.
pub(crate) fn is_filed_as(document: &Document, filed: &Filed<'_>) -> bool {
    let comment = filed
        .comment
        .map(str::trim)
        .filter(|comment| !comment.is_empty());
    let name = filed.name.map(str::trim).unwrap_or_default();
    let has_our_name = stem(name) == stem(&document.file_name);
    if has_our_name || names_certificate(&document.certificate, filed.name, filed.comment) {
        return true;
    }
    // Another comment is somebody else's, or another certificate's of the same course and day.
    let same_size = match (filed.size, document.size) {
        (Some(filed), Some(ours)) => filed == ours,
        _ => true,
    };
    comment.is_none() && name == document.title.trim() && filed.date == document.date && same_size
}

/// Whether a document with this name and comment is the one of the certificate `id`, whatever its day: by the id in the
/// comment, or at the end of the name.
pub(crate) fn names_certificate(
    id: &CertificateId,
    name: Option<&str>,
    comment: Option<&str>,
) -> bool {
    comment.is_some_and(|comment| names_id(comment, id))
        || name.is_some_and(|name| ends_in_id(name.trim(), id))
}

fn names_id(comment: &str, id: &CertificateId) -> bool {
    let id = id.as_str();
    comment.split(CERTIFICATE_ID).skip(1).any(|rest| {
        rest.trim_start()
            .strip_prefix(id)
            .is_some_and(|rest| !rest.starts_with(is_part_of_id))
    })
}

/// Whether `name` ends as our file names do, with or without the extension: in a day, whichever it is, and the id. The id
/// alone is not enough, as a name may be a course's: "Modul 7".
fn ends_in_id(name: &str, id: &CertificateId) -> bool {
    let before_id = stem(name).strip_suffix(&end_of_name(None, id));
    let day = before_id.and_then(|text| text.rsplit(' ').next());
    day.is_some_and(|day| day.len() == 10 && day.parse::<Date>().is_ok())
}

/// A file's name without its extension.
fn stem(name: &str) -> &str {
    match name
        .len()
        .checked_sub(4)
        .and_then(|at| name.split_at_checked(at))
    {
        Some((stem, extension)) if extension.eq_ignore_ascii_case(".pdf") => stem,
        _ => name,
    }
}

fn is_part_of_id(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '-' | '_')
}
