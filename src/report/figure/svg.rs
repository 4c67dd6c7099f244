//! A canvas for SVG: shapes in, escaped text out. Coordinates are rounded to a tenth, so that bytes are equal everywhere.

use crate::report::document::Drawing;
use crate::report::escape;
use std::fmt::Write;

/// Nearly black, for words and frames.
pub const INK: &str = "#1b1f24";
/// For words aside.
pub const MUTED: &str = "#57606a";
/// For grid lines.
pub const GRID: &str = "#e4e7eb";
/// The model.
pub const BLUE: &str = "#0b5fa5";
/// What it is held against.
pub const OCHRE: &str = "#a8500a";
/// Rows under rows.
pub const SHADE: &str = "#f5f7f9";
/// White.
pub const PAPER: &str = "#ffffff";

/// Where a text stands against its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Begins there.
    Start,
    /// Is centred there.
    Middle,
    /// Ends there.
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub struct Letters {
    /// Against its point.
    pub anchor: Anchor,
    /// Size in user units.
    pub size: f64,
    /// True for heavy letters.
    pub bold: bool,
    /// Colour.
    pub fill: &'static str,
}

impl Letters {
    /// Usual letters.
    pub const fn new(anchor: Anchor) -> Self {
        Self {
            anchor,
            size: 12.0,
            bold: false,
            fill: INK,
        }
    }

    /// Quiet ones.
    pub const fn muted(mut self) -> Self {
        self.fill = MUTED;
        self
    }

    /// Heavy ones.
    pub const fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    /// Of this size.
    pub const fn size(mut self, size: f64) -> Self {
        self.size = size;
        self
    }

    /// Of this colour.
    pub const fn fill(mut self, fill: &'static str) -> Self {
        self.fill = fill;
        self
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub struct Pen {
    /// Colour.
    pub colour: &'static str,
    /// Width.
    pub width: f64,
    /// Dashes, or an empty text.
    pub dashes: &'static str,
}

impl Pen {
    /// A whole line.
    pub const fn new(colour: &'static str, width: f64) -> Self {
        Self {
            colour,
            width,
            dashes: "",
        }
    }

    /// A dashed one.
    pub const fn dashed(mut self, dashes: &'static str) -> Self {
        self.dashes = dashes;
        self
    }
}

/// What is drawn so far.
#[derive(Debug, Clone)]
pub struct Canvas {
    width: f64,
    height: f64,
    body: String,
}

impl Canvas {
    /// An empty one, in user units.
    pub fn new(width: f64, height: f64) -> Self {
        let mut canvas = Self {
            width,
            height,
            body: String::new(),
        };
        canvas.rect(0.0, 0.0, width, height, PAPER);
        canvas
    }

    /// Its height changed, for what was drawn below.
    pub fn finish(self) -> Drawing {
        Drawing {
            width: self.width,
            height: self.height,
            body: self.body,
        }
    }

    /// A text.
    pub fn text(&mut self, x: f64, y: f64, letters: Letters, text: &str) {
        self.letters(&format!("x=\"{}\" y=\"{}\"", n(x), n(y)), letters, text);
    }

    /// A text that reads upwards.
    pub fn upward(&mut self, x: f64, y: f64, letters: Letters, text: &str) {
        self.letters(
            &format!("transform=\"translate({} {}) rotate(-90)\"", n(x), n(y)),
            letters,
            text,
        );
    }

    fn letters(&mut self, place: &str, letters: Letters, text: &str) {
        let anchor = match letters.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let bold = if letters.bold {
            " font-weight=\"600\""
        } else {
            ""
        };
        let fill = if letters.fill == INK {
            String::new()
        } else {
            format!(" fill=\"{}\"", letters.fill)
        };
        let size = if letters.size == 12.0 {
            String::new()
        } else {
            format!(" font-size=\"{}\"", n(letters.size))
        };
        self.push(format_args!(
            "<text {place}{anchor}{bold}{fill}{size}>{}</text>",
            escape::xml(text)
        ));
    }

    /// A straight line.
    pub fn line(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2], pen: Pen) {
        self.path(&[[x1, y1], [x2, y2]], pen);
    }

    /// A line through points; points nearer to each other than a third of a unit are drawn as one.
    pub fn path(&mut self, points: &[[f64; 2]], pen: Pen) {
        let d = trail(points);
        if d.is_empty() {
            return;
        }
        let dashes = if pen.dashes.is_empty() {
            String::new()
        } else {
            format!(" stroke-dasharray=\"{}\"", pen.dashes)
        };
        self.push(format_args!(
            "<path d=\"{d}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{dashes}/>",
            pen.colour,
            n(pen.width)
        ));
    }

    /// A filled area, with an opacity from 0 to 1.
    pub fn area(&mut self, points: &[[f64; 2]], fill: &str, opacity: f64) {
        let d = trail(points);
        if d.is_empty() {
            return;
        }
        let opacity = if opacity < 1.0 {
            format!(" fill-opacity=\"{opacity}\"")
        } else {
            String::new()
        };
        self.push(format_args!("<path d=\"{d}Z\" fill=\"{fill}\"{opacity}/>"));
    }

    /// A filled rectangle.
    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str) {
        self.push(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"/>",
            n(x),
            n(y),
            n(width.max(0.0)),
            n(height.max(0.0))
        ));
    }

    /// A rectangle with a frame.
    pub fn framed(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str, pen: Pen) {
        self.push(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\" fill=\"{fill}\" stroke=\"{}\" stroke-width=\"{}\"/>",
            n(x),
            n(y),
            n(width),
            n(height),
            pen.colour,
            n(pen.width)
        ));
    }

    /// A circle.
    pub fn circle(&mut self, x: f64, y: f64, radius: f64, fill: &str, pen: Pen) {
        self.push(format_args!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{fill}\" stroke=\"{}\" stroke-width=\"{}\"/>",
            n(x),
            n(y),
            n(radius),
            pen.colour,
            n(pen.width)
        ));
    }

    /// The same small shape (a path that goes on from each place) at many places.
    pub fn repeat(&mut self, places: &[[f64; 2]], shape: &str, fill: &str, pen: Option<Pen>) {
        if places.is_empty() {
            return;
        }
        let stroke = pen.map_or_else(String::new, |pen| {
            format!(
                " stroke=\"{}\" stroke-width=\"{}\"",
                pen.colour,
                n(pen.width)
            )
        });
        let d: String = places
            .iter()
            .map(|[x, y]| format!("M{} {}{shape}", n(*x), n(*y)))
            .collect();
        self.push(format_args!("<path d=\"{d}\" fill=\"{fill}\"{stroke}/>"));
    }

    /// Another canvas as a window at this place; what leaves the window is not seen.
    pub fn window(&mut self, x: f64, y: f64, inside: &Self) {
        self.push(format_args!(
            "<svg x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" overflow=\"hidden\">{}</svg>",
            n(x),
            n(y),
            n(inside.width),
            n(inside.height),
            inside.body
        ));
    }

    /// A canvas without ground, for a window.
    pub fn clear(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a String cannot fail.
        let _ = self.body.write_fmt(text);
    }
}

