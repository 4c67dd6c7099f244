//! A thousand people as marks: found, missed, alerted for without need, left alone.

use super::frame::stamp;
use super::svg::{Anchor, BLUE, Canvas, Letters, OCHRE, Pen};
use crate::report::document::Drawing;
use crate::report::frequency::Frequencies;
use crate::report::words;

/// One mark for each person, 50 in a row, in four kinds that differ in shape and in colour; `None` unless the people are
/// a thousand.
pub fn people(f: &Frequencies, synthetic: bool) -> Option<Drawing> {
    const ACROSS: u64 = 50;
    const PITCH: f64 = 11.0;
    if f.of != 1000 {
        return None;
    }
    let mut canvas = Canvas::new(760.0, 20.0 * PITCH + 26.0);
    stamp(&mut canvas, 750.0, synthetic);
    let kinds = [
        (f.found, "found", "event and alert"),
        (f.missed, "missed", "event, no alert"),
        (f.needless, "needless alert", "alert, no event"),
        (f.spared, "left alone", "no event, no alert"),
    ];
    let ends = kinds.iter().scan(0, |sum, k| {
        *sum += k.0;
        Some(*sum)
    });
    let ends: Vec<u64> = ends.collect();
    for person in 0..f.of {
        let kind = ends.iter().position(|end| person < *end).unwrap_or(3);
        let (column, row) = (person % ACROSS, person / ACROSS);
        mark(
            &mut canvas,
            [6.0 + column as f64 * PITCH, 22.0 + row as f64 * PITCH],
            kind,
        );
    }
    for (kind, (n, name, what)) in kinds.iter().enumerate() {
        let y = 44.0 + 52.0 * kind as f64;
        let x = 6.0 + ACROSS as f64 * PITCH + 24.0;
        mark(&mut canvas, [x, y - 9.0], kind);
        canvas.text(
            x + 18.0,
            y,
            Letters::new(Anchor::Start).bold().size(15.0),
            &format!("{} {name}", words::whole(*n)),
        );
        canvas.text(
            x + 18.0,
            y + 16.0,
            Letters::new(Anchor::Start).muted(),
            what,
        );
    }
    Some(canvas.finish())
}

fn mark(canvas: &mut Canvas, [x, y]: [f64; 2], kind: usize) {
    match kind {
        0 => canvas.rect(x, y, 8.5, 8.5, BLUE),
        1 => {
            canvas.framed(
                x + 0.8,
                y + 0.8,
                7.0,
                7.0,
                "#ffffff",
                Pen::new("#9d1c24", 1.6),
            );
            canvas.line(
                [x + 2.0, y + 2.0],
                [x + 6.6, y + 6.6],
                Pen::new("#9d1c24", 1.4),
            );
            canvas.line(
                [x + 6.6, y + 2.0],
                [x + 2.0, y + 6.6],
                Pen::new("#9d1c24", 1.4),
            );
        }
        2 => canvas.area(
            &[[x, y + 8.5], [x + 4.25, y], [x + 8.5, y + 8.5]],
            OCHRE,
            1.0,
        ),
        _ => canvas.circle(x + 4.25, y + 4.25, 1.7, "#b6bdc6", Pen::new("#b6bdc6", 0.0)),
    }
}
