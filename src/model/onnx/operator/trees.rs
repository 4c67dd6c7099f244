//! TreeEnsembleClassifier, TreeEnsembleRegressor and TreeEnsemble, scored by the [`Forest`] that all formats share.

use crate::error::{Error, Result};
use crate::model::forest::Forest;
use crate::model::onnx::kernel::{Kernel, Operator, learned, one};
use crate::model::onnx::operator::score::{Post, Second, chosen, labels};
use crate::model::onnx::operator::trees_file::{self, Grove};
use crate::model::onnx::operator::trees_one::only;
use crate::model::onnx::operator::trees_set;
use crate::model::onnx::settings::Settings;
use crate::model::onnx::summed::{Reads, Summed};
use crate::model::onnx::value::{Data, Tensor, count, sides};
use crate::model::scale::logistic;
use crate::model::tree::Arithmetic;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// The family.
pub const ALL: &[Operator] = &[
    learned("TreeEnsemble", (1, 1), 1, ensemble),
    learned("TreeEnsembleClassifier", (1, 1), 2, classifier),
    learned("TreeEnsembleRegressor", (1, 1), 1, regressor),
];

/// How the trees become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Average,
    Least,
    Most,
}

/// Trees with their sum.
struct Trees {
    grove: Grove,
    targets: usize,
    aggregate: Aggregate,
    base: Vec<f64>,
    single: Option<Forest>,
    double: OnceLock<Option<Forest>>,
}

impl Trees {
    /// `wide` trees have thresholds of 64 bits and are never rounded.
    fn new(
        grove: Grove,
        targets: usize,
        aggregate: Aggregate,
        base: Vec<f64>,
        wide: bool,
    ) -> Result<Self> {
        let trees = Self {
            grove,
            targets,
            aggregate,
            base,
            single: None,
            double: OnceLock::new(),
        };
        if wide {
            let forest = trees.forest(Arithmetic::Double)?;
            let double = OnceLock::from(Some(forest));
            return Ok(Self { double, ..trees });
        }
        let single = Some(trees.forest(Arithmetic::Single)?);
        Ok(Self { single, ..trees })
    }

    fn divisor(&self) -> f64 {
        match self.aggregate {
            Aggregate::Average => self.grove.trees.len() as f64,
            _ => 1.0,
        }
    }

    fn forest(&self, arithmetic: Arithmetic) -> Result<Forest> {
        let (inputs, base) = (self.grove.inputs()?, vec![0.0; self.targets]);
        self.grove.forest(arithmetic, inputs, base, self.divisor())
    }

    /// The raw scores: rows × targets, in 64 bits, and how many rows there are.
    fn scores(&self, tensor: &Tensor) -> Result<(usize, Vec<f64>)> {
        let (rows, columns) = tensor.rows();
        let wide = matches!(tensor.data, Data::F64(_));
        let forest = match &self.single {
            Some(single) if !wide => single,
            // numbers of 64 bits are compared with 64 bits
            _ => self
                .double
                .get_or_init(|| self.forest(Arithmetic::Double).ok())
                .as_ref()
                .ok_or_else(|| Error::new("the trees cannot be scored in 64 bits"))?,
        };
        if columns < forest.inputs {
            return Err(Error::new(format!(
                "the trees ask about {} inputs, and a tensor of the shape {} comes",
                forest.inputs,
                sides(&tensor.shape)
            )));
        }
        count(&[rows, self.targets])?;
        let list = tensor.to_f64()?;
        let column = |input: usize| {
            let all = list.iter().skip(input).step_by(columns.max(1));
            match forest.arithmetic {
                Arithmetic::Single => all.map(|x| f64::from(*x as f32)).collect(),
                Arithmetic::Double => all.copied().collect::<Vec<f64>>(),
            }
        };
        let table: Vec<Vec<f64>> = (0..forest.inputs).map(column).collect();
        let sums = match self.aggregate {
            Aggregate::Sum | Aggregate::Average => forest.margins(&table),
            Aggregate::Least => extreme(forest, &table, rows, f64::min),
            Aggregate::Most => extreme(forest, &table, rows, f64::max),
        };
        let mut scores = Vec::with_capacity(rows * self.targets);
        for row in 0..rows {
            for (target, sums) in sums.iter().enumerate() {
                let base = self.base.get(target).copied().unwrap_or(0.0);
                scores.push(match forest.arithmetic {
                    Arithmetic::Single => f64::from(sums[row] as f32 + base as f32),
                    Arithmetic::Double => sums[row] + base,
                });
            }
        }
        Ok((rows, scores))
    }
}

