//! Which risks people got, by what happened to them.

use super::axis::round_up;
use super::frame::{Frame, Sample, Ticks, legend, stamp};
use super::svg::{Anchor, BLUE, Canvas, INK, Letters, Pen};
use crate::record::Curve;
use crate::report::document::Drawing;
use crate::report::words;

/// One bin of a distribution.
#[derive(Debug, Clone, Copy)]
pub struct Bin {
    /// Left edge.
    pub from: f64,
    /// Right edge.
    pub to: f64,
    /// Share of that outcome's rows.
    pub share: f64,
    /// Share for each narrowest bin's width, so that wider bins do not look fuller.
    pub density: f64,
}

/// The bins of a `risk-distribution` curve, whose points are left edges. A bin whose people are hidden has no height.
pub fn bins(curve: Option<&Curve>) -> Vec<Bin> {
    let points = curve.map_or(&[][..], |c| &c.points);
    let narrowest = points
        .windows(2)
        .map(|w| w[1].x - w[0].x)
        .filter(|w| *w > 0.0)
        .fold(f64::INFINITY, f64::min);
    let narrowest = if narrowest.is_finite() {
        narrowest
    } else {
        0.05
    };
    let next = points.iter().skip(1).map(|p| Some(p.x)).chain([None]);
    points
        .iter()
        .zip(next)
        .map(|(p, next)| {
            let to = next.unwrap_or((p.x + narrowest).min(1.0)).max(p.x);
            let hidden = p.n.as_ref().is_some_and(|n| n.known().is_none());
            let share = if hidden { 0.0 } else { p.y };
            let widths = ((to - p.x) / narrowest).max(1e-9);
            Bin {
                from: p.x,
                to,
                share,
                density: share / widths,
            }
        })
        .collect()
}

/// Two distributions above each other on one axis, with the decision threshold through both.
pub fn risk(
    events: Option<&Curve>,
    others: Option<&Curve>,
    decision: Option<f64>,
    synthetic: bool,
) -> Drawing {
    let mut canvas = Canvas::new(466.0, 400.0);
    stamp(&mut canvas, 448.0, synthetic);
    let both = [
        (bins(events), BLUE, "had the event"),
        (bins(others), "#7d8792", "did not have the event"),
    ];
    let far = both
        .iter()
        .flat_map(|(b, ..)| b.iter().filter(|b| b.share > 0.0))
        .map(|b| b.to)
        .fold(0.0, f64::max);
    let reach = if far > 0.0 {
        round_up(far).min(1.0)
    } else {
        1.0
    };
    legend(
        &mut canvas,
        [58.0, 32.0],
        &[
            (Sample::Square(BLUE), both[0].2),
            (Sample::Square("#7d8792"), both[1].2),
        ],
    );
    for (place, (bins, colour, _)) in both.iter().enumerate() {
        let frame = Frame {
            left: 58.0,
            top: 44.0 + 154.0 * place as f64,
            width: 390.0,
            height: 140.0,
        };
        let tallest = bins.iter().map(|b| b.density).fold(0.0, f64::max);
        let top = if tallest > 0.0 { tallest * 1.05 } else { 1.0 };
        let (across, up) = (frame.across([0.0, reach]), frame.up([0.0, top]));
        frame.left_axis(&mut canvas, &up, Ticks::Percent, 4, "");
        for bin in bins {
            let (x, width) = (
                frame.left + across.place(bin.from),
                across.place(bin.to) - across.place(bin.from),
            );
            let y = up.place(bin.density);
            canvas.rect(
                x + 0.5,
                frame.top + y,
                (width - 1.0).max(0.6),
                frame.height - y,
                colour,
            );
        }
        canvas.line(
            [frame.left, frame.bottom()],
            [frame.left + frame.width, frame.bottom()],
            Pen::new(INK, 1.2),
        );
        if let Some(t) = decision.filter(|t| *t <= reach) {
            let x = frame.left + across.place(t);
            canvas.line(
                [x, frame.top],
                [x, frame.bottom()],
                Pen::new(INK, 1.2).dashed("3 3"),
            );
            if place == 0 {
                let text = format!("threshold {}", words::threshold(t));
                let (at, anchor) = if t > reach * 0.6 {
                    (x - 6.0, Anchor::End)
                } else {
                    (x + 6.0, Anchor::Start)
                };
                canvas.text(at, frame.top + 12.0, Letters::new(anchor).size(11.5), &text);
            }
        }
        if place == 1 {
            frame.lower_axis(
                &mut canvas,
                &across,
                Ticks::Percent,
                5,
                "risk given by the model",
            );
        }
    }
    canvas.upward(
        15.0,
        191.0,
        Letters::new(Anchor::Middle).bold(),
        "share of people with that outcome",
    );
    canvas.finish()
}
