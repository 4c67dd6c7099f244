//! Two or more tensors as if they had one shape: axes of length one repeat, missing axes stand in front (NumPy's rule).

use crate::error::{Error, Result};
use crate::model::onnx::operator::lanes::wide;
use crate::model::onnx::spare::Spare;
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

/// The numbers met when every axis of a shape is walked with its own step.
pub fn walked<T: Spare>(list: &[T], shape: &[usize], steps: &[usize], total: usize) -> Vec<T> {
    let mut found = T::list(total);
    let (Some((side, outer)), Some((step, outer_steps))) = (shape.split_last(), steps.split_last())
    else {
        found.copy_from_slice(list);
        return found;
    };
    let lines: usize = outer.iter().product();
    let pieces = found.chunks_exact_mut((*side).max(1));
    for (into, base) in pieces.zip(walk(outer, outer_steps, lines)) {
        match step {
            1 => into.copy_from_slice(&list[base..base + side]),
            0 => into.fill(list[base]),
            _ => {
                for (into, from) in into.iter_mut().zip(list[base..].iter().step_by(*step)) {
                    *into = *from;
                }
            }
        }
    }
    found
}

/// An axis of two tensors that meet: its length, and how far apart neighbours lie in each, 0 where one repeats.
type Axis = (usize, usize, usize);

/// The axes of two tensors as few as they can be: those that run on from one to the next are one axis.
fn merged(shape: &[usize], a: &[usize], b: &[usize]) -> Vec<Axis> {
    let steps = |own: &[usize]| {
        let mut steps = vec![0; shape.len() - own.len()];
        let all = strides(own).into_iter().zip(own);
        steps.extend(all.map(|(step, side)| if *side == 1 { 0 } else { step }));
        steps
    };
    let mut axes: Vec<Axis> = Vec::new();
    for ((side, a), b) in shape.iter().zip(steps(a)).zip(steps(b)).rev() {
        match axes.last_mut() {
            _ if *side == 1 => {}
            Some((own, x, y)) if a == *x * *own && b == *y * *own => *own *= side,
            _ => axes.push((*side, a, b)),
        }
    }
    axes.reverse();
    axes
}

/// A function of two tensors, place by place.
pub fn zip<T, U, R: Spare>(
    (a, a_shape): (&[T], &[usize]),
    (b, b_shape): (&[U], &[usize]),
    f: impl Fn(&T, &U) -> R,
) -> Result<(Vec<usize>, Vec<R>)> {
    let shape = together(a_shape, b_shape)?;
    let total: usize = shape.iter().product();
    let mut all = R::list(total);
    if total == 0 {
        return Ok((shape, all));
    }
    let mut axes = merged(&shape, a_shape, b_shape);
    let (side, a_step, b_step) = axes.pop().unwrap_or((1, 1, 1));
    let sides: Vec<usize> = axes.iter().map(|axis| axis.0).collect();
    let starts = |steps: Vec<usize>| walk(&sides, &steps, total / side);
    let lefts = starts(axes.iter().map(|axis| axis.1).collect());
    let rights = starts(axes.iter().map(|axis| axis.2).collect());
    wide(
        #[inline(always)]
        || {
            for ((into, left), right) in all.chunks_exact_mut(side).zip(&lefts).zip(&rights) {
                let (a, b) = (&a[*left..], &b[*right..]);
                match (a_step, b_step) {
                    (1, 1) => {
                        for ((into, a), b) in into.iter_mut().zip(a).zip(b) {
                            *into = f(a, b);
                        }
                    }
                    (1, 0) => {
                        for (into, a) in into.iter_mut().zip(a) {
                            *into = f(a, &b[0]);
                        }
                    }
                    (0, 1) => {
                        for (into, b) in into.iter_mut().zip(b) {
                            *into = f(&a[0], b);
                        }
                    }
                    _ => {
                        for (at, into) in into.iter_mut().enumerate() {
                            *into = f(&a[at * a_step], &b[at * b_step]);
                        }
                    }
                }
            }
        },
    );
    Ok((shape, all))
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
        let (shape, list) =
            zip((&[1_i64, 2], &[2, 1]), (&[10, 20, 30], &[3]), |a, b| a + b).unwrap();
        assert_eq!((shape, list), (vec![2, 3], vec![11, 21, 31, 12, 22, 32]));
        let (_, list) = zip((&[10_i64, 20, 30], &[3]), (&[1, 2], &[2, 1]), |a, b| a - b).unwrap();
        assert_eq!(list, [9, 19, 29, 8, 18, 28]);
        let (_, list) = zip((&[1_i64, 2, 3, 4], &[2, 2]), (&[10, 20], &[2]), |a, b| {
            a + b
        })
        .unwrap();
        assert_eq!(list, [11, 22, 13, 24]);
        let (shape, list) =
            zip::<i64, i64, i64>((&[], &[0, 2]), (&[1, 2], &[2]), |a, b| a + b).unwrap();
        assert_eq!((shape, list), (vec![0, 2], vec![]));
    }
}
