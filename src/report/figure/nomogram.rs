//! Nomogram: a line for each input, points on top, and below what a total of points means.

use super::axis::Axis;
use super::fit::fitted;
use super::notice::Notice;
use super::svg::{Anchor, Canvas, GRID, INK, Letters, MUTED, Pen, width_of};
use crate::report::document::Drawing;
use crate::report::words;

/// What is drawn; points go from 0 to 100.
#[derive(Debug, Clone)]
pub struct Nomogram {
    /// A line for each input, from top to bottom.
    pub inputs: Vec<NomogramLine>,
    /// Lowest and highest total; `None` when the record says nothing of totals.
    pub totals: Option<[f64; 2]>,
    /// What the totals mean: its places are totals.
    pub score: NomogramLine,
}

/// A line with its values.
#[derive(Debug, Clone)]
pub struct NomogramLine {
    /// Its name.
    pub name: String,
    /// A smaller word under the name: its unit.
    pub unit: String,
    /// Places and what is written there, the more important first.
    pub marks: Vec<(f64, String)>,
}

const WIDE: f64 = 920.0;
const LEFT: f64 = 206.0;
const RIGHT: f64 = 872.0;
/// How far a text may stand out to the left of its line.
const OUT: f64 = 28.0;
const ROW: f64 = 46.0;
const SIZE: f64 = 10.5;
const LONGEST: f64 = 120.0;
const GAP: f64 = 6.0;
/// Marks on one line; more are thinned out.
const MARKS: usize = 200;

/// The side of a line on which a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Below,
    Above,
}

/// A mark in user units; without a text where there was no room for it.
#[derive(Debug, Clone)]
struct Laid {
    x: f64,
    text: Option<(f64, Side, String)>,
}

/// The picture, with its notice on top.
pub fn nomogram(drawn: &Nomogram, notice: &Notice) -> Drawing {
    let top = notice.height(WIDE) + 30.0;
    let rows = drawn.inputs.len() as f64;
    let below = top + ROW * (rows + 1.0) + 4.0;
    let height = match drawn.totals {
        Some(_) => below + ROW * 2.0 - 8.0,
        None => below - 16.0,
    };
    let mut canvas = Canvas::new(WIDE, height);
    notice.draw(&mut canvas, WIDE);
    let points = Axis::linear([0.0, 100.0], [LEFT, RIGHT]);
    for (t, _) in points.ticks(10) {
        let x = points.place(t);
        let ends = [[x, top], [x, top + ROW * rows + 8.0]];
        canvas.line(ends[0], ends[1], Pen::new(GRID, 1.0));
    }
    row(
        &mut canvas,
        &numbered("Points", &points),
        &points,
        top,
        true,
    );
    for (i, line) in drawn.inputs.iter().enumerate() {
        row(
            &mut canvas,
            line,
            &points,
            top + ROW * (i as f64 + 1.0),
            false,
        );
    }
    if let Some(ends) = drawn.totals {
        let edge = below - 22.0;
        let pen = Pen::new(MUTED, 0.8).dashed("4 3");
        canvas.line([8.0, edge], [WIDE - 8.0, edge], pen);
        let totals = Axis::linear(ends, [LEFT, RIGHT]);
        let total = numbered("Total points", &totals);
        let y = below + 6.0;
        for (t, _) in &total.marks {
            let x = totals.place(*t);
            canvas.line([x, y], [x, y + ROW], Pen::new(GRID, 1.0));
        }
        let pen = Pen::new(INK, 1.6);
        canvas.line([LEFT, y], [RIGHT, y], pen);
        canvas.line([LEFT, y + ROW], [RIGHT, y + ROW], pen);
        row(&mut canvas, &total, &totals, y, true);
        // A risk without its number says nothing.
        let mut score = laid(&drawn.score.marks, &totals);
        score.retain(|mark| mark.text.is_some());
        named(&mut canvas, &drawn.score, y + ROW, true);
        scaled(&mut canvas, score, y + ROW);
    }
    canvas.finish()
}

/// Values of an input that stand on its line without their name, for want of room.
pub fn unwritten(line: &NomogramLine) -> usize {
    let laid = laid(&line.marks, &Axis::linear([0.0, 100.0], [LEFT, RIGHT]));
    let written = laid.iter().filter(|mark| mark.text.is_some()).count();
    line.marks.len() - written.min(line.marks.len())
}

/// A line of round numbers.
fn numbered(name: &str, axis: &Axis) -> NomogramLine {
    let ticks = axis.ticks(14).into_iter();
    NomogramLine {
        name: name.into(),
        unit: String::new(),
        marks: ticks.map(|(t, d)| (t, words::fixed(t, d))).collect(),
    }
}

fn row(canvas: &mut Canvas, line: &NomogramLine, axis: &Axis, y: f64, bold: bool) {
    named(canvas, line, y, bold);
    scaled(canvas, laid(&line.marks, axis), y);
}

fn named(canvas: &mut Canvas, line: &NomogramLine, y: f64, bold: bool) {
    let mut letters = Letters::new(Anchor::Start);
    letters.bold = bold;
    let room = LEFT - OUT - 16.0;
    canvas.text(8.0, y + 4.2, letters, &fitted(&line.name, room, 12.5));
    if !line.unit.is_empty() {
        let quiet = Letters::new(Anchor::Start).muted().size(SIZE);
        canvas.text(8.0, y + 17.0, quiet, &fitted(&line.unit, room, SIZE));
    }
}

