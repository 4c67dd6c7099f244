//! Shortcuts and proxies: how much of what a model leans on is settled by an attribute that should not tell a risk, or by
//! one about which people must not be told apart unseen.
//!
//! For each input, η² is the part of the variance of its contributions that lies between the levels of the attribute
//! (adjusted for the number of levels, Ezekiel 1930), so an input that only repeats the centre has 1 and one that has
//! nothing to do with it 0. The shares of the inputs times their η² add up to the part of all contributions that the
//! attribute settles.

use crate::explain::mean::{self, REPLICATES, percentiles, undefined};
use crate::explain::sampled::Sampled;
use crate::record::{Lean, LeanKind, Passed, Told, Undefined, Value};
use rayon::prelude::*;

/// An input that is settled to this part by an attribute stands for it …
pub const STANDS_FOR: f64 = 0.5;
/// … and matters when it carries this share of all contributions.
pub const MATTERS: f64 = 0.05;
/// An attribute may settle no more of all contributions.
pub const SETTLED: f64 = 0.2;
/// Inputs that are named.
const NAMED: usize = 5;

/// An attribute of the rows of a cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Why it is asked.
    pub kind: LeanKind,
    /// The level of each row of the cohort, from zero.
    pub level: Vec<u32>,
    /// Inputs of the model (by place) that read the attribute itself.
    pub inputs: Vec<usize>,
}

/// The share of each input, and its η².
type Shares = (Vec<f64>, Vec<f64>);

/// How much an attribute settles of the contributions (`values`, one list an input, one entry a sampled row).
pub fn lean(
    attribute: &Attribute,
    sampled: &Sampled,
    names: &[&str],
    values: &[Vec<f64>],
    min_cell: usize,
    key: [u64; 2],
) -> Lean {
    let level: Vec<u32> = sampled
        .cohort
        .iter()
        .map(|row| attribute.level[*row as usize])
        .collect();
    let levels = level.iter().max().map_or(0, |most| *most as usize + 1);
    let mut big = 0;
    for wanted in 0..levels {
        let mine = sampled.everyone.iter().copied();
        let mine: Vec<u32> = mine
            .filter(|at| level[*at as usize] as usize == wanted)
            .collect();
        big += usize::from(sampled.persons(&mine) >= min_cell.max(2));
    }
    let own = settled(sampled, &level, levels, values, &sampled.weight);
    let Some((shares, told)) = own.filter(|_| big > 1) else {
        let because = match big {
            0 | 1 => format!("fewer than two levels have {min_cell} patients who were explained"),
            _ => "the model leans on no input, or there are as many levels as rows".to_owned(),
        };
        return Lean {
            attribute: attribute.name.clone(),
            kind: attribute.kind,
            share: undefined(Undefined::TooFewExplained),
            inputs: Vec::new(),
            without: Vec::new(),
            verdict: Passed::NotAssessable,
            because,
        };
    };
    let drawn: Vec<Option<Shares>> = (0..REPLICATES)
        .into_par_iter()
        .map(|replicate| {
            let weight = mean::redrawn(sampled, key, replicate);
            settled(sampled, &level, levels, values, &weight)
        })
        .collect();
    let value = |point: f64, of: &dyn Fn(&Shares) -> f64| {
        let all = drawn
            .iter()
            .map(|drawn| drawn.as_ref().map_or(f64::NAN, of));
        percentiles(point, all.collect(), REPLICATES)
    };
    let whole = |(shares, told): &Shares| -> f64 {
        shares
            .iter()
            .zip(told)
            .map(|(share, told)| share * told)
            .sum()
    };
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| {
        (shares[*b] * told[*b])
            .total_cmp(&(shares[*a] * told[*a]))
            .then(a.cmp(b))
    });
    let told_by = |input: usize| Told {
        input: names[input].to_owned(),
        share: value(shares[input], &|drawn| drawn.0[input]),
        told: value(told[input], &|drawn| drawn.1[input]),
    };
    let share = value(whole(&(shares.clone(), told.clone())), &whole);
    let all: Vec<Told> = order.iter().map(|input| told_by(*input)).collect();
    let (verdict, because) = judged(attribute, names, &share, &all);
    Lean {
        attribute: attribute.name.clone(),
        kind: attribute.kind,
        share,
        inputs: all.into_iter().take(NAMED).collect(),
        without: Vec::new(),
        verdict,
        because,
    }
}

