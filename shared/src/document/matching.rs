//! Whether a document that is already filed is the one we mean to file.

use jiff::civil::Date;

use super::Document;
use super::naming::{CERTIFICATE_ID, end_of_name};

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
    if comment.is_some_and(|comment| names_id(comment, document)) || ends_in_id(name, document) {
        return true;
    }
    // Another comment is somebody else's, or another certificate's of the same course and day.
    let same_size = match (filed.size, document.size) {
        (Some(filed), Some(ours)) => filed == ours,
        _ => true,
    };
    comment.is_none() && name == document.title.trim() && filed.date == document.date && same_size
}

fn names_id(comment: &str, document: &Document) -> bool {
    let id = document.certificate.as_str();
    comment.split(CERTIFICATE_ID).skip(1).any(|rest| {
        rest.trim_start()
            .strip_prefix(id)
            .is_some_and(|rest| !rest.starts_with(is_part_of_id))
    })
}

/// Whether `name` ends as our file name does, with or without the extension: in day and id.
fn ends_in_id(name: &str, document: &Document) -> bool {
    let stem = match name
        .len()
        .checked_sub(4)
        .and_then(|at| name.split_at_checked(at))
    {
        Some((stem, extension)) if extension.eq_ignore_ascii_case(".pdf") => stem,
        _ => name,
    };
    stem.ends_with(&end_of_name(document.date, &document.certificate))
}

fn is_part_of_id(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '-' | '_')
}
