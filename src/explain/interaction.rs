//! Friedman's H: the share of two inputs' joint response that neither makes alone (Friedman and Popescu 2008,
//! Ann Appl Stat 2:916, equation 44; `iml::Interaction`). Unstable when both effects are small; told with an interval.

use crate::dataset::table::Instead;
use crate::error::{Error, Result};
use crate::explain::question::Question;

/// Responses of one input, or of two, centred: one value a row.
type Centred = Vec<f64>;

/// The most rows: a pair asks for their square.
pub const MOST: usize = 300;

/// Partial dependence at each row's own values of the inputs, over all rows, centred. Fails beyond [`MOST`] rows.
pub fn response(question: &Question<'_>, rows: &[u32], inputs: &[usize]) -> Result<Centred> {
    if rows.is_empty() || rows.len() > MOST {
        return Err(Error::new(format!(
            "an interaction is asked of 1 to {MOST} rows, and there are {}",
            rows.len()
        )));
    }
    let size = rows.len();
    let others = rows.repeat(size);
    let own: Vec<u32> = rows
        .iter()
        .flat_map(|row| std::iter::repeat_n(*row, size))
        .collect();
    let instead: Vec<(usize, Instead<'_>)> = inputs
        .iter()
        .map(|input| (*input, Instead::Rows(&own)))
        .collect();
    let scores = question.scores(&others, &instead)?;
    let mut response: Vec<f64> = scores
        .chunks_exact(size)
        .map(|scores| scores.iter().sum::<f64>() / size as f64)
        .collect();
    let mean = response.iter().sum::<f64>() / size as f64;
    response.iter_mut().for_each(|value| *value -= mean);
    Ok(response)
}

/// H² from the centred responses of a pair and of its two inputs; rows count with a weight. `None` when the pair has no
/// effect at all.
pub fn squared(
    pair: &[f64],
    first: &[f64],
    second: &[f64],
    weight: impl Fn(usize) -> f64,
) -> Option<f64> {
    let (mut apart, mut whole) = (0.0, 0.0);
    for (row, ((pair, first), second)) in pair.iter().zip(first).zip(second).enumerate() {
        let weight = weight(row);
        apart += weight * (pair - first - second).powi(2);
        whole += weight * pair.powi(2);
    }
    (whole > 0.0).then(|| apart / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_has_no_interaction_and_a_product_has_nothing_else() {
        let (a, b) = ([-1.0, -1.0, 1.0, 1.0], [-1.0, 1.0, -1.0, 1.0]);
        let sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        let product: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a * b).collect();
        assert_eq!(squared(&sum, &a, &b, |_| 1.0), Some(0.0));
        assert_eq!(squared(&product, &[0.0; 4], &[0.0; 4], |_| 1.0), Some(1.0));
        assert_eq!(squared(&[0.0; 4], &[0.0; 4], &[0.0; 4], |_| 1.0), None);
    }
}
