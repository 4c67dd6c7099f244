//! The pictures of one study, each with a sentence that says how to read it and what it shows.

use crate::record::Curve;
use crate::report::document::{Block, Figure, Manner, Section, line};
use crate::report::figure::{self, Operating, Utility};
use crate::report::frequency::Frequencies;
use crate::report::lexicon;
use crate::report::view::View;
use crate::report::words::{self as say, Kind};

/// Calibration, ROC, decision curve and risks by outcome; those that were measured.
pub fn figures(view: &View<'_>) -> Option<Section> {
    let pictures: Vec<Figure> = [calibration(view), roc(view), decision(view), risk(view)]
        .into_iter()
        .flatten()
        .collect();
    (!pictures.is_empty()).then(|| {
        let intro = "Shaded bands and thin lines are 95 % intervals.";
        let blocks = vec![
            Block::Paragraph(Manner::Aside, line(intro)),
            Block::Figures(pictures),
        ];
        Section::new(view.id("figures"), 3, "Pictures", blocks)
    })
}

/// A thousand people, at the decision threshold.
pub fn people(view: &View<'_>, f: &Frequencies) -> Option<Figure> {
    let synthetic = view.evidence.dataset.synthetic;
    let t = view.decision.map(say::threshold).unwrap_or_default();
    Some(Figure {
        id: view.id("thousand"),
        title: format!("1,000 {} at a threshold of {t}", view.unit()),
        reading: format!(
            "One mark for each, ten in a column: {} found (filled squares), {} missed (open squares), {} needless alerts (triangles), {} left alone (dots).",
            f.found, f.missed, f.needless, f.spared
        ),
        told: String::new(),
        drawing: figure::people(f, synthetic)?,
        wide: true,
    })
}

fn calibration(view: &View<'_>) -> Option<Figure> {
    let (smooth, grouped) = (
        view.curve("calibration", "smooth"),
        view.curve("calibration", "grouped"),
    );
    smooth.or(grouped)?;
    let [events, others] = ["events", "non-events"].map(|s| view.curve("risk-distribution", s));
    let synthetic = view.evidence.dataset.synthetic;
    let method = smooth.map_or_else(String::new, |c| format!(" Smooth curve: {}.", c.method));
    let groups = grouped.map_or_else(String::new, |c| format!(" Groups: {}.", c.method));
    Some(Figure {
        id: view.id("calibration"),
        title: "Calibration: are the risks right?".into(),
        reading: format!(
            "On the dashed line risks are exactly right; above it the model says too little, below it too much.{}{method}{groups} Bars below: who got which risk, people with the event upwards, others downwards, each to its own scale.{}",
            example(smooth.or(grouped)),
            left_out([events, others])
        ),
        told: String::new(),
        drawing: figure::calibration(smooth, grouped, events, others, synthetic),
        wide: false,
    })
}

/// How many bars are left out, in words.
fn left_out(curves: [Option<&Curve>; 2]) -> String {
    let points = curves.into_iter().flatten().flat_map(|c| &c.points);
    let hidden = points
        .filter(|p| p.n.as_ref().is_some_and(|n| n.known().is_none()))
        .count();
    match hidden {
        0 => String::new(),
        n => format!(
            " {} left out: too few people.",
            say::many(n, "bar is", "bars are")
        ),
    }
}

/// A point of the curve as a sentence, taken in its middle.
fn example(curve: Option<&Curve>) -> String {
    let point = curve.and_then(|c| c.points.get(c.points.len() / 2));
    point.map_or_else(String::new, |p| {
        format!(
            " Of people given a risk near {}, about {} had the event.",
            say::number(Kind::Share, p.x),
            say::number(Kind::Share, p.y)
        )
    })
}

fn roc(view: &View<'_>) -> Option<Figure> {
    let model = view.curve("roc", "model")?;
    let places: Vec<Operating> = view
        .evidence
        .thresholds
        .iter()
        .filter_map(|t| {
            let at = |m| view.value(m, Some(*t), None)?.known();
            Some(Operating {
                x: 1.0 - at("specificity")?,
                y: at("sensitivity")?,
                label: say::threshold(*t),
            })
        })
        .collect();
    let area = view.value("auroc", None, None).map_or_else(
        || "not measured".into(),
        |v| say::value(lexicon::kind("auroc"), v),
    );
    let told: Vec<String> = places
        .iter()
        .map(|p| {
            format!(
                "at {} it finds {} of events and alerts for {} of others",
                p.label,
                say::number(Kind::Share, p.y),
                say::number(Kind::Share, p.x)
            )
        })
        .collect();
    let told = if told.is_empty() {
        String::new()
    } else {
        format!(" Here {}.", say::listed(&told))
    };
    Some(Figure {
        id: view.id("roc"),
        title: "ROC: can it tell people apart?".into(),
        reading: format!(
            "The nearer the line runs to the upper left corner, the better the model ranks. AUROC {area}.{told}"
        ),
        told: String::new(),
        drawing: figure::roc(model, &places, &area, view.evidence.dataset.synthetic),
        wide: false,
    })
}

fn decision(view: &View<'_>) -> Option<Figure> {
    let model = view.curve("decision", "model")?;
    let all = view.curve("decision", "treat-all");
    let thresholds = &view.evidence.thresholds;
    let utility = Utility {
        model,
        all,
        thresholds,
    };
    Some(Figure {
        id: view.id("decision"),
        title: "Decision curve: is it worth using?".into(),
        reading: format!(
            "The model is worth using at thresholds where its line lies above both others.{}",
            range(model, all)
        ),
        told: String::new(),
        drawing: figure::decision(&utility, view.evidence.dataset.synthetic),
        wide: false,
    })
}

/// Where the model's line lies above both others, without gaps from the first such threshold on.
fn range(model: &Curve, all: Option<&Curve>) -> String {
    let Some(all) = all else {
        return String::new();
    };
    let better = |x: f64, y: f64| {
        let other = all
            .points
            .iter()
            .find(|p| (p.x - x).abs() < 1e-9)
            .map_or(f64::NEG_INFINITY, |p| p.y);
        y > other.max(0.0) + 1e-12
    };
    let run: Vec<f64> = model
        .points
        .iter()
        .skip_while(|p| !better(p.x, p.y))
        .take_while(|p| better(p.x, p.y))
        .map(|p| p.x)
        .collect();
    match (run.first(), run.last()) {
        (Some(first), Some(last)) if first < last => {
            format!(
                " By its points alone that is so from {} to {}.",
                say::threshold(*first),
                say::threshold(*last)
            )
        }
        _ => " By its points alone it is so nowhere.".into(),
    }
}

fn risk(view: &View<'_>) -> Option<Figure> {
    let [events, others] = ["events", "non-events"].map(|s| view.curve("risk-distribution", s));
    events.or(others)?;
    Some(Figure {
        id: view.id("risk"),
        title: "Risks given, by what happened".into(),
        reading: format!(
            "The less the two shapes overlap, the better the model tells people apart. Right of the dashed line it alerts. Each shape adds up to 100 % and has its own scale.{}",
            left_out([events, others])
        ),
        told: String::new(),
        drawing: figure::risk(
            events,
            others,
            view.decision,
            view.evidence.dataset.synthetic,
        ),
        wide: false,
    })
}
