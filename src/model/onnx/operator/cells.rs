//! The cells of recurrent networks: what one step makes of the state of every row. A row's result does not depend on the
//! rows beside it.

use crate::model::onnx::operator::gates::Gate;
use crate::model::onnx::operator::matrix::{product, transposed};

/// Which cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One gate.
    Plain,
    /// Update, reset, hidden.
    Gru,
    /// Input, output, forget, cell.
    Lstm,
}

impl Kind {
    /// How many gates its weights hold.
    pub fn gates(self) -> usize {
        match self {
            Self::Plain => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }
}

/// The functions and forms of a cell.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// Which.
    pub kind: Kind,
    /// Size of the state.
    pub hidden: usize,
    /// Its functions.
    pub gates: &'a [Gate],
    /// Sums are held within ± this.
    pub clip: f32,
    /// GRU: the state is multiplied before it is reset.
    pub linear: bool,
    /// LSTM: what is not let in is forgotten.
    pub coupled: bool,
}

/// A cell of one direction with its weights.
pub struct Cell<'a> {
    form: Form<'a>,
    /// Weights of the state, hidden × (gates × hidden), columns of all gates beside each other.
    recurrent: Vec<f32>,
    /// GRU: weights of the hidden gate alone.
    late: Vec<f32>,
    /// Offsets of the state's sums.
    offsets: &'a [f32],
    /// LSTM: weights from the cell to its gates: input, output, forget.
    peep: &'a [f32],
}

impl<'a> Cell<'a> {
    /// A cell; `recurrent` is (gates × hidden) × hidden, `offsets` gates × hidden or empty, `peep` 3 × hidden or empty.
    pub fn new(form: Form<'a>, recurrent: &[f32], offsets: &'a [f32], peep: &'a [f32]) -> Self {
        let hidden = form.hidden;
        let split = form.kind == Kind::Gru && !form.linear;
        let (early, late) = match split {
            true => recurrent.split_at(2 * hidden * hidden),
            false => (recurrent, &[][..]),
        };
        let rows = early.len().checked_div(hidden).unwrap_or(0);
        Self {
            recurrent: transposed(early, rows, hidden),
            late: match split {
                true => transposed(late, hidden, hidden),
                false => Vec::new(),
            },
            form,
            offsets,
            peep,
        }
    }

    fn gate(&self, which: usize, sum: f32) -> f32 {
        self.form.gates[which].of(sum.clamp(-self.form.clip, self.form.clip))
    }

    fn offset(&self, place: usize) -> f32 {
        self.offsets.get(place).copied().unwrap_or(0.0)
    }

    /// One step: `sums` are the inputs' sums with their offsets (rows × gates × hidden), `state` and `cell` rows × hidden.
    pub fn step(&self, sums: &[f32], state: &mut [f32], cell: &mut [f32]) {
        let hidden = self.form.hidden;
        if hidden == 0 {
            return;
        }
        let width = self.recurrent.len() / hidden;
        let rows = state.len() / hidden;
        let mut from_state = vec![0.0; rows * width];
        product(state, &self.recurrent, hidden, width, &mut from_state);
        let all = self.form.kind.gates() * hidden;
        let lines = sums.chunks_exact(all).zip(from_state.chunks_exact(width));
        let states = state.chunks_exact_mut(hidden);
        match self.form.kind {
            Kind::Plain => {
                for ((x, r), h) in lines.zip(states) {
                    for (k, h) in h.iter_mut().enumerate() {
                        *h = self.gate(0, x[k] + r[k] + self.offset(k));
                    }
                }
            }
            Kind::Gru => self.gru(sums, &from_state, width, state),
            Kind::Lstm => {
                for (((x, r), h), c) in lines.zip(states).zip(cell.chunks_exact_mut(hidden)) {
                    self.lstm(x, r, h, c);
                }
            }
        }
    }

    fn gru(&self, sums: &[f32], from_state: &[f32], width: usize, state: &mut [f32]) {
        let hidden = self.form.hidden;
        let late = match self.form.linear {
            true => Vec::new(),
            false => {
                // the reset state, multiplied with the hidden gate's weights
                let mut reset = state.to_vec();
                let lines = sums
                    .chunks_exact(3 * hidden)
                    .zip(from_state.chunks_exact(width));
                for ((x, r), h) in lines.zip(reset.chunks_exact_mut(hidden)) {
                    for (k, h) in h.iter_mut().enumerate() {
                        let at = hidden + k;
                        *h *= self.gate(0, x[at] + r[at] + self.offset(at));
                    }
                }
                let mut late = vec![0.0; reset.len()];
                product(&reset, &self.late, hidden, hidden, &mut late);
                late
            }
        };
        let lines = sums
            .chunks_exact(3 * hidden)
            .zip(from_state.chunks_exact(width));
        for (row, ((x, r), h)) in lines.zip(state.chunks_exact_mut(hidden)).enumerate() {
            for (k, h) in h.iter_mut().enumerate() {
                let update = self.gate(0, x[k] + r[k] + self.offset(k));
                let at = 2 * hidden + k;
                let from = match self.form.linear {
                    true => {
                        let of = hidden + k;
                        let reset = self.gate(0, x[of] + r[of] + self.offset(of));
                        reset * (r[at] + self.offset(at))
                    }
                    false => late[row * hidden + k] + self.offset(at),
                };
                let fresh = self.gate(1, x[at] + from);
                *h = (1.0 - update) * fresh + update * *h;
            }
        }
    }

    fn lstm(&self, x: &[f32], r: &[f32], h: &mut [f32], c: &mut [f32]) {
        let hidden = self.form.hidden;
        let peep = |gate: usize, k: usize| self.peep.get(gate * hidden + k).copied().unwrap_or(0.0);
        let sum = |gate: usize, k: usize| {
            let at = gate * hidden + k;
            x[at] + r[at] + self.offset(at)
        };
        for (k, (h, c)) in h.iter_mut().zip(c).enumerate() {
            let input = self.gate(0, sum(0, k) + peep(0, k) * *c);
            let forget = match self.form.coupled {
                true => 1.0 - input,
                false => self.gate(0, sum(2, k) + peep(2, k) * *c),
            };
            let fresh = self.gate(1, sum(3, k));
            *c = forget * *c + input * fresh;
            let output = self.gate(0, sum(1, k) + peep(1, k) * *c);
            *h = output * self.form.gates[2].of(*c);
        }
    }
}
