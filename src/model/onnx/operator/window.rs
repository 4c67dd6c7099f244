//! How a window moves over an image: what convolutions and poolings share.
//!
//! Everything that a file says is bounded before anything is counted with it.

use crate::error::{Error, Result};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::sides;

/// Longer kernels, steps and pads are refused.
const MOST: usize = 1 << 20;
/// Windows with more places are refused.
const MOST_TAPS: usize = 1 << 24;

/// What is put around an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Auto {
    /// What `pads` says.
    Explicit,
    /// As much as keeps the size, the odd one behind.
    Upper,
    /// As much as keeps the size, the odd one in front.
    Lower,
    /// Nothing.
    Valid,
}

/// The attributes that say how a window moves.
#[derive(Debug, Clone)]
pub struct Form {
    /// The window's sides, where the node says them.
    pub kernel: Option<Vec<usize>>,
    strides: Option<Vec<usize>>,
    dilations: Option<Vec<usize>>,
    pads: Option<Vec<usize>>,
    auto: Auto,
    ceil: bool,
}

/// How a window moves along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The image's length.
    pub input: usize,
    /// How often the window fits.
    pub output: usize,
    /// Places of the window.
    pub kernel: usize,
    /// How far it moves.
    pub stride: usize,
    /// How far apart its places lie.
    pub dilation: usize,
    /// What is put in front of the image.
    pub before: usize,
    /// What is put behind it.
    pub after: usize,
}

impl Move {
    /// An axis that is not there.
    pub const NONE: Self = Self {
        input: 1,
        output: 1,
        kernel: 1,
        stride: 1,
        dilation: 1,
        before: 0,
        after: 0,
    };

    /// The place of the image under a place of the window; none beside the image.
    pub fn under(&self, output: usize, tap: usize) -> Option<usize> {
        let place = (output * self.stride + tap * self.dilation).checked_sub(self.before)?;
        (place < self.input).then_some(place)
    }
}

/// A list of lengths, each within bounds.
fn lengths(settings: &Settings<'_>, name: &str, least: usize) -> Result<Option<Vec<usize>>> {
    let Some(list) = settings.ints(name)? else {
        return Ok(None);
    };
    let all = list.iter().map(|x| match usize::try_from(*x) {
        Ok(x) if (least..=MOST).contains(&x) => Ok(x),
        _ => Err(Error::new(format!(
            "the attribute `{name}` has {x} where {least} to {MOST} is asked"
        ))),
    });
    all.collect::<Result<_>>().map(Some)
}

