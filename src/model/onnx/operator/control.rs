//! If and Loop: graphs that run once, many times or not at all, and read the graph around them.

use crate::error::{Error, Result};
use crate::model::onnx::body::{Body, Feeds};
use crate::model::onnx::kernel::{ANY, Inputs, Kernel, Operator, sequenced};
use crate::model::onnx::operator::stack::{stacked, zeros};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor};
use std::borrow::Cow;

/// The family.
pub const ALL: &[Operator] = &[
    sequenced("If", (1, 1), ANY, either),
    sequenced("Loop", (0, ANY), ANY, repeated),
];

fn body(settings: &Settings<'_>, name: &str) -> Result<Body> {
    let graph = settings
        .graph(name)?
        .ok_or_else(|| Error::new(format!("the attribute `{name}` is missing")))?;
    settings.compile(graph)
}

/// The one truth.
fn truth(tensor: &Tensor) -> Result<bool> {
    match tensor.truths()? {
        [one] => Ok(*one),
        _ => Err(Error::new("a condition is not one truth")),
    }
}

fn either(settings: &Settings<'_>) -> Result<Kernel> {
    let (yes, no) = (
        body(settings, "then_branch")?,
        body(settings, "else_branch")?,
    );
    for branch in [&yes, &no] {
        if branch.inputs != 0 || branch.outputs != settings.outputs() {
            return Err(Error::new(
                "a branch has other inputs or outputs than the node",
            ));
        }
    }
    Ok(Box::new(move |inputs| {
        let branch = if truth(inputs.need(0)?)? { &yes } else { &no };
        branch.call(Vec::new(), inputs)
    }))
}

fn repeated(settings: &Settings<'_>) -> Result<Kernel> {
    let body = body(settings, "body")?;
    let states = settings.inputs().saturating_sub(2);
    let fits =
        body.inputs == states + 2 && body.outputs > states && body.outputs > settings.outputs();
    if !fits {
        return Err(Error::new(
            "its body has other inputs or outputs than itself",
        ));
    }
    Ok(Box::new(move |inputs| run(&body, states, inputs)))
}

fn run(body: &Body, states: usize, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let most = inputs.get(0).map_or(Ok(i64::MAX), Tensor::int)?;
    let mut on = inputs.get(1).map_or(Ok(true), truth)?;
    let mut state: Vec<Tensor> = Vec::with_capacity(states);
    for place in 0..states {
        state.push(inputs.need(place + 2)?.clone());
    }
    let feeds = |step: i64, on: bool, state: Vec<Tensor>| -> Result<Feeds<'_>> {
        let mut feeds: Feeds<'_> = vec![
            Some(Cow::Owned(Tensor::new(Vec::new(), Data::I64(vec![step]))?)),
            Some(Cow::Owned(Tensor::new(Vec::new(), Data::Bool(vec![on]))?)),
        ];
        feeds.extend(state.into_iter().map(|tensor| Some(Cow::Owned(tensor))));
        Ok(feeds)
    };
    let mut stacks: Vec<Vec<Tensor>> = vec![Vec::new(); body.outputs - 1 - states];
    let mut held = 0;
    let mut step = 0;
    while on && step < most {
        let mut made = body.call(feeds(step, on, state)?, inputs)?;
        let rest = made.split_off((states + 1).min(made.len()));
        on = truth(
            made.first()
                .ok_or_else(|| Error::new("its body makes nothing"))?,
        )?;
        state = made.split_off(1);
        for (stack, part) in stacks.iter_mut().zip(rest) {
            inputs.budget.spend(part.bytes())?;
            held += part.bytes();
            stack.push(part);
        }
        step += 1;
    }
    if step == 0 && !stacks.is_empty() {
        // no step: the body runs once for the shapes of what it would make
        let trial = body.call(feeds(0, true, state.clone())?, inputs);
        let parts = trial.map_or_else(|_| Vec::new(), |mut made| made.split_off(states + 1));
        for place in 0..stacks.len() {
            let none = match parts.get(place) {
                None => Tensor::line(Vec::new()),
                Some(part) => {
                    let mut shape = part.shape.clone();
                    shape.insert(0, 0);
                    zeros(shape, part)?
                }
            };
            state.push(none);
        }
        return Ok(state);
    }
    for stack in stacks {
        inputs
            .budget
            .room(2 * stack.iter().map(Tensor::bytes).sum::<usize>())?;
        state.push(stacked(&stack, 0)?);
    }
    inputs.budget.free(held);
    Ok(state)
}
