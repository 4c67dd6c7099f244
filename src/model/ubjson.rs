//! Universal Binary JSON (draft 12), as XGBoost writes it, read into anything that serde can fill.
//!
//! Nothing is trusted: every length is held against the bytes that are left before anything is set aside for it, negative
//! lengths are refused, and values nest no deeper than a fixed bound.

use crate::error::{Error, shown};
use serde::Deserializer;
use serde::de::value::Error as Fault;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

/// Values nested deeper are refused.
const DEEPEST: usize = 64;

/// Reads one value that fills the whole slice.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = Reader {
        bytes,
        at: 0,
        depth: 0,
    };
    let read = T::deserialize(Value {
        reader: &mut reader,
        marker: None,
    });
    let at = reader.at;
    let told = |fault: Fault| Error::new(format!("byte {at}: {}", shown(&fault.to_string())));
    let value = read.map_err(told)?;
    match reader.bytes.len() - reader.at {
        0 => Ok(value),
        more => Err(Error::new(format!("{more} bytes follow the end"))),
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    depth: usize,
}

impl<'b> Reader<'b> {
    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], Fault> {
        let taken = self
            .at
            .checked_add(count)
            .and_then(|end| self.bytes.get(self.at..end))
            .ok_or_else(|| Fault::custom(format!("{count} bytes claimed, {} left", self.left())))?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let taken = self.take(N)?;
        taken.try_into().map_err(Fault::custom)
    }

    fn peek(&self) -> Result<u8, Fault> {
        let next = self.bytes.get(self.at).copied();
        next.ok_or_else(|| Fault::custom("the file is cut off"))
    }

    /// The next marker; `N` says nothing.
    fn marker(&mut self) -> Result<u8, Fault> {
        loop {
            let [marker] = self
                .array()
                .map_err(|_| Fault::custom("the file is cut off"))?;
            if marker != b'N' {
                return Ok(marker);
            }
        }
    }

    fn whole(&mut self, marker: u8) -> Result<i64, Fault> {
        Ok(match marker {
            b'i' => i64::from(i8::from_be_bytes(self.array()?)),
            b'U' => i64::from(u8::from_be_bytes(self.array()?)),
            b'I' => i64::from(i16::from_be_bytes(self.array()?)),
            b'l' => i64::from(i32::from_be_bytes(self.array()?)),
            b'L' => i64::from_be_bytes(self.array()?),
            _ => return Err(Fault::custom("a length is no whole number")),
        })
    }

    fn length(&mut self) -> Result<usize, Fault> {
        let marker = self.marker()?;
        let length = self.whole(marker)?;
        usize::try_from(length).map_err(|_| Fault::custom("a length is negative"))
    }

    fn text(&mut self) -> Result<&'b str, Fault> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| Fault::custom("a text is not UTF-8"))
    }

    /// What stands before the items of a container: their type and their number, when given.
    fn head(&mut self) -> Result<(Option<u8>, Option<usize>), Fault> {
        let mut kind = None;
        if self.peek()? == b'$' {
            self.at += 1;
            kind = Some(self.array::<1>()?[0]);
        }
        if self.peek()? != b'#' {
            return match kind {
                None => Ok((None, None)),
                Some(_) => Err(Fault::custom("a typed container without a length")),
            };
        }
        self.at += 1;
        let count = self.length()?;
        let least = match kind {
            Some(b'I') => 2,
            Some(b'l' | b'd') => 4,
            Some(b'L' | b'D') => 8,
            None | Some(b'i' | b'U' | b'C' | b'S' | b'[' | b'{') => 1,
            Some(_) => return Err(Fault::custom("items of an unknown type")),
        };
        match count.checked_mul(least) {
            Some(bytes) if bytes <= self.left() => Ok((kind, Some(count))),
            _ => Err(Fault::custom(format!(
                "{count} items claimed, {} bytes left",
                self.left()
            ))),
        }
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::custom(format!("nested deeper than {DEEPEST}")));
        }
        Ok(())
    }
}

/// The next value, its marker read already or not.
struct Value<'a, 'b> {
    reader: &'a mut Reader<'b>,
    marker: Option<u8>,
}

