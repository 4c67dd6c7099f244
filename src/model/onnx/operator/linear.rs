//! LinearClassifier and LinearRegressor.

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Kernel, Operator, learned, one};
use crate::model::onnx::operator::matrix::{product, transposed};
use crate::model::onnx::operator::score::{Post, Second, chosen, labels};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, sides};

/// The family.
pub const ALL: &[Operator] = &[
    learned("LinearClassifier", (1, 1), 2, classifier),
    learned("LinearRegressor", (1, 1), 1, regressor),
];

/// Weights as inputs × targets, and the intercepts.
struct Weights {
    inputs: usize,
    targets: usize,
    weights: Vec<f32>,
    intercepts: Vec<f32>,
}

impl Weights {
    fn read(settings: &Settings<'_>, targets: Option<usize>) -> Result<Self> {
        let list = settings
            .floats("coefficients")?
            .ok_or_else(|| Settings::missing("coefficients"))?;
        let intercepts = settings.floats("intercepts")?.unwrap_or_default().to_vec();
        let targets = targets.unwrap_or(intercepts.len().max(1));
        if targets == 0 || list.is_empty() || !list.len().is_multiple_of(targets) {
            return Err(Error::new(format!(
                "{} coefficients cannot belong to {targets} targets",
                list.len()
            )));
        }
        if !intercepts.is_empty() && intercepts.len() != targets {
            return Err(Error::new(format!(
                "there are {} intercepts for {targets} targets",
                intercepts.len()
            )));
        }
        let inputs = list.len() / targets;
        Ok(Self {
            inputs,
            targets,
            weights: transposed(list, targets, inputs),
            intercepts,
        })
    }

    /// Scores of all rows, and how many rows there are.
    fn scores(&self, tensor: &Tensor) -> Result<(usize, Vec<f32>)> {
        let (rows, columns) = tensor.rows();
        if columns != self.inputs {
            return Err(Error::new(format!(
                "a tensor of the shape {} meets {} coefficients for each target",
                sides(&tensor.shape),
                self.inputs
            )));
        }
        let x = tensor.to_f32()?;
        let mut scores = vec![0.0; rows * self.targets];
        product(&x, &self.weights, self.inputs, self.targets, &mut scores);
        if !self.intercepts.is_empty() {
            for row in scores.chunks_exact_mut(self.targets) {
                row.iter_mut()
                    .zip(&self.intercepts)
                    .for_each(|(x, b)| *x += b);
            }
        }
        Ok((rows, scores))
    }
}

fn classifier(settings: &Settings<'_>) -> Result<Kernel> {
    settings.ignore(&["multi_class"]);
    let weights = Weights::read(settings, None)?;
    let post = Post::read(settings)?;
    let names = labels(settings)?
        .unwrap_or_else(|| Data::I64((0..weights.targets.max(2) as i64).collect()));
    let pairs = weights.targets == 1 && names.len() == 2;
    if pairs {
        post.suits_pairs()?;
    }
    if names.len() != weights.targets && !pairs {
        return Err(Error::new(format!(
            "there are {} class labels for {} targets",
            names.len(),
            weights.targets
        )));
    }
    Ok(Box::new(move |inputs| {
        let (rows, mut scores) = weights.scores(inputs.need(0)?)?;
        if pairs {
            scores = scores
                .iter()
                .flat_map(|score| post.pair(*score, Second::Complement))
                .collect();
        }
        let columns = names.len();
        let label = Tensor::new(vec![rows], chosen(&names, &scores, columns))?;
        if !pairs {
            scores
                .chunks_exact_mut(columns)
                .for_each(|row| post.row(row));
        }
        Ok(vec![
            label,
            Tensor::new(vec![rows, columns], Data::F32(scores))?,
        ])
    }))
}

fn regressor(settings: &Settings<'_>) -> Result<Kernel> {
    let targets = settings.int("targets")?.unwrap_or(1);
    let weights = Weights::read(settings, Some(usize::try_from(targets).unwrap_or(0)))?;
    let post = Post::read(settings)?;
    Ok(Box::new(move |inputs| {
        let (rows, mut scores) = weights.scores(inputs.need(0)?)?;
        scores
            .chunks_exact_mut(weights.targets)
            .for_each(|row| post.row(row));
        one(Tensor::new(vec![rows, weights.targets], Data::F32(scores))?)
    }))
}
