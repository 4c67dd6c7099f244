//! Which unknowns of a system of sums have only one value that fits: what a patient reader with a pencil can find.

use std::collections::{BTreeMap, BTreeSet};

/// Sums are solved modulo this prime: coefficients start at 1 and −1, so that a false zero is out of the question.
const PRIME: u64 = (1 << 31) - 1;

/// One sum of unknowns whose value is known: unknown → coefficient, 1 or −1.
pub(super) type Sum = BTreeMap<usize, i8>;

/// The unknowns that follow from the sums (reduced row echelon form: a row with one unknown left gives it away).
pub(super) fn solved(sums: impl IntoIterator<Item = Sum>) -> BTreeSet<usize> {
    let mut rows: BTreeMap<usize, BTreeMap<usize, u64>> = BTreeMap::new();
    for sum in sums {
        let mut row: BTreeMap<usize, u64> = sum
            .into_iter()
            .map(|(unknown, sign)| (unknown, if sign < 0 { PRIME - 1 } else { 1 }))
            .collect();
        let pivots: Vec<usize> = row.keys().copied().collect();
        for pivot in pivots {
            if let Some(other) = rows.get(&pivot) {
                subtract(&mut row, pivot, other);
            }
        }
        let Some((&pivot, &first)) = row.first_key_value() else {
            continue;
        };
        let scale = inverse(first);
        row.values_mut().for_each(|c| *c = *c * scale % PRIME);
        for other in rows.values_mut() {
            subtract(other, pivot, &row);
        }
        rows.insert(pivot, row);
    }
    let alone = rows.into_iter().filter(|(_, row)| row.len() == 1);
    alone.map(|(pivot, _)| pivot).collect()
}

/// Takes `other`, whose coefficient at `pivot` is 1, away from `row` as often as clears `pivot` there.
fn subtract(row: &mut BTreeMap<usize, u64>, pivot: usize, other: &BTreeMap<usize, u64>) {
    let Some(&times) = row.get(&pivot) else {
        return;
    };
    for (&unknown, &coefficient) in other {
        let now = row.entry(unknown).or_default();
        *now = (*now + (PRIME - times) * coefficient) % PRIME;
        if *now == 0 {
            row.remove(&unknown);
        }
    }
}

/// Fermat: the power `p − 2`.
fn inverse(number: u64) -> u64 {
    let (mut base, mut power, mut result) = (number % PRIME, PRIME - 2, 1);
    while power > 0 {
        if power & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        power >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(terms: &[(usize, i8)]) -> Sum {
        terms.iter().copied().collect()
    }

    #[test]
    fn a_lone_unknown_is_solved_and_two_of_one_sum_are_not() {
        let sums = [sum(&[(3, 1)]), sum(&[(1, 1), (2, 1)])];
        assert_eq!(solved(sums), BTreeSet::from([3]));
    }

    #[test]
    fn a_bridge_between_two_cycles_is_solved_though_no_line_has_it_alone() {
        // rows a b c d, columns w x y z of a table: two blocks of 2 × 2, joined by the cell 8
        let rows = [[0, 1].as_slice(), &[2, 3, 8], &[4, 5], &[6, 7]];
        let columns = [[0, 2].as_slice(), &[1, 3], &[4, 6, 8], &[5, 7]];
        let sums = rows
            .iter()
            .chain(&columns)
            .map(|line| line.iter().map(|cell| (*cell, 1)).collect());
        assert_eq!(solved(sums), BTreeSet::from([8]));
    }

    #[test]
    fn signs_and_repeats_are_borne() {
        let sums = [
            sum(&[(0, 1), (1, -1)]),
            sum(&[(0, 1), (1, -1)]),
            sum(&[(0, 1), (1, 1)]),
        ];
        assert_eq!(solved(sums), BTreeSet::from([0, 1]));
    }
}
