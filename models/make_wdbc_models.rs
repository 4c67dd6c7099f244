//! Makes `models/wdbc-logistic/model.toml` and `models/wdbc-mlp/model.safetensors` from `datasets/wdbc-development`.
//!
//! ```text
//! cargo run --release --example make-wdbc-models
//! ```
//!
//! The same data give the same bytes: the first weights come from a counter, training is full-batch in double precision, and
//! what is written is rounded far more coarsely than machines differ.

use candle_core::{D, DType, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use safetensors::tensor::{Dtype, TensorView, serialize};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

#[path = "fitting.rs"]
mod fitting;
use fitting::Facts;

/// One input of each kind (size, texture, smoothness of outline, dents, symmetry), chosen beforehand and not by selection.
const LOGISTIC: [&str; 5] = [
    "mean-radius",
    "mean-texture",
    "mean-smoothness",
    "mean-concave-points",
    "mean-symmetry",
];
/// The ten means, in the order of the file.
const NETWORK: [&str; 10] = [
    "mean-radius",
    "mean-texture",
    "mean-perimeter",
    "mean-area",
    "mean-smoothness",
    "mean-compactness",
    "mean-concavity",
    "mean-concave-points",
    "mean-symmetry",
    "mean-fractal-dimension",
];
const HIDDEN: usize = 16;
/// Steps of training to choose from, by cross-validation within the development part.
const STEPS: [usize; 6] = [25, 50, 75, 100, 150, 200];
const FOLDS: usize = 5;
const SEED: u64 = 20_260_101;
/// Weights are written as multiples of this, which single precision holds exactly.
const GRAIN: f64 = 1.0 / 4096.0;

/// The rows a model is made from.
pub struct Development {
    header: Vec<String>,
    rows: Vec<Vec<f64>>,
    malignant: Vec<bool>,
}

impl Development {
    /// Reads the development file.
    pub fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let mut file = csv::Reader::from_path(path)?;
        let header = file.headers()?.iter().skip(2).map(str::to_owned).collect();
        let (mut rows, mut malignant) = (Vec::new(), Vec::new());
        for record in file.records() {
            let record = record?;
            malignant.push(&record[1] == "malignant");
            let values: Result<_, _> = record.iter().skip(2).map(str::parse).collect();
            rows.push(values?);
        }
        Ok(Self {
            header,
            rows,
            malignant,
        })
    }

    fn column(&self, name: &str) -> Result<Vec<f64>, Box<dyn Error>> {
        let at = self.header.iter().position(|column| column == name);
        let at = at.ok_or_else(|| format!("the development file has no column `{name}`"))?;
        Ok(self.rows.iter().map(|row| row[at]).collect())
    }

    /// Standardised inputs row by row, with the mean and standard deviation of each.
    fn standardised(&self, names: &[&str]) -> Result<Standardised, Box<dyn Error>> {
        let mut made = Standardised {
            rows: vec![Vec::new(); self.rows.len()],
            means: Vec::new(),
            sds: Vec::new(),
        };
        for name in names {
            let values = self.column(name)?;
            let (mean, sd) = fitting::mean_and_sd(&values);
            let (mean, sd) = (significant(mean), significant(sd));
            for (row, value) in made.rows.iter_mut().zip(values) {
                row.push((value - mean) / sd);
            }
            made.means.push(mean);
            made.sds.push(sd);
        }
        Ok(made)
    }
}

struct Standardised {
    rows: Vec<Vec<f64>>,
    means: Vec<f64>,
    sds: Vec<f64>,
}

