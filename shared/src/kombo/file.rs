//! A file, and a form with a file, as Kombo takes them.

use serde::Serialize;

/// A PDF in Kombo's words.
///
/// Kombo recommends `data_url`, which it fetches itself. What it is given there then is seen by nobody, so a page of
/// HTML would be filed: the bytes are sent that were looked at.
#[derive(Clone, Serialize)]
pub struct File<'a> {
    name: &'a str,
    content_type: &'static str,
    /// Base64. Stays last, so that the bytes can be put in between while they are sent.
    data: &'static str,
}

impl<'a> File<'a> {
    /// The file called `name`, its bytes still to come.
    pub(crate) fn new(name: &'a str) -> Self {
        Self {
            name,
            content_type: "application/pdf",
            data: "",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct FileForm<'a> {
    pub fields: &'a [(&'static str, String)],
    pub field: &'static str,
    pub file_name: &'a str,
}

impl<'a> FileForm<'a> {
    /// The parts, the file last.
    pub fn parts(&self) -> Vec<FormPart<'a>> {
        let text = |(name, value): &'a (&'static str, String)| FormPart {
            name,
            value: FormValue::Text(value),
        };
        let file = FormPart {
            name: self.field,
            value: FormValue::File(File::new(self.file_name)),
        };
        self.fields.iter().map(text).chain([file]).collect()
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct FormPart<'a> {
    pub name: &'static str,
    pub value: FormValue<'a>,
}

#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum FormValue<'a> {
    Text(&'a str),
    File(File<'a>),
}

// Not its name, which names a course.
crate::debug_only!(File<'_>);

crate::debug_only!(FormValue<'_>);
