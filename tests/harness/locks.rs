//! Who is locked, look by look.

use std::collections::BTreeSet;

/// Accounts that have been seen locked, and those of them that were open later.
#[derive(Debug, Default)]
pub struct Locks {
    locked: BTreeSet<String>,
    opened: BTreeSet<String>,
}

impl Locks {
    /// Takes note of an account. Whether it was open for a while although it was locked before and is now.
    pub fn see(&mut self, account: String, is_locked: bool) -> bool {
        if is_locked {
            let was_opened = self.opened.contains(&account);
            self.locked.insert(account);
            return was_opened;
        }
        if self.locked.contains(&account) {
            self.opened.insert(account);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_locked_before_and_is_again_was_open_for_a_while() {
        for (looks, expected) in [
            ("open open", false),
            ("open locked locked", false),
            ("locked open open", false),
            ("locked open locked", true),
            ("open locked open open locked", true),
        ] {
            let mut locks = Locks::default();
            let seen = looks
                .split(' ')
                .fold(false, |_, look| locks.see("a".to_owned(), look == "locked"));
            assert_eq!(seen, expected, "{looks}");
            assert!(!locks.see("b".to_owned(), true));
        }
    }
}
