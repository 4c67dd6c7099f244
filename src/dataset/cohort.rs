//! Who is in, who is out, and why.

use crate::dataset::flow::Flow;
use crate::dataset::table::{Column, MISSING, Numbers, Table};
use crate::dataset::tensor::Tensors;
use crate::dataset::{band, role};
use crate::error::{Error, Result, shown};
use crate::record::{
    ColumnCard, ColumnRole, Conversion, Count, DatasetCard, FlowStep, InputCard, InputKind,
    MissingRule, RangeRule, RepeatRule,
};
use std::collections::BTreeMap;

/// No person stands for more; beyond it sums of weights lose what the others weigh.
const HEAVIEST: f64 = 1e9;

/// What a study asks of a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Needs {
    /// The model's inputs.
    pub inputs: Vec<InputCard>,
    /// The column that feeds each input (input → column).
    pub joins: BTreeMap<String, String>,
    /// Changes of unit between a column and its input.
    pub conversions: Vec<Conversion>,
    /// The column that holds the prediction, when the data bring it along.
    pub prediction: Option<String>,
}

/// The rows that belong. All vectors but `flow` have one entry for each kept row, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cohort {
    /// Row of the table.
    pub rows: Vec<u32>,
    /// True when the event happened.
    pub event: Vec<bool>,
    /// Patient, from 0 in order of first appearance.
    pub patient: Vec<u32>,
    /// Number of patients.
    pub patients: usize,
    /// Case weights, positive and finite, when the card names a weight column.
    pub weight: Option<Vec<f64>>,
    /// How many rows and patients left at each step.
    pub flow: Vec<FlowStep>,
    /// Missing cells per column that was read, among the kept rows.
    pub missing: BTreeMap<String, Count>,
}

