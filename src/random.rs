//! Random numbers by key: the same key gives the same numbers on any thread, in any order.

/// SplitMix64 (Steele, Lea & Flood 2014): a mix of a counter, so any place of a stream can be had directly.
#[derive(Debug, Clone, Copy)]
pub struct Stream(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Stream {
    /// The stream of a key: seed, study, replicate, whatever tells one draw from another.
    pub fn keyed<const WORDS: usize>(words: [u64; WORDS]) -> Self {
        Self(words.iter().fold(0x6b65_7572_6472_6177, |key, word| {
            mix(key.wrapping_add(GOLDEN) ^ mix(word.wrapping_add(GOLDEN)))
        }))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// Uniform in (0, 1).
    pub fn share(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Uniform among `0..size`, without favour (Lemire 2019); 0 when `size` is 0.
    pub fn below(&mut self, size: usize) -> usize {
        let size = size as u64;
        let refuse = size.wrapping_neg() % size.max(1);
        loop {
            let product = u128::from(self.bits()) * u128::from(size);
            if product as u64 >= refuse {
                return (product >> 64) as usize;
            }
        }
    }

    /// Standard normal (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (self.share(), self.share());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// A random order of a list (Fisher & Yates).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_as_likely_as_another() {
        let mut stream = Stream::keyed([1, 2]);
        let mut counts = [0_i32; 7];
        (0..70_000).for_each(|_| counts[stream.below(7)] += 1);
        assert!(
            counts.iter().all(|count| (count - 10_000).abs() < 500),
            "{counts:?}"
        );
        assert_eq!(Stream::keyed([1]).below(0), 0);
        assert_eq!(Stream::keyed([1]).below(1), 0);
    }

    #[test]
    fn a_shuffle_keeps_every_item_and_normals_have_their_moments() {
        let mut list: Vec<usize> = (0..100).collect();
        Stream::keyed([3]).shuffle(&mut list);
        assert_ne!(list, (0..100).collect::<Vec<_>>());
        list.sort_unstable();
        assert_eq!(list, (0..100).collect::<Vec<_>>());
        let mut stream = Stream::keyed([4]);
        let draws: Vec<f64> = (0..50_000).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 50_000.0;
        let spread = draws.iter().map(|x| x * x).sum::<f64>() / 50_000.0;
        assert!(
            mean.abs() < 0.02 && (spread - 1.0).abs() < 0.03,
            "{mean} {spread}"
        );
    }
}
