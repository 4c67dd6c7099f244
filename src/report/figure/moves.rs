//! How the score moves along inputs: small pictures on one scale, each with its people below.

use super::axis::Axis;
use super::fit::{fitted, wrapped};
use super::frame::Frame;
use super::notice::{Notice, hatch};
use super::svg::{Anchor, BLUE, Canvas, GRID, INK, Letters, MUTED, Pen, width_of};
use crate::report::document::Drawing;
use crate::report::words;

/// One input.
#[derive(Debug, Clone)]
pub struct Move {
    /// Its name and unit.
    pub title: String,
    /// Where it was asked, in order.
    pub spots: Vec<Spot>,
}

/// One place along an input.
#[derive(Debug, Clone)]
pub struct Spot {
    /// Where.
    pub place: Place,
    /// How much the score moves, with its interval; `None` when that is not known.
    pub effect: Option<(f64, Option<[f64; 2]>)>,
    /// How many people stand behind it; nothing at the first end.
    pub people: People,
}

/// Where a spot is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// At this value.
    At(f64),
    /// At this category.
    Level(String),
}

/// How many people stand behind a spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    /// Nobody was counted here.
    NotCounted,
    /// So many.
    Some(u64),
    /// Too few to say.
    Hidden,
}

const WIDE: f64 = 920.0;
const ACROSS: usize = 3;
const CELL: f64 = 304.0;
const TALL: f64 = 250.0;
const STRIP: f64 = 26.0;

/// Up to three in a row, all on the same vertical scale, told in `name`.
pub fn moves(all: &[Move], name: &str, notice: &Notice) -> Drawing {
    let top = notice.height(WIDE) + 4.0;
    let rows = all.len().div_ceil(ACROSS);
    let mut canvas = Canvas::new(WIDE, top + TALL * rows as f64);
    notice.draw(&mut canvas, WIDE);
    let reach = reach(all);
    for (i, one) in all.iter().enumerate() {
        let frame = Frame {
            left: 54.0 + CELL * (i % ACROSS) as f64,
            top: top + 24.0 + TALL * (i / ACROSS) as f64,
            width: CELL - 66.0,
            height: 142.0,
        };
        panel(&mut canvas, one, &frame, reach);
        if i % ACROSS == 0 {
            let middle = frame.top + frame.height / 2.0;
            canvas.upward(13.0, middle, Letters::new(Anchor::Middle).bold(), name);
        }
    }
    canvas.finish()
}

fn panel(canvas: &mut Canvas, one: &Move, frame: &Frame, reach: [f64; 2]) {
    let title = fitted(&one.title, frame.width + 40.0, 12.0);
    canvas.text(
        frame.left - 34.0,
        frame.top - 9.0,
        Letters::new(Anchor::Start).bold(),
        &title,
    );
    let up = frame.up(reach);
    let numbered = reach[1] - reach[0] > 1e-6;
    for (t, d) in up.ticks(4).into_iter().filter(|_| numbered) {
        let y = frame.top + up.place(t);
        canvas.line(
            [frame.left, y],
            [frame.left + frame.width, y],
            Pen::new(GRID, 1.0),
        );
        let letters = Letters::new(Anchor::End).muted().size(11.0);
        canvas.text(frame.left - 6.0, y + 4.0, letters, &words::fixed(t, d));
    }
    let zero = frame.top + up.place(0.0);
    canvas.line(
        [frame.left, zero],
        [frame.left + frame.width, zero],
        Pen::new(MUTED, 1.2),
    );
    canvas.line(
        [frame.left, frame.top],
        [frame.left, frame.bottom()],
        Pen::new(INK, 1.2),
    );
    let places = places(one, frame.width);
    let most = one
        .spots
        .iter()
        .map(|s| if let People::Some(n) = s.people { n } else { 0 })
        .max()
        .unwrap_or(0)
        .max(1) as f64;
    let levels = one.spots.iter().any(|s| matches!(s.place, Place::Level(_)));
    if levels {
        dots(canvas, one, frame, &up, &places);
    } else {
        curve(canvas, one, frame, &up, &places);
    }
    strip(canvas, one, frame, &places, most, levels);
    names(canvas, one, frame, &places, levels);
}

