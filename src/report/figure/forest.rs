//! Forest plot: a measure in every group, with its interval, its people, and what is hidden or does not exist.

use super::axis::Axis;
use super::fit::fitted;
use super::frame::stamp;
use super::svg::{Anchor, BLUE, Canvas, GRID, INK, Letters, MUTED, OCHRE, Pen, SHADE, width_of};
use crate::report::document::Drawing;
use crate::report::words;

/// How a panel's axis runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By ratios; for measures around 1.
    Logarithmic,
}

/// One measure.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Its name.
    pub title: String,
    /// How its axis runs.
    pub scale: Scale,
    /// Lowest and highest number that can be.
    pub limits: [f64; 2],
    /// A number worth a line of its own, such as 1 for O:E.
    pub neutral: Option<f64>,
    /// True when the axis is in percent.
    pub percent: bool,
}

/// A line of the plot.
#[derive(Debug, Clone)]
pub enum Entry {
    /// What the next rows have in common.
    Head(String),
    /// A group, with one mark for each panel.
    Row {
        /// Its name.
        label: String,
        /// Rows.
        rows: String,
        /// Events.
        events: String,
        /// True for everyone.
        overall: bool,
        /// One for each panel.
        marks: Vec<Mark>,
    },
}

/// A group's number in one panel.
#[derive(Debug, Clone)]
pub enum Mark {
    /// A number.
    Known {
        /// The point.
        point: f64,
        /// Its interval.
        interval: Option<[f64; 2]>,
        /// The same as text.
        text: String,
        /// From 0 (few events) to 1 (most events).
        weight: f64,
        /// True when its gap leaves out "no difference".
        differs: bool,
    },
    /// None, and why.
    None(String),
}

const WIDE: f64 = 920.0;
const ROW: f64 = 23.0;
const TOP: f64 = 44.0;
const FIRST: f64 = 290.0;
const NUMBERS: f64 = 172.0;

/// Rows with one or two panels beside each other.
pub fn forest(panels: &[Panel], entries: &[Entry], synthetic: bool) -> Drawing {
    let bottom = TOP + ROW * entries.len() as f64;
    let mut canvas = Canvas::new(WIDE, bottom + 34.0);
    stamp(&mut canvas, WIDE - 10.0, synthetic);
    ground(&mut canvas, entries);
    let step = (WIDE - FIRST) / panels.len().max(1) as f64;
    for (place, panel) in panels.iter().enumerate() {
        let left = FIRST + step * place as f64;
        let axis = axis(
            panel,
            place,
            entries,
            [left + 6.0, left + step - NUMBERS - 10.0],
        );
        scaffold(&mut canvas, panel, &axis, entries, place, bottom);
        for (i, entry) in entries.iter().enumerate() {
            if let Entry::Row { marks, overall, .. } = entry
                && let Some(mark) = marks.get(place)
            {
                let y = TOP + ROW * (i as f64 + 0.5);
                draw(
                    &mut canvas,
                    mark,
                    &axis,
                    *overall,
                    [left + step - NUMBERS, y],
                );
            }
        }
    }
    canvas.finish()
}

fn ground(canvas: &mut Canvas, entries: &[Entry]) {
    let head = Letters::new(Anchor::Start).bold().muted();
    let head_end = Letters::new(Anchor::End).bold().muted();
    canvas.text(10.0, TOP - 10.0, head, "group");
    canvas.text(218.0, TOP - 10.0, head_end, "rows");
    canvas.text(272.0, TOP - 10.0, head_end, "events");
    let mut shaded = false;
    for (i, entry) in entries.iter().enumerate() {
        let (top, base) = (TOP + ROW * i as f64, TOP + ROW * (i as f64 + 0.5) + 4.2);
        match entry {
            Entry::Head(text) => {
                shaded = false;
                canvas.text(
                    10.0,
                    base,
                    Letters::new(Anchor::Start).bold().muted(),
                    &fitted(text, 270.0, 12.0),
                );
            }
            Entry::Row {
                label,
                rows,
                events,
                overall,
                ..
            } => {
                if shaded {
                    canvas.rect(4.0, top, WIDE - 8.0, ROW, SHADE);
                }
                shaded = !shaded;
                let (indent, heavy) = if *overall {
                    (10.0, true)
                } else {
                    (20.0, false)
                };
                let mut letters = Letters::new(Anchor::Start);
                let mut end = Letters::new(Anchor::End);
                if heavy {
                    (letters, end) = (letters.bold(), end.bold());
                }
                canvas.text(indent, base, letters, &fitted(label, 160.0, 12.0));
                canvas.text(218.0, base, end, rows);
                canvas.text(272.0, base, end, events);
            }
        }
    }
}

fn scaffold(
    canvas: &mut Canvas,
    panel: &Panel,
    axis: &Axis,
    entries: &[Entry],
    place: usize,
    bottom: f64,
) {
    let [low, high] = axis.ends();
    let (from, to) = (axis.place(low), axis.place(high));
    canvas.text(
        from - 6.0,
        TOP - 10.0,
        Letters::new(Anchor::Start).bold(),
        &panel.title,
    );
    let mut right = f64::NEG_INFINITY;
    for (t, d) in axis.ticks(4) {
        let x = axis.place(t);
        canvas.line([x, TOP], [x, bottom], Pen::new(GRID, 1.0));
        let text = if panel.percent {
            super::frame::percent(t)
        } else {
            words::fixed(t, d)
        };
        let half = width_of(&text, 11.0) / 2.0;
        if x - half > right + 4.0 {
            canvas.text(
                x,
                bottom + 18.0,
                Letters::new(Anchor::Middle).muted().size(11.0),
                &text,
            );
            right = x + half;
        }
    }
    if let Some(neutral) = panel.neutral.filter(|n| *n >= low && *n <= high) {
        let x = axis.place(neutral);
        canvas.line([x, TOP], [x, bottom], Pen::new(MUTED, 1.2));
    }
    let everyone = entries.iter().find_map(|e| match e {
        Entry::Row {
            overall: true,
            marks,
            ..
        } => marks.get(place),
        _ => None,
    });
    if let Some(Mark::Known { point, .. }) = everyone {
        let x = axis.place(axis.held(*point));
        canvas.line([x, TOP], [x, bottom], Pen::new(MUTED, 1.0).dashed("3 3"));
    }
    canvas.line([from - 4.0, bottom], [to + 4.0, bottom], Pen::new(INK, 1.2));
}

