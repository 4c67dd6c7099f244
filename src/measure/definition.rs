//! What a measure is: a card for people and arithmetic for machines.

use crate::measure::doubt::Doubt;
use crate::measure::tally::{Computed, Tally};
use crate::record::Interval;

/// What part of a model's quality a measure speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Domain {
    /// Does the score put events above non-events?
    Discrimination,
    /// Do the risks come true as often as they say?
    Calibration,
    /// Both at once: how far risks lie from outcomes.
    Overall,
    /// What happens at a stated threshold.
    Classification,
    /// Whether acting on the score does more good than harm.
    Utility,
}

impl Domain {
    /// The domain as a reader says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discrimination => "discrimination",
            Self::Calibration => "calibration",
            Self::Overall => "overall performance",
            Self::Classification => "classification at a threshold",
            Self::Utility => "clinical utility",
        }
    }
}

/// Which value one hopes for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Best {
    /// The higher the better.
    High,
    /// The lower the better.
    Low,
    /// The closer to this value the better.
    At(f64),
    /// Neither; it is context.
    Neither,
}

impl std::fmt::Display for Best {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::High => write!(f, "higher is better"),
            Self::Low => write!(f, "lower is better"),
            Self::At(target) => write!(f, "closer to {target} is better"),
            Self::Neither => write!(f, "neither high nor low is better"),
        }
    }
}

/// Which part of a [`Tally`] a measure reads, so that replicates leave out what nobody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uses {
    /// Weights and order only: totals, counts at thresholds, concordant pairs.
    Order,
    /// The precision at every event.
    Precision,
    /// Weighted sums of per-row features.
    Sums,
}

/// A closed-form interval; the index counts thresholds.
pub type Closed = fn(&Doubt<'_>, Option<usize>) -> Option<Interval>;

/// A measure: the texts `keur list` and `keur explain` print, and the arithmetic.
pub struct Measure {
    /// Kebab-case id of the interface; never changes.
    pub id: &'static str,
    /// Name in a heading.
    pub name: &'static str,
    /// One sentence in natural numbers for a board.
    pub what: &'static str,
    /// The formula in plain text. `w` is the weight of a row, 1 unless said; `y` its outcome, `p` its risk.
    pub formula: &'static str,
    /// How it misleads.
    pub cautions: &'static str,
    /// What it speaks about.
    pub domain: Domain,
    /// Which value one hopes for.
    pub best: Best,
    /// Smallest and largest value possible.
    pub range: [f64; 2],
    /// Where the definition and its interval come from: paper and `package::function`.
    pub source: &'static str,
    /// True when it is taken at a threshold.
    pub per_threshold: bool,
    /// True when it has a meaning only for scores that are probabilities.
    pub needs_probability: bool,
    /// What it reads.
    pub uses: Uses,
    /// The value for one weighting of a sample; the index counts the thresholds of the tally.
    pub compute: fn(&Tally, Option<usize>) -> Computed,
    /// The interval by closed form, for samples whose rows all weigh one.
    pub closed: Option<Closed>,
}

impl std::fmt::Debug for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Measure")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