/// About how wide a text is, in user units; letters are taken as a little wider than they are.
pub fn width_of(text: &str, size: f64) -> f64 {
    let units: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '\u{a0}' | ' ' => 0.3,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.9,
            'A'..='Z' => 0.7,
            c if (c as u32) > 0x2e80 => 1.05,
            _ => 0.57,
        })
        .sum();
    units * size
}

fn trail(points: &[[f64; 2]]) -> String {
    const NEAR: f64 = 0.33;
    let mut d = String::new();
    let mut last: Option<[f64; 2]> = None;
    let end = points.len().saturating_sub(1);
    for (i, p) in points.iter().enumerate() {
        if !(p[0].is_finite() && p[1].is_finite()) {
            continue;
        }
        if let Some(l) = last
            && i != end
            && (p[0] - l[0]).abs() < NEAR
            && (p[1] - l[1]).abs() < NEAR
        {
            continue;
        }
        d.push(if last.is_none() { 'M' } else { 'L' });
        d.push_str(&n(p[0]));
        d.push(' ');
        d.push_str(&n(p[1]));
        last = Some(*p);
    }
    d
}

/// A coordinate with at most one decimal.
fn n(x: f64) -> String {
    let text = format!("{x:.1}");
    let short = text.strip_suffix(".0").unwrap_or(&text);
    if short == "-0" {
        "0".to_owned()
    } else {
        short.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_escaped_and_coordinates_are_short() {
        let mut canvas = Canvas::clear(10.0, 10.0);
        canvas.text(1.0, 2.04, Letters::new(Anchor::Start), "<b>&");
        assert_eq!(
            canvas.finish().body,
            "<text x=\"1\" y=\"2\">&lt;b&gt;&amp;</text>"
        );
    }

    #[test]
    fn a_line_of_a_million_points_stays_small() {
        let points: Vec<_> = (0..1_000_000)
            .map(|i| [f64::from(i) / 2500.0, 1.0])
            .collect();
        let mut canvas = Canvas::clear(400.0, 10.0);
        canvas.path(&points, Pen::new(BLUE, 1.0));
        assert!(canvas.finish().body.len() < 20_000);
    }
}
