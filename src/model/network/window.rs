//! Convolutions and pools on paper: whether a window fits what arrives, and what it gives.

use crate::error::{Error, Result};
use crate::model::network::convolution::Convolution;
use crate::model::network::draft::{Draft, Lowered, Make, axes, ready, sides};
use crate::model::network::numbers::Numbers;
use crate::model::network::plane::Plane;
use crate::model::network::pool::{AveragePool, MaxPool};
use crate::model::network::wanted::Sign;
use crate::model::network::weights::Weights;
use crate::record::{LayerCard, PoolRule, Window};

/// The plane a window moves over: `places` are the sides behind the channels.
fn plane(place: &str, window: &Window, places: &[usize], ceil: bool) -> Result<Plane> {
    let mut plane = Plane {
        size: [1, 1],
        out: [1, 1],
        kernel: [1, 1],
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
    };
    let first = 2 - places.len();
    for (axis, size) in places.iter().enumerate() {
        // one number of a pool holds for both axes of an image
        let of = |numbers: &[usize]| numbers.get(axis).or(numbers.first()).copied();
        let (Some(kernel), Some(stride), Some(padding), Some(dilation)) = (
            of(&window.kernel),
            of(&window.stride),
            of(&window.padding),
            of(&window.dilation),
        ) else {
            return Err(Error::new(format!("{place} has no window")));
        };
        if kernel == 0 || stride == 0 || dilation == 0 {
            return Err(Error::new(format!(
                "{place} has a window that sees nothing or stands still"
            )));
        }
        let sees = dilation.saturating_mul(kernel - 1).saturating_add(1);
        let padded = padding.saturating_mul(2).saturating_add(*size);
        let Some(moves) = padded.checked_sub(sees) else {
            return Err(Error::new(format!(
                "{place} sees {sees} places at once, and {padded} arrive, padding included"
            )));
        };
        let mut steps = moves / stride;
        // a last window that hangs over the end must still start on the plane or in the padding before it
        if ceil && moves % stride != 0 && (steps + 1) * stride < size + padding {
            steps += 1;
        }
        let at = first + axis;
        plane.size[at] = *size;
        plane.out[at] = steps + 1;
        plane.kernel[at] = kernel;
        plane.stride[at] = stride;
        plane.padding[at] = padding;
        plane.dilation[at] = dilation;
    }
    Ok(plane)
}

/// Where a batch norm's tensors stand in the order asked for.
pub type Norm = [usize; 4];

/// Asks for the tensors of a batch norm.
pub fn norm(draft: &mut Draft, name: &str, channels: usize) -> Norm {
    [
        draft.want(format!("{name}.weight"), &[channels]),
        draft.want(format!("{name}.bias"), &[channels]),
        draft.want(format!("{name}.running_mean"), &[channels]),
        draft.want_signed(format!("{name}.running_var"), &[channels], Sign::NotBelow),
    ]
}

/// A batch norm as a scale and a shift for each channel.
pub fn folded(weights: &mut Weights, slots: Norm, epsilon: f64) -> Result<(Vec<f64>, Vec<f64>)> {
    let mut take = |slot: usize| -> Result<Vec<f64>> {
        let numbers = weights.take(slots[slot])?.into_vec();
        Ok(numbers.into_iter().map(f64::from).collect())
    };
    let (weight, bias, mean, variance) = (take(0)?, take(1)?, take(2)?, take(3)?);
    let scale: Vec<f64> = weight
        .iter()
        .zip(&variance)
        .map(|(weight, variance)| weight / (variance + epsilon).sqrt())
        .collect();
    let pairs = bias.iter().zip(mean.iter().zip(&scale));
    let shift = pairs
        .map(|(bias, (mean, scale))| bias - mean * scale)
        .collect();
    Ok((scale, shift))
}

