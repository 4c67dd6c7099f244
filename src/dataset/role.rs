//! What the card says about a column, found by role or by name.

use crate::record::{ColumnCard, ColumnRole, DatasetCard};

/// The first column with this role.
pub fn with(card: &DatasetCard, role: ColumnRole) -> Option<&ColumnCard> {
    card.columns.iter().find(|c| c.roles.contains(&role))
}

/// The column of this name.
pub fn named<'c>(card: &'c DatasetCard, name: &str) -> Option<&'c ColumnCard> {
    card.columns.iter().find(|c| c.name == name)
}

/// The word a cell text is read as: its label, or the text itself. An outcome keeps its text.
pub fn word<'c>(column: &'c ColumnCard, text: &'c str) -> &'c str {
    if column.roles.contains(&ColumnRole::Outcome) {
        return text;
    }
    column.labels.get(text).map_or(text, String::as_str)
}

/// The declared categories as they are read, in the declared order.
pub fn categories(column: &ColumnCard) -> Vec<&str> {
    column
        .categories
        .iter()
        .map(|category| word(column, category))
        .collect()
}
