//! Intervals, each with the name of its method.

use crate::measure::special::{LEVEL, Z, beta_quantile, expit, logit, quantile};
use crate::record::Interval;

/// An interval at the house's level.
pub fn interval(low: f64, high: f64, method: &str, se: Option<f64>) -> Option<Interval> {
    (low.is_finite() && high.is_finite() && se.is_none_or(f64::is_finite)).then(|| Interval {
        low: low.min(high),
        high: low.max(high),
        level: LEVEL,
        method: method.to_owned(),
        se,
    })
}

/// Point plus and minus `z` standard errors. Where that would leave the range of the measure, the same on the logarithm
/// of the distance to the bound that is crossed, named `<method>-log`.
/// No spread at all says that the data cannot tell, so there is no interval then.
pub fn wald(point: f64, se: f64, range: [f64; 2], method: &str) -> Option<Interval> {
    if se <= 0.0 {
        return None;
    }
    let (low, high) = (point - Z * se, point + Z * se);
    let log = |from: f64, sign: f64| {
        let distance = (point - from) * sign;
        let factor = (Z * se / distance).exp();
        interval(
            from + sign * distance / factor,
            from + sign * distance * factor,
            &format!("{method}-log"),
            Some(se),
        )
    };
    if low < range[0] {
        log(range[0], 1.0)
    } else if high > range[1] {
        log(range[1], -1.0)
    } else {
        interval(low, high, method, Some(se))
    }
}

/// Wald on the logarithm; `se` is on the scale of the point.
pub fn wald_log(point: f64, se: f64, method: &str) -> Option<Interval> {
    let factor = (Z * se / point).exp();
    interval(point / factor, point * factor, method, Some(se))
}

/// Wald on the logit, for values in (0, 1); `se` is on the scale of the point.
pub fn wald_logit(point: f64, se: f64, method: &str) -> Option<Interval> {
    let (centre, spread) = (logit(point), Z * se / (point * (1.0 - point)));
    interval(
        expit(centre - spread),
        expit(centre + spread),
        method,
        Some(se),
    )
}

/// Wilson's score interval for `x` of `n` (Wilson 1927; `Hmisc::binconf(method = "wilson")`). With one in `n`, or all but
/// one, the end near the bound is the Poisson one of Brown, Cai & DasGupta 2001, which keeps the coverage there.
pub fn wilson(x: f64, n: f64) -> Option<Interval> {
    if n <= 0.0 {
        return None;
    }
    let (p, z2) = (x / n, Z * Z);
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
    // at the ends the formula is exact but rounds
    let near = -LEVEL.ln() / n;
    let low = match x {
        x if x <= 0.0 => 0.0,
        1.0 if n >= 2.0 => near,
        _ => centre - half,
    };
    let high = match n - x {
        rest if rest <= 0.0 => 1.0,
        1.0 if n >= 2.0 => 1.0 - near,
        _ => centre + half,
    };
    interval(low, high, "wilson", Some((p * (1.0 - p) / n).sqrt()))
}

/// The exact interval for `x` of `n` (Clopper & Pearson 1934; `stats::binom.test`).
pub fn clopper_pearson(x: f64, n: f64) -> Option<Interval> {
    if n <= 0.0 {
        return None;
    }
    let tail = 0.5 * (1.0 - LEVEL);
    let low = if x <= 0.0 {
        0.0
    } else {
        beta_quantile(tail, x, n - x + 1.0)
    };
    let high = if x >= n {
        1.0
    } else {
        beta_quantile(1.0 - tail, x + 1.0, n - x)
    };
    interval(low, high, "clopper-pearson", None)
}

/// The middle 95 % of bootstrap replicates (type-7 quantiles) with their standard deviation. Replicates without a value
/// are NaN; more than one in twenty of them, or all the same, and there is no interval.
pub fn percentile(replicates: &[f64]) -> Option<Interval> {
    let mut values: Vec<f64> = replicates
        .iter()
        .copied()
        .filter(|v| v.is_finite())
        .collect();
    if values.len() < 2 || values.len() * 20 < replicates.len() * 19 {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    if square <= 0.0 {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let tail = 0.5 * (1.0 - LEVEL);
    interval(
        quantile(&values, tail)?,
        quantile(&values, 1.0 - tail)?,
        "bootstrap-percentile",
        Some((square / (count - 1.0)).sqrt()),
    )
}

/// A difference of two independent values from the interval of each (Newcombe 1998, method 10, for Wilson intervals;
/// Zou & Donner 2008 in general).
pub fn hybrid_difference(
    a: f64,
    of_a: &Interval,
    b: f64,
    of_b: &Interval,
    method: &str,
) -> Option<Interval> {
    let below = ((a - of_a.low).powi(2) + (of_b.high - b).powi(2)).sqrt();
    let above = ((of_a.high - a).powi(2) + (b - of_b.low).powi(2)).sqrt();
    interval(a - b - below, a - b + above, method, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_stay_in_range_by_transformation() {
        let plain = wald(0.2, 0.01, [0.0, 1.0], "wald").unwrap();
        assert_eq!(plain.method, "wald");
        let bent = wald(0.01, 0.01, [0.0, 1.0], "wald").unwrap();
        assert_eq!(bent.method, "wald-log");
        assert!(bent.low > 0.0 && bent.high < 1.0);
        let top = wald(0.99, 0.01, [f64::NEG_INFINITY, 1.0], "influence").unwrap();
        assert!(top.high < 1.0 && top.low < 0.99);
    }

    #[test]
    fn too_many_replicates_without_a_value_leave_no_interval() {
        let mut replicates: Vec<f64> = (0..100).map(f64::from).collect();
        replicates[..5].fill(f64::NAN);
        assert!(percentile(&replicates).is_some());
        replicates[5] = f64::NAN;
        assert!(percentile(&replicates).is_none());
    }

    #[test]
    fn the_exact_interval_of_none_in_twelve_is_known() {
        let exact = clopper_pearson(0.0, 12.0).unwrap();
        assert_eq!(exact.low, 0.0);
        assert!((exact.high - 0.264_648_469_397_051).abs() < 1e-12);
        assert!(wilson(0.0, 0.0).is_none());
    }
}
