//! Names, and what is recognized.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::domain::id::{CategoryId, CertificateId, DocumentId, SourceId};
use crate::http::{self, Call, Effect, Vendor};
use crate::source::SourceError;

const DAY: Date = date(2026, 3, 14);

fn id() -> CertificateId {
    CertificateId::new("0f0c9a2e-77b1-4a55-9d39-a2e3d1f0c001")
}

fn named(course: Option<&str>) -> String {
    let name = file_name(course, Some(DAY), &CertificateId::new("id-1"));
    let course = name.strip_suffix(" 2026-03-14 id-1.pdf");
    course.unwrap().to_owned()
}

#[test]
fn a_title_is_the_course_at_most_255_characters() {
    for (course, expected) in [
        (Some("Datenschutz Grundlagen"), "Datenschutz Grundlagen"),
        (
            Some("A / B: \"Teil 2\" \u{1F525}"),
            "A / B: \"Teil 2\" \u{1F525}",
        ),
        (Some("  Umlaute äöü  "), "Umlaute äöü"),
        (Some("Zeile 1\nZeile\t2"), "Zeile 1 Zeile 2"),
        (Some("\u{202E}fdp.exe"), "fdp.exe"),
        (Some(""), "Zertifikat"),
        (Some(" \n"), "Zertifikat"),
        (Some("\u{200B}\u{FEFF}\u{200D} "), "Zertifikat"),
        (Some("\u{FEFF}Brandschutz\u{200B}"), "Brandschutz"),
        (None, "Zertifikat"),
    ] {
        assert_eq!(title(course), expected, "{course:?}");
    }
    for char in ["x", "ü", "\u{1F525}"] {
        assert_eq!(title(Some(&char.repeat(255))), char.repeat(255));
        assert_eq!(title(Some(&char.repeat(256))), char.repeat(255));
    }
    let long = "x".repeat(253);
    let family = format!("{long}\u{1F468}\u{200D}\u{1F692}");
    assert_eq!(title(Some(&family)), format!("{long}\u{1F468}"));
}

#[test]
fn a_comment_names_course_day_and_certificate() {
    let expected = "reteach: Brandschutz, abgeschlossen am 2026-03-14, Zertifikat-ID c-7";
    let id = CertificateId::new("c-7");
    assert_eq!(comment(Some("Brandschutz"), Some(DAY), &id), expected);
    let bare = comment(None, None, &id);
    assert_eq!(bare, "reteach: Zertifikat, Zertifikat-ID c-7");
    let long = comment(Some(&"ü".repeat(300)), Some(DAY), &id);
    assert_eq!(long.chars().count(), 255);
    assert!(long.ends_with("ü, abgeschlossen am 2026-03-14, Zertifikat-ID c-7"));
}

#[test]
fn a_file_name_is_safe_everywhere() {
    let unchanged = "Übung für Führungskräfte \u{1F468}\u{200D}\u{1F692}";
    for (course, expected) in [
        (Some("Datenschutz Grundlagen"), "Datenschutz Grundlagen"),
        (Some(unchanged), unchanged),
        (Some("Teil 1/2\\3"), "Teil 1-2-3"),
        (Some("a:b*c?d\"e<f>g|h"), "a-b-c-d-e-f-g-h"),
        (Some("../../etc/passwd"), "-..-etc-passwd"),
        (Some("...versteckt"), "versteckt"),
        (Some("~heim"), "heim"),
        (Some("1\r\nZwei\u{0}Drei\u{2028}Vier"), "1 Zwei Drei-Vier"),
        (Some("Rechnung \u{202E}fdp.exe"), "Rechnung fdp.exe"),
        (Some("viel   Platz "), "viel Platz"),
        (Some("Ende..."), "Ende"),
        (Some("CON"), "_CON"),
        (Some("nul.txt"), "_nul.txt"),
        (Some("LPT1 Grundlagen"), "_LPT1 Grundlagen"),
        (Some("Contact"), "Contact"),
        (Some("..."), "Zertifikat"),
        (Some("/"), "-"),
        (Some(""), "Zertifikat"),
        (None, "Zertifikat"),
    ] {
        assert_eq!(named(course), expected, "{course:?}");
    }
    let odd = file_name(Some("X"), None, &CertificateId::new("../7 ü"));
    assert_eq!(odd, "X ---7--.pdf");
}

