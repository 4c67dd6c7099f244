//! Scan: a graph run for each member of a sequence, with states that pass from step to step.

use crate::error::{Error, Result};
use crate::model::onnx::body::{Body, Feeds};
use crate::model::onnx::kernel::{ANY, Inputs, Kernel, Operator, sequenced};
use crate::model::onnx::operator::stack::{member, stacked, zeros};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Tensor, axis};
use std::borrow::Cow;

/// The family.
pub const ALL: &[Operator] = &[sequenced("Scan", (0, ANY), ANY, scan)];

/// How a sequence is walked, or a stack laid.
#[derive(Clone, Copy)]
struct Way {
    axis: i64,
    backward: bool,
}

struct Scan {
    body: Body,
    states: usize,
    ins: Vec<Way>,
    outs: Vec<Way>,
}

fn scan(settings: &Settings<'_>) -> Result<Kernel> {
    if settings.opset < 9 {
        return Err(Error::new(
            "the operator `Scan` of opset 8 is not supported",
        ));
    }
    let body = settings
        .graph("body")?
        .ok_or_else(|| Settings::missing("body"))?;
    let body = settings.compile(body)?;
    let sequences = settings
        .int("num_scan_inputs")?
        .ok_or_else(|| Settings::missing("num_scan_inputs"))?;
    let sequences = usize::try_from(sequences).unwrap_or(0);
    let states = settings
        .inputs()
        .checked_sub(sequences)
        .filter(|_| sequences > 0);
    let states = states.ok_or_else(|| Error::new("it has no sequence to run along"))?;
    let fits = body.inputs == settings.inputs()
        && body.outputs == settings.outputs()
        && states <= body.outputs;
    if !fits {
        return Err(Error::new(
            "its body has other inputs or outputs than itself",
        ));
    }
    let ways = |axes: &str, directions: &str, many: usize| -> Result<Vec<Way>> {
        let list = |name: &str| -> Result<Vec<i64>> {
            let list = settings.ints(name)?.unwrap_or_default();
            match list.len() {
                0 => Ok(vec![0; many]),
                length if length == many => Ok(list.to_vec()),
                _ => Err(Error::new(format!(
                    "`{name}` has not one number for each sequence"
                ))),
            }
        };
        let pairs = list(axes)?.into_iter().zip(list(directions)?);
        Ok(pairs
            .map(|(axis, direction)| Way {
                axis,
                backward: direction != 0,
            })
            .collect())
    };
    let scan = Scan {
        ins: ways("scan_input_axes", "scan_input_directions", sequences)?,
        outs: ways(
            "scan_output_axes",
            "scan_output_directions",
            body.outputs - states,
        )?,
        body,
        states,
    };
    Ok(Box::new(move |inputs| scan.run(inputs)))
}

impl Scan {
    fn run(&self, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
        let all: Vec<&Tensor> = inputs.all().collect();
        let (state, sequences) = all.split_at(self.states.min(all.len()));
        let mut steps = None;
        let mut places = Vec::new();
        for (tensor, way) in sequences.iter().zip(&self.ins) {
            let at = axis(way.axis, tensor.rank())?;
            places.push(at);
            if *steps.get_or_insert(tensor.shape[at]) != tensor.shape[at] {
                return Err(Error::new("the sequences differ in length"));
            }
        }
        let steps = steps.ok_or_else(|| Error::new("it has no sequence to run along"))?;
        let mut state: Vec<Tensor> = state.iter().map(|tensor| (*tensor).clone()).collect();
        let mut stacks: Vec<Vec<Tensor>> = vec![Vec::new(); self.outs.len()];
        let mut held = 0;
        // without a step the body runs once for the shapes of what it would make
        for step in 0..steps.max(1) {
            let mut feeds: Feeds<'_> = match steps {
                0 => state.iter().cloned().map(|t| Some(Cow::Owned(t))).collect(),
                _ => state.drain(..).map(|t| Some(Cow::Owned(t))).collect(),
            };
            for ((sequence, at), way) in sequences.iter().zip(&places).zip(&self.ins) {
                let place = if way.backward {
                    steps.max(1) - 1 - step
                } else {
                    step
                };
                let taken = match steps {
                    0 => {
                        let mut shape = sequence.shape.clone();
                        shape.remove(*at);
                        zeros(shape, sequence)?
                    }
                    _ => member(sequence, *at, place)?,
                };
                feeds.push(Some(Cow::Owned(taken)));
            }
            let mut made = self.body.call(feeds, inputs)?;
            let rest = made.split_off(self.states.min(made.len()));
            if steps > 0 {
                state = made;
            }
            for (stack, part) in stacks.iter_mut().zip(rest) {
                inputs.budget.spend(part.bytes())?;
                held += part.bytes();
                stack.push(part);
            }
        }
        for (mut stack, way) in stacks.into_iter().zip(&self.outs) {
            if way.backward {
                stack.reverse();
            }
            let rank = stack.first().map_or(0, Tensor::rank) + 1;
            let at = axis(way.axis, rank)?;
            inputs
                .budget
                .room(2 * stack.iter().map(Tensor::bytes).sum::<usize>())?;
            let mut whole = stacked(&stack, at)?;
            if steps == 0 {
                let mut shape = whole.shape.clone();
                shape[at] = 0;
                whole = zeros(shape, &whole)?;
            }
            state.push(whole);
        }
        inputs.budget.free(held);
        Ok(state)
    }
}
