//! Mean patients: the contributions of everyone in one cell of the two-by-two table, averaged. Never one person.

use crate::explain::contribution::Contributions;
use crate::explain::mean::{EVERYWHERE, mean};
use crate::explain::sampled::Sampled;
use crate::record::{Archetype, Part, Scale};

/// Contributions that are told one by one; what is left is added up.
const NAMED: usize = 8;
/// What is left is called.
const OTHERS: &str = "all others";

/// The four cells at a threshold. Of an outcome of which either cell has fewer than `min_cell` patients neither is told, since one
/// follows from the other.
#[allow(
    clippy::too_many_arguments,
    reason = "each is another thing the cells are made of"
)]
pub fn archetypes(
    sampled: &Sampled,
    event: &[bool],
    flagged: &[bool],
    names: &[&str],
    explained: &Contributions,
    explainer: &str,
    scale: Scale,
    min_cell: usize,
) -> Vec<Archetype> {
    let cell = |happened: bool, flag: bool| -> Vec<u32> {
        let rows = sampled.everyone.iter().copied();
        rows.filter(|at| event[*at as usize] == happened && flagged[*at as usize] == flag)
            .collect()
    };
    let mut told = Vec::new();
    for (happened, words) in [
        (true, ["events-flagged", "events-missed"]),
        (false, ["non-events-flagged", "non-events-not-flagged"]),
    ] {
        let cells = [cell(happened, true), cell(happened, false)];
        if cells
            .iter()
            .any(|cell| sampled.persons(cell) < min_cell.max(2))
        {
            continue;
        }
        for (word, cell) in words.into_iter().zip(cells) {
            let of = |input: usize| mean(sampled, &cell, |at| explained.values[input][at]);
            let mut order: Vec<usize> = (0..names.len()).collect();
            let size: Vec<f64> = order.iter().map(|input| of(*input).point.abs()).collect();
            order.sort_by(|a, b| size[*b].total_cmp(&size[*a]).then(a.cmp(b)));
            let (named, rest) = order.split_at(NAMED.min(order.len()));
            let mut parts: Vec<Part> = named
                .iter()
                .map(|input| Part {
                    input: names[*input].to_owned(),
                    mean: of(*input).value(EVERYWHERE),
                })
                .collect();
            if !rest.is_empty() {
                let sum = |at: usize| rest.iter().map(|input| explained.values[*input][at]).sum();
                parts.push(Part {
                    input: OTHERS.to_owned(),
                    mean: mean(sampled, &cell, sum).value(EVERYWHERE),
                });
            }
            told.push(Archetype {
                archetype: word.to_owned(),
                explainer: explainer.to_owned(),
                scale,
                patients: sampled.persons(&cell).into(),
                base: explained.base,
                end: mean(sampled, &cell, |at| explained.score[at]).value(EVERYWHERE),
                parts,
            });
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Count;

    #[test]
    fn the_parts_of_a_mean_patient_add_up_and_few_patients_are_not_told() {
        let all: Vec<u32> = (0..100).collect();
        let sampled = Sampled {
            cohort: all.clone(),
            rows: all.clone(),
            patient: all.clone(),
            patients: 100,
            weight: vec![1.0; 100],
            everyone: all,
            groups: Vec::new(),
        };
        let event: Vec<bool> = (0..100).map(|row| row < 30).collect();
        let flagged: Vec<bool> = (0..100).map(|row| row % 2 == 0 || row > 90).collect();
        let names: Vec<String> = (0..12).map(|input| format!("i{input}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let values: Vec<Vec<f64>> = (0..12)
            .map(|input| {
                (0..100)
                    .map(|row| f64::from(row * (input + 3) % 7) - 3.0)
                    .collect()
            })
            .collect();
        let score = (0..100)
            .map(|row| 0.5 + values.iter().map(|v| v[row]).sum::<f64>())
            .collect();
        let explained = Contributions {
            base: 0.5,
            score,
            values,
        };
        let told = |min_cell| {
            let scale = Scale::Logit;
            archetypes(
                &sampled,
                &event,
                &flagged,
                &names,
                &explained,
                "tree-shap",
                scale,
                min_cell,
            )
        };
        assert_eq!(told(10).len(), 4);
        for one in told(10) {
            assert_eq!(one.parts.len(), NAMED + 1);
            let sum: f64 = one.parts.iter().filter_map(|part| part.mean.known()).sum();
            assert!((one.base + sum - one.end.known().unwrap()).abs() < 1e-9);
        }
        assert_eq!(told(10)[0].patients, Count::Known(15));
        assert_eq!(told(16).len(), 2);
        assert_eq!(told(99).len(), 0);
    }
}
