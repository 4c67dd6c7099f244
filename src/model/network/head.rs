//! The end of a network: from the numbers of its last layer to a margin and a score.

use crate::error::{Error, shown};
use crate::model::scale::logistic;
use crate::record::{LayerCard, ModelCard, ScoreScale};

/// What is made of the last numbers of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// The one number is the score.
    Plain,
    /// The one number is the log odds of the score.
    Sigmoid,
    /// The score is one class's share of a softmax.
    Softmax {
        /// The event.
        class: usize,
    },
}

impl Head {
    /// The head of a card and the layers before it.
    pub fn of(card: &ModelCard) -> (Self, &[LayerCard]) {
        match card.layers.split_last() {
            Some((LayerCard::Sigmoid, before)) => (Self::Sigmoid, before),
            Some((LayerCard::Softmax { class: Some(class) }, before)) => {
                (Self::Softmax { class: *class }, before)
            }
            _ => (Self::Plain, &card.layers),
        }
    }

    /// What does not fit: numbers that arrive, and the card's scale.
    pub fn check(self, width: usize, scale: ScoreScale) -> Vec<Error> {
        let mut problems = Vec::new();
        match self {
            Self::Softmax { .. } if width < 2 => problems.push(
                Error::new("the last layer is a `softmax` over one number, which gives 1 for every row")
                    .help("write `sigmoid` instead"),
            ),
            Self::Softmax { class } if class >= width => problems.push(Error::new(format!(
                "the `softmax` names the class {class}, and {width} arrive, counted from zero"
            ))),
            Self::Plain | Self::Sigmoid if width != 1 => problems.push(
                Error::new(format!(
                    "the last layer gives {width} columns, and a score is one"
                ))
                .help("of several classes, name the event: `kind = \"softmax\"` with `class = 1` as the last layer"),
            ),
            _ => {}
        }
        let word = match self {
            Self::Plain => return problems,
            Self::Sigmoid => "sigmoid",
            Self::Softmax { .. } => "softmax",
        };
        if scale != ScoreScale::Probability {
            problems.push(
                Error::new(format!(
                    "the last layer is a `{}`, and the card declares no `probability`",
                    shown(word)
                ))
                .help("write `score = \"probability\"`, or leave the layer out for a log odds"),
            );
        }
        problems
    }

    /// The margin of a row's last numbers: the score before its sigmoid. Of a softmax it is the log odds of the class.
    pub fn margin(self, numbers: &[f32]) -> f64 {
        match self {
            Self::Softmax { class } => {
                let (own, others) = (numbers[class], Self::others(numbers, class));
                f64::from(own) - others
            }
            _ => numbers.first().map_or(f64::NAN, |x| f64::from(*x)),
        }
    }

    /// The logarithm of the sum of the other classes' exponentials.
    fn others(numbers: &[f32], class: usize) -> f64 {
        let others = || {
            let all = numbers.iter().enumerate();
            all.filter(|(i, _)| *i != class).map(|(_, x)| f64::from(*x))
        };
        let top = others().fold(f64::NEG_INFINITY, f64::max);
        top + others().map(|x| (x - top).exp()).sum::<f64>().ln()
    }

    /// The gradient of the margin with respect to a row's last numbers.
    pub fn slope(self, numbers: &[f32]) -> Vec<f32> {
        match self {
            Self::Softmax { class } => {
                let others = Self::others(numbers, class);
                let all = numbers.iter().enumerate();
                all.map(|(i, x)| match i == class {
                    true => 1.0,
                    false => -(f64::from(*x) - others).exp() as f32,
                })
                .collect()
            }
            _ => vec![1.0; numbers.len()],
        }
    }

    /// The score of a margin. The logistic function is computed in 64 bits, so that a high risk does not round to 1.
    pub fn score(self, margin: f64) -> f64 {
        match self {
            Self::Plain => margin,
            _ => logistic(margin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_softmax_is_the_logistic_function_of_its_margin() {
        let head = Head::Softmax { class: 2 };
        let numbers = [0.5f32, -1.0, 2.0, 700.0];
        let sum: f64 = numbers.iter().map(|x| f64::from(*x - 700.0).exp()).sum();
        let wanted = f64::from(2.0f32 - 700.0).exp() / sum;
        assert!((head.score(head.margin(&numbers)) / wanted - 1.0).abs() < 1e-12);
        let two = Head::Softmax { class: 1 };
        assert_eq!(two.margin(&[0.25, 1.0]), 0.75);
        assert_eq!(two.slope(&[0.25, 1.0]), [-1.0, 1.0]);
    }
}
