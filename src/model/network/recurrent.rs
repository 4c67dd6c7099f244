//! Recurrent layers: LSTM and GRU over steps, forwards or in both directions.

use crate::error::Result;
use crate::model::network::activation::sigmoid;
use crate::model::network::dense::{add, through};
use crate::model::network::kernel::{Kernel, Tape};
use crate::model::network::numbers::{Numbers, View, product};
use crate::record::CellKind;

/// The weights of one direction: gates × inputs, gates × hidden, and the two biases.
#[derive(Debug)]
pub struct Direction {
    /// For what arrives.
    pub input: Numbers,
    /// For the state.
    pub state: Numbers,
    /// Bias of what arrives.
    pub input_bias: Option<Numbers>,
    /// Bias of the state.
    pub state_bias: Option<Numbers>,
}

/// One layer over `steps × inputs`, giving `steps × (directions × width)`.
#[derive(Debug)]
pub struct Recurrent {
    /// The cell.
    pub cell: CellKind,
    /// Forwards, and backwards if there is one.
    pub directions: Vec<Direction>,
    /// Steps.
    pub steps: usize,
    /// Inputs of a step.
    pub inputs: usize,
    /// Width of the state.
    pub width: usize,
}

/// Numbers kept for each unit and step: the gates, and the cell (LSTM) or the state before (GRU).
const KEPT: usize = 5;

impl Recurrent {
    fn gates(&self) -> usize {
        self.width
            * match self.cell {
                CellKind::Lstm => 4,
                CellKind::Gru => 3,
            }
    }

    fn step(&self, direction: usize, place: usize) -> usize {
        match direction {
            0 => place,
            _ => self.steps - 1 - place,
        }
    }

    /// One unit's step: its gates as they arrive and as the state gives them; the state and cell, which move on; what is
    /// kept.
    fn unit(&self, x: [f32; 4], s: [f32; 4], state: &mut f32, cell: &mut f32) -> [f32; KEPT] {
        match self.cell {
            CellKind::Lstm => {
                let [i, f, o] = [0, 1, 3].map(|gate| sigmoid(x[gate] + s[gate]));
                let g = (x[2] + s[2]).tanh();
                *cell = f * *cell + i * g;
                *state = o * cell.tanh();
                [i, f, g, o, *cell]
            }
            CellKind::Gru => {
                let [r, z] = [0, 1].map(|gate| sigmoid(x[gate] + s[gate]));
                let n = (x[2] + r * s[2]).tanh();
                let before = *state;
                *state = (1.0 - z) * n + z * before;
                [r, z, n, s[2], before]
            }
        }
    }

    /// One unit's step back: the gradients of its gates as they arrived and as the state gave them, and of the state
    /// before as far as it was not passed on through them. `cell` is the gradient of the cell, which moves on.
    fn unit_back(
        &self,
        kept: [f32; KEPT],
        before: f32,
        slope: f32,
        cell: &mut f32,
    ) -> ([f32; 4], [f32; 4], f32) {
        match self.cell {
            CellKind::Lstm => {
                let [i, f, g, o, now] = kept;
                let t = now.tanh();
                let d = slope * o * (1.0 - t * t) + *cell;
                *cell = d * f;
                let gates = [
                    d * g * i * (1.0 - i),
                    d * before * f * (1.0 - f),
                    d * i * (1.0 - g * g),
                    slope * t * o * (1.0 - o),
                ];
                (gates, gates, 0.0)
            }
            CellKind::Gru => {
                let [r, z, n, s, before] = kept;
                let dn = slope * (1.0 - z) * (1.0 - n * n);
                let dr = dn * s * r * (1.0 - r);
                let dz = slope * (before - n) * z * (1.0 - z);
                ([dr, dz, dn, 0.0], [dr, dz, dn * r, 0.0], slope * z)
            }
        }
    }

