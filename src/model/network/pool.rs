//! Pools: the largest or the mean of what a window sees.

use crate::error::Result;
use crate::model::network::kernel::{Kernel, Tape};
use crate::model::network::numbers::Numbers;
use crate::model::network::plane::Plane;

/// The largest each window sees; of equal ones the first. A number that is none wins.
#[derive(Debug)]
pub struct MaxPool {
    /// Where it looks.
    pub plane: Plane,
}

impl MaxPool {
    fn largest(&self, channel: &[f32], out: &mut [f32]) {
        for hole in 0..self.plane.holes() {
            self.plane.runs(hole, 0..self.plane.outs(), |run| {
                let to = &mut out[run.to..run.to + run.length];
                let from = channel[run.from..].iter().step_by(run.step);
                for (to, from) in to.iter_mut().zip(from) {
                    *to = if *from > *to || from.is_nan() {
                        *from
                    } else {
                        *to
                    };
                }
            });
        }
    }
}

impl Kernel for MaxPool {
    fn forward(&self, x: Numbers, _: usize, tape: &mut Tape) -> Result<Numbers> {
        let (places, outs) = (self.plane.places(), self.plane.outs());
        let channels = x.all().chunks_exact(places);
        let mut y = vec![f32::NEG_INFINITY; channels.len() * outs];
        for (channel, out) in channels.zip(y.chunks_exact_mut(outs)) {
            self.largest(channel, out);
        }
        tape.hand(x);
        Ok(Numbers::from(y))
    }

    fn backward(&self, slope: Numbers, _: usize, tape: &mut Tape) -> Result<Numbers> {
        let x = tape.back()?;
        let (places, outs) = (self.plane.places(), self.plane.outs());
        let mut back = vec![0.0; x.all().len()];
        let channels = x
            .all()
            .chunks_exact(places)
            .zip(back.chunks_exact_mut(places));
        for ((channel, back), slope) in channels.zip(slope.all().chunks_exact(outs)) {
            let mut best = vec![f32::NEG_INFINITY; outs];
            self.largest(channel, &mut best);
            let mut open = vec![true; outs];
            for hole in 0..self.plane.holes() {
                self.plane.runs(hole, 0..outs, |run| {
                    for i in 0..run.length {
                        let (to, from) = (run.to + i, run.from + i * run.step);
                        if open[to] && channel[from] == best[to] {
                            open[to] = false;
                            back[from] += slope[to];
                        }
                    }
                });
            }
        }
        Ok(Numbers::from(back))
    }
}

/// The mean of what each window sees.
#[derive(Debug)]
pub struct AveragePool {
    /// Where it looks.
    pub plane: Plane,
    /// By how many the sum of each place out is divided, as one over it.
    pub share: Vec<f32>,
}

impl AveragePool {
    /// A pool that divides by the places of the window, padding among them or not; never by places beyond the padding.
    pub fn new(plane: Plane, count_padding: bool) -> Self {
        let along = |axis: usize, out: usize| {
            let start = out * plane.stride[axis];
            let (low, high) = match count_padding {
                true => (0, plane.size[axis] + 2 * plane.padding[axis]),
                false => (plane.padding[axis], plane.size[axis] + plane.padding[axis]),
            };
            let end = (start + plane.kernel[axis]).min(high);
            end.saturating_sub(start.max(low)).max(1)
        };
        let share = (0..plane.outs())
            .map(|place| {
                let count = along(0, place / plane.out[1]) * along(1, place % plane.out[1]);
                1.0 / count as f32
            })
            .collect();
        Self { plane, share }
    }
}

impl Kernel for AveragePool {
    fn forward(&self, x: Numbers, _: usize, _: &mut Tape) -> Result<Numbers> {
        let (places, outs) = (self.plane.places(), self.plane.outs());
        let channels = x.all().chunks_exact(places);
        let mut y = vec![0.0; channels.len() * outs];
        for (channel, out) in channels.zip(y.chunks_exact_mut(outs)) {
            for hole in 0..self.plane.holes() {
                self.plane.runs(hole, 0..outs, |run| {
                    let to = &mut out[run.to..run.to + run.length];
                    let from = channel[run.from..].iter().step_by(run.step);
                    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
                });
            }
            out.iter_mut()
                .zip(&self.share)
                .for_each(|(y, share)| *y *= share);
        }
        Ok(Numbers::from(y))
    }

    fn backward(&self, mut slope: Numbers, _: usize, _: &mut Tape) -> Result<Numbers> {
        let (places, outs) = (self.plane.places(), self.plane.outs());
        let channels = slope.all_mut().chunks_exact_mut(outs);
        let mut back = vec![0.0; channels.len() * places];
        for (slope, back) in channels.zip(back.chunks_exact_mut(places)) {
            slope
                .iter_mut()
                .zip(&self.share)
                .for_each(|(s, share)| *s *= share);
            for hole in 0..self.plane.holes() {
                self.plane.runs(hole, 0..outs, |run| {
                    let from = &slope[run.to..run.to + run.length];
                    let to = back[run.from..].iter_mut().step_by(run.step);
                    to.zip(from).for_each(|(to, from)| *to += from);
                });
            }
        }
        Ok(Numbers::from(back))
    }
}