/// A convolution, and the batch norm behind it, which its weights take in.
pub fn convolution(
    draft: &mut Draft,
    card: &LayerCard,
    behind: Option<(&str, f64)>,
    place: &str,
    arriving: &[usize],
) -> Lowered {
    let LayerCard::Convolution {
        name,
        inputs,
        outputs,
        window,
        groups,
        bias,
    } = card
    else {
        return Err(Error::new(format!("{place} is no convolution")));
    };
    let what = match window.kernel.len() {
        1 => "channels × steps",
        _ => "channels × height × width",
    };
    axes(place, arriving, window.kernel.len() + 1, what)?;
    let (channels, places) = (arriving[0], &arriving[1..]);
    if inputs.is_some_and(|inputs| inputs != channels) {
        return Err(Error::new(format!(
            "{place} reads {} channels where {channels} arrive",
            inputs.unwrap_or(0)
        )));
    }
    let (outputs, groups) = (*outputs, *groups);
    if groups == 0 || outputs == 0 || channels % groups != 0 || outputs % groups != 0 {
        return Err(Error::new(format!(
            "{place} splits {channels} channels in and {outputs} out into {groups} groups of the same size"
        )));
    }
    let plane = plane(place, window, places, false)?;
    let mut shape = vec![outputs, channels / groups];
    shape.extend(&window.kernel);
    let mut gives = vec![outputs];
    gives.extend(&plane.out[2 - places.len()..]);
    draft.work(place, &[&shape[..], &plane.out].concat())?;
    let weight = draft.want(format!("{name}.weight"), &shape);
    let bias = bias.then(|| draft.want(format!("{name}.bias"), &[outputs]));
    let norm = behind.map(|(name, epsilon)| (norm(draft, name, outputs), epsilon));
    let make: Make = Box::new(move |weights| {
        let mut weight = weights.take(weight)?.into_vec();
        let mut bias = match bias {
            Some(slot) => weights.take(slot)?.into_vec(),
            None => vec![0.0; outputs],
        };
        if let Some((slots, epsilon)) = norm {
            let (scale, shift) = folded(weights, slots, epsilon)?;
            let each = weight.len() / outputs;
            let heads = weight.chunks_exact_mut(each);
            for (((head, bias), scale), shift) in heads.zip(&mut bias).zip(&scale).zip(&shift) {
                head.iter_mut()
                    .for_each(|w| *w = (f64::from(*w) * scale) as f32);
                *bias = (f64::from(*bias) * scale + shift) as f32;
            }
        }
        Ok(Box::new(Convolution {
            weight: Numbers::from(weight),
            bias,
            inputs: channels,
            outputs,
            groups,
            plane,
        }))
    });
    Ok((Some(make), gives))
}

/// A pool.
pub fn pool(draft: &mut Draft, card: &LayerCard, place: &str, arriving: &[usize]) -> Lowered {
    let LayerCard::Pool {
        rule,
        window,
        ceil,
        count_padding,
    } = card
    else {
        return Err(Error::new(format!("{place} is no pool")));
    };
    if !(2..=3).contains(&arriving.len()) || window.kernel.len() > arriving.len() - 1 {
        return Err(Error::new(format!(
            "{place} reads channels × steps or channels × height × width, and {} arrives",
            sides(arriving)
        )));
    }
    let places = &arriving[1..];
    let plane = plane(place, window, places, *ceil)?;
    for axis in 0..2 {
        if plane.padding[axis] > plane.kernel[axis] / 2 {
            return Err(Error::new(format!(
                "{place} has a padding of more than half its window, so that a window would see nothing"
            )));
        }
    }
    let mut gives = vec![arriving[0]];
    gives.extend(&plane.out[2 - places.len()..]);
    draft.work(place, &[&gives[..], &plane.kernel].concat())?;
    Ok((
        match rule {
            PoolRule::Max => ready(MaxPool { plane }),
            PoolRule::Average => ready(AveragePool::new(plane, *count_padding)),
        },
        gives,
    ))
}
