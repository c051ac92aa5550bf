//! Parses the page.

use std::iter::Peekable;
use std::str::Lines;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a str),
    /// `<!-- happens: … -->`: something that happens outside the terminal.
    Happens(&'a str),
    /// A block that begins with `# acme.toml`: a file.
    File {
        name: &'a str,
        content: String,
    },
    /// A block of commands; what they printed is left out.
    Console(Vec<&'a str>),
}

pub(super) fn parse(page: &str) -> Vec<Part<'_>> {
    let mut lines = page.lines().peekable();
    let mut parts = Vec::new();
    while let Some(line) = lines.next() {
        parts.push(match line {
            "```console" => {
                let commands = block(&mut lines).filter(|line| *line != super::EXIT);
                Part::Console(
                    commands
                        .filter_map(|line| line.strip_prefix("$ "))
                        .collect(),
                )
            }
            "```toml" => match lines.peek().and_then(|first| first.strip_prefix("# ")) {
                Some(name) if name.ends_with(".toml") => {
                    lines.next();
                    Part::File {
                        name,
                        content: block(&mut lines).map(|line| format!("{line}\n")).collect(),
                    }
                }
                _ => Part::Text(line),
            },
            _ => match line
                .strip_prefix("<!-- happens: ")
                .and_then(|rest| rest.strip_suffix(" -->"))
            {
                Some(event) => Part::Happens(event),
                None => Part::Text(line),
            },
        });
    }
    parts
}

/// The lines up to the end of the block.
fn block<'p, 'l>(
    lines: &'p mut Peekable<Lines<'l>>,
) -> impl Iterator<Item = &'l str> + use<'p, 'l> {
    lines.take_while(|line| *line != "```")
}

#[test]
fn a_page_is_prose_events_files_and_commands() {
    let page = "# Title\n<!-- happens: rain -->\n```toml\n# a.toml\nx = 1\n```\n```console\n$ one \"two three\"\nout\n\n$ four\n```\n";
    let parts = parse(page);
    assert_eq!(
        parts,
        [
            Part::Text("# Title"),
            Part::Happens("rain"),
            Part::File {
                name: "a.toml",
                content: "x = 1\n".to_owned()
            },
            Part::Console(vec!["one \"two three\"", "four"]),
        ]
    );
}
