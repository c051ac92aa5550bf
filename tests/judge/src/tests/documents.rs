//! Documents.

use super::*;
use crate::documents;

#[test]
fn a_document_has_one_upload_and_a_certificate_one_document() {
    use Effect::{Confirmed, Refused, Unknown};
    let (missing, twice) = (
        "a document without an upload: certificate c",
        "a certificate filed twice: certificate c",
    );
    let both = format!("{missing}; {twice}");
    let foreign = Document {
        employee: 1,
        file: "zertifikat.pdf".to_owned(),
    };
    for (says, uploads, filed) in [
        ("", vec![upload(0, Confirmed)], vec![file("c"), foreign]),
        (
            "",
            vec![upload(0, Refused), upload(1, Unknown)],
            vec![file("c")],
        ),
        ("", vec![upload(0, Unknown)], vec![]),
        (missing, vec![upload(0, Refused)], vec![file("c")]),
        (
            twice,
            vec![upload(0, Unknown), upload(1, Confirmed)],
            vec![file("c"), file("c")],
        ),
        (
            &both,
            vec![upload(0, Confirmed)],
            vec![file("c"), file("c")],
        ),
    ] {
        check(vec![(says, uploads)], |calls| {
            documents::have_one_upload_each(calls, &filed)
        });
    }
}

#[test]
fn an_upload_that_may_be_filed_is_looked_for_before_it_is_sent_again() {
    use Effect::{Confirmed, Refused, Unknown};
    let blind =
        |call: usize| format!("a certificate sent again blindly: certificate c, call {call}");
    let [first, second, third] = [blind(1), blind(2), blind(3)];
    let rows = || {
        vec![
            ("", vec![upload(0, Refused), upload(1, Confirmed)]),
            (
                "",
                vec![
                    upload(0, Unknown),
                    list(15),
                    list(16),
                    upload(31, Confirmed),
                ],
            ),
            (
                "",
                vec![upload(0, Unknown), list(1), list(15), upload(16, Confirmed)],
            ),
            (
                first.as_str(),
                vec![upload(0, Unknown), upload(60, Unknown)],
            ),
            (
                second.as_str(),
                vec![upload(0, Unknown), list(20), upload(21, Unknown)],
            ),
            (
                third.as_str(),
                vec![upload(0, Unknown), list(1), list(14), upload(15, Unknown)],
            ),
            (
                third.as_str(),
                vec![upload(0, Unknown), list(15), list(16), upload(32, Unknown)],
            ),
            (
                third.as_str(),
                vec![
                    upload(0, Confirmed),
                    list(15),
                    list(16),
                    upload(60, Unknown),
                ],
            ),
        ]
    };
    check(rows(), |calls| {
        documents::are_not_sent_blindly(calls, &Terms::default())
    });
    let terms = Terms {
        sent_again: ["c".to_owned()].into(),
        ..Terms::default()
    };
    let silent = rows().into_iter().map(|(_, steps)| ("", steps)).collect();
    check(silent, |calls| {
        documents::are_not_sent_blindly(calls, &terms)
    });
}
