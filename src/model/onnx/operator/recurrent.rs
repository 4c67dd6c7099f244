//! RNN, GRU, LSTM: forward, backward and both, rows of different length, either layout. In 32 bits.

use crate::error::{Error, Result, shown};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, standard};
use crate::model::onnx::operator::cells::{Cell, Form, Kind};
use crate::model::onnx::operator::gates::{Gate, gates};
use crate::model::onnx::operator::matrix::{product, transposed};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, count, sides};

/// The family.
pub const ALL: &[Operator] = &[
    Operator {
        outputs: 2,
        ..standard("RNN", (3, 6), |settings| build(settings, Kind::Plain))
    },
    Operator {
        outputs: 2,
        ..standard("GRU", (3, 6), |settings| build(settings, Kind::Gru))
    },
    Operator {
        outputs: 3,
        ..standard("LSTM", (3, 8), |settings| build(settings, Kind::Lstm))
    },
];

/// More products in one run of a layer are refused.
const MOST_PRODUCTS: usize = 1 << 38;

struct Layer {
    kind: Kind,
    /// For each direction, whether it runs from the end.
    backward: Vec<bool>,
    gates: Vec<Gate>,
    clip: f32,
    linear: bool,
    coupled: bool,
    /// Rows stand before steps.
    rows_first: bool,
    hidden: Option<i64>,
}

fn build(settings: &Settings<'_>, kind: Kind) -> Result<Kernel> {
    let backward = match settings.text("direction")?.unwrap_or("forward") {
        "forward" => vec![false],
        "reverse" => vec![true],
        "bidirectional" => vec![false, true],
        other => {
            return Err(Error::new(format!(
                "the direction `{}` is not known",
                shown(other)
            )));
        }
    };
    let unless: &[&str] = match kind {
        Kind::Plain => &["Tanh"],
        Kind::Gru => &["Sigmoid", "Tanh"],
        Kind::Lstm => &["Sigmoid", "Tanh", "Tanh"],
    };
    // before opset 7 there was an attribute that said whether the whole sequence is wanted
    settings.ignore(&["output_sequence"]);
    let layer = Layer {
        gates: gates(settings, unless, backward.len())?,
        clip: match settings.float("clip")? {
            Some(clip) if clip > 0.0 => clip,
            _ => f32::INFINITY,
        },
        linear: kind == Kind::Gru && settings.flag("linear_before_reset", false)?,
        coupled: kind == Kind::Lstm && settings.flag("input_forget", false)?,
        rows_first: settings.flag("layout", false)?,
        hidden: settings.int("hidden_size")?,
        backward,
        kind,
    };
    Ok(Box::new(move |inputs| layer.run(inputs)))
}

fn single(tensor: &Tensor) -> Result<&[f32]> {
    match &tensor.data {
        Data::F32(list) => Ok(list),
        _ => Err(tensor.not("numbers of 32 bits")),
    }
}

/// Swaps the first two axes of blocks of the same size.
fn swapped(list: &[f32], first: usize, second: usize) -> Vec<f32> {
    let block = list.len().checked_div(first * second).unwrap_or(0);
    let mut turned = Vec::with_capacity(list.len());
    for b in 0..second {
        for a in 0..first {
            let start = (a * second + b) * block;
            turned.extend_from_slice(&list[start..start + block]);
        }
    }
    turned
}

