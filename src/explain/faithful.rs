//! Does an explanation say what the model does? Tests of an attribution against the model itself
//! (the groups of tests are those of Hedström et al. 2023, J Mach Learn Res 24:34).
//!
//! The worth of a set is the score when the inputs *outside* it take the baseline's values: a row, or the background's mean.
//! None of these numbers says anything alone: each is compared with attributions drawn at random, and with equal ones.

/// Largest |sum of the values − (score − base)|, relative to the larger of 1 and |score − base|: the completeness gap.
pub fn incompleteness(values: &[f64], base: f64, score: f64) -> f64 {
    let whole = score - base;
    (values.iter().sum::<f64>() - whole).abs() / whole.abs().max(1.0)
}

/// Faithfulness correlation (Bhatt et al. 2020): Pearson's correlation between what sets of inputs are said to give (the sum
/// of their values) and what the score loses when they take the baseline's values. `None` when either does not vary.
pub fn correlation(said: &[f64], lost: &[f64]) -> Option<f64> {
    let size = said.len().min(lost.len());
    if size < 3 {
        return None;
    }
    let mean = |list: &[f64]| list.iter().sum::<f64>() / size as f64;
    let (ms, ml) = (mean(said), mean(lost));
    let (mut product, mut s2, mut l2) = (0.0, 0.0, 0.0);
    for (said, lost) in said.iter().zip(lost) {
        product += (said - ms) * (lost - ml);
        s2 += (said - ms).powi(2);
        l2 += (lost - ml).powi(2);
    }
    let spread = (s2 * l2).sqrt();
    (spread > f64::EPSILON * (ms.abs() + ml.abs()).powi(2)).then(|| product / spread)
}

/// Infidelity (Yeh et al. 2019): the mean squared difference between what sets are said to give and what the score loses.
pub fn infidelity(said: &[f64], lost: &[f64]) -> Option<f64> {
    let size = said.len().min(lost.len());
    let sum: f64 = said.iter().zip(lost).map(|(s, l)| (s - l).powi(2)).sum();
    (size > 0).then(|| sum / size as f64)
}

/// Area under a deletion curve by trapezoids over equal steps: `curve` holds the score before anything is deleted, then after
/// the most important input, and so on. Lower is better when the row's score is high.
pub fn deletion_area(curve: &[f64]) -> Option<f64> {
    let steps = curve.len().checked_sub(1).filter(|steps| *steps > 0)?;
    let area: f64 = curve.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).sum();
    Some(area / steps as f64)
}

/// Places of the values from the largest in size to the smallest; equal ones by place.
pub fn ranking(values: &[f64]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..values.len()).collect();
    places.sort_by(|a, b| values[*b].abs().total_cmp(&values[*a].abs()).then(a.cmp(b)));
    places
}

/// Share of the `top` largest of two rankings that they have in common: |A ∩ B| / |A ∪ B| (Jaccard). `None` for `top` 0.
pub fn jaccard(first: &[f64], second: &[f64], top: usize) -> Option<f64> {
    let top = top.min(first.len()).min(second.len());
    let (a, b) = (ranking(first), ranking(second));
    let both = a[..top]
        .iter()
        .filter(|place| b[..top].contains(place))
        .count();
    (top > 0).then(|| both as f64 / (2 * top - both) as f64)
}

/// Kendall's τ-b between two lists of importances (`scipy.stats::kendalltau`). `None` when one of them is constant.
pub fn kendall(first: &[f64], second: &[f64]) -> Option<f64> {
    let size = first.len().min(second.len());
    let (mut agree, mut first_tied, mut second_tied, mut pairs) = (0_i64, 0_i64, 0_i64, 0_i64);
    for i in 0..size {
        for j in i + 1..size {
            let (a, b) = (
                first[i].total_cmp(&first[j]),
                second[i].total_cmp(&second[j]),
            );
            pairs += 1;
            first_tied += i64::from(a.is_eq());
            second_tied += i64::from(b.is_eq());
            agree += a as i64 * b as i64;
        }
    }
    let room = ((pairs - first_tied) as f64 * (pairs - second_tied) as f64).sqrt();
    (room > 0.0).then(|| agree as f64 / room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rankings_are_compared_as_scipy_does() {
        // scipy.stats.kendalltau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]).statistic
        let tau = kendall(&[12.0, 2.0, 1.0, 12.0, 2.0], &[1.0, 4.0, 7.0, 1.0, 0.0]).unwrap();
        assert!((tau + 0.471_404_520_791_031_7).abs() < 1e-12, "{tau}");
        assert_eq!(kendall(&[1.0, 1.0], &[1.0, 2.0]), None);
        let share = jaccard(&[5.0, -4.0, 3.0, 0.1], &[5.0, 0.0, -3.0, 1.0], 2).unwrap();
        assert!((share - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_true_explanation_correlates_and_a_constant_one_has_no_correlation() {
        let said = [0.1, 0.5, -0.3, 0.2];
        assert!((correlation(&said, &said).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(correlation(&[0.2; 4], &said), None);
        assert_eq!(infidelity(&said, &said), Some(0.0));
        assert_eq!(infidelity(&[], &[]), None);
        assert_eq!(deletion_area(&[1.0, 0.0, 0.0]), Some(0.25));
        assert_eq!(deletion_area(&[1.0]), None);
    }

    #[test]
    fn what_does_not_add_up_is_told() {
        assert!(incompleteness(&[0.5, 0.25], 0.1, 0.85) < 1e-12);
        assert!((incompleteness(&[0.5, 0.25], 0.1, 0.8) - 0.05).abs() < 1e-12);
    }
}
