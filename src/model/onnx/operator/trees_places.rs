//! Trees and nodes that a file knows by numbers of its own, and the places they have.

use std::collections::HashMap;

/// Places of numbers that come in stretches, in order of first appearance.
#[derive(Debug, Default)]
pub struct Places {
    known: HashMap<i64, usize>,
    last: Option<(i64, usize)>,
}

impl Places {
    /// The place of a number, a new one for a new number.
    pub fn enter(&mut self, number: i64) -> usize {
        if let Some((_, place)) = self.last.filter(|(last, _)| *last == number) {
            return place;
        }
        let next = self.known.len();
        let place = *self.known.entry(number).or_insert(next);
        self.last = Some((number, place));
        place
    }

    /// The place of a number that was entered.
    pub fn find(&mut self, number: i64) -> Option<usize> {
        if let Some((_, place)) = self.last.filter(|(last, _)| *last == number) {
            return Some(place);
        }
        let place = *self.known.get(&number)?;
        self.last = Some((number, place));
        Some(place)
    }
}

/// Where each node of a tree stands: converters count from 0, other numbers are looked up.
#[derive(Debug)]
pub enum Nodes {
    /// 0, 1, 2, … up to a count.
    Counted(usize),
    /// Any numbers.
    Known(HashMap<i64, usize>),
}

impl Nodes {
    /// The numbers of a tree's nodes in order. Fails with the number that stands twice.
    pub fn new(ids: impl Iterator<Item = i64> + Clone) -> std::result::Result<Self, i64> {
        if (0_i64..).zip(ids.clone()).all(|(place, id)| place == id) {
            return Ok(Self::Counted(ids.count()));
        }
        let mut known = HashMap::new();
        for (place, id) in ids.enumerate() {
            if known.insert(id, place).is_some() {
                return Err(id);
            }
        }
        Ok(Self::Known(known))
    }

    /// The place of a node.
    pub fn find(&self, id: i64) -> Option<usize> {
        match self {
            Self::Counted(count) => usize::try_from(id).ok().filter(|id| id < count),
            Self::Known(known) => known.get(&id).copied(),
        }
    }
}
