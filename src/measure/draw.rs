//! Which patients a bootstrap replicate holds, and how often.
//!
//! A generator keyed by (seed, stream, replicate, attempt, block): replicate 17 holds the same patients on any thread, in
//! any order, alone or with others. The draw is an exact multinomial and touches memory in order: the number of draws is
//! first split over blocks of 4096 patients by exact binomial draws, then each block, which fits the first-level cache, is
//! filled from 12-bit pieces of 64-bit words.

use crate::measure::special::ln_gamma;
use crate::random::Stream;

/// Patients in a block: twelve bits.
const BLOCK: usize = 4096;

/// The draws of one study.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    seed: u64,
    stream: u64,
    units: usize,
}

impl Draw {
    /// Draws from `units` patients.
    pub fn new(seed: u64, stream: u64, units: usize) -> Self {
        Self {
            seed,
            stream,
            units,
        }
    }

    /// Patients drawn from, and how many draws a replicate makes.
    pub fn units(&self) -> usize {
        self.units
    }

    /// How often each patient is drawn in a replicate; `counts` holds one entry a patient. `attempt` is 0 unless the
    /// replicate had to be drawn again.
    ///
    /// A count cannot exceed 255: with at most 255 patients there are at most 255 draws, and with more the probability of
    /// 256 draws of one patient is below 1/255! < 1e-504.
    pub fn counts(&self, replicate: u64, attempt: u64, counts: &mut [u8]) {
        let key = |block: u64| Stream::keyed([self.seed, self.stream, replicate, attempt, block]);
        let mut split = key(u64::MAX);
        counts.fill(0);
        let (mut draws, mut left) = (counts.len() as u64, counts.len());
        for (number, block) in counts.chunks_mut(BLOCK).enumerate() {
            let here = if block.len() == left {
                draws
            } else {
                binomial(draws, block.len() as f64 / left as f64, &mut split)
            };
            draws -= here;
            left -= block.len();
            fill(block, here, key(number as u64));
        }
    }
}

/// Makes `draws` draws with equal chances within a block.
fn fill(block: &mut [u8], mut draws: u64, mut stream: Stream) {
    if let Ok(block) = <&mut [u8; BLOCK]>::try_from(&mut *block) {
        while draws >= 5 {
            let word = stream.bits();
            for piece in 0..5 {
                let place = (word >> (12 * piece)) as usize % BLOCK;
                block[place] = block[place].wrapping_add(1);
            }
            draws -= 5;
        }
        let word = stream.bits();
        for piece in 0..draws {
            let place = (word >> (12 * piece)) as usize % BLOCK;
            block[place] = block[place].wrapping_add(1);
        }
        return;
    }
    // Lemire 2019: a 32-bit piece times the size, low half refused where it would favour some places.
    let size = block.len() as u64;
    let refuse = (1_u64 << 32) % size.max(1);
    while draws > 0 {
        let word = stream.bits();
        for piece in [word & 0xffff_ffff, word >> 32] {
            let product = piece * size;
            if draws > 0 && product & 0xffff_ffff >= refuse {
                if let Some(place) = block.get_mut((product >> 32) as usize) {
                    *place = place.wrapping_add(1);
                }
                draws -= 1;
            }
        }
    }
}

/// An exact binomial draw: inversion when few are expected, Hörmann's transformed rejection otherwise (BTRS, 1993).
fn binomial(n: u64, p: f64, stream: &mut Stream) -> u64 {
    if p > 0.5 {
        return n - binomial(n, 1.0 - p, stream).min(n);
    }
    let size = n as f64;
    if size * p < 10.0 {
        return few(n, p, stream);
    }
    let spread = (size * p * (1.0 - p)).sqrt();
    let b = 1.15 + 2.53 * spread;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let centre = size * p + 0.5;
    let sure = 0.92 - 4.2 / b;
    let alpha = (2.83 + 5.1 / b) * spread;
    let odds = (p / (1.0 - p)).ln();
    let mode = ((size + 1.0) * p).floor();
    let height = ln_gamma(mode + 1.0) + ln_gamma(size - mode + 1.0);
    loop {
        let u = stream.share() - 0.5;
        let v = stream.share();
        let edge = 0.5 - u.abs();
        let k = ((2.0 * a / edge + b) * u + centre).floor();
        if k < 0.0 || k > size {
            continue;
        }
        if edge >= 0.07 && v <= sure {
            return k as u64;
        }
        let limit = height - ln_gamma(k + 1.0) - ln_gamma(size - k + 1.0) + (k - mode) * odds;
        if (v * alpha / (a / (edge * edge) + b)).ln() <= limit {
            return k as u64;
        }
    }
}

