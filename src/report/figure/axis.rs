//! Scales and their ticks.

/// From data to user units, linear or logarithmic.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
}

impl Axis {
    /// Data from `low` to `high` onto user units from `from` to `to`.
    pub fn linear([low, high]: [f64; 2], [from, to]: [f64; 2]) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self {
            low,
            high,
            from,
            to,
            logarithmic: false,
        }
    }

    /// The same on the log scale; `low` must be above 0.
    pub fn logarithmic([low, high]: [f64; 2], units: [f64; 2]) -> Self {
        Self {
            logarithmic: true,
            ..Self::linear([low, high], units)
        }
    }

    /// The place of a number, outside the axis too.
    pub fn place(&self, x: f64) -> f64 {
        let share = if self.logarithmic {
            (x.max(f64::MIN_POSITIVE).ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (x - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }

    /// The number moved onto the axis when it lies outside.
    pub fn held(&self, x: f64) -> f64 {
        x.clamp(self.low, self.high)
    }

    /// Both ends.
    pub fn ends(&self) -> [f64; 2] {
        [self.low, self.high]
    }

    /// About this many round numbers on the axis, each with the decimals all of them need.
    pub fn ticks(&self, about: usize) -> Vec<(f64, usize)> {
        if self.logarithmic {
            let all = [
                0.1, 0.2, 0.25, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 10.0,
            ];
            let on: Vec<f64> = all
                .into_iter()
                .filter(|t| *t >= self.low * 0.999 && *t <= self.high * 1.001)
                .collect();
            let main = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0];
            let few: Vec<f64> = on.iter().copied().filter(|t| main.contains(t)).collect();
            let chosen = if few.len() >= 3 { few } else { on };
            return chosen
                .into_iter()
                .map(|t| {
                    (
                        t,
                        if t.fract() == 0.0 {
                            0
                        } else if (t * 10.0).fract() == 0.0 {
                            1
                        } else {
                            2
                        },
                    )
                })
                .collect();
        }
        let step = round_step((self.high - self.low) / about.max(1) as f64);
        let decimals = (0..6)
            .find(|d| is_whole(step * 10f64.powi(*d as i32)))
            .unwrap_or(6);
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last.min(first + 50))
            .map(|k| (k as f64 * step, decimals))
            .collect()
    }
}

/// The smallest round number (1, 2, 2.5 or 5 times a power of ten) that is not below `x`.
pub fn round_up(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(x.log10().floor());
    let steps = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps
        .into_iter()
        .map(|s| s * power)
        .find(|s| *s >= x * 0.9999)
        .unwrap_or(10.0 * power)
}

fn round_step(x: f64) -> f64 {
    if x <= 0.0 || !x.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(x.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    steps
        .into_iter()
        .map(|s| s * power)
        .find(|s| *s >= x * 0.9999)
        .unwrap_or(10.0 * power)
}

fn is_whole(x: f64) -> bool {
    (x - x.round()).abs() < 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let axis = Axis::linear([0.0, 1.0], [0.0, 100.0]);
        let ticks: Vec<_> = axis
            .ticks(5)
            .into_iter()
            .map(|(t, d)| format!("{t:.d$}"))
            .collect();
        assert_eq!(ticks, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        let axis = Axis::linear([0.03, 0.0912], [0.0, 100.0]);
        assert!(
            axis.ticks(5)
                .iter()
                .all(|(t, _)| (0.03..=0.0912).contains(t))
        );
    }

    #[test]
    fn places_follow_the_scale() {
        assert_eq!(Axis::linear([0.0, 2.0], [100.0, 0.0]).place(0.5), 75.0);
        let axis = Axis::logarithmic([0.5, 2.0], [0.0, 100.0]);
        assert!((axis.place(1.0) - 50.0).abs() < 1e-9);
        assert_eq!(axis.held(9.0), 2.0);
    }

    #[test]
    fn an_axis_without_length_still_has_one() {
        let axis = Axis::linear([0.3, 0.3], [0.0, 10.0]);
        assert!(axis.place(0.3).is_finite() && axis.ticks(4).len() < 60);
        assert_eq!(round_up(0.43), 0.5);
        assert_eq!(round_up(0.0), 1.0);
    }
}
