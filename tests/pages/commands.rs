//! What the commands on the pages name is there: programs with their options, tests, packages, parameters, outputs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;

use crate::{pages, root};

#[path = "../benches/options.rs"]
#[expect(dead_code, reason = "the command line alone")]
mod options;
#[path = "../prove.rs"]
#[expect(dead_code, reason = "the command line alone")]
mod prove;

/// Commands of cargo that are no program of the workspace.
const OTHERS: [&str; 5] = ["clippy", "fmt", "install", "lambda", "test"];
/// Pages that name parameters and outputs of the stack.
const OF_THE_STACK: [&str; 7] = [
    "README.md",
    "docs/alarms.md",
    "docs/deploy.md",
    "docs/notices.md",
    "docs/operate.md",
    "docs/restore.md",
    "docs/runbook.md",
];

struct Command {
    page: String,
    line: String,
    /// In a block. Running text may leave arguments out.
    is_whole: bool,
}

impl Command {
    /// Its words without the variables before it. Double quotes keep white space together.
    fn words(&self) -> Vec<&str> {
        let mut words = Vec::new();
        for (number, part) in self.line.split('"').enumerate() {
            match number % 2 {
                0 => words.extend(part.split_whitespace()),
                _ => words.push(part),
            }
        }
        words
            .into_iter()
            .skip_while(|word| word.contains('='))
            .collect()
    }
}

fn commands() -> Vec<Command> {
    let mut commands = Vec::new();
    for (page, text) in pages() {
        // It names what is gone.
        if page == "CHANGELOG.md" {
            continue;
        }
        for (place, part) in text.split("```").enumerate() {
            let is_whole = place % 2 == 1;
            let lines: Vec<&str> = match is_whole {
                true if !part.starts_with("sh") => continue,
                true => {
                    let code = part.lines().filter_map(|line| line.split(" #").next());
                    code.flat_map(|line| line.split(['&', '|', ';'])).collect()
                }
                false => part.split('`').skip(1).step_by(2).collect(),
            };
            commands.extend(lines.into_iter().map(|line| Command {
                page: page.clone(),
                // The page leaves the name to its reader.
                line: line.replace("CRATE", "shared"),
                is_whole,
            }));
        }
    }
    commands
}

/// Parses a program's arguments, its name first. None for another command of cargo.
fn parse(words: &[&str]) -> Option<Result<(), clap::Error>> {
    fn by<P: Parser>(words: &[&str]) -> Result<(), clap::Error> {
        P::try_parse_from(words).map(|_| ())
    }
    match *words.first()? {
        "demo" => Some(by::<demo::Args>(words)),
        "local" => Some(by::<local::args::Args>(words)),
        "measure" => Some(by::<options::Options>(words)),
        "prove" => Some(by::<prove::Args>(words)),
        "tenants" => Some(by::<tenants::Cli>(words)),
        other => {
            assert!(OTHERS.contains(&other), "cargo {other}");
            None
        }
    }
}

/// A program of the workspace and its arguments.
fn program<'a>(words: &[&'a str]) -> Option<Vec<&'a str>> {
    match words {
        ["cargo", "run", rest @ ..] => {
            let name = rest.iter().skip_while(|word| **word != "--bin").nth(1)?;
            let arguments = rest.iter().skip_while(|word| **word != "--").skip(1);
            Some([name].into_iter().chain(arguments).copied().collect())
        }
        ["cargo", rest @ ..] if !rest.is_empty() => Some(rest.to_vec()),
        ["tenants", "help", "COMMAND"] => None,
        ["tenants", _, ..] => Some(words.to_vec()),
        _ => None,
    }
}

#[test]
fn options_of_programs_exist() {
    let mut count = 0;
    for command in commands() {
        let Some(words) = program(&command.words()) else {
            continue;
        };
        // The shell fills them in.
        if words.iter().any(|word| word.contains('$')) {
            continue;
        }
        let Some(parsed) = parse(&words) else {
            continue;
        };
        count += 1;
        let Err(error) = parsed else { continue };
        let is_wrong = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => false,
            ErrorKind::ArgumentConflict
            | ErrorKind::InvalidSubcommand
            | ErrorKind::InvalidValue
            | ErrorKind::UnknownArgument => true,
            _ => command.is_whole,
        };
        assert!(!is_wrong, "{}: {}: {error}", command.page, command.line);
    }
    assert!(count > 150, "{count} commands were found");
}

