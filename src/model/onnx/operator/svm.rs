//! SVMClassifier and SVMRegressor: kernels over support vectors, pairwise votes, and Platt's probabilities.
//!
//! Probabilities of pairs are joined as libsvm does (Wu, Lin and Weng 2004, second approach;
//! `sklearn.svm.SVC(probability=True)`).

use crate::error::{Error, Result};
use crate::model::onnx::kernel::{Kernel, Operator, learned, one};
use crate::model::onnx::operator::score::{Post, Second, chosen, labels};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, sides};

/// The family.
pub const ALL: &[Operator] = &[
    learned("SVMClassifier", (1, 1), 2, classifier),
    learned("SVMRegressor", (1, 1), 1, regressor),
];

#[derive(Debug, Clone, Copy)]
enum Shape {
    Linear,
    Poly,
    Rbf,
    Sigmoid,
}

/// A kernel over support vectors.
struct Machine {
    shape: Shape,
    gamma: f32,
    offset: f32,
    degree: f32,
    inputs: usize,
    vectors: Vec<f32>,
}

impl Machine {
    /// `count` support vectors, or lines of weights where there are none.
    fn read(settings: &Settings<'_>, count: usize, vectors: &[f32]) -> Result<Self> {
        let shape = match settings.text("kernel_type")?.unwrap_or("LINEAR") {
            "LINEAR" => Shape::Linear,
            "POLY" => Shape::Poly,
            "RBF" => Shape::Rbf,
            "SIGMOID" => Shape::Sigmoid,
            _ => {
                return Err(Error::new(
                    "the attribute `kernel_type` is none of `LINEAR`, `POLY`, `RBF`, `SIGMOID`",
                ));
            }
        };
        let params = settings.floats("kernel_params")?.unwrap_or_default();
        let param = |place: usize| params.get(place).copied().unwrap_or(0.0);
        if count == 0 || vectors.is_empty() || !vectors.len().is_multiple_of(count) {
            return Err(Error::new(format!(
                "{} numbers cannot be {count} support vectors",
                vectors.len()
            )));
        }
        Ok(Self {
            shape,
            gamma: param(0),
            offset: param(1),
            degree: param(2),
            inputs: vectors.len() / count,
            vectors: vectors.to_vec(),
        })
    }

    fn rows<'t>(&self, tensor: &Tensor, x: &'t [f32]) -> Result<std::slice::ChunksExact<'t, f32>> {
        let (_, columns) = tensor.rows();
        if columns != self.inputs {
            return Err(Error::new(format!(
                "a tensor of the shape {} meets support vectors of {} numbers",
                sides(&tensor.shape),
                self.inputs
            )));
        }
        Ok(x.chunks_exact(columns))
    }

    /// The kernel of one row with every support vector.
    fn kernels(&self, row: &[f32]) -> Vec<f64> {
        let of = |vector: &[f32]| {
            let pairs = row.iter().zip(vector);
            let dot = || {
                pairs
                    .clone()
                    .map(|(a, b)| f64::from(*a) * f64::from(*b))
                    .sum::<f64>()
            };
            let (gamma, offset) = (f64::from(self.gamma), f64::from(self.offset));
            match self.shape {
                Shape::Linear => dot(),
                Shape::Poly => (gamma * dot() + offset).powf(f64::from(self.degree)),
                Shape::Sigmoid => (gamma * dot() + offset).tanh(),
                Shape::Rbf => {
                    let far: f64 = pairs
                        .clone()
                        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
                        .sum();
                    (-gamma * far).exp()
                }
            }
        };
        self.vectors.chunks_exact(self.inputs).map(of).collect()
    }
}