/// The columns of the file that [`admit`] reads: outcome, patient, weight, inputs, prediction.
pub fn columns_for(card: &DatasetCard, needs: &Needs) -> Vec<String> {
    let mut names: Vec<String> = [ColumnRole::Patient, ColumnRole::Outcome, ColumnRole::Weight]
        .into_iter()
        .filter_map(|role| role::with(card, role))
        .map(|column| column.name.clone())
        .collect();
    for name in needs.joins.values().chain(&needs.prediction) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Decides on every row of a table, in this order: exact copies, outcome, patient, ranges and categories of the card,
/// repeats, weight, missing inputs, what the model may see, missing prediction.
///
/// Without a patient column every row is a patient of its own. Fails when a column is missing or of the wrong kind, when the
/// card says that values outside or repeated patients stop the study, when no row is left, and when all rows that are left
/// had the event or none had it.
pub fn admit(table: &Table, card: &DatasetCard, needs: &Needs) -> Result<Cohort> {
    let Some(outcome) = role::with(card, ColumnRole::Outcome) else {
        return Err(Error::new("no column of the dataset is the outcome")
            .help("give one column `role = \"outcome\"` and an `event`"));
    };
    let happened = events(table, outcome)?;
    let people = match role::with(card, ColumnRole::Patient) {
        Some(column) => Some(table.category(&column.name)?),
        None => None,
    };
    let codes = people.map(|people| people.codes.as_slice());
    let known = people.map_or(0, |people| people.levels.len());
    let mut flow = Flow::start(table.rows(), codes, known);

    copies(&mut flow, table);
    flow.leave("outcome missing", |row| happened[row].is_none());
    if let Some(codes) = codes {
        flow.leave("patient identifier missing", |row| codes[row] == MISSING);
    }
    for column in &card.columns {
        if table.column(&column.name).is_ok() {
            outside(&mut flow, table, column)?;
        }
    }
    repeats(&mut flow, card.repeats, codes, known)?;
    let weight = weights(&mut flow, table, card)?;
    for input in &needs.inputs {
        inputs(&mut flow, table, input, needs)?;
    }
    if let Some(name) = &needs.prediction {
        let missing = missing(table.column(name)?);
        flow.leave("not predicted", &missing);
    }

    let rows: Vec<u32> = flow
        .rows()
        .filter_map(|row| u32::try_from(row).ok())
        .collect();
    if rows.is_empty() {
        let error = Error::new("no row is left");
        return Err(match flow.largest() {
            Some(step) => error.help(format!("most rows left because: {}", step.reason)),
            None => error,
        });
    }
    let event: Vec<bool> = rows
        .iter()
        .map(|row| happened[*row as usize] == Some(true))
        .collect();
    differ(&event, outcome)?;
    let (patient, patients) = number(&rows, codes, known);
    Ok(Cohort {
        weight: weight.map(|weight| {
            let rows = rows.iter().map(|row| weight.get(*row as usize));
            rows.collect()
        }),
        missing: count_missing(table, &rows)?,
        flow: flow.finish(),
        rows,
        event,
        patient,
        patients,
    })
}

fn events(table: &Table, outcome: &ColumnCard) -> Result<Vec<Option<bool>>> {
    let words = table.category(&outcome.name)?;
    let Some(event) = &outcome.event else {
        return Err(Error::new(format!(
            "the outcome `{}` does not say which cells are events",
            shown(&outcome.name)
        ))
        .help("add `event = \"…\"` to the column in the dataset card"));
    };
    let is_event: Vec<bool> = words
        .levels
        .iter()
        .map(|word| word == event.trim())
        .collect();
    Ok(words
        .codes
        .iter()
        .map(|code| is_event.get(*code as usize).copied())
        .collect())
}

fn copies(flow: &mut Flow<'_>, table: &Table) {
    let mut copy = vec![false; table.rows()];
    for row in table.copies() {
        copy[*row as usize] = true;
    }
    flow.leave("exact copy of an earlier row of the same patient", |row| {
        copy[row]
    });
}

fn outside(flow: &mut Flow<'_>, table: &Table, column: &ColumnCard) -> Result<()> {
    let name = shown(&column.name);
    let aside = table.aside(&column.name);
    let found = table.column(&column.name)?;
    type Strays<'t> = Box<dyn Fn(usize) -> bool + 't>;
    let (strays, reason): (Strays<'_>, String) = match (found, found.numbers()) {
        (Column::Tensor(tensors), _) => {
            let Some(range) = column.range else {
                return Ok(());
            };
            let span = span(range, column.unit.as_deref());
            (
                Box::new(move |row| tensors.strays(row, range)),
                format!("{name} has numbers outside {span}"),
            )
        }
        (_, Some(numbers)) => {
            let Some(range) = column.range else {
                return Ok(());
            };
            let strays = band::outside(Some(range));
            (
                Box::new(move |row| strays(numbers.get(row))),
                format!("{name} outside {}", span(range, column.unit.as_deref())),
            )
        }
        (Column::Category(words), _) => {
            let strays = words.strays(&role::categories(column));
            (
                Box::new(move |row| strays.get(words.codes[row] as usize) == Some(&true)),
                format!("{name} holds a category that the dataset card does not name"),
            )
        }
        _ => return Ok(()),
    };
    match column.outside {
        RangeRule::Exclude => flow.leave(reason, strays),
        RangeRule::Missing => {
            flow.note(format!("{reason}, counted as missing"), |row| {
                u32::try_from(row).is_ok_and(|row| aside.binary_search(&row).is_ok())
            });
        }
        RangeRule::Refuse => {
            if flow.count(strays) > 0 {
                return Err(Error::new(reason).help(
                    "the dataset card says `outside = \"refuse\"`; correct the data, or say `exclude` or `missing`, \
                     which count the rows in the report",
                ));
            }
        }
    }
    Ok(())
}

fn span([low, high]: [f64; 2], unit: Option<&str>) -> String {
    match unit {
        Some(unit) => format!("{low} to {high} {}", shown(unit)),
        None => format!("{low} to {high}"),
    }
}

fn repeats(
    flow: &mut Flow<'_>,
    rule: RepeatRule,
    codes: Option<&[u32]>,
    known: usize,
) -> Result<()> {
    let (Some(codes), false) = (codes, rule == RepeatRule::Keep) else {
        return Ok(());
    };
    let mut seen = vec![false; known];
    let mut later = vec![false; codes.len()];
    for row in flow.rows() {
        if let Some(seen) = seen.get_mut(codes[row] as usize) {
            later[row] = std::mem::replace(seen, true);
        }
    }
    if rule == RepeatRule::First {
        flow.leave("later row of a patient whose first row is kept", |row| {
            later[row]
        });
        return Ok(());
    }
    match flow.count(|row| later[row]) {
        0 => Ok(()),
        _ => Err(Error::new("some patients have more than one row")
            .help("the dataset card says `repeats = \"refuse\"`; correct the data, or say `keep` or `first`")),
    }
}

fn weights<'t>(
    flow: &mut Flow<'_>,
    table: &'t Table,
    card: &DatasetCard,
) -> Result<Option<Numbers<'t>>> {
    let Some(column) = role::with(card, ColumnRole::Weight) else {
        return Ok(None);
    };
    let weight = table.numbers(&column.name)?;
    flow.leave("weight missing", |row| weight.get(row).is_nan());
    flow.leave("weight not finite", |row| weight.get(row).is_infinite());
    flow.leave("weight negative", |row| weight.get(row) < 0.0);
    flow.leave("weight zero", |row| weight.get(row) == 0.0);
    flow.leave(format!("weight above {HEAVIEST:e}"), |row| {
        weight.get(row) > HEAVIEST
    });
    Ok(Some(weight))
}

