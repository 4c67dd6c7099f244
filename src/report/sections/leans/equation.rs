//! The equation itself, of a model that is one.

use super::nomogram;
use crate::record::{EquationCard, EquationLine};
use crate::report::document::{
    Block, Body, Cell, Manner, Row, Section, Table, line, numbers, small, words,
};
use crate::report::explained;
use crate::report::view::View;
use crate::report::words as say;

/// `None` for a model that is no sum of terms.
pub fn equation(view: &View<'_>) -> Option<Section> {
    let card = view.evidence.equation.as_ref()?;
    let intro = format!(
        "The model is a sum, and this is all of it: each line's value times its number, added up, makes the {}. {}",
        explained::scale(card.scale),
        explained::CAUTION
    );
    let mut blocks = vec![
        Block::Paragraph(Manner::Aside, line(intro)),
        Block::Table(table(card)),
    ];
    blocks.extend(nomogram::nomograms(view, card));
    let heading = "The equation itself";
    Some(Section::new(view.id("leans-equation"), 4, heading, blocks))
}

fn table(card: &EquationCard) -> Table {
    let mut bodies: Vec<Body> = Vec::new();
    let mut last = None;
    for term in &card.lines {
        match bodies.last_mut() {
            Some(body) if last == Some(&term.when) => body.rows.push(row(term)),
            _ => bodies.push(Body {
                head: (!term.when.is_empty()).then(|| line(term.when.clone())),
                rows: vec![row(term)],
            }),
        }
        last = Some(&term.when);
    }
    Table {
        caption: "Terms of the equation".into(),
        columns: vec![
            words("value"),
            numbers("is multiplied by"),
            numbers("odds or hazard ratio"),
        ],
        bodies,
        note: Some("A ratio above 1 raises the risk for each step of the value, with everything else as it is.".into()),
    }
}

fn row(term: &EquationLine) -> Row {
    let mut what = Cell::from(term.what.clone());
    if !term.inputs.is_empty() && term.inputs.iter().all(|i| !term.what.contains(i)) {
        what.under.push(vec![small(term.inputs.join(", "))]);
    }
    let ratio = term
        .ratio
        .map_or_else(|| Cell::from("–"), |x| explained::plain(x).into());
    Row::new(vec![what, say::signed(term.coefficient, 4).into(), ratio])
}
