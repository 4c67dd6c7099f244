//! What is asked: rows, groups, thresholds, replicates.

use crate::record::Group;

/// Outcomes, scores and who they belong to, one entry a row.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// True where the event happened.
    pub event: &'a [bool],
    /// A risk in [0, 1] when `probability`, any finite number otherwise.
    pub score: &'a [f64],
    /// Whether the score claims to be a probability.
    pub probability: bool,
    /// Case weights, when the dataset has them.
    pub weight: Option<&'a [f64]>,
    /// The patient of each row, dense from zero.
    pub patient: &'a [u32],
    /// How many patients there are.
    pub patients: usize,
}

/// One way to split the rows into groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The attribute, or the attributes of an intersection.
    pub by: Vec<String>,
    /// Each group with the positions of its rows in [`Rows`].
    pub groups: Vec<(Group, Vec<u32>)>,
    /// Which group the others are compared with.
    pub reference: Option<usize>,
}

/// What is asked of a sample.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Thresholds for the measures that need one.
    pub thresholds: &'a [f64],
    /// Thresholds of the decision curve.
    pub decision_grid: &'a [f64],
    /// Bootstrap replicates; 0 = closed forms only.
    pub replicates: usize,
    /// Seed of every draw.
    pub seed: u64,
    /// Which stream of draws, from the study's name.
    pub stream: u64,
    /// Smallest number of persons shown.
    pub min_cell: usize,
    /// The groups.
    pub splits: &'a [Split],
}