#[test]
fn a_long_course_is_cut_and_the_rest_of_the_name_stays() {
    let end = format!(" 2026-03-14 {}.pdf", id());
    for (course, bytes) in [("x", 255), ("ü", 254), ("\u{1F525}", 254)] {
        let name = file_name(Some(&course.repeat(300)), Some(DAY), &id());
        assert!(name.ends_with(&end) && name.len() <= 255, "{name}");
        assert!(name.len() >= bytes - 3, "{}", name.len());
    }
    let family = "\u{1F468}\u{200D}\u{1F692}".repeat(40);
    let name = file_name(Some(&family), Some(DAY), &id());
    assert!(!name.contains("\u{200D} "), "{name}");
    assert!(file_name(None, Some(DAY), &CertificateId::new("7".repeat(500))).len() <= 255);
}

proptest! {
    #[test]
    fn every_file_name_can_be_one(course in "\\PC{0,300}|[./\\\\ :\u{0}-\u{1f}]{0,20}|.{0,300}", certificate in "\\PC{1,60}") {
        let name = file_name(Some(&course), Some(DAY), &CertificateId::new(certificate));
        prop_assert!(name.len() <= 255 && name.ends_with(".pdf") && name.contains(" 2026-03-14 "), "{}", name);
        prop_assert!(!name.starts_with(['.', ' ', '~']), "{}", name);
        prop_assert!(!name.chars().any(|char| char.is_control() || "/\\:*?\"<>|".contains(char)), "{}", name);
    }

    #[test]
    fn every_title_fits(course in "\\PC{0,400}|.{0,400}") {
        let title = title(Some(&course));
        prop_assert!((1..=255).contains(&title.chars().count()));
        prop_assert_eq!(title.trim(), &title);
        prop_assert!(!title.chars().any(char::is_control));
    }

    #[test]
    fn what_was_filed_is_recognized(course in "\\PC{0,300}", certificate in "[0-9a-zA-Z-]{1,40}") {
        let document = document(Some(&course), &certificate);
        let by_comment = FiledDocument { comment: Some(document.comment.clone()), ..nothing() };
        prop_assert!(by_comment.names(&document.certificate));
        let by_name = FiledDocument { name: Some(document.file_name.clone()), ..nothing() };
        prop_assert!(by_name.names(&document.certificate));
        let by_title = FiledDocument { name: Some(document.title.clone()), date: document.date, ..nothing() };
        prop_assert!(by_title.is_titled(&document.title, DAY));
    }
}

fn nothing() -> FiledDocument {
    FiledDocument {
        id: DocumentId::new("5"),
        name: None,
        date: None,
        comment: None,
        size: None,
        category: None,
        created_at: None,
        is_unsafe: false,
    }
}

fn whose_name_is(name: String) -> FiledDocument {
    FiledDocument {
        name: Some(name),
        ..nothing()
    }
}

fn commented(comment: String) -> FiledDocument {
    FiledDocument {
        comment: Some(comment),
        ..nothing()
    }
}

fn document(course: Option<&str>, certificate: &str) -> Document {
    let id = CertificateId::new(certificate);
    let completed_at = Some("2026-03-13T23:30:00Z".parse().unwrap());
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let certificate = Certificate {
        id: &id,
        course,
        completed_at,
    };
    let (employee, category) = (SourceId::new("4711"), CategoryId::new("2"));
    Document::new(employee, category, certificate, &berlin)
}

#[test]
fn the_day_is_the_one_in_the_tenants_time_zone() {
    let document = document(Some("Modul 7"), "7");
    assert_eq!((document.date, &*document.title), (Some(DAY), "Modul 7"));
    assert_eq!(document.file_name, "Modul 7 2026-03-14 7.pdf");
    let shown = format!("{document:?}");
    let shows = |text| shown.contains(text);
    assert_eq!((shows("4711"), shows("Modul")), (true, false), "{shown}");
}

