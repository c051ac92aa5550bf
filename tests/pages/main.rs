//! The project's pages: short, in plain words, with links that lead somewhere, and true to the parser.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where a page is not as it should be"
)]

mod commands;
mod data_protection;
mod runbook;
mod threat_model;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use shared::secrets::TenantSecret;
use shared::tenant::TenantConfig;

const MAX_LINES: usize = 150;
/// Characters of a line, tables, code and lines with a link aside.
const MAX_CHARACTERS: usize = 120;
/// Words that a reader would have to translate.
const PRIVATE_WORDS: &[&str] = &[
    "told",
    "beside",
    "anew",
    "whoever",
    "whomever",
    "amiss",
    "befall",
    "bad weather",
    "at rest",
    "that is none",
    "of whom",
    "by way of",
    "as it is",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every page by its path in the repository.
fn pages() -> Vec<(String, String)> {
    files("md")
}

/// Every file with this extension by its path in the repository.
fn files(extension: &str) -> Vec<(String, String)> {
    let mut folders = vec![root()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == extension) {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap();
                files.push((path.display().to_string(), text));
            }
        }
    }
    assert!(files.len() > 15, "{} files were found", files.len());
    files
}

/// The lines of a page outside code blocks, with their numbers.
fn prose(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    page.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        (!in_code && !is_fence).then_some((index + 1, line))
    })
}

/// Finds `word` where no letter stands next to it.
fn has_word(line: &str, word: &str) -> bool {
    let line = line.to_lowercase();
    line.match_indices(word).any(|(start, found)| {
        let before = line[..start].chars().next_back();
        let after = line[start + found.len()..].chars().next();
        [before, after]
            .into_iter()
            .flatten()
            .all(|neighbour| !neighbour.is_alphanumeric())
    })
}

/// A heading's anchor, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

/// The targets of a line's links.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
}

/// What is wrong with the page that `link` on page `name` names.
fn broken(name: &str, link: &str) -> Option<String> {
    // A place in rustdoc is checked by rustdoc.
    if link.contains("::") || link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
    let here = root().join(name);
    let target = if file.is_empty() {
        here
    } else {
        here.parent()?.join(file)
    };
    if !target.exists() {
        return Some(format!("{name}: {link} does not exist"));
    }
    let text = fs::read_to_string(target).unwrap_or_default();
    let has_anchor =
        prose(&text).any(|(_, line)| line.starts_with('#') && anchor(line) == fragment);
    (!fragment.is_empty() && !has_anchor).then(|| format!("{name}: {link} has no such heading"))
}

