//! The participant flow: who was read, who left and why, who stayed.

use crate::dataset::table::MISSING;
use crate::record::FlowStep;

/// Rows on their way into the cohort. A row leaves once, at the first step that concerns it.
#[derive(Debug)]
pub struct Flow<'t> {
    patients: Option<&'t [u32]>,
    inside: Vec<bool>,
    steps: Vec<FlowStep>,
    seen: Vec<u32>,
    turn: u32,
}

impl<'t> Flow<'t> {
    /// All rows. `patients` holds a code below `known` for each row, or [`MISSING`]; without it every row is a patient
    /// of its own.
    pub fn start(rows: usize, patients: Option<&'t [u32]>, known: usize) -> Self {
        let mut flow = Self {
            patients,
            inside: vec![true; rows],
            steps: Vec::new(),
            seen: vec![0; known],
            turn: 0,
        };
        flow.tell("read", "rows in the file", |_| true);
        flow
    }

    /// Sends away the rows inside that are concerned, and tells how many, unless there are none.
    pub fn leave(&mut self, reason: impl Into<String>, concerned: impl Fn(usize) -> bool) {
        if self.count(&concerned) > 0 {
            self.tell("excluded", reason, &concerned);
            for (row, inside) in self.inside.iter_mut().enumerate() {
                *inside &= !concerned(row);
            }
        }
    }

    /// Tells of rows inside that are concerned and stay, unless there are none.
    pub fn note(&mut self, reason: impl Into<String>, concerned: impl Fn(usize) -> bool) {
        if self.count(&concerned) > 0 {
            self.tell("noted", reason, concerned);
        }
    }

    /// How many rows inside are concerned.
    pub fn count(&self, concerned: impl Fn(usize) -> bool) -> usize {
        self.rows().filter(|row| concerned(*row)).count()
    }

    /// The rows inside, ascending.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.inside
            .iter()
            .enumerate()
            .filter(|(_, inside)| **inside)
            .map(|(row, _)| row)
    }

    /// The steps so far, with those who stayed as the last one.
    pub fn finish(mut self) -> Vec<FlowStep> {
        self.tell("kept", "rows that belong", |_| true);
        self.steps
    }

    /// The step at which most rows left.
    pub fn largest(&self) -> Option<&FlowStep> {
        let excluded = self.steps.iter().filter(|step| step.step == "excluded");
        excluded.max_by_key(|step| step.rows.known())
    }

    fn tell(&mut self, step: &str, reason: impl Into<String>, concerned: impl Fn(usize) -> bool) {
        self.turn += 1;
        let (mut rows, mut patients) = (0_u64, 0_u64);
        for row in (0..self.inside.len()).filter(|row| self.inside[*row] && concerned(*row)) {
            rows += 1;
            patients += match self.patients.map(|codes| codes[row]) {
                None => 1,
                Some(MISSING) => 0,
                Some(code) => {
                    let last = &mut self.seen[code as usize];
                    u64::from(std::mem::replace(last, self.turn) != self.turn)
                }
            };
        }
        self.steps.push(FlowStep {
            step: step.to_owned(),
            reason: reason.into(),
            rows: rows.into(),
            patients: patients.into(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_leaves_once_and_patients_are_counted_once_a_step() {
        let patients = [0, 0, 1, MISSING];
        let mut flow = Flow::start(4, Some(&patients), 2);
        flow.leave("a", |row| row < 2);
        flow.leave("b", |row| row < 3);
        flow.leave("nothing", |row| row == 0);
        let steps: Vec<_> = flow
            .finish()
            .iter()
            .map(|s| (s.step.clone(), s.rows.known(), s.patients.known()))
            .collect();
        assert_eq!(
            steps,
            [
                ("read".into(), Some(4), Some(2)),
                ("excluded".into(), Some(2), Some(1)),
                ("excluded".into(), Some(1), Some(1)),
                ("kept".into(), Some(1), Some(0)),
            ]
        );
    }
}