/// Inversion along the distribution function.
fn few(n: u64, p: f64, stream: &mut Stream) -> u64 {
    let odds = p / (1.0 - p);
    let mut chance = (n as f64 * (-p).ln_1p()).exp();
    let mut left = stream.share();
    let mut k = 0;
    while left > chance && k < n {
        left -= chance;
        chance *= (n - k) as f64 / (k + 1) as f64 * odds;
        k += 1;
        if chance < 1e-300 {
            break;
        }
    }
    k
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(n: u64, p: f64) -> (f64, f64) {
        let mut stream = Stream::keyed([1, 2, 3, 4, 5]);
        let draws: Vec<f64> = (0..40_000)
            .map(|_| binomial(n, p, &mut stream) as f64)
            .collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let spread = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        (mean, spread)
    }

    #[test]
    fn binomial_draws_have_the_right_mean_and_variance() {
        for (n, p) in [
            (4097, 0.9998),
            (100_000, 0.04096),
            (20, 0.3),
            (50, 0.5),
            (1, 0.5),
        ] {
            let (mean, spread) = moments(n, p);
            let (m, v) = (n as f64 * p, n as f64 * p * (1.0 - p));
            assert!(
                (mean - m).abs() < 5.0 * (v / 40_000.0).sqrt(),
                "{n} {p}: mean {mean} not {m}"
            );
            assert!(
                (spread / v - 1.0).abs() < 0.06,
                "{n} {p}: variance {spread} not {v}"
            );
        }
    }

    #[test]
    fn every_replicate_draws_as_many_as_there_are_patients() {
        for units in [0, 1, 2, 300, 4095, 4096, 4097, 10_000, 100_003] {
            let mut counts = vec![9; units];
            Draw::new(7, 3, units).counts(11, 0, &mut counts);
            assert_eq!(counts.iter().map(|&c| usize::from(c)).sum::<usize>(), units);
        }
    }

    #[test]
    fn counts_are_multinomial_whatever_block_a_patient_is_in() {
        let (units, replicates) = (9000, 2000);
        let draw = Draw::new(7, 3, units);
        let mut counts = vec![0; units];
        let (mut sums, mut squares, mut products) = ([0.0; 3], [0.0; 3], 0.0);
        let watched = [5, 5000, 8999];
        for replicate in 0..replicates {
            draw.counts(replicate, 0, &mut counts);
            for (slot, &unit) in watched.iter().enumerate() {
                let c = f64::from(counts[unit]);
                sums[slot] += c;
                squares[slot] += c * c;
            }
            let first: f64 = counts[..4096].iter().map(|&c| f64::from(c)).sum();
            products += (first - 4096.0).powi(2);
        }
        let r = replicates as f64;
        for slot in 0..3 {
            let mean = sums[slot] / r;
            assert!((mean - 1.0).abs() < 0.1, "mean {mean}");
            assert!((squares[slot] / r - mean * mean - 1.0).abs() < 0.2);
        }
        let expected = 9000.0 * (4096.0 / 9000.0) * (1.0 - 4096.0 / 9000.0);
        assert!((products / r / expected - 1.0).abs() < 0.15);
    }

    #[test]
    fn a_replicate_depends_on_its_key_alone() {
        let mut a = vec![0; 5000];
        let mut b = vec![0; 5000];
        Draw::new(1, 2, 5000).counts(3, 0, &mut a);
        Draw::new(1, 2, 5000).counts(3, 0, &mut b);
        assert_eq!(a, b);
        for other in [Draw::new(2, 2, 5000), Draw::new(1, 3, 5000)] {
            other.counts(3, 0, &mut b);
            assert_ne!(a, b);
        }
        Draw::new(1, 2, 5000).counts(3, 1, &mut b);
        assert_ne!(a, b);
    }
}
