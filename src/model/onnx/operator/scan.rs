//! Scan: a graph run for each row of a sequence, as skl2onnx writes the distances of nearest neighbours.
//!
//! Forward and along first axes only.

use crate::error::{Error, Result};
use crate::model::onnx::body::Body;
use crate::model::onnx::kernel::{ANY, Inputs, Kernel, Operator, standard};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, each, sides};

/// The family.
pub const ALL: &[Operator] = &[Operator {
    outputs: ANY,
    ..standard("Scan", (0, ANY), scan)
}];

fn scan(settings: &Settings<'_>) -> Result<Kernel> {
    if settings.opset < 9 {
        return Err(Error::new(
            "the operator `Scan` of opset 8 is not supported",
        ));
    }
    for name in [
        "scan_input_axes",
        "scan_input_directions",
        "scan_output_axes",
        "scan_output_directions",
    ] {
        if settings
            .ints(name)?
            .unwrap_or_default()
            .iter()
            .any(|x| *x != 0)
        {
            return Err(Error::new(format!(
                "`{name}` other than 0 is not supported"
            )));
        }
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
    Ok(Box::new(move |inputs| run(&body, states, inputs)))
}

fn run(body: &Body, states: usize, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
    let all: Vec<&Tensor> = inputs.all().collect();
    let (state, sequences) = all.split_at(states.min(all.len()));
    let length = |tensor: &Tensor| tensor.shape.first().copied();
    let steps = sequences.first().and_then(|tensor| length(tensor));
    let Some(steps) = steps.filter(|steps| sequences.iter().all(|t| length(t) == Some(*steps)))
    else {
        return Err(Error::new("the sequences differ in length"));
    };
    let mut state: Vec<Tensor> = state.iter().map(|tensor| (*tensor).clone()).collect();
    let mut stacks: Vec<Option<Tensor>> = vec![None; body.outputs - states];
    // without a step the body runs once for the shapes of what it would make
    for step in 0..steps.max(1) {
        let mut feeds = state.clone();
        for sequence in sequences {
            feeds.push(slice(sequence, (step < steps).then_some(step))?);
        }
        let mut made = (body.run)(feeds)?;
        let rest = made.split_off(states.min(made.len()));
        if steps > 0 {
            state = made;
        }
        for (stack, part) in stacks.iter_mut().zip(rest) {
            pile(stack, part, steps)?;
        }
    }
    state.extend(stacks.into_iter().flatten());
    Ok(state)
}

/// One member of a sequence; zeros when there is none.
fn slice(tensor: &Tensor, step: Option<usize>) -> Result<Tensor> {
    let shape = tensor.shape.get(1..).unwrap_or_default().to_vec();
    let size: usize = shape.iter().product();
    let data = match step {
        Some(step) => each!(&tensor.data, list => list[step * size..(step + 1) * size].to_vec()),
        None => each!(&tensor.data, _list => vec![Default::default(); size]),
    };
    Tensor::new(shape, data)
}

/// Puts a part on a stack of so many.
fn pile(stack: &mut Option<Tensor>, part: Tensor, steps: usize) -> Result<()> {
    let mut whole = vec![steps];
    whole.extend(&part.shape);
    let Some(stack) = stack else {
        crate::model::onnx::value::count(&whole)?;
        *stack = Some(Tensor {
            shape: whole,
            data: match steps {
                0 => each!(&part.data, _list => Vec::new()),
                _ => part.data,
            },
            labels: None,
        });
        return Ok(());
    };
    let same = stack.shape == whole;
    match (&mut stack.data, part.data) {
        (Data::F32(list), Data::F32(part)) if same => list.extend(part),
        (Data::F64(list), Data::F64(part)) if same => list.extend(part),
        (Data::I64(list), Data::I64(part)) if same => list.extend(part),
        (Data::Bool(list), Data::Bool(part)) if same => list.extend(part),
        (Data::Text(list), Data::Text(part)) if same => list.extend(part),
        _ => {
            return Err(Error::new(format!(
                "a step makes another shape than {}",
                sides(&whole[1..])
            )));
        }
    }
    Ok(())
}
