use clap::Parser as _;
use clap::error::ErrorKind;
use shared::tenant::Via;

use super::super::args::{Apply, Mode};
use super::*;

fn parse(line: &str) -> Result<Args, clap::Error> {
    Args::try_parse_from(std::iter::once("demo").chain(line.split_whitespace()))
}

#[test]
fn the_usual_demo_has_three_companies_of_200_people() {
    let Mode::Play(options) = parse("").unwrap().mode() else {
        panic!("a play")
    };
    assert_eq!(options.people, 200);
    assert_eq!(
        options.routes,
        [Via::Direct, Via::KomboPassthrough, Via::Kombo]
    );
}

#[test]
fn routes_are_chosen_by_name() {
    let Mode::Play(options) = parse("--route kombo --route direct --people 50000")
        .unwrap()
        .mode()
    else {
        panic!("a play")
    };
    assert_eq!(options.routes, [Via::Direct, Via::Kombo]);
    assert_eq!(options.people, 50_000);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let cases = [
        ("--people 0", ErrorKind::ValueValidation),
        ("--people 50001", ErrorKind::ValueValidation),
        ("--people many", ErrorKind::ValueValidation),
        ("--people -3", ErrorKind::UnknownArgument),
        ("--route fax", ErrorKind::InvalidValue),
        ("--tenant acme.toml", ErrorKind::MissingRequiredArgument),
        (
            "--credentials secret.json",
            ErrorKind::MissingRequiredArgument,
        ),
        ("--apply", ErrorKind::MissingRequiredArgument),
        ("--details", ErrorKind::MissingRequiredArgument),
        (
            "--tenant a --credentials b --yes",
            ErrorKind::MissingRequiredArgument,
        ),
        (
            "--tenant a --credentials b --people 5",
            ErrorKind::ArgumentConflict,
        ),
        (
            "--tenant a --credentials b --route kombo",
            ErrorKind::ArgumentConflict,
        ),
    ];
    for (line, kind) in cases {
        assert_eq!(parse(line).unwrap_err().kind(), kind, "{line}");
    }
}

#[test]
fn a_real_tenant_is_only_looked_at_unless_told_otherwise() {
    let cases = [
        ("", Apply::No),
        ("--apply", Apply::AfterAsking),
        ("--apply --yes", Apply::Unasked),
    ];
    for (more, apply) in cases {
        let line = format!("--tenant acme.toml --credentials - {more}");
        let Mode::Real(request) = parse(&line).unwrap().mode() else {
            panic!("{line}")
        };
        assert_eq!(request.apply, apply, "{line}");
    }
}

#[test]
fn the_command_line_is_sound() {
    use clap::CommandFactory as _;
    Args::command().debug_assert();
}
