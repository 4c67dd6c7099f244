//! Permutation importance: what a model loses when an input comes from another row.
//!
//! The rows stand in a random order on a circle; in repeat `k` each row takes the input of the row `s_k` places further on,
//! with a different shift `s_k` in every repeat. No row ever keeps its own value, and over all `n − 1` shifts every pair of
//! rows meets once: the mean loss is then exactly the `e_switch` of Fisher, Rudin and Dominici (2019, J Mach Learn Res 20:177),
//! and over some shifts an unbiased estimate of it. (`sklearn.inspection::permutation_importance` lets rows keep their value
//! by chance, which pulls the importance toward zero by a factor `1 − 1/n`.)
//!
//! Inputs that are strongly correlated are moved together as one [`Player`]: moving one of them alone asks the model about
//! patients who do not exist.

use crate::dataset::table::Instead;
use crate::error::Result;
use crate::explain::question::{Player, Question};
use crate::random::Stream;

/// The circle of rows and the shifts.
#[derive(Debug, Clone)]
pub struct Circle {
    /// Place of each row on the circle.
    place: Vec<u32>,
    /// The row at each place.
    order: Vec<u32>,
    shifts: Vec<usize>,
}

impl Circle {
    /// A circle of `rows` rows with `repeats` distinct shifts, at most `rows − 1`.
    pub fn new(rows: usize, repeats: usize, mut stream: Stream) -> Self {
        let mut order: Vec<u32> = (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect();
        stream.shuffle(&mut order);
        let mut place = vec![0; order.len()];
        for (at, row) in (0_u32..).zip(&order) {
            place[*row as usize] = at;
        }
        let most = order.len().saturating_sub(1);
        let shifts = if repeats * 2 >= most {
            let mut all: Vec<usize> = (1..=most).collect();
            stream.shuffle(&mut all);
            all.truncate(repeats);
            all
        } else {
            let mut shifts = Vec::with_capacity(repeats);
            while shifts.len() < repeats {
                let shift = 1 + stream.below(most);
                if !shifts.contains(&shift) {
                    shifts.push(shift);
                }
            }
            shifts
        };
        Self {
            place,
            order,
            shifts,
        }
    }

    /// How many repeats there are.
    pub fn repeats(&self) -> usize {
        self.shifts.len()
    }

    /// For each row, the row that lends its value in this repeat.
    pub fn donors(&self, repeat: usize) -> Vec<u32> {
        let (size, shift) = (self.order.len(), self.shifts[repeat]);
        let donor = |place: &u32| self.order[(*place as usize + shift) % size];
        self.place.iter().map(donor).collect()
    }
}

/// The scores of rows when a player's inputs come from the donors of one repeat; one for each row, in order.
pub fn moved(
    question: &Question<'_>,
    rows: &[u32],
    player: &Player,
    circle: &Circle,
    repeat: usize,
) -> Result<Vec<f64>> {
    let donors: Vec<u32> = circle
        .donors(repeat)
        .into_iter()
        .map(|donor| rows[donor as usize])
        .collect();
    let instead: Vec<(usize, Instead<'_>)> = player
        .inputs
        .iter()
        .map(|input| (*input, Instead::Rows(&donors)))
        .collect();
    question.scores(rows, &instead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nobody_keeps_the_own_value_and_over_all_shifts_every_pair_meets_once() {
        let circle = Circle::new(9, 99, Stream::keyed([1]));
        assert_eq!(circle.repeats(), 8);
        let mut pairs = BTreeSet::new();
        for repeat in 0..circle.repeats() {
            for (row, donor) in (0_u32..).zip(circle.donors(repeat)) {
                assert_ne!(row, donor);
                assert!(pairs.insert((row, donor)));
            }
        }
        assert_eq!(pairs.len(), 9 * 8);
        assert_eq!(Circle::new(1, 5, Stream::keyed([1])).repeats(), 0);
        assert_eq!(Circle::new(1000, 10, Stream::keyed([1])).repeats(), 10);
    }
}
