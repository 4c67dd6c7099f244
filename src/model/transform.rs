//! What happens to a number before it counts: `(f((clamp(x) + add) / divide) − centre) / scale`, each part optional, always
//! in this order.
//!
//! | key | meaning | unless said |
//! | --- | --- | --- |
//! | `clamp = [low, high]` | values beyond are set to the bound | none |
//! | `add`, `divide` | first change of unit | 0, 1 |
//! | `transform` | `f`: `log`, `log1p`, `log2`, `log10`, `sqrt`, `square`, `cube`, `inverse` | none |
//! | `power = -2` | `f`: any power but 0 (fractional polynomials; power 0 is `transform = "log"`) | none |
//! | `times-log = true` | `f` times the natural logarithm (the repeated power of fractional polynomials) | false |
//! | `centre`, `scale` | last change of unit | 0, 1 |
//!
//! A value without a result (the logarithm of zero, the square root of a negative) gives NaN: the row is refused and
//! counted.

use crate::error::Error;
use crate::sheet::Section;

const NAMED: [&str; 8] = [
    "log", "log1p", "log2", "log10", "sqrt", "square", "cube", "inverse",
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Same,
    Log,
    Log1p,
    Log2,
    Log10,
    Sqrt,
    Square,
    Cube,
    Inverse,
    Power(f64),
}

/// A chain of steps in their fixed order.
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    clamp: Option<[f64; 2]>,
    add: f64,
    divide: f64,
    shape: Shape,
    times_log: bool,
    centre: f64,
    scale: f64,
}

impl Transform {
    /// Reads the keys above from a factor. Problems are noted in the sheet.
    pub fn read(section: &Section<'_>) -> Self {
        let power = section.number("power");
        let named = section.one_of("transform", &NAMED);
        if named.is_some() && power.is_some() {
            section.problem(
                "power",
                Error::new("`transform` and `power` are given at once").help("keep one of them"),
            );
        }
        if power == Some(0.0) {
            section.problem(
                "power",
                Error::new("the power 0 gives 1 for every row")
                    .help("fractional polynomials mean the logarithm: `transform = \"log\"`"),
            );
        }
        let shape = match (named.as_deref(), power) {
            (Some("log"), _) => Shape::Log,
            (Some("log1p"), _) => Shape::Log1p,
            (Some("log2"), _) => Shape::Log2,
            (Some("log10"), _) => Shape::Log10,
            (Some("sqrt"), _) => Shape::Sqrt,
            (Some("square"), _) => Shape::Square,
            (Some("cube"), _) => Shape::Cube,
            (Some("inverse"), _) => Shape::Inverse,
            (_, Some(power)) => Shape::Power(power),
            _ => Shape::Same,
        };
        Self {
            clamp: section.range("clamp"),
            add: section.number("add").unwrap_or(0.0),
            divide: divisor(section, "divide"),
            shape,
            times_log: section.flag("times-log").unwrap_or(false),
            centre: section.number("centre").unwrap_or(0.0),
            scale: divisor(section, "scale"),
        }
    }

    /// The transformed value; NaN where there is none.
    pub fn apply(&self, x: f64) -> f64 {
        let x = match self.clamp {
            Some([low, high]) if !x.is_nan() => x.clamp(low, high),
            _ => x,
        };
        let x = (x + self.add) / self.divide;
        let shaped = match self.shape {
            Shape::Same => x,
            Shape::Log => x.ln(),
            Shape::Log1p => x.ln_1p(),
            Shape::Log2 => x.log2(),
            Shape::Log10 => x.log10(),
            Shape::Sqrt => x.sqrt(),
            Shape::Square => x * x,
            Shape::Cube => x * x * x,
            Shape::Inverse => x.recip(),
            Shape::Power(power) => x.powf(power),
        };
        let shaped = if self.times_log {
            shaped * x.ln()
        } else {
            shaped
        };
        let y = (shaped - self.centre) / self.scale;
        if y.is_finite() { y } else { f64::NAN }
    }
}

