//! The frame that curves stand in: grid, axes, names, legend, and the mark of synthetic data.

use super::axis::Axis;
use super::svg::{Anchor, Canvas, GRID, INK, Letters, OCHRE, Pen};
use crate::report::words;

/// How numbers stand on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticks {
    /// In percent.
    Percent,
    /// As they are.
    Plain,
}

/// A rectangle for curves, in user units.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Frame {
    /// The horizontal axis, for points inside the frame's window.
    pub fn across(&self, range: [f64; 2]) -> Axis {
        Axis::linear(range, [0.0, self.width])
    }

    /// The vertical axis, upwards, for points inside the frame's window.
    pub fn up(&self, range: [f64; 2]) -> Axis {
        Axis::linear(range, [self.height, 0.0])
    }

    /// Lower edge.
    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Horizontal grid, numbers on the left, and the axis' name.
    pub fn left_axis(
        &self,
        canvas: &mut Canvas,
        axis: &Axis,
        ticks: Ticks,
        about: usize,
        name: &str,
    ) {
        for (t, d) in axis.ticks(about) {
            let y = self.top + axis.place(t);
            canvas.line(
                [self.left, y],
                [self.left + self.width, y],
                Pen::new(GRID, 1.0),
            );
            canvas.text(
                self.left - 8.0,
                y + 4.0,
                Letters::new(Anchor::End).muted(),
                &tick(t, d, ticks),
            );
        }
        canvas.line(
            [self.left, self.top],
            [self.left, self.bottom()],
            Pen::new(INK, 1.2),
        );
        canvas.upward(
            15.0,
            self.top + self.height / 2.0,
            Letters::new(Anchor::Middle).bold(),
            name,
        );
    }

    /// Vertical grid, numbers below, and the axis' name.
    pub fn lower_axis(
        &self,
        canvas: &mut Canvas,
        axis: &Axis,
        ticks: Ticks,
        about: usize,
        name: &str,
    ) {
        for (t, d) in axis.ticks(about) {
            let x = self.left + axis.place(t);
            canvas.line([x, self.top], [x, self.bottom()], Pen::new(GRID, 1.0));
            canvas.text(
                x,
                self.bottom() + 18.0,
                Letters::new(Anchor::Middle).muted(),
                &tick(t, d, ticks),
            );
        }
        canvas.line(
            [self.left, self.bottom()],
            [self.left + self.width, self.bottom()],
            Pen::new(INK, 1.2),
        );
        canvas.text(
            self.left + self.width / 2.0,
            self.bottom() + 38.0,
            Letters::new(Anchor::Middle).bold(),
            name,
        );
    }
}

/// What stands before a name in a legend.
#[derive(Debug, Clone, Copy)]
pub enum Sample {
    /// A line.
    Line(Pen),
    /// A ring.
    Ring(&'static str),
    /// A filled square.
    Square(&'static str),
}

/// A row of names with their marks, from left to right.
pub fn legend(canvas: &mut Canvas, [x, y]: [f64; 2], items: &[(Sample, &str)]) {
    let mut left = x;
    for (sample, name) in items {
        match sample {
            Sample::Line(pen) => canvas.line([left, y - 4.0], [left + 24.0, y - 4.0], *pen),
            Sample::Ring(colour) => {
                canvas.circle(left + 12.0, y - 4.0, 3.6, "#ffffff", Pen::new(colour, 1.6))
            }
            Sample::Square(colour) => canvas.rect(left + 8.0, y - 9.0, 10.0, 10.0, colour),
        }
        canvas.text(left + 30.0, y, Letters::new(Anchor::Start).size(11.5), name);
        left += 42.0 + super::svg::width_of(name, 11.5);
    }
}

/// Says in the picture itself that nobody in it is real, so that a copied picture still says so.
pub fn stamp(canvas: &mut Canvas, right: f64, synthetic: bool) {
    if synthetic {
        let letters = Letters::new(Anchor::End).bold().size(11.0).fill(OCHRE);
        canvas.text(right, 13.0, letters, "▲ SYNTHETIC DATA");
    }
}

/// A share in percent, as it stands on an axis.
pub fn percent(share: f64) -> String {
    words::threshold(share)
}

fn tick(t: f64, decimals: usize, ticks: Ticks) -> String {
    match ticks {
        Ticks::Plain => words::fixed(t, decimals),
        Ticks::Percent => percent(t),
    }
}
