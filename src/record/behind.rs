//! What stands behind the numbers of a study and is never written: without it small cells cannot be masked well.

/// Facts about the rows that counts alone do not tell. Everything empty means: each row is a person, and groups overlap
/// only as their names say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behind {
    /// Persons with the event, and persons without it, among everyone.
    pub everyone: Option<Outcomes>,
    /// The same for each group of the profile, in its order; empty when not counted.
    pub groups: Vec<Outcomes>,
    /// Groups of two different splits that hold the same rows, as positions in the profile: all centres of a region and
    /// that region, though nobody asked for their intersection.
    pub same: Vec<[Vec<usize>; 2]>,
}

/// How many persons stand behind the rows with and without the event. A person with several rows may be in both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Persons with at least one row with the event.
    pub with: u64,
    /// Persons with at least one row without it.
    pub without: u64,
}

impl Outcomes {
    /// The rarer of the two.
    pub fn rarer(self) -> u64 {
        self.with.min(self.without)
    }
}
