//! `docs/session`: its commands are run in order, and what they print has to be what the pages show.
//!
//! After a wanted change: `TENANTS_SESSION=record cargo test --workspace --test cli session` rewrites the
//! blocks of the pages. Read the difference before committing it.

mod events;
mod page;

use tenants::Exit;

use self::events::Session;
use self::page::{Part, parse};

/// Shows an exit status that is not 0.
const EXIT: &str = "$ echo $?";

/// The pages, in the order of their names.
const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/session");

#[tokio::test]
async fn the_pages_show_what_is_printed() {
    let entries = std::fs::read_dir(PAGES).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 5, "{paths:?}");
    let mut session = Session::begin().await;
    for path in paths {
        let page = std::fs::read_to_string(&path).unwrap();
        let recorded = play(&mut session, &page).await;
        if std::env::var("TENANTS_SESSION").is_ok_and(|value| value == "record") {
            std::fs::write(&path, recorded).unwrap();
            continue;
        }
        for (number, (shown, printed)) in page.lines().zip(recorded.lines()).enumerate() {
            let (path, line) = (path.display(), number + 1);
            assert_eq!(
                shown, printed,
                "{path}:{line}; TENANTS_SESSION=record rewrites it"
            );
        }
        assert_eq!(page, recorded, "one of them is longer");
    }
}

/// The page with what its commands print now.
async fn play(session: &mut Session, page: &str) -> String {
    let mut recorded = String::new();
    for part in parse(page) {
        match part {
            Part::Text(line) => recorded.push_str(&format!("{line}\n")),
            Part::Happens(event) => {
                session.happens(event).await;
                recorded.push_str(&format!("<!-- happens: {event} -->\n"));
            }
            Part::File { name, content } => {
                session.write(name, &content);
                recorded.push_str(&format!("```toml\n# {name}\n{content}```\n"));
            }
            Part::Console(commands) => {
                let mut printed = Vec::new();
                for command in commands {
                    printed.push(session.types(command).await);
                }
                recorded.push_str(&format!("```console\n{}```\n", printed.join("\n")));
            }
        }
    }
    recorded
}

impl Session {
    /// What the terminal shows for this line.
    async fn types(&self, line: &str) -> String {
        let words = line.split(' ').map(|word| self.path(word));
        let words = words.collect::<Vec<_>>().join(" ");
        let command = words.strip_prefix("tenants ").unwrap();
        if command.starts_with("sync ") && !command.contains("--here") {
            self.deploy(command).await;
        }
        let done = self.desk.run(command).await;
        let status = match done.exit {
            Exit::Done => String::new(),
            exit => format!("{EXIT}\n{}\n", exit.code()),
        };
        steady(&format!("$ {line}\n{}{}{status}", done.out, done.errors))
    }
}

/// Text without durations and without white space at the ends of lines.
fn steady(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("Read live in ") {
        Some(_) => "Read live in 0.2 s.\n".to_owned(),
        None => format!("{}\n", line.trim_end()),
    };
    text.lines().map(line).collect()
}
