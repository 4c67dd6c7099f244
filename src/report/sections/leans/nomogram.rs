//! The nomograms of the equation: what each value of each input counts, and what the total means.

use super::{notice, totals};
use crate::record::{EquationCard, NomogramAxis, NomogramCard, NomogramTotal, Scale};
use crate::report::document::{Block, Figure, Manner, line};
use crate::report::explained;
use crate::report::figure::{self, Nomogram, NomogramLine};
use crate::report::view::View;
use crate::report::words as say;

/// Inputs on one picture.
const INPUTS: usize = 12;
/// Pictures: one for each stratum.
const PICTURES: usize = 4;
/// Values of one input that are told in words.
const TOLD: usize = 12;

/// The pictures, and a sentence when not all are drawn.
pub fn nomograms(view: &View<'_>, card: &EquationCard) -> Vec<Block> {
    let all = card.nomograms.iter().enumerate();
    let pictures: Vec<Figure> = all
        .take(PICTURES)
        .filter_map(|(place, one)| picture(view, card.scale, one, place))
        .collect();
    let mut blocks = Vec::new();
    if card.nomograms.len() > PICTURES {
        let text = format!(
            "Of {} nomograms, one for each stratum, only the first {PICTURES} are drawn; the others stand in record.json.",
            card.nomograms.len()
        );
        blocks.push(Block::Paragraph(Manner::Aside, line(text)));
    }
    if !pictures.is_empty() {
        blocks.push(Block::Figures(pictures));
    }
    blocks
}

fn picture(view: &View<'_>, scale: Scale, card: &NomogramCard, place: usize) -> Option<Figure> {
    let (axes, left) = longest(card);
    if axes.is_empty() {
        return None;
    }
    let mut totals = card.totals.clone();
    totals.sort_by(|a, b| a.points.total_cmp(&b.points));
    let risks = totals::are_risks(scale, &totals);
    let score = if risks { "risk" } else { "score" };
    let ends = totals.first().zip(totals.last());
    let drawn = Nomogram {
        inputs: axes.iter().map(|axis| drawn(axis)).collect(),
        totals: ends
            .map(|(low, high)| [low.points, high.points])
            .filter(|[low, high]| low < high && (high - low).is_finite()),
        score: NomogramLine {
            name: say_first(score),
            unit: String::new(),
            marks: totals::marks(scale, &totals),
        },
    };
    let sum = match drawn.totals {
        Some(_) => format!(
            "add up the points of all lines. The total gives the {score}, on the two lines at the bottom."
        ),
        None => "add up the points of all lines. What a total means is not in the record.".into(),
    };
    let whose = match card.when.as_str() {
        "" => String::new(),
        when => format!(": {}", say::clip(when, 120)),
    };
    Some(Figure {
        id: view.id(&format!("leans-nomogram-{place}")),
        title: format!("Nomogram{whose}"),
        reading: format!(
            "Find the value on each input's line, read its points straight above on the line at the top, and {sum}{}{}{}{} {}",
            turning(&axes),
            unwritten(&drawn.inputs),
            outside(card),
            undrawn(card, &left),
            explained::CAUTION
        ),
        told: told(&axes, &totals, risks),
        drawing: figure::nomogram(&drawn, &notice(view, None)),
        wide: true,
    })
}

/// Inputs with values, in their order: those with the longest scales, and the others.
fn longest(card: &NomogramCard) -> (Vec<&NomogramAxis>, Vec<&NomogramAxis>) {
    let with = card.axes.iter().filter(|axis| marks(axis).next().is_some());
    let mut order: Vec<(usize, &NomogramAxis)> = with.enumerate().collect();
    order.sort_by(|a, b| reach(b.1).total_cmp(&reach(a.1)));
    let mut left = order.split_off(order.len().min(INPUTS));
    for part in [&mut order, &mut left] {
        part.sort_by_key(|(place, _)| *place);
    }
    let only = |(_, axis)| axis;
    (
        order.into_iter().map(only).collect(),
        left.into_iter().map(only).collect(),
    )
}

