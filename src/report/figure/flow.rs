//! Participant flow: who was read, who left and why, who stayed.

use super::frame::stamp;
use super::svg::{Anchor, Canvas, INK, Letters, MUTED, PAPER, Pen, SHADE};
use crate::record::FlowStep;
use crate::report::document::Drawing;
use crate::report::words;

/// Boxes on the left for those who were read and kept, boxes on the right for those who left.
pub fn flow(steps: &[FlowStep], synthetic: bool) -> Drawing {
    const TALL: f64 = 46.0;
    const GAP: f64 = 14.0;
    let shown: Vec<&FlowStep> = steps.iter().take(40).collect();
    let height = 22.0 + shown.len() as f64 * (TALL + GAP);
    let mut canvas = Canvas::new(760.0, height);
    stamp(&mut canvas, 750.0, synthetic);
    let (left, wide, middle) = (10.0, 300.0, 160.0);
    let mut last_main: Option<f64> = None;
    for (i, step) in shown.iter().enumerate() {
        let y = 18.0 + i as f64 * (TALL + GAP);
        let out = step.step == "excluded";
        if out {
            let centre = y + TALL / 2.0;
            canvas.line([middle, centre], [366.0, centre], Pen::new(MUTED, 1.3));
            arrow(&mut canvas, [372.0, centre], false);
            boxed(&mut canvas, [374.0, y], 376.0, step, PAPER);
        } else {
            if let Some(from) = last_main {
                canvas.line([middle, from], [middle, y - 6.0], Pen::new(MUTED, 1.3));
                arrow(&mut canvas, [middle, y], true);
            }
            boxed(&mut canvas, [left, y], wide, step, SHADE);
            last_main = Some(y + TALL);
        }
    }
    canvas.finish()
}

fn boxed(canvas: &mut Canvas, [x, y]: [f64; 2], width: f64, step: &FlowStep, fill: &'static str) {
    let pen = if fill == SHADE {
        Pen::new(INK, 1.2)
    } else {
        Pen::new("#b6bdc6", 1.2)
    };
    canvas.framed(x, y, width, 46.0, fill, pen);
    let (word, letters) = match step.step.as_str() {
        "read" => ("Read: ", Letters::new(Anchor::Start).bold()),
        "kept" => ("Kept: ", Letters::new(Anchor::Start).bold()),
        _ => ("Out: ", Letters::new(Anchor::Start)),
    };
    let room = (width / 6.6) as usize;
    canvas.text(
        x + 12.0,
        y + 19.0,
        letters,
        &words::clip(&format!("{word}{}", step.reason), room),
    );
    let counts = format!(
        "{} rows of {} patients",
        words::count(&step.rows),
        words::count(&step.patients)
    );
    canvas.text(
        x + 12.0,
        y + 36.0,
        Letters::new(Anchor::Start).muted(),
        &counts,
    );
}

fn arrow(canvas: &mut Canvas, [x, y]: [f64; 2], down: bool) {
    let tip = if down {
        [[x, y], [x - 4.0, y - 7.0], [x + 4.0, y - 7.0]]
    } else {
        [[x, y], [x - 7.0, y - 4.0], [x - 7.0, y + 4.0]]
    };
    canvas.area(&tip, MUTED, 1.0);
}
