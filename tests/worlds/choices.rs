//! Where the choices of a history come from: a seed, or bytes that a fuzzer has found.

use std::ops::RangeBounds;

use fastrand::Rng;

/// Draws as [`Rng`] does.
pub(crate) struct Choices<'a> {
    random: Rng,
    /// Each byte is the seed of one choice. Where they end, all others have the seed 0.
    bytes: Option<&'a [u8]>,
}

impl<'a> Choices<'a> {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self {
            random: Rng::with_seed(seed),
            bytes: None,
        }
    }

    pub(crate) fn spelled(bytes: &'a [u8]) -> Self {
        Self {
            random: Rng::with_seed(0),
            bytes: Some(bytes),
        }
    }

    fn next(&mut self) -> &mut Rng {
        if let Some(bytes) = self.bytes {
            let (seed, rest) = bytes
                .split_first()
                .map_or((0, bytes), |(seed, rest)| (*seed, rest));
            self.bytes = Some(rest);
            self.random = Rng::with_seed(seed.into());
        }
        &mut self.random
    }

    pub(crate) fn bool(&mut self) -> bool {
        self.next().bool()
    }

    pub(crate) fn u8(&mut self, range: impl RangeBounds<u8>) -> u8 {
        self.next().u8(range)
    }

    pub(crate) fn i8(&mut self, range: impl RangeBounds<i8>) -> i8 {
        self.next().i8(range)
    }

    pub(crate) fn usize(&mut self, range: impl RangeBounds<usize>) -> usize {
        self.next().usize(range)
    }

    pub(crate) fn choice<I>(&mut self, from: I) -> Option<I::Item>
    where
        I: IntoIterator<IntoIter: ExactSizeIterator>,
    {
        self.next().choice(from)
    }
}

#[test]
fn a_seed_draws_what_its_generator_draws() {
    let (mut choices, mut random) = (Choices::seeded(7), Rng::with_seed(7));
    for _ in 0..100 {
        let drawn = (choices.bool(), choices.u8(0..20), choices.i8(-3..10));
        assert_eq!(drawn, (random.bool(), random.u8(0..20), random.i8(-3..10)));
        let drawn = (choices.usize(3..=8), choices.choice([1, 2, 3]));
        assert_eq!(drawn, (random.usize(3..=8), random.choice([1, 2, 3])));
    }
}

#[test]
fn a_byte_is_one_choice_and_bytes_that_end_repeat_one() {
    let drawn = |bytes: &[u8]| {
        let mut choices = Choices::spelled(bytes);
        [(); 4].map(|()| choices.u8(..))
    };
    let [first, second, ..] = drawn(&[1, 2]);
    assert_eq!(drawn(&[2, 1])[..2], [second, first]);
    assert_eq!(drawn(&[1, 2]), drawn(&[1, 2, 0, 0]));
    let all: std::collections::BTreeSet<u8> = (0..=u8::MAX)
        .map(|byte| Choices::spelled(&[byte]).u8(0..24))
        .collect();
    assert_eq!(all.len(), 24);
}
