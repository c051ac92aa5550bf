use jiff::civil::date;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{account, get, token};
use crate::Origin;
use crate::people::{Person, Status};
use crate::personio::{Document, Endpoint, Personio};
use crate::testing::{Answer, Call, ManualClock};

const MB: usize = 1024 * 1024;

pub(super) async fn company() -> (Personio, ManualClock) {
    let left = Person {
        status: Status::Inactive,
        ..Person::new(8, "Alt", "Ende")
    };
    account(vec![Person::new(7, "Anna", "Groß"), left]).await
}

/// Fields and what they are instead, or that they are missing.
pub(super) type Changes<'c> = &'c [(&'c str, Option<&'c str>)];

/// A form as it should be, with some fields replaced, and those without a value left out.
pub(super) fn form(changes: Changes<'_>) -> Form {
    let fields = [
        ("title", "Brandschutz"),
        ("employee_id", "7"),
        ("category_id", "2"),
        ("date", "2026-03-14"),
        ("comment", "Kurs Brandschutz"),
    ];
    let changed = |name: &str| changes.iter().find(|(changed, _)| *changed == name);
    let kept = fields
        .into_iter()
        .filter(|(name, _)| changed(name).is_none());
    let given = changes
        .iter()
        .filter_map(|(name, value)| Some((*name, (*value)?)));
    kept.chain(given).fold(Form::new(), |form, (name, value)| {
        form.text(name.to_owned(), value.to_owned())
    })
}

fn file(name: &str, size: usize) -> Part {
    let mut content = b"%PDF-1.7\n".to_vec();
    content.resize(size, b' ');
    Part::bytes(content)
        .file_name(name.to_owned())
        .mime_str("application/pdf")
        .unwrap()
}

pub(super) fn pdf() -> Part {
    file("Brandschutz.pdf", 2_000)
}

async fn send(personio: &Personio, token: &str, form: Form) -> Result<Answer, reqwest::Error> {
    let url = format!("{}/v1/company/documents", personio.base_url());
    let call = Call::new("POST", &url).bearer(token);
    call.multipart(form).try_send().await
}

pub(super) async fn try_upload(personio: &Personio, form: Form) -> Result<Answer, reqwest::Error> {
    send(personio, &token(personio).await, form).await
}

pub(super) async fn upload(personio: &Personio, changes: Changes<'_>) -> Answer {
    try_upload(personio, form(changes).part("file", pdf()))
        .await
        .unwrap()
}

#[tokio::test]
async fn files_a_document_and_keeps_all_but_its_content() {
    let (personio, _) = company().await;
    let answer = upload(&personio, &[]).await;
    assert_eq!((answer.status, answer.at("/success")), (201, json!(true)));
    let category = answer.at("/data/attributes/category/attributes/name");
    assert_eq!(category, "Sonstige Dokumente");
    let expected = Document {
        id: answer.at("/data/id").as_u64().unwrap(),
        employee_id: 7,
        category_id: 2,
        category: Some("Sonstige Dokumente".to_owned()),
        title: "Brandschutz".to_owned(),
        date: Some(date(2026, 3, 14)),
        comment: Some("Kurs Brandschutz".to_owned()),
        file_name: "Brandschutz.pdf".to_owned(),
        size: 2_000,
        sha256: "7ae1ec5b14d2b8a40c9ca57e8a5a72fa8b86d46392d00c2da8732f1bec983d15".to_owned(),
        head: b"%PDF-1.7\n       ".to_vec(),
        created_at: super::NOW.parse().unwrap(),
        origin: Origin::Direct,
    };
    assert_eq!(personio.documents(), [expected]);
    assert_eq!(personio.calls(Endpoint::UploadDocument), 1);
}

