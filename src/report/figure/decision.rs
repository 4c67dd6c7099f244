//! Decision curve: what the model is worth at every threshold, against alerting everyone and alerting nobody.

use super::axis::round_up;
use super::frame::{Frame, Sample, Ticks, legend, stamp};
use super::svg::{Anchor, BLUE, Canvas, INK, Letters, MUTED, OCHRE, Pen};
use crate::record::Curve;
use crate::report::document::Drawing;
use crate::report::words;

/// What the picture needs.
#[derive(Debug, Clone, Copy)]
pub struct Utility<'a> {
    /// The model's line.
    pub model: &'a Curve,
    /// Alerting everyone.
    pub all: Option<&'a Curve>,
    /// Thresholds asked for; the first is the decision threshold.
    pub thresholds: &'a [f64],
}

/// Three lines, the model with its band, and the decision threshold.
pub fn decision(utility: &Utility<'_>, synthetic: bool) -> Drawing {
    let frame = Frame {
        left: 66.0,
        top: 44.0,
        width: 382.0,
        height: 310.0,
    };
    let mut canvas = Canvas::new(466.0, 400.0);
    stamp(&mut canvas, 448.0, synthetic);
    let [right, low, high] = ranges(utility);
    let (across, up) = (frame.across([0.0, right]), frame.up([low, high]));
    let (all_pen, none_pen) = (
        Pen::new(OCHRE, 1.8).dashed("7 4"),
        Pen::new(MUTED, 1.6).dashed("2 3"),
    );
    legend(
        &mut canvas,
        [58.0, 32.0],
        &[
            (Sample::Line(Pen::new(BLUE, 2.2)), "model, 95 % band"),
            (Sample::Line(all_pen), "alert everyone"),
            (Sample::Line(none_pen), "alert nobody"),
        ],
    );
    frame.left_axis(&mut canvas, &up, Ticks::Plain, 5, "net benefit per person");
    frame.lower_axis(
        &mut canvas,
        &across,
        Ticks::Percent,
        5,
        "threshold: risk at which one acts",
    );
    let mut inside = Canvas::clear(frame.width, frame.height);
    inside.line([0.0, up.place(0.0)], [frame.width, up.place(0.0)], none_pen);
    if let Some(all) = utility.all {
        let line: Vec<_> = all
            .points
            .iter()
            .map(|p| [across.place(p.x), up.place(p.y)])
            .collect();
        inside.path(&line, all_pen);
    }
    super::roc::band(&mut inside, utility.model, &across, &up, BLUE);
    let line: Vec<_> = utility
        .model
        .points
        .iter()
        .map(|p| [across.place(p.x), up.place(p.y)])
        .collect();
    inside.path(&line, Pen::new(BLUE, 2.2));
    canvas.window(frame.left, frame.top, &inside);
    if let Some(t) = utility.thresholds.first().filter(|t| **t <= right) {
        let x = frame.left + across.place(*t);
        canvas.line(
            [x, frame.top],
            [x, frame.bottom()],
            Pen::new(INK, 1.2).dashed("3 3"),
        );
        let text = format!("threshold {}", words::threshold(*t));
        let (at, anchor) = if *t > right * 0.6 {
            (x - 6.0, Anchor::End)
        } else {
            (x + 6.0, Anchor::Start)
        };
        canvas.text(at, frame.top + 12.0, Letters::new(anchor).size(11.5), &text);
    }
    canvas.finish()
}

/// How far the axes reach: to the right while there is something to gain, down just below zero.
fn ranges(utility: &Utility<'_>) -> [f64; 3] {
    let points = &utility.model.points;
    let first_all = utility
        .all
        .and_then(|c| c.points.first())
        .map_or(0.0, |p| p.y);
    let top = points
        .iter()
        .map(|p| p.high.unwrap_or(p.y))
        .fold(first_all, f64::max);
    let top = if top > 0.0 { top } else { 0.01 };
    let useful = points
        .iter()
        .filter(|p| p.y > 0.02 * top)
        .map(|p| p.x)
        .fold(0.0, f64::max);
    let asked = utility.thresholds.iter().copied().fold(0.0, f64::max);
    let last = points.last().map_or(1.0, |p| p.x);
    let right = round_up(useful.max(1.6 * asked).max(0.05))
        .min(round_up(last))
        .min(1.0);
    let worst = points
        .iter()
        .filter(|p| p.x <= right)
        .map(|p| p.low.unwrap_or(p.y))
        .fold(0.0, f64::min);
    [right, worst.max(-0.5 * top).min(-0.12 * top), top * 1.06]
}
