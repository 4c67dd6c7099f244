//! Units of an input and its column: the same, converted as the study file declares, or an error. Never by guess.

use crate::config::study_input::JoinText;
use crate::error::{Error, Result, shown};
use crate::model::{conversion, unit};
use crate::record::{ColumnCard, Conversion, DatasetCard, InputCard, InputKind};

/// The conversion that the study file declares for an input.
///
/// # Errors
/// A category, units that contradict a card, and what [`conversion::between`] refuses.
pub fn declared(input: &InputCard, column: &ColumnCard, asked: &JoinText) -> Result<Conversion> {
    let at = |error: Error| error.at(&*asked.place);
    let name = shown(&input.name);
    if input.kind == InputKind::Category || column.kind == InputKind::Category {
        let error = Error::new(format!(
            "`{name}` is a category, and a category has no unit"
        ));
        return Err(at(error.help("leave the conversion out")));
    }
    for (said, card, what) in [
        (&asked.from, &column.unit, "the column's card says"),
        (&asked.to, &input.unit, "the model's card says"),
    ] {
        if let (Some(said), Some(card)) = (said, card)
            && !unit::same(said, card)
        {
            let error = Error::new(format!(
                "the conversion of `{name}` names the unit `{}`, and {what} `{}`",
                shown(said),
                shown(card)
            ));
            return Err(at(error.help("correct the one that is wrong")));
        }
    }
    let made = |factor, offset, source| Conversion {
        input: input.name.clone(),
        column: column.name.clone(),
        from: asked.from.clone().or_else(|| column.unit.clone()),
        to: asked.to.clone().or_else(|| input.unit.clone()),
        factor,
        offset,
        source,
    };
    match (asked.factor, &asked.from, &asked.to) {
        (Some(factor), ..) => Ok(made(
            factor,
            asked.offset.unwrap_or(0.0),
            "declared in the study file".to_owned(),
        )),
        (None, Some(from), Some(to)) => {
            let pair =
                conversion::between(from, to, asked.analyte.as_deref(), &input.name).map_err(at)?;
            Ok(made(pair.factor, pair.offset, pair.source))
        }
        _ => Err(at(Error::new(format!(
            "the conversion of `{name}` has no units and no factor"
        )))),
    }
}

/// What is wrong when no conversion is declared: two cards that name different units.
pub fn undeclared(input: &InputCard, column: &ColumnCard, dataset: &DatasetCard) -> Option<Error> {
    let (here, there) = (input.unit.as_deref()?, column.unit.as_deref()?);
    if unit::same(here, there) {
        return None;
    }
    let name = shown(&input.name);
    let error = Error::new(format!(
        "input `{name}` and column `{}` of `{}` differ in unit: `{}` and `{}`",
        shown(&column.name),
        shown(&dataset.id),
        shown(here),
        shown(there)
    ));
    let known = conversion::between(there, here, None, &input.name).is_ok();
    Some(error.help(match known {
        true => format!(
            "declare the conversion in the study, under `[study.inputs]`: `{name} = {{ column = \"{}\", from = \"{}\", \
             to = \"{}\" }}`; or correct the card that is wrong",
            shown(&column.name),
            shown(there),
            shown(here)
        ),
        false => "convert the column to the model's unit, or correct the card that is wrong".to_owned(),
    }))
}