fn regressor(settings: &Settings<'_>) -> Result<Kernel> {
    let count = usize::try_from(settings.int("n_supports")?.unwrap_or(0)).unwrap_or(0);
    let weights = settings
        .floats("coefficients")?
        .ok_or_else(|| Settings::missing("coefficients"))?;
    let weights = weights.to_vec();
    let vectors = settings.floats("support_vectors")?.unwrap_or_default();
    let rho = settings
        .floats("rho")?
        .and_then(|rho| rho.first().copied())
        .unwrap_or(0.0);
    let single = settings.flag("one_class", false)?;
    let post = Post::read(settings)?;
    let plain = count == 0;
    let machine = match plain {
        true => Machine::read(settings, 1, &weights)?,
        false => Machine::read(settings, count, vectors)?,
    };
    if !plain && weights.len() != count {
        return Err(Error::new(format!(
            "there are {} coefficients for {count} support vectors",
            weights.len()
        )));
    }
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let x = tensor.to_f32()?;
        let mut scores = Vec::new();
        for row in machine.rows(tensor, &x)? {
            let kernels = machine.kernels(row);
            let sum: f64 = match plain {
                true => kernels.iter().sum(),
                false => kernels
                    .iter()
                    .zip(&weights)
                    .map(|(k, w)| k * f64::from(*w))
                    .sum(),
            };
            let score = (sum + f64::from(rho)) as f32;
            let mut score = match (single, score > 0.0) {
                (true, true) => [1.0],
                (true, false) => [-1.0],
                (false, _) => [score],
            };
            post.row(&mut score);
            scores.extend(score);
        }
        one(Tensor::new(vec![scores.len(), 1], Data::F32(scores))?)
    }))
}

/// Support vectors of each class, weights for each other class, and the two numbers of each pair's probability.
struct Votes {
    machine: Machine,
    starts: Vec<usize>,
    counts: Vec<usize>,
    total: usize,
    weights: Vec<f32>,
    rho: Vec<f32>,
    platt: Option<(Vec<f32>, Vec<f32>)>,
}

fn classifier(settings: &Settings<'_>) -> Result<Kernel> {
    let post = Post::read(settings)?;
    let names = labels(settings)?.ok_or_else(|| Error::new("the class labels are missing"))?;
    let classes = names.len();
    let per = settings.ints("vectors_per_class")?.unwrap_or_default();
    let vectors = settings.floats("support_vectors")?.unwrap_or_default();
    let weights = settings
        .floats("coefficients")?
        .ok_or_else(|| Settings::missing("coefficients"))?;
    let rho = settings.floats("rho")?.unwrap_or_default().to_vec();
    let a = settings.floats("prob_a")?.unwrap_or_default().to_vec();
    let b = settings.floats("prob_b")?.unwrap_or_default().to_vec();
    if per.is_empty() {
        return Err(
            Error::new("a classifier without support vectors is not supported").help(
                "export a linear one as `LinearClassifier`, as skl2onnx does for `LinearSVC`",
            ),
        );
    }
    let counts: Vec<usize> = per
        .iter()
        .map(|n| usize::try_from(*n).unwrap_or(usize::MAX))
        .collect();
    let total = counts.iter().fold(0_usize, |sum, n| sum.saturating_add(*n));
    let pairs = classes * classes.saturating_sub(1) / 2;
    if counts.len() != classes || classes < 2 {
        return Err(Error::new(format!(
            "there are {classes} class labels and {} counts of support vectors",
            counts.len()
        )));
    }
    post.suits_pairs()?;
    let machine = Machine::read(settings, total, vectors)?;
    if weights.len() != (classes - 1).saturating_mul(total) || rho.len() != pairs {
        return Err(Error::new(format!(
            "{} coefficients and {} offsets do not fit {classes} classes and {total} support vectors",
            weights.len(),
            rho.len()
        )));
    }
    let platt = match (a.len(), b.len()) {
        (0, 0) => None,
        (x, y) if x == pairs && y == pairs => Some((a, b)),
        _ => {
            return Err(Error::new(
                "`prob_a` and `prob_b` do not have one number for each pair",
            ));
        }
    };
    let mut starts = Vec::with_capacity(classes);
    let mut next = 0;
    for count in &counts {
        starts.push(next);
        next += count;
    }
    let votes = Votes {
        machine,
        starts,
        counts,
        total,
        weights: weights.to_vec(),
        rho,
        platt,
    };
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let x = tensor.to_f32()?;
        let (mut scores, mut ranked, mut rows) = (Vec::new(), Vec::new(), 0);
        for row in votes.machine.rows(tensor, &x)? {
            rows += 1;
            let decisions = votes.decisions(row);
            match &votes.platt {
                Some(platt) => {
                    let mut row = joined(classes, &decisions, platt);
                    ranked.extend_from_slice(&row);
                    post.row(&mut row);
                    scores.extend(row);
                }
                None => {
                    ranked.extend(votes.counted(classes, &decisions));
                    let mut row: Vec<f32> = decisions.iter().map(|d| *d as f32).collect();
                    if let [score] = row[..] {
                        row = post.pair(score, Second::Opposite).to_vec();
                    } else {
                        post.row(&mut row);
                    }
                    scores.extend(row);
                }
            }
        }
        let columns = match (&votes.platt, pairs) {
            (Some(_), _) => classes,
            (None, 1) => 2,
            (None, pairs) => pairs,
        };
        let label = Tensor::new(vec![rows], chosen(&names, &ranked, classes))?;
        Ok(vec![
            label,
            Tensor::new(vec![rows, columns], Data::F32(scores))?,
        ])
    }))
}

