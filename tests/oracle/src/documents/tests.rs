use jiff::Timestamp;
use jiff::civil::date;
use simulators::Origin;

use super::*;
use crate::Course;

fn certificate(id: &str, person: Option<u64>) -> IssuedCertificate {
    IssuedCertificate {
        id: id.to_owned(),
        person,
        account: "account".to_owned(),
        course: Course {
            name: "Erste Hilfe: Teil 1/2",
            name_in_files: "Erste Hilfe- Teil 1-2",
        },
        completed_at: "2026-05-10T22:30:00Z".parse().unwrap(),
        day: date(2026, 5, 11),
        has_pdf: true,
    }
}

/// `c-1` belongs to person 7, `late` waits for its PDF, `guest` belongs to nobody in the HR system.
fn issued(fields: DocumentFields) -> ExpectedDocuments {
    let mut expected = ExpectedDocuments::new(fields);
    let late = IssuedCertificate {
        has_pdf: false,
        ..certificate("late", Some(8))
    };
    for issued in [
        certificate("c-1", Some(7)),
        late,
        certificate("guest", None),
    ] {
        expected.issue(&issued, format!("hash of {}", issued.id));
    }
    expected
}

/// The same after a run.
fn filed(fields: DocumentFields) -> ExpectedDocuments {
    let mut expected = issued(fields);
    assert_eq!(expected.complete_run(), 1);
    expected
}

/// The document that Personio holds after a correct run.
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

#[track_caller]
fn assert_differences(expected: &ExpectedDocuments, documents: &[Document], texts: &[&str]) {
    Difference::assert(&expected.differences(documents), texts);
}

#[test]
fn a_run_files_employees_certificates_that_have_a_pdf() {
    let mut expected = issued(DocumentFields::All);
    assert_differences(&expected, &[], &[]);
    assert_differences(
        &expected,
        &[document("c-1", 7)],
        &["document Erste Hilfe- Teil 1-2 2026-05-11 c-1.pdf should not exist"],
    );
    assert_eq!(expected.complete_run(), 1);
    assert_differences(&expected, &[document("c-1", 7)], &[]);
    assert_eq!(expected.waiting_for_pdf(), [(8, "late".to_owned())]);
    expected.add_pdf("late");
    assert_eq!(expected.complete_run(), 1);
    assert_differences(&expected, &[document("c-1", 7), document("late", 8)], &[]);
    assert_eq!((expected.complete_run(), expected.filed()), (0, 2));
}

#[test]
fn a_new_folder_takes_only_later_documents() {
    let mut expected = filed(DocumentFields::All);
    expected.set_folder("Bildungszertifikate");
    expected.add_pdf("late");
    expected.complete_run();
    let in_new_folder = Document {
        category: Some("Bildungszertifikate".to_owned()),
        ..document("late", 8)
    };
    assert_differences(&expected, &[document("c-1", 7), in_new_folder], &[]);
    assert_differences(
        &expected,
        &[document("c-1", 7), document("late", 8)],
        &["certificate late: the folder should be Bildungszertifikate and is Sonstige Dokumente"],
    );
}

#[test]
fn on_a_route_with_file_names_only_the_file_name_is_the_title() {
    let expected = filed(DocumentFields::FileName);
    let name = "Erste Hilfe- Teil 1-2 2026-05-11 c-1.pdf";
    let short = Document {
        title: name.to_owned(),
        date: None,
        comment: None,
        ..document("c-1", 7)
    };
    assert_differences(&expected, &[short], &[]);
    assert_differences(
        &expected,
        &[document("c-1", 7)],
        &[
            &format!("certificate c-1: the title should be {name} and is Erste Hilfe: Teil 1/2"),
            "certificate c-1: the date should be nothing and is 2026-05-11",
            "certificate c-1: the comment should be nothing and is reteach, c-1",
        ],
    );
}

#[test]
fn missing_repeated_and_unexpected_documents_are_differences() {
    let expected = filed(DocumentFields::All);
    let correct = || document("c-1", 7);
    let contract = Document {
        file_name: "Vertrag.docx".to_owned(),
        ..correct()
    };
    for (documents, difference) in [
        (vec![], "certificate c-1 is missing"),
        (vec![correct(), correct()], "certificate c-1 exists 2 times"),
        (
            vec![correct(), document("late", 8)],
            "document Erste Hilfe- Teil 1-2 2026-05-11 late.pdf should not exist",
        ),
        (
            vec![correct(), document("guest", 9)],
            "document Erste Hilfe- Teil 1-2 2026-05-11 guest.pdf should not exist",
        ),
        (
            vec![correct(), document("c-2", 7)],
            "document Erste Hilfe- Teil 1-2 2026-05-11 c-2.pdf should not exist",
        ),
        (
            vec![correct(), contract],
            "document Vertrag.docx should not exist",
        ),
    ] {
        assert_differences(&expected, &documents, &[difference]);
    }
}

#[test]
fn each_wrong_field_of_a_document_is_a_difference() {
    let expected = filed(DocumentFields::All);
    type Corrupt = fn(&mut Document);
    let cases: [(&str, Corrupt); 9] = [
        ("employee should be 7 and is 8", |document| {
            document.employee_id = 8
        }),
        (
            "folder should be Sonstige Dokumente and is Verträge",
            |document| {
                document.category = Some("Verträge".to_owned());
            },
        ),
        (
            "folder should be Sonstige Dokumente and is nothing",
            |document| document.category = None,
        ),
        (
            "title should be Erste Hilfe: Teil 1/2 and is Erste Hilfe",
            |document| {
                document.title = "Erste Hilfe".to_owned();
            },
        ),
        ("date should be 2026-05-11 and is 2026-05-10", |document| {
            document.date = Some(date(2026, 5, 10));
        }),
        ("comment should be c-1 and is reteach", |document| {
            document.comment = Some("reteach".to_owned());
        }),
        ("comment should be c-1 and is nothing", |document| {
            document.comment = None
        }),
        (
            "file name should be Erste Hilfe- Teil 1-2 2026-05-11 c-1.pdf and is 2026-05-11 c-1.pdf",
            |document| document.file_name = "2026-05-11 c-1.pdf".to_owned(),
        ),
        ("SHA-256 should be hash of c-1 and is another", |document| {
            document.sha256 = "another".to_owned();
        }),
    ];
    for (difference, corrupt) in cases {
        let mut document = document("c-1", 7);
        corrupt(&mut document);
        let text = format!("certificate c-1: the {difference}");
        assert_differences(&expected, &[document], &[&text]);
    }
}