impl Transform {
    /// The way of an input in words: `ln(age / 10) − 1.5`.
    pub fn words(&self, name: &str) -> String {
        let mut text = name.to_owned();
        if let Some([low, high]) = self.clamp {
            text = format!("({text} held within {low} to {high})");
        }
        if self.add != 0.0 {
            text = format!("({})", plus(&text, self.add));
        }
        if self.divide != 1.0 {
            text = format!("({text} / {})", self.divide);
        }
        let inside = bare(&text);
        let mut shaped = match self.shape {
            Shape::Same => text.clone(),
            Shape::Log => format!("ln({inside})"),
            Shape::Log1p => format!("ln(1 + {inside})"),
            Shape::Log2 => format!("log2({inside})"),
            Shape::Log10 => format!("log10({inside})"),
            Shape::Sqrt => format!("√({inside})"),
            Shape::Square => format!("{text}²"),
            Shape::Cube => format!("{text}³"),
            Shape::Inverse => format!("1 / {text}"),
            Shape::Power(power) => format!("{text}^{power}"),
        };
        if self.times_log {
            shaped = format!("{shaped} · ln({inside})");
        }
        if self.centre != 0.0 {
            shaped = plus(bare(&shaped), -self.centre);
        }
        match self.scale {
            1.0 if self.centre == 0.0 => bare(&shaped).to_owned(),
            1.0 => shaped,
            scale if self.centre == 0.0 => format!("{shaped} / {scale}"),
            scale => format!("({shaped}) / {scale}"),
        }
    }
}

/// Without the brackets that hold all of it.
fn bare(text: &str) -> &str {
    let inside = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    let mut open = 0;
    let whole = |inside: &&str| {
        inside.chars().all(|c| {
            open += i32::from(c == '(') - i32::from(c == ')');
            open >= 0
        })
    };
    inside.filter(whole).unwrap_or(text)
}

fn plus(text: &str, number: f64) -> String {
    match number < 0.0 {
        true => format!("{text} − {}", -number),
        false => format!("{text} + {number}"),
    }
}

fn divisor(section: &Section<'_>, key: &str) -> f64 {
    match section.number(key) {
        Some(0.0) => {
            section.problem(key, Error::new(format!("`{key}` is zero")));
            1.0
        }
        number => number.unwrap_or(1.0),
    }
}

/// Keys that only make sense for a number.
pub const KEYS: [&str; 8] = [
    "clamp",
    "add",
    "divide",
    "transform",
    "power",
    "times-log",
    "centre",
    "scale",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Sheet;

    fn of(text: &str, x: f64) -> f64 {
        let sheet = Sheet::parse(text, "m.toml").unwrap();
        let transform = Transform::read(&sheet.top());
        assert_eq!(sheet.finish(), []);
        transform.apply(x)
    }

    #[test]
    fn steps_keep_their_order() {
        let text = "clamp=[1,50]\nadd=1\ndivide=10\ntransform='log'\ncentre=0.5\nscale=2";
        assert_eq!(of(text, 29.0), (3f64.ln() - 0.5) / 2.0);
        assert_eq!(of(text, 1000.0), (5.1f64.ln() - 0.5) / 2.0);
        assert_eq!(
            of("power=-2\ndivide=10\ntimes-log=true", 50.0),
            5f64.powf(-2.0) * 5f64.ln()
        );
        assert_eq!(of("transform='log1p'", 1e-18), 1e-18);
        assert_eq!(of("", 7.0), 7.0);
    }

    #[test]
    fn what_has_no_value_is_not_a_number() {
        for (text, x) in [
            ("transform='log'", 0.0),
            ("transform='log'", -1.0),
            ("transform='log1p'", -1.0),
            ("transform='log10'", 0.0),
            ("transform='sqrt'", -1.0),
            ("transform='inverse'", 0.0),
            ("power=-2", 0.0),
            ("power=0.5", -1.0),
            ("times-log=true", 0.0),
            ("clamp=[0,1]", f64::NAN),
            ("transform='cube'", 1e200),
        ] {
            assert!(of(text, x).is_nan(), "{text} of {x}");
        }
    }

    #[test]
    fn the_way_of_a_number_is_told_in_words() {
        for (text, words) in [
            ("", "age"),
            ("centre=50\nscale=10", "(age − 50) / 10"),
            ("scale=10", "age / 10"),
            (
                "transform='log'\ndivide=10\ncentre=-1.5",
                "ln(age / 10) + 1.5",
            ),
            (
                "power=-2\nadd=1\ndivide=10\ntimes-log=true",
                "((age + 1) / 10)^-2 · ln((age + 1) / 10)",
            ),
            (
                "clamp=[18,80]\ntransform='square'",
                "(age held within 18 to 80)²",
            ),
        ] {
            let sheet = Sheet::parse(text, "m").unwrap();
            assert_eq!(Transform::read(&sheet.top()).words("age"), words, "{text}");
        }
    }

    #[test]
    fn impossible_steps_are_told() {
        let sheet = Sheet::parse("power=0\ntransform='lgo'\nscale=0\ndivide=0", "m").unwrap();
        Transform::read(&sheet.top());
        assert_eq!(sheet.finish().len(), 4);
    }
}