#[test]
fn a_filed_document_is_ours_by_the_id_alone_whatever_its_day() {
    let id = CertificateId::new("7");
    let second = "Zertifikat-ID 1, Zertifikat-ID 7";
    for (name, comment, expected) in [
        ("", "reteach: X, Zertifikat-ID 7", true),
        ("", "Zertifikat-ID  7. Geprüft.", true),
        ("", "Zertifikat-ID 77", false),
        ("", "Zertifikat-ID 7-1", false),
        ("", second, true),
        ("Modul 7 2026-03-14 7.pdf", "", true),
        ("Modul 7 2025-01-01 7.PDF", "", true),
        ("Modul 7", "", false),
        ("Anderes 7.pdf", "", false),
        ("Anderes 2026-03-14 7 ", "von Hand", true),
        ("Modul 7 2026-03-14 17.pdf", "", false),
        ("7.pdf", "", false),
        ("Brandschutz", "", false),
    ] {
        let filed = FiledDocument {
            name: Some(name.to_owned()),
            comment: Some(comment.to_owned()),
            date: Some(date(2025, 1, 1)),
            ..nothing()
        };
        assert_eq!(filed.names(&id), expected, "{name} {comment}");
    }
    assert!(!nothing().names(&id));
    let long = "0f0c9a2e-77b1-4a55-9d39-a2e3d1f0c001";
    let (own, other) = (
        CertificateId::new(long),
        CertificateId::new(long.replace("0f", "1f")),
    );
    for name in [
        "Modul {}.pdf",
        "Modul_2026-03-14_{}.pdf",
        "Modul 2026-03-14 {} (1).pdf",
    ] {
        let filed = whose_name_is(name.replace("{}", long));
        let both = (filed.names(&own), filed.names(&other));
        assert_eq!(both, (true, false), "{name}");
    }
    let edited = commented(format!("geprüft, {long}"));
    assert!(edited.names(&own));
}

/// An academy that numbers each person's certificates, or each course's.
#[test]
fn a_document_is_not_that_of_a_certificate_whose_long_id_is_a_part_of_its_own() {
    let person = "2bf64377-4a26-4439-9c69-323b9111ea70";
    for (part, whole) in [
        (format!("{person}-1"), format!("{person}-12")),
        (format!("1-{person}"), format!("21-{person}")),
    ] {
        let filed = document(Some("Brandschutz"), &whole);
        let by_comment = commented(filed.comment);
        let by_name = whose_name_is(filed.file_name);
        let both = commented(format!("{whole}, {part}"));
        for (shown, of_part) in [(by_comment, false), (by_name, false), (both, true)] {
            let names = [&part, &whole].map(|id| shown.names(&CertificateId::new(id.as_str())));
            assert_eq!(names, [of_part, true], "{part} {whole}");
        }
    }
}

#[test]
fn a_long_id_is_found_in_a_name_that_another_integration_made() {
    let id = "2bf64377-4a26-4439-9c69-323b9111ea70";
    for name in [format!("Zertifikat{id}.pdf"), format!("cert_{id}v2.pdf")] {
        let filed = whose_name_is(name);
        assert!(filed.names(&CertificateId::new(id)), "{filed:?}");
    }
}

#[test]
fn a_document_of_another_integration_is_known_by_title_and_day() {
    let own = "reteach: Modul 7, abgeschlossen am 2026-03-14, Zertifikat-ID 8";
    for (name, day, comment, expected) in [
        ("Modul 7", Some(DAY), "", true),
        (" modul 7 ", Some(DAY), "von Hand", true),
        ("Modul 7.pdf", Some(DAY), "", true),
        ("Modul 7", Some(DAY), own, false),
        ("Modul 7", Some(date(2026, 3, 13)), "", false),
        ("Modul 7", None, "", false),
        ("Modul 8", Some(DAY), "", false),
        ("", Some(DAY), "", false),
    ] {
        let filed = FiledDocument {
            name: Some(name.to_owned()),
            date: day,
            comment: Some(comment.to_owned()),
            ..nothing()
        };
        let found = filed.is_titled("Modul 7", DAY);
        assert_eq!(found, expected, "{name} {day:?} {comment}");
    }
}

#[test]
fn a_title_is_the_same_however_its_letters_and_blanks_are_written() {
    let cases = [
        ("Übung für alle", "U\u{308}bung fu\u{308}r alle", true),
        ("Modul 7", "Modul\u{a0}7", true),
        ("Modul  7", "modul 7", true),
        ("Vertrag.pdf", "Vertrag.pdf", true),
        ("Vertrag", "Vertrag.pdf", true),
        ("Ubung für alle", "Übung für alle", false),
    ];
    for (title, name, expected) in cases {
        let filed = FiledDocument {
            name: Some(name.to_owned()),
            date: Some(DAY),
            comment: None,
            ..nothing()
        };
        assert_eq!(filed.is_titled(title, DAY), expected, "{title} {name}");
    }
}