fn scaled(canvas: &mut Canvas, marks: Vec<Laid>, y: f64) {
    let ends = marks.iter().map(|m| m.x);
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| {
        (a.min(x), b.max(x))
    });
    if low > high {
        return;
    }
    // A line that hardly reaches anywhere is still seen.
    let spare = ((4.0 - (high - low)) / 2.0).max(0.0);
    let whole = [[low - spare, y], [high + spare, y]];
    canvas.line(whole[0], whole[1], Pen::new(INK, 1.6));
    for mark in marks {
        let Some((at, side, text)) = mark.text else {
            canvas.line([mark.x, y - 2.5], [mark.x, y + 2.5], Pen::new(INK, 0.8));
            continue;
        };
        let (tip, base) = match side {
            Side::Below => (y + 6.0, y + 17.0),
            Side::Above => (y - 6.0, y - 9.0),
        };
        canvas.line([mark.x, y], [mark.x, tip], Pen::new(INK, 1.2));
        canvas.text(at, base, Letters::new(Anchor::Middle).size(SIZE), &text);
    }
}

/// Both ends first, then the others in their order: each below its line, or above it, or without a text.
fn laid(marks: &[(f64, String)], axis: &Axis) -> Vec<Laid> {
    let place =
        |(x, text): &(f64, String)| (axis.place(axis.held(*x)), fitted(text, LONGEST, SIZE));
    let kept = marks.iter().step_by(marks.len() / MARKS + 1);
    let mut all: Vec<(f64, String)> = kept.map(place).collect();
    let end = |sign: f64| {
        let places = marks.iter();
        places.min_by(|a, b| (sign * a.0).total_cmp(&(sign * b.0)))
    };
    for end in [end(-1.0), end(1.0)].into_iter().flatten().map(place) {
        all.retain(|one| *one != end);
        all.insert(0, end);
    }
    let mut taken: Vec<(Side, [f64; 2])> = Vec::new();
    let mut lay = |(x, text): (f64, String)| {
        let half = width_of(&text, SIZE) / 2.0;
        let at = x.min(WIDE - 6.0 - half).max(LEFT - OUT + half);
        let [low, high] = [at - half - GAP, at + half + GAP];
        let free = |side: &Side| {
            let mut there = taken.iter().filter(|(s, _)| s == side);
            there.all(|(_, [a, b])| high <= *a || low >= *b)
        };
        let side = [Side::Below, Side::Above].into_iter().find(free);
        if let Some(side) = side {
            taken.push((side, [at - half, at + half]));
        }
        Laid {
            x,
            text: side.map(|side| (at, side, text)),
        }
    };
    all.into_iter().map(&mut lay).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis() -> Axis {
        Axis::linear([0.0, 100.0], [LEFT, RIGHT])
    }

    fn texts(marks: &[(f64, &str)]) -> Vec<Laid> {
        let marks: Vec<_> = marks.iter().map(|(x, t)| (*x, (*t).to_owned())).collect();
        laid(&marks, &axis())
    }

    fn is_free_of_overlap(all: &[Laid]) -> bool {
        let spans: Vec<_> = all
            .iter()
            .filter_map(|l| l.text.as_ref())
            .map(|(at, side, text)| (side, *at, width_of(text, SIZE) / 2.0))
            .collect();
        spans.iter().enumerate().all(|(i, a)| {
            let mut rest = spans[i + 1..].iter();
            a.1 - a.2 >= LEFT - OUT - 1e-9
                && a.1 + a.2 <= WIDE
                && rest.all(|b| a.0 != b.0 || (a.1 - b.1).abs() >= a.2 + b.2)
        })
    }

    #[test]
    fn texts_of_one_line_never_overlap_and_its_ends_are_told_first() {
        let long = "a category with a very long name that goes on and on";
        let close = [
            (50.0, long),
            (51.0, long),
            (50.5, "b"),
            (52.0, "c"),
            (50.2, "d"),
        ];
        for all in [&close[..], &[(0.0, long), (100.0, long), (99.0, long)]] {
            let laid = texts(all);
            assert_eq!(laid.len(), all.len());
            assert!(is_free_of_overlap(&laid));
            assert!(laid[..2].iter().all(|end| end.text.is_some()));
        }
        let many: Vec<_> = (0..5000)
            .map(|i| (f64::from(i) / 50.0, i.to_string()))
            .collect();
        let laid = laid(&many, &axis());
        assert!(is_free_of_overlap(&laid) && laid.len() <= MARKS + 2);
        assert_eq!(laid[0].text.as_ref().unwrap().2, "0");
        assert_eq!(laid[1].text.as_ref().unwrap().2, "4999");
    }

    #[test]
    fn a_line_with_hardly_any_reach_is_still_seen() {
        let line = NomogramLine {
            name: "small".into(),
            unit: String::new(),
            marks: vec![(0.0, "1".into()), (1e-9, "2".into())],
        };
        let mut canvas = Canvas::clear(WIDE, 100.0);
        row(&mut canvas, &line, &axis(), 50.0, false);
        let body = canvas.finish().body;
        assert!(body.contains("d=\"M204 50L208 50\""), "{body}");
        assert!(body.contains(">1</text>") && body.contains(">2</text>"));
    }
}