    fn pass(&self, direction: usize, x: &Numbers, rows: usize, y: &mut [f32]) -> Result<Vec<f32>> {
        let (width, gates, steps) = (self.width, self.gates(), self.steps);
        let weights = &self.directions[direction];
        let view = View::new(0, gates, self.inputs).turned();
        let mut arrived = through(x, rows, self.inputs, &weights.input, view, gates)?;
        if let Some(bias) = &weights.input_bias {
            add(&mut arrived, bias);
        }
        let all = width * self.directions.len();
        let mut state = Numbers::from(vec![0.0; rows * width]);
        let mut cell = vec![0.0; rows * width];
        let mut kept = Vec::with_capacity(steps * rows * width * KEPT);
        for place in 0..steps {
            let step = self.step(direction, place);
            let turned = View::new(0, gates, width).turned();
            let mut given = product(&state, View::new(0, rows, width), &weights.state, turned)?;
            if let Some(bias) = &weights.state_bias {
                add(&mut given, bias);
            }
            for row in 0..rows {
                let x = &arrived.all()[(row * steps + step) * gates..][..gates];
                let s = &given.all()[row * gates..][..gates];
                for unit in 0..width {
                    let of = |part: &[f32]| {
                        [0, 1, 2, 3]
                            .map(|gate| part.get(gate * width + unit).copied().unwrap_or(0.0))
                    };
                    let at = row * width + unit;
                    let held = &mut state.all_mut()[at];
                    kept.extend(self.unit(of(x), of(s), held, &mut cell[at]));
                    y[(row * steps + step) * all + direction * width + unit] = *held;
                }
            }
        }
        Ok(kept)
    }

    fn pass_back(
        &self,
        direction: usize,
        slope: &[f32],
        rows: usize,
        kept: &[f32],
    ) -> Result<Numbers> {
        let (width, gates, steps) = (self.width, self.gates(), self.steps);
        let weights = &self.directions[direction];
        let all = width * self.directions.len();
        let mut arrived = vec![0.0; rows * steps * gates];
        let mut given = Numbers::from(vec![0.0; rows * gates]);
        let mut state = vec![0.0; rows * width];
        let mut cell = vec![0.0; rows * width];
        for place in (0..steps).rev() {
            let step = self.step(direction, place);
            for at in 0..rows * width {
                let (row, unit) = (at / width, at % width);
                let held = |place: usize| {
                    let start = (place * rows * width + at) * KEPT;
                    [0, 1, 2, 3, 4].map(|i| kept[start + i])
                };
                let before = if place == 0 { 0.0 } else { held(place - 1)[4] };
                let gained =
                    slope[(row * steps + step) * all + direction * width + unit] + state[at];
                let (x, s, past) = self.unit_back(held(place), before, gained, &mut cell[at]);
                state[at] = past;
                for gate in 0..gates / width {
                    arrived[(row * steps + step) * gates + gate * width + unit] = x[gate];
                    given.all_mut()[row * gates + gate * width + unit] = s[gate];
                }
            }
            let view = View::new(0, gates, width);
            let back = product(&given, View::new(0, rows, gates), &weights.state, view)?;
            state.iter_mut().zip(back.all()).for_each(|(s, b)| *s += b);
        }
        let view = View::new(0, gates, self.inputs);
        through(
            &arrived.into(),
            rows,
            gates,
            &weights.input,
            view,
            self.inputs,
        )
    }
}

impl Kernel for Recurrent {
    fn forward(&self, x: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        let mut y = vec![0.0; rows * self.steps * self.width * self.directions.len()];
        for direction in 0..self.directions.len() {
            let kept = self.pass(direction, &x, rows, &mut y)?;
            tape.hand(Numbers::from(kept));
        }
        Ok(Numbers::from(y))
    }

    fn backward(&self, slope: Numbers, rows: usize, tape: &mut Tape) -> Result<Numbers> {
        let mut back = Numbers::from(vec![0.0; rows * self.steps * self.inputs]);
        for direction in (0..self.directions.len()).rev() {
            let kept = tape.back()?;
            add(
                &mut back,
                &self.pass_back(direction, slope.all(), rows, kept.all())?,
            );
        }
        Ok(back)
    }

    fn overflows(&self) -> bool {
        true
    }
}
