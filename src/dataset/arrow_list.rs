//! List columns of Arrow arrays as tensors: lists of one length, lists of lists, and plain numbers as tensors of one.

use crate::dataset::arrow_cell::{Cell, each};
use crate::dataset::arrow_kind::DEEPEST;
use crate::dataset::reading::Reading;
use crate::dataset::tensor_growing::{Lists, number};
use crate::error::{Error, Result, shown};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_schema::DataType;

/// Whole numbers beyond this are not all exact in 32 bits.
const EXACT: i128 = 1 << 24;

/// The numbers behind the lists, and which of them belong to each row.
pub struct Rows<'a> {
    /// What stands in the lists.
    pub leaf: &'a dyn Array,
    /// Row `i` has the values from `bounds[i]` to `bounds[i + 1]`.
    pub bounds: Vec<usize>,
    missing: Vec<bool>,
    /// True when lists in a row differ in length.
    uneven: Vec<bool>,
}

/// Where the elements of each list begin and end.
fn offsets(array: &dyn Array) -> Option<(Vec<usize>, &dyn Array)> {
    use DataType as D;
    Some(match array.data_type() {
        D::List(_) => {
            let list = array.as_list::<i32>();
            let offsets = list.value_offsets().iter().map(|x| *x as usize);
            (offsets.collect(), list.values().as_ref())
        }
        D::LargeList(_) => {
            let list = array.as_list::<i64>();
            let offsets = list.value_offsets().iter().map(|x| *x as usize);
            (offsets.collect(), list.values().as_ref())
        }
        D::FixedSizeList(..) => {
            let list = array.as_fixed_size_list();
            let size = usize::try_from(list.value_length()).unwrap_or(0);
            let offsets = (0..=list.len()).map(|row| row * size);
            (offsets.collect(), list.values().as_ref())
        }
        _ => return None,
    })
}

/// Looks through lists of lists. Fails when they are too deep, or end behind their values.
pub fn rows(array: &dyn Array) -> Result<Rows<'_>> {
    let count = array.len();
    let mut rows = Rows {
        leaf: array,
        bounds: (0..=count).collect(),
        missing: vec![false; count],
        uneven: vec![false; count],
    };
    let mut depth = 0;
    while let Some((offsets, inner)) = offsets(rows.leaf) {
        if depth == DEEPEST {
            return Err(Error::new(format!(
                "its lists are nested deeper than {DEEPEST} times"
            )));
        }
        let length = |at: usize| offsets.get(at + 1).zip(offsets.get(at)).map(|(b, a)| b - a);
        for row in 0..count {
            let within = rows.bounds[row]..rows.bounds[row + 1];
            let first = length(within.start);
            for at in within {
                rows.missing[row] |= rows.leaf.is_null(at);
                rows.uneven[row] |= length(at) != first;
            }
        }
        for bound in &mut rows.bounds {
            *bound = *offsets
                .get(*bound)
                .ok_or_else(|| Error::new("a list ends behind its values"))?;
        }
        rows.leaf = inner;
        depth += 1;
    }
    Ok(rows)
}

/// Reads a column of lists; `before` is the number of rows of the file before it.
pub fn tensors(array: &dyn Array, reading: &Reading, before: u64) -> Result<Lists> {
    let rows = rows(array)?;
    let numbers = numbers(rows.leaf, reading)?;
    let mut lists = Lists::default();
    for (row, (missing, uneven)) in rows.missing.iter().zip(&rows.uneven).enumerate() {
        let found = numbers.get(rows.bounds[row]..rows.bounds[row + 1]);
        match found {
            _ if *missing => lists.miss(),
            _ if *uneven => lists.uneven(),
            None => return Err(Error::new("a list ends behind its values")),
            Some(found) => lists.add(found, || before + row as u64 + 1),
        }
    }
    Ok(lists)
}

/// Reads numbered columns; each holds one number of every row.
pub fn family(arrays: &[&dyn Array], reading: &Reading, before: u64) -> Result<Lists> {
    let columns = arrays
        .iter()
        .map(|array| numbers(*array, reading))
        .collect::<Result<Vec<_>>>()?;
    let mut lists = Lists::default();
    let mut numbers = Vec::with_capacity(columns.len());
    for row in 0..arrays.first().map_or(0, |array| array.len()) {
        numbers.clear();
        numbers.extend(columns.iter().map(|column| column[row]));
        lists.add(&numbers, || before + row as u64 + 1);
    }
    Ok(lists)
}

/// Every value as a number of 32 bits; infinite where it cannot be held.
fn numbers(array: &dyn Array, reading: &Reading) -> Result<Vec<f32>> {
    use DataType as D;
    let kind = array.data_type();
    let numeric = kind.is_integer()
        || kind.is_floating()
        || matches!(
            kind,
            D::Boolean | D::Null | D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..)
        );
    if !numeric {
        return Err(Error::new(format!(
            "it holds values of the type {}, and a tensor has numbers",
            shown(&kind.to_string())
        )));
    }
    let held = |x: f64| number(reading, x).unwrap_or(f32::INFINITY);
    if array.null_count() == 0 && reading.numbers.is_empty() {
        match kind {
            D::Float32 => return Ok(array.as_primitive::<Float32Type>().values().to_vec()),
            D::Float64 => {
                let values = array.as_primitive::<Float64Type>().values();
                return Ok(values.iter().map(|x| held(*x)).collect());
            }
            _ => {}
        }
    }
    let mut list = Vec::with_capacity(array.len());
    each(array, &mut |cell| {
        list.push(match cell {
            Cell::Short(x) => held(f64::from(x)),
            Cell::Number(x) => held(x),
            Cell::Whole(x) if x.abs() > EXACT && (x as f32) as i128 != x => f32::INFINITY,
            Cell::Whole(x) => held(x as f64),
            Cell::Flag(flag) => f32::from(u8::from(flag)),
            Cell::Decimal(digits, scale) => {
                let text = format!("{digits}e{}", -i32::from(scale));
                text.parse().map_or(f32::INFINITY, held)
            }
            Cell::Missing => f32::NAN,
            Cell::Text(_) | Cell::Day(_) | Cell::Moment(..) => f32::INFINITY,
        });
    })?;
    Ok(list)
}