/// The places in user units from the frame's left edge.
fn places(one: &Move, width: f64) -> Vec<f64> {
    let n = one.spots.len().max(1) as f64;
    let values: Vec<f64> = one
        .spots
        .iter()
        .filter_map(|s| {
            if let Place::At(x) = s.place {
                Some(x)
            } else {
                None
            }
        })
        .collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let axis = Axis::linear([low, high], [0.0, width]);
    one.spots
        .iter()
        .enumerate()
        .map(|(i, s)| match s.place {
            Place::At(x) => axis.place(x),
            Place::Level(_) => width * (i as f64 + 0.5) / n,
        })
        .collect()
}

/// Place, effect and interval of a spot on a line.
type Drawn = (f64, f64, Option<[f64; 2]>);

/// A line with its band; it breaks where the effect is not known, and a question mark stands there.
fn curve(canvas: &mut Canvas, one: &Move, frame: &Frame, up: &Axis, places: &[f64]) {
    let at = |x: f64, y: f64| [frame.left + x, frame.top + up.place(up.held(y))];
    let mut runs: Vec<Vec<Drawn>> = vec![Vec::new()];
    for (spot, x) in one.spots.iter().zip(places) {
        match (spot.effect, runs.last_mut()) {
            (Some((y, interval)), Some(run)) => run.push((*x, y, interval)),
            _ => {
                unknown(canvas, frame, *x, up);
                runs.push(Vec::new());
            }
        }
    }
    for run in runs.iter().filter(|run| !run.is_empty()) {
        let banded = || run.iter().filter_map(|(x, _, i)| i.map(|i| (*x, i)));
        let upper = banded().map(|(x, i)| at(x, i[1]));
        let lower: Vec<[f64; 2]> = banded().map(|(x, i)| at(x, i[0])).collect();
        let ring: Vec<[f64; 2]> = upper.chain(lower.into_iter().rev()).collect();
        canvas.area(&ring, BLUE, 0.16);
        let line: Vec<[f64; 2]> = run.iter().map(|(x, y, _)| at(*x, *y)).collect();
        canvas.path(&line, Pen::new(BLUE, 2.2));
        for [x, y] in line {
            canvas.circle(x, y, 2.0, BLUE, Pen::new(BLUE, 0.5));
        }
    }
}

/// A dot with its interval for each category.
fn dots(canvas: &mut Canvas, one: &Move, frame: &Frame, up: &Axis, places: &[f64]) {
    for (spot, x) in one.spots.iter().zip(places) {
        let Some((y, interval)) = spot.effect else {
            unknown(canvas, frame, *x, up);
            continue;
        };
        let place = |y: f64| frame.top + up.place(up.held(y));
        let x = frame.left + x;
        if let Some([low, high]) = interval {
            canvas.line([x, place(low)], [x, place(high)], Pen::new(BLUE, 1.8));
            for end in [low, high] {
                canvas.line(
                    [x - 4.0, place(end)],
                    [x + 4.0, place(end)],
                    Pen::new(BLUE, 1.8),
                );
            }
        }
        canvas.circle(x, place(y), 4.0, BLUE, Pen::new(BLUE, 1.0));
    }
}

fn unknown(canvas: &mut Canvas, frame: &Frame, x: f64, up: &Axis) {
    let y = frame.top + up.place(0.0) - 5.0;
    let letters = Letters::new(Anchor::Middle).bold().size(13.0);
    canvas.text(frame.left + x, y, letters, "?");
}

