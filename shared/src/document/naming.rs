//! What a filed certificate is called.

use jiff::civil::Date;

use crate::domain::id::CertificateId;

/// The name of a course that has none.
const NAMELESS: &str = "Zertifikat";
/// `title` of `POST /v1/company/documents`: at most 255 characters (OpenAPI document of 2025-01).
const MAX_TITLE_CHARS: usize = 255;
/// Personio's documents name no limit of a comment; this is that of a title.
const MAX_COMMENT_CHARS: usize = 255;
/// What a file name may have on all common file systems, in bytes.
const MAX_FILE_NAME_BYTES: usize = 255;
/// Ids are UUIDs; one that is much longer is cut in file names only.
const MAX_ID_BYTES: usize = 100;
/// Comes before the id in a comment, so that it is found again.
pub(super) const CERTIFICATE_ID: &str = "Zertifikat-ID";
/// Device names that Windows takes for a file of that name with any extension.
const RESERVED: [&str; 22] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8",
    "COM9", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// A document's title: the course's name, at most 255 characters; `Zertifikat` for a course without one.
#[must_use]
pub fn title(course: Option<&str>) -> String {
    let cut: String = one_line(course).chars().take(MAX_TITLE_CHARS).collect();
    cut.trim_end_matches(is_blank).to_owned()
}

/// A document's comment: course, day and certificate, at most 255 characters. A long course name is cut, day and id stay:
/// a vendor that shortens comments must not take the id away.
#[must_use]
pub fn comment(course: Option<&str>, day: Option<Date>, id: &CertificateId) -> String {
    let completed = day
        .map(|day| format!(", abgeschlossen am {day}"))
        .unwrap_or_default();
    let end = format!("{completed}, {CERTIFICATE_ID} {id}");
    let begin = "reteach: ";
    let room = MAX_COMMENT_CHARS.saturating_sub(begin.len() + end.chars().count());
    let course: String = title(course).chars().take(room).collect();
    format!("{begin}{}{end}", course.trim_end_matches(is_blank))
}

/// A file name, `<course> <yyyy-mm-dd> <certificate id>.pdf`, at most 255 bytes: a long course name is cut, day, id
/// and extension stay. Safe on every file system; umlauts and emoji stay as they are.
#[must_use]
pub fn file_name(course: Option<&str>, day: Option<Date>, id: &CertificateId) -> String {
    let day = day.map(|day| format!(" {day}")).unwrap_or_default();
    let end = format!("{day} {}.pdf", safe_id(id));
    let course = safe(&one_line(course));
    let room = MAX_FILE_NAME_BYTES.saturating_sub(end.len());
    let course = cut(&course, room).trim_end_matches([' ', '.']);
    format!("{}{end}", if course.is_empty() { NAMELESS } else { course })
}

/// A certificate's id as it stands in file names.
pub(super) fn safe_id(id: &CertificateId) -> String {
    let safe = |char: char| {
        if char.is_ascii_alphanumeric() || char == '_' {
            char
        } else {
            '-'
        }
    };
    let id: String = id.as_str().chars().map(safe).collect();
    cut(&id, MAX_ID_BYTES).to_owned()
}

/// The course's name on one line, with nothing blank around it; never empty.
fn one_line(course: Option<&str>) -> String {
    let visible = course
        .unwrap_or_default()
        .chars()
        .filter(|char| !is_direction(*char));
    let line: String = visible
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    let line = line.trim_matches(is_blank);
    if line.is_empty() {
        NAMELESS.to_owned()
    } else {
        line.to_owned()
    }
}

/// What is not seen at either end: spaces, and what has no width. At a cut, the joiner within an emoji is one of these.
fn is_blank(char: char) -> bool {
    char.is_whitespace() || matches!(char, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// Marks that change the direction of writing: they can make `fdp.exe` look like `exe.pdf`.
fn is_direction(char: char) -> bool {
    matches!(char, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{61C}')
}

fn safe(course: &str) -> String {
    let replaced = course.chars().map(|char| match char {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{2028}' | '\u{2029}' => '-',
        other => other,
    });
    let replaced: String = replaced.collect();
    let words: Vec<_> = replaced.split_whitespace().collect();
    let name = words.join(" ");
    let name = name.trim_start_matches(['.', ' ', '~']);
    // A device name counts up to the first dot, whatever follows.
    let device = name.split(['.', ' ']).next().unwrap_or_default();
    let reserved = RESERVED
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(device));
    if reserved {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

/// The longest beginning of at most `bytes` bytes that ends between characters, and not in a joiner.
fn cut(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let at = (0..=bytes)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default();
    text.get(..at)
        .unwrap_or_default()
        .trim_end_matches(is_blank)
}
