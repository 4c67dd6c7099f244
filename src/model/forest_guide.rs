//! How many thresholds lie at or below a number, found without a search: the range is cut into equal cells, each of which
//! knows the thresholds inside it.
//!
//! The cell of a number never falls when the number rises, whatever the rounding, so thresholds of lower cells lie below it
//! and those of higher cells above it: the count is exact.

/// Cells for each threshold: most cells hold none or one.
const CELLS: usize = 4;
/// Up to so many thresholds in a cell are tried one after the other.
const FEW: usize = 8;

/// Thresholds and their cells.
#[derive(Debug)]
pub struct Guide {
    thresholds: Vec<f64>,
    low: f64,
    scale: f64,
    /// How many thresholds lie in lower cells: one number for each cell and one for the end.
    starts: Vec<u16>,
}

impl Guide {
    /// A guide to thresholds: ascending, different, at most 65,535.
    pub fn new(thresholds: Vec<f64>) -> Self {
        let low = thresholds.first().copied().unwrap_or(0.0);
        let range = thresholds.last().copied().unwrap_or(0.0) - low;
        let cells = CELLS * thresholds.len() + 1;
        let mut guide = Self {
            low,
            scale: if range.is_finite() && range > 0.0 {
                (cells - 1) as f64 / range
            } else {
                0.0
            },
            starts: vec![0; cells + 1],
            thresholds,
        };
        for threshold in &guide.thresholds {
            let cell = guide.cell(*threshold);
            if let Some(count) = guide.starts.get_mut(cell + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut guide.starts {
            sum += *start;
            *start = sum;
        }
        guide
    }

    fn cell(&self, x: f64) -> usize {
        // a cast of NaN or of a negative number gives 0
        (((x - self.low) * self.scale) as usize).min(self.starts.len() - 2)
    }

    /// How many thresholds are at or below `x`; 0 for NaN.
    pub fn rank(&self, x: f64) -> u16 {
        let cell = self.cell(x);
        let (Some(start), Some(end)) = (self.starts.get(cell), self.starts.get(cell + 1)) else {
            return 0;
        };
        let span = usize::from(*start)..usize::from(*end);
        let inside = self.thresholds.get(span).unwrap_or_default();
        let below = if inside.len() <= FEW {
            inside.iter().take_while(|t| **t <= x).count()
        } else {
            inside.partition_point(|t| *t <= x)
        };
        start + below as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_counts_of_thresholds_at_or_below() {
        let mut state = 7_u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let even: Vec<f64> = (0..300).map(|_| random() * 10.0 - 5.0).collect();
        let skewed: Vec<f64> = (0..300).map(|_| (random() * 200.0 - 100.0).exp()).collect();
        for mut thresholds in [
            even,
            skewed,
            vec![],
            vec![0.0],
            vec![1.0, 1.0_f64.next_up()],
            vec![f64::MIN, 0.0, f64::MAX],
            vec![f64::NEG_INFINITY, -1.0, 2.0, f64::INFINITY],
            vec![5e-324, 1e-323],
        ] {
            thresholds.sort_by(f64::total_cmp);
            thresholds.dedup();
            let guide = Guide::new(thresholds.clone());
            let beside = thresholds
                .iter()
                .flat_map(|t| [*t, t.next_up(), t.next_down()]);
            let far = [0.0, -0.0, 1e-310, f64::MIN, f64::MAX, 4.0, -4.0];
            for x in beside.chain(far).filter(|x| x.is_finite()) {
                let count = thresholds.iter().filter(|t| **t <= x).count();
                assert_eq!(usize::from(guide.rank(x)), count, "{x} in {thresholds:?}");
            }
            assert_eq!(guide.rank(f64::NAN), 0);
        }
    }
}