fn draw(canvas: &mut Canvas, mark: &Mark, axis: &Axis, overall: bool, [x, y]: [f64; 2]) {
    let base = y + 4.2;
    match mark {
        Mark::None(why) => {
            canvas.text(
                x,
                base,
                Letters::new(Anchor::Start).muted().size(11.5),
                &fitted(why, NUMBERS - 4.0, 12.0),
            );
        }
        Mark::Known {
            point,
            interval,
            text,
            weight,
            differs,
        } => {
            let colour = if *differs { OCHRE } else { BLUE };
            let colour = if overall { INK } else { colour };
            let centre = axis.place(axis.held(*point));
            if let Some([low, high]) = interval {
                whisker(canvas, axis, [*low, *high], y, colour);
            }
            let half = 3.0 + 3.0 * weight.clamp(0.0, 1.0).sqrt();
            if overall {
                let [a, b] = [half + 3.0, 6.0];
                canvas.area(
                    &[
                        [centre - a, y],
                        [centre, y - b],
                        [centre + a, y],
                        [centre, y + b],
                    ],
                    colour,
                    1.0,
                );
            } else if *differs {
                canvas.framed(
                    centre - half,
                    y - half,
                    2.0 * half,
                    2.0 * half,
                    "#ffffff",
                    Pen::new(colour, 2.0),
                );
            } else {
                canvas.rect(centre - half, y - half, 2.0 * half, 2.0 * half, colour);
            }
            let letters = Letters::new(Anchor::Start).size(11.5);
            let letters = if overall { letters.bold() } else { letters };
            let sign = if *differs { " †" } else { "" };
            canvas.text(x, base, letters, &format!("{text}{sign}"));
        }
    }
}

/// An interval; an end that leaves the axis becomes an arrow.
fn whisker(canvas: &mut Canvas, axis: &Axis, [low, high]: [f64; 2], y: f64, colour: &'static str) {
    let (from, to) = (axis.place(axis.held(low)), axis.place(axis.held(high)));
    canvas.line([from, y], [to, y], Pen::new(colour, 1.8));
    let [first, last] = axis.ends();
    if low < first {
        canvas.area(
            &[
                [from - 5.0, y],
                [from + 2.0, y - 4.0],
                [from + 2.0, y + 4.0],
            ],
            colour,
            1.0,
        );
    }
    if high > last {
        canvas.area(
            &[[to + 5.0, y], [to - 2.0, y - 4.0], [to - 2.0, y + 4.0]],
            colour,
            1.0,
        );
    }
}

/// An axis that shows all points and, where they are not too long, all intervals.
fn axis(panel: &Panel, place: usize, entries: &[Entry], units: [f64; 2]) -> Axis {
    let logarithmic = panel.scale == Scale::Logarithmic;
    let into = |x: f64| if logarithmic { x.max(0.01).ln() } else { x };
    let back = |x: f64| if logarithmic { x.exp() } else { x };
    let known: Vec<(f64, [f64; 2])> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Row { marks, .. } => marks.get(place),
            Entry::Head(_) => None,
        })
        .filter_map(|mark| match mark {
            Mark::Known {
                point, interval, ..
            } => {
                let ends = interval.unwrap_or([*point, *point]);
                Some((into(*point), ends.map(into)))
            }
            Mark::None(_) => None,
        })
        .collect();
    let low = known
        .iter()
        .map(|k| k.0)
        .chain(panel.neutral.map(into))
        .fold(f64::INFINITY, f64::min);
    let high = known
        .iter()
        .map(|k| k.0)
        .chain(panel.neutral.map(into))
        .fold(f64::NEG_INFINITY, f64::max);
    if known.is_empty() {
        let ends = if logarithmic {
            [0.5, 2.0]
        } else {
            panel.limits
        };
        return make(logarithmic, ends, units);
    }
    let mut lengths: Vec<f64> = known.iter().map(|(_, [a, b])| b - a).collect();
    lengths.sort_by(f64::total_cmp);
    let usual = lengths.get(lengths.len() / 2).copied().unwrap_or(0.0);
    let room = (high - low).max(usual).max(1e-6) * 0.9;
    let from = known
        .iter()
        .map(|k| k.1[0])
        .fold(low, f64::min)
        .max(low - room);
    let to = known
        .iter()
        .map(|k| k.1[1])
        .fold(high, f64::max)
        .min(high + room);
    let spare = (to - from).max(1e-6) * 0.04;
    let [floor, ceiling] = panel.limits;
    make(
        logarithmic,
        [back(from - spare).max(floor), back(to + spare).min(ceiling)],
        units,
    )
}

fn make(logarithmic: bool, ends: [f64; 2], units: [f64; 2]) -> Axis {
    if logarithmic {
        Axis::logarithmic(ends, units)
    } else {
        Axis::linear(ends, units)
    }
}
