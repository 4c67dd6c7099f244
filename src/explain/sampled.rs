//! Who is explained: a random sample of patients, more of small groups, and the rows that stand for not knowing a value.

use crate::random::Stream;
use crate::record::Group;

/// Patients of a group that are explained at least, when it has them.
const OF_A_GROUP: usize = 100;

/// The cohort an explanation is about: vectors hold one entry a row of it.
#[derive(Debug, Clone, Copy)]
pub struct Cohort<'a> {
    /// Row of the table.
    pub rows: &'a [u32],
    /// Whether the event happened.
    pub event: &'a [bool],
    /// The risk, or the points, that the model gave.
    pub score: &'a [f64],
    /// The patient, dense from zero.
    pub patient: &'a [u32],
    /// How many patients there are.
    pub patients: usize,
    /// Case weights, when the dataset has them.
    pub weight: Option<&'a [f64]>,
    /// Centre of each row, when known; any number that tells centres apart.
    pub site: Option<&'a [u32]>,
}

/// The rows that are explained. Positions are positions among them, ascending as in the cohort.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampled {
    /// Position of each in the cohort.
    pub cohort: Vec<u32>,
    /// Row of the table of each.
    pub rows: Vec<u32>,
    /// Its patient, dense from zero.
    pub patient: Vec<u32>,
    /// How many patients there are.
    pub patients: usize,
    /// Its case weight; 1 without weights.
    pub weight: Vec<f64>,
    /// Positions that stand for everyone.
    pub everyone: Vec<u32>,
    /// Positions that stand for each group asked, in order.
    pub groups: Vec<(Group, Vec<u32>)>,
}

impl Sampled {
    /// Draws patients until about `rows` rows are there; of a group (positions in the cohort) with fewer than 100 patients
    /// among them more are drawn when `more` is true. Every set is a simple random sample of the patients it stands for.
    pub fn new(
        cohort: &Cohort<'_>,
        groups: &[(Group, &[u32])],
        rows: usize,
        more: bool,
        mut stream: Stream,
    ) -> Self {
        let mut order: Vec<u32> = (0..u32::try_from(cohort.patients).unwrap_or(u32::MAX)).collect();
        stream.shuffle(&mut order);
        let mut turn = vec![0_u32; order.len()];
        for (at, patient) in (0_u32..).zip(&order) {
            turn[*patient as usize] = at;
        }
        let mut of = vec![0_usize; order.len()];
        cohort.patient.iter().for_each(|p| of[*p as usize] += 1);
        let mut sum = 0;
        let everyone_until = order
            .iter()
            .position(|patient| {
                let full = sum >= rows;
                sum += of[*patient as usize];
                full
            })
            .unwrap_or(order.len());
        let turn_of = |row: u32| turn[cohort.patient[row as usize] as usize] as usize;
        let until: Vec<usize> = groups
            .iter()
            .map(|(_, of)| {
                let mut turns: Vec<usize> = of.iter().map(|row| turn_of(*row)).collect();
                turns.sort_unstable();
                turns.dedup();
                match turns.get(OF_A_GROUP - 1) {
                    Some(last) if more => everyone_until.max(last + 1),
                    None if more => order.len(),
                    _ => everyone_until,
                }
            })
            .collect();
        let mut taken = vec![false; cohort.rows.len()];
        for (row, taken) in (0_u32..).zip(&mut taken) {
            *taken = turn_of(row) < everyone_until;
        }
        for ((_, of), until) in groups.iter().zip(&until) {
            for row in of.iter().filter(|row| turn_of(**row) < *until) {
                taken[*row as usize] = true;
            }
        }
        let mut place = vec![u32::MAX; cohort.rows.len()];
        let mut sampled = Self::default();
        let mut dense = vec![u32::MAX; order.len()];
        for row in (0..cohort.rows.len()).filter(|row| taken[*row]) {
            place[row] = u32::try_from(sampled.rows.len()).unwrap_or(u32::MAX);
            sampled.cohort.push(u32::try_from(row).unwrap_or(u32::MAX));
            sampled.rows.push(cohort.rows[row]);
            let patient = &mut dense[cohort.patient[row] as usize];
            if *patient == u32::MAX {
                *patient = u32::try_from(sampled.patients).unwrap_or(u32::MAX);
                sampled.patients += 1;
            }
            sampled.patient.push(*patient);
            sampled.weight.push(cohort.weight.map_or(1.0, |w| w[row]));
        }
        sampled.everyone = sampled
            .cohort
            .iter()
            .filter(|row| turn_of(**row) < everyone_until)
            .map(|row| place[*row as usize])
            .collect();
        for ((group, of), until) in groups.iter().zip(until) {
            let mine = of.iter().filter(|row| turn_of(**row) < until);
            let mine = mine.map(|row| place[*row as usize]).collect();
            sampled.groups.push((group.clone(), mine));
        }
        sampled
    }