/// What pages give to `cargo test`.
#[derive(Parser)]
struct TestOptions {
    #[arg(short, long)]
    package: Option<String>,
    #[arg(long)]
    workspace: bool,
    #[arg(long)]
    test: Option<String>,
    #[arg(long)]
    lib: bool,
    #[arg(long)]
    profile: Option<String>,
    filter: Option<String>,
}

/// What pages give to the test program.
const OF_THE_PROGRAM: [&str; 3] = ["--", "--ignored", "--nocapture"];

/// Tests of one program.
struct Target {
    package: String,
    /// None for a library.
    name: Option<String>,
    /// The folder of its sources, or the only one.
    sources: PathBuf,
}

fn manifest(path: &Path) -> toml::Table {
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn targets() -> Vec<Target> {
    let workspace = manifest(&root().join("Cargo.toml"));
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let mut targets = Vec::new();
    for member in members {
        let folder = root().join(member.as_str().unwrap());
        let manifest = manifest(&folder.join("Cargo.toml"));
        let package = manifest["package"]["name"].as_str().unwrap();
        let mut add = |name: Option<&str>, sources: PathBuf| {
            targets.push(Target {
                package: package.to_owned(),
                name: name.map(str::to_owned),
                sources,
            });
        };
        add(None, folder.join("src"));
        let listed = manifest.get("test").and_then(toml::Value::as_array);
        for test in listed.into_iter().flatten() {
            let file = folder.join(test["path"].as_str().unwrap());
            add(test["name"].as_str(), file.parent().unwrap().to_owned());
        }
        // Those that cargo finds by itself.
        for entry in fs::read_dir(folder.join("tests")).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            add(Some(name.as_str()), path);
        }
    }
    targets
}

/// Adds the tests of a file, or of all files in a folder, with the names of their modules.
fn add_names(sources: &Path, module: &str, names: &mut Vec<String>) {
    if sources.is_dir() {
        for entry in fs::read_dir(sources).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let module = match name.as_str() {
                "lib" | "main" | "mod" => module.to_owned(),
                name => format!("{module}{name}::"),
            };
            add_names(&path, &module, names);
        }
    } else if sources.extension().is_some_and(|kind| kind == "rs") {
        let mut is_test = false;
        for line in fs::read_to_string(sources).unwrap().lines() {
            let line = line.trim_start();
            if line.starts_with("#[") {
                is_test |= line.contains("test");
                continue;
            }
            let function = line.split_once("fn ").filter(|_| is_test);
            let name = function.and_then(|(_, head)| head.split('(').next());
            names.extend(name.map(|name| format!("{module}{name}")));
            is_test = false;
        }
    }
}

/// What is wrong with arguments of `cargo test`, the word `test` first.
fn test_error(words: &[&str], targets: &[Target]) -> Option<String> {
    let end = words.iter().position(|word| *word == "--");
    let (words, rest) = words.split_at(end.unwrap_or(words.len()));
    if let Some(word) = rest.iter().find(|word| !OF_THE_PROGRAM.contains(word)) {
        return Some(format!("the test program does not know {word}"));
    }
    let options = match TestOptions::try_parse_from(words) {
        Ok(options) => options,
        Err(error) => return Some(error.to_string()),
    };
    if options.package.is_none() && !options.workspace {
        return Some("neither a package nor the workspace".to_owned());
    }
    let workspace = manifest(&root().join("Cargo.toml"));
    let profiles = &workspace["profile"];
    if options
        .profile
        .is_some_and(|name| profiles.get(name).is_none())
    {
        return Some("no such profile".to_owned());
    }
    let is_meant = |target: &&Target| {
        let in_package = options
            .package
            .as_ref()
            .is_none_or(|name| *name == target.package);
        let is_named = options.test.is_some() && options.test == target.name;
        let is_lib = options.lib && target.name.is_none();
        in_package && (is_named || is_lib || options.test.is_none() && !options.lib)
    };
    let mut names = Vec::new();
    let mut count = 0;
    for target in targets.iter().filter(is_meant) {
        count += 1;
        add_names(&target.sources, "", &mut names);
    }
    if count == 0 {
        return Some("no such target".to_owned());
    }
    let filter = options.filter?;
    let is_found = names.iter().any(|name| name.contains(&filter));
    (!is_found).then(|| format!("no test of this name among {}", names.len()))
}

