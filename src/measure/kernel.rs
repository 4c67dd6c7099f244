//! The one linear pass over a sorted sample: concordant pairs, precision at events, counts at thresholds.

use crate::measure::sample::Binary;

/// What the pass leaves behind.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pass {
    /// Weight of the rows with the event.
    pub(crate) events: f64,
    /// Weight of the rows without.
    pub(crate) others: f64,
    /// Weight of the pairs whose event has the higher score; ties count one half.
    pub(crate) concordant: f64,
    /// Sum over events of the share of events among the rows at or above them.
    pub(crate) precision: f64,
    /// Weight of events and of others above each stop of the sample.
    pub(crate) stops: Vec<[f64; 2]>,
}

/// Rows counted between two visits to the division loop.
const CHUNK: usize = 1024;

/// Where events stood in a chunk: their weight, and the weight of events and of all rows down to them.
struct Events {
    weight: [u32; CHUNK],
    events: [u32; CHUNK],
    all: [u32; CHUNK],
}

/// Weights are whole numbers below 256 whose sum stays below 2³¹: a bootstrap replicate of rows that weigh one.
///
/// No branch depends on the data: events are told by a mask, and the divisions of the precision are made in a second
/// loop over the events only.
pub(crate) fn count<const PRECISION: bool>(sample: &Binary, weights: &[u8], out: &mut Pass) {
    let (mut events, mut all, mut pairs, mut half, mut precision) =
        (0_u32, 0_u32, 0_u64, 0_u64, 0.0);
    let mut met = Events {
        weight: [0; CHUNK],
        events: [0; CHUNK],
        all: [0; CHUNK],
    };
    out.stops.clear();
    out.stops.push([0.0; 2]);
    for piece in &sample.pieces {
        if piece.middle < piece.end {
            let plain = sum(&weights[piece.start..piece.middle]);
            let with = sum(&weights[piece.middle..piece.end]);
            pairs += u64::from(plain) * u64::from(events);
            half += u64::from(plain) * u64::from(with);
            events += with;
            all += plain + with;
            if PRECISION && with > 0 {
                precision += f64::from(with) * f64::from(events) / f64::from(all);
            }
        } else {
            let rows = weights[piece.start..piece.end].chunks(CHUNK);
            let masks = sample.mask[piece.start..piece.end].chunks(CHUNK);
            for (rows, masks) in rows.zip(masks) {
                let mut found = 0_usize;
                for (&weight, &mask) in rows.iter().zip(masks) {
                    let with = weight & mask;
                    events += u32::from(with);
                    all += u32::from(weight);
                    pairs += u64::from(weight ^ with) * u64::from(events);
                    if PRECISION {
                        met.weight[found % CHUNK] = u32::from(with);
                        met.events[found % CHUNK] = events;
                        met.all[found % CHUNK] = all;
                        found += usize::from(with != 0);
                    }
                }
                if PRECISION {
                    precision += met.precision(found);
                }
            }
        }
        if piece.stop {
            out.stops.push([f64::from(events), f64::from(all - events)]);
        }
    }
    out.events = f64::from(events);
    out.others = f64::from(all - events);
    out.concordant = pairs as f64 + 0.5 * half as f64;
    out.precision = precision;
}

impl Events {
    fn precision(&self, found: usize) -> f64 {
        let one = |i: usize| {
            f64::from(self.weight[i] as i32) * f64::from(self.events[i] as i32)
                / f64::from(self.all[i] as i32)
        };
        let mut sums = [0.0; 4];
        let found = found.min(CHUNK);
        let whole = found / 4 * 4;
        for four in (0..whole).step_by(4) {
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum += one(four + lane);
            }
        }
        (sums[0] + sums[1]) + (sums[2] + sums[3]) + (whole..found).map(one).sum::<f64>()
    }
}

fn sum(weights: &[u8]) -> u32 {
    weights.iter().map(|&w| u32::from(w)).sum()
}

/// The same for weights of any size.
pub(crate) fn weigh(sample: &Binary, weights: &[f64], out: &mut Pass) {
    let (mut events, mut others, mut pairs, mut precision) = (0.0, 0.0, 0.0, 0.0);
    out.stops.clear();
    out.stops.push([0.0; 2]);
    for piece in &sample.pieces {
        if piece.middle < piece.end {
            let plain: f64 = weights[piece.start..piece.middle].iter().sum();
            let with: f64 = weights[piece.middle..piece.end].iter().sum();
            pairs += plain * (events + 0.5 * with);
            events += with;
            others += plain;
            if with > 0.0 {
                precision += with * events / (events + others);
            }
        } else {
            let range = piece.start..piece.end;
            for (&weight, &mask) in weights[range.clone()].iter().zip(&sample.mask[range]) {
                if mask == 0 {
                    others += weight;
                    pairs += weight * events;
                } else if weight > 0.0 {
                    events += weight;
                    precision += weight * events / (events + others);
                }
            }
        }
        if piece.stop {
            out.stops.push([events, others]);
        }
    }
    out.events = events;
    out.others = others;
    out.concordant = pairs;
    out.precision = precision;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::question::Rows;

    #[test]
    fn whole_and_real_weights_agree_to_the_bit_where_sums_are_whole() {
        let n = 5000_u32;
        let score: Vec<f64> = (0..n)
            .map(|i| f64::from(i * 7919 % 3001) / 3001.0)
            .collect();
        let event: Vec<bool> = (0..n).map(|i| i * 31 % 7 < 3).collect();
        let patient: Vec<u32> = (0..n).collect();
        let rows = Rows {
            event: &event,
            score: &score,
            probability: true,
            weight: None,
            patient: &patient,
            patients: n as usize,
        };
        let sample = Binary::new(&rows, &[0.1, 0.5, 0.5, 2.0, -1.0]);
        let counts: Vec<u8> = (0..n).map(|i| (i * 13 % 4) as u8).collect();
        let reals: Vec<f64> = counts.iter().map(|&c| f64::from(c)).collect();
        let (mut whole, mut real, mut bare) = (Pass::default(), Pass::default(), Pass::default());
        count::<true>(&sample, &counts, &mut whole);
        count::<false>(&sample, &counts, &mut bare);
        weigh(&sample, &reals, &mut real);
        assert!((whole.precision / real.precision - 1.0).abs() < 1e-12);
        real.precision = whole.precision;
        assert_eq!(whole, real);
        assert_eq!(bare.concordant, whole.concordant);
    }
}
