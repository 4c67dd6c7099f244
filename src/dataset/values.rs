//! What the numbers of a column are kept in while it is read: the width they came in.

use crate::dataset::table::Column;

/// Numbers behind each other.
#[derive(Debug)]
pub enum Values {
    /// In 64 bits.
    Double(Vec<f64>),
    /// In 32 bits.
    Single(Vec<f32>),
}

impl Default for Values {
    fn default() -> Self {
        Self::Double(Vec::new())
    }
}

impl Values {
    /// None yet; all of them will be whole in 32 bits.
    pub fn single() -> Self {
        Self::Single(Vec::new())
    }

    /// Adds a number.
    pub fn push(&mut self, x: f64) {
        match self {
            Self::Double(all) => all.push(x),
            Self::Single(all) => all.push(x as f32),
        }
    }

    /// Adds numbers that follow, with room for so many when they are the first. The first ones say what all are kept in, unless
    /// later ones are wider.
    pub fn append(&mut self, more: Self, room: usize) {
        match (&mut *self, more) {
            (Self::Double(all), Self::Single(more)) if all.is_empty() => {
                *self = Self::Single(grown(Vec::new(), &more, room));
            }
            (Self::Double(all), Self::Single(more)) => {
                all.extend(more.iter().map(|x| f64::from(*x)))
            }
            (Self::Double(all), Self::Double(more)) => {
                *all = grown(std::mem::take(all), &more, room)
            }
            (Self::Single(all), Self::Single(more)) => {
                *all = grown(std::mem::take(all), &more, room)
            }
            (Self::Single(all), Self::Double(more)) => {
                let wide = all.iter().map(|x| f64::from(*x)).chain(more);
                *self = Self::Double(wide.collect());
            }
        }
    }

    /// The column, no larger than its numbers.
    pub fn finish(self) -> Column {
        match self {
            Self::Double(mut all) => {
                all.shrink_to_fit();
                Column::Number(all)
            }
            Self::Single(mut all) => {
                all.shrink_to_fit();
                Column::Single(all)
            }
        }
    }
}

/// Both behind each other, with room for so many at the first time.
fn grown<T: Copy>(mut all: Vec<T>, more: &[T], room: usize) -> Vec<T> {
    if all.is_empty() {
        // without the room it grows as it must
        all.try_reserve_exact(room.max(more.len())).ok();
    }
    all.extend_from_slice(more);
    all
}