impl<'de> Deserializer<'de> for Value<'_, 'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Value { reader, marker } = self;
        let marker = match marker {
            Some(marker) => marker,
            None => reader.marker()?,
        };
        match marker {
            b'Z' => visitor.visit_unit(),
            b'T' => visitor.visit_bool(true),
            b'F' => visitor.visit_bool(false),
            b'i' | b'U' | b'I' | b'l' | b'L' => visitor.visit_i64(reader.whole(marker)?),
            b'd' => visitor.visit_f32(f32::from_be_bytes(reader.array()?)),
            b'D' => visitor.visit_f64(f64::from_be_bytes(reader.array()?)),
            b'C' => visitor.visit_char(char::from(reader.array::<1>()?[0])),
            b'S' => visitor.visit_borrowed_str(reader.text()?),
            b'[' | b'{' => {
                reader.enter()?;
                let (kind, left) = reader.head()?;
                let items = Items { reader, kind, left };
                if marker == b'[' {
                    visitor.visit_seq(items)
                } else {
                    visitor.visit_map(items)
                }
            }
            _ => Err(Fault::custom(format!("an unknown marker ({marker})"))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let marker = match self.marker {
            Some(marker) => marker,
            None => self.reader.marker()?,
        };
        if marker == b'Z' {
            return visitor.visit_none();
        }
        visitor.visit_some(Value {
            reader: self.reader,
            marker: Some(marker),
        })
    }

    /// Lists of numbers are passed over in one step.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let marker = match self.marker {
            Some(marker) => marker,
            None => self.reader.marker()?,
        };
        let reader = self.reader;
        if marker != b'[' {
            let marker = Some(marker);
            return Value { reader, marker }.deserialize_any(visitor);
        }
        reader.enter()?;
        let (kind, left) = reader.head()?;
        let size = match kind {
            Some(b'i' | b'U') => 1,
            Some(b'I') => 2,
            Some(b'l' | b'd') => 4,
            Some(b'L' | b'D') => 8,
            _ => return visitor.visit_seq(Items { reader, kind, left }),
        };
        reader.take(left.unwrap_or(0).saturating_mul(size))?;
        reader.depth -= 1;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier
    }
}

/// The items of a list, or the pairs of an object.
struct Items<'a, 'b> {
    reader: &'a mut Reader<'b>,
    kind: Option<u8>,
    left: Option<usize>,
}

impl Items<'_, '_> {
    /// True when another item follows; leaves the container otherwise.
    fn more(&mut self, end: u8) -> Result<bool, Fault> {
        let more = match &mut self.left {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => {
                while self.reader.peek()? == b'N' {
                    self.reader.at += 1;
                }
                let more = self.reader.peek()? != end;
                self.reader.at += usize::from(!more);
                more
            }
        };
        if !more {
            self.reader.depth -= 1;
        }
        Ok(more)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        if !self.more(b']')? {
            return Ok(None);
        }
        let value = Value {
            reader: self.reader,
            marker: self.kind,
        };
        seed.deserialize(value).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        if !self.more(b'}')? {
            return Ok(None);
        }
        let key = self.reader.text()?;
        seed.deserialize(serde::de::value::BorrowedStrDeserializer::new(key))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        seed.deserialize(Value {
            reader: self.reader,
            marker: self.kind,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn told(bytes: &[u8]) -> String {
        read::<serde_json::Value>(bytes).unwrap_err().to_string()
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let bytes = [
            &b"{i\x01a[$d#i\x02"[..],
            &1.5_f32.to_be_bytes(),
            &(-2.0_f32).to_be_bytes(),
            b"U\x01b[Ti\xffNI\x01\x00Z]U\x01cSi\x02hiU\x01d{#i\x01U\x01eFL\0\0\0\0\0\0\0\x01fD",
            &0.1_f64.to_be_bytes(),
            b"}",
        ]
        .concat();
        let read: BTreeMap<String, serde_json::Value> = read(&bytes).unwrap();
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            r#"{"a":[1.5,-2.0],"b":[true,-1,256,null],"c":"hi","d":{"e":false},"f":0.1}"#
        );
    }

    #[test]
    fn lengths_that_lie_are_refused_before_anything_is_set_aside() {
        assert!(told(b"[$d#L\x00\x10\0\0\0\0\0\0").contains("items claimed"));
        assert!(told(b"[$d#i\xff").contains("negative"));
        assert!(told(b"[#L\x7f\xff\xff\xff\xff\xff\xff\xff").contains("items claimed"));
        assert!(told(b"SL\x7f\xff\xff\xff\xff\xff\xff\xff").contains("bytes claimed"));
        assert!(told(b"Si\x80").contains("negative"));
        assert!(told(b"[$Z#l\x7f\xff\xff\xff").contains("unknown type"));
        assert!(told(&b"[".repeat(1 << 20)).contains("nested"));
        assert!(told(b"Si\x01\xff").contains("UTF-8"));
        assert!(told(b"").contains("cut off"));
        assert!(told(b"i\x01i").contains("follow"));
    }
}
