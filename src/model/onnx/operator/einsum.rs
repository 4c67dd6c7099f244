//! Einsum: sums of products by the names of axes. Inputs meet two at a time, as products of matrices; names that nobody asks
//! for any more are summed as soon as they can be.

use crate::error::{Error, Result, shown};
use crate::model::onnx::kernel::{Inputs, Kernel, Operator, one, standard};
use crate::model::onnx::operator::broadcast::walk;
use crate::model::onnx::operator::matrix::{Number, product};
use crate::model::onnx::settings::Settings;
use crate::model::onnx::value::{Data, Tensor, count, strides};
use std::collections::BTreeMap;

/// The family.
pub const ALL: &[Operator] = &[standard("Einsum", (1, usize::MAX), einsum)];

/// More products in one step are refused.
const MOST_PRODUCTS: usize = 1 << 36;

/// An axis: a letter, or one of those that `...` stands for, counted from the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Rest(usize),
    Letter(char),
}

/// A term of the equation: letters, and where `...` stands.
#[derive(Debug, Clone)]
struct Term {
    before: Vec<char>,
    after: Option<Vec<char>>,
}

fn unfit() -> Error {
    Error::new("the equation does not fit the inputs")
}

impl Term {
    fn new(text: &str) -> Result<Self> {
        let letters = |text: &str| -> Result<Vec<char>> {
            match text.chars().all(|c| c.is_ascii_alphabetic()) {
                true => Ok(text.chars().collect()),
                false => Err(Error::new(format!(
                    "the term `{}` of the equation is not understood",
                    shown(text)
                ))),
            }
        };
        Ok(match text.split_once("...") {
            None => Self {
                before: letters(text)?,
                after: None,
            },
            Some((before, after)) => Self {
                before: letters(before)?,
                after: Some(letters(after)?),
            },
        })
    }

    /// The names of so many axes.
    fn names(&self, rank: usize) -> Result<Vec<Name>> {
        let after = self.after.as_deref().unwrap_or_default();
        let rest = rank
            .checked_sub(self.before.len() + after.len())
            .filter(|rest| *rest == 0 || self.after.is_some())
            .ok_or_else(unfit)?;
        Ok(self.with(rest))
    }

    fn with(&self, rest: usize) -> Vec<Name> {
        let letter = |c: &char| Name::Letter(*c);
        let mut names: Vec<Name> = self.before.iter().map(letter).collect();
        if let Some(after) = &self.after {
            names.extend((0..rest).rev().map(Name::Rest));
            names.extend(after.iter().map(letter));
        }
        names
    }
}

/// A tensor whose axes have names, each once.
struct Named<T> {
    names: Vec<Name>,
    shape: Vec<usize>,
    list: Vec<T>,
}

impl<T: Number> Named<T> {
    /// Axes in this order; others of length one are gone, and those it has not have length one.
    fn turned(&self, names: &[Name]) -> (Vec<usize>, Vec<T>) {
        let all = strides(&self.shape);
        let find = |name: &Name| self.names.iter().position(|own| own == name);
        let sides = names
            .iter()
            .map(|name| find(name).map_or(1, |p| self.shape[p]));
        let steps = names.iter().map(|name| find(name).map_or(0, |p| all[p]));
        let (shape, steps): (Vec<usize>, Vec<usize>) = (sides.collect(), steps.collect());
        let total = shape.iter().product();
        let from = walk(&shape, &steps, total);
        (shape, from.iter().map(|place| self.list[*place]).collect())
    }

