//! `POST /v1/company/documents`

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::Document;
use crate::Origin;
use crate::engine::exchange::{Reply, Request};
use crate::engine::multipart::{self, Field, File, Value};
use crate::personio::auth::known_token;
use crate::personio::errors::Refusal;
use crate::personio::state::State;

const LONGEST_TITLE: usize = 255;
/// 30 MB, as Laravel counts them.
const LARGEST_FILE: u64 = 30 * 1024 * 1024;
const EXTENSIONS: &str = "pdf, docx, doc, jpg, zip, png, txt, jpeg, odt, xlsx, rtf, htm, xls, p7s, pptx, pages, rar, ppt, gif, \
    tif, html, msg, asc, tiff, wps, bmp, 7z, csv, ics, vcf, dotx, numbers, eps, gz, ods, otf, odp, odg, rtfd, txz, webarchive, \
    xml, xps, md, fax";

/// What the form holds; the file is hashed and let go.
#[derive(Default)]
pub(in crate::personio) struct Form {
    texts: BTreeMap<String, String>,
    file: Option<File>,
}

impl Form {
    pub(in crate::personio) async fn of(request: &Request) -> Self {
        let mut form = Self::default();
        for Field { name, value } in multipart::fields(request).await {
            match value {
                Value::File(file) if name == "file" => form.file = Some(file),
                // A file where a text belongs is no text, and the other way round.
                Value::File(_) => {}
                Value::Text(text) => {
                    form.texts.insert(name, text);
                }
            }
        }
        form
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.texts
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }
}

/// Checks a form and files its document. The order of the checks is an assumption: form, employee, category.
pub(in crate::personio) fn upload(
    state: &mut State,
    request: &Request,
    form: Form,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    known_token(state, request, now)?;
    if !state.documents.may_write {
        return Err(Refusal::scope());
    }
    if !state.limits.admit_upload(now) {
        return Err(Refusal::of(StatusCode::TOO_MANY_REQUESTS));
    }
    let checked = Checked::of(form).map_err(Refusal::data)?;
    let created_at = now
        .saturating_add(request.effect_after)
        .unwrap_or(Timestamp::MAX);
    let document = checked.document(created_at, request.origin);
    if state.person(document.employee_id).is_none() {
        return Err(Refusal::no_model("Employee", document.employee_id));
    }
    let Some(category) = state
        .documents
        .category(document.category_id)
        .map(str::to_owned)
    else {
        return Err(Refusal::no_model("DocumentCategory", document.category_id));
    };
    let shown = |document: &Document, id: u64| {
        let integer = json!({"label": "ID", "value": document.employee_id, "type": "integer", "universal_id": "id"});
        let mut attributes = json!({
            "title": document.title,
            "date": document.date,
            "comment": document.comment,
            "employee": {"type": "Employee", "attributes": {"id": integer}},
            "category": {"id": document.category_id, "type": "DocumentCategory", "attributes": {"name": category}},
        });
        // What was not given is left out: the document has texts there, and no null.
        if let Some(attributes) = attributes.as_object_mut() {
            attributes.retain(|_, value| !value.is_null());
        }
        json!({"success": true, "data": {"id": id, "type": "Document", "attributes": attributes}})
    };
    let id = state.documents.file(document.clone());
    Ok(Reply::json(StatusCode::CREATED, &shown(&document, id)))
}

struct Checked {
    title: String,
    employee_id: u64,
    category_id: u64,
    date: Option<Date>,
    comment: Option<String>,
    file: File,
}

type Wrong = BTreeMap<String, Vec<String>>;

impl Checked {
    fn of(form: Form) -> Result<Self, Wrong> {
        let mut wrong = Wrong::new();
        let say = |wrong: &mut Wrong, field: &str, text: String| {
            wrong.entry(field.to_owned()).or_default().push(text);
        };
        let known = ["title", "employee_id", "category_id", "date", "comment"];
        for field in form
            .texts
            .keys()
            .filter(|field| !known.contains(&field.as_str()))
        {
            let text = format!("{field} is not simulated or does not exist.");
            say(&mut wrong, field, text);
        }
        for field in ["title", "employee_id", "category_id"] {
            if form.text(field).is_none() {
                say(&mut wrong, field, required(field));
            }
        }
        if form
            .text("title")
            .is_some_and(|title| title.chars().count() > LONGEST_TITLE)
        {
            let text = format!("title darf maximal {LONGEST_TITLE} Zeichen haben.");
            say(&mut wrong, "title", text);
        }
        let mut number = |field: &str| {
            let number = form.text(field).map(str::parse::<u64>);
            if let Some(Err(_)) = number {
                let name = field.replace('_', " ");
                let text = format!("{name} muss eine ganze Zahl sein.");
                say(&mut wrong, field, text);
            }
            number.and_then(Result::ok).unwrap_or_default()
        };
        let (employee_id, category_id) = (number("employee_id"), number("category_id"));
        let date = form.text("date").map(day);
        if date == Some(None) {
            let text = "date entspricht nicht dem gültigen Format für Y-m-d.";
            say(&mut wrong, "date", text.to_owned());
        }
        match &form.file {
            None => say(&mut wrong, "file", required("file")),
            Some(file) => {
                if !is_allowed(&file.name) {
                    let text = format!("file muss den Dateityp {EXTENSIONS} haben.");
                    say(&mut wrong, "file", text);
                }
                if file.size > LARGEST_FILE {
                    let text = "file darf maximal 30720 Kilobytes groß sein.";
                    say(&mut wrong, "file", text.to_owned());
                }
            }
        }
        let title = form.text("title").unwrap_or_default().to_owned();
        let comment = form.text("comment").map(str::to_owned);
        match form.file {
            Some(file) if wrong.is_empty() => Ok(Self {
                title,
                employee_id,
                category_id,
                date: date.flatten(),
                comment,
                file,
            }),
            _ => Err(wrong),
        }
    }

    fn document(self, created_at: Timestamp, origin: Origin) -> Document {
        let Self {
            title,
            employee_id,
            category_id,
            date,
            comment,
            file,
        } = self;
        Document {
            id: 0,
            employee_id,
            category_id,
            category: None,
            title,
            date,
            comment,
            file_name: file.name,
            size: file.size,
            sha256: file.sha256,
            head: file.head,
            created_at,
            origin,
        }
    }
}

fn required(field: &str) -> String {
    let name = field.replace('_', " ");
    format!("Bitte geben Sie {name} ein, um fortzufahren.")
}

/// `Y-m-d` and nothing else.
fn day(text: &str) -> Option<Date> {
    (text.len() == 10)
        .then(|| Date::strptime("%Y-%m-%d", text).ok())
        .flatten()
}

/// By the extension alone: Personio does not look into the file.
fn is_allowed(file_name: &str) -> bool {
    let extension = file_name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.split(", ").any(|allowed| allowed == extension))
}