#[test]
fn tests_and_packages_exist() {
    let targets = targets();
    let mut count = 0;
    for command in commands() {
        let words = command.words();
        let error = match words.as_slice() {
            ["cargo", "test", ..] => test_error(words.get(1..).unwrap(), &targets),
            ["cargo", "lambda", rest @ ..] => {
                let is_named = |pair: &&[&str]| matches!(pair, ["invoke" | "-p", _]);
                let named = rest.windows(2).filter(is_named);
                let mut names = named.filter_map(|pair| pair.last());
                let is_missing =
                    |name: &&&str| targets.iter().all(|target| target.package != **name);
                let missing = names.find(is_missing);
                missing.map(|name| format!("no package {name}"))
            }
            _ => continue,
        };
        count += 1;
        let place = format!("{}: {}", command.page, command.line);
        assert_eq!(error, None, "{place}");
    }
    assert!(count > 15, "{count} commands were found");
    for words in [
        "test",
        "test -p no-package",
        "test --workspace --test no_target",
        "test -p tenants --test cli no_such_test",
        "test --workspace --profile slow",
        "test --workspace --bogus",
        "test --workspace -- --bogus",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        assert!(test_error(&words, &targets).is_some(), "{words:?}");
    }
}

/// The keys of a section of the template, with their defaults if they have one.
fn section(template: &str, name: &str) -> BTreeMap<String, Option<String>> {
    let (_, rest) = template.split_once(&format!("\n{name}:\n")).unwrap();
    let mut keys = BTreeMap::new();
    let mut last = "";
    for line in rest
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with(' '))
    {
        let key = line
            .strip_prefix("  ")
            .and_then(|line| line.strip_suffix(':'));
        if let Some(key) = key.filter(|key| !key.starts_with(' ')) {
            last = key;
            keys.insert(key.to_owned(), None);
        } else if let Some(default) = line.strip_prefix("    Default: ") {
            let default = default.trim_matches('"').to_owned();
            keys.insert(last.to_owned(), Some(default));
        }
    }
    keys
}

#[test]
fn parameters_and_outputs_are_in_the_template() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let parameters = section(&template, "Parameters");
    let outputs = section(&template, "Outputs");
    let mut count = 0;
    for command in commands() {
        let words = command.words();
        let given = words
            .iter()
            .skip_while(|word| **word != "--parameter-overrides");
        for (name, _) in given.filter_map(|word| word.split_once('=')) {
            count += 1;
            assert!(parameters.contains_key(name), "{}: {name}", command.page);
        }
    }
    assert!(count > 6, "{count} parameters were found");
    for page in OF_THE_STACK {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let words = text.split(|letter: char| !letter.is_alphanumeric());
        for word in words.filter(|word| word.starts_with(char::is_uppercase)) {
            let is_output = ["Arn", "Url", "TableName"]
                .iter()
                .any(|end| word.ends_with(end));
            let is_known = outputs.contains_key(word) || parameters.contains_key(word);
            assert!(!is_output || is_known, "{page}: {word}");
        }
    }
}

#[test]
fn the_deployment_page_shows_every_parameter_with_its_default() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let page = fs::read_to_string(root().join("docs/deploy.md")).unwrap();
    let (_, table) = page
        .split_once("| parameter | default | meaning |\n")
        .unwrap();
    let rows = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let mut shown = BTreeMap::new();
    for row in rows {
        let [_, names, default, ..] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let default = match default.trim().trim_matches('`') {
            "empty" => "",
            default => default,
        };
        for name in names.split('`').skip(1).step_by(2) {
            shown.insert(name.to_owned(), Some(default.to_owned()));
        }
    }
    assert_eq!(shown, section(&template, "Parameters"));
}
