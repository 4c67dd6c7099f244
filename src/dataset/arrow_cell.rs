//! One value of an Arrow array at a time, whatever its type.

use crate::dataset::arrow_kind::{is_list, is_plain};
use crate::error::{Error, Result, shown};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::{as_date, as_datetime};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::{DataType, TimeUnit};
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

/// One value, whatever array it stands in.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// Nothing is known.
    Missing,
    /// A whole number.
    Whole(i128),
    /// Digits, and how many of them stand behind the point.
    Decimal(i128, i8),
    /// 16 or 32 bits.
    Short(f32),
    /// 64 bits.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A text.
    Text(&'a str),
    /// Days since 1970.
    Day(i64),
    /// Ticks since 1970, their unit, and true when they are counted in UTC.
    Moment(i64, TimeUnit, bool),
}

impl Cell<'_> {
    /// Writes it as a word.
    pub fn write(self, out: &mut String) -> std::fmt::Result {
        match self {
            Self::Missing => Ok(()),
            Self::Whole(x) => write!(out, "{x}"),
            Self::Short(x) => write!(out, "{x}"),
            Self::Number(x) => write!(out, "{x}"),
            Self::Flag(x) => write!(out, "{x}"),
            Self::Text(x) => out.write_str(x),
            Self::Decimal(digits, scale) => decimal(digits, scale, out),
            Self::Day(days) => match as_date::<Date32Type>(days) {
                Some(day) => write!(out, "{day}"),
                None => Ok(()),
            },
            Self::Moment(ticks, unit, zone) => {
                let moment = match unit {
                    TimeUnit::Second => as_datetime::<TimestampSecondType>(ticks),
                    TimeUnit::Millisecond => as_datetime::<TimestampMillisecondType>(ticks),
                    TimeUnit::Microsecond => as_datetime::<TimestampMicrosecondType>(ticks),
                    TimeUnit::Nanosecond => as_datetime::<TimestampNanosecondType>(ticks),
                };
                match moment {
                    Some(moment) => write!(out, "{moment:?}{}", if zone { "Z" } else { "" }),
                    None => Ok(()),
                }
            }
        }
    }

    /// A print of it: equal cells have equal prints.
    pub fn print(self) -> u64 {
        match self {
            Self::Missing => 0x9e37_79b9_7f4a_7c15,
            Self::Number(x) => x.to_bits(),
            Self::Short(x) => u64::from(x.to_bits()),
            Self::Whole(x) | Self::Decimal(x, _) => (x as u64) ^ stir((x >> 64) as u64),
            Self::Flag(x) => u64::from(x),
            Self::Day(x) | Self::Moment(x, ..) => x as u64,
            Self::Text(x) => {
                let mut hasher = DefaultHasher::new();
                x.hash(&mut hasher);
                hasher.finish()
            }
        }
    }
}

fn decimal(digits: i128, scale: i8, out: &mut String) -> std::fmt::Result {
    let places = usize::from(scale.unsigned_abs());
    let sign = if digits < 0 { "-" } else { "" };
    let text = digits.unsigned_abs().to_string();
    if scale <= 0 {
        let zeros = if digits == 0 { 0 } else { places };
        return write!(out, "{sign}{text}{}", "0".repeat(zeros));
    }
    let text = format!("{text:0>width$}", width = places + 1);
    let (whole, part) = text.split_at(text.len() - places);
    write!(out, "{sign}{whole}.{part}")
}

