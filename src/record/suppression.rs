//! Which groups must stay hidden, those included that would give a hidden one away by subtraction.

use super::behind::{Behind, Outcomes};
use super::elimination::{Sum, solved};
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
    rows: Vec<u64>,
    patients: Vec<u64>,
    events: Vec<u64>,
    persons: Vec<Outcomes>,
    lines: Vec<Line>,
}

/// Two sets of groups that hold the same rows. An empty `total` is everyone.
struct Line {
    total: Vec<usize>,
    members: Vec<usize>,
}

impl Cells {
    pub(super) fn of(evidence: &Evidence, behind: &Behind) -> Self {
        let groups = &evidence.profile.groups;
        let number = |count: &Count| count.known().unwrap_or(0);
        let rows: Vec<u64> = groups.iter().map(|g| number(&g.rows)).collect();
        let events: Vec<u64> = groups.iter().map(|g| number(&g.events)).collect();
        let persons = (0..groups.len()).map(|i| {
            let by_rows = Outcomes {
                with: events[i],
                without: rows[i].saturating_sub(events[i]),
            };
            behind.groups.get(i).copied().unwrap_or(by_rows)
        });
        let group: Vec<Group> = groups.iter().map(|g| g.group.clone()).collect();
        let mut lines = lines_by_name(&group);
        lines.extend(behind.same.iter().map(|[total, members]| Line {
            total: total.clone(),
            members: members.clone(),
        }));
        Self {
            patients: groups.iter().map(|g| number(&g.patients)).collect(),
            persons: persons.collect(),
            group,
            rows,
            events,
            lines,
        }
    }

    pub(super) fn hide_whole(&self, k: u64) -> Vec<Option<Hidden>> {
        let size = |i: usize| self.patients[i].min(self.rows[i]);
        let mut hidden: Vec<Option<Hidden>> = (0..self.group.len())
            .map(|i| (size(i) < k).then_some(Hidden::Small))
            .collect();
        self.complete(&mut hidden, size, |members| {
            members.iter().map(|i| size(*i)).sum::<u64>() >= k
        });
        hidden
    }

    pub(super) fn hide_outcome(&self, k: u64, whole: &[Option<Hidden>]) -> Vec<Option<Hidden>> {
        let persons = |i: usize| self.persons[i];
        let mut hidden: Vec<Option<Hidden>> = (0..self.group.len())
            .map(|i| {
                let few_events = (self.events[i] < k).then_some(Hidden::Small);
                let few = (persons(i).rarer() < k).then_some(Hidden::Complement);
                whole[i].or(few_events).or(few)
            })
            .collect();
        let rarer = |i: usize| persons(i).rarer();
        self.complete(&mut hidden, rarer, |members| {
            members.iter().map(|i| persons(*i).with).sum::<u64>() >= k
                && members.iter().map(|i| persons(*i).without).sum::<u64>() >= k
        });
        hidden
    }

    /// Hides further groups until no hidden one follows from what is shown.
    fn complete(
        &self,
        hidden: &mut [Option<Hidden>],
        size: impl Fn(usize) -> u64,
        enough: impl Fn(&[usize]) -> bool,
    ) {
        loop {
            let mut more = self.too_few_together(hidden, &size, &enough);
            if more.is_empty() {
                more = self.given_away(hidden, &size);
            }
            if more.is_empty() {
                return;
            }
            for group in more {
                hidden[group] = Some(Hidden::Complement);
            }
        }
    }

    /// For the first line whose hidden members are one or too few together, one more of its groups.
    fn too_few_together(
        &self,
        hidden: &[Option<Hidden>],
        size: impl Fn(usize) -> u64,
        enough: impl Fn(&[usize]) -> bool,
    ) -> BTreeSet<usize> {
        let few = |side: &[usize]| {
            let away: Vec<usize> = side
                .iter()
                .copied()
                .filter(|i| hidden[*i].is_some())
                .collect();
            !away.is_empty() && (away.len() == 1 || !enough(&away))
        };
        let shown = |side: &[usize]| side.iter().all(|i| hidden[*i].is_none());
        let mut more = BTreeSet::new();
        for line in &self.lines {
            for (side, other) in [(&line.members, &line.total), (&line.total, &line.members)] {
                if shown(other) && few(side) {
                    let next = smallest_shown(side, hidden, &size)
                        .or_else(|| smallest_shown(other, hidden, &size));
                    more.extend(next);
                    if !more.is_empty() {
                        return more;
                    }
                }
            }
        }
        more
    }

    /// One more group for each hidden one that the lines together give away.
    fn given_away(
        &self,
        hidden: &[Option<Hidden>],
        size: impl Fn(usize) -> u64,
    ) -> BTreeSet<usize> {
        let sums = self.lines.iter().map(|line| {
            let mut sum = Sum::new();
            let signed = [(&line.members, 1), (&line.total, -1)];
            for (side, sign) in signed {
                sum.extend(
                    side.iter()
                        .filter(|i| hidden[**i].is_some())
                        .map(|i| (*i, sign)),
                );
            }
            sum
        });
        let mut more = BTreeSet::new();
        for found in solved(sums) {
            let around: Vec<usize> = self
                .lines
                .iter()
                .filter(|line| line.members.contains(&found) || line.total.contains(&found))
                .flat_map(|line| line.members.iter().chain(&line.total).copied())
                .collect();
            more.extend(smallest_shown(&around, hidden, &size));
        }
        more
    }
}

fn smallest_shown(
    among: &[usize],
    hidden: &[Option<Hidden>],
    size: impl Fn(usize) -> u64,
) -> Option<usize> {
    let shown = among.iter().copied().filter(|i| hidden[*i].is_none());
    shown.min_by_key(|i| (size(*i), *i))
}

/// What the names of groups say: every split adds up to everyone, and an intersection adds up to each of its margins.
fn lines_by_name(groups: &[Group]) -> Vec<Line> {
    let keys = |group: &Group| group.keys().cloned().collect::<BTreeSet<String>>();
    let splits: BTreeSet<BTreeSet<String>> = groups.iter().map(keys).collect();
    let mut lines = Vec::new();
    for split in &splits {
        let members: Vec<usize> = (0..groups.len())
            .filter(|i| keys(&groups[*i]) == *split)
            .collect();
        for (total, coarse) in groups.iter().enumerate() {
            let coarse_keys = keys(coarse);
            if coarse_keys.is_subset(split) && coarse_keys != *split {
                let inside = |i: &usize| coarse.iter().all(|(a, l)| groups[*i].get(a) == Some(l));
                lines.push(Line {
                    total: vec![total],
                    members: members.iter().copied().filter(inside).collect(),
                });
            }
        }
        lines.push(Line {
            total: Vec::new(),
            members,
        });
    }
    lines
}
