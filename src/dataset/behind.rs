//! What the rows know and the counts do not: who stands behind the events, and which groups of different splits are the
//! same rows. The mask needs it; nobody reads it.

use crate::dataset::cohort::Cohort;
use crate::dataset::groups::Split;
use crate::record::{Behind, Outcomes};
use std::collections::{BTreeMap, BTreeSet};

/// Facts for the mask, with groups in the order of [`profile`](crate::dataset::profile::profile).
pub fn behind(cohort: &Cohort, splits: &[Split]) -> Behind {
    let mut seen = [vec![0; cohort.patients], vec![0; cohort.patients]];
    let mut turn = 0_usize;
    let mut persons = |rows: &mut dyn Iterator<Item = usize>| {
        turn += 1;
        let mut found = [0_u64; 2];
        for row in rows {
            let class = usize::from(cohort.event[row]);
            let last = &mut seen[class][cohort.patient[row] as usize];
            found[class] += u64::from(std::mem::replace(last, turn) != turn);
        }
        let [without, with] = found;
        Outcomes { with, without }
    };
    let everyone = Some(persons(&mut (0..cohort.rows.len())));
    let groups = splits
        .iter()
        .flat_map(|split| &split.groups)
        .map(|group| persons(&mut group.rows.iter().map(|row| *row as usize)))
        .collect();
    Behind {
        everyone,
        groups,
        same: same(cohort.rows.len(), splits),
    }
}

/// Where two splits fall apart in the same way: sets of groups of the one and of the other that hold the same rows. All of
/// the one against all of the other says nothing new, and what names tell already is left out.
fn same(rows: usize, splits: &[Split]) -> Vec<[Vec<usize>; 2]> {
    let mut first = 0;
    let of_row: Vec<Vec<usize>> = splits
        .iter()
        .map(|split| {
            let mut of_row = vec![0; rows];
            for (group, at) in split.groups.iter().zip(first..) {
                group.rows.iter().for_each(|row| of_row[*row as usize] = at);
            }
            first += split.groups.len();
            of_row
        })
        .collect();
    let mut found = Vec::new();
    for (a, one) in splits.iter().enumerate() {
        for (b, other) in splits.iter().enumerate().skip(a + 1) {
            let named = |x: &Split, y: &Split| x.by.iter().all(|by| y.by.contains(by));
            if named(one, other) || named(other, one) {
                continue;
            }
            let meet: BTreeSet<(usize, usize)> = of_row[a]
                .iter()
                .copied()
                .zip(of_row[b].iter().copied())
                .collect();
            let parts = parts(&meet);
            if parts.len() > 1 {
                found.extend(parts);
            }
        }
    }
    found
}

/// The connected parts of the graph in which two groups are joined when they share a row.
fn parts(meet: &BTreeSet<(usize, usize)>) -> Vec<[Vec<usize>; 2]> {
    let mut part: BTreeMap<usize, usize> = BTreeMap::new();
    let mut sets: Vec<[BTreeSet<usize>; 2]> = Vec::new();
    for &(a, b) in meet {
        let home = match (part.get(&a).copied(), part.get(&b).copied()) {
            (None, None) => {
                sets.push(Default::default());
                sets.len() - 1
            }
            (Some(home), None) | (None, Some(home)) => home,
            (Some(home), Some(other)) if home == other => home,
            (Some(home), Some(other)) => {
                let moved = std::mem::take(&mut sets[other]);
                for (side, groups) in moved.into_iter().enumerate() {
                    groups.iter().for_each(|group| {
                        part.insert(*group, home);
                    });
                    sets[home][side].extend(groups);
                }
                home
            }
        };
        for (side, group) in [a, b].into_iter().enumerate() {
            part.insert(group, home);
            sets[home][side].insert(group);
        }
    }
    sets.into_iter()
        .filter(|[a, _]| !a.is_empty())
        .map(|sides| sides.map(|side| side.into_iter().collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::groups::GroupRows;

    fn split(by: &[&str], levels: &[u32]) -> Split {
        let last = levels.iter().max().copied().unwrap_or(0);
        let group = |level: u32| GroupRows {
            rows: (0..)
                .zip(levels)
                .filter(|(_, l)| **l == level)
                .map(|(row, _)| row)
                .collect(),
            ..GroupRows::default()
        };
        Split {
            by: by.iter().map(|b| (*b).to_owned()).collect(),
            groups: (0..=last).map(group).collect(),
            reference: None,
        }
    }

    #[test]
    fn centres_of_a_region_are_known_to_be_that_region() {
        let centre = split(&["centre"], &[0, 0, 1, 2, 3, 3]);
        let region = split(&["region"], &[0, 0, 0, 1, 1, 1]);
        assert_eq!(
            same(6, &[centre.clone(), region]),
            [[vec![0, 1], vec![4]], [vec![2, 3], vec![5]]]
        );
        let crossed = split(&["sex"], &[0, 1, 1, 1, 0, 1]);
        assert_eq!(
            same(6, &[centre.clone(), crossed]),
            Vec::<[Vec<usize>; 2]>::new()
        );
        let named = split(&["centre", "region"], &[0, 0, 1, 2, 3, 3]);
        assert_eq!(same(6, &[centre, named]), Vec::<[Vec<usize>; 2]>::new());
    }

    #[test]
    fn persons_are_counted_once_for_each_outcome() {
        let cohort = Cohort {
            rows: (0..5).collect(),
            event: vec![true, true, false, false, true],
            patient: vec![0, 0, 0, 1, 1],
            patients: 2,
            ..Cohort::default()
        };
        let found = behind(&cohort, &[split(&["sex"], &[0, 0, 1, 1, 1])]);
        let persons = |with, without| Outcomes { with, without };
        assert_eq!(found.everyone, Some(persons(2, 2)));
        assert_eq!(found.groups, [persons(1, 0), persons(1, 2)]);
    }
}
