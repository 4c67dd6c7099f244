//! The wire format of protocol buffers, read safely: every length is held against the bytes that are there.
//!
//! <https://protobuf.dev/programming-guides/encoding/>. Nothing is allocated here; a text or a message is a slice of the file.

use crate::error::{Error, Result};

/// One field as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wire<'a> {
    /// A number of varying length.
    Varint(u64),
    /// Eight bytes.
    Eight([u8; 8]),
    /// Text, bytes, a message, or packed numbers.
    Bytes(&'a [u8]),
    /// Four bytes.
    Four([u8; 4]),
}

/// The fields of one message, in the order of the file.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Reads a message.
    pub fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    /// Takes the next field with its number; None at the end.
    pub fn take(&mut self) -> Result<Option<(u64, Wire<'a>)>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = varint(&mut self.0)?;
        let field = key >> 3;
        if field == 0 {
            return Err(damaged("a field has the number 0"));
        }
        let wire = match key & 7 {
            0 => Wire::Varint(varint(&mut self.0)?),
            1 => Wire::Eight(exactly(&mut self.0)?),
            2 => {
                let length = varint(&mut self.0)?;
                let split = usize::try_from(length)
                    .ok()
                    .and_then(|length| self.0.split_at_checked(length));
                let Some((bytes, rest)) = split else {
                    return Err(damaged(&format!(
                        "a field claims {length} bytes where {} are left",
                        self.0.len()
                    )));
                };
                self.0 = rest;
                Wire::Bytes(bytes)
            }
            5 => Wire::Four(exactly(&mut self.0)?),
            other => return Err(damaged(&format!("a field has the unknown kind {other}"))),
        };
        Ok(Some((field, wire)))
    }

    /// The whole numbers that follow under this field (below 16): a list that is not packed is a run of one field.
    pub fn ints(&mut self, field: u8, into: &mut Vec<i64>) -> Result<()> {
        while let Some((key, mut rest)) = self.0.split_first()
            && *key == field << 3
        {
            into.push(varint(&mut rest)? as i64);
            self.0 = rest;
        }
        Ok(())
    }

    /// The numbers of 32 bits that follow under this field (below 16).
    pub fn floats(&mut self, field: u8, into: &mut Vec<f32>) {
        while let Some((&[key, a, b, c, d], rest)) = self.0.split_first_chunk()
            && key == field << 3 | 5
        {
            into.push(f32::from_le_bytes([a, b, c, d]));
            self.0 = rest;
        }
    }
}

/// The file is not what it says.
pub fn damaged(why: &str) -> Error {
    Error::new(format!("this is no whole ONNX file: {why}"))
        .help("the file is cut off or damaged, or no ONNX model; export it again")
}

#[inline]
fn varint(bytes: &mut &[u8]) -> Result<u64> {
    if let Some((&byte, rest)) = bytes.split_first()
        && byte < 0x80
    {
        *bytes = rest;
        return Ok(u64::from(byte));
    }
    long_varint(bytes)
}

fn long_varint(bytes: &mut &[u8]) -> Result<u64> {
    let mut value = 0;
    for place in 0..10 {
        let Some((byte, rest)) = bytes.split_first() else {
            return Err(damaged("it ends in the middle of a number"));
        };
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(damaged("a number has more than ten bytes"))
}

fn exactly<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
    let Some((taken, rest)) = bytes.split_first_chunk() else {
        return Err(damaged("it ends in the middle of a number"));
    };
    *bytes = rest;
    Ok(*taken)
}

impl<'a> Wire<'a> {
    /// A whole number.
    pub fn int(self) -> Result<i64> {
        match self {
            Self::Varint(value) => Ok(value as i64),
            _ => Err(damaged("a whole number is stored as something else")),
        }
    }

    /// A number of 32 bits.
    pub fn float(self) -> Result<f32> {
        match self {
            Self::Four(bytes) => Ok(f32::from_le_bytes(bytes)),
            _ => Err(damaged("a number is stored as something else")),
        }
    }

    /// Bytes or a message.
    pub fn bytes(self) -> Result<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(damaged("a part of it is stored as a number")),
        }
    }

    /// A text.
    pub fn text(self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| damaged("a text is not UTF-8"))
    }

    /// Whole numbers, packed or one by one.
    pub fn ints(self, into: &mut Vec<i64>) -> Result<()> {
        match self {
            Self::Bytes(mut bytes) => {
                while !bytes.is_empty() {
                    into.push(varint(&mut bytes)? as i64);
                }
            }
            one => into.push(one.int()?),
        }
        Ok(())
    }

    /// Numbers of 32 bits, packed or one by one.
    pub fn floats(self, into: &mut Vec<f32>) -> Result<()> {
        match self {
            Self::Bytes(bytes) => {
                let (chunks, rest) = bytes.as_chunks::<4>();
                if !rest.is_empty() {
                    return Err(damaged("a list of numbers ends in the middle of one"));
                }
                into.extend(chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            }
            one => into.push(one.float()?),
        }
        Ok(())
    }

    /// Numbers of 64 bits, packed or one by one.
    pub fn doubles(self, into: &mut Vec<f64>) -> Result<()> {
        match self {
            Self::Bytes(bytes) => {
                let (chunks, rest) = bytes.as_chunks::<8>();
                if !rest.is_empty() {
                    return Err(damaged("a list of numbers ends in the middle of one"));
                }
                into.extend(chunks.iter().map(|bytes| f64::from_le_bytes(*bytes)));
            }
            Self::Eight(bytes) => into.push(f64::from_le_bytes(bytes)),
            _ => return Err(damaged("a number is stored as something else")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<(u64, Wire<'_>)>> {
        let mut fields = Fields::new(bytes);
        let mut found = Vec::new();
        while let Some(field) = fields.take()? {
            found.push(field);
        }
        Ok(found)
    }

    #[test]
    fn fields_are_read_with_their_numbers() {
        let found = all(&[
            0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1d, 0, 0, 0x80, 0x3f,
        ]);
        let found = found.unwrap();
        assert_eq!(found[0], (1, Wire::Varint(150)));
        assert_eq!(found[1].1.text().unwrap(), "hi");
        assert_eq!(found[2].1.float().unwrap(), 1.0);
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_told() {
        for bytes in [
            &[0x08][..],
            &[0x08, 0x96],
            &[0x12, 0x05, b'h'],
            &[
                0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
            ],
            &[0x1d, 0, 0],
            &[0x00, 0x01],
            &[0x0b],
            &[0xff; 12],
        ] {
            assert!(all(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn negative_numbers_have_ten_bytes() {
        let mut list = Vec::new();
        let minus = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        Wire::Bytes(&minus).ints(&mut list).unwrap();
        assert_eq!(list, [-1]);
    }
}
