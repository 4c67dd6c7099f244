//! Calibration: the share that had the event against the risk given, with the people behind it below.

use super::axis::{Axis, round_up};
use super::frame::{Frame, Sample, Ticks, legend, percent, stamp};
use super::risk::{Bin, bins};
use super::svg::{Anchor, BLUE, Canvas, INK, Letters, MUTED, OCHRE, Pen};
use crate::record::{Curve, CurvePoint};
use crate::report::document::Drawing;

/// Smooth curve with band, grouped points with intervals, and the distribution of risks by outcome under it. Each line may
/// be absent.
pub fn calibration(
    smooth: Option<&Curve>,
    grouped: Option<&Curve>,
    events: Option<&Curve>,
    others: Option<&Curve>,
    synthetic: bool,
) -> Drawing {
    let frame = Frame {
        left: 58.0,
        top: 44.0,
        width: 390.0,
        height: 330.0,
    };
    let below = Frame {
        left: 58.0,
        top: 392.0,
        width: 390.0,
        height: 70.0,
    };
    let mut canvas = Canvas::new(466.0, 512.0);
    stamp(&mut canvas, 448.0, synthetic);
    let (with, without) = (bins(events), bins(others));
    let top = reach(smooth, grouped, &with, &without);
    let (across, up) = (frame.across([0.0, top]), frame.up([0.0, top]));
    legend(
        &mut canvas,
        [58.0, 32.0],
        &[
            (Sample::Line(Pen::new(OCHRE, 2.2)), "smooth, 95 % band"),
            (Sample::Ring(BLUE), "groups"),
            (
                Sample::Line(Pen::new(MUTED, 1.2).dashed("4 4")),
                "risks exactly right",
            ),
        ],
    );
    frame.left_axis(
        &mut canvas,
        &up,
        Ticks::Percent,
        5,
        "share that had the event",
    );
    frame.lower_grid(&mut canvas, &across);
    let mut inside = Canvas::clear(frame.width, frame.height);
    inside.line(
        [0.0, frame.height],
        [frame.width, 0.0],
        Pen::new(MUTED, 1.2).dashed("4 4"),
    );
    if let Some(curve) = smooth {
        super::roc::band(&mut inside, curve, &across, &up, OCHRE);
        let line: Vec<_> = curve
            .points
            .iter()
            .map(|p| [across.place(p.x), up.place(p.y)])
            .collect();
        inside.path(&line, Pen::new(OCHRE, 2.2));
    }
    let seen = |p: &&CurvePoint| p.n.as_ref().is_none_or(|n| n.known().is_some());
    for p in grouped.iter().flat_map(|c| &c.points).filter(seen) {
        let (x, y) = (across.place(p.x), up.place(p.y));
        if let (Some(low), Some(high)) = (p.low, p.high) {
            inside.line([x, up.place(low)], [x, up.place(high)], Pen::new(BLUE, 1.4));
        }
        inside.circle(x, y, 3.6, "#ffffff", Pen::new(BLUE, 1.7));
    }
    canvas.window(frame.left, frame.top, &inside);
    histogram(&mut canvas, &below, &across, &with, &without);
    canvas.finish()
}

impl Frame {
    fn lower_grid(&self, canvas: &mut Canvas, axis: &Axis) {
        canvas.line(
            [self.left, self.bottom()],
            [self.left + self.width, self.bottom()],
            Pen::new(INK, 1.2),
        );
        for (t, _) in axis.ticks(5) {
            let x = self.left + axis.place(t);
            canvas.line(
                [x, self.bottom()],
                [x, self.bottom() + 4.0],
                Pen::new(INK, 1.0),
            );
        }
    }
}

/// Events upwards, others downwards, each on its own scale: others are usually many more and lie together.
fn histogram(canvas: &mut Canvas, frame: &Frame, across: &Axis, with: &[Bin], without: &[Bin]) {
    let middle = frame.height / 2.0;
    let mut inside = Canvas::clear(frame.width, frame.height);
    for (bins, colour, upward) in [(with, BLUE, true), (without, "#9aa3ad", false)] {
        let tallest = bins.iter().map(|b| b.density).fold(0.0, f64::max);
        for bin in bins.iter().filter(|_| tallest > 0.0) {
            let tall = bin.density / tallest * (middle - 2.0);
            let (x, width) = (
                across.place(bin.from),
                across.place(bin.to) - across.place(bin.from),
            );
            let y = if upward { middle - tall } else { middle };
            inside.rect(x + 0.4, y, (width - 0.8).max(0.6), tall, colour);
        }
    }
    inside.line([0.0, middle], [frame.width, middle], Pen::new(INK, 1.0));
    canvas.window(frame.left, frame.top, &inside);
    for (t, _) in across.ticks(5) {
        let text = percent(t);
        canvas.text(
            frame.left + across.place(t),
            frame.bottom() + 16.0,
            Letters::new(Anchor::Middle).muted(),
            &text,
        );
    }
    let side = Letters::new(Anchor::End).size(11.0);
    canvas.text(
        frame.left - 8.0,
        frame.top + middle - 12.0,
        side.fill(BLUE),
        "event",
    );
    canvas.text(
        frame.left - 8.0,
        frame.top + middle + 20.0,
        side.muted(),
        "no event",
    );
    canvas.text(
        frame.left + frame.width / 2.0,
        frame.bottom() + 36.0,
        Letters::new(Anchor::Middle).bold(),
        "risk given by the model",
    );
}

/// How far the axes reach: all of the curve and points, and nearly all of the people.
fn reach(smooth: Option<&Curve>, grouped: Option<&Curve>, with: &[Bin], without: &[Bin]) -> f64 {
    let curve = smooth
        .iter()
        .flat_map(|c| &c.points)
        .flat_map(|p| [p.x, p.y]);
    let points = grouped
        .iter()
        .flat_map(|c| &c.points)
        .flat_map(|p| [p.x, p.y, p.high.unwrap_or(p.y)]);
    let people = [with, without].map(|bins| {
        let mut seen = 0.0;
        let all: f64 = bins.iter().map(|b| b.share).sum();
        bins.iter()
            .find(|b| {
                seen += b.share;
                seen >= 0.995 * all
            })
            .map_or(0.0, |b| b.to)
    });
    let far = curve.chain(points).chain(people).fold(0.0, f64::max);
    if far > 0.0 {
        round_up(far).min(1.0)
    } else {
        1.0
    }
}
