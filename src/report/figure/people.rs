//! A thousand people as marks: found, missed, alerted for without need, left alone.

use super::frame::stamp;
use super::svg::{Anchor, BLUE, Canvas, Letters, OCHRE, PAPER, Pen};
use crate::report::document::Drawing;
use crate::report::frequency::Frequencies;
use crate::report::words;

/// One mark for each person, ten in a column, in four kinds that differ in shape and in colour; `None` unless the people
/// are a thousand.
pub fn people(f: &Frequencies, synthetic: bool) -> Option<Drawing> {
    const DOWN: u64 = 10;
    const PITCH: f64 = 9.1;
    if f.of != 1000 {
        return None;
    }
    let mut canvas = Canvas::new(920.0, 158.0);
    stamp(&mut canvas, 912.0, synthetic);
    let kinds = [
        (f.found, "found", "event and alert"),
        (f.missed, "missed", "event, no alert"),
        (f.needless, "needless alerts", "alert, no event"),
        (f.spared, "left alone", "no event, no alert"),
    ];
    let places: Vec<[f64; 2]> = (0..f.of)
        .map(|person| (person / DOWN, person % DOWN))
        .map(|(column, row)| [5.0 + column as f64 * PITCH, 20.0 + row as f64 * PITCH])
        .collect();
    let mut begin = 0;
    for (kind, (n, name, what)) in kinds.iter().enumerate() {
        let end = begin + *n as usize;
        marks(
            &mut canvas,
            places.get(begin..end).unwrap_or_default(),
            kind,
        );
        begin = end;
        let (x, y) = (5.0 + 230.0 * kind as f64, 134.0);
        marks(&mut canvas, &[[x, y - 8.0]], kind);
        let bold = Letters::new(Anchor::Start).bold().size(14.0);
        canvas.text(x + 16.0, y, bold, &format!("{} {name}", words::whole(*n)));
        canvas.text(
            x + 16.0,
            y + 16.0,
            Letters::new(Anchor::Start).muted(),
            what,
        );
    }
    Some(canvas.finish())
}

/// Filled squares, open squares, triangles and dots, in this order.
fn marks(canvas: &mut Canvas, places: &[[f64; 2]], kind: usize) {
    let missed = Pen::new("#9d1c24", 1.7);
    match kind {
        0 => canvas.repeat(places, "h7.2v7.2h-7.2z", BLUE, None),
        1 => canvas.repeat(places, "m.9 .9h5.4v5.4h-5.4z", PAPER, Some(missed)),
        2 => canvas.repeat(places, "m0 7.2l3.6-7.2l3.6 7.2z", OCHRE, None),
        _ => canvas.repeat(places, "m2.1 2.1h3v3h-3z", "#b6bdc6", None),
    }
}
