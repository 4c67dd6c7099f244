//! From raw scores to what a model gives: post transforms, and the second column of a model that has one score for two
//! classes (ONNX Runtime's `write_scores`).

use crate::error::{Error, Result};
use crate::model::onnx::operator::activation::sigmoid;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::Data;
use std::f64::consts::PI;
use std::sync::Arc;

/// What happens to raw scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    /// Nothing.
    None,
    /// Each by itself through the logistic function.
    Logistic,
    /// All of a row together.
    Softmax,
    /// The same, zeros staying zero.
    SoftmaxZero,
    /// Through the quantile function of the normal distribution.
    Probit,
}

/// What stands in the second column of a model with one score for two classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// The score is a probability: `1 − p` and `p`.
    Complement,
    /// The score has a sign: `−s` and `s`.
    Opposite,
}

impl Post {
    /// Reads `post_transform`.
    pub fn read(settings: &Settings<'_>) -> Result<Self> {
        Self::of(settings.text("post_transform")?.unwrap_or("NONE"))
    }

    fn of(word: &str) -> Result<Self> {
        Ok(match word {
            "NONE" => Self::None,
            "LOGISTIC" => Self::Logistic,
            "SOFTMAX" => Self::Softmax,
            "SOFTMAX_ZERO" => Self::SoftmaxZero,
            "PROBIT" => Self::Probit,
            _ => {
                return Err(Error::new(
                    "the attribute `post_transform` is none of `NONE`, `LOGISTIC`, `SOFTMAX`, `SOFTMAX_ZERO`, `PROBIT`",
                ));
            }
        })
    }

    /// By its number in `TreeEnsemble`.
    pub fn numbered(number: i64) -> Result<Self> {
        match number {
            0 => Ok(Self::None),
            1 => Ok(Self::Softmax),
            2 => Ok(Self::Logistic),
            3 => Ok(Self::SoftmaxZero),
            4 => Ok(Self::Probit),
            _ => Err(Error::new(
                "the attribute `post_transform` is none of 0 to 4",
            )),
        }
    }

    /// One row, in place.
    pub fn row(self, row: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Logistic => row.iter_mut().for_each(|x| *x = sigmoid(*x)),
            Self::Probit => row.iter_mut().for_each(|x| *x = probit(*x)),
            Self::Softmax | Self::SoftmaxZero => {
                let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let keeps = |x: f32| self == Self::SoftmaxZero && x.abs() <= 1e-7;
                let mut sum = 0.0;
                for x in row.iter_mut().filter(|x| !keeps(**x)) {
                    *x = (*x - most).exp();
                    sum += *x;
                }
                if sum > 0.0 {
                    row.iter_mut().for_each(|x| *x /= sum);
                }
            }
        }
    }

    /// Fails where one score for two classes has no agreed meaning: ONNX Runtime gives no probabilities there.
    pub fn suits_pairs(self) -> Result<()> {
        match self {
            Self::Probit => Err(Error::new(
                "`PROBIT` with one score for two classes is not supported",
            )),
            _ => Ok(()),
        }
    }

    /// The two columns of one score; `Softmax` leaves them as they are, as ONNX Runtime does.
    pub fn pair(self, score: f32, second: Second) -> [f32; 2] {
        match (self, second) {
            (Self::Logistic, _) => [sigmoid(-score), sigmoid(score)],
            (_, Second::Complement) => [1.0 - score, score],
            (_, Second::Opposite) => [-score, score],
        }
    }
}

/// `√2 · erf⁻¹(2x − 1)` with Winitzki's approximation, which is the one ONNX Runtime takes (`ComputeProbit`).
fn probit(x: f32) -> f32 {
    let x = 2.0 * f64::from(x) - 1.0;
    let log = ((1.0 - x) * (1.0 + x)).ln();
    let a = 2.0 / (PI * 0.147) + 0.5 * log;
    let inverse = (-a + (a * a - log / 0.147).sqrt()).sqrt().copysign(x);
    (std::f64::consts::SQRT_2 * inverse) as f32
}

/// The labels of a classifier.
pub fn labels(settings: &Settings<'_>) -> Result<Option<Data>> {
    settings.list(&[
        "classlabels_strings",
        "classlabels_int64s",
        "classlabels_ints",
    ])
}

/// One label for each row: that of the largest score.
pub fn chosen(labels: &Data, scores: &[f32], columns: usize) -> Data {
    let best = scores.chunks(columns.max(1)).map(|row| {
        let mut best = 0;
        for (place, x) in row.iter().enumerate() {
            if *x > row[best] {
                best = place;
            }
        }
        best
    });
    match labels {
        Data::Text(words) => {
            let word = |at: usize| words.get(at).cloned().unwrap_or_else(|| Arc::from(""));
            Data::Text(best.map(word).collect())
        }
        Data::I64(list) => Data::I64(best.map(|at| list.get(at).copied().unwrap_or(0)).collect()),
        _ => Data::I64(best.map(|at| at as i64).collect()),
    }
}
