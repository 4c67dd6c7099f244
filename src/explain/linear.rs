//! Equations and points: what each input adds, exactly.
//!
//! A term of one input gives that input `f_j(x_j) − mean f_j`: for `β · x` this is `β · (x − mean)`. A product of several is shared
//! among them as Shapley shares it. The values are the interventional Shapley values of the sum against the background
//! (`shap.LinearExplainer`), on the margin scale, and add up to the row's sum minus the background's mean.
//!
//! Where strata have equations of their own, a row is explained by its own, against the background of its own stratum.

use crate::dataset::table::Instead;
use crate::error::{Error, Result, shown};
use crate::explain::question::Question;
use crate::model::additive::{Additive, Formula, Margin, Place};
use crate::model::inputs::Values;
use rayon::prelude::*;

/// Rows explained at once.
const BATCH: usize = 4096;
/// A product of more inputs is refused: it has `2^k` coalitions.
pub const MOST: usize = 12;

/// What the inputs add for some rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// For each input, one value for each row; NaN where the row is refused, or its stratum has no background.
    pub values: Vec<Vec<f64>>,
    /// For each row, the mean sum of the background.
    pub base: Vec<f64>,
    /// The sum of each row.
    pub margins: Vec<f64>,
    /// For each row, whose formula it has.
    pub formula: Vec<Option<usize>>,
}

/// A model that is a sum, and its background.
pub struct Sums<'a> {
    model: &'a dyn Additive,
    question: Question<'a>,
    formulas: Vec<Formula>,
    /// For each formula, for each summand: the mean product of each set of its factors over the background, by the bits of
    /// the set. Empty where the formula has no background.
    means: Vec<Vec<Vec<f64>>>,
}

/// One line of an equation, for a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Whose formula it belongs to; empty when it is everyone's.
    pub when: String,
    /// Names of the inputs; none for the intercept.
    pub inputs: Vec<String>,
    /// What is multiplied, in words.
    pub what: String,
    /// What it is multiplied by.
    pub coefficient: f64,
    /// The exponential of the coefficient: an odds ratio, or a hazard ratio; none for points and intercepts.
    pub ratio: Option<f64>,
}

/// The equation as rows of a table, recalibration applied. None when the model is no sum.
pub fn equation(question: &Question<'_>) -> Option<Vec<Line>> {
    let model = question.model.additive()?;
    let ratio = |coefficient: f64| match model.margin() {
        Margin::Odds | Margin::Hazard => Some(coefficient.exp()),
        Margin::Points => None,
    };
    let name = |place: &usize| {
        let input = question.inputs.get(*place);
        input.map_or(String::new(), |input| shown(&input.name))
    };
    let mut lines = Vec::new();
    for formula in model.formulas() {
        lines.push(Line {
            when: formula.when.clone(),
            inputs: Vec::new(),
            what: "intercept".to_owned(),
            coefficient: formula.intercept,
            ratio: None,
        });
        for summand in &formula.summands {
            let told = summand.lines.iter().map(|line| Line {
                when: formula.when.clone(),
                inputs: summand.inputs.iter().map(name).collect(),
                what: line.what.clone(),
                coefficient: line.coefficient,
                ratio: ratio(line.coefficient),
            });
            lines.extend(told);
        }
    }
    Some(lines)
}

/// Factors of a summand for some rows: one column for each of its inputs.
type Factors = Vec<Vec<f64>>;

impl<'a> Sums<'a> {
    /// Ready to explain rows of a question against a background (rows of its table). Fails when the model is no sum, no row
    /// of the background has one, or a product has more than [`MOST`] inputs.
    pub fn new(question: &Question<'a>, background: &[u32]) -> Result<Self> {
        let Some(model) = question.model.additive() else {
            return Err(Error::new("the model is no sum of terms"));
        };
        let formulas = model.formulas();
        let all = || formulas.iter().flat_map(|formula| &formula.summands);
        if let Some(wide) = all().find(|summand| summand.inputs.len() > MOST) {
            return Err(Error::new(format!(
                "a product of {} inputs has more coalitions than can be told exactly",
                wide.inputs.len()
            ))
            .help("explain the model by sampled Shapley values"));
        }
        let mut sums = Self {
            model,
            question: *question,
            means: Vec::new(),
            formulas,
        };
        sums.means = sums.learn(background)?;
        Ok(sums)
    }

