//! Worlds whose history a fuzzer spells, byte by byte: `.ci/fuzz worlds` looks for those in which code runs that no other
//! world has run.

use std::time::Duration;

use crate::{in_pool, seeds};

/// What is wrong in the world that bytes spell, with its shortest history.
fn failure(bytes: &[u8]) -> Option<String> {
    let (setting, history) = seeds::spelled(bytes);
    let failure = in_pool(|| seeds::live(setting, &history)).err()?;
    let shrink = || Ok(seeds::shortest(setting, history.clone(), failure.clone()));
    let (shortest, said) = in_pool(shrink).unwrap();
    Some(format!(
        "{said}\n  {setting:?}, shortest history: {shortest:#?}"
    ))
}

/// Those that are recorded.
#[test]
fn worlds() {
    bolero::check!(name = "worlds")
        .with_iterations(0)
        .with_shrink_time(Duration::ZERO)
        .for_each(|bytes: &[u8]| {
            let failure = failure(bytes);
            assert!(failure.is_none(), "{}", failure.unwrap_or_default());
        });
}

#[test]
fn bytes_spell_a_world() {
    let of = |bytes: &[u8]| format!("{:?}", seeds::spelled(bytes));
    let bytes: Vec<u8> = (0..200).collect();
    assert_eq!(of(&bytes), of(&bytes));
    assert_ne!(of(&bytes), of(&bytes[1..]));
    // Where the bytes end, the history does too.
    let (_, history) = seeds::spelled(&[]);
    assert!((3..100).contains(&history.len()), "{history:?}");
}