#[tokio::test]
async fn checks_every_field_of_a_form() {
    let (personio, _) = company().await;
    let long = |letters: usize| "ü".repeat(letters);
    let (fits, too_long) = (long(255), long(256));
    let neither: Changes<'_> = &[("employee_id", None), ("category_id", None)];
    let unknown: Changes<'_> = &[("employee_id", Some("9")), ("category_id", Some("9"))];
    let cases: [(Changes<'_>, u16, &[&str]); 18] = [
        (&[("comment", None), ("date", None)], 201, &[]),
        (&[("title", Some(&fits))], 201, &[]),
        (&[("title", Some("🔥 \"A\" / B"))], 201, &[]),
        (&[("employee_id", Some("8"))], 201, &[]),
        (&[("title", None)], 422, &["title"]),
        (&[("title", Some(""))], 422, &["title"]),
        (&[("title", Some(&too_long))], 422, &["title"]),
        (neither, 422, &["category_id", "employee_id"]),
        (&[("employee_id", Some("Anna"))], 422, &["employee_id"]),
        (&[("category_id", Some("2.0"))], 422, &["category_id"]),
        (&[("date", Some("14.03.2026"))], 422, &["date"]),
        (&[("date", Some("2026-3-14"))], 422, &["date"]),
        (&[("date", Some("2026-02-30"))], 422, &["date"]),
        (&[("date", Some("2026-03-14T00:00:00Z"))], 422, &["date"]),
        (&[("folder", Some("x"))], 422, &["folder"]),
        (&[("employee_id", Some("9"))], 404, &[]),
        (&[("category_id", Some("9"))], 404, &[]),
        (unknown, 404, &[]),
    ];
    for (changes, status, wrong) in cases {
        let answer = upload(&personio, changes).await;
        assert_eq!(answer.status, status, "{changes:?}: {answer:?}");
        assert_eq!(answer.keys("/error/error_data"), wrong, "{changes:?}");
        let code = answer.at("/error/code");
        assert!(status == 201 || code == 0, "{changes:?}");
    }
    assert_eq!(personio.documents().len(), 4);
}

#[tokio::test]
async fn says_what_is_wrong_in_german() {
    let (personio, _) = company().await;
    let missing = upload(&personio, &[("category_id", None)]).await;
    let text = missing.at("/error/error_data/category_id/0");
    assert_eq!(text, "Bitte geben Sie category id ein, um fortzufahren.");
    let message = missing.at("/error/message");
    assert_eq!(message, "Die übermittelten Daten sind ungültig.");
    for (field, model) in [
        ("employee_id", "Employee"),
        ("category_id", "DocumentCategory"),
    ] {
        let answer = upload(&personio, &[(field, Some("9"))]).await;
        let message = format!("No query results for model [{model}] 9");
        assert_eq!(answer.at("/error/message"), message);
    }
}

#[tokio::test]
async fn takes_files_up_to_30_mb_with_a_known_extension() {
    let (personio, _) = company().await;
    let named = |name: &str| form(&[]).part("file", file(name, 2_000));
    let sized = |size: usize| form(&[]).part("file", file("a.pdf", size));
    let cases = [
        ("upper case", named("A.PDF"), 201),
        ("quoted", named("Zoë \"A\" 🔥.pdf"), 201),
        ("zip", named("a.zip"), 201),
        ("nothing in it", sized(0), 201),
        ("30 MB", sized(30 * MB), 201),
        ("executable", named("a.exe"), 422),
        ("without extension", named("pdf"), 422),
        ("above 30 MB", sized(30 * MB + 1), 422),
        ("no file", form(&[]), 422),
        ("a text", form(&[]).text("file", "%PDF-1.7"), 422),
        ("another name", form(&[]).part("document", pdf()), 422),
    ];
    for (name, form, status) in cases {
        let answer = try_upload(&personio, form).await.unwrap();
        assert_eq!(answer.status, status, "{name}");
        let names_file = answer.at("/error/error_data/file").is_array();
        assert_eq!(names_file, status == 422, "{name}");
    }
    assert_eq!(personio.documents()[0].file_name, "A.PDF");
}

#[tokio::test]
async fn finds_no_field_in_a_form_without_its_boundary() {
    let (personio, _) = company().await;
    let token = token(&personio).await;
    let url = format!("{}/v1/company/documents", personio.base_url());
    for kind in ["multipart/form-data", "application/json"] {
        let body = "--X\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA\r\n--X--\r\n";
        let call = Call::new("POST", &url).bearer(&token);
        let call = call.header("content-type", kind).body(body);
        let answer = call.send().await;
        let missing = ["category_id", "employee_id", "file", "title"];
        assert_eq!(answer.status, 422, "{kind}");
        assert_eq!(answer.keys("/error/error_data"), missing, "{kind}");
    }
}

#[tokio::test]
async fn asks_for_a_token_and_the_right_to_documents() {
    let (personio, _) = company().await;
    let url = format!("{}/v1/company/documents", personio.base_url());
    let without_token = Call::new("POST", &url).multipart(form(&[]));
    assert_eq!(without_token.send().await.status, 401);
    // Reading employees, reading documents, writing documents; then the categories, an upload.
    let cases = [
        ([true, true, true], 200, 201),
        ([false, false, true], 200, 201),
        ([true, true, false], 200, 403),
        ([true, false, false], 403, 403),
    ];
    for ([employees, read, write], categories, uploads) in cases {
        personio.allow_reading(employees);
        personio.allow_reading_documents(read);
        personio.allow_writing_documents(write);
        let token = token(&personio).await;
        let listed = get(&personio, &token, "document-categories").await.status;
        let uploaded = upload(&personio, &[]).await.status;
        assert_eq!((listed, uploaded), (categories, uploads));
    }
}

#[tokio::test]
async fn lists_categories_as_they_are_now() {
    let (personio, _) = company().await;
    let token = token(&personio).await;
    let names = async || {
        let answer = get(&personio, &token, "document-categories").await;
        let rows = answer.rows("/data").into_iter();
        let name = |row: Value| match &row["type"] {
            Value::String(kind) if kind == "DocumentCategory" => row["attributes"]["name"].clone(),
            kind => panic!("{kind}"),
        };
        rows.map(name).collect::<Vec<_>>()
    };
    let folder = || personio.documents()[0].category.clone();
    assert_eq!(names().await, ["Arbeitsvertrag", "Sonstige Dokumente"]);
    let id = personio.add_category("Bildungszertifikate");
    assert_eq!((id, names().await.len()), (3, 3));
    upload(&personio, &[("category_id", Some("3"))]).await;
    assert!(personio.rename_category("Bildungszertifikate", "learning certificates"));
    assert_eq!(names().await[2], "learning certificates");
    assert_eq!(folder().as_deref(), Some("learning certificates"));
    assert!(personio.remove_category("learning certificates"));
    assert!(!personio.remove_category("learning certificates"));
    assert_eq!((folder(), personio.categories().len()), (None, 2));
    let gone = upload(&personio, &[("category_id", Some("3"))]).await;
    assert_eq!(gone.status, 404);
    assert_eq!(personio.add_category("Neu"), 4, "an id is never used again");
}

#[tokio::test]
async fn takes_60_uploads_a_minute() {
    let (personio, clock) = company().await;
    let token = token(&personio).await;
    let status = async || {
        let form = form(&[]).part("file", pdf());
        send(&personio, &token, form).await.unwrap().status
    };
    for _ in 0..60 {
        assert_eq!(status().await, 201);
    }
    clock.advance(59);
    assert_eq!(status().await, 429);
    clock.advance(1);
    assert_eq!(status().await, 201);
    assert_eq!(personio.documents().len(), 61);
}
