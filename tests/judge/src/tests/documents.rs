//! Documents.

use super::*;
use crate::documents;

fn confirmed(minutes: i64) -> Step {
    upload(minutes, Effect::Confirmed)
}

fn refused(minutes: i64) -> Step {
    upload(minutes, Effect::Refused)
}

fn unknown(minutes: i64) -> Step {
    upload(minutes, Effect::Unknown)
}

#[test]
fn a_document_has_one_upload_and_a_certificate_one_document() {
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
        ("", vec![confirmed(0)], vec![file("c"), foreign]),
        ("", vec![refused(0), unknown(1)], vec![file("c")]),
        ("", vec![unknown(0)], vec![]),
        (missing, vec![refused(0)], vec![file("c")]),
        (
            twice,
            vec![unknown(0), confirmed(1)],
            vec![file("c"), file("c")],
        ),
        (&both, vec![confirmed(0)], vec![file("c"), file("c")]),
    ] {
        check(vec![(says, uploads)], |calls| {
            documents::have_one_upload_each(calls, &filed)
        });
    }
}

#[test]
fn an_upload_that_may_be_filed_is_looked_for_before_it_is_sent_again() {
    let blind =
        |call: usize| format!("a certificate sent again blindly: certificate c, call {call}");
    let [first, second, third] = [blind(1), blind(2), blind(3)];
    let rows = || {
        vec![
            ("", vec![refused(0), confirmed(1)]),
            ("", vec![unknown(0), list(15), list(16), confirmed(31)]),
            ("", vec![unknown(0), list(1), list(15), confirmed(16)]),
            (first.as_str(), vec![unknown(0), unknown(60)]),
            (second.as_str(), vec![unknown(0), list(20), unknown(21)]),
            (
                third.as_str(),
                vec![unknown(0), list(1), list(14), unknown(15)],
            ),
            (
                third.as_str(),
                vec![unknown(0), list(15), list(16), unknown(32)],
            ),
            (
                third.as_str(),
                vec![confirmed(0), list(15), list(16), unknown(60)],
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
