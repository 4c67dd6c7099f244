//! Mean patients explained: those found, missed, alerted for without need, and left alone. Never one person.

use super::notice;
use crate::record::{Archetype, Attribution, Scale, Value};
use crate::report::document::{Block, Figure, Manner, Section, line};
use crate::report::explained;
use crate::report::figure::{self, Step, Waterfall};
use crate::report::view::View;
use crate::report::words::{self as say, Kind};

/// `None` when the record holds no mean patient.
pub fn patients(view: &View<'_>) -> Option<Section> {
    let all = &view.evidence.archetypes;
    if all.is_empty() {
        return None;
    }
    let intro = "Each picture is the mean of many patients, and none of them: from where the contributions start, input by input, to the mean score. Filled arrows to the right raise the score, open arrows to the left lower it.";
    let pictures = all
        .iter()
        .enumerate()
        .map(|(place, one)| picture(view, one, place))
        .collect();
    let missing: Vec<&str> = explained::ARCHETYPES
        .into_iter()
        .filter(|id| !all.iter().any(|one| one.archetype == *id))
        .map(explained::archetype)
        .collect();
    let missing = if missing.is_empty() {
        String::new()
    } else {
        format!(
            " Not in the record: the mean of those who {}.",
            missing.join("; of those who ")
        )
    };
    let intro = format!("{intro}{missing} {}", explained::CAUTION);
    let blocks = vec![
        Block::Paragraph(Manner::Aside, line(intro)),
        Block::Figures(pictures),
    ];
    let heading = "Mean patients: why found, why missed";
    Some(Section::new(view.id("leans-patients"), 4, heading, blocks))
}

fn picture(view: &View<'_>, one: &Archetype, place: usize) -> Figure {
    let source = source(view, one);
    let mut notice = notice(view, source);
    let warnings: Vec<String> = notice.warning.into_iter().chain(left(one)).collect();
    notice.warning = (!warnings.is_empty()).then(|| warnings.join(" "));
    let parts: Vec<String> = one
        .parts
        .iter()
        .map(|p| {
            format!(
                "{} {}",
                p.input,
                explained::signed_value(one.scale, &p.mean)
            )
        })
        .collect();
    let risk = |x: Option<f64>| match (one.scale, x) {
        (Scale::Logit, Some(x)) => {
            let risk = 1.0 / (1.0 + (-x).exp());
            format!(", a risk of {}", say::number(Kind::Share, risk))
        }
        _ => String::new(),
    };
    let fall = drawn(one);
    let same = view
        .evidence
        .archetypes
        .iter()
        .filter(|a| a.scale == one.scale);
    let range = same
        .map(|a| figure::ends(&drawn(a)))
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], [a, b]| {
            [low.min(a), high.max(b)]
        });
    Figure {
        id: view.id(&format!("leans-patient-{place}")),
        title: format!(
            "Mean of {} who {}",
            match one.patients.known() {
                Some(n) => say::many(n as usize, "patient", "patients"),
                None => format!("{} patients", say::count(&one.patients)),
            },
            explained::archetype(&one.archetype)
        ),
        reading: format!(
            "Starts at {}{}; ends at {}{} ({}, {}).",
            explained::brief(one.scale, one.base),
            risk(Some(one.base)),
            explained::signed_value(one.scale, &one.end),
            risk(one.end.known()),
            explained::scale(one.scale),
            explained::explainer(&one.explainer)
        ),
        told: format!("{}.", parts.join("; ")),
        drawing: figure::waterfall(&fall, range, explained::scale(one.scale), &notice),
        wide: false,
    }
}

/// The explanation of everyone that stands behind it.
fn source<'a>(view: &View<'a>, one: &Archetype) -> Option<&'a Attribution> {
    let of_it = |a: &&Attribution| {
        a.group.is_none() && a.explainer == one.explainer && a.scale == one.scale
    };
    view.evidence.attributions.iter().find(of_it)
}

/// What a picture says when its parts do not lead to its end.
fn left(one: &Archetype) -> Option<String> {
    let hidden = one
        .parts
        .iter()
        .filter(|p| p.mean.known().is_none())
        .count();
    if hidden > 0 || one.end.known().is_none() {
        let what = match hidden {
            0 => "the end is".to_owned(),
            n => say::many(n, "contribution is", "contributions are"),
        };
        return Some(format!(
            "? {what} not known, so the bars do not lead to the end."
        ));
    }
    let sum: f64 = one.parts.iter().filter_map(|p| p.mean.known()).sum();
    let gap = one.end.known()? - one.base - sum;
    let size: f64 = one
        .parts
        .iter()
        .filter_map(|p| p.mean.known())
        .map(f64::abs)
        .sum();
    (gap.abs() > 0.01 * size.max(1e-6)).then(|| {
        format!(
            "✗ The contributions leave {} unexplained.",
            explained::signed(one.scale, gap)
        )
    })
}

fn drawn(one: &Archetype) -> Waterfall {
    let times = if one.scale == Scale::Risk { 100.0 } else { 1.0 };
    let short = |x: f64| explained::brief(one.scale, x);
    let brief = |value: &Value| match value {
        Value::Known { point, .. } => short(*point),
        Value::Masked { .. } => "? hidden".to_owned(),
        other => format!("? {}", explained::absent(other)),
    };
    Waterfall {
        base: (one.base * times, short(one.base)),
        steps: one
            .parts
            .iter()
            .map(|p| Step {
                label: p.input.clone(),
                size: p.mean.known().map(|x| x * times),
                text: brief(&p.mean),
            })
            .collect(),
        end: (one.end.known().map(|x| x * times), brief(&one.end)),
    }
}