    /// What a list for the cohort says of each sampled row.
    pub fn pick<T: Copy>(&self, of_cohort: &[T]) -> Vec<T> {
        self.cohort
            .iter()
            .map(|row| of_cohort[*row as usize])
            .collect()
    }

    /// True when fewer than `min_cell` patients among some positions had the event, or did not; `event` is of sampled rows.
    pub fn few_of_an_outcome(&self, positions: &[u32], event: &[bool], min_cell: usize) -> bool {
        [true, false].into_iter().any(|happened| {
            let rows = positions.iter().copied();
            let rows: Vec<u32> = rows.filter(|at| event[*at as usize] == happened).collect();
            self.persons(&rows) < min_cell.max(2)
        })
    }

    /// How many patients are among some positions.
    pub fn persons(&self, positions: &[u32]) -> usize {
        let mut seen = vec![false; self.patients];
        let mut count = 0;
        for at in positions {
            let seen = &mut seen[self.patient[*at as usize] as usize];
            count += usize::from(!*seen);
            *seen = true;
        }
        count
    }
}

/// Rows of the table that stand for not knowing a value: about `rows` of the cohort, as many of each outcome in each centre
/// as its share. They stand in the order of centres and outcomes, so that every n-th of them is such a choice too.
pub fn background(cohort: &Cohort<'_>, rows: usize, mut stream: Stream) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(cohort.rows.len()).unwrap_or(u32::MAX)).collect();
    stream.shuffle(&mut order);
    let stratum = |row: u32| {
        let site = cohort.site.map_or(0, |site| site[row as usize]);
        (site, cohort.event[row as usize])
    };
    order.sort_by_key(|row| stratum(*row));
    let wanted = rows.min(order.len());
    let step = |at: usize| (2 * at + 1) * order.len() / (2 * wanted.max(1));
    let chosen = (0..wanted).map(|at| order[step(at)]);
    chosen.map(|row| cohort.rows[row as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(patients: usize, event: &[bool], rows: &[u32], patient: &[u32]) -> Sampled {
        let score = vec![0.5; rows.len()];
        let cohort = Cohort {
            rows,
            event,
            score: &score,
            patient,
            patients,
            weight: None,
            site: None,
        };
        let rare: Vec<u32> = (0..rows.len() as u32).filter(|r| r % 10 == 0).collect();
        let name = Group::from([("sex".to_owned(), "female".to_owned())]);
        Sampled::new(&cohort, &[(name, &rare)], 400, true, Stream::keyed([3]))
    }

    #[test]
    fn patients_come_whole_and_a_small_group_is_topped_up() {
        let rows: Vec<u32> = (0..4000).map(|row| row + 7).collect();
        let patient: Vec<u32> = (0..4000).map(|row| row / 2).collect();
        let sampled = of(2000, &vec![false; 4000], &rows, &patient);
        assert_eq!(sampled.everyone.len(), 400);
        assert_eq!(sampled.persons(&sampled.everyone), 200);
        assert_eq!(sampled.persons(&sampled.groups[0].1), OF_A_GROUP);
        assert!(
            sampled.groups[0]
                .1
                .iter()
                .all(|at| sampled.cohort[*at as usize].is_multiple_of(10))
        );
        assert!(sampled.rows.windows(2).all(|two| two[0] < two[1]));
        assert_eq!(
            sampled.patient.iter().max(),
            Some(&(sampled.patients as u32 - 1))
        );
    }

    #[test]
    fn a_small_cohort_is_explained_whole() {
        let rows: Vec<u32> = (0..50).collect();
        let sampled = of(50, &[false; 50], &rows, &rows);
        assert_eq!((sampled.rows.len(), sampled.everyone.len()), (50, 50));
        assert_eq!(sampled.groups[0].1.len(), 5);
    }

    #[test]
    fn a_background_holds_each_outcome_in_each_centre_as_the_cohort_does() {
        let rows: Vec<u32> = (0..1000).collect();
        let event: Vec<bool> = rows.iter().map(|row| row % 5 == 0).collect();
        let site: Vec<u32> = rows.iter().map(|row| row / 500).collect();
        let cohort = Cohort {
            rows: &rows,
            event: &event,
            score: &[0.1; 1000],
            patient: &rows,
            patients: 1000,
            weight: None,
            site: Some(&site),
        };
        let chosen = background(&cohort, 100, Stream::keyed([1]));
        assert_eq!(chosen.len(), 100);
        let events = chosen.iter().filter(|row| **row % 5 == 0).count();
        let first = chosen.iter().filter(|row| **row < 500).count();
        assert_eq!((events, first), (20, 50));
    }
}
