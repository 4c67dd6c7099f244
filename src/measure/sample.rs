//! Outcomes and scores of some rows, sorted once from the highest score down, so that one linear pass measures all.

use crate::measure::question::Rows;
use rayon::prelude::*;

/// A weighted sample of a yes-or-no outcome.
///
/// Rows stand from the highest score to the lowest; among equal scores those without the event come first, so that an
/// event meets at its own place everything its score ties with. A threshold is then a place in this order.
#[derive(Debug, Clone)]
pub struct Binary {
    pub(crate) score: Vec<f64>,
    /// `0xff` for an event, `0x00` otherwise: a mask, so that the integer pass needs no branch.
    pub(crate) mask: Vec<u8>,
    pub(crate) weight: Option<Vec<f64>>,
    /// What is drawn when this row is drawn; `None` when row `i` is unit `i`.
    pub(crate) unit: Option<Vec<u32>>,
    /// Units of the draw (patients of the whole sample).
    pub(crate) units: usize,
    /// Who the rows belong to, when someone has several here.
    pub(crate) repeats: Option<Repeats>,
    pub(crate) probability: bool,
    pub(crate) thresholds: Vec<f64>,
    /// For each threshold, its entry in `stops`.
    pub(crate) stop_of: Vec<usize>,
    /// Places where the counts above are asked for; rising, the first is 0.
    pub(crate) stops: Vec<usize>,
    pub(crate) pieces: Vec<Piece>,
    /// Position in the rows given of every row here.
    order: Vec<u32>,
}

/// The patient of each row, dense from zero.
#[derive(Debug, Clone)]
pub(crate) struct Repeats {
    pub(crate) patient: Vec<u32>,
    pub(crate) patients: usize,
}

/// A stretch of rows that is counted in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) start: usize,
    /// In a tied piece the first event; equal to `end` when no event of the piece ties with another row.
    pub(crate) middle: usize,
    pub(crate) end: usize,
    /// Whether the counts so far are asked for at its end.
    pub(crate) stop: bool,
}

impl Binary {
    /// Sorts the rows. Rows without a finite score, with a score outside [0, 1] that claims to be a probability, or with a
    /// weight that is negative or not finite are left out; see [`Binary::left_out`].
    pub fn new(rows: &Rows<'_>, thresholds: &[f64]) -> Self {
        let given = rows
            .event
            .len()
            .min(rows.score.len())
            .min(rows.patient.len())
            .min(rows.weight.map_or(usize::MAX, <[f64]>::len))
            .min(u32::MAX as usize);
        let mut keys: Vec<(u64, bool, u32)> = (0..given)
            .into_par_iter()
            .filter(|&i| {
                let score = rows.score[i];
                let weight = rows.weight.map_or(1.0, |w| w[i]);
                score.is_finite()
                    && (!rows.probability || (0.0..=1.0).contains(&score))
                    && weight.is_finite()
                    && weight >= 0.0
            })
            .map(|i| (falling_key(rows.score[i] + 0.0), rows.event[i], i as u32))
            .collect();
        keys.par_sort_unstable();
        let order: Vec<u32> = keys.into_iter().map(|(_, _, i)| i).collect();
        let pick = |i: &u32| *i as usize;
        let ids: Vec<u32> = order.iter().map(|i| rows.patient[pick(i)]).collect();
        let (unit, units) = dense(&ids, rows.patients);
        let alone = units == order.len();
        Self::arranged(
            order.iter().map(|i| rows.score[pick(i)] + 0.0).collect(),
            order
                .iter()
                .map(|i| if rows.event[pick(i)] { 0xff } else { 0 })
                .collect(),
            rows.weight
                .filter(|w| order.iter().any(|i| w[pick(i)] != 1.0))
                .map(|w| order.iter().map(|i| w[pick(i)]).collect()),
            (!alone).then_some(unit),
            units,
            rows.probability,
            thresholds,
            order,
        )
    }

