//! Pairs of inputs that act together.

use super::notice;
use crate::record::{Attribution, Pair, Scale, Value};
use crate::report::document::Figure;
use crate::report::explained;
use crate::report::figure::{self, Bar, BarPanel, BarRow};
use crate::report::leaning::Leaning;
use crate::report::view::View;
use crate::report::words::{self as say, Kind};

/// Pairs on one picture and in its words.
const PAIRS: usize = 10;

/// Pairs of inputs that act together, strongest first, one panel for each way of asking.
pub fn pairs(view: &View<'_>, leaning: &Leaning<'_>) -> Vec<Figure> {
    let all = std::iter::once(leaning.main).chain(leaning.others.iter().copied());
    all.filter(|a| !a.pairs.is_empty())
        .enumerate()
        .map(|(place, a)| pair_figure(view, a, place))
        .collect()
}

fn pair_figure(view: &View<'_>, a: &Attribution, place: usize) -> Figure {
    let mut measures: Vec<&str> = Vec::new();
    let mut named: Vec<&[String; 2]> = Vec::new();
    for pair in &a.pairs {
        if !measures.contains(&pair.measure.as_str()) {
            measures.push(&pair.measure);
        }
        if !named.contains(&&pair.inputs) {
            named.push(&pair.inputs);
        }
    }
    let is_share = |m: &str| m == "friedman-h";
    let value = |pair: &Pair| {
        if is_share(&pair.measure) {
            say::value(Kind::Share, &pair.value)
        } else {
            explained::value(a.scale, &pair.value)
        }
    };
    let panels: Vec<BarPanel> = measures
        .iter()
        .map(|m| BarPanel {
            title: if is_share(m) {
                explained::pair_measure(m).to_owned()
            } else {
                format!(
                    "{}, {}",
                    explained::pair_measure(m),
                    explained::scale(a.scale)
                )
            },
            percent: is_share(m),
        })
        .collect();
    let find = |names: &[String; 2], m: &str| {
        a.pairs
            .iter()
            .find(|p| p.inputs == *names && p.measure == m)
    };
    let factor = |m: &str| {
        if a.scale == Scale::Risk && !is_share(m) {
            100.0
        } else {
            1.0
        }
    };
    let label = |names: &[String; 2]| format!("{} × {}", names[0], names[1]);
    let rows: Vec<BarRow> = named
        .iter()
        .take(PAIRS)
        .map(|names| BarRow {
            label: label(names),
            bars: measures
                .iter()
                .map(|m| {
                    find(names, m).map_or(Bar::NotAsked, |p| bar(&p.value, value(p), factor(m)))
                })
                .collect(),
        })
        .collect();
    let more = match named.len().saturating_sub(PAIRS) {
        0 => String::new(),
        n => format!(" The first {PAIRS} are drawn; {n} more stand in record.json."),
    };
    let told: Vec<String> = named
        .iter()
        .take(PAIRS)
        .flat_map(|names| measures.iter().filter_map(|m| find(names, m)))
        .map(|p| format!("{} {}", label(&p.inputs), value(p)))
        .collect();
    let small = a
        .pairs
        .iter()
        .all(|p| is_share(&p.measure) && p.value.known().is_some_and(|x| x < 0.01));
    let small = if small {
        " No pair reaches 1\u{a0}%."
    } else {
        ""
    };
    Figure {
        id: view.id(&format!("leans-pairs-{place}")),
        title: "Inputs that act together".into(),
        reading: format!(
            "How much two inputs do together that neither does alone: where the bar is long, one input's meaning depends on the other's.{small}{more} {}",
            explained::CAUTION
        ),
        told: format!("{}.", told.join("; ")),
        drawing: figure::bars(&panels, &rows, &notice(view, Some(a))),
        wide: true,
    }
}

/// A bar of a value, drawn in `factor` times its unit; hatched when it is not known.
pub fn bar(value: &Value, text: String, factor: f64) -> Bar {
    match value {
        Value::Known {
            point, interval, ..
        } => Bar::Known {
            point: *point * factor,
            interval: interval.as_ref().map(|i| [i.low * factor, i.high * factor]),
            text,
        },
        other => Bar::Unknown(explained::absent(other)),
    }
}
