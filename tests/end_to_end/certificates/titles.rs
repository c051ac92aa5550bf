//! Course names, and the title and file name that follow from them.

use harness::{Harness, completed, named, people};
use shared::tenant::Via;
use simulators::reteach::Participation;

const DAY: &str = "2026-05-01";

/// Course name, title, and beginning of the file name.
fn cases() -> Vec<(Option<String>, String, String)> {
    let same = |text: &str| (Some(text.to_owned()), text.to_owned(), text.to_owned());
    let text = |course: &str, title: &str, file: &str| {
        (Some(course.to_owned()), title.to_owned(), file.to_owned())
    };
    let end = format!(" {DAY} id-00.pdf").len();
    // Truncated by characters in the title, by bytes in the file name.
    let long = |char: &str| {
        let room = (255 - end) / char.len();
        (Some(char.repeat(300)), char.repeat(255), char.repeat(room))
    };
    let family = "👨‍👩‍👧‍👦";
    vec![
        same("Brandschutz"),
        same("Übung für Führungskräfte, Größe ß"),
        same("U\u{308}bung, zerlegt"),
        same("日本語コース"),
        same("Сертификат"),
        same("Brandschutz 🔥"),
        same(&format!("Familie {family} und Flagge 🇩🇪")),
        same("50 % & mehr; #1 + 'einfach' =!"),
        same("x".repeat(200).as_str()),
        text(&"x".repeat(255), &"x".repeat(255), &"x".repeat(255 - end)),
        text(&"x".repeat(256), &"x".repeat(255), &"x".repeat(255 - end)),
        long("x"),
        long("ü"),
        long("日"),
        long("🔥"),
        text("Teil 1/2\\3", "Teil 1/2\\3", "Teil 1-2-3"),
        text(
            "\"Sicher\" arbeiten",
            "\"Sicher\" arbeiten",
            "-Sicher- arbeiten",
        ),
        text(
            "Wer? Was: <jetzt>*|",
            "Wer? Was: <jetzt>*|",
            "Wer- Was- -jetzt---",
        ),
        text("../../etc/passwd", "../../etc/passwd", "-..-etc-passwd"),
        text(
            "Zeile 1\r\nZeile 2\tTab\u{0}Null\u{7}",
            "Zeile 1  Zeile 2 Tab Null",
            "Zeile 1 Zeile 2 Tab Null",
        ),
        text("  Rand  ", "Rand", "Rand"),
        text(
            "Rechnung \u{202E}fdp.exe\u{202C}",
            "Rechnung fdp.exe",
            "Rechnung fdp.exe",
        ),
        text(
            "\u{2067}عربي\u{2069} \u{200F}rechts",
            "عربي rechts",
            "عربي rechts",
        ),
        text("CON", "CON", "_CON"),
        text("nul.txt", "nul.txt", "_nul.txt"),
        text("COM1 Grundlagen", "COM1 Grundlagen", "_COM1 Grundlagen"),
        text("Ende...", "Ende...", "Ende"),
        text("...", "...", "Zertifikat"),
        text("Vertrag.pdf", "Vertrag.pdf", "Vertrag.pdf"),
        text("", "Zertifikat", "Zertifikat"),
        text(" \n\t", "Zertifikat", "Zertifikat"),
        text("\u{FEFF}\u{200B}\u{200D}", "Zertifikat", "Zertifikat"),
        (None, "Zertifikat".to_owned(), "Zertifikat".to_owned()),
    ]
}

#[tokio::test]
async fn title_and_file_name_come_from_any_course_name() {
    for via in [Via::Direct, Via::Kombo] {
        let harness = Harness::with_folder(via, "", people(1)).await;
        let id = |number: usize| format!("id-{number:02}");
        let issued = cases()
            .into_iter()
            .enumerate()
            .map(|(number, (course_name, _, _))| Participation {
                course_name,
                ..completed(&id(number), 1, "", "2026-05-01T09:30:00Z")
            });
        harness.issue(issued);
        let report = harness.certificates_now().await;
        assert_counts!("{via:?}", report, uploaded = cases().len() as u64);
        for (number, (course, title, file)) in cases().into_iter().enumerate() {
            let (label, id) = (format!("{via:?} {course:?}"), id(number));
            let document = harness.document_of(&id).unwrap();
            let file = named(&file, DAY, &id);
            assert_eq!(document.file_name, file, "{label}");
            assert!(document.file_name.len() <= 255, "{label}");
            assert_eq!(
                document.title,
                if via == Via::Kombo {
                    file
                } else {
                    title.clone()
                },
                "{label}"
            );
            if via != Via::Kombo {
                // A comment has room for 255 characters too: a long title is cut, day and id stay.
                let end = format!(", abgeschlossen am {DAY}, Zertifikat-ID {id}");
                let room = 255 - "reteach: ".len() - end.len();
                let cut: String = title.chars().take(room).collect();
                let comment = format!("reteach: {cut}{end}");
                assert_eq!(document.comment, Some(comment), "{label}");
            }
        }
    }
}

#[tokio::test]
async fn truncation_splits_no_joined_emoji() {
    let family = "👨‍👩‍👧‍👦";
    let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
    // Truncated at each position within the joined emoji, in title and file name.
    let lengths = (246..=256).chain(200..=240);
    let course = |length: usize| format!("{}{family}{}", "x".repeat(length), "y".repeat(60));
    let issued = lengths.clone().map(|length| {
        completed(
            &format!("id-{length}"),
            1,
            &course(length),
            "2026-05-01T09:30:00Z",
        )
    });
    harness.issue(issued);
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 52);
    for length in lengths {
        let document = harness.document_of(&format!("id-{length}")).unwrap();
        let file = document
            .file_name
            .strip_suffix(&format!(" {DAY} id-{length}.pdf"))
            .unwrap();
        for name in [file, document.title.as_str()] {
            assert!(!name.ends_with('\u{200D}'), "{length}: {name:?}");
            assert!(
                name.starts_with(&"x".repeat(length.min(file.len()))),
                "{length}: {name:?}"
            );
        }
        assert!(
            (254..=255).contains(&document.title.chars().count()),
            "{length}"
        );
    }
}
