//! What a model loses when inputs come from other patients: proper loss and ranking, with their influence values.

use crate::explain::mean::{Mean, ratio};
use crate::explain::sampled::Sampled;

/// The AUROC (ties count half) and what each row adds to it: the share of rows of the other outcome that it stands on the
/// right side of (the placement values of DeLong et al. 1988, weighted). `None` when one outcome has no weight.
pub fn placements(event: &[bool], score: &[f64], weight: &[f64]) -> Option<(f64, Vec<f64>)> {
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|a, b| score[*a].total_cmp(&score[*b]));
    let of = |wanted: bool| -> f64 {
        (0..event.len())
            .filter(|row| event[*row] == wanted)
            .map(|row| weight[row])
            .sum()
    };
    let (events, others) = (of(true), of(false));
    if events <= 0.0 || others <= 0.0 {
        return None;
    }
    let mut placed = vec![0.0; score.len()];
    let mut below = [0.0_f64; 2];
    let mut area = 0.0;
    for tied in order.chunk_by(|a, b| score[*a] == score[*b]) {
        let mut here = [0.0_f64; 2];
        tied.iter()
            .for_each(|row| here[usize::from(event[*row])] += weight[*row]);
        for row in tied {
            let other = usize::from(!event[*row]);
            let under = below[other] + here[other] / 2.0;
            placed[*row] = match event[*row] {
                true => under / others,
                false => 1.0 - under / events,
            };
        }
        area += here[1] * (below[0] + here[0] / 2.0);
        below[0] += here[0];
        below[1] += here[1];
    }
    Some((area / (events * others), placed))
}

/// The mean over repeats of how much the AUROC of some positions falls from `own` scores to those of each repeat, with its
/// standard error from placement values, patients independent. Scores hold one entry for each sampled row. `None` when one
/// outcome is not there.
pub fn auroc_drop(
    sampled: &Sampled,
    positions: &[u32],
    event: &[bool],
    own: &[f64],
    moved: &[Vec<f64>],
) -> Option<Mean> {
    let event: Vec<bool> = positions.iter().map(|at| event[*at as usize]).collect();
    let weight: Vec<f64> = positions
        .iter()
        .map(|at| sampled.weight[*at as usize])
        .collect();
    let pick = |all: &[f64]| -> Vec<f64> { positions.iter().map(|at| all[*at as usize]).collect() };
    let (area, mut placed) = placements(&event, &pick(own), &weight)?;
    let mut drop = area;
    for scores in moved {
        let (area, other) = placements(&event, &pick(scores), &weight)?;
        drop -= area / moved.len() as f64;
        for (placed, other) in placed.iter_mut().zip(other) {
            *placed -= other / moved.len() as f64;
        }
    }
    let of = |wanted: bool| -> f64 {
        let rows = event
            .iter()
            .zip(&weight)
            .filter(|(event, _)| **event == wanted);
        rows.map(|(_, weight)| weight).sum()
    };
    let share = [of(false), of(true)];
    let whole = share[0] + share[1];
    // the influence of a row: its placement minus the area, times how much rarer its outcome is than everyone
    let mut influence = vec![0.0; sampled.rows.len().max(sampled.patient.len())];
    for ((at, event), placed) in positions.iter().zip(&event).zip(&placed) {
        influence[*at as usize] = (placed - drop) * whole / share[usize::from(*event)];
    }
    let error = ratio(sampled, positions, |at| influence[at], |_| 1.0).error;
    Some(Mean { point: drop, error })
}

/// The squared error of each row.
pub fn brier(event: &[bool], score: &[f64]) -> Vec<f64> {
    let rows = event.iter().zip(score);
    rows.map(|(event, score)| (score - f64::from(u8::from(*event))).powi(2))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placements_make_the_area_and_its_error_as_delong_does() {
        // pROC::roc(c(0,0,1,1,0,1), c(.1,.4,.35,.8,.4,.4)): AUC 6/9; sqrt(var(roc)) from the two variances of placements
        let event = [false, false, true, true, false, true];
        let score = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4];
        let (area, placed) = placements(&event, &score, &[1.0; 6]).unwrap();
        assert!((area - 6.0 / 9.0).abs() < 1e-12, "{area}");
        let mean = |wanted: bool| {
            let mine: Vec<f64> = (0..6)
                .filter(|r| event[*r] == wanted)
                .map(|r| placed[r])
                .collect();
            mine.iter().sum::<f64>() / mine.len() as f64
        };
        assert!((mean(true) - area).abs() < 1e-12 && (mean(false) - area).abs() < 1e-12);
        assert_eq!(placements(&[true], &[0.5], &[1.0]), None);
    }

    #[test]
    fn a_score_without_any_order_loses_the_whole_area_above_a_half() {
        let event: Vec<bool> = (0..20).map(|row| row % 2 == 0).collect();
        let own: Vec<f64> = event
            .iter()
            .map(|event| f64::from(u8::from(*event)))
            .collect();
        let positions: Vec<u32> = (0..20).collect();
        let sampled = Sampled {
            rows: positions.clone(),
            patient: positions.clone(),
            patients: 20,
            weight: vec![1.0; 20],
            ..Sampled::default()
        };
        let drop = auroc_drop(&sampled, &positions, &event, &own, &[vec![0.5; 20]]).unwrap();
        assert!((drop.point - 0.5).abs() < 1e-12);
        let none = auroc_drop(
            &sampled,
            &positions,
            &event,
            &own,
            std::slice::from_ref(&own),
        )
        .unwrap();
        assert_eq!((none.point, none.error), (0.0, Some(0.0)));
    }
}