/// Trees, and how their sums become scores.
struct Scored {
    trees: Trees,
    post: Post,
    /// True for one sum that gives the scores of two classes.
    pairs: bool,
}

impl Summed for Scored {
    fn column(&self, column: usize, reads: &Reads) -> Option<Forest> {
        let Self { trees, post, pairs } = self;
        let summed = matches!(trees.aggregate, Aggregate::Sum | Aggregate::Average);
        let alone = *pairs || !matches!(post, Post::Softmax | Post::SoftmaxZero);
        let target = match (pairs, column) {
            (true, 1) => 0,
            (true, _) => return None,
            (false, column) => column,
        };
        if !summed || !alone || target >= trees.targets {
            return None;
        }
        let arithmetic = match trees.single.is_some() && !reads.wide {
            true => Arithmetic::Single,
            false => Arithmetic::Double,
        };
        let divisor = trees.divisor();
        let base = trees.base.get(target).copied().unwrap_or(0.0) * divisor;
        let only = only(&trees.grove, target, &reads.places)?;
        only.forest(arithmetic, reads.inputs, vec![base], divisor)
            .ok()
    }

    fn score(&self, sum: f64) -> f64 {
        match self.post {
            Post::Logistic => logistic(sum),
            Post::None | Post::Softmax | Post::SoftmaxZero => sum,
            Post::Probit => {
                let mut row = [sum as f32];
                self.post.row(&mut row);
                f64::from(row[0])
            }
        }
    }
}

/// The least or the largest of what the trees say.
fn extreme(
    forest: &Forest,
    table: &[Vec<f64>],
    rows: usize,
    better: fn(f64, f64) -> f64,
) -> Vec<Vec<f64>> {
    let mut found = vec![vec![f64::NAN; rows]; forest.outputs];
    for tree in &forest.trees {
        for row in 0..rows {
            let leaf = tree.leaf_of(forest.arithmetic, |input| table[input as usize][row]);
            for output in 0..tree.outputs {
                let value = tree.values[leaf * tree.outputs + output];
                let slot = &mut found[tree.first + output][row];
                *slot = better(*slot, value);
            }
        }
    }
    for slot in found.iter_mut().flatten().filter(|x| x.is_nan()) {
        *slot = 0.0;
    }
    found
}

fn base(settings: &Settings<'_>) -> Result<Vec<f64>> {
    let single = settings.floats("base_values")?.unwrap_or_default();
    let list: Vec<f64> = match settings.tensor("base_values_as_tensor")? {
        Some(tensor) if single.is_empty() => tensor.to_f64()?,
        _ => single.iter().map(|x| f64::from(*x)).collect(),
    };
    match list.iter().all(|x| x.is_finite()) {
        true => Ok(list),
        false => Err(Error::new("a base value is no finite number")),
    }
}

fn classifier(settings: &Settings<'_>) -> Result<Kernel> {
    let post = Post::read(settings)?;
    let names = labels(settings)?.ok_or_else(|| Error::new("the class labels are missing"))?;
    let classes = names.len();
    let (mut grove, wide) = trees_file::read(settings, "class")?;
    let base = base(settings)?;
    let mut used = BTreeSet::new();
    let mut positive = true;
    for (target, weight) in grove.added() {
        used.insert(*target);
        positive &= *weight >= 0.0;
    }
    // one score for two classes: that of the second
    let pairs = classes == 2 && used.len() == 1;
    if pairs {
        post.suits_pairs()?;
        if base.len() > 1 {
            return Err(Error::new(
                "there are two base values for one score of two classes",
            ));
        }
        for (target, _) in &mut grove.weights {
            *target = 0;
        }
    } else if !base.is_empty() && base.len() != classes {
        return Err(Error::new(format!(
            "there are {} base values for {classes} classes",
            base.len()
        )));
    }
    let targets = if pairs { 1 } else { classes };
    let trees = Trees::new(grove, targets, Aggregate::Sum, base, wide)?;
    let scored = Arc::new(Scored { trees, post, pairs });
    settings.leave(Arc::clone(&scored) as Arc<dyn Summed>);
    let second = if positive {
        Second::Complement
    } else {
        Second::Opposite
    };
    Ok(Box::new(move |inputs| {
        let (rows, scores) = scored.trees.scores(inputs.need(0)?)?;
        let mut scores: Vec<f32> = scores.into_iter().map(|x| x as f32).collect();
        if pairs {
            let pair = |score: &f32| post.pair(*score, second);
            scores = scores.iter().flat_map(pair).collect();
        }
        let label = Tensor::new(vec![rows], chosen(&names, &scores, classes))?;
        if !pairs {
            scores
                .chunks_exact_mut(classes)
                .for_each(|row| post.row(row));
        }
        Ok(vec![
            label,
            Tensor::new(vec![rows, classes], Data::F32(scores))?,
        ])
    }))
}

