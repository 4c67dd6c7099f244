//! Convolutions over signals and images: the places each window sees are laid out as a matrix, a tile at a time, and
//! multiplied with the weights.

use crate::error::Result;
use crate::model::network::kernel::{Kernel, Tape};
use crate::model::network::numbers::{Numbers, View, product};
use crate::model::network::plane::Plane;
use std::ops::Range;

/// Numbers in a tile: what stays in a processor's second cache.
const TILE: usize = 1 << 17;

/// A convolution.
#[derive(Debug)]
pub struct Convolution {
    /// Outputs × (inputs of a group × holes).
    pub weight: Numbers,
    /// One for each output.
    pub bias: Vec<f32>,
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Parts the channels are split into.
    pub groups: usize,
    /// Where it looks.
    pub plane: Plane,
}

impl Convolution {
    /// Rows of the laid-out matrix.
    fn depth(&self) -> usize {
        self.inputs / self.groups * self.plane.holes()
    }

    /// Places of a tile.
    fn spans(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let outs = self.plane.outs();
        let most = (TILE / self.depth().max(1)).max(64) / 64 * 64;
        // tiles of about the same size, none of them a sliver
        let tiles = outs.div_ceil(most).max(1);
        let each = outs.div_ceil(tiles).next_multiple_of(16);
        (0..tiles)
            .map(move |tile| (tile * each).min(outs)..((tile + 1) * each).min(outs))
            .filter(|span| !span.is_empty())
    }

    fn unfold(&self, channels: &[f32], span: &Range<usize>, tile: &mut Vec<f32>) {
        let (places, width) = (self.plane.places(), span.len());
        tile.clear();
        tile.resize(self.depth() * width, 0.0);
        let mut lines = tile.chunks_exact_mut(width);
        for channel in channels.chunks_exact(places) {
            for hole in 0..self.plane.holes() {
                let Some(line) = lines.next() else { return };
                self.plane.runs(hole, span.clone(), |run| {
                    let to = &mut line[run.to..run.to + run.length];
                    let from = &channel[run.from..];
                    if run.step == 1 {
                        to.copy_from_slice(&from[..run.length]);
                    } else {
                        let from = from.iter().step_by(run.step);
                        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                    }
                });
            }
        }
    }

    fn fold(&self, tile: &[f32], span: &Range<usize>, channels: &mut [f32]) {
        let (places, width) = (self.plane.places(), span.len());
        let mut lines = tile.chunks_exact(width);
        for channel in channels.chunks_exact_mut(places) {
            for hole in 0..self.plane.holes() {
                let Some(line) = lines.next() else { return };
                self.plane.runs(hole, span.clone(), |run| {
                    let from = &line[run.to..run.to + run.length];
                    let to = &mut channel[run.from..];
                    if run.step == 1 {
                        to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
                    } else {
                        let to = to.iter_mut().step_by(run.step);
                        to.zip(from).for_each(|(to, from)| *to += from);
                    }
                });
            }
        }
    }
}

impl Kernel for Convolution {
    fn forward(&self, x: Numbers, rows: usize, _: &mut Tape) -> Result<Numbers> {
        let (places, outs, depth) = (self.plane.places(), self.plane.outs(), self.depth());
        let (ins, heads) = (self.inputs / self.groups, self.outputs / self.groups);
        let mut y = Vec::new();
        let mut tile = Vec::new();
        for part in 0..rows * self.groups {
            let weights = View::new(part % self.groups * heads * depth, heads, depth);
            let start = part * ins * places;
            let base = part * heads * outs;
            let mut place = |made: Numbers, span: Range<usize>| {
                if rows * self.groups == 1 && span.len() == outs {
                    y = made.into_vec();
                    return;
                }
                y.resize(rows * self.outputs * outs, 0.0);
                for (head, line) in made.all().chunks_exact(span.len()).enumerate() {
                    let at = base + head * outs + span.start;
                    y[at..at + span.len()].copy_from_slice(line);
                }
            };
            if self.plane.still() {
                let seen = View::new(start, depth, outs);
                place(product(&self.weight, weights, &x, seen)?, 0..outs);
                continue;
            }
            let channels = &x.all()[start..start + ins * places];
            for span in self.spans() {
                self.unfold(channels, &span, &mut tile);
                let laid = Numbers::from(std::mem::take(&mut tile));
                let seen = View::new(0, depth, span.len());
                place(product(&self.weight, weights, &laid, seen)?, span);
                tile = laid.into_vec();
            }
        }
        for (channel, bias) in y.chunks_exact_mut(outs).zip(self.bias.iter().cycle()) {
            channel.iter_mut().for_each(|y| *y += bias);
        }
        Ok(Numbers::from(y))
    }

    fn backward(&self, slope: Numbers, rows: usize, _: &mut Tape) -> Result<Numbers> {
        let (places, outs, depth) = (self.plane.places(), self.plane.outs(), self.depth());
        let (ins, heads) = (self.inputs / self.groups, self.outputs / self.groups);
        let mut back = vec![0.0; rows * self.inputs * places];
        for part in 0..rows * self.groups {
            let weights = View::new(part % self.groups * heads * depth, heads, depth).turned();
            let channels = &mut back[part * ins * places..(part + 1) * ins * places];
            let base = part * heads * outs;
            if self.plane.still() {
                let made = product(&self.weight, weights, &slope, View::new(base, heads, outs))?;
                channels.copy_from_slice(made.all());
                continue;
            }
            for span in self.spans() {
                let gained = View::strided(base + span.start, heads, span.len(), outs);
                let tile = product(&self.weight, weights, &slope, gained)?;
                self.fold(tile.all(), &span, channels);
            }
        }
        Ok(Numbers::from(back))
    }

    fn overflows(&self) -> bool {
        true
    }
}
