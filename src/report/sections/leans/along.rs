//! How the score moves along the first inputs.

use super::notice;
use crate::record::{Count, Response, ResponsePoint, Scale};
use crate::report::document::{Block, Figure, Section};
use crate::report::explained;
use crate::report::figure::{self, Move, People, Place, Spot};
use crate::report::view::View;
use crate::report::words as say;

/// Inputs on one picture.
const DRAWN: usize = 6;

/// `None` when the score was followed along no input.
pub fn along(view: &View<'_>) -> Option<Section> {
    let mut scales: Vec<Scale> = Vec::new();
    let everyone: Vec<&Response> = view
        .evidence
        .responses
        .iter()
        .filter(|r| r.group.is_none() && !r.points.is_empty())
        .collect();
    for response in &everyone {
        if !scales.contains(&response.scale) {
            scales.push(response.scale);
        }
    }
    let mut pictures = Vec::new();
    for scale in scales {
        let of_it: Vec<&Response> = everyone
            .iter()
            .copied()
            .filter(|r| r.scale == scale)
            .collect();
        for part in of_it.chunks(DRAWN) {
            pictures.push(picture(view, part, scale, pictures.len()));
        }
    }
    (!pictures.is_empty()).then(|| {
        let blocks = vec![Block::Figures(pictures)];
        Section::new(
            view.id("leans-along"),
            4,
            "How the score moves along an input",
            blocks,
        )
    })
}

fn picture(view: &View<'_>, responses: &[&Response], scale: Scale, place: usize) -> Figure {
    let all: Vec<Move> = responses.iter().map(|r| drawn(r)).collect();
    let told: Vec<String> = responses.iter().map(|r| told(r)).collect();
    let categories = responses.iter().any(|r| r.method == "partial-dependence");
    let dots = if categories {
        " Dots are categories: the mean score when everyone had that category (partial dependence)."
    } else {
        ""
    };
    let hidden = responses
        .iter()
        .flat_map(|r| &r.points)
        .filter(|p| p.effect.known().is_none() || p.n.as_ref().is_some_and(|n| n.known().is_none()))
        .count();
    let hidden = match hidden {
        0 => String::new(),
        n => format!(
            " At {} the number is not known: a question mark, or a hatched bar of people.",
            say::many(n, "place", "places")
        ),
    };
    let groups = view
        .evidence
        .responses
        .iter()
        .filter(|r| r.group.is_some())
        .count();
    let groups = match groups {
        0 => String::new(),
        n => format!(
            " {} by group in record.json.",
            say::many(n, "line stands", "lines stand")
        ),
    };
    Figure {
        id: view.id(&format!("leans-along-{place}")),
        title: "Along each input, everything else as it is".into(),
        reading: format!(
            "Above zero the input raises the score, below it lowers it, on average over people who are like that (accumulated local effects); the band is the 95 % interval. All stand on one vertical scale: {}. Grey bars count the people; where there are few, the line says little.{dots}{hidden}{groups} {}",
            explained::scale(scale),
            explained::CAUTION
        ),
        told: told.join(" "),
        drawing: figure::moves(&all, explained::scale(scale), &notice(view, None)),
        wide: true,
    }
}

fn drawn(response: &Response) -> Move {
    let unit = response
        .unit
        .as_deref()
        .map_or_else(String::new, |u| format!(", {u}"));
    let times = if response.scale == Scale::Risk {
        100.0
    } else {
        1.0
    };
    Move {
        title: format!("{}{unit}", response.input),
        spots: response
            .points
            .iter()
            .enumerate()
            .map(|(i, p)| Spot {
                place: place(p, i),
                effect: p.effect.known().map(|y| {
                    let interval = p.effect.interval();
                    (y * times, interval.map(|i| [i.low * times, i.high * times]))
                }),
                people: match &p.n {
                    None => People::NotCounted,
                    Some(Count::Known(n)) => People::Some(*n),
                    Some(_) => People::Hidden,
                },
            })
            .collect(),
    }
}

/// A point without a place is shown as a category of its own, so that it is not lost.
fn place(p: &ResponsePoint, i: usize) -> Place {
    match (&p.level, p.x) {
        (Some(level), _) => Place::Level(level.clone()),
        (None, Some(x)) => Place::At(x),
        (None, None) => Place::Level(format!("place {}", i + 1)),
    }
}

/// First and last, lowest and highest, as words.
fn told(response: &Response) -> String {
    let at = |p: &ResponsePoint| {
        let name = match (&p.level, p.x) {
            (Some(level), _) => level.clone(),
            (None, Some(x)) => explained::place(x),
            (None, None) => "an unnamed place".into(),
        };
        format!(
            "{} at {name}",
            explained::signed_value(response.scale, &p.effect)
        )
    };
    let parts: Vec<String> = if response.points.iter().any(|p| p.level.is_some()) {
        response.points.iter().map(at).collect()
    } else {
        let known = || {
            response
                .points
                .iter()
                .filter_map(|p| Some((p.effect.known()?, p)))
        };
        let low = known()
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|k| format!("lowest {}", at(k.1)));
        let high = known()
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|k| format!("highest {}", at(k.1)));
        let ends = [
            ("first", response.points.first()),
            ("last", response.points.last()),
        ];
        let ends = ends
            .into_iter()
            .filter_map(|(name, p)| p.map(|p| format!("{name} {}", at(p))));
        ends.chain(low).chain(high).collect()
    };
    format!("{}: {}.", response.input, parts.join(", "))
}
