use jiff::Timestamp;
use jiff::civil::date;
use simulators::Origin;
use simulators::personio::Document;

use super::super::filing::{Filing, Label};
use crate::demo::acts::courses::{Course, Issued};

const COURSE: Course = Course {
    name: "Erste Hilfe: Teil 1/2",
    in_file_names: "Erste Hilfe- Teil 1-2",
};

fn issued(id: &str, person: Option<u64>) -> Issued {
    Issued {
        id: id.to_owned(),
        person,
        account: "account".to_owned(),
        course: COURSE,
        completed_at: "2026-05-10T22:30:00Z".parse().unwrap(),
        day: date(2026, 5, 11),
        has_pdf: true,
    }
}

/// `c-1` is person 7's, `late` waits for its PDF, `guest` is of somebody who is not from Personio; all are old.
fn files(label: Label) -> Filing {
    let mut files = Filing::new(label);
    files.issued(&issued("c-1", Some(7)), "hash of c-1".to_owned());
    files.issued(
        &Issued {
            has_pdf: false,
            ..issued("late", Some(8))
        },
        "hash of late".to_owned(),
    );
    files.issued(&issued("guest", None), "hash of guest".to_owned());
    files
}

/// What Personio holds if all went well.
fn document(id: &str, person: u64) -> Document {
    Document {
        id: 4_000_003,
        employee_id: person,
        category_id: 2,
        category: Some("Sonstige Dokumente".to_owned()),
        title: "Erste Hilfe: Teil 1/2".to_owned(),
        date: Some(date(2026, 5, 11)),
        comment: Some(format!("reteach, {id}")),
        file_name: format!("Erste Hilfe- Teil 1-2 2026-05-11 {id}.pdf"),
        size: 2_000,
        sha256: format!("hash of {id}"),
        head: b"%PDF-1.7".to_vec(),
        created_at: Timestamp::UNIX_EPOCH,
        origin: Origin::Direct,
    }
}

fn found(files: &Filing, documents: &[Document]) -> Vec<String> {
    files
        .differences(documents)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn nothing_is_filed_before_the_first_run() {
    let files = files(Label::Full);
    assert_eq!(found(&files, &[]), Vec::<String>::new());
    assert_eq!(
        found(&files, &[document("c-1", 7)]),
        ["there is a document too many: Erste Hilfe- Teil 1-2 2026-05-11 c-1.pdf"]
    );
}

#[test]
fn a_run_files_what_is_an_employees_and_has_a_pdf() {
    let mut files = files(Label::Full);
    assert_eq!(files.ran(), 1);
    assert_eq!(found(&files, &[document("c-1", 7)]), Vec::<String>::new());
    assert_eq!(files.awaited(), [(8, "late".to_owned())]);
    files.pdf_made("late");
    assert_eq!(files.ran(), 1);
    assert_eq!(
        found(&files, &[document("c-1", 7), document("late", 8)]),
        Vec::<String>::new()
    );
    assert_eq!((files.ran(), files.filed()), (0, 2));
}

#[test]
fn a_new_folder_is_for_what_is_filed_from_then_on() {
    let mut files = files(Label::Full);
    files.ran();
    files.folder_made("Bildungszertifikate");
    files.pdf_made("late");
    files.ran();
    let in_new = Document {
        category: Some("Bildungszertifikate".to_owned()),
        ..document("late", 8)
    };
    assert_eq!(
        found(&files, &[document("c-1", 7), in_new]),
        Vec::<String>::new()
    );
    assert_eq!(
        found(&files, &[document("c-1", 7), document("late", 8)]),
        ["certificate late: the folder should be Bildungszertifikate and is Sonstige Dokumente"]
    );
}

#[test]
fn where_a_route_says_no_more_the_files_name_has_to_carry_everything() {
    let mut files = files(Label::FileName);
    files.ran();
    let name = "Erste Hilfe- Teil 1-2 2026-05-11 c-1.pdf";
    let short = Document {
        title: name.to_owned(),
        date: None,
        comment: None,
        ..document("c-1", 7)
    };
    assert_eq!(found(&files, &[short]), Vec::<String>::new());
    assert_eq!(
        found(&files, &[document("c-1", 7)]),
        [
            format!("certificate c-1: the title should be {name} and is Erste Hilfe: Teil 1/2"),
            "certificate c-1: the date should be nothing and is 2026-05-11".to_owned(),
            "certificate c-1: the comment should be nothing and is reteach, c-1".to_owned(),
        ]
    );
}

#[test]
fn finds_a_document_that_is_missing_too_many_or_there_twice() {
    let mut files = files(Label::Full);
    files.ran();
    let right = || document("c-1", 7);
    let too_many = |id: &str| {
        vec![format!(
            "there is a document too many: Erste Hilfe- Teil 1-2 2026-05-11 {id}.pdf"
        )]
    };
    let cases = [
        (vec![], vec!["certificate c-1 is not filed".to_owned()]),
        (
            vec![right(), right()],
            vec!["certificate c-1 is filed 2 times".to_owned()],
        ),
        (vec![right(), document("late", 8)], too_many("late")),
        (vec![right(), document("guest", 9)], too_many("guest")),
        (vec![right(), document("c-2", 7)], too_many("c-2")),
        (
            vec![
                right(),
                Document {
                    file_name: "Vertrag.docx".to_owned(),
                    ..right()
                },
            ],
            vec!["there is a document too many: Vertrag.docx".to_owned()],
        ),
    ];
    for (documents, expected) in cases {
        assert_eq!(found(&files, &documents), expected);
    }
}

#[test]
fn finds_everything_that_is_wrong_with_a_document() {
    let mut files = files(Label::Full);
    files.ran();
    type Spoil = fn(&mut Document);
    let cases: [(&str, Spoil); 9] = [
        ("the employee should be 7 and is 8", |it| it.employee_id = 8),
        (
            "the folder should be Sonstige Dokumente and is Arbeitsvertrag",
            |it| {
                it.category = Some("Arbeitsvertrag".to_owned());
            },
        ),
        (
            "the folder should be Sonstige Dokumente and is nothing",
            |it| it.category = None,
        ),
        (
            "the title should be Erste Hilfe: Teil 1/2 and is Erste Hilfe",
            |it| {
                it.title = "Erste Hilfe".to_owned();
            },
        ),
        ("the date should be 2026-05-11 and is 2026-05-10", |it| {
            it.date = Some(date(2026, 5, 10))
        }),
        ("the comment should be c-1 and is reteach", |it| {
            it.comment = Some("reteach".to_owned())
        }),
        ("the comment should be c-1 and is nothing", |it| {
            it.comment = None
        }),
        (
            "the file's name should be Erste Hilfe- Teil 1-2 2026-05-11 c-1.pdf and is 2026-05-11 c-1.pdf",
            |it| it.file_name = "2026-05-11 c-1.pdf".to_owned(),
        ),
        (
            "the file's SHA-256 should be hash of c-1 and is another",
            |it| it.sha256 = "another".to_owned(),
        ),
    ];
    for (expected, spoil) in cases {
        let mut document = document("c-1", 7);
        spoil(&mut document);
        assert_eq!(
            found(&files, &[document]),
            [format!("certificate c-1: {expected}")]
        );
    }
}
