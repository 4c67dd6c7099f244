//! An image under a moving window, as the right side of a product: one line for each place of the window in each channel, one
//! column for each place where the window stands. The matrix is never made: its lines are, as they are asked for.

use crate::model::onnx::operator::lanes::{Real, wide};
use crate::model::onnx::operator::product::Lines;
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
const SPAN: usize = 32;

/// One channel under one window (a convolution by channel): `into` is the result, `room` is used up.
///
/// The plane is taken apart by the places that the steps of the window leave out, so that what one place of the window
/// meets lies together whatever its steps are; then each number is the sum over the window, in the window's order.
pub fn by_channel<T: Real>(
    plane: &[T],
    weights: &[T],
    start: T,
    [high, broad]: [&Move; 2],
    into: &mut [T],
    room: &mut Vec<T>,
) {
    let reach = |m: &Move| (m.output - 1) * m.stride + (m.kernel - 1) * m.dilation + 1;
    // one phase of the plane: rows and columns of the same remainder
    let rows = reach(high).div_ceil(high.stride);
    let pitch = reach(broad).div_ceil(broad.stride);
    let phase = rows * pitch;
    let run = (high.output - 1) * pitch + broad.output;
    let spans = run.div_ceil(SPAN) * SPAN;
    room.clear();
    room.resize(
        phase * high.stride * broad.stride + spans + SPAN,
        T::default(),
    );
    for (y, line) in plane.chunks_exact(broad.input).enumerate() {
        let y = y + high.before;
        if y >= rows * high.stride {
            break;
        }
        let base = (y % high.stride) * broad.stride * phase + (y / high.stride) * pitch;
        if broad.stride == 1 {
            let count = line.len().min(pitch.saturating_sub(broad.before));
            room[base + broad.before..][..count].copy_from_slice(&line[..count]);
        } else {
            for (x, value) in line.iter().enumerate() {
                let x = x + broad.before;
                let at = x / broad.stride;
                if at < pitch {
                    room[base + (x % broad.stride) * phase + at] = *value;
                }
            }
        }
    }
    let mut taps = Vec::with_capacity(weights.len());
    for y in 0..high.kernel {
        for x in 0..broad.kernel {
            let (y, x) = (y * high.dilation, x * broad.dilation);
            let own = (y % high.stride) * broad.stride + x % broad.stride;
            taps.push(own * phase + (y / high.stride) * pitch + x / broad.stride);
        }
    }
    let (taps, source) = (&taps, &*room);
    let mut sums = vec![T::default(); spans];
    wide(
        #[inline(always)]
        || {
            for (number, sums) in sums.chunks_exact_mut(SPAN).enumerate() {
                let mut sum = [start; SPAN];
                for (weight, tap) in weights.iter().zip(taps) {
                    let at = number * SPAN + tap;
                    for (sum, from) in sum.iter_mut().zip(&source[at..at + SPAN]) {
                        *sum = T::fused(*weight, *from, *sum);
                    }
                }
                sums.copy_from_slice(&sum);
            }
        },
    );
    for (y, line) in into.chunks_exact_mut(broad.output).enumerate() {
        line.copy_from_slice(&sums[y * pitch..y * pitch + broad.output]);
    }
}
