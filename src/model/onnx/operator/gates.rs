//! The functions inside recurrent cells, by the names and parameters a node gives them.

use crate::error::{Error, Result, shown};
use crate::model::onnx::operator::activation::sigmoid;
use crate::model::onnx::settings::Settings;

/// A function of one number with its two parameters.
#[derive(Clone, Copy)]
pub struct Gate {
    f: fn(f32, f32, f32) -> f32,
    alpha: f32,
    beta: f32,
}

impl Gate {
    /// Its value.
    pub fn of(self, x: f32) -> f32 {
        (self.f)(x, self.alpha, self.beta)
    }
}

/// A function, and its parameters where it has them (the operators' defaults of ONNX).
type Known = (
    &'static str,
    fn(f32, f32, f32) -> f32,
    Option<f32>,
    Option<f32>,
);

const KNOWN: &[Known] = &[
    ("relu", |x, _, _| x.max(0.0), None, None),
    ("tanh", |x, _, _| x.tanh(), None, None),
    ("sigmoid", |x, _, _| sigmoid(x), None, None),
    ("affine", |x, a, b| a * x + b, Some(1.0), Some(0.0)),
    (
        "leakyrelu",
        |x, a, _| if x < 0.0 { a * x } else { x },
        Some(0.01),
        None,
    ),
    (
        "thresholdedrelu",
        |x, a, _| if x > a { x } else { 0.0 },
        Some(1.0),
        None,
    ),
    (
        "scaledtanh",
        |x, a, b| a * (b * x).tanh(),
        Some(1.0),
        Some(1.0),
    ),
    (
        "hardsigmoid",
        |x, a, b| (a * x + b).clamp(0.0, 1.0),
        Some(0.2),
        Some(0.5),
    ),
    (
        "elu",
        |x, a, _| if x < 0.0 { a * x.exp_m1() } else { x },
        Some(1.0),
        None,
    ),
    ("softsign", |x, _, _| x / (1.0 + x.abs()), None, None),
    (
        "softplus",
        |x, _, _| x.max(0.0) + (-x.abs()).exp().ln_1p(),
        None,
        None,
    ),
];

/// The functions of a node: so many for each direction. Parameters are taken from their lists in the order of the functions
/// that have them.
pub fn gates(settings: &Settings<'_>, unless: &[&str], directions: usize) -> Result<Vec<Gate>> {
    let own: Vec<String> = match settings.texts("activations")? {
        Some(names) => names.iter().map(ToString::to_string).collect(),
        None => {
            let names = unless.repeat(directions);
            names.into_iter().map(str::to_owned).collect()
        }
    };
    let wanted = unless.len() * directions;
    if own.len() != wanted {
        return Err(Error::new(format!(
            "it names {} activations where {wanted} are asked",
            own.len()
        )));
    }
    let mut alphas = settings
        .floats("activation_alpha")?
        .unwrap_or_default()
        .iter();
    let mut betas = settings
        .floats("activation_beta")?
        .unwrap_or_default()
        .iter();
    let gate = |name: &String| {
        let low = name.to_lowercase();
        let known = KNOWN.iter().find(|(known, ..)| *known == low);
        let Some((_, f, alpha, beta)) = known else {
            let error = Error::new(format!("the activation `{}` is not supported", shown(name)));
            return Err(error.suggest(&low, KNOWN.iter().map(|(known, ..)| *known)));
        };
        Ok(Gate {
            f: *f,
            alpha: alpha.map_or(0.0, |unless| alphas.next().copied().unwrap_or(unless)),
            beta: beta.map_or(0.0, |unless| betas.next().copied().unwrap_or(unless)),
        })
    };
    own.iter().map(gate).collect()
}