impl Layer {
    fn run(&self, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
        let (x, w, r) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
        let (&[a, b, width], &[directions, tall, wide], &[_, _, hidden]) =
            (x.shape.as_slice(), w.shape.as_slice(), r.shape.as_slice())
        else {
            return Err(Error::new(
                "the inputs, or their weights, have not three axes",
            ));
        };
        let (steps, rows) = if self.rows_first { (b, a) } else { (a, b) };
        let own = self.kind.gates();
        let fits = directions == self.backward.len()
            && wide == width
            && Some(tall) == own.checked_mul(hidden)
            && r.shape == [directions, tall, hidden]
            && self
                .hidden
                .is_none_or(|size| usize::try_from(size) == Ok(hidden));
        if !fits {
            return Err(Error::new(format!(
                "weights of the shapes {} and {} do not fit inputs of the shape {}",
                sides(&w.shape),
                sides(&r.shape),
                sides(&x.shape)
            )));
        }
        count(&[steps, rows, directions, tall])?;
        let products = [steps, rows, directions, tall, width.saturating_add(hidden)];
        if products
            .iter()
            .fold(1_usize, |all, side| all.saturating_mul(*side))
            > MOST_PRODUCTS
        {
            return Err(Error::new("a recurrent layer is larger than any model's"));
        }
        let sized = |place: usize, wanted: &[usize]| match inputs.get(place) {
            None => Ok(&[][..]),
            Some(tensor) if tensor.shape == wanted => single(tensor),
            Some(tensor) => Err(Error::new(format!(
                "input {place} (counted from 0) has the shape {} where {} is asked",
                sides(&tensor.shape),
                sides(wanted)
            ))),
        };
        let start = match self.rows_first {
            true => [rows, directions, hidden],
            false => [directions, rows, hidden],
        };
        let offsets = sized(3, &[directions, 2 * tall])?;
        let begin = |place: usize| -> Result<Vec<f32>> {
            let list = sized(place, &start)?;
            Ok(match (list.is_empty(), self.rows_first) {
                (true, _) => vec![0.0; directions * rows * hidden],
                (false, true) => swapped(list, rows, directions),
                (false, false) => list.to_vec(),
            })
        };
        let mut states = begin(5)?;
        let (mut cells, peep) = match self.kind {
            Kind::Lstm => (begin(6)?, sized(7, &[directions, 3 * hidden])?),
            _ => (vec![0.0; directions * rows * hidden], &[][..]),
        };
        let lengths = match inputs.get(4) {
            None => vec![steps; rows],
            Some(lengths) => {
                let list = lengths.ints()?.iter().map(|l| usize::try_from(*l).ok());
                let list: Option<Vec<usize>> = list.map(|l| l.filter(|l| *l <= steps)).collect();
                list.filter(|list| list.len() == rows)
                    .ok_or_else(|| Error::new("the lengths of the sequences do not fit them"))?
            }
        };
        let turned;
        let all = match self.rows_first {
            true => {
                turned = swapped(single(x)?, rows, steps);
                &turned
            }
            false => single(x)?,
        };
        let (w, r) = (single(w)?, single(r)?);
        let mut made = vec![0.0; steps * directions * rows * hidden];
        let per = self.gates.len() / directions.max(1);
        for (d, backward) in self.backward.iter().enumerate() {
            let part = |list: &'_ [f32], size: usize| -> std::ops::Range<usize> {
                if list.is_empty() {
                    0..0
                } else {
                    d * size..(d + 1) * size
                }
            };
            let both = &offsets[part(offsets, 2 * tall)];
            let (for_input, for_state) = both.split_at(both.len() / 2);
            let form = Form {
                kind: self.kind,
                hidden,
                gates: &self.gates[d * per..(d + 1) * per],
                clip: self.clip,
                linear: self.linear,
                coupled: self.coupled,
            };
            let cell = Cell::new(
                form,
                &r[part(r, tall * hidden)],
                for_state,
                &peep[part(peep, 3 * hidden)],
            );
            let weights = transposed(&w[part(w, tall * width)], tall, width);
            let mut sums = vec![0.0; steps * rows * tall];
            product(all, &weights, width, tall, &mut sums);
            if !for_input.is_empty() {
                for line in sums.chunks_exact_mut(tall) {
                    line.iter_mut().zip(for_input).for_each(|(x, b)| *x += b);
                }
            }
            let own = d * rows * hidden..(d + 1) * rows * hidden;
            let (state, inner) = (&mut states[own.clone()], &mut cells[own]);
            let mut now = vec![0.0; rows * tall];
            for step in 0..steps {
                // where each row stands in time; None when it has ended
                let at = |row: usize| {
                    let length = lengths[row];
                    (step < length).then(|| if *backward { length - 1 - step } else { step })
                };
                let kept = lengths.iter().any(|length| step >= *length);
                let old = kept.then(|| (state.to_vec(), inner.to_vec()));
                for (row, now) in now.chunks_exact_mut(tall.max(1)).enumerate() {
                    if let Some(time) = at(row) {
                        let first = (time * rows + row) * tall;
                        now.copy_from_slice(&sums[first..first + tall]);
                    }
                }
                cell.step(&now, state, inner);
                for row in 0..rows {
                    let span = row * hidden..(row + 1) * hidden;
                    match (at(row), &old) {
                        (Some(time), _) => {
                            let first = ((time * directions + d) * rows + row) * hidden;
                            made[first..first + hidden].copy_from_slice(&state[span]);
                        }
                        (None, Some((old_state, old_inner))) => {
                            state[span.clone()].copy_from_slice(&old_state[span.clone()]);
                            inner[span.clone()].copy_from_slice(&old_inner[span]);
                        }
                        (None, None) => {}
                    }
                }
            }
        }
        self.answer(made, states, cells, [steps, directions, rows, hidden])
    }

    fn answer(
        &self,
        mut made: Vec<f32>,
        mut states: Vec<f32>,
        mut cells: Vec<f32>,
        [steps, directions, rows, hidden]: [usize; 4],
    ) -> Result<Vec<Tensor>> {
        let (mut whole, mut last) = (
            vec![steps, directions, rows, hidden],
            vec![directions, rows, hidden],
        );
        if self.rows_first {
            // steps × directions × rows → rows × steps × directions
            made = swapped(&made, steps * directions, rows);
            whole = vec![rows, steps, directions, hidden];
            states = swapped(&states, directions, rows);
            cells = swapped(&cells, directions, rows);
            last = vec![rows, directions, hidden];
        }
        let mut outputs = vec![
            Tensor::new(whole, Data::F32(made))?,
            Tensor::new(last.clone(), Data::F32(states))?,
        ];
        if self.kind == Kind::Lstm {
            outputs.push(Tensor::new(last, Data::F32(cells))?);
        }
        Ok(outputs)
    }
}
