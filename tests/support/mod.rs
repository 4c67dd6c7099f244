//! What the tests of measures share.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests; not each uses all"
)]

pub mod golden;

use keur::measure::{Ask, Assessed, Rows, Split, assess};
use keur::record::{At, Interval, Value};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Rows that own their columns.
#[derive(Clone, Debug)]
pub struct Sample {
    pub event: Vec<bool>,
    pub score: Vec<f64>,
    pub probability: bool,
    pub weight: Option<Vec<f64>>,
    pub patient: Vec<u32>,
    pub patients: usize,
}

impl Sample {
    pub fn new(outcome: &[f64], score: &[f64]) -> Self {
        Self {
            event: outcome.iter().map(|&y| y == 1.0).collect(),
            score: score.to_vec(),
            probability: true,
            weight: None,
            patient: (0..outcome.len() as u32).collect(),
            patients: outcome.len(),
        }
    }

    /// A synthetic sample: `rows` patients, risks that are somewhat too extreme.
    pub fn synthetic(seed: u64, rows: usize) -> Self {
        let mut random = Random(seed);
        let (mut outcome, mut score) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let lp = -1.0 + 1.3 * random.normal();
            score.push(1.0 / (1.0 + (-lp).exp()));
            let truth = 1.0 / (1.0 + (-(0.2 + 0.8 * lp)).exp());
            outcome.push(f64::from(u8::from(random.uniform() < truth)));
        }
        Self::new(&outcome, &score)
    }

    pub fn rows(&self) -> Rows<'_> {
        Rows {
            event: &self.event,
            score: &self.score,
            probability: self.probability,
            weight: self.weight.as_deref(),
            patient: &self.patient,
            patients: self.patients,
        }
    }

    pub fn distinct_patients(&self) -> usize {
        self.patient.iter().collect::<BTreeSet<_>>().len()
    }

    pub fn assess(&self, thresholds: &[f64], replicates: usize) -> Found {
        self.split(thresholds, replicates, &[])
    }

    pub fn split(&self, thresholds: &[f64], replicates: usize, splits: &[Split]) -> Found {
        self.masked(thresholds, replicates, splits, 10)
    }

    /// With a smallest cell of its own; 1 masks nothing, so that arithmetic on few rows can be compared.
    pub fn masked(
        &self,
        thresholds: &[f64],
        replicates: usize,
        splits: &[Split],
        min_cell: usize,
    ) -> Found {
        let grid: Vec<f64> = (1..100).map(|t| f64::from(t) / 100.0).collect();
        let ask = Ask {
            thresholds,
            decision_grid: &grid,
            replicates,
            seed: 11,
            stream: 5,
            min_cell,
            splits,
        };
        Found(assess(&self.rows(), &ask, &|_| ()))
    }
}

/// What was assessed, with ways to ask.
pub struct Found(pub Assessed);

impl Found {
    pub fn value(&self, id: &str, at: Option<At>) -> Value {
        let estimate =
            |e: &&keur::record::Estimate| e.measure == id && e.at == at && e.group.is_none();
        self.0
            .estimates
            .iter()
            .find(estimate)
            .unwrap_or_else(|| panic!("no {id}"))
            .value
            .clone()
    }

    pub fn point(&self, id: &str, at: Option<At>) -> f64 {
        self.value(id, at)
            .known()
            .unwrap_or_else(|| panic!("{id} has no value"))
    }

    pub fn interval(&self, id: &str, at: Option<At>) -> Interval {
        self.value(id, at)
            .interval()
            .cloned()
            .unwrap_or_else(|| panic!("{id} has no interval"))
    }
}

/// A small generator for test data.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// Relative agreement.
pub fn close(what: &str, got: f64, want: f64, tolerance: f64) {
    let difference = (got - want).abs();
    assert!(
        difference <= tolerance * want.abs().max(1e-3),
        "{what}: {got} is not {want}"
    );
}

pub fn number(json: &Json) -> f64 {
    json.as_f64().unwrap_or_else(|| panic!("no number: {json}"))
}

pub fn numbers(json: &Json) -> Vec<f64> {
    json.as_array()
        .unwrap_or_else(|| panic!("no list: {json}"))
        .iter()
        .map(number)
        .collect()
}

/// The columns of a plain CSV whose cells are numbers; others become NaN.
pub fn columns(text: &str) -> BTreeMap<String, Vec<f64>> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut columns: BTreeMap<String, Vec<f64>> = names
        .iter()
        .map(|n| ((*n).to_owned(), Vec::new()))
        .collect();
    for line in lines {
        for (name, cell) in names.iter().zip(line.split(',')) {
            columns
                .get_mut(*name)
                .unwrap()
                .push(cell.parse().unwrap_or(f64::NAN));
        }
    }
    columns
}

/// Positions from the highest score down; among equal scores those without the event first, then as given.
pub fn falling(score: &[f64], event: &[bool]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|&a, &b| {
        score[b]
            .total_cmp(&score[a])
            .then(event[a].cmp(&event[b]))
            .then(a.cmp(&b))
    });
    order
}
