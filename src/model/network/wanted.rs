//! A tensor that the layers of a card ask for.

/// What the numbers of a tensor must be, beside finite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sign {
    /// Any.
    #[default]
    Any,
    /// Above zero: a standard deviation.
    Above,
    /// Not below zero: a variance.
    NotBelow,
}

/// One tensor: its name and shape.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The name.
    pub name: String,
    /// A name that older files have.
    pub old: Option<String>,
    /// The shape.
    pub shape: Vec<usize>,
    /// True when sides of one may stand before it.
    pub loose: bool,
    /// What its numbers must be.
    pub sign: Sign,
}

impl Wanted {
    /// True when a shape is the wanted one.
    pub fn fits(&self, shape: &[usize]) -> bool {
        let bare = |shape: &[usize]| -> Vec<usize> {
            shape
                .iter()
                .copied()
                .skip_while(|side| *side == 1)
                .collect()
        };
        shape == self.shape || (self.loose && bare(shape) == bare(&self.shape))
    }
}
