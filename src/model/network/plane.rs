//! Where a window looks on a plane: which places of what came in belong to which places of what goes out.

use std::ops::Range;

/// Channels of a plane and the window that moves over it. A signal is a plane one high.
#[derive(Debug, Clone)]
pub struct Plane {
    /// Height and width in.
    pub size: [usize; 2],
    /// Height and width out.
    pub out: [usize; 2],
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Steps down and along.
    pub stride: [usize; 2],
    /// Places added on each side.
    pub padding: [usize; 2],
    /// Distance between the places seen.
    pub dilation: [usize; 2],
}

/// Neighbouring places out that see, through one hole of the window, places in that lie `step` apart.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// First place out, counted from the start of the asked span.
    pub to: usize,
    /// How many.
    pub length: usize,
    /// First place in.
    pub from: usize,
    /// Distance of places in.
    pub step: usize,
}

impl Plane {
    /// Places of a channel in.
    pub fn places(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Places of a channel out.
    pub fn outs(&self) -> usize {
        self.out[0] * self.out[1]
    }

    /// Holes of the window.
    pub fn holes(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// True when every place out sees the same place in and nothing else.
    pub fn still(&self) -> bool {
        self.kernel == [1, 1] && self.stride == [1, 1] && self.padding == [0, 0]
    }

    /// Places out along one axis whose hole lies on the plane.
    fn inside(&self, axis: usize, hole: usize) -> Range<usize> {
        let (stride, padding) = (self.stride[axis], self.padding[axis]);
        let ahead = hole * self.dilation[axis];
        let low = padding.saturating_sub(ahead).div_ceil(stride);
        let high = match (self.size[axis] + padding).checked_sub(ahead + 1) {
            Some(last) => (last / stride + 1).min(self.out[axis]),
            None => 0,
        };
        low.min(high)..high
    }

    /// Every run of a hole within a span of places out, in order.
    pub fn runs(&self, hole: usize, span: Range<usize>, mut each: impl FnMut(Run)) {
        let [down, along] = [hole / self.kernel[1], hole % self.kernel[1]];
        let (lines, columns) = (self.inside(0, down), self.inside(1, along));
        let wide = self.out[1];
        if wide == 0 || columns.is_empty() {
            return;
        }
        let first = lines.start.max(span.start / wide);
        let last = lines.end.min(span.end.div_ceil(wide));
        for line in first..last {
            let here = line * wide;
            let from = columns.start.max(span.start.saturating_sub(here));
            let to = columns.end.min(span.end.saturating_sub(here));
            if from >= to {
                continue;
            }
            let above = line * self.stride[0] + down * self.dilation[0] - self.padding[0];
            let left = from * self.stride[1] + along * self.dilation[1] - self.padding[1];
            each(Run {
                to: here + from - span.start,
                length: to - from,
                from: above * self.size[1] + left,
                step: self.stride[1],
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_every_place_a_plain_count_covers() {
        for (kernel, stride, padding, dilation) in [
            ([3, 3], [1, 1], [1, 1], [1, 1]),
            ([3, 2], [2, 3], [2, 0], [2, 3]),
            ([1, 5], [1, 2], [0, 4], [1, 1]),
        ] {
            let size = [7usize, 9];
            let out = [0, 1].map(|a| {
                (size[a] + 2 * padding[a] - dilation[a] * (kernel[a] - 1) - 1) / stride[a] + 1
            });
            let plane = Plane {
                size,
                out,
                kernel,
                stride,
                padding,
                dilation,
            };
            for span in [0..plane.outs(), 2..plane.outs() - 3, 5..6] {
                for hole in 0..plane.holes() {
                    let mut found = Vec::new();
                    plane.runs(hole, span.clone(), |run| {
                        found
                            .extend((0..run.length).map(|i| (run.to + i, run.from + i * run.step)));
                    });
                    let wanted: Vec<(usize, usize)> = span
                        .clone()
                        .filter_map(|place| {
                            let y = (place / out[1] * stride[0] + hole / kernel[1] * dilation[0])
                                .checked_sub(padding[0])?;
                            let x = (place % out[1] * stride[1] + hole % kernel[1] * dilation[1])
                                .checked_sub(padding[1])?;
                            (y < size[0] && x < size[1])
                                .then_some((place - span.start, y * size[1] + x))
                        })
                        .collect();
                    assert_eq!(found, wanted);
                }
            }
        }
    }
}