/// People below: a bar for each bin between two places, or under each category.
fn strip(canvas: &mut Canvas, one: &Move, frame: &Frame, places: &[f64], most: f64, levels: bool) {
    let floor = frame.bottom() + 6.0 + STRIP;
    let half = (frame.width / places.len().max(1) as f64 * 0.3).min(20.0);
    for (i, (spot, x)) in one.spots.iter().zip(places).enumerate() {
        let before = i.checked_sub(1).and_then(|j| places.get(j));
        let (from, to) = match before {
            _ if levels => (x - half, x + half),
            Some(before) => (*before + 0.5, *x - 0.5),
            None => (*x, *x),
        };
        let width = (to - from).max(1.0);
        match spot.people {
            People::NotCounted => {}
            People::Hidden => {
                hatch(
                    canvas,
                    [frame.left + from, floor - STRIP * 0.5],
                    width,
                    STRIP * 0.5,
                );
            }
            People::Some(n) => {
                let tall = STRIP * n as f64 / most;
                canvas.rect(frame.left + from, floor - tall, width, tall, "#9aa3ad");
            }
        }
    }
    let across = [frame.left, frame.left + frame.width];
    canvas.line([across[0], floor], [across[1], floor], Pen::new(INK, 1.0));
    let letters = Letters::new(Anchor::End).muted().size(10.0);
    canvas.text(frame.left - 6.0, floor - STRIP + 8.0, letters, &short(most));
    canvas.text(frame.left - 6.0, floor, letters, "0");
}

/// Values or categories under the strip.
fn names(canvas: &mut Canvas, one: &Move, frame: &Frame, places: &[f64], levels: bool) {
    let floor = frame.bottom() + 6.0 + STRIP;
    if levels {
        let room = frame.width / places.len().max(1) as f64;
        for (spot, x) in one.spots.iter().zip(places) {
            if let Place::Level(level) = &spot.place {
                for (k, line) in wrapped(level, room - 4.0, 11.0, 2).iter().enumerate() {
                    let letters = Letters::new(Anchor::Middle).muted().size(11.0);
                    let y = floor + 15.0 + 13.0 * k as f64;
                    canvas.text(frame.left + x, y, letters, line);
                }
            }
        }
        return;
    }
    let values: Vec<f64> = one
        .spots
        .iter()
        .filter_map(|s| {
            if let Place::At(x) = s.place {
                Some(x)
            } else {
                None
            }
        })
        .collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !(low.is_finite() && high.is_finite()) {
        return;
    }
    let axis = Axis::linear([low, high], [0.0, frame.width]);
    let mut right = f64::NEG_INFINITY;
    for (t, d) in axis.ticks(5) {
        let (x, text) = (frame.left + axis.place(t), words::fixed(t, d));
        let half = width_of(&text, 11.0) / 2.0;
        if x - half > right + 4.0 {
            canvas.line([x, floor], [x, floor + 4.0], Pen::new(INK, 1.0));
            let letters = Letters::new(Anchor::Middle).muted().size(11.0);
            canvas.text(x, floor + 17.0, letters, &text);
            right = x + half;
        }
    }
}

fn short(n: f64) -> String {
    if n >= 10_000.0 {
        format!("{}k", words::fixed(n / 1000.0, 0))
    } else {
        words::whole(n as u64)
    }
}

/// The lowest and highest effect of all, with their intervals where those are not far longer, and zero.
fn reach(all: &[Move]) -> [f64; 2] {
    let known = || all.iter().flat_map(|m| &m.spots).filter_map(|s| s.effect);
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    for (y, _) in known() {
        (low, high) = (low.min(y), high.max(y));
    }
    let room = (high - low).max(1e-9);
    let [floor, ceiling] = [low - room, high + room];
    for [from, to] in known().filter_map(|(_, i)| i) {
        (low, high) = (low.min(from.max(floor)), high.max(to.min(ceiling)));
    }
    let spare = (high - low).max(1e-9) * 0.05;
    [low - spare, high + spare]
}
