//! Two or more tensors as if they had one shape: axes of length one repeat, missing axes stand in front (NumPy's rule).

use crate::error::{Error, Result};
use crate::model::onnx::value::{count, sides, strides};

/// The shape two shapes have together.
pub fn together(a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let rank = a.len().max(b.len());
    let side = |shape: &[usize], place: usize| {
        (place + shape.len())
            .checked_sub(rank)
            .and_then(|place| shape.get(place).copied())
            .unwrap_or(1)
    };
    let shape = (0..rank).map(|place| match (side(a, place), side(b, place)) {
        (1, side) | (side, 1) => Ok(side),
        (a, b) if a == b => Ok(a),
        _ => Err(Error::new(format!(
            "the shapes {} and {} do not fit each other",
            sides(a),
            sides(b)
        ))),
    });
    let shape: Vec<usize> = shape.collect::<Result<_>>()?;
    count(&shape)?;
    Ok(shape)
}

/// For each place of the larger shape, in order, the place in a tensor of the smaller one.
pub fn places(from: &[usize], to: &[usize]) -> Vec<usize> {
    let total: usize = to.iter().product();
    let mut steps = vec![0; to.len()];
    let lead = to.len() - from.len();
    for (place, (stride, side)) in strides(from).iter().zip(from).enumerate() {
        if *side != 1 {
            steps[lead + place] = *stride;
        }
    }
    walk(to, &steps, total)
}

/// The places met when every axis of a shape is walked with its own step.
pub fn walk(shape: &[usize], steps: &[usize], total: usize) -> Vec<usize> {
    let mut found = Vec::with_capacity(total);
    if total == 0 {
        return found;
    }
    let (inner, inner_step) = match (shape.last(), steps.last()) {
        (Some(side), Some(step)) => (*side, *step),
        _ => (1, 0),
    };
    let outer = shape.len().saturating_sub(1);
    let mut at = vec![0; outer];
    let mut base = 0;
    loop {
        found.extend((0..inner).map(|i| base + i * inner_step));
        let mut axis = outer;
        loop {
            if axis == 0 {
                return found;
            }
            axis -= 1;
            at[axis] += 1;
            base += steps[axis];
            if at[axis] < shape[axis] {
                break;
            }
            base -= at[axis] * steps[axis];
            at[axis] = 0;
        }
    }
}

/// How many neighbours of the longer shape share a number of the shorter one, when those numbers follow each other: the
/// shorter one has ones, then the longer one's sides, then ones.
fn planes(short: &[usize], long: &[usize]) -> Option<usize> {
    if short.len() > long.len() || long.contains(&0) {
        return None;
    }
    let lead = long.len() - short.len();
    let side = |at: usize| if at < lead { 1 } else { short[at - lead] };
    let end = (0..long.len()).rev().find(|at| side(*at) != 1)? + 1;
    let first = (0..end).rev().find(|at| side(*at) != long[*at]);
    let first = first.map_or(0, |at| at + 1);
    let ones = (0..first).all(|at| side(at) == 1);
    ones.then(|| long[end..].iter().product())
}

/// The numbers met when every axis of a shape is walked with its own step.
pub fn walked<T: Copy>(list: &[T], shape: &[usize], steps: &[usize], total: usize) -> Vec<T> {
    let mut found = Vec::with_capacity(total);
    let (Some((side, outer)), Some((step, outer_steps))) = (shape.split_last(), steps.split_last())
    else {
        found.extend_from_slice(list);
        return found;
    };
    let lines: usize = outer.iter().product();
    for base in walk(outer, outer_steps, lines) {
        let from = list.get(base..).unwrap_or_default();
        match step {
            1 => found.extend_from_slice(from.get(..*side).unwrap_or_default()),
            0 => found.extend(from.iter().take(1).cycle().take(*side)),
            _ => found.extend(from.iter().step_by(*step).take(*side)),
        }
    }
    found
}

/// A function of two tensors, place by place.
pub fn zip<T: Clone, U: Clone, R>(
    (a, a_shape): (&[T], &[usize]),
    (b, b_shape): (&[U], &[usize]),
    f: impl Fn(&T, &U) -> R,
) -> Result<(Vec<usize>, Vec<R>)> {
    let shape = together(a_shape, b_shape)?;
    if a_shape == b_shape {
        return Ok((shape, a.iter().zip(b).map(|(a, b)| f(a, b)).collect()));
    }
    let total: usize = shape.iter().product();
    if let ([one], true) = (b, a.len() == total) {
        return Ok((shape, a.iter().map(|a| f(a, one)).collect()));
    }
    // one line repeated for every row, as with the means of columns
    let suffix = |short: &[usize], long: &[usize]| {
        let trimmed: Vec<usize> = short
            .iter()
            .copied()
            .skip_while(|side| *side == 1)
            .collect();
        long.ends_with(&trimmed)
    };
    if a.len() == total && !b.is_empty() && suffix(b_shape, a_shape) {
        let rows = a.chunks(b.len());
        let all = rows.flat_map(|row| row.iter().zip(b).map(|(a, b)| f(a, b)));
        return Ok((shape, all.collect()));
    }
    // one number repeated over a plane, as with channels of images
    if let Some(plane) = planes(b_shape, a_shape) {
        let all = a.chunks(plane).zip(b.iter().cycle());
        let all = all.flat_map(|(plane, b)| plane.iter().map(|a| f(a, b)));
        return Ok((shape, all.collect()));
    }
    if let Some(plane) = planes(a_shape, b_shape) {
        let all = b.chunks(plane).zip(a.iter().cycle());
        let all = all.flat_map(|(plane, a)| plane.iter().map(|b| f(a, b)));
        return Ok((shape, all.collect()));
    }
    let left = places(a_shape, &shape);
    let right = places(b_shape, &shape);
    let all = left.iter().zip(&right).map(|(l, r)| f(&a[*l], &b[*r]));
    Ok((shape, all.collect()))
}

/// A tensor repeated until it has the shape.
pub fn spread<T: Clone>(list: &[T], from: &[usize], to: &[usize]) -> Vec<T> {
    if from == to {
        return list.to_vec();
    }
    places(from, to)
        .iter()
        .map(|place| list[*place].clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_meet_as_in_numpy() {
        assert_eq!(together(&[3, 1], &[4]).unwrap(), [3, 4]);
        assert_eq!(together(&[], &[2, 0]).unwrap(), [2, 0]);
        assert!(together(&[3], &[4]).is_err());
        let (shape, list) = zip((&[1, 2], &[2, 1]), (&[10, 20, 30], &[3]), |a, b| a + b).unwrap();
        assert_eq!((shape, list), (vec![2, 3], vec![11, 21, 31, 12, 22, 32]));
        let (_, list) = zip((&[10, 20, 30], &[3]), (&[1, 2], &[2, 1]), |a, b| a - b).unwrap();
        assert_eq!(list, [9, 19, 29, 8, 18, 28]);
        let (_, list) = zip((&[1, 2, 3, 4], &[2, 2]), (&[10, 20], &[2]), |a, b| a + b).unwrap();
        assert_eq!(list, [11, 22, 13, 24]);
        let (shape, list) =
            zip::<i32, i32, i32>((&[], &[0, 2]), (&[1, 2], &[2]), |a, b| a + b).unwrap();
        assert_eq!((shape, list), (vec![0, 2], vec![]));
    }
}
