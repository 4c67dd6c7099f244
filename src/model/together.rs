//! The same work for each tree of a file on all threads; what comes out is what one thread would give.

use crate::error::{Error, Result};
use rayon::prelude::*;

/// Prepares trees one after the other, so that `prepare` may count what all of them take, makes them on all threads, and
/// gives them in their order. Of several errors the one that would come first on one thread is told, with its tree.
pub fn trees<T, P: Send, M: Send>(
    all: impl IntoIterator<Item = T>,
    mut prepare: impl FnMut(usize, T) -> Result<P>,
    make: impl Fn(P) -> Result<M> + Sync,
) -> Result<Vec<M>> {
    let at = |place: usize| move |error: Error| error.at(format!("tree {place}"));
    let mut ready = Vec::new();
    let mut stopped = None;
    for (place, tree) in all.into_iter().enumerate() {
        match prepare(place, tree) {
            Ok(tree) => ready.push(tree),
            Err(error) => {
                stopped = Some(at(place)(error));
                break;
            }
        }
    }
    let made: Vec<Result<M>> = ready.into_par_iter().map(&make).collect();
    let mut trees = Vec::with_capacity(made.len());
    for (place, tree) in made.into_iter().enumerate() {
        trees.push(tree.map_err(at(place))?);
    }
    match stopped {
        Some(error) => Err(error),
        None => Ok(trees),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_that_would_come_first_is_told() {
        let of = |bad_to_prepare: usize, bad_to_make: usize| {
            let no = |_| Err(Error::new("no"));
            trees(
                0..100_usize,
                |place, x| {
                    if place == bad_to_prepare {
                        no(x)
                    } else {
                        Ok(x)
                    }
                },
                |x| if x >= bad_to_make { no(x) } else { Ok(2 * x) },
            )
        };
        assert_eq!(
            of(100, 100).unwrap(),
            (0..200).step_by(2).collect::<Vec<_>>()
        );
        for (one, other, first) in [(7, 100, 7), (100, 8, 8), (7, 3, 3), (3, 7, 3)] {
            let told = of(one, other).unwrap_err().to_string();
            assert!(told.contains(&format!("tree {first}")), "{told}");
        }
    }
}
