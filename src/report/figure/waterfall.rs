//! Waterfall: from where the contributions start to where they end, one input after another.

use super::axis::Axis;
use super::fit::fitted;
use super::notice::{Notice, hatch};
use super::svg::{Anchor, BLUE, Canvas, GRID, INK, Letters, MUTED, OCHRE, Pen, width_of};
use crate::report::document::Drawing;
use crate::report::words;

/// A mean patient, from base to end.
#[derive(Debug, Clone)]
pub struct Waterfall {
    /// Where the contributions start, and as text.
    pub base: (f64, String),
    /// The contributions, in order.
    pub steps: Vec<Step>,
    /// Where they end, and as text; no number when it is hidden.
    pub end: (Option<f64>, String),
}

/// A contribution.
#[derive(Debug, Clone)]
pub struct Step {
    /// The input.
    pub label: String,
    /// How much, when it is known, with its interval.
    pub size: Option<f64>,
    /// The same as text, or why it is not known.
    pub text: String,
}

const WIDE: f64 = 446.0;
const ROW: f64 = 24.0;
const LABELS: f64 = 148.0;
const NUMBERS: f64 = 76.0;

/// The lowest and highest place that a waterfall touches, so that several can share one axis.
pub fn ends(fall: &Waterfall) -> [f64; 2] {
    let mut at = fall.base.0;
    let (mut low, mut high) = (at, at);
    for step in fall.steps.iter().filter_map(|s| s.size) {
        at += step;
        (low, high) = (low.min(at), high.max(at));
    }
    let end = fall.end.0.unwrap_or(at);
    [low.min(end), high.max(end)]
}

/// One mean patient; `range` is the axis, told in `name`. After a contribution that is not known the bars go on where they
/// were, and the gap stands before the end.
pub fn waterfall(fall: &Waterfall, range: [f64; 2], name: &str, notice: &Notice) -> Drawing {
    let top = notice.height(WIDE) + 8.0;
    let rows = fall.steps.len() as f64 + 2.0;
    let bottom = top + ROW * rows;
    let mut canvas = Canvas::new(WIDE, bottom + 42.0);
    notice.draw(&mut canvas, WIDE);
    let spare = (range[1] - range[0]).max(1e-9) * 0.04;
    let axis = Axis::linear(
        [range[0] - spare, range[1] + spare],
        [LABELS, WIDE - NUMBERS - 8.0],
    );
    ground(&mut canvas, &axis, [top, bottom], name);
    let mut at = fall.base.0;
    let bold = Letters::new(Anchor::Start).bold();
    let middle = |row: f64| top + ROW * (row + 0.5);
    let put = |canvas: &mut Canvas, row: f64, letters: Letters, label: &str, text: &str| {
        let y = middle(row) + 4.2;
        canvas.text(8.0, y, letters, &fitted(label, LABELS - 16.0, 12.0));
        let text = fitted(text, NUMBERS - 4.0, 12.0);
        canvas.text(WIDE - NUMBERS, y, letters, &text);
    };
    put(&mut canvas, 0.0, bold, "starts at", &fall.base.1);
    mark(&mut canvas, axis.place(at), middle(0.0));
    for (i, step) in fall.steps.iter().enumerate() {
        let y = middle(i as f64 + 1.0);
        let before = axis.place(at);
        canvas.line([before, y - ROW], [before, y], Pen::new(MUTED, 0.8));
        put(
            &mut canvas,
            i as f64 + 1.0,
            Letters::new(Anchor::Start),
            &step.label,
            &step.text,
        );
        match step.size {
            None => hatch(&mut canvas, [before - 14.0, y - 7.0], 28.0, 14.0),
            Some(size) => {
                at += size;
                bar(&mut canvas, [before, axis.place(at)], y);
            }
        }
    }
    let last = middle(fall.steps.len() as f64 + 1.0);
    put(
        &mut canvas,
        fall.steps.len() as f64 + 1.0,
        bold,
        "ends at",
        &fall.end.1,
    );
    let reached = axis.place(at);
    canvas.line([reached, last - ROW], [reached, last], Pen::new(MUTED, 0.8));
    match fall.end.0 {
        Some(end) => mark(&mut canvas, axis.place(end), last),
        None => hatch(&mut canvas, [reached - 14.0, last - 7.0], 28.0, 14.0),
    }
    canvas.finish()
}

fn ground(canvas: &mut Canvas, axis: &Axis, [top, bottom]: [f64; 2], name: &str) {
    let mut right = f64::NEG_INFINITY;
    for (t, d) in axis.ticks(4) {
        let (x, text) = (axis.place(t), words::fixed(t, d));
        canvas.line([x, top], [x, bottom], Pen::new(GRID, 1.0));
        let half = width_of(&text, 11.0) / 2.0;
        if x - half > right + 4.0 {
            let letters = Letters::new(Anchor::Middle).muted().size(11.0);
            canvas.text(x, bottom + 15.0, letters, &text);
            right = x + half;
        }
    }
    let [low, high] = axis.ends();
    let ends = [axis.place(low), axis.place(high)];
    canvas.line([ends[0], bottom], [ends[1], bottom], Pen::new(INK, 1.2));
    let letters = Letters::new(Anchor::Middle).bold().size(11.5);
    canvas.text((ends[0] + ends[1]) / 2.0, bottom + 34.0, letters, name);
}

/// Raises: filled, pointing right. Lowers: open, pointing left.
fn bar(canvas: &mut Canvas, [from, to]: [f64; 2], y: f64) {
    let tip = (to - from).clamp(-6.0, 6.0);
    let shape = [
        [from, y - 7.0],
        [to - tip, y - 7.0],
        [to, y],
        [to - tip, y + 7.0],
        [from, y + 7.0],
        [from, y - 7.0],
    ];
    if to >= from {
        canvas.area(&shape, OCHRE, 1.0);
        canvas.path(&shape, Pen::new(OCHRE, 1.4));
    } else {
        canvas.area(&shape, "#ffffff", 1.0);
        canvas.path(&shape, Pen::new(BLUE, 1.8));
    }
}

/// Where it starts and where it ends.
fn mark(canvas: &mut Canvas, x: f64, y: f64) {
    let shape = [[x - 6.0, y], [x, y - 6.0], [x + 6.0, y], [x, y + 6.0]];
    canvas.area(&shape, INK, 1.0);
}