/// Hands over every value of an array, in order. Fails when values of its type cannot be read.
pub fn each<'a>(array: &'a dyn Array, take: &mut dyn FnMut(Cell<'a>)) -> Result<()> {
    use DataType as D;
    match array.data_type() {
        D::Null => (0..array.len()).for_each(|_| take(Cell::Missing)),
        D::Boolean => values(array.as_boolean().iter(), take, Cell::Flag),
        D::Int8 => whole::<Int8Type>(array, take),
        D::Int16 => whole::<Int16Type>(array, take),
        D::Int32 => whole::<Int32Type>(array, take),
        D::Int64 => whole::<Int64Type>(array, take),
        D::UInt8 => whole::<UInt8Type>(array, take),
        D::UInt16 => whole::<UInt16Type>(array, take),
        D::UInt32 => whole::<UInt32Type>(array, take),
        D::UInt64 => whole::<UInt64Type>(array, take),
        D::Float16 => primitive::<Float16Type>(array, take, |x| Cell::Short(x.to_f32())),
        D::Float32 => primitive::<Float32Type>(array, take, Cell::Short),
        D::Float64 => primitive::<Float64Type>(array, take, Cell::Number),
        D::Decimal32(_, scale) => {
            primitive::<Decimal32Type>(array, take, |x| Cell::Decimal(x.into(), *scale));
        }
        D::Decimal64(_, scale) => {
            primitive::<Decimal64Type>(array, take, |x| Cell::Decimal(x.into(), *scale));
        }
        D::Decimal128(_, scale) => {
            primitive::<Decimal128Type>(array, take, |x| Cell::Decimal(x, *scale));
        }
        D::Utf8 => values(array.as_string::<i32>().iter(), take, Cell::Text),
        D::LargeUtf8 => values(array.as_string::<i64>().iter(), take, Cell::Text),
        D::Utf8View => values(array.as_string_view().iter(), take, Cell::Text),
        D::Date32 => primitive::<Date32Type>(array, take, |x| Cell::Day(x.into())),
        D::Date64 => primitive::<Date64Type>(array, take, |x| {
            Cell::Moment(x, TimeUnit::Millisecond, false)
        }),
        D::Timestamp(unit, zone) => moments(array, take, *unit, zone.is_some()),
        kind @ D::Dictionary(..) if is_plain(kind) => dictionary(array, take)?,
        kind => {
            let help = match is_list(kind) {
                true => {
                    "a list of numbers is a tensor: write `kind = \"tensor\"` in the dataset's card"
                }
                false => "numbers, flags, texts, dates and dictionaries of them can",
            };
            return Err(Error::new(format!(
                "values of the type {} cannot be read",
                shown(&kind.to_string())
            ))
            .help(help));
        }
    }
    Ok(())
}

fn values<'a, T>(
    values: impl Iterator<Item = Option<T>>,
    take: &mut dyn FnMut(Cell<'a>),
    cell: impl Fn(T) -> Cell<'a>,
) {
    values.for_each(|value| take(value.map_or(Cell::Missing, &cell)));
}

fn primitive<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    take: &mut dyn FnMut(Cell<'a>),
    cell: impl Fn(T::Native) -> Cell<'a>,
) {
    values(array.as_primitive::<T>().iter(), take, cell);
}

fn whole<'a, T: ArrowPrimitiveType<Native: Into<i128>>>(
    array: &'a dyn Array,
    take: &mut dyn FnMut(Cell<'a>),
) {
    primitive::<T>(array, take, |x| Cell::Whole(x.into()));
}

fn moments<'a>(array: &'a dyn Array, take: &mut dyn FnMut(Cell<'a>), unit: TimeUnit, zone: bool) {
    let cell = |ticks| Cell::Moment(ticks, unit, zone);
    match unit {
        TimeUnit::Second => primitive::<TimestampSecondType>(array, take, cell),
        TimeUnit::Millisecond => primitive::<TimestampMillisecondType>(array, take, cell),
        TimeUnit::Microsecond => primitive::<TimestampMicrosecondType>(array, take, cell),
        TimeUnit::Nanosecond => primitive::<TimestampNanosecondType>(array, take, cell),
    }
}

fn dictionary<'a>(array: &'a dyn Array, take: &mut dyn FnMut(Cell<'a>)) -> Result<()> {
    let dictionary = array.as_any_dictionary();
    let mut words = Vec::with_capacity(dictionary.values().len());
    each(dictionary.values().as_ref(), &mut |cell| words.push(cell))?;
    if words.is_empty() {
        (0..array.len()).for_each(|_| take(Cell::Missing));
        return Ok(());
    }
    for (row, key) in dictionary.normalized_keys().into_iter().enumerate() {
        let known = !dictionary.keys().is_null(row);
        let cell = words.get(key).copied().filter(|_| known);
        take(cell.unwrap_or(Cell::Missing));
    }
    Ok(())
}

/// Spreads every bit of a number over all bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014).
pub fn stir(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
