use jiff::Timestamp;

use shared::state::JobKind;

use terminal::wrapped;

use super::super::print::Console;
use super::*;

fn part(route: &'static str, report: impl Into<Told>, problems: &[&str]) -> Part {
    let problems = problems.iter().map(|it| (*it).to_owned()).collect();
    Part {
        route,
        acts: Vec::new(),
        planned: 199,
        took_ms: 2_057,
        report: report.into(),
        problems,
    }
}

fn printed(job: JobKind, parts: Vec<Part>) -> String {
    let cue = Cue {
        job,
        title: "First sync".into(),
        about: "Nobody is known yet.".into(),
        must: Must::BeDone,
    };
    let mut out = Vec::new();
    let mut console = Console::new(&mut out);
    console.begins(&cue, &[]);
    let problems = parts
        .iter()
        .flat_map(|part| part.problems.clone())
        .collect();
    let scene = Scene {
        cue,
        at: Timestamp::UNIX_EPOCH,
        parts,
    };
    console.ended(&scene);
    console
        .verdict(&Play {
            people: 200,
            certificates: 78,
            scenes: vec![scene],
            problems,
        })
        .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_scene_is_a_table_with_what_there_is_to_read_below() {
    let mut large = report();
    large.counts.people = 50_000;
    large.counts.created = 49_998;
    large.calls = shared::http::Counts {
        personio: 0,
        kombo: 201,
        reteach: 100_201,
    };
    large.dynamodb.write = 104_213.0;
    let parts = vec![
        part("direct", report(), &[]),
        part("kombo-passthrough", large, &[]),
        part("kombo", quiet(), &[]),
    ];
    insta::assert_snapshot!(printed(JobKind::Employees, parts));
}

#[test]
fn a_scene_of_certificates_has_its_own_words() {
    let backfill = CertificateReport {
        outcome: shared::runtime::Outcome::Done,
        counts: certificate_sync::report::Counts {
            seen: 78,
            uploaded: 72,
            doubtful: 1,
            waiting_for_pdf: 3,
            not_from_personio: 2,
            ..Default::default()
        },
        ..certificates()
    };
    let waiting = CertificateReport {
        message: "waiting for the first complete employee sync".into(),
        counts: Default::default(),
        ..certificates()
    };
    let parts = vec![part("direct", backfill, &[]), part("kombo", waiting, &[])];
    insta::assert_snapshot!(printed(JobKind::Certificates, parts));
}

#[test]
fn what_is_wrong_is_said_at_the_scene_and_at_the_end() {
    insta::assert_snapshot!(printed(
        JobKind::Employees,
        vec![part("direct", quiet(), &["personio:1001 has no account"])]
    ));
}

#[test]
fn no_line_is_wider_than_100_columns() {
    let parts = vec![part("kombo-passthrough", report(), &["a problem"])];
    for line in printed(JobKind::Employees, parts).lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn long_text_is_wrapped_between_words() {
    let text = "word ".repeat(30);
    let lines = wrapped(&text, "- ", "  ");
    let lengths: Vec<usize> = lines.lines().map(|line| line.chars().count()).collect();
    assert_eq!(lengths, [96, 56]);
    assert!(lines.starts_with("- word") && lines.contains("\n  word"));
    let long = "x".repeat(120);
    assert_eq!(wrapped(&long, "", "  "), long);
}