#[test]
fn pages_and_their_lines_are_short() {
    let mut long = Vec::new();
    for (name, page) in pages() {
        let lines = page.lines().count();
        if lines > MAX_LINES {
            long.push(format!("{name}: {lines} lines"));
        }
        for (number, line) in prose(&page) {
            let is_exempt = line.starts_with('|') || line.contains("](");
            if !is_exempt && line.chars().count() > MAX_CHARACTERS {
                long.push(format!(
                    "{name}:{number}: {} characters",
                    line.chars().count()
                ));
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn pages_use_no_private_words() {
    let mut found = Vec::new();
    for (name, page) in pages() {
        for (number, line) in prose(&page) {
            let line = unquoted(line);
            let words = PRIVATE_WORDS.iter().filter(|word| has_word(&line, word));
            found.extend(words.map(|word| format!("{name}:{number}: {word}")));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A line without what stands between backticks.
fn unquoted(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// What a line of Rust says in words: its comment, or its strings.
fn words(line: &str) -> String {
    match line.trim_start().strip_prefix("//") {
        Some(comment) => unquoted(comment),
        None => {
            let strings: String = line.split('"').skip(1).step_by(2).collect();
            let around_values = strings.split(['{', '}']).step_by(2);
            around_values.collect()
        }
    }
}

#[test]
fn comments_help_and_error_texts_use_no_private_words() {
    let mut code = files("rs");
    // This one lists them.
    code.retain(|(name, _)| name != "tests/pages/main.rs");
    let mut help = files("txt");
    help.retain(|(name, _)| name.starts_with("infra/tenants/src/args/help/"));
    assert!(help.len() > 15, "{} texts of help", help.len());
    let mut found = Vec::new();
    let said = code
        .iter()
        .map(|(name, text)| (name, text, words as fn(&str) -> String));
    let helped = help
        .iter()
        .map(|(name, text)| (name, text, unquoted as fn(&str) -> String));
    for (name, text, said) in said.chain(helped) {
        for (index, line) in text.lines().enumerate() {
            let said = said(line);
            let words = PRIVATE_WORDS.iter().filter(|word| has_word(&said, word));
            found.extend(words.map(|word| format!("{name}:{}: {word}", index + 1)));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_link_leads_to_a_page_and_a_heading() {
    let mut broken_links = Vec::new();
    for (name, page) in pages() {
        for (_, line) in prose(&page) {
            broken_links.extend(links(line).filter_map(|link| broken(&name, link)));
        }
    }
    assert!(broken_links.is_empty(), "{broken_links:#?}");
}

#[test]
fn every_picture_is_drawn_from_its_source_and_shown_on_a_page() {
    let pages = pages();
    let folder = root().join("docs/pictures");
    let files = fs::read_dir(folder).unwrap();
    let sources = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "dot"));
    let mut pictures = 0;
    for source in sources {
        let picture = source.with_extension("svg");
        let text = fs::read_to_string(&source).unwrap();
        let drawn = fs::read_to_string(&picture).unwrap();
        assert!(
            drawn.contains(text.trim_end()),
            "{}: run docs/pictures/draw",
            source.display()
        );
        let name = picture.file_name().unwrap().to_string_lossy();
        let link = format!("pictures/{name})");
        assert!(
            pages.iter().any(|(_, page)| page.contains(&link)),
            "no page shows {name}"
        );
        pictures += 1;
    }
    assert!(pictures >= 3, "{pictures} pictures were found");
}

/// The first block of this language on a page.
fn block(page: &str, language: &str) -> String {
    let fence = format!("```{language}\n");
    let start = page.find(&fence).unwrap() + fence.len();
    let end = page[start..].find("```").unwrap();
    page[start..start + end].to_owned()
}

/// The keys that the parser knows under `section`: it lists them when it meets one that it does not know.
fn known_keys(section: &str) -> BTreeSet<String> {
    let required = "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n";
    let via = "via = \"direct\"\n";
    let text = match section {
        "" => format!("unknown_key = 1\n{required}[personio]\n{via}"),
        "personio" => format!("{required}[personio]\n{via}unknown_key = 1\n"),
        other => format!("{required}[personio]\n{via}[{other}]\nunknown_key = 1\n"),
    };
    let error = toml::from_str::<TenantConfig>(&text).unwrap_err();
    let (_, expected) = error.message().split_once("expected").unwrap();
    expected
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_configuration_page_shows_every_key_that_the_parser_knows() {
    let page = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let text = block(&page, "toml");
    TenantConfig::parse(&text).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    let shown = |section: &str| -> BTreeSet<String> {
        match section {
            "" => table.keys().cloned().collect(),
            section => table[section].as_table().unwrap().keys().cloned().collect(),
        }
    };
    let sections = known_keys("");
    assert_eq!(shown(""), sections);
    for section in sections.iter().filter(|key| table[*key].is_table()) {
        assert_eq!(shown(section), known_keys(section), "[{section}]");
    }
}

/// Whether the page shows an example of this key, which has no default.
fn is_example(section: &str, key: &str) -> bool {
    match section {
        "personio" => key == "domain",
        "kombo" => key != "base_url",
        "reteach" => key == "academy",
        "scope" => key != "out_of_scope",
        "certificates" => matches!(key, "category" | "since"),
        "notices" => matches!(key, "mail" | "webhook"),
        _ => false,
    }
}

#[test]
fn a_key_that_is_left_out_has_the_value_that_the_configuration_page_shows() {
    let page = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let mut table: toml::Table = toml::from_str(&block(&page, "toml")).unwrap();
    for (section, value) in table.iter_mut() {
        if let Some(keys) = value.as_table_mut() {
            keys.retain(|key, _| !is_example(section, key));
        }
    }
    let shown: TenantConfig = table.try_into().unwrap();
    let required = "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n";
    let least = format!("{required}[personio]\nvia = \"direct\"\n[kombo]\n");
    assert_eq!(shown, TenantConfig::parse(&least).unwrap());
}

#[test]
fn the_configuration_page_shows_every_member_of_the_credentials() {
    let page = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    // A part that lacks a member, or has another one, is not parsed.
    let TenantSecret {
        personio,
        kombo,
        reteach,
        notices,
        fingerprint_key,
    } = TenantSecret::parse(&block(&page, "json").into()).unwrap();
    assert!(personio.is_some() && kombo.is_some() && reteach.is_some() && notices.is_some());
    assert!(fingerprint_key.is_none(), "`tenants add` makes it");
}