    /// The rows at these places, which must rise; units stay those of the whole, so that both share their draws.
    fn part(&self, places: &[usize]) -> Self {
        Self::arranged(
            places.iter().map(|&i| self.score[i]).collect(),
            places.iter().map(|&i| self.mask[i]).collect(),
            self.weight
                .as_ref()
                .map(|w| places.iter().map(|&i| w[i]).collect()),
            Some(
                places
                    .iter()
                    .map(|&i| self.unit.as_ref().map_or(i as u32, |unit| unit[i]))
                    .collect(),
            ),
            self.units,
            self.probability,
            &self.thresholds,
            places.iter().map(|&i| self.order[i]).collect(),
        )
    }

    /// The place of every row given, by its position; `u32::MAX` for rows left out.
    pub fn places(&self, given: usize) -> Vec<u32> {
        let mut places = vec![u32::MAX; given];
        for (place, &position) in self.order.iter().enumerate() {
            if let Some(slot) = places.get_mut(position as usize) {
                *slot = place as u32;
            }
        }
        places
    }

    /// The rows of a group, by their positions in the rows given; `places` as [`Binary::places`] gives them.
    pub fn group(&self, positions: &[u32], places: &[u32]) -> Self {
        let mut chosen: Vec<usize> = positions
            .iter()
            .filter_map(|&position| places.get(position as usize))
            .filter(|&&place| place != u32::MAX)
            .map(|&place| place as usize)
            .collect();
        chosen.sort_unstable();
        chosen.dedup();
        self.part(&chosen)
    }

    /// The same rows, each weighing what `by` says of its position in the rows given, times what it weighed.
    #[must_use]
    pub fn reweighted(&self, by: impl Fn(usize) -> f64) -> Self {
        let weight = self
            .order
            .iter()
            .enumerate()
            .map(|(i, &position)| {
                self.weight.as_ref().map_or(1.0, |w| w[i]) * by(position as usize)
            })
            .collect();
        Self {
            weight: Some(weight),
            ..self.clone()
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "private; it takes a sample apart into its columns"
    )]
    fn arranged(
        score: Vec<f64>,
        mask: Vec<u8>,
        weight: Option<Vec<f64>>,
        unit: Option<Vec<u32>>,
        units: usize,
        probability: bool,
        thresholds: &[f64],
        order: Vec<u32>,
    ) -> Self {
        let above: Vec<usize> = thresholds
            .iter()
            .map(|&t| score.partition_point(|&s| s >= t))
            .collect();
        let mut stops = above.clone();
        stops.push(0);
        stops.sort_unstable();
        stops.dedup();
        let stop_of = above
            .iter()
            .map(|a| stops.partition_point(|s| s < a))
            .collect();
        let pieces = pieces(&score, &mask, &stops);
        let repeats = unit.as_ref().and_then(|unit| {
            let (patient, patients) = dense(unit, units);
            (patients < unit.len()).then_some(Repeats { patient, patients })
        });
        Self {
            score,
            mask,
            weight,
            unit,
            units,
            repeats,
            probability,
            thresholds: thresholds.to_vec(),
            stop_of,
            stops,
            pieces,
            order,
        }
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.score.len()
    }

    /// Patients of the whole sample this one is part of: what a replicate draws from.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Rows given that could not be used.
    pub fn left_out(&self, given: usize) -> usize {
        given.saturating_sub(self.rows())
    }

    /// Patients behind the rows.
    pub fn patients(&self) -> usize {
        self.repeats.as_ref().map_or(self.rows(), |r| r.patients)
    }

    /// Rows with the event and rows without, of those that weigh something.
    pub fn classes(&self) -> [usize; 2] {
        let weighty = |i: &usize| self.weighs(*i) > 0.0;
        let rows = (0..self.rows()).filter(weighty);
        rows.fold([0; 2], |mut classes, i| {
            classes[usize::from(!self.event(i))] += 1;
            classes
        })
    }

    /// Whether row `i` had the event.
    pub(crate) fn event(&self, i: usize) -> bool {
        self.mask[i] != 0
    }

    /// 1 for an event, 0 otherwise.
    pub(crate) fn outcome(&self, i: usize) -> f64 {
        f64::from(self.mask[i] & 1)
    }

    /// Weight of row `i`.
    pub(crate) fn weighs(&self, i: usize) -> f64 {
        self.weight.as_ref().map_or(1.0, |w| w[i])
    }