/// The share of each input and its adjusted η², over everyone; `None` when nothing is shared or levels are too many.
fn settled(
    sampled: &Sampled,
    level: &[u32],
    levels: usize,
    values: &[Vec<f64>],
    weight: &[f64],
) -> Option<Shares> {
    let rows = || sampled.everyone.iter().map(|at| *at as usize);
    let count = sampled.everyone.len() as f64;
    let mut per_level = vec![0.0; levels];
    rows().for_each(|row| per_level[level[row] as usize] += weight[row]);
    let there = per_level.iter().filter(|weight| **weight > 0.0).count() as f64;
    let whole: f64 = per_level.iter().sum();
    if whole <= 0.0 || count <= there || there < 1.0 {
        return None;
    }
    let adjust = (count - 1.0) / (count - there);
    let (mut sizes, mut told) = (Vec::new(), Vec::new());
    for values in values {
        let mut sums = vec![0.0; levels];
        let (mut size, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for row in rows() {
            let (weight, value) = (weight[row], values[row]);
            size += weight * value.abs();
            sum += weight * value;
            squares += weight * value * value;
            sums[level[row] as usize] += weight * value;
        }
        let total = squares - sum * sum / whole;
        let within = sums
            .iter()
            .zip(&per_level)
            .filter(|(_, weight)| **weight > 0.0);
        let between =
            within.map(|(sum, weight)| sum * sum / weight).sum::<f64>() - sum * sum / whole;
        let varies = total > 1e-12 * squares;
        let part = if varies { between / total } else { 0.0 };
        told.push((1.0 - (1.0 - part) * adjust).clamp(0.0, 1.0));
        sizes.push(size);
    }
    let all: f64 = sizes.iter().sum();
    (all > 0.0).then(|| (sizes.iter().map(|size| size / all).collect(), told))
}

fn judged(attribute: &Attribute, names: &[&str], share: &Value, all: &[Told]) -> (Passed, String) {
    let name = &attribute.name;
    let ends = |value: &Value| {
        let point = value.known().unwrap_or(0.0);
        value.interval().map_or((point, point), |i| (i.low, i.high))
    };
    let percent = |value: &Value| match 100.0 * value.known().unwrap_or(0.0) {
        little if little < 0.95 => format!("{little:.1} %"),
        much => format!("{much:.0} %"),
    };
    let itself: Vec<&str> = attribute.inputs.iter().map(|input| names[*input]).collect();
    if attribute.kind == LeanKind::Sensitive && !itself.is_empty() {
        let sum: f64 = all
            .iter()
            .filter(|told| itself.contains(&told.input.as_str()))
            .filter_map(|told| told.share.known())
            .sum();
        let because = format!(
            "`{name}` is an input that the model's card declares, with {:.0} % of all contributions; it settles {} of them",
            100.0 * sum,
            percent(share)
        );
        return (Passed::Passed, because);
    }
    let stands = |told: &Told, lower: bool| {
        let pick = |value: &Value| if lower { ends(value).0 } else { ends(value).1 };
        pick(&told.told) >= STANDS_FOR && pick(&told.share) >= MATTERS
    };
    if let Some(told) = all.iter().find(|told| stands(told, true)) {
        let because = format!(
            "`{}` stands for `{name}`: `{name}` settles {} of what it adds, and it carries {} of all contributions",
            told.input,
            percent(&told.told),
            percent(&told.share)
        );
        return (Passed::Failed, because);
    }
    let (low, high) = ends(share);
    let settles = format!("`{name}` settles {} of all contributions", percent(share));
    let limit = format!("at most {:.0} % are asked", 100.0 * SETTLED);
    if low > SETTLED {
        (Passed::Failed, format!("{settles}; {limit}"))
    } else if high <= SETTLED && !all.iter().any(|told| stands(told, false)) {
        (
            Passed::Passed,
            format!("{settles}, and no input stands for it; {limit}"),
        )
    } else {
        let because = format!("{settles}, too uncertain to tell; {limit}");
        (Passed::NotAssessable, because)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn sampled(rows: u32) -> Sampled {
        let all: Vec<u32> = (0..rows).collect();
        Sampled {
            cohort: all.clone(),
            rows: all.clone(),
            patient: all.clone(),
            patients: all.len(),
            weight: vec![1.0; all.len()],
            everyone: all,
            groups: Vec::new(),
        }
    }

    fn site(rows: u32, inputs: Vec<usize>, kind: LeanKind) -> Attribute {
        Attribute {
            name: "site".to_owned(),
            kind,
            level: (0..rows).map(|row| row % 5).collect(),
            inputs,
        }
    }

    /// Contributions: one that is the centre, one that is noise.
    fn values(rows: u32, strength: f64) -> Vec<Vec<f64>> {
        let mut stream = Stream::keyed([5]);
        let planted = (0..rows)
            .map(|row| strength * (f64::from(row % 5) - 2.0))
            .collect();
        vec![planted, (0..rows).map(|_| stream.normal()).collect()]
    }

    #[test]
    fn an_input_that_repeats_the_centre_is_caught() {
        let of = |strength| {
            let attribute = site(600, vec![], LeanKind::Shortcut);
            lean(
                &attribute,
                &sampled(600),
                &["ward", "age"],
                &values(600, strength),
                10,
                [1, 2],
            )
        };
        let found = of(0.5);
        assert_eq!(found.verdict, Passed::Failed, "{}", found.because);
        assert!(
            found.because.contains("`ward` stands for `site`"),
            "{}",
            found.because
        );
        assert!((found.inputs[0].told.known().unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(of(0.0).verdict, Passed::Passed, "{}", of(0.0).because);
        assert!(of(0.0).share.known().unwrap() < 0.05);
    }

    #[test]
    fn few_patients_are_no_pass_and_a_declared_input_is_no_secret() {
        let attribute = site(20, vec![], LeanKind::Shortcut);
        let found = lean(
            &attribute,
            &sampled(20),
            &["ward", "age"],
            &values(20, 0.5),
            10,
            [1, 2],
        );
        assert_eq!(found.verdict, Passed::NotAssessable);
        let open = site(600, vec![0], LeanKind::Sensitive);
        let found = lean(
            &open,
            &sampled(600),
            &["ward", "age"],
            &values(600, 0.5),
            10,
            [1, 2],
        );
        assert_eq!(found.verdict, Passed::Passed);
        assert!(found.because.contains("declares"), "{}", found.because);
    }
}