/// Five significant digits: what a reader can copy from a page.
fn significant(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

/// The logistic regression as the text of its file.
pub fn logistic(development: &Development) -> Result<(String, Facts), Box<dyn Error>> {
    let inputs = development.standardised(&LOGISTIC)?;
    let fitted = fitting::fit(&inputs.rows, &development.malignant)
        .ok_or("the logistic regression does not settle")?;
    let rounded: Vec<f64> = fitted.into_iter().map(significant).collect();
    let mut text = format!(
        "# made by models/make_wdbc_models.rs: change that, not this\nlink = \"logistic\"\nintercept = {}\n",
        rounded[0]
    );
    for (i, name) in LOGISTIC.iter().enumerate() {
        write!(
            text,
            "\n[[terms]]\ninput = \"{name}\"\ncentre = {}\nscale = {}\ncoefficient = {}\n",
            inputs.means[i],
            inputs.sds[i],
            rounded[i + 1]
        )?;
    }
    let predictors: Vec<f64> = inputs
        .rows
        .iter()
        .map(|row| fitting::predictor(&rounded, row))
        .collect();
    Ok((text, Facts::of(&predictors, &development.malignant)))
}

/// The network as the bytes of its file.
pub fn network(development: &Development) -> Result<(Vec<u8>, Facts), Box<dyn Error>> {
    let inputs = development.standardised(&NETWORK)?;
    let all: Vec<usize> = (0..inputs.rows.len()).collect();
    let steps = chosen_steps(&inputs.rows, &development.malignant)?;
    let everyone = tensors(&inputs.rows, &development.malignant, &all)?;
    let trained = train(&everyone, &[steps])?;
    let [w1, b1, w2, b2] = trained.first().ok_or("nothing was trained")?;
    let (w1, b1, w2, b2) = (grained(w1)?, grained(b1)?, grained(w2)?, grained(b2)?);
    let predictors = forward(&everyone.0, [&w1, &b1, &w2, &b2])?.to_vec1::<f64>()?;

    let tensors = [
        ("input.mean", vec![NETWORK.len()], inputs.means),
        ("input.sd", vec![NETWORK.len()], inputs.sds),
        ("hidden.weight", vec![HIDDEN, NETWORK.len()], flat(&w1)?),
        ("hidden.bias", vec![HIDDEN], flat(&b1)?),
        ("output.weight", vec![1, HIDDEN], flat(&w2)?),
        ("output.bias", vec![1], flat(&b2)?),
    ]
    .map(|(name, shape, values)| {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| (*value as f32).to_le_bytes())
            .collect();
        (name, shape, bytes)
    });
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, shape, bytes)| {
            TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (*name, view))
        })
        .collect();
    Ok((
        serialize(views?, None)?,
        Facts::of(&predictors, &development.malignant),
    ))
}

/// The number of steps with the lowest cross-validated log loss; every `FOLDS`-th row makes a fold.
fn chosen_steps(rows: &[Vec<f64>], malignant: &[bool]) -> Result<usize, Box<dyn Error>> {
    let mut losses = [0.0; STEPS.len()];
    for fold in 0..FOLDS {
        let (held, kept): (Vec<usize>, Vec<usize>) =
            (0..rows.len()).partition(|row| row % FOLDS == fold);
        let trained = train(&tensors(rows, malignant, &kept)?, &STEPS)?;
        let (held_rows, held_events) = tensors(rows, malignant, &held)?;
        for (loss, [w1, b1, w2, b2]) in losses.iter_mut().zip(&trained) {
            let predictors = forward(&held_rows, [w1, b1, w2, b2])?;
            let mean = cross_entropy(&predictors, &held_events)?.to_scalar::<f64>()?;
            *loss += mean * held.len() as f64;
        }
    }
    let lowest = (0..STEPS.len()).min_by(|a, b| losses[*a].total_cmp(&losses[*b]));
    Ok(lowest
        .map(|at| STEPS[at])
        .ok_or("no steps to choose from")?)
}

