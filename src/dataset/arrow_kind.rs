//! What an Arrow type is.

use arrow_schema::DataType;

/// Lists in lists may go so deep.
pub const DEEPEST: usize = 8;

/// True for a list, whatever stands in it.
pub fn is_list(kind: &DataType) -> bool {
    use DataType as D;
    matches!(kind, D::List(_) | D::LargeList(_) | D::FixedSizeList(..))
}

/// What stands in a list of lists at last.
pub fn leaf(mut kind: &DataType) -> &DataType {
    use DataType as D;
    for _ in 0..DEEPEST {
        match kind {
            D::List(field) | D::LargeList(field) | D::FixedSizeList(field, _) => {
                kind = field.data_type();
            }
            _ => break,
        }
    }
    kind
}

/// True when every value of this type can take part in the hash of a row.
pub fn is_plain(kind: &DataType) -> bool {
    use DataType as D;
    match kind {
        D::List(_) | D::LargeList(_) | D::FixedSizeList(..) => {
            let leaf = leaf(kind);
            leaf.is_integer() || leaf.is_floating()
        }
        D::Dictionary(_, values) => is_plain(values) && !matches!(**values, D::Dictionary(..)),
        D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..) | D::Timestamp(..) => true,
        D::Null | D::Boolean | D::Utf8 | D::LargeUtf8 | D::Utf8View | D::Date32 | D::Date64 => true,
        kind => kind.is_integer() || kind.is_floating(),
    }
}