    /// The formulas.
    pub fn formulas(&self) -> &[Formula] {
        &self.formulas
    }

    /// Means of products over the background. Blocks are summed in their order.
    fn learn(&self, background: &[u32]) -> Result<Vec<Vec<Vec<f64>>>> {
        let zero = || {
            let formulas = self.formulas.iter();
            let sums = formulas.map(|formula| {
                let summands = formula.summands.iter();
                let sets = summands.map(|summand| vec![0.0; 1 << summand.inputs.len()]);
                (0_usize, sets.collect::<Vec<Vec<f64>>>())
            });
            sums.collect::<Vec<_>>()
        };
        let blocks: Vec<_> = background
            .par_chunks(BATCH)
            .map(|rows| {
                let mut sums = zero();
                self.visit(rows, &[], |formula, rows, factors| {
                    let (count, sets) = &mut sums[formula];
                    for row in rows {
                        *count += 1;
                        for (set, factors) in sets.iter_mut().zip(factors) {
                            let products = products(factors, *row);
                            set.iter_mut().zip(products).for_each(|(sum, x)| *sum += x);
                        }
                    }
                })?;
                Ok(sums)
            })
            .collect::<Result<_>>()?;
        let mut all = zero();
        for block in &blocks {
            for ((count, sets), (more, others)) in all.iter_mut().zip(block) {
                *count += more;
                for (set, other) in sets.iter_mut().zip(others) {
                    set.iter_mut().zip(other).for_each(|(sum, x)| *sum += x);
                }
            }
        }
        if all.iter().all(|(count, _)| *count == 0) {
            return Err(Error::new("no row is left as background"));
        }
        let mean = |(count, sets): (usize, Vec<Vec<f64>>)| match count {
            0 => Vec::new(),
            count => {
                let sets = sets.into_iter();
                let mean = |set: Vec<f64>| set.into_iter().map(|sum| sum / count as f64).collect();
                sets.map(mean).collect()
            }
        };
        Ok(all.into_iter().map(mean).collect())
    }

