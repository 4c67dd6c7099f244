//! ROC: what is found against what is alerted for without need.

use super::axis::Axis;
use super::frame::{Frame, Sample, Ticks, legend, stamp};
use super::svg::{Anchor, BLUE, Canvas, INK, Letters, MUTED, Pen};
use crate::record::Curve;
use crate::report::document::Drawing;

/// A threshold on the curve.
#[derive(Debug, Clone)]
pub struct Operating {
    /// 1 − specificity.
    pub x: f64,
    /// Sensitivity.
    pub y: f64,
    /// The threshold as text.
    pub label: String,
}

/// The curve with its band and the thresholds asked for; the first is the decision threshold.
pub fn roc(model: &Curve, thresholds: &[Operating], area: &str, synthetic: bool) -> Drawing {
    let frame = Frame {
        left: 58.0,
        top: 44.0,
        width: 390.0,
        height: 390.0,
    };
    let mut canvas = Canvas::new(466.0, 484.0);
    stamp(&mut canvas, 448.0, synthetic);
    let (across, up) = (frame.across([0.0, 1.0]), frame.up([0.0, 1.0]));
    legend(
        &mut canvas,
        [58.0, 32.0],
        &[
            (Sample::Line(Pen::new(BLUE, 2.2)), "model"),
            (Sample::Line(Pen::new(MUTED, 1.2).dashed("4 4")), "a coin"),
            (Sample::Ring(INK), "thresholds"),
        ],
    );
    frame.left_axis(
        &mut canvas,
        &up,
        Ticks::Percent,
        5,
        "sensitivity: share of events found",
    );
    frame.lower_axis(
        &mut canvas,
        &across,
        Ticks::Percent,
        5,
        "1 − specificity: share of others alerted for",
    );
    let mut inside = Canvas::clear(frame.width, frame.height);
    inside.line(
        [0.0, frame.height],
        [frame.width, 0.0],
        Pen::new(MUTED, 1.2).dashed("4 4"),
    );
    band(&mut inside, model, &across, &up, BLUE);
    let line: Vec<_> = model
        .points
        .iter()
        .map(|p| [across.place(p.x), up.place(p.y)])
        .collect();
    inside.path(&line, Pen::new(BLUE, 2.2));
    canvas.window(frame.left, frame.top, &inside);
    let mut taken: Vec<[f64; 2]> = Vec::new();
    for (i, t) in thresholds.iter().enumerate() {
        let (x, y) = (frame.left + across.place(t.x), frame.top + up.place(t.y));
        canvas.circle(
            x,
            y,
            if i == 0 { 5.0 } else { 3.6 },
            "#ffffff",
            Pen::new(INK, 1.8),
        );
        let label = if i == 0 {
            format!("threshold {}", t.label)
        } else {
            t.label.clone()
        };
        let at = [x + 9.0, y + 15.0];
        let free = taken
            .iter()
            .all(|o| (o[1] - at[1]).abs() > 13.0 || (o[0] - at[0]).abs() > 95.0);
        let fits = at[0] + super::svg::width_of(&label, 11.5) < frame.left + frame.width + 14.0
            && at[1] < frame.bottom() - 4.0;
        if free && fits {
            canvas.text(at[0], at[1], Letters::new(Anchor::Start).size(11.5), &label);
            taken.push(at);
        }
    }
    let corner = Letters::new(Anchor::End).bold();
    canvas.text(
        frame.left + frame.width - 12.0,
        frame.bottom() - 16.0,
        corner,
        &format!("AUROC {area}"),
    );
    canvas.finish()
}

/// The band between a curve's lower and upper ends, where it has them.
pub fn band(canvas: &mut Canvas, curve: &Curve, across: &Axis, up: &Axis, colour: &str) {
    let ends: Vec<_> = curve
        .points
        .iter()
        .filter_map(|p| Some((p.x, p.low?, p.high?)))
        .collect();
    let upper = ends
        .iter()
        .map(|(x, _, high)| [across.place(*x), up.place(*high)]);
    let lower = ends
        .iter()
        .rev()
        .map(|(x, low, _)| [across.place(*x), up.place(*low)]);
    let outline: Vec<_> = upper.chain(lower).collect();
    canvas.area(&outline, colour, 0.16);
}