fn targets(settings: &Settings<'_>) -> Result<usize> {
    let targets = settings.int("n_targets")?.unwrap_or(1);
    match usize::try_from(targets) {
        Ok(targets @ 1..=65_536) => Ok(targets),
        _ => Err(Error::new(format!(
            "{targets} targets are none, or too many"
        ))),
    }
}

fn regressor(settings: &Settings<'_>) -> Result<Kernel> {
    let post = Post::read(settings)?;
    let targets = targets(settings)?;
    let aggregate = match settings.text("aggregate_function")?.unwrap_or("SUM") {
        "SUM" => Aggregate::Sum,
        "AVERAGE" => Aggregate::Average,
        "MIN" => Aggregate::Least,
        "MAX" => Aggregate::Most,
        _ => {
            return Err(Error::new(
                "the attribute `aggregate_function` is none of `SUM`, `AVERAGE`, `MIN`, `MAX`",
            ));
        }
    };
    let (grove, wide) = trees_file::read(settings, "target")?;
    let trees = Trees::new(
        grove,
        targets,
        aggregate,
        fitting(base(settings)?, targets)?,
        wide,
    )?;
    let scored = left(settings, trees, post);
    Ok(Box::new(move |inputs| {
        let (rows, scores) = scored.trees.scores(inputs.need(0)?)?;
        let mut scores: Vec<f32> = scores.into_iter().map(|x| x as f32).collect();
        scores
            .chunks_exact_mut(targets)
            .for_each(|row| post.row(row));
        one(Tensor::new(vec![rows, targets], Data::F32(scores))?)
    }))
}

/// Leaves trees with one sum for each target to whoever asks.
fn left(settings: &Settings<'_>, trees: Trees, post: Post) -> Arc<Scored> {
    let pairs = false;
    let scored = Arc::new(Scored { trees, post, pairs });
    settings.leave(Arc::clone(&scored) as Arc<dyn Summed>);
    scored
}

fn fitting(base: Vec<f64>, targets: usize) -> Result<Vec<f64>> {
    match base.len() {
        0 => Ok(base),
        length if length == targets => Ok(base),
        length => Err(Error::new(format!(
            "there are {length} base values for {targets} targets"
        ))),
    }
}

fn ensemble(settings: &Settings<'_>) -> Result<Kernel> {
    let post = Post::numbered(settings.int("post_transform")?.unwrap_or(0))?;
    let targets = targets(settings)?;
    let aggregate = match settings.int("aggregate_function")?.unwrap_or(1) {
        0 => Aggregate::Average,
        1 => Aggregate::Sum,
        2 => Aggregate::Least,
        3 => Aggregate::Most,
        _ => {
            return Err(Error::new(
                "the attribute `aggregate_function` is none of 0 to 3",
            ));
        }
    };
    let (grove, wide) = trees_set::read(settings)?;
    let trees = Trees::new(grove, targets, aggregate, Vec::new(), wide)?;
    let scored = left(settings, trees, post);
    Ok(Box::new(move |inputs| {
        let tensor = inputs.need(0)?;
        let (rows, scores) = scored.trees.scores(tensor)?;
        let shape = vec![rows, targets];
        if matches!(tensor.data, Data::F64(_)) && post == Post::None {
            return one(Tensor::new(shape, Data::F64(scores))?);
        }
        let mut single: Vec<f32> = scores.into_iter().map(|x| x as f32).collect();
        single
            .chunks_exact_mut(targets)
            .for_each(|row| post.row(row));
        let data = match tensor.data {
            Data::F64(_) => Data::F64(single.into_iter().map(f64::from).collect()),
            _ => Data::F32(single),
        };
        one(Tensor::new(shape, data)?)
    }))
}
