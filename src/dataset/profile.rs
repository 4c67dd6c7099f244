//! How many, and in which groups.

use crate::dataset::cohort::Cohort;
use crate::dataset::groups::{GroupRows, Split};
use crate::record::{Count, GroupCount, Profile};

/// Counts a cohort and its groups. Counts are bare; `record::disclosure` masks the small ones before anything is written.
pub fn profile(cohort: &Cohort, splits: &[Split]) -> Profile {
    let mut seen = vec![0_usize; cohort.patients];
    let groups = splits.iter().flat_map(|split| &split.groups).enumerate();
    Profile {
        rows: cohort.rows.len().into(),
        patients: cohort.patients.into(),
        events: cohort.event.iter().filter(|event| **event).count().into(),
        missing: cohort.missing.clone(),
        flow: cohort.flow.clone(),
        groups: groups
            .map(|(turn, group)| count(cohort, group, &mut seen, turn + 1))
            .collect(),
    }
}

fn count(cohort: &Cohort, group: &GroupRows, seen: &mut [usize], turn: usize) -> GroupCount {
    let mut patients = 0_u64;
    let mut events = 0_u64;
    for row in &group.rows {
        let row = *row as usize;
        events += u64::from(cohort.event[row]);
        let last = &mut seen[cohort.patient[row] as usize];
        patients += u64::from(std::mem::replace(last, turn) != turn);
    }
    GroupCount {
        group: group.group.clone(),
        rows: group.rows.len().into(),
        patients: Count::from(patients),
        events: Count::from(events),
    }
}