/// Marks that lie on the scale of points.
fn marks(axis: &NomogramAxis) -> impl Iterator<Item = (f64, &str)> {
    let all = axis.marks.iter().map(|m| (m.points, m.label.as_str()));
    all.filter(|(points, _)| (-1e-6..=100.0 + 1e-6).contains(points))
}

fn reach(axis: &NomogramAxis) -> f64 {
    let ends = marks(axis).fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], (x, _)| {
        [low.min(x), high.max(x)]
    });
    ends[1] - ends[0]
}

fn drawn(axis: &NomogramAxis) -> NomogramLine {
    NomogramLine {
        name: axis.input.clone(),
        unit: axis.unit.clone().unwrap_or_default(),
        marks: marks(axis).map(|(x, text)| (x, text.to_owned())).collect(),
    }
}

fn say_first(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Inputs with units whose points go up and down again along their values.
fn turning(axes: &[&NomogramAxis]) -> String {
    let turns = |axis: &&&NomogramAxis| {
        let points: Vec<f64> = marks(axis).map(|(x, _)| x).collect();
        let numbers = axis.marks.iter().all(|m| m.label.parse::<f64>().is_ok());
        let goes = |up: f64| points.windows(2).any(|w| up * (w[1] - w[0]) > 1e-9);
        numbers && goes(1.0) && goes(-1.0)
    };
    let names: Vec<String> = axes.iter().filter(turns).map(|a| name(a)).collect();
    match names.len() {
        0 => String::new(),
        _ => format!(
            " Points do not go one way along {}: between two marks read nothing.",
            say::listed(&names)
        ),
    }
}

fn unwritten(inputs: &[NomogramLine]) -> String {
    match inputs.iter().map(figure::unwritten).sum::<usize>() {
        0 => String::new(),
        n => format!(
            " For want of room {} only a short stroke; record.json has all.",
            say::many(n, "value is", "values are")
        ),
    }
}

/// Marks of which the picture cannot tell where they stand.
fn outside(card: &NomogramCard) -> String {
    let all = card.axes.iter().map(|axis| axis.marks.len()).sum::<usize>();
    let on = card
        .axes
        .iter()
        .map(|axis| marks(axis).count())
        .sum::<usize>();
    match all - on {
        0 => String::new(),
        n => format!(
            " Not drawn, since outside 0 to 100 points: {}.",
            say::many(n, "value", "values")
        ),
    }
}

fn undrawn(card: &NomogramCard, left: &[&NomogramAxis]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let most: f64 = left.iter().map(|axis| reach(axis)).sum();
    format!(
        " Of {} inputs only the {INPUTS} with the longest scale are drawn; the other {} count in the total too, at most {} points together, and stand in record.json.",
        card.axes.len(),
        left.len(),
        say::fixed(most, 1)
    )
}

fn name(axis: &NomogramAxis) -> String {
    say::clip(&axis.input, 80)
}

fn told(axes: &[&NomogramAxis], totals: &[NomogramTotal], risks: bool) -> String {
    let mut parts: Vec<String> = axes.iter().map(|axis| values(axis)).collect();
    let at = |t: &NomogramTotal| {
        let score = totals::score(risks, t.score);
        format!("{} points: {score}", say::fixed(t.points, 0))
    };
    let what = if risks { "risk" } else { "score" };
    let told: Vec<String> = totals.iter().take(TOLD).map(at).collect();
    if !told.is_empty() {
        parts.push(format!("The {what} by total: {}.", told.join(", ")));
    }
    parts.join(" ")
}

/// `age, years: 20 counts 0, 90 counts 100.`
fn values(axis: &NomogramAxis) -> String {
    let unit = axis.unit.as_deref();
    let unit = unit.map_or_else(String::new, |u| format!(", {}", say::clip(u, 40)));
    let all = marks(axis).count();
    let one =
        |(x, label): (f64, &str)| format!("{} counts {}", say::clip(label, 60), say::fixed(x, 1));
    let mut told: Vec<String> = marks(axis).take(TOLD).map(one).collect();
    if all > TOLD {
        told.push(format!("and {} more", all - TOLD));
    }
    format!("{}{unit}: {}.", name(axis), told.join(", "))
}
