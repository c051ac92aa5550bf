//! Every test, file and check that the threat model names exists.

use std::fs;
use std::path::PathBuf;

use super::root;

/// All Rust sources of the workspace.
fn sources() -> String {
    let mut folders: Vec<PathBuf> = ["functions", "infra", "shared", "tests"]
        .map(|folder| root().join(folder))
        .into();
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    text
}

/// The last column of the page's table, row by row.
fn shown_by(page: &str) -> Vec<&str> {
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    // The heading and the line below it.
    rows.skip(2)
        .filter_map(|row| row.rsplit('|').next())
        .collect()
}

fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Whether the sources contain a test of this name: its attributes stand directly above.
fn is_test(name: &str, sources: &str) -> bool {
    let head = format!("fn {name}(");
    let heads = sources.match_indices(&head).map(|(at, _)| &sources[..at]);
    let mut attributes = heads.map(|head| {
        head.rsplit('\n')
            .skip(1)
            .take_while(|line| line.contains("#["))
    });
    attributes.any(|mut lines| lines.any(|line| line.contains("test")))
}

/// Whether the name is a file, a test or a check of the gate.
fn exists(name: &str, sources: &str) -> bool {
    if name.contains('/') {
        return root().join(name).exists();
    }
    let gate = fs::read_to_string(root().join(".ci/run")).unwrap();
    let checks = fs::read_to_string(root().join(".ci/deploy_check.py")).unwrap();
    is_test(name, sources)
        || gate
            .lines()
            .any(|line| line.starts_with(&format!("{name}() {{")))
        || checks
            .lines()
            .any(|line| line.starts_with(&format!("def {name}(")))
}

#[test]
fn the_threat_model_names_existing_tests() {
    let page = fs::read_to_string(root().join("docs/threat-model.md")).unwrap();
    let (rows, sources) = (shown_by(&page), sources());
    assert!(rows.len() > 8, "the table is found: {rows:?}");
    for row in rows {
        let names: Vec<&str> = quoted(row).collect();
        assert!(!names.is_empty(), "nothing shows it: {row}");
        let missing: Vec<_> = names
            .into_iter()
            .filter(|name| !exists(name, &sources))
            .collect();
        assert!(missing.is_empty(), "{missing:?} of {row}");
    }
}

#[test]
fn an_unknown_name_is_reported() {
    let page =
        "| who | shown by |\n|---|---|\n| one | `a_test`, `.ci/run` |\n| two | `no_test` |\n";
    assert_eq!(
        shown_by(page)
            .into_iter()
            .flat_map(quoted)
            .collect::<Vec<_>>(),
        ["a_test", ".ci/run", "no_test"]
    );
    let sources = "#[test]\nfn a_test() {}\n\n    #[tokio::test]\n    async fn another() {}\n\nfn no_test() {}\n";
    let found = [
        "a_test",
        "another",
        ".ci/run",
        "dependencies",
        "permissions",
        "no_test",
        "a_tes",
        ".ci/ran",
    ]
    .map(|name| exists(name, sources));
    assert_eq!(found, [true, true, true, true, true, false, false, false]);
}