    /// Rows of equal score, from the highest score down.
    pub(crate) fn ties(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let mut start = 0;
        self.score.chunk_by(|a, b| a == b).map(move |tied| {
            let range = start..start + tied.len();
            start = range.end;
            range
        })
    }
}

/// A key that rises as the number falls; `0.0` and `-0.0` must be made equal before.
fn falling_key(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 {
        bits
    } else {
        !(bits | 1 << 63)
    }
}

/// Renumbers ids by first appearance, and how many there are. `bound` is a hint of the largest id plus one.
fn dense(ids: &[u32], bound: usize) -> (Vec<u32>, usize) {
    let bound = ids
        .iter()
        .map(|&id| id as usize + 1)
        .max()
        .map_or(0, |top| top.min(bound));
    let mut seen = vec![u32::MAX; bound];
    let mut far = std::collections::BTreeMap::new();
    let mut next = 0_u32;
    let mut number = |known: &mut u32| {
        if *known == u32::MAX {
            *known = next;
            next += 1;
        }
        *known
    };
    let new = ids
        .iter()
        .map(|&id| match seen.get_mut(id as usize) {
            Some(known) => number(known),
            None => number(far.entry(id).or_insert(u32::MAX)),
        })
        .collect();
    (new, next as usize)
}

/// Cuts the order into stretches without meaningful ties, tied groups that hold an event, and stops.
fn pieces(score: &[f64], mask: &[u8], stops: &[usize]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut stops = stops.iter().copied().skip_while(|&s| s == 0).peekable();
    let (mut start, mut loose) = (0, 0);
    let flat = |start, end| Piece {
        start,
        middle: end,
        end,
        stop: false,
    };
    for tied in score.chunk_by(|a, b| a == b) {
        let end = start + tied.len();
        let middle = start + mask[start..end].partition_point(|&m| m == 0);
        if tied.len() > 1 && middle < end {
            if loose < start {
                pieces.push(flat(loose, start));
            }
            pieces.push(Piece {
                start,
                middle,
                end,
                stop: false,
            });
            loose = end;
        }
        if stops.next_if_eq(&end).is_some() {
            if loose < end {
                pieces.push(flat(loose, end));
                loose = end;
            }
            if let Some(last) = pieces.last_mut() {
                last.stop = true;
            }
        }
        start = end;
    }
    if loose < start {
        pieces.push(flat(loose, start));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_from_the_highest_score_down_and_ties_are_told_apart() {
        let rows = Rows {
            event: &[true, false, true, false, false],
            score: &[0.3, 0.3, 0.9, 0.1, -0.0],
            probability: true,
            weight: None,
            patient: &[7, 7, 1, 2, 3],
            patients: 8,
        };
        let sample = Binary::new(&rows, &[0.3, 2.0]);
        assert_eq!(sample.score, [0.9, 0.3, 0.3, 0.1, 0.0]);
        assert_eq!(sample.mask, [0xff, 0, 0xff, 0, 0]);
        assert_eq!(sample.unit.as_deref(), Some(&[0, 1, 1, 2, 3][..]));
        assert_eq!((sample.units, sample.patients()), (4, 4));
        assert_eq!(sample.stops, [0, 3]);
        assert_eq!(sample.stop_of, [1, 0]);
        let cut: Vec<_> = sample
            .pieces
            .iter()
            .map(|p| (p.start, p.middle, p.end, p.stop))
            .collect();
        assert_eq!(cut, [(0, 1, 1, false), (1, 2, 3, true), (3, 5, 5, false)]);
    }

    #[test]
    fn a_patient_number_out_of_bounds_costs_no_memory() {
        assert_eq!(dense(&[u32::MAX, 5, u32::MAX], 10), (vec![0, 1, 0], 2));
    }

    #[test]
    fn unusable_rows_are_left_out() {
        let rows = Rows {
            event: &[true, false, true],
            score: &[f64::NAN, 0.5, 1.5],
            probability: true,
            weight: None,
            patient: &[0, 1, 2],
            patients: 3,
        };
        assert_eq!(Binary::new(&rows, &[]).rows(), 1);
    }
}
