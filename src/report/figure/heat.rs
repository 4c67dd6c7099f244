//! Heat map: groups by inputs, with the number in every cell; what is not known is hatched.

use super::fit::{fitted, wrapped};
use super::notice::{Notice, hatch};
use super::svg::{Anchor, Canvas, INK, Letters, OCHRE, Pen};
use crate::report::document::Drawing;

/// A line of the map.
#[derive(Debug, Clone)]
pub enum HeatRow {
    /// What the next rows have in common.
    Head(String),
    /// A group.
    Row {
        /// Its name.
        label: String,
        /// Words behind the name: how many rows, what it is held against.
        about: String,
        /// True for everyone.
        overall: bool,
        /// One for each column.
        cells: Vec<Heat>,
    },
}

/// A cell.
#[derive(Debug, Clone)]
pub enum Heat {
    /// A share from 0 to 1, as text, and whether it lies apart from the reference.
    Known {
        /// The share.
        share: f64,
        /// The same as text.
        text: String,
        /// True when its interval and the reference's do not touch.
        differs: bool,
    },
    /// Not known.
    Unknown,
}

const WIDE: f64 = 920.0;
const ROW: f64 = 28.0;
const LABELS: f64 = 286.0;

/// Groups by inputs; the fuller the cell, the larger the share.
pub fn heat(columns: &[String], rows: &[HeatRow], notice: &Notice) -> Drawing {
    let step = ((WIDE - LABELS - 6.0) / columns.len().max(1) as f64).min(130.0);
    let heads: Vec<Vec<String>> = columns
        .iter()
        .map(|c| wrapped(c, step - 6.0, 11.5, 3))
        .collect();
    let deepest = heads.iter().map(Vec::len).max().unwrap_or(1) as f64;
    let top = notice.height(WIDE) + 8.0 + 15.0 * deepest;
    let mut canvas = Canvas::new(WIDE, top + ROW * rows.len() as f64 + 6.0);
    notice.draw(&mut canvas, WIDE);
    for (i, lines) in heads.iter().enumerate() {
        let x = LABELS + step * (i as f64 + 0.5);
        for (k, line) in lines.iter().rev().enumerate() {
            let letters = Letters::new(Anchor::Middle).bold().size(11.5);
            canvas.text(x, top - 7.0 - 15.0 * k as f64, letters, line);
        }
    }
    let most = rows
        .iter()
        .flat_map(|row| match row {
            HeatRow::Row { cells, .. } => cells.as_slice(),
            HeatRow::Head(_) => &[],
        })
        .filter_map(|cell| match cell {
            Heat::Known { share, .. } => Some(*share),
            Heat::Unknown => None,
        })
        .fold(0.0_f64, f64::max);
    for (i, row) in rows.iter().enumerate() {
        let y = top + ROW * i as f64;
        line(&mut canvas, row, y, step, most);
    }
    canvas.finish()
}

fn line(canvas: &mut Canvas, row: &HeatRow, y: f64, step: f64, most: f64) {
    let base = y + ROW / 2.0 + 4.2;
    match row {
        HeatRow::Head(text) => {
            let letters = Letters::new(Anchor::Start).bold().muted();
            let text = fitted(text, LABELS - 20.0, 12.0);
            canvas.text(10.0, base + 3.0, letters, &text);
        }
        HeatRow::Row {
            label,
            about,
            overall,
            cells,
        } => {
            let letters = Letters::new(Anchor::Start);
            let (indent, letters) = if *overall {
                (10.0, letters.bold())
            } else {
                (20.0, letters)
            };
            canvas.text(indent, base, letters, &fitted(label, 158.0, 12.0));
            let aside = Letters::new(Anchor::End).muted().size(11.0);
            canvas.text(LABELS - 10.0, base, aside, &fitted(about, 110.0, 11.0));
            for (i, cell) in cells.iter().enumerate() {
                let x = LABELS + step * i as f64;
                draw(
                    canvas,
                    cell,
                    [x + 1.5, y + 1.5],
                    [step - 3.0, ROW - 3.0],
                    most,
                );
            }
        }
    }
}

fn draw(canvas: &mut Canvas, cell: &Heat, [x, y]: [f64; 2], [width, height]: [f64; 2], most: f64) {
    let [middle, base] = [x + width / 2.0, y + height / 2.0 + 4.2];
    match cell {
        Heat::Unknown => {
            hatch(canvas, [x, y], width, height);
            canvas.rect(middle - 9.0, y + 3.0, 18.0, height - 6.0, "#ffffff");
            let letters = Letters::new(Anchor::Middle).bold();
            canvas.text(middle, base, letters, "?");
        }
        Heat::Known {
            share,
            text,
            differs,
        } => {
            let depth = if most > 0.0 { share / most } else { 0.0 };
            canvas.rect(x, y, width, height, &tint(depth));
            let letters = Letters::new(Anchor::Middle);
            if *differs {
                let pen = Pen::new(OCHRE, 2.4);
                let ends = [
                    [x, y],
                    [x + width, y],
                    [x + width, y + height],
                    [x, y + height],
                    [x, y],
                ];
                canvas.path(&ends, pen);
                canvas.text(middle, base, letters.bold(), &format!("{text} †"));
            } else {
                canvas.text(middle, base, letters.fill(INK), text);
            }
        }
    }
}

/// From nearly white to a blue on which black words are still easy to read.
fn tint(depth: f64) -> String {
    let depth = depth.clamp(0.0, 1.0);
    let mix = |from: f64, to: f64| (from + (to - from) * depth).round() as u8;
    format!(
        "#{:02x}{:02x}{:02x}",
        mix(247.0, 122.0),
        mix(249.0, 178.0),
        mix(251.0, 226.0)
    )
}
