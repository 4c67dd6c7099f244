//! An image under a moving window, as the right side of a product: one line for each place of the window in each channel, one
//! column for each place where the window stands. The matrix is never made: its lines are, as they are asked for.

use crate::model::onnx::operator::lanes::{Real, wide};
use crate::model::onnx::operator::layout::Lines;
use crate::model::onnx::operator::window::Move;
use std::ops::Range;

/// Some channels of one image.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a, T> {
    /// Channels, each of planes of rows.
    pub list: &'a [T],
    /// How the window moves.
    pub moves: [Move; 3],
}

impl<T: Real> Lines<T> for Image<'_, T> {
    #[inline]
    fn line<'a>(&'a self, inner: usize, columns: Range<usize>, room: &'a mut [T]) -> &'a [T] {
        let [deep, high, wide] = &self.moves;
        let tap = inner % wide.kernel;
        let rest = inner / wide.kernel;
        let (tap_high, rest) = (rest % high.kernel, rest / high.kernel);
        let (tap_deep, channel) = (rest % deep.kernel, rest / deep.kernel);
        let plane = high.input * wide.input;
        let channel = channel * deep.input * plane;
        // places of the window's row that lie on the image, first and behind the last
        let shift = tap * wide.dilation;
        let first = wide.before.saturating_sub(shift).div_ceil(wide.stride);
        let last = (wide.input + wide.before)
            .saturating_sub(shift)
            .div_ceil(wide.stride)
            .min(wide.output);
        let room = &mut room[..columns.len()];
        let row = columns.start / wide.output;
        let mut x = columns.start % wide.output;
        let (mut y, mut z) = (row % high.output, row / high.output);
        let mut done = 0;
        while done < room.len() {
            let end = wide.output.min(x + room.len() - done);
            let into = &mut room[done..done + end - x];
            done += end - x;
            let from = match (deep.under(z, tap_deep), high.under(y, tap_high)) {
                (Some(z), Some(y)) => channel + z * plane + y * wide.input,
                _ => usize::MAX,
            };
            let (low, up) = (first.clamp(x, end), last.clamp(x, end));
            if from == usize::MAX || low >= up {
                into.fill(T::default());
            } else {
                into[..low - x].fill(T::default());
                into[up - x..].fill(T::default());
                let into = &mut into[low - x..up - x];
                let from = &self.list[from + low * wide.stride + shift - wide.before..];
                if wide.stride == 1 {
                    into.copy_from_slice(&from[..up - low]);
                } else {
                    for (into, from) in into.iter_mut().zip(from.iter().step_by(wide.stride)) {
                        *into = *from;
                    }
                }
            }
            x = 0;
            y += 1;
            if y == high.output {
                (y, z) = (0, z + 1);
            }
        }
        room
    }
}

/// Numbers that pass at once over one channel.
const SPAN: usize = 64;

/// How a window passes over channels one by one (a convolution by channel).
///
/// The plane is taken apart by the places that the steps of the window leave out, so that what one place of the window
/// meets lies together whatever its steps are; then each number is the sum over the window, in the window's order.
pub struct Planes<T> {
    high: Move,
    broad: Move,
    /// Numbers of one phase of the plane: rows and columns of the same remainder.
    phase: usize,
    /// How far apart rows of a phase lie.
    pitch: usize,
    /// Where what each place of the window meets begins.
    taps: Vec<usize>,
    /// The phases; around the image they stay zero.
    room: Vec<T>,
    sums: Vec<T>,
}

impl<T: Real> Planes<T> {
    /// Makes room for planes that a window passes over so.
    pub fn new([high, broad]: [Move; 2]) -> Self {
        let reach = |m: &Move| (m.output - 1) * m.stride + (m.kernel - 1) * m.dilation + 1;
        let pitch = reach(&broad).div_ceil(broad.stride);
        let phase = reach(&high).div_ceil(high.stride) * pitch;
        let run = (high.output - 1) * pitch + broad.output;
        let spans = run.div_ceil(SPAN) * SPAN;
        let mut taps = Vec::with_capacity(high.kernel * broad.kernel);
        for y in 0..high.kernel {
            for x in 0..broad.kernel {
                let (y, x) = (y * high.dilation, x * broad.dilation);
                let own = (y % high.stride) * broad.stride + x % broad.stride;
                taps.push(own * phase + (y / high.stride) * pitch + x / broad.stride);
            }
        }
        let size = phase * high.stride * broad.stride + spans + SPAN;
        Self {
            high,
            broad,
            phase,
            pitch,
            taps,
            room: vec![T::default(); size],
            sums: vec![T::default(); spans],
        }
    }

    /// The result of one plane under one window, each number started from `start`.
    pub fn pass(&mut self, plane: &[T], weights: &[T], start: T, into: &mut [T]) {
        self.take_apart(plane);
        let (taps, room) = (&self.taps, &self.room);
        let sums = &mut self.sums;
        wide(
            #[inline(always)]
            || {
                for (number, sums) in sums.chunks_exact_mut(SPAN).enumerate() {
                    let mut sum = [start; SPAN];
                    for (weight, tap) in weights.iter().zip(taps) {
                        let at = number * SPAN + tap;
                        let from = &room[at..at + SPAN];
                        for place in 0..SPAN {
                            sum[place] = T::fused(*weight, from[place], sum[place]);
                        }
                    }
                    sums.copy_from_slice(&sum);
                }
            },
        );
        let rows = into.chunks_exact_mut(self.broad.output);
        for (into, from) in rows.zip(self.sums.chunks(self.pitch)) {
            short(into, from);
        }
    }

    fn take_apart(&mut self, plane: &[T]) {
        let (high, broad) = (self.high, self.broad);
        let rows = self.phase / self.pitch * high.stride;
        let before = broad.before;
        for (y, line) in plane.chunks_exact(broad.input).enumerate() {
            let y = y + high.before;
            if y >= rows {
                break;
            }
            let base =
                (y % high.stride) * broad.stride * self.phase + (y / high.stride) * self.pitch;
            if broad.stride == 1 {
                let first = before.min(self.pitch);
                let count = line.len().min(self.pitch - first);
                short(&mut self.room[base + first..][..count], line);
                continue;
            }
            for own in 0..broad.stride.min(line.len()) {
                let x = own + before;
                let at = base + (x % broad.stride) * self.phase;
                let first = (x / broad.stride).min(self.pitch);
                let into = &mut self.room[at + first..at + self.pitch];
                let from = line[own..].iter().step_by(broad.stride);
                for (into, from) in into.iter_mut().zip(from) {
                    *into = *from;
                }
            }
        }
    }
}

/// Copies the start of a line; most are too short for a call.
#[inline(always)]
fn short<T: Copy>(into: &mut [T], from: &[T]) {
    let (into_eights, into_rest) = into.as_chunks_mut::<8>();
    let (from_eights, _) = from.as_chunks::<8>();
    let done = into_eights.len() * 8;
    for (into, from) in into_eights.iter_mut().zip(from_eights) {
        *into = *from;
    }
    for (into, from) in into_rest.iter_mut().zip(&from[done..]) {
        *into = *from;
    }
}
