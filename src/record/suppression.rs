//! Which groups must stay hidden, those included that would give a hidden one away by subtraction.

use super::{Count, Evidence, Group};
use std::collections::BTreeSet;

/// Why a group is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    /// Too few people.
    Small,
    /// A neighbour would follow from it.
    Complement,
}

/// The groups of a study with their true numbers.
pub(super) struct Cells {
    pub(super) group: Vec<Group>,
    pub(super) rows: Vec<u64>,
    patients: Vec<u64>,
    events: Vec<u64>,
}

/// Members that add up to a total someone can see.
pub(super) struct Line {
    total: Option<usize>,
    members: Vec<usize>,
}

impl Cells {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let groups = &evidence.profile.groups;
        let number = |count: &Count| count.known().unwrap_or(0);
        Self {
            group: groups.iter().map(|g| g.group.clone()).collect(),
            rows: groups.iter().map(|g| number(&g.rows)).collect(),
            patients: groups.iter().map(|g| number(&g.patients)).collect(),
            events: groups.iter().map(|g| number(&g.events)).collect(),
        }
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        let keys = |group: &Group| group.keys().cloned().collect::<BTreeSet<String>>();
        let splits: BTreeSet<BTreeSet<String>> = self.group.iter().map(keys).collect();
        let mut lines = Vec::new();
        for split in &splits {
            let members: Vec<usize> = (0..self.group.len())
                .filter(|i| keys(&self.group[*i]) == *split)
                .collect();
            for (total, coarse) in self.group.iter().enumerate() {
                let coarse_keys = keys(coarse);
                if coarse_keys.is_subset(split) && coarse_keys != *split {
                    lines.push(Line {
                        total: Some(total),
                        members: members
                            .iter()
                            .copied()
                            .filter(|i| {
                                coarse.iter().all(|(a, l)| self.group[*i].get(a) == Some(l))
                            })
                            .collect(),
                    });
                }
            }
            lines.push(Line {
                total: None,
                members,
            });
        }
        lines
    }

    pub(super) fn hide_whole(&self, k: u64, lines: &[Line]) -> Vec<Option<Hidden>> {
        let size = |i: usize| self.patients[i].min(self.rows[i]);
        let mut hidden: Vec<Option<Hidden>> = (0..self.group.len())
            .map(|i| (size(i) < k).then_some(Hidden::Small))
            .collect();
        complete(&mut hidden, lines, size, |members| {
            members.iter().map(|i| size(*i)).sum::<u64>() >= k
        });
        hidden
    }

    pub(super) fn hide_outcome(
        &self,
        k: u64,
        whole: &[Option<Hidden>],
        lines: &[Line],
    ) -> Vec<Option<Hidden>> {
        let without = |i: usize| self.rows[i].saturating_sub(self.events[i]);
        let rarer = |i: usize| self.events[i].min(without(i));
        let mut hidden: Vec<Option<Hidden>> = (0..self.group.len())
            .map(|i| {
                let few_events = (self.events[i] < k).then_some(Hidden::Small);
                let few_without = (without(i) < k).then_some(Hidden::Complement);
                whole[i].or(few_events).or(few_without)
            })
            .collect();
        complete(&mut hidden, lines, rarer, |members| {
            members.iter().map(|i| self.events[*i]).sum::<u64>() >= k
                && members.iter().map(|i| without(*i)).sum::<u64>() >= k
        });
        hidden
    }
}

/// Hides further members until no hidden one follows from a total by subtraction.
fn complete(
    hidden: &mut [Option<Hidden>],
    lines: &[Line],
    size: impl Fn(usize) -> u64,
    enough: impl Fn(&[usize]) -> bool,
) {
    loop {
        let mut changed = false;
        for line in lines {
            if line.total.is_some_and(|t| hidden[t].is_some()) {
                continue;
            }
            let (away, seen): (Vec<usize>, Vec<usize>) =
                line.members.iter().partition(|i| hidden[**i].is_some());
            if away.is_empty() || (away.len() > 1 && enough(&away)) {
                continue;
            }
            let next = seen.into_iter().min_by_key(|i| (size(*i), *i));
            if let Some(victim) = next.or(line.total) {
                hidden[victim] = Some(Hidden::Complement);
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}