#[test]
fn a_document_that_a_virus_scan_refuses_shows_nothing_by_its_title_and_is_no_proof_of_filing() {
    let id = CertificateId::new("c-1");
    let named = |number: &str, is_unsafe| FiledDocument {
        id: DocumentId::new(number),
        name: Some("Modul 7".to_owned()),
        date: Some(DAY),
        comment: Some("Zertifikat-ID c-1".to_owned()),
        is_unsafe,
        ..nothing()
    };
    let found = |number: &str| Verification::Found(DocumentId::new(number));
    for (documents, expected) in [
        (vec![named("1", false)], found("1")),
        (vec![named("1", true)], Verification::Unsafe),
        (vec![named("1", true), named("2", false)], found("2")),
        (vec![], Verification::NotFound),
    ] {
        assert_eq!(Verification::of(Some(&documents), &id), expected);
    }
    let titled = |is_unsafe| FiledDocument {
        comment: None,
        ..named("1", is_unsafe)
    };
    let seen = [false, true].map(|is_unsafe| titled(is_unsafe).is_titled("Modul 7", DAY));
    assert_eq!(seen, [true, false]);
}

#[test]
fn a_failure_says_how_far_it_reaches_whether_it_may_have_filed_and_whether_it_may_pass() {
    use SourceError::{Credential, Forbidden, Lapsed, NotReady, Unavailable, Unreadable};
    use TenantFault::{Connection, Right};
    let text = || "why".to_owned();
    let call = Call {
        vendor: Vendor::Kombo,
        method: reqwest::Method::POST,
        path: "/documents",
    };
    let lost = |effect| http::Error::Unreachable {
        call: call.clone(),
        fault: http::TransportError::TimedOut,
        effect,
    };
    let late = |effect| http::Error::OutOfTime {
        call: call.clone(),
        effect,
    };
    let unreadable = http::Error::Unreadable {
        call: call.clone(),
        at: "data".to_owned(),
        problem: "is missing",
        effect: Effect::Unknown,
    };
    let [kombo, personio] = [Vendor::Kombo, Vendor::Personio].map(Reach::Vendor);
    let [right, credential, connection] =
        [Right, TenantFault::Credential, Connection].map(Reach::Tenant);
    let interrupted = BodyError::Interrupted(text());
    use Effect::{None, Unknown};
    let certificate = Reach::Certificate;
    let errors: [(FilingError, Reach, Effect, bool); 14] = [
        (lost(Unknown).into(), kombo, Unknown, true),
        (lost(None).into(), kombo, None, true),
        (unreadable.into(), kombo, Unknown, true),
        (late(Unknown).into(), Reach::Run, Unknown, true),
        (late(None).into(), Reach::Run, None, true),
        (Forbidden(text()).into(), right, None, false),
        (Credential(text()).into(), credential, None, false),
        (NotReady(text()).into(), connection, None, false),
        (Lapsed(text()).into(), connection, None, false),
        (Unavailable(text()).into(), personio, None, true),
        (Unreadable(text()).into(), personio, None, true),
        (BodyError::TooLarge.into(), certificate, None, false),
        (interrupted.into(), certificate, None, true),
        (BodyError::OutOfTime.into(), Reach::Run, None, true),
    ];
    for (error, reach, effect, transient) in errors {
        let means = (error.reach, error.effect, error.transient);
        assert_eq!(means, (reach, effect, transient), "{error:?}");
        assert!(!error.folder_suspected, "{error:?}");
        assert!(!error.to_string().is_empty(), "{error:?}");
    }
}

#[test]
fn a_document_without_comment_may_be_an_upload_of_its_time_and_size_or_title() {
    let at =
        |minutes: i64| Some(jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_mins(minutes));
    let filed = |size, created_at| FiledDocument {
        name: Some("Brandschutz".to_owned()),
        comment: None,
        size,
        created_at,
        ..nothing()
    };
    let named = |name: &str| FiledDocument {
        name: Some(name.to_owned()),
        ..filed(Some(1_000), at(10))
    };
    let commented = FiledDocument {
        comment: Some(String::new()),
        ..filed(Some(1_000), at(10))
    };
    for (document, expected) in [
        (filed(Some(1_000), at(10)), true),
        (filed(Some(1_000), None), true),
        (filed(None, at(10)), true),
        // Vendors may count otherwise.
        (filed(Some(1_001), at(10)), true),
        (filed(Some(1_000), at(4)), false),
        (named("Arbeitsvertrag"), true),
        (
            FiledDocument {
                size: Some(1_001),
                ..named("Arbeitsvertrag")
            },
            false,
        ),
        // Another certificate's, through Kombo.
        (named("Brandschutz 2026-05-11 c-9.pdf"), false),
        (commented, false),
    ] {
        let shown = format!("{document:?}");
        let may_be = document.may_be(Some(1_000), Some("brandschutz"), at(5).unwrap());
        assert_eq!(may_be, expected, "{shown}");
    }
}
