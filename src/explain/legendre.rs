//! Gauss–Legendre quadrature on [0, 1]: exact for polynomials, which is all that tree explanations integrate, and near for
//! the way from a baseline to a row.

/// Points and weights of a rule: exact for polynomials of degree `2n − 1`, up to rounding. The points are the zeros of the
/// `n`-th Legendre polynomial, found by Newton's method, moved from [−1, 1] to [0, 1].
pub fn rule(n: usize) -> Vec<(f64, f64)> {
    let n = n.max(1);
    let zero = |place: usize| {
        let mut x = (std::f64::consts::PI * (place as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut last, mut now) = (1.0, x);
            for degree in 2..=n {
                let k = degree as f64;
                (last, now) = (now, ((2.0 * k - 1.0) * x * now - (k - 1.0) * last) / k);
            }
            slope = n as f64 * (x * now - last) / (x * x - 1.0);
            let step = now / slope;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(zero).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_integrated_exactly_up_to_twice_the_points() {
        for n in 1..=40 {
            let rule = rule(n);
            for degree in 0..2 * n {
                let sum: f64 = rule.iter().map(|(t, w)| w * t.powi(degree as i32)).sum();
                let wanted = 1.0 / (degree as f64 + 1.0);
                assert!((sum - wanted).abs() < 1e-14, "{n} points, degree {degree}");
            }
        }
        assert!(
            rule(512)
                .iter()
                .all(|(t, w)| *t > 0.0 && *t < 1.0 && *w > 0.0)
        );
    }
}
