//! Joins a model's inputs to a dataset's columns by name, and checks that they mean the same.

use crate::config::study_input::JoinText;
use crate::error::{Error, shown};
use crate::plan::convert;
use crate::record::{
    ColumnCard, ColumnRole, Conversion, DatasetCard, InputCard, InputKind, ModelCard,
};
use std::collections::BTreeMap;

/// Input → column, and the changes of unit on the way.
pub type Joined = (BTreeMap<String, String>, Vec<Conversion>);

/// Joins every input of the model. `asked` is the study's own `[inputs]`. A prediction column is joined to itself; what
/// such a model once read is then only described by its card, and joined to nothing.
pub fn inputs(
    model: &ModelCard,
    dataset: &DatasetCard,
    asked: &BTreeMap<String, JoinText>,
) -> Result<Joined, Vec<Error>> {
    let mut joins = BTreeMap::new();
    let mut conversions = Vec::new();
    let mut problems: Vec<Error> = asked
        .keys()
        .filter(|input| !model.inputs.iter().any(|i| i.name == **input))
        .map(|input| {
            Error::new(format!(
                "`inputs` names `{}`, which model `{}` does not read",
                shown(input),
                shown(&model.id)
            ))
            .suggest(input, model.inputs.iter().map(|i| i.name.as_str()))
        })
        .collect();
    let read = if model.column.is_some() {
        &[][..]
    } else {
        &model.inputs
    };
    for input in read {
        match column(input, dataset, asked) {
            Ok(column) => {
                let wanted = asked.get(&input.name).filter(|asked| asked.converts());
                match wanted.map(|asked| convert::declared(input, column, asked)) {
                    Some(Ok(conversion)) => conversions.push(conversion),
                    Some(Err(error)) => problems.push(error),
                    None => problems.extend(convert::undeclared(input, column, dataset)),
                }
                problems.extend(same_meaning(input, column, dataset));
                joins.insert(input.name.clone(), column.name.clone());
            }
            Err(error) => problems.push(error),
        }
    }
    if let Some(name) = &model.column {
        match dataset.columns.iter().find(|c| c.name == *name) {
            Some(column) if column.kind == InputKind::Number => {
                joins.insert(name.clone(), name.clone());
            }
            Some(column) => problems.push(Error::new(format!(
                "the prediction column `{}` holds {}, not numbers",
                shown(name),
                kind(column.kind)
            ))),
            None => problems.push(
                Error::new(format!(
                    "dataset `{}` declares no prediction column `{}`",
                    shown(&dataset.id),
                    shown(name)
                ))
                .suggest(name, dataset.columns.iter().map(|c| c.name.as_str())),
            ),
        }
    }
    if problems.is_empty() {
        Ok((joins, conversions))
    } else {
        Err(problems)
    }
}

fn column<'d>(
    input: &InputCard,
    dataset: &'d DatasetCard,
    asked: &BTreeMap<String, JoinText>,
) -> Result<&'d ColumnCard, Error> {
    let asked = asked.get(&input.name).and_then(|join| join.column.as_ref());
    let found = match asked {
        Some(name) => dataset.columns.iter().find(|c| c.name == *name),
        None => dataset
            .columns
            .iter()
            .find(|c| c.input.as_deref() == Some(&input.name))
            .or_else(|| dataset.columns.iter().find(|c| c.name == input.name)),
    };
    let wanted = asked.unwrap_or(&input.name);
    found.ok_or_else(|| {
        let error = Error::new(format!(
            "no column of dataset `{}` feeds the input `{}`",
            shown(&dataset.id),
            shown(&input.name)
        ))
        .suggest(wanted, dataset.columns.iter().map(|c| c.name.as_str()));
        let join = format!(
            "join them in the study: `[study.inputs]` with `{} = \"<column>\"`",
            shown(&input.name)
        );
        match &error.help {
            Some(close) => {
                let help = format!("{close} {join}");
                error.help(help)
            }
            None => error.help(join),
        }
    })
}

fn kind(kind: InputKind) -> &'static str {
    match kind {
        InputKind::Number => "numbers",
        InputKind::Category => "categories",
        InputKind::Tensor => "tensors",
    }
}

fn same_meaning(input: &InputCard, column: &ColumnCard, dataset: &DatasetCard) -> Vec<Error> {
    let mut problems = Vec::new();
    let pair = format!(
        "input `{}` and column `{}` of `{}`",
        shown(&input.name),
        shown(&column.name),
        shown(&dataset.id)
    );
    if !column.roles.contains(&ColumnRole::Input) {
        problems.push(
            Error::new(format!(
                "column `{}` feeds the input `{}` and is not declared as an input",
                shown(&column.name),
                shown(&input.name)
            ))
            .help("add `as = [\"input\"]` to the column in the dataset's card"),
        );
    }
    if input.kind != column.kind {
        problems.push(
            Error::new(format!(
                "{pair} differ in kind: one holds {}, the other {}",
                kind(input.kind),
                kind(column.kind)
            ))
            .help(match InputKind::Tensor {
                tensor if input.kind == tensor || column.kind == tensor => {
                    "declare `kind = \"tensor\"` on both; a tensor stands in a column of lists, or in numbered columns that \
                     are declared as one, as `ecg_{}`"
                }
                _ => "declare `kind = \"number\"` or `kind = \"category\"` on both",
            }),
        );
    }
    problems
}
