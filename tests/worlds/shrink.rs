//! Makes a failing history as short as it can be: by leaving out halves, quarters and so on down to single events, until
//! nothing can be left out without the failure going away.

/// The shortest part of `history` found that still `fails`, with what it said.
pub(crate) fn shrink<E: Clone, F>(
    history: Vec<E>,
    failure: F,
    fails: impl Fn(&[E]) -> Option<F>,
) -> (Vec<E>, F) {
    let (mut best, mut said) = (history, failure);
    let mut size = best.len().div_ceil(2);
    while size > 0 {
        let mut start = 0;
        let mut shorter = false;
        while start < best.len() {
            let end = (start + size).min(best.len());
            let rest: Vec<E> = [&best[..start], &best[end..]].concat();
            if let Some(failure) = fails(&rest) {
                (best, said, shorter) = (rest, failure, true);
            } else {
                start = end;
            }
        }
        size = if size == 1 && !shorter {
            0
        } else {
            (size / 2).max(1)
        };
    }
    (best, said)
}

#[test]
fn leaves_out_all_that_does_not_matter() {
    let fails = |history: &[u8]| {
        let place = |event| history.iter().position(|it| *it == event);
        (place(3)? < place(17)?).then_some("3 before 17")
    };
    let (history, said) = shrink((0..40).collect(), "", fails);
    assert_eq!((history, said), (vec![3, 17], "3 before 17"));
}