    /// A tensor with these names; a name that stands twice takes the diagonal.
    fn new(names: &[Name], shape: &[usize], list: &[T]) -> Result<Self> {
        let all = strides(shape);
        let (mut own, mut sides, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for ((name, side), step) in names.iter().zip(shape).zip(all) {
            match own.iter().position(|known| known == name) {
                None => {
                    own.push(*name);
                    sides.push(*side);
                    steps.push(step);
                }
                Some(known) if sides[known] == *side => steps[known] += step,
                Some(_) => return Err(unfit()),
            }
        }
        let from = walk(&sides, &steps, count(&sides)?);
        Ok(Self {
            names: own,
            list: from.iter().map(|place| list[*place]).collect(),
            shape: sides,
        })
    }

    /// Summed over every name that is not kept.
    fn reduced(self, kept: impl Fn(&Name) -> bool) -> Self {
        let (stay, gone): (Vec<Name>, Vec<Name>) = self.names.iter().partition(|name| kept(name));
        if gone.is_empty() {
            return self;
        }
        let mut order = stay.clone();
        order.extend(&gone);
        let (shape, list) = self.turned(&order);
        let (outer, inner) = shape.split_at(stay.len());
        let size: usize = inner.iter().product();
        let rows: usize = outer.iter().product();
        let sum = |row: usize| {
            let mut sum = T::default();
            list[row * size..(row + 1) * size]
                .iter()
                .for_each(|x| sum += *x);
            sum
        };
        Self {
            names: stay,
            shape: outer.to_vec(),
            list: (0..rows).map(sum).collect(),
        }
    }

    /// The product of two, summed over every name that is not kept.
    fn times(self, other: Self, kept: impl Fn(&Name) -> bool) -> Result<Self> {
        // an axis of length one repeats
        let side = |of: &Self, name: &Name| {
            let at = of.names.iter().position(|own| own == name);
            at.map(|at| of.shape[at])
        };
        for name in &self.names {
            if let (Some(a), Some(b)) = (side(&self, name), side(&other, name))
                && a != b
                && a != 1
                && b != 1
            {
                return Err(unfit());
            }
        }
        // one side alone has it, or the other's is of length one: it is that side's own
        let alone = |of: &Self, than: &Self| -> Vec<Name> {
            let own = |name: &&Name| match (side(of, name), side(than, name)) {
                (Some(_), None) => true,
                (Some(a), Some(1)) => a != 1,
                _ => false,
            };
            of.names.iter().filter(own).copied().collect()
        };
        let (left, right) = (alone(&self, &other), alone(&other, &self));
        let a = self.reduced(|name| !left.contains(name) || kept(name));
        let b = other.reduced(|name| !right.contains(name) || kept(name));
        let own = |of: &[Name]| -> Vec<Name> { of.iter().filter(|n| kept(n)).copied().collect() };
        let (left, right) = (own(&left), own(&right));
        let shared = a
            .names
            .iter()
            .filter(|n| b.names.contains(n) && !left.contains(n) && !right.contains(n));
        let (batch, inner): (Vec<Name>, Vec<Name>) = shared.partition(|name| kept(name));
        let (shape_a, list_a) = a.turned(&[&batch[..], &left, &inner].concat());
        let (shape_b, list_b) = b.turned(&[&batch[..], &inner, &right].concat());
        let (outer, rest) = shape_a.split_at(batch.len());
        let (lefts, inners) = rest.split_at(left.len());
        let rights = &shape_b[batch.len() + inner.len()..];
        let shape = [outer, lefts, rights].concat();
        let size = count(&shape)?;
        let deep: usize = inners.iter().product();
        if size.saturating_mul(deep) > MOST_PRODUCTS {
            return Err(Error::new("the product is larger than any model's"));
        }
        let (rows, columns): (usize, usize) = (lefts.iter().product(), rights.iter().product());
        let mut list = vec![T::default(); size];
        if size > 0 && deep > 0 {
            let blocks = list_a
                .chunks_exact(rows * deep)
                .zip(list_b.chunks_exact(deep * columns));
            for ((a, b), into) in blocks.zip(list.chunks_exact_mut(rows * columns)) {
                product(a, b, deep, columns, into);
            }
        }
        Ok(Self {
            names: [&batch[..], &left, &right].concat(),
            shape,
            list,
        })
    }
}

struct Equation {
    inputs: Vec<Term>,
    output: Option<Term>,
}

fn einsum(settings: &Settings<'_>) -> Result<Kernel> {
    let text = settings
        .text("equation")?
        .ok_or_else(|| Settings::missing("equation"))?;
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match text.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (text.as_str(), None),
    };
    let equation = Equation {
        inputs: left.split(',').map(Term::new).collect::<Result<_>>()?,
        output: right.map(Term::new).transpose()?,
    };
    if equation.inputs.len() != settings.inputs() {
        return Err(unfit());
    }
    Ok(Box::new(move |inputs| equation.run(inputs)))
}

impl Equation {
    fn run(&self, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
        let tensors: Vec<&Tensor> = inputs.all().collect();
        let named = self.inputs.iter().zip(&tensors);
        let names: Vec<Vec<Name>> = named
            .map(|(term, tensor)| term.names(tensor.rank()))
            .collect::<Result<_>>()?;
        let mut times: BTreeMap<Name, usize> = BTreeMap::new();
        names
            .iter()
            .flatten()
            .for_each(|name| *times.entry(*name).or_default() += 1);
        let rest = times
            .keys()
            .filter(|name| matches!(name, Name::Rest(_)))
            .count();
        let output = match &self.output {
            Some(term) => term.with(rest),
            None => {
                let once = times
                    .iter()
                    .filter(|(name, n)| **n == 1 && matches!(name, Name::Letter(_)));
                let letters = once.map(|(name, _)| *name);
                (0..rest).rev().map(Name::Rest).chain(letters).collect()
            }
        };
        let known = output.iter().all(|name| times.contains_key(name));
        let twice = (1..output.len()).any(|at| output[..at].contains(&output[at]));
        if !known || twice {
            return Err(unfit());
        }
        macro_rules! sum {
            ($kind:ident) => {{
                let mut all = Vec::new();
                for (names, tensor) in names.iter().zip(&tensors) {
                    match &tensor.data {
                        Data::$kind(list) => all.push(Named::new(names, &tensor.shape, list)?),
                        _ => return Err(tensor.not("numbers of the first one's kind")),
                    }
                }
                let mut rest = all.into_iter();
                let mut sum = rest.next().ok_or_else(unfit)?;
                for (at, next) in rest.by_ref().enumerate() {
                    let later = &names[at + 2..];
                    let kept = |name: &Name| {
                        output.contains(name) || later.iter().any(|names| names.contains(name))
                    };
                    sum = sum.times(next, kept)?;
                }
                let sum = sum.reduced(|name| output.contains(name));
                let (shape, list) = sum.turned(&output);
                (shape, Data::$kind(list))
            }};
        }
        let first = inputs.need(0)?;
        let (shape, data) = match &first.data {
            Data::F32(_) => sum!(F32),
            Data::F64(_) => sum!(F64),
            Data::I64(_) => sum!(I64),
            _ => return Err(first.not("numbers")),
        };
        one(Tensor::new(shape, data)?)
    }
}
