use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use shared::tenant::Via;

use crate::Args;

fn parse(line: &str) -> Result<Args, clap::Error> {
    Args::try_parse_from(std::iter::once("demo").chain(line.split_whitespace()))
}

#[test]
fn people_and_routes_can_be_chosen() {
    let all = vec![Via::Direct, Via::KomboPassthrough, Via::Kombo];
    let some = vec![Via::Direct, Via::Kombo];
    for (line, people, routes) in [
        ("", 200, all),
        ("--route kombo --route direct --people 50000", 50_000, some),
    ] {
        let options = parse(line).unwrap().options();
        assert_eq!((options.people, options.routes), (people, routes), "{line}");
    }
}

#[test]
fn invalid_arguments_are_refused() {
    for (line, kind) in [
        ("--people 0", ErrorKind::ValueValidation),
        ("--people 50001", ErrorKind::ValueValidation),
        ("--people many", ErrorKind::ValueValidation),
        ("--people -3", ErrorKind::UnknownArgument),
        ("--route fax", ErrorKind::InvalidValue),
    ] {
        assert_eq!(parse(line).unwrap_err().kind(), kind, "{line}");
    }
    Args::command().debug_assert();
}
