use jiff::civil::date;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use super::{account, get, token};
use crate::Origin;
use crate::people::{Person, Status};
use crate::personio::{Document, Endpoint, Language, Personio};
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
    Call::new("POST", &url)
        .bearer(token)
        .multipart(form)
        .try_send()
        .await
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
    assert_eq!(
        answer.at("/data/attributes/category/attributes/name"),
        json!("Sonstige Dokumente")
    );
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
    let cases: [(Changes<'_>, u16, &[&str]); 18] = [
        (&[("comment", None), ("date", None)], 201, &[]),
        (&[("title", Some(&fits))], 201, &[]),
        (&[("title", Some("🔥 \"A\" / B"))], 201, &[]),
        (&[("employee_id", Some("8"))], 201, &[]),
        (&[("title", None)], 422, &["title"]),
        (&[("title", Some(""))], 422, &["title"]),
        (&[("title", Some(&too_long))], 422, &["title"]),
        (
            &[("employee_id", None), ("category_id", None)],
            422,
            &["category_id", "employee_id"],
        ),
        (&[("employee_id", Some("Anna"))], 422, &["employee_id"]),
        (&[("category_id", Some("2.0"))], 422, &["category_id"]),
        (&[("date", Some("14.03.2026"))], 422, &["date"]),
        (&[("date", Some("2026-3-14"))], 422, &["date"]),
        (&[("date", Some("2026-02-30"))], 422, &["date"]),
        (&[("date", Some("2026-03-14T00:00:00Z"))], 422, &["date"]),
        (&[("folder", Some("x"))], 422, &["folder"]),
        (&[("employee_id", Some("9"))], 404, &[]),
        (&[("category_id", Some("9"))], 404, &[]),
        (
            &[("employee_id", Some("9")), ("category_id", Some("9"))],
            404,
            &[],
        ),
    ];
    for (changes, status, wrong) in cases {
        let answer = upload(&personio, changes).await;
        assert_eq!(answer.status, status, "{changes:?}: {answer:?}");
        let data = answer.at("/error/error_data");
        let fields: Vec<&str> = data
            .as_object()
            .into_iter()
            .flat_map(|data| data.keys().map(String::as_str))
            .collect();
        assert_eq!(fields, wrong, "{changes:?}");
        assert!(
            status == 201 || answer.at("/error/code") == json!(0),
            "{changes:?}"
        );
    }
    assert_eq!(personio.documents().len(), 4);
}

#[tokio::test]
async fn says_what_is_wrong_in_the_language_of_the_account() {
    let (personio, _) = company().await;
    let missing = || upload(&personio, &[("category_id", None)]);
    let text = missing().await.at("/error/error_data/category_id/0");
    assert_eq!(
        text,
        json!("Bitte geben Sie category id ein, um fortzufahren.")
    );
    personio.set_language(Language::English);
    let english = missing().await;
    assert_eq!(
        english.at("/error/message"),
        json!("The given data was invalid.")
    );
    assert_eq!(
        english.at("/error/error_data/category_id/0"),
        json!("The category id field is required.")
    );
    for (changes, message) in [
        (
            ("employee_id", Some("9")),
            "No query results for model [Employee] 9",
        ),
        (
            ("category_id", Some("9")),
            "No query results for model [DocumentCategory] 9",
        ),
    ] {
        assert_eq!(
            upload(&personio, &[changes]).await.at("/error/message"),
            json!(message)
        );
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
        assert_eq!(
            answer.at("/error/error_data/file").is_array(),
            status == 422,
            "{name}"
        );
    }
    personio.refuse_large_files_with(http::StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        try_upload(&personio, sized(31 * MB)).await.unwrap().status,
        413
    );
    assert_eq!(personio.documents()[0].file_name, "A.PDF");
}

#[tokio::test]
async fn finds_no_field_in_a_form_without_its_boundary() {
    let (personio, _) = company().await;
    let token = token(&personio).await;
    let url = format!("{}/v1/company/documents", personio.base_url());
    for kind in ["multipart/form-data", "application/json"] {
        let body = "--X\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA\r\n--X--\r\n";
        let call = Call::new("POST", &url)
            .bearer(&token)
            .header("content-type", kind)
            .body(body);
        let answer = call.send().await;
        let fields: Vec<_> = answer
            .at("/error/error_data")
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        assert_eq!(
            (answer.status, fields.concat()),
            (422, "category_idemployee_idfiletitle".to_owned()),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn asks_for_a_token_and_the_right_to_documents() {
    let (personio, _) = company().await;
    let url = format!("{}/v1/company/documents", personio.base_url());
    assert_eq!(
        Call::new("POST", &url)
            .multipart(form(&[]))
            .send()
            .await
            .status,
        401
    );
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
        assert_eq!(
            get(&personio, &token, "document-categories").await.status,
            categories
        );
        assert_eq!(upload(&personio, &[]).await.status, uploads);
    }
}

#[tokio::test]
async fn lists_categories_as_they_are_now() {
    let (personio, _) = company().await;
    let token = token(&personio).await;
    let names = async || {
        let answer = get(&personio, &token, "document-categories").await;
        let rows = answer.at("/data").as_array().unwrap().clone();
        assert!(rows.iter().all(|row| row["type"] == "DocumentCategory"));
        rows.iter()
            .map(|row| row["attributes"]["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["Arbeitsvertrag", "Sonstige Dokumente"]);
    let id = personio.add_category("Bildungszertifikate");
    assert_eq!((id, names().await.len()), (3, 3));
    upload(&personio, &[("category_id", Some("3"))]).await;
    assert!(personio.rename_category("Bildungszertifikate", "learning certificates"));
    assert_eq!(names().await[2], "learning certificates");
    assert_eq!(
        personio.documents()[0].category.as_deref(),
        Some("learning certificates")
    );
    assert!(personio.remove_category("learning certificates"));
    assert!(!personio.remove_category("learning certificates"));
    assert_eq!(
        (
            personio.documents()[0].category.as_deref(),
            personio.categories().len()
        ),
        (None, 2)
    );
    assert_eq!(
        upload(&personio, &[("category_id", Some("3"))])
            .await
            .status,
        404
    );
    assert_eq!(personio.add_category("Neu"), 4, "an id is never used again");
}

#[tokio::test]
async fn takes_60_uploads_a_minute() {
    let (personio, clock) = company().await;
    let token = token(&personio).await;
    let status = async || {
        send(&personio, &token, form(&[]).part("file", pdf()))
            .await
            .unwrap()
            .status
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

#[tokio::test]
async fn trims_texts_where_told_to() {
    let (personio, _) = company().await;
    let spaced = [("title", Some(" Brandschutz ")), ("comment", Some(" "))];
    upload(&personio, &spaced).await;
    personio.trim_texts(true);
    upload(&personio, &spaced).await;
    let kept: Vec<_> = personio
        .documents()
        .into_iter()
        .map(|one| (one.title, one.comment))
        .collect();
    assert_eq!(
        kept,
        [
            (" Brandschutz ".to_owned(), Some(" ".to_owned())),
            ("Brandschutz".to_owned(), None)
        ]
    );
    assert_eq!(upload(&personio, &[("title", Some(" "))]).await.status, 422);
}
