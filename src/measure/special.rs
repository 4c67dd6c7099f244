//! Functions of mathematics that the standard library does not have.

/// The 97.5th centile of the standard normal distribution.
pub const Z: f64 = 1.959_963_984_540_054;

/// Coverage of every interval.
pub const LEVEL: f64 = 0.95;

/// `ln(p / (1 - p))` for `p` in (0, 1); infinite at the ends.
pub fn logit(p: f64) -> f64 {
    p.ln() - (-p).ln_1p()
}

/// The inverse of [`logit`], without overflow.
pub fn expit(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// The quantile of sorted numbers by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996,
/// `stats::quantile` in R). `None` for no numbers; `share` in [0, 1].
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let low = sorted.get(place.floor() as usize)?;
    let high = sorted.get((place.ceil() as usize).min(last))?;
    Some(low + (place - place.floor()) * (high - low))
}

/// `ln Γ(x)` for `x > 0`: the recurrence up to 10, then Stirling's series (Abramowitz & Stegun 6.1.41); relative error
/// below 1e-13.
pub fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < 10.0 {
        below += x.ln();
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = (1.0 / 12.0
        - r * (1.0 / 360.0
            - r * (1.0 / 1260.0
                - r * (1.0 / 1680.0 - r * (1.0 / 1188.0 - r * 691.0 / 360_360.0)))))
        / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - below
}

/// The regularised incomplete beta function `I_x(a, b)` by its continued fraction (Lentz's method; Abramowitz & Stegun
/// 26.5.8). `a, b > 0`, `x` in [0, 1].
pub fn beta_share(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_share(b, a, 1.0 - x);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    let keep = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / keep(1.0 - (a + b) * x / (a + 1.0)));
    let mut f = d;
    for m in 1..100_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / keep(1.0 + even * d);
        c = keep(1.0 + even / c);
        f *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / keep(1.0 + odd * d);
        c = keep(1.0 + odd / c);
        f *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    front * f / a
}

/// The `share` quantile of the beta distribution: [`beta_share`] inverted by bisection to the last bit (`stats::qbeta`).
pub fn beta_quantile(share: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..1100 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beta_share(a, b, middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_and_beta_agree_with_known_values() {
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-13);
        assert!((ln_gamma(11.0) - 3_628_800_f64.ln()).abs() < 1e-12);
        assert!((beta_share(1.0, 1.0, 0.3) - 0.3).abs() < 1e-14);
        assert!((beta_share(2.0, 3.0, 0.4) - 0.5248).abs() < 1e-12);
        assert!((beta_quantile(0.5248, 2.0, 3.0) - 0.4).abs() < 1e-12);
        let tiny = beta_quantile(0.025, 1.0, 12.0);
        assert!((tiny - (1.0 - 0.975_f64.powf(1.0 / 12.0))).abs() < 1e-14);
    }

    #[test]
    fn logit_and_expit_undo_each_other() {
        for p in [1e-12, 0.1, 0.5, 0.9] {
            assert!((expit(logit(p)) / p - 1.0).abs() < 1e-12);
        }
        assert_eq!(expit(-1e4), 0.0);
        assert_eq!(expit(1e4), 1.0);
    }

    #[test]
    fn quantiles_are_those_of_r_type_seven() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quantile(&sorted, 0.5), Some(3.0));
        assert_eq!(quantile(&sorted, 1.0), Some(8.0));
        assert_eq!(quantile(&sorted, 0.25), Some(1.75));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