fn inputs(flow: &mut Flow<'_>, table: &Table, input: &InputCard, needs: &Needs) -> Result<()> {
    let name = shown(&input.name);
    let unfed = || Error::new(format!("no column feeds the model's input `{name}`"));
    let column = needs.joins.get(&input.name).ok_or_else(unfed)?;
    let conversion = needs.conversions.iter().find(|c| c.input == input.name);
    if input.missing == MissingRule::Refuse {
        let missing = missing(table.column(column)?);
        flow.leave(format!("{name} missing, which the model needs"), &missing);
    }
    match input.kind {
        InputKind::Number => {
            let numbers = table.numbers(column)?;
            if let Some(range) = input.range {
                let strays = band::outside(Some(range));
                let span = span(range, input.unit.as_deref());
                flow.leave(
                    format!("{name} outside {span}, for which the model is meant"),
                    |row| {
                        let number = numbers.get(row);
                        strays(conversion.map_or(number, |c| c.apply(number)))
                    },
                );
            }
        }
        InputKind::Category => {
            let words = table.category(column)?;
            let known: Vec<&str> = input.categories.iter().map(String::as_str).collect();
            let strays = words.strays(&known);
            flow.leave(
                format!("{name} holds a category that the model does not know"),
                |row| strays.get(words.codes[row] as usize) == Some(&true),
            );
        }
        InputKind::Tensor => {
            let tensors = table.tensors(column)?;
            fills(input, tensors)?;
            if let Some(range) = input.range {
                let span = span(range, input.unit.as_deref());
                flow.leave(
                    format!("{name} has numbers outside {span}, for which the model is meant"),
                    |row| tensors.strays(row, range),
                );
            }
        }
    }
    Ok(())
}

/// A tensor must have as many numbers as the model reads of a row.
fn fills(input: &InputCard, tensors: &Tensors) -> Result<()> {
    let wanted: usize = input.shape.iter().product();
    if tensors.width() == wanted || tensors.width() == 0 {
        return Ok(());
    }
    let sides: Vec<String> = input.shape.iter().map(ToString::to_string).collect();
    Err(Error::new(format!(
        "the model's input `{}` has the shape [{}], that is {wanted} numbers, and its column has {} in a row",
        shown(&input.name),
        sides.join(", "),
        tensors.width()
    ))
    .help("join it to the right column, or correct the `shape` in the model's card"))
}

fn missing(column: &Column) -> impl Fn(usize) -> bool + '_ {
    |row| column.is_missing(row)
}

pub(super) fn differ(event: &[bool], outcome: &ColumnCard) -> Result<()> {
    let name = shown(&outcome.name);
    let word = shown(outcome.event.as_deref().unwrap_or_default());
    if event.iter().all(|event| *event) {
        return Err(Error::new(format!(
            "every row that is left has the event `{word}` of the outcome `{name}`"
        ))
        .help("performance needs rows with and without the event"));
    }
    if event.iter().any(|event| *event) {
        return Ok(());
    }
    Err(Error::new(format!(
        "no row that is left has the event `{word}` of the outcome `{name}`"
    ))
    .help(
        "`event` is compared with the text of the cell: `1` is not `1.0`, and `TRUE` is not `true`",
    ))
}

/// Patients of the rows, from 0 in order of first appearance, and how many.
pub(super) fn number(rows: &[u32], codes: Option<&[u32]>, known: usize) -> (Vec<u32>, usize) {
    let Some(codes) = codes else {
        return ((0..).take(rows.len()).collect(), rows.len());
    };
    let mut given = vec![MISSING; known];
    let mut next = 0;
    let patient = rows
        .iter()
        .map(|row| {
            let given = &mut given[codes[*row as usize] as usize];
            if *given == MISSING {
                *given = next;
                next += 1;
            }
            *given
        })
        .collect();
    (patient, next as usize)
}

pub(super) fn count_missing(table: &Table, rows: &[u32]) -> Result<BTreeMap<String, Count>> {
    table
        .names()
        .map(|name| {
            let missing = missing(table.column(name)?);
            let found = rows.iter().filter(|row| missing(**row as usize)).count();
            Ok((name.to_owned(), found.into()))
        })
        .collect()
}
