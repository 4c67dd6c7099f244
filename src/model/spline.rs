//! Restricted cubic splines: linear beyond the outer knots (Stone and Koo 1985; `rms::rcs`, `Hmisc::rcspline.eval`).

use crate::error::Error;
use crate::sheet::Section;

/// More knots are never fitted.
const MOST_KNOTS: usize = 50;

/// A weighted sum of the `k − 1` basis functions of `k` knots.
#[derive(Debug, Clone, PartialEq)]
pub struct Spline {
    knots: Vec<f64>,
    weights: Vec<f64>,
    norm: f64,
}

/// The basis at `x`: `x` itself, then for each of the first `k − 2` knots `t_j`
///
/// `[(x−t_j)₊³ − (x−t_{k−1})₊³ (t_k−t_j)/(t_k−t_{k−1}) + (x−t_k)₊³ (t_{k−1}−t_j)/(t_k−t_{k−1})] / norm`
///
/// with `norm = (t_k − t_1)²` as `rms` has it by default. Empty with fewer than three knots.
pub fn basis(x: f64, knots: &[f64], norm: f64) -> Vec<f64> {
    let [inner @ .., before, last] = knots else {
        return Vec::new();
    };
    if inner.is_empty() {
        return Vec::new();
    }
    let cubed = |knot: f64| (x - knot).max(0.0).powi(3);
    let gap = last - before;
    std::iter::once(x)
        .chain(inner.iter().map(|knot| {
            (cubed(*knot) - cubed(*before) * (last - knot) / gap
                + cubed(*last) * (before - knot) / gap)
                / norm
        }))
        .collect()
}

impl Spline {
    /// Reads `knots`, `coefficients` (one for `x`, then one for each further basis function) and `normalised` (true
    /// unless said) from a factor. None without `knots`; problems are noted in the sheet.
    pub fn read(section: &Section<'_>) -> Option<Self> {
        let weights = section.numbers("coefficients");
        let normalised = section.flag("normalised").unwrap_or(true);
        if !section.has("knots") {
            if section.has("coefficients") {
                section.problem(
                    "coefficients",
                    Error::new("`coefficients` belong to `knots`")
                        .help("a term without a spline has one `coefficient`"),
                );
            }
            return None;
        }
        let knots = section.numbers("knots")?;
        let mut good = true;
        let mut tell = |key: &str, error: Error| {
            section.problem(key, error);
            good = false;
        };
        if !(3..=MOST_KNOTS).contains(&knots.len()) {
            tell(
                "knots",
                Error::new(format!(
                    "a restricted cubic spline has 3 to {MOST_KNOTS} knots, and this one {}",
                    knots.len()
                )),
            );
        }
        if knots
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a >= b))
        {
            tell(
                "knots",
                Error::new("`knots` must rise from one to the next"),
            );
        }
        let wanted = knots.len().saturating_sub(1);
        let weights = weights.unwrap_or_default();
        if weights.len() != wanted {
            tell(
                "coefficients",
                Error::new(format!(
                    "{} knots take {wanted} `coefficients`, and there are {}",
                    knots.len(),
                    weights.len()
                ))
                .help("the first is for the value itself, then one for each knot but the last two"),
            );
        }
        if !good {
            return None;
        }
        let norm = match (normalised, knots.first(), knots.last()) {
            (true, Some(first), Some(last)) => (last - first).powi(2),
            _ => 1.0,
        };
        Some(Self {
            knots,
            weights,
            norm,
        })
    }

    /// Each basis function in words, about what is called `name`, and its weight.
    pub fn lines(&self, name: &str) -> Vec<(String, f64)> {
        let knots: Vec<String> = self.knots.iter().map(f64::to_string).collect();
        let knots = knots.join(", ");
        let line = |(place, weight): (usize, &f64)| {
            let text = match place {
                0 => format!("{name} (linear part of a spline with knots {knots})"),
                place => format!("{name} (spline part {place})"),
            };
            (text, *weight)
        };
        self.weights.iter().enumerate().map(line).collect()
    }

    /// The weights, to be changed.
    pub fn weights_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.weights.iter_mut()
    }

    /// The weighted sum at `x`; NaN for NaN.
    pub fn at(&self, x: f64) -> f64 {
        if x.is_nan() {
            return x;
        }
        basis(x, &self.knots, self.norm)
            .iter()
            .zip(&self.weights)
            .map(|(basis, weight)| basis * weight)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Sheet;

    #[test]
    fn the_basis_has_the_values_worked_by_hand() {
        // knots 0, 1, 3; norm 9; at 2: (8 − 1·3/2 + 0) / 9; at 4: (64 − 27·3/2 + 1·1/2) / 9
        let knots = [0.0, 1.0, 3.0];
        assert_eq!(basis(2.0, &knots, 9.0), [2.0, 6.5 / 9.0]);
        assert_eq!(basis(4.0, &knots, 9.0), [4.0, 24.0 / 9.0]);
        assert_eq!(basis(-5.0, &knots, 9.0), [-5.0, 0.0]);
    }

    #[test]
    fn it_is_a_straight_line_beyond_the_outer_knots() {
        let knots = [-3.0, -1.0, 0.5, 2.0, 4.0];
        for start in [-20.0, 4.0] {
            let [a, b, c] = [0.0, 3.0, 6.0].map(|step| basis(start + step, &knots, 49.0));
            for ((a, b), c) in a.iter().zip(&b).zip(&c) {
                assert!((a - 2.0 * b + c).abs() < 1e-11);
            }
        }
    }

    #[test]
    fn knots_and_coefficients_must_fit_each_other() {
        for text in [
            "knots=[1,2]\ncoefficients=[1]",
            "knots=[1,2,2]\ncoefficients=[1,2]",
            "knots=[1,2,3]\ncoefficients=[1]",
            "knots=[1,2,3]",
            "coefficients=[1,2]",
        ] {
            let sheet = Sheet::parse(text, "m").unwrap();
            assert_eq!(Spline::read(&sheet.top()), None);
            assert_eq!(sheet.finish().len(), 1, "{text}");
        }
    }
}
