//! Baselines: the patient that a row is held against. Each is a clinical statement, and at least two should be shown.

use crate::error::{Error, Result, shown};
use crate::explain::enter::{self, Rows};
use crate::model::gradient::Gradient;
use crate::record::{InputCard, InputKind};

/// Rows that are read at once.
const ROWS: usize = 1024;
/// Numbers that a median keeps.
const MOST: usize = 1 << 26;

/// What a named patient has of an input.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A number, in the model's unit.
    Number(f64),
    /// One of the categories of the card.
    Category(String),
}

/// The mean patient: the mean of each number, for categories their shares. Rows that are not finite count nowhere; fails when
/// none is left.
pub fn mean(gradient: &dyn Gradient, rows: Rows<'_>) -> Result<Vec<f32>> {
    let mut sums = vec![0.0; enter::width(gradient)?];
    let mut count = 0_usize;
    visit(gradient, rows, |row| {
        count += 1;
        let pairs = sums.iter_mut().zip(row);
        pairs.for_each(|(sum, x)| *sum += f64::from(*x));
    })?;
    some(count)?;
    Ok(sums.iter().map(|sum| (sum / count as f64) as f32).collect())
}

/// The median patient: the median of each number (of two in the middle their mean), the most frequent category. Rows that
/// are not finite count nowhere; fails when none is left, or their numbers would not fit 256 MiB.
pub fn median(gradient: &dyn Gradient, inputs: &[InputCard], rows: Rows<'_>) -> Result<Vec<f32>> {
    let width = enter::width(gradient)?;
    if rows.count(width)?.saturating_mul(width) > MOST {
        return Err(Error::new("there are too many numbers for a median")
            .help("take the median of some of the rows, or the mean of all"));
    }
    let mut columns: Vec<Vec<f32>> = vec![Vec::new(); width];
    visit(gradient, rows, |row| {
        let pairs = columns.iter_mut().zip(row);
        pairs.for_each(|(column, x)| column.push(*x));
    })?;
    some(columns.first().map_or(0, Vec::len))?;
    let mut middle = vec![0.0; width];
    for (span, input) in gradient.spans().into_iter().zip(inputs) {
        if input.kind == InputKind::Category {
            let share = |place: &usize| columns[*place].iter().map(|x| f64::from(*x)).sum::<f64>();
            let most = span.rev().max_by(|a, b| share(a).total_cmp(&share(b)));
            most.into_iter().for_each(|place| middle[place] = 1.0);
            continue;
        }
        for place in span {
            let column = &mut columns[place];
            column.sort_unstable_by(f32::total_cmp);
            let half = column.len() / 2;
            let high = f64::from(column[half]);
            let low = f64::from(column[half - usize::from(column.len().is_multiple_of(2))]);
            middle[place] = ((low + high) / 2.0) as f32;
        }
    }
    Ok(middle)
}

/// The mean patient of development, from the means that the card gives. Tells every input without one; a category or a tensor has
/// none.
pub fn development(inputs: &[InputCard]) -> std::result::Result<Vec<f32>, Vec<Error>> {
    gather(inputs, |input| match (input.kind, input.mean) {
        (InputKind::Number, Some(mean)) => Ok(vec![mean as f32]),
        (InputKind::Number, None) => Err(Error::new(format!(
            "the card gives no mean of the input `{}`",
            shown(&input.name)
        ))
        .help("write `mean` in its `[[inputs]]`, or take the mean of the rows")),
        _ => Err(Error::new(format!(
            "the input `{}` is no number, and a card gives no mean of it",
            shown(&input.name)
        ))
        .help("take the mean of the rows, or a named patient")),
    })
}

/// A named patient, such as a healthy one: a value for every input that is no tensor. Tells every problem at once.
pub fn named(
    inputs: &[InputCard],
    given: &[(String, Given)],
) -> std::result::Result<Vec<f32>, Vec<Error>> {
    let names = || inputs.iter().map(|input| input.name.as_str());
    let mut problems: Vec<Error> = given
        .iter()
        .filter(|(name, _)| !names().any(|known| known == name))
        .map(|(name, _)| {
            Error::new(format!("the model has no input `{}`", shown(name))).suggest(name, names())
        })
        .collect();
    let row = gather(inputs, |input| {
        let name = shown(&input.name);
        let value = given.iter().find(|(name, _)| *name == input.name);
        match (input.kind, value.map(|(_, value)| value)) {
            (InputKind::Number, Some(Given::Number(x))) if (*x as f32).is_finite() => {
                Ok(vec![*x as f32])
            }
            (InputKind::Number, Some(Given::Number(_))) => Err(Error::new(format!(
                "the value given for the input `{name}` is not finite"
            ))),
            (InputKind::Category, Some(Given::Category(word))) => {
                let words = || input.categories.iter().map(String::as_str);
                match words().any(|known| known == word) {
                    true => Ok(words()
                        .map(|known| f32::from(u8::from(known == word)))
                        .collect()),
                    false => Err(Error::new(format!(
                        "the input `{name}` has no category `{}`",
                        shown(word)
                    ))
                    .suggest(word, words())),
                }
            }
            (InputKind::Tensor, _) => Err(Error::new(format!(
                "the input `{name}` is a tensor, and a named patient has none"
            ))
            .help("take the mean of the rows")),
            (_, None) => Err(Error::new(format!(
                "no value is given for the input `{name}`"
            ))),
            (InputKind::Number, Some(_)) => Err(Error::new(format!(
                "the input `{name}` is a number, and a category is given"
            ))),
            (InputKind::Category, Some(_)) => Err(Error::new(format!(
                "the input `{name}` is a category, and a number is given"
            ))),
        }
    });
    match row {
        Ok(row) if problems.is_empty() => Ok(row),
        Ok(_) => Err(problems),
        Err(more) => {
            problems.extend(more);
            Err(problems)
        }
    }
}

fn gather(
    inputs: &[InputCard],
    each: impl Fn(&InputCard) -> Result<Vec<f32>>,
) -> std::result::Result<Vec<f32>, Vec<Error>> {
    let (mut row, mut problems) = (Vec::new(), Vec::new());
    for input in inputs {
        match each(input) {
            Ok(numbers) => row.extend(numbers),
            Err(problem) => problems.push(problem),
        }
    }
    match problems.is_empty() {
        true => Ok(row),
        false => Err(problems),
    }
}

fn visit(gradient: &dyn Gradient, rows: Rows<'_>, mut each: impl FnMut(&[f32])) -> Result<()> {
    let width = enter::width(gradient)?;
    let count = rows.count(width)?;
    for start in (0..count).step_by(ROWS) {
        let numbers = rows.enter(gradient, start..count.min(start + ROWS))?;
        let whole = numbers.chunks_exact(width);
        whole
            .filter(|row| row.iter().all(|x| x.is_finite()))
            .for_each(&mut each);
    }
    Ok(())
}

fn some(count: usize) -> Result<()> {
    match count {
        0 => Err(Error::new("no row is left to make a baseline of")),
        _ => Ok(()),
    }
}
