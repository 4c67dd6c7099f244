//! What a picture says of itself: that its people are made up, that its explanation failed a test, that a number is hidden.

use super::fit::wrapped;
use super::frame::stamp;
use super::svg::{Anchor, Canvas, Letters, MUTED, Pen};

/// What stands above a picture, in the picture.
#[derive(Debug, Clone, Default)]
pub struct Notice {
    /// Nobody in the data is real.
    pub synthetic: bool,
    /// Why the picture may not be trusted, with its sign.
    pub warning: Option<String>,
}

const LINE: f64 = 16.0;
const SIZE: f64 = 12.0;
/// Ink and ground of a warning, and of something that is not known.
const FAILED: [&str; 2] = ["#9d1c24", "#fcf0f0"];
const UNKNOWN: [&str; 2] = ["#7a4b00", "#fdf6e7"];

impl Notice {
    /// How much room it needs at the top of a picture of this width.
    pub fn height(&self, width: f64) -> f64 {
        let lines = self.lines(width).len() as f64;
        let stamp = if self.synthetic { 20.0 } else { 4.0 };
        if lines == 0.0 {
            stamp
        } else {
            stamp + lines * LINE + 16.0
        }
    }

    /// Draws it.
    pub fn draw(&self, canvas: &mut Canvas, width: f64) {
        stamp(canvas, width - 10.0, self.synthetic);
        let lines = self.lines(width);
        if lines.is_empty() {
            return;
        }
        let unknown = self.warning.as_deref().is_some_and(|w| w.starts_with('?'));
        let [ink, ground] = if unknown { UNKNOWN } else { FAILED };
        let top = if self.synthetic { 20.0 } else { 4.0 };
        let height = lines.len() as f64 * LINE + 8.0;
        canvas.framed(4.0, top, width - 8.0, height, ground, Pen::new(ink, 1.4));
        for (i, line) in lines.iter().enumerate() {
            let y = top + LINE * (i as f64 + 1.0);
            let letters = Letters::new(Anchor::Start).bold().fill(ink);
            canvas.text(14.0, y, letters, line);
        }
    }

    fn lines(&self, width: f64) -> Vec<String> {
        self.warning
            .as_deref()
            .map_or_else(Vec::new, |text| wrapped(text, width - 30.0, SIZE, 4))
    }
}

/// A rectangle of slanting lines: here is a number, and it is not known.
pub fn hatch(canvas: &mut Canvas, [x, y]: [f64; 2], width: f64, height: f64) {
    const STEP: f64 = 6.0;
    let pen = Pen::new("#b6bdc6", 1.0);
    let last = ((width + height) / STEP).floor() as u32;
    for i in 1..=last.min(400) {
        let d = f64::from(i) * STEP;
        let [x1, y1] = [d.min(width), (d - width).max(0.0)];
        let [x2, y2] = [(d - height).max(0.0), d.min(height)];
        canvas.line([x + x1, y + y1], [x + x2, y + y2], pen);
    }
    canvas.path(
        &[
            [x, y],
            [x + width, y],
            [x + width, y + height],
            [x, y + height],
            [x, y],
        ],
        Pen::new(MUTED, 0.8),
    );
}
