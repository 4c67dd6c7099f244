//! Bars with intervals: how much each input counts, by one or more ways of asking beside each other.

use super::axis::Axis;
use super::fit::fitted;
use super::frame::percent;
use super::notice::{Notice, hatch};
use super::svg::{Anchor, BLUE, Canvas, GRID, INK, Letters, OCHRE, Pen, SHADE, width_of};
use crate::report::document::Drawing;
use crate::report::words;

/// One way of asking.
#[derive(Debug, Clone)]
pub struct BarPanel {
    /// What its bars are.
    pub title: String,
    /// True when the axis is in percent.
    pub percent: bool,
}

/// What is drawn for one input in one panel.
#[derive(Debug, Clone)]
pub enum Bar {
    /// A number.
    Known {
        /// The point.
        point: f64,
        /// Its interval.
        interval: Option<[f64; 2]>,
        /// The same as text.
        text: String,
    },
    /// A number that is not known, and why; hatched.
    Unknown(String),
    /// Nobody asked.
    NotAsked,
}

/// An input, or a pair of them.
#[derive(Debug, Clone)]
pub struct BarRow {
    /// Its name.
    pub label: String,
    /// One for each panel.
    pub bars: Vec<Bar>,
}

const WIDE: f64 = 920.0;
const ROW: f64 = 25.0;
const NUMBERS: f64 = 178.0;

/// Rows of bars in one or more panels.
pub fn bars(panels: &[BarPanel], rows: &[BarRow], notice: &Notice) -> Drawing {
    let labels = labels(panels, rows);
    let top = notice.height(WIDE) + 24.0;
    let bottom = top + ROW * rows.len() as f64;
    let mut canvas = Canvas::new(WIDE, bottom + 28.0);
    notice.draw(&mut canvas, WIDE);
    for (i, row) in rows.iter().enumerate() {
        let y = top + ROW * i as f64;
        if i % 2 == 0 {
            canvas.rect(4.0, y, WIDE - 8.0, ROW, SHADE);
        }
        let label = fitted(&row.label, labels - 22.0, 12.0);
        let letters = Letters::new(Anchor::Start);
        canvas.text(10.0, y + ROW / 2.0 + 4.2, letters, &label);
    }
    let step = (WIDE - labels) / panels.len().max(1) as f64;
    for (place, panel) in panels.iter().enumerate() {
        let left = labels + step * place as f64;
        let title = fitted(&panel.title, step - 14.0, 12.0);
        let letters = Letters::new(Anchor::Start).bold();
        canvas.text(left, top - 9.0, letters, &title);
        let known: Vec<&Bar> = rows.iter().filter_map(|r| r.bars.get(place)).collect();
        let axis = axis(&known, panel.percent, [left, left + step - NUMBERS - 14.0]);
        let empty = !known.iter().any(|bar| matches!(bar, Bar::Known { .. }));
        ground(&mut canvas, panel, &axis, [top, bottom], empty);
        let ink = if place == 0 { BLUE } else { OCHRE };
        for (i, bar) in known.iter().enumerate() {
            let y = top + ROW * (i as f64 + 0.5);
            draw(&mut canvas, bar, &axis, [left + step - NUMBERS, y], ink);
        }
    }
    canvas.finish()
}

/// Room for the names: as much as the longest needs, and no more than the bars can spare.
fn labels(panels: &[BarPanel], rows: &[BarRow]) -> f64 {
    let most = if panels.len() > 1 { 270.0 } else { 420.0 };
    let longest = rows.iter().map(|row| width_of(&row.label, 12.0));
    (longest.fold(0.0_f64, f64::max) + 26.0).clamp(190.0, most)
}

/// Grid and axis; numbers on it only where there is something to read off.
fn ground(
    canvas: &mut Canvas,
    panel: &BarPanel,
    axis: &Axis,
    [top, bottom]: [f64; 2],
    empty: bool,
) {
    let ticks = if empty { Vec::new() } else { axis.ticks(4) };
    let mut right = f64::NEG_INFINITY;
    for (t, d) in ticks {
        let x = axis.place(t);
        canvas.line([x, top], [x, bottom], Pen::new(GRID, 1.0));
        let text = if panel.percent {
            percent(t)
        } else {
            words::fixed(t, d)
        };
        let half = width_of(&text, 11.0) / 2.0;
        if x - half > right + 4.0 {
            let letters = Letters::new(Anchor::Middle).muted().size(11.0);
            canvas.text(x, bottom + 17.0, letters, &text);
            right = x + half;
        }
    }
    let zero = axis.place(0.0);
    canvas.line([zero, top], [zero, bottom + 4.0], Pen::new(INK, 1.2));
}

fn draw(canvas: &mut Canvas, bar: &Bar, axis: &Axis, [x, y]: [f64; 2], ink: &'static str) {
    let letters = Letters::new(Anchor::Start).size(11.5);
    let zero = axis.place(0.0);
    match bar {
        Bar::NotAsked => canvas.text(x, y + 4.2, letters.muted(), "–"),
        Bar::Unknown(why) => {
            hatch(canvas, [zero, y - 7.0], 44.0, 14.0);
            let text = fitted(&format!("? {why}"), NUMBERS - 8.0, 11.5);
            canvas.text(x, y + 4.2, letters.muted(), &text);
        }
        Bar::Known {
            point,
            interval,
            text,
        } => {
            let end = axis.place(axis.held(*point));
            canvas.rect(zero.min(end), y - 7.0, (end - zero).abs(), 14.0, ink);
            if let Some([low, high]) = interval {
                whisker(canvas, axis, [*low, *high], y);
            }
            canvas.text(x, y + 4.2, letters, &fitted(text, NUMBERS - 6.0, 11.5));
        }
    }
}

/// An interval that is seen on the bar and beside it.
fn whisker(canvas: &mut Canvas, axis: &Axis, ends: [f64; 2], y: f64) {
    let [from, to] = ends.map(|x| axis.place(axis.held(x)));
    canvas.line([from, y], [to, y], Pen::new("#ffffff", 4.0));
    let pen = Pen::new(INK, 1.6);
    canvas.line([from, y], [to, y], pen);
    for x in [from, to] {
        canvas.line([x, y - 4.0], [x, y + 4.0], pen);
    }
}

/// An axis from zero that shows all bars and intervals; when intervals are far longer than bars, they are cut.
fn axis(bars: &[&Bar], percent: bool, units: [f64; 2]) -> Axis {
    let (mut low, mut high, mut tall) = (0.0_f64, 0.0_f64, 0.0_f64);
    for bar in bars {
        if let Bar::Known {
            point, interval, ..
        } = bar
        {
            let [from, to] = interval.unwrap_or([*point, *point]);
            (low, high) = (low.min(from).min(*point), high.max(to).max(*point));
            tall = tall.max(point.abs());
        }
    }
    if tall > 0.0 {
        (low, high) = (low.max(-3.0 * tall), high.min(3.0 * tall));
    }
    // What is nearly nothing shall not look like something.
    high = high.max(if percent { 0.01 } else { 1e-9 });
    let spare = (high - low) * 0.03;
    Axis::linear(
        [if low < 0.0 { low - spare } else { 0.0 }, high + spare],
        units,
    )
}
