//! Rows that the model could not score leave the cohort, counted like everyone who left before.

use crate::dataset::cohort::{Cohort, count_missing, differ, number};
use crate::dataset::role;
use crate::dataset::table::Table;
use crate::error::{Error, Result};
use crate::record::{ColumnRole, DatasetCard, FlowStep};

/// Why rows leave, and which: positions in the cohort, ascending, each named once.
pub type Refusal = (String, Vec<usize>);

/// The cohort without the refused rows, with a line of the flow for each reason.
///
/// Fails when no row is left, and when all rows that are left had the event or none had it.
pub fn leave(
    cohort: Cohort,
    refusals: &[Refusal],
    table: &Table,
    card: &DatasetCard,
) -> Result<Cohort> {
    let mut stays = vec![true; cohort.rows.len()];
    let mut flow = cohort.flow;
    let kept = flow.pop();
    for (reason, rows) in refusals.iter().filter(|(_, rows)| !rows.is_empty()) {
        let mut patients: Vec<u32> = rows.iter().map(|row| cohort.patient[*row]).collect();
        patients.sort_unstable();
        patients.dedup();
        flow.push(FlowStep {
            step: "excluded".to_owned(),
            reason: reason.clone(),
            rows: rows.len().into(),
            patients: patients.len().into(),
        });
        rows.iter().for_each(|row| stays[*row] = false);
    }
    let among = |row: &usize| stays[*row];
    let places: Vec<usize> = (0..cohort.rows.len()).filter(among).collect();
    let Some(outcome) = role::with(card, ColumnRole::Outcome).filter(|_| !places.is_empty()) else {
        return Err(Error::new("the model gave no row a score that can be used")
            .help("check the `score` that the model's card declares"));
    };
    let rows: Vec<u32> = places.iter().map(|at| cohort.rows[*at]).collect();
    let event: Vec<bool> = places.iter().map(|at| cohort.event[*at]).collect();
    differ(&event, outcome)?;
    let old: Vec<u32> = places.iter().map(|at| cohort.patient[*at]).collect();
    let (patient, patients) = number(&old, Some(&identity(cohort.patients)), cohort.patients);
    flow.extend(kept.map(|kept| FlowStep {
        rows: rows.len().into(),
        patients: patients.into(),
        ..kept
    }));
    Ok(Cohort {
        missing: count_missing(table, &rows)?,
        weight: cohort
            .weight
            .map(|weight| places.iter().map(|at| weight[*at]).collect()),
        rows,
        event,
        patient,
        patients,
        flow,
    })
}

fn identity(n: usize) -> Vec<u32> {
    (0..).take(n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ColumnCard, InputKind, RangeRule};

    #[test]
    fn refused_rows_leave_and_patients_are_numbered_anew() {
        let step = |step: &str, n: u64| FlowStep {
            step: step.into(),
            reason: step.into(),
            rows: n.into(),
            patients: n.into(),
        };
        let cohort = Cohort {
            rows: vec![0, 2, 4, 5],
            event: vec![true, false, true, false],
            patient: vec![0, 1, 1, 2],
            patients: 3,
            flow: vec![step("read", 6), step("kept", 4)],
            ..Cohort::default()
        };
        let outcome = ColumnCard {
            name: "died".into(),
            roles: vec![ColumnRole::Outcome],
            input: None,
            unit: None,
            kind: InputKind::Category,
            event: Some("1".into()),
            range: None,
            categories: Vec::new(),
            outside: RangeRule::Exclude,
            missing: Vec::new(),
            bands: Vec::new(),
            reference: None,
            labels: std::collections::BTreeMap::new(),
        };
        let card = DatasetCard {
            columns: vec![outcome],
            ..DatasetCard::default()
        };
        let refusals = [("score outside its scale".to_owned(), vec![0])];
        let left = leave(cohort, &refusals, &Table::new(6), &card).unwrap();
        assert_eq!(left.rows, [2, 4, 5]);
        assert_eq!((left.patient, left.patients), (vec![0, 0, 1], 2));
        let flow: Vec<_> = left
            .flow
            .iter()
            .map(|s| (&*s.step, s.rows.known()))
            .collect();
        assert_eq!(
            flow,
            [("read", Some(6)), ("excluded", Some(1)), ("kept", Some(3))]
        );
    }
}