impl Form {
    /// Reads `kernel_shape`, `strides`, `dilations`, `pads`, `auto_pad` and `ceil_mode`.
    pub fn read(settings: &Settings<'_>) -> Result<Self> {
        let auto = match settings.text("auto_pad")? {
            None | Some("NOTSET" | "") => Auto::Explicit,
            Some("SAME_UPPER") => Auto::Upper,
            Some("SAME_LOWER") => Auto::Lower,
            Some("VALID") => Auto::Valid,
            Some(other) => {
                return Err(Error::new("the attribute `auto_pad` is not known")
                    .suggest(other, ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]));
            }
        };
        Ok(Self {
            kernel: lengths(settings, "kernel_shape", 1)?,
            strides: lengths(settings, "strides", 1)?,
            dilations: lengths(settings, "dilations", 1)?,
            pads: lengths(settings, "pads", 0)?,
            auto,
            ceil: settings.flag("ceil_mode", false)?,
        })
    }

    /// The window's sides: what the node says, or what the weights have.
    fn kernel(&self, weights: Option<&[usize]>) -> Result<Vec<usize>> {
        match (&self.kernel, weights) {
            (Some(own), Some(weights)) if own != weights => Err(Error::new(format!(
                "the kernel is {} in the node and {} in the weights",
                sides(own),
                sides(weights)
            ))),
            (Some(kernel), _) => Ok(kernel.clone()),
            (None, Some(weights)) => Ok(weights.to_vec()),
            (None, None) => Err(Settings::missing("kernel_shape")),
        }
    }

    /// Kernel, stride, dilation and both pads of each axis.
    fn each(&self, kernel: &[usize]) -> Result<Vec<[usize; 5]>> {
        let rank = kernel.len();
        let one = vec![1; rank];
        let none = vec![0; 2 * rank];
        let strides = self.strides.as_ref().unwrap_or(&one);
        let dilations = self.dilations.as_ref().unwrap_or(&one);
        let pads = self.pads.as_ref().unwrap_or(&none);
        let taps = kernel
            .iter()
            .fold(1_usize, |all, side| all.saturating_mul(*side));
        if kernel.iter().any(|side| !(1..=MOST).contains(side)) || taps > MOST_TAPS {
            return Err(Error::new(format!(
                "a window of {} is not one",
                sides(kernel)
            )));
        }
        if strides.len() != rank || dilations.len() != rank || pads.len() != 2 * rank {
            return Err(Error::new(format!(
                "kernel, strides, dilations and pads are not of {rank} axes each"
            )));
        }
        let each = |at| {
            [
                kernel[at],
                strides[at],
                dilations[at],
                pads[at],
                pads[rank + at],
            ]
        };
        Ok((0..rank).map(each).collect())
    }

    /// How the window moves over an image of these sides.
    pub fn over(&self, image: &[usize], weights: Option<&[usize]>) -> Result<Vec<Move>> {
        let kernel = self.kernel(weights)?;
        if kernel.len() != image.len() {
            return Err(Error::new(format!(
                "a window of {} axes moves over an image of {}",
                kernel.len(),
                image.len()
            )));
        }
        let each = self.each(&kernel)?;
        let moves = image.iter().zip(each);
        moves
            .map(|(input, form)| self.along(*input, form))
            .collect()
    }

    fn along(
        &self,
        input: usize,
        [kernel, stride, dilation, before, after]: [usize; 5],
    ) -> Result<Move> {
        let reach = (kernel - 1) * dilation + 1;
        let (before, after) = match self.auto {
            Auto::Explicit => (before, after),
            Auto::Valid => (0, 0),
            Auto::Upper | Auto::Lower => {
                let output = input.div_ceil(stride).max(1);
                let all = ((output - 1) * stride + reach).saturating_sub(input);
                match self.auto {
                    Auto::Upper => (all / 2, all - all / 2),
                    _ => (all - all / 2, all / 2),
                }
            }
        };
        let Some(free) = (input + before + after).checked_sub(reach) else {
            return Err(Error::new(format!(
                "a window that reaches {reach} does not fit into {input} places and pads of {before} and {after}"
            )));
        };
        let mut output = free / stride + 1;
        if self.ceil && !free.is_multiple_of(stride) {
            // a window that starts behind the image and what is in front of it does not count
            if output * stride < input + before {
                output += 1;
            }
        }
        Ok(Move {
            input,
            output,
            kernel,
            stride,
            dilation,
            before,
            after,
        })
    }

    /// The image that a window spread over one of these sides makes (`ConvTranspose`): for each axis the move that would
    /// lead back, whose `input` is what is made.
    pub fn back(
        &self,
        image: &[usize],
        weights: &[usize],
        extra: Option<&[i64]>,
        wanted: Option<&[i64]>,
    ) -> Result<Vec<Move>> {
        let kernel = self.kernel(Some(weights))?;
        let rank = kernel.len();
        let unfit = || Error::new("output_shape and output_padding are not of the image's axes");
        if image.len() != rank || extra.is_some_and(|x| x.len() != rank) {
            return Err(unfit());
        }
        // the shape may name the batch and the channels as well
        let wanted = match wanted {
            None => None,
            Some(list) if list.len() == rank || list.len() == rank + 2 => {
                Some(&list[list.len() - rank..])
            }
            Some(_) => return Err(unfit()),
        };
        let length = |x: i64| usize::try_from(x).ok().filter(|x| *x <= 64 * MOST);
        let mut moves = Vec::with_capacity(rank);
        for (at, form) in self.each(&kernel)?.into_iter().enumerate() {
            let [kernel, stride, dilation, mut before, mut after] = form;
            let extra = match extra {
                None => 0,
                Some(list) => length(list[at]).ok_or_else(unfit)?,
            };
            let all = image[at].saturating_sub(1) * stride + extra + (kernel - 1) * dilation + 1;
            let target = match (wanted, self.auto) {
                (Some(list), _) => Some(length(list[at]).ok_or_else(unfit)?),
                (None, Auto::Upper | Auto::Lower) => Some(image[at] * stride),
                (None, _) => None,
            };
            if let Some(target) = target {
                let cut = all.saturating_sub(target);
                (before, after) = match self.auto {
                    Auto::Upper => (cut / 2, cut - cut / 2),
                    _ => (cut - cut / 2, cut / 2),
                };
            }
            let made = target
                .or_else(|| all.checked_sub(before + after))
                .ok_or_else(|| Error::new("the pads take away more than there is"))?;
            moves.push(Move {
                input: made,
                output: image[at],
                kernel,
                stride,
                dilation,
                before,
                after,
            });
        }
        Ok(moves)
    }
}

/// Moves of up to three axes as three, those that are missing in front.
pub fn three(moves: &[Move]) -> Option<[Move; 3]> {
    let mut all = [Move::NONE; 3];
    let free = 3_usize.checked_sub(moves.len())?;
    all[free..].copy_from_slice(moves);
    Some(all)
}