/// Some of the rows and what happened, as tensors.
fn tensors(
    rows: &[Vec<f64>],
    malignant: &[bool],
    some: &[usize],
) -> candle_core::Result<(Tensor, Tensor)> {
    let values: Vec<f64> = some.iter().flat_map(|row| rows[*row].clone()).collect();
    let events = some.iter().map(|row| f64::from(u8::from(malignant[*row])));
    Ok((
        Tensor::from_vec(values, (some.len(), NETWORK.len()), &Device::Cpu)?,
        Tensor::from_vec(events.collect(), some.len(), &Device::Cpu)?,
    ))
}

/// Weights and biases of the two layers after each of the (rising) numbers of steps.
fn train(
    (rows, events): &(Tensor, Tensor),
    keep_after: &[usize],
) -> candle_core::Result<Vec<[Tensor; 4]>> {
    let device = Device::Cpu;
    let mut normal = Normal(SEED);
    let mut layer = |outputs: usize, inputs: usize| -> candle_core::Result<[Var; 2]> {
        let spread = (2.0 / inputs as f64).sqrt();
        let first = (0..outputs * inputs).map(|_| spread * normal.draw());
        let weight = Tensor::from_vec(first.collect::<Vec<f64>>(), (outputs, inputs), &device)?;
        let bias = Tensor::zeros(outputs, DType::F64, &device)?;
        Ok([Var::from_tensor(&weight)?, Var::from_tensor(&bias)?])
    };
    let [w1, b1] = layer(HIDDEN, NETWORK.len())?;
    let [w2, b2] = layer(1, HIDDEN)?;
    let mut optimiser = AdamW::new(
        vec![w1.clone(), b1.clone(), w2.clone(), b2.clone()],
        ParamsAdamW {
            lr: 0.01,
            weight_decay: 0.1,
            ..ParamsAdamW::default()
        },
    )?;
    let mut kept = Vec::new();
    for step in 1..=keep_after.last().copied().unwrap_or(0) {
        let predictors = forward(rows, [&w1, &b1, &w2, &b2])?;
        optimiser.backward_step(&cross_entropy(&predictors, events)?)?;
        if keep_after.contains(&step) {
            let copy = |variable: &Var| variable.as_detached_tensor().copy();
            kept.push([copy(&w1)?, copy(&b1)?, copy(&w2)?, copy(&b2)?]);
        }
    }
    Ok(kept)
}

/// One hidden layer with `max(0, x)`; the log odds of each row.
fn forward(rows: &Tensor, [w1, b1, w2, b2]: [&Tensor; 4]) -> candle_core::Result<Tensor> {
    let hidden = rows.matmul(&w1.t()?)?.broadcast_add(b1)?.relu()?;
    hidden
        .matmul(&w2.t()?)?
        .broadcast_add(b2)?
        .squeeze(D::Minus1)
}

/// Mean of `ln(1 + exp(lp)) − y·lp`, written so that it does not overflow.
fn cross_entropy(predictors: &Tensor, events: &Tensor) -> candle_core::Result<Tensor> {
    let tail = (predictors.abs()?.neg()?.exp()? + 1.0)?.log()?;
    ((predictors.relu()? + tail)? - (predictors * events)?)?.mean_all()
}

fn grained(weights: &Tensor) -> candle_core::Result<Tensor> {
    (weights / GRAIN)?.round()? * GRAIN
}

fn flat(tensor: &Tensor) -> candle_core::Result<Vec<f64>> {
    tensor.flatten_all()?.to_vec1()
}

/// Standard normal draws from a counter: SplitMix64 (Steele, Lea and Flood 2014) and Box–Muller.
struct Normal(u64);

impl Normal {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn draw(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let development = Development::read(&root.join("datasets/wdbc-development/data.csv"))?;
    let (text, facts) = logistic(&development)?;
    std::fs::write(root.join("models/wdbc-logistic/model.toml"), text)?;
    println!("wdbc-logistic\n{facts}");
    let (bytes, facts) = network(&development)?;
    std::fs::write(root.join("models/wdbc-mlp/model.safetensors"), bytes)?;
    println!("wdbc-mlp\n{facts}");
    Ok(())
}