impl Votes {
    /// One number for each pair of classes, above zero when the first one wins.
    fn decisions(&self, row: &[f32]) -> Vec<f64> {
        let kernels = self.machine.kernels(row);
        let sum = |class: usize, line: usize| {
            let range = self.starts[class]..self.starts[class] + self.counts[class];
            let weights = &self.weights[line * self.total..(line + 1) * self.total];
            let pairs = kernels[range.clone()].iter().zip(&weights[range]);
            pairs.map(|(k, w)| k * f64::from(*w)).sum::<f64>()
        };
        let mut decisions = Vec::with_capacity(self.rho.len());
        for i in 0..self.counts.len() {
            for j in i + 1..self.counts.len() {
                let rho = f64::from(self.rho[decisions.len()]);
                decisions.push(sum(i, j - 1) + sum(j, i) + rho);
            }
        }
        decisions
    }

    fn counted(&self, classes: usize, decisions: &[f64]) -> Vec<f32> {
        let mut votes = vec![0.0; classes];
        let mut pair = decisions.iter();
        for i in 0..classes {
            for j in i + 1..classes {
                let first = pair.next().is_some_and(|d| *d > 0.0);
                votes[if first { i } else { j }] += 1.0;
            }
        }
        votes
    }
}

/// Probabilities of all classes out of those of pairs.
fn joined(classes: usize, decisions: &[f64], (a, b): &(Vec<f32>, Vec<f32>)) -> Vec<f32> {
    let mut pairs = vec![vec![0.0; classes]; classes];
    let places = (0..classes).flat_map(|i| (i + 1..classes).map(move |j| (i, j)));
    for (((i, j), decision), (a, b)) in places.zip(decisions).zip(a.iter().zip(b)) {
        let x = decision * f64::from(*a) + f64::from(*b);
        let p = crate::model::scale::logistic(-x).clamp(1e-7, 1.0 - 1e-7);
        pairs[i][j] = p;
        pairs[j][i] = 1.0 - p;
    }
    let mut q = vec![vec![0.0; classes]; classes];
    for t in 0..classes {
        for j in (0..classes).filter(|j| *j != t) {
            q[t][t] += pairs[j][t] * pairs[j][t];
            q[t][j] = -pairs[j][t] * pairs[t][j];
        }
    }
    let mut p = vec![1.0 / classes as f64; classes];
    for _ in 0..classes.max(100) {
        let mut qp: Vec<f64> = q
            .iter()
            .map(|line| line.iter().zip(&p).map(|(q, p)| q * p).sum())
            .collect();
        let mut pqp: f64 = p.iter().zip(&qp).map(|(p, q)| p * q).sum();
        let error = qp.iter().map(|x| (x - pqp).abs()).fold(0.0, f64::max);
        if error < 0.005 / classes as f64 {
            break;
        }
        for t in 0..classes {
            let step = (pqp - qp[t]) / q[t][t];
            p[t] += step;
            pqp = (pqp + step * (step * q[t][t] + 2.0 * qp[t])) / (1.0 + step) / (1.0 + step);
            for (j, x) in qp.iter_mut().enumerate() {
                *x = (*x + step * q[t][j]) / (1.0 + step);
            }
            p.iter_mut().for_each(|p| *p /= 1.0 + step);
        }
    }
    p.into_iter().map(|p| p as f32).collect()
}