    /// For each formula, its rows (by place) and the factors of its summands. A row whose sum is no number belongs to none.
    fn visit(
        &self,
        rows: &[u32],
        instead: &[(usize, Instead<'_>)],
        mut each: impl FnMut(usize, &[usize], &[Factors]),
    ) -> Result<()> {
        let named = self.question.named(instead);
        let columns = self.model.enter(&self.question.batch(rows).with(&named))?;
        let whose: Vec<Option<usize>> = (0..rows.len())
            .map(|row| self.model.formula_of(&columns, row))
            .collect();
        let empty = Values::Numbers(Vec::new());
        for (place, formula) in self.formulas.iter().enumerate() {
            let mut own: Vec<usize> = (0..rows.len())
                .filter(|row| whose[*row] == Some(place))
                .collect();
            if own.is_empty() {
                continue;
            }
            let summands = formula.summands.iter().enumerate();
            let factors: Vec<Factors> = summands
                .map(|(number, summand)| {
                    let inputs = summand.inputs.iter().enumerate();
                    let column = |(input, of): (usize, &usize)| {
                        let place = Place {
                            formula: place,
                            summand: number,
                            input,
                        };
                        let values = columns.get(*of).unwrap_or(&empty);
                        self.model.factor(place, values, rows.len())
                    };
                    inputs.map(column).collect()
                })
                .collect();
            own.retain(|row| {
                factors
                    .iter()
                    .flatten()
                    .all(|column| column[*row].is_finite())
            });
            each(place, &own, &factors);
        }
        Ok(())
    }

    /// What each input adds for rows of the table; in blocks, in parallel, the same for any number of threads.
    pub fn values(&self, rows: &[u32]) -> Result<Told> {
        self.values_with(rows, &[])
    }

    /// The same where some inputs (by place) take other values.
    pub fn values_with(&self, rows: &[u32], instead: &[(usize, Instead<'_>)]) -> Result<Told> {
        let blocks: Vec<Told> = (0..rows.len().div_ceil(BATCH))
            .into_par_iter()
            .map(|block| {
                let here = block * BATCH..rows.len().min((block + 1) * BATCH);
                let parts = instead
                    .iter()
                    .map(|(place, other)| (*place, other.part(here.clone())));
                self.block(&rows[here.clone()], &parts.collect::<Vec<_>>())
            })
            .collect::<Result<_>>()?;
        let mut told = Told {
            values: vec![Vec::with_capacity(rows.len()); self.question.inputs.len()],
            ..Told::default()
        };
        for block in blocks {
            for (all, values) in told.values.iter_mut().zip(block.values) {
                all.extend(values);
            }
            told.base.extend(block.base);
            told.margins.extend(block.margins);
            told.formula.extend(block.formula);
        }
        Ok(told)
    }

    fn block(&self, rows: &[u32], instead: &[(usize, Instead<'_>)]) -> Result<Told> {
        let mut told = Told {
            values: vec![vec![f64::NAN; rows.len()]; self.question.inputs.len()],
            base: vec![f64::NAN; rows.len()],
            margins: vec![f64::NAN; rows.len()],
            formula: vec![None; rows.len()],
        };
        self.visit(rows, instead, |place, own, factors| {
            let (Some(formula), Some(means)) = (self.formulas.get(place), self.means.get(place))
            else {
                return;
            };
            let pairs = || formula.summands.iter().zip(means);
            let mean: f64 = pairs()
                .map(|(summand, means)| summand.scale * means.last().copied().unwrap_or(1.0))
                .sum();
            for row in own {
                told.formula[*row] = Some(place);
                let mut sum = formula.start;
                let known = !means.is_empty() || formula.summands.is_empty();
                if known {
                    told.base[*row] = formula.start + mean;
                    told.values.iter_mut().for_each(|column| column[*row] = 0.0);
                }
                for (number, summand) in formula.summands.iter().enumerate() {
                    let products = products(&factors[number], *row);
                    sum += summand.scale * products.last().copied().unwrap_or(1.0);
                    let Some(means) = means.get(number) else {
                        continue;
                    };
                    let shares = share(&products, means, summand.inputs.len());
                    for (input, share) in summand.inputs.iter().zip(shares) {
                        told.values[*input][*row] += summand.scale * share;
                    }
                }
                told.margins[*row] = sum;
            }
        })?;
        Ok(told)
    }
}

/// The product of every set of factors at a row, by the bits of the set.
fn products(factors: &Factors, row: usize) -> Vec<f64> {
    let mut products = vec![1.0];
    for column in factors {
        let x = column[row];
        let with: Vec<f64> = products.iter().map(|product| product * x).collect();
        products.extend(with);
    }
    products
}

/// Shapley's shares of a product of so many factors: what a set is worth is the row's product inside it times the
/// background's mean product outside.
fn share(row: &[f64], background: &[f64], size: usize) -> Vec<f64> {
    let whole = (1_usize << size) - 1;
    let worth = |set: usize| row[set] * background[whole ^ set];
    // s! (k − s − 1)! / k!
    let mut weight = vec![1.0 / size.max(1) as f64; size];
    for s in 1..size {
        weight[s] = weight[s - 1] * s as f64 / (size - s) as f64;
    }
    let value = |input: usize| {
        let without = (0..=whole).filter(|set| set >> input & 1 == 0);
        without
            .map(|set| weight[set.count_ones() as usize] * (worth(set | 1 << input) - worth(set)))
            .sum()
    };
    (0..size).map(value).collect()
}
