//! `infra/session.md`: its commands are run in order, and what they print has to be what the page shows.
//!
//! After a change that is meant: `TENANTS_SESSION=record cargo test --workspace --test cli session` writes the page's
//! blocks anew. Read the difference before committing it.

mod events;
mod page;

use tenants::{Exit, Somebody};

use self::events::Session;
use self::page::{Part, parse};

/// Shows an exit status that is not 0.
const EXIT: &str = "$ echo $?";

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../session.md");

#[tokio::test]
async fn the_page_shows_what_is_printed() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let recorded = play(&page).await;
    if std::env::var("TENANTS_SESSION").is_ok_and(|value| value == "record") {
        return std::fs::write(PAGE, recorded).unwrap();
    }
    for (number, (shown, printed)) in page.lines().zip(recorded.lines()).enumerate() {
        let line = number + 1;
        assert_eq!(
            shown, printed,
            "infra/session.md:{line}; TENANTS_SESSION=record writes it anew"
        );
    }
    assert_eq!(page, recorded, "one of them is longer");
}

/// The page with what its commands print now.
async fn play(page: &str) -> String {
    let mut session = Session::begin().await;
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
        let words = page::words(line);
        let (program, args) = words.split_first().unwrap();
        assert_eq!(program, "tenants", "{line}");
        let args: Vec<String> = args.iter().map(|arg| self.path(arg)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        if args.first() == Some(&"sync") && !args.contains(&"--here") {
            self.deployed(&args).await;
        }
        let done = self
            .desk
            .run_as(Somebody::Nobody, "", self.desk.variables(), &args)
            .await;
        let status = match done.exit {
            Exit::Done => String::new(),
            exit => format!("{EXIT}\n{}\n", exit.code()),
        };
        steady(&format!("$ {line}\n{}{}{status}", done.out, done.errors))
    }
}

/// Text without what is another on each run, and without white space at the ends of lines.
fn steady(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("Read live in ") {
        Some(_) => "Read live in 0.2 s.\n".to_owned(),
        None => format!("{}\n", line.trim_end()),
    };
    text.lines().map(line).collect()
}
