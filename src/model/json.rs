//! JSON, read into anything that serde can fill, for model files of many megabytes: numbers are read where they stand, what
//! nobody asks for is passed over, nothing is copied. The words `NaN`, `Infinity` and `-Infinity`, which JSON lacks and
//! XGBoost writes all the same, are read as `null`.
//!
//! Values nest no deeper than a fixed bound, also where they are passed over.

use crate::error::{Error, shown};
use serde::Deserializer;
use serde::de::value::Error as Fault;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

/// Values nested deeper are refused.
const DEEPEST: usize = 64;
/// Powers of ten that are whole in 64 bits.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Reads one value that fills the whole text. What goes wrong is told with its line and column.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = Reader {
        bytes,
        at: 0,
        depth: 0,
    };
    let value = T::deserialize(&mut reader).and_then(|value| match reader.next() {
        None => Ok(value),
        Some(_) => Err(Fault::custom("more follows behind the end")),
    });
    value.map_err(|fault| {
        let before = bytes.get(..reader.at).unwrap_or(bytes);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before
            .iter()
            .rev()
            .take_while(|byte| **byte != b'\n')
            .count();
        Error::new(format!(
            "line {line}, column {column}: {}",
            shown(&fault.to_string())
        ))
    })
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    depth: usize,
}

impl<'b> Reader<'b> {
    /// The next byte that is no blank; it stays.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn need(&mut self) -> Result<u8, Fault> {
        self.next()
            .ok_or_else(|| Fault::custom("the file is cut off"))
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Fault> {
        let found = self.need()?;
        if found != wanted {
            return Err(Fault::custom(format!(
                "`{}` is missing",
                char::from(wanted)
            )));
        }
        self.at += 1;
        Ok(())
    }

    fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Takes a word when it stands here.
    fn word(&mut self, word: &[u8]) -> bool {
        let there = self.rest().starts_with(word);
        self.at += if there { word.len() } else { 0 };
        there
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.at += 1;
        self.depth += 1;
        match self.depth > DEEPEST {
            true => Err(Fault::custom(format!("nested deeper than {DEEPEST}"))),
            false => Ok(()),
        }
    }

    /// The bytes of a text between its quotes, and whether one of them is a backslash.
    fn quoted(&mut self) -> Result<(&'b [u8], bool), Fault> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(0..0x20) => return Err(Fault::custom("a text holds a control character")),
                Some(_) => self.at += 1,
                None => return Err(Fault::custom("the file is cut off")),
            }
        }
        let inner = self.bytes.get(start..self.at).unwrap_or_default();
        self.at += 1;
        Ok((inner, escaped))
    }

    fn text<V: Visitor<'b>>(&mut self, visitor: V) -> Result<V::Value, Fault> {
        let start = self.at;
        let (inner, escaped) = self.quoted()?;
        if escaped {
            // rare; the ordinary reader knows every escape
            let whole = self.bytes.get(start..self.at).unwrap_or_default();
            let text: String = serde_json::from_slice(whole)
                .map_err(|_| Fault::custom("a text has an unknown escape, or is not UTF-8"))?;
            return visitor.visit_string(text);
        }
        let text = std::str::from_utf8(inner).map_err(|_| Fault::custom("a text is not UTF-8"))?;
        visitor.visit_borrowed_str(text)
    }

    /// A number: whole where it is written so and fits 64 bits, else the nearest of 64 bits.
    #[inline]
    fn number<V: Visitor<'b>>(&mut self, visitor: V) -> Result<V::Value, Fault> {
        let rest = self.rest();
        let negative = rest.first() == Some(&b'-');
        let mut at = usize::from(negative);
        let (mut digits, mut value, mut places) = (0_u32, 0_u64, 0_i32);
        let mut take = |at: &mut usize| {
            let first = *at;
            while let Some(digit) = rest
                .get(*at)
                .map(|byte| byte.wrapping_sub(b'0'))
                .filter(|digit| *digit < 10)
            {
                value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
                digits += 1;
                *at += 1;
            }
            *at - first
        };
        if take(&mut at) == 0 {
            return Err(Fault::custom("a value is missing"));
        }
        let mut whole = true;
        if rest.get(at) == Some(&b'.') {
            at += 1;
            whole = false;
            places -= take(&mut at) as i32;
        }
        if let Some(b'e' | b'E') = rest.get(at) {
            at += 1;
            whole = false;
            let down = match rest.get(at) {
                Some(sign @ (b'-' | b'+')) => {
                    at += 1;
                    *sign == b'-'
                }
                _ => false,
            };
            let (mut power, first) = (0_i32, at);
            while let Some(digit) = rest
                .get(at)
                .map(|byte| byte.wrapping_sub(b'0'))
                .filter(|digit| *digit < 10)
            {
                power = power
                    .saturating_mul(10)
                    .saturating_add(i32::from(digit))
                    .min(1 << 20);
                at += 1;
            }
            if at == first {
                return Err(Fault::custom("an exponent has no digit"));
            }
            places += if down { -power } else { power };
        }
        self.at += at;
        if whole && digits <= 18 {
            let value = value as i64;
            return visitor.visit_i64(if negative { -value } else { value });
        }
        // both are exact here, so one rounding is left (Clinger 1990)
        let ten = TENS.get(places.unsigned_abs() as usize);
        if let (Some(ten), true) = (ten, digits <= 15) {
            let value = value as f64;
            let value = if places < 0 { value / ten } else { value * ten };
            return visitor.visit_f64(if negative { -value } else { value });
        }
        let text = rest
            .get(..at)
            .and_then(|text| std::str::from_utf8(text).ok());
        match text.and_then(|text| text.parse().ok()) {
            Some(value) => visitor.visit_f64(value),
            None => Err(Fault::custom("a number cannot be read")),
        }
    }

    /// Passes over a value: only brackets and texts are looked at.
    fn skip(&mut self) -> Result<(), Fault> {
        let depth = self.depth;
        loop {
            match self.need()? {
                b'"' => {
                    self.quoted()?;
                }
                b'[' | b'{' => self.enter()?,
                b']' | b'}' if self.depth > depth => {
                    self.at += 1;
                    self.depth -= 1;
                }
                b']' | b'}' => return Err(Fault::custom("a value is missing")),
                _ => {
                    let plain = |byte: &u8| !matches!(byte, b'"' | b'[' | b'{' | b']' | b'}');
                    let inside = self.depth > depth;
                    let length = self
                        .rest()
                        .iter()
                        .position(|byte| !plain(byte) || (!inside && *byte == b','))
                        .unwrap_or(self.rest().len());
                    self.at += length.max(1);
                }
            }
            if self.depth == depth {
                return Ok(());
            }
        }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Fault;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.need()? {
            b'-' if self.word(b"-Infinity") => visitor.visit_unit(),
            b'-' | b'0'..=b'9' => self.number(visitor),
            b'"' => self.text(visitor),
            b'[' => {
                self.enter()?;
                visitor.visit_seq(Items {
                    reader: self,
                    first: true,
                })
            }
            b'{' => {
                self.enter()?;
                visitor.visit_map(Items {
                    reader: self,
                    first: true,
                })
            }
            b't' if self.word(b"true") => visitor.visit_bool(true),
            b'f' if self.word(b"false") => visitor.visit_bool(false),
            b'n' if self.word(b"null") => visitor.visit_unit(),
            b'N' if self.word(b"NaN") => visitor.visit_unit(),
            b'I' if self.word(b"Infinity") => visitor.visit_unit(),
            _ => Err(Fault::custom("a value is missing")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.need()?;
        if self.word(b"null") {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.skip()?;
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
    first: bool,
}

impl Items<'_, '_> {
    /// True when another item follows; leaves the container otherwise.
    #[inline]
    fn more(&mut self, end: u8) -> Result<bool, Fault> {
        let next = self.reader.need()?;
        if next == end {
            self.reader.at += 1;
            self.reader.depth -= 1;
            return Ok(false);
        }
        if !std::mem::take(&mut self.first) {
            self.reader.expect(b',')?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Fault;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        match self.more(b']')? {
            true => seed.deserialize(&mut *self.reader).map(Some),
            false => Ok(None),
        }
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
        if self.reader.need()? != b'"' {
            return Err(Fault::custom("the name of a value is missing"));
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    fn told(text: &str) -> String {
        read::<serde_json::Value>(text.as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn values_are_those_of_the_ordinary_reader() {
        let text = r#" { "a" : [ 1, -2.5, 1e3, 3.25E-2, true, false, null, "x\"ÿ" ],"b":{},"c":[[],[0]] } "#;
        let mine: BTreeMap<String, serde_json::Value> = read(text.as_bytes()).unwrap();
        let other: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap();
        assert_eq!(mine, other);
    }

    #[test]
    fn numbers_are_the_nearest_of_64_bits() {
        let mut state = 3_u64;
        for _ in 0..200_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let x = f64::from_bits(state.rotate_left(17));
            if !x.is_finite() {
                continue;
            }
            for text in [
                format!("{x:E}"),
                format!("{:E}", x as f32),
                format!("{:.7}", x % 1e6),
            ] {
                if let Ok(wanted) = text.parse::<f64>()
                    && wanted.is_finite()
                {
                    assert_eq!(
                        read::<f64>(text.as_bytes()).unwrap().to_bits(),
                        wanted.to_bits(),
                        "{text}"
                    );
                }
            }
        }
    }

    #[test]
    fn words_for_no_number_are_null_outside_texts_only() {
        let list: Vec<Option<serde_json::Value>> =
            read(br#"["NaN\"NaN",NaN,-1,-Infinity,Infinity]"#).unwrap();
        let told: Vec<String> = list
            .iter()
            .map(|x| x.clone().unwrap_or_default().to_string())
            .collect();
        assert_eq!(told, [r#""NaN\"NaN""#, "null", "-1", "null", "null"]);
    }

    #[test]
    fn what_nobody_asks_for_is_passed_over() {
        #[derive(Deserialize)]
        struct Few {
            b: i32,
        }
        for text in [
            r#"{"a":[1,{"x":"]"},[[]]],"b":7}"#,
            r#"{"a":"}\"","b":7,"c":1.5}"#,
            r#"{"a" : 1 ,"b":7,"c":{}}"#,
            r#"{"b":7,"a":NaN}"#,
        ] {
            assert_eq!(read::<Few>(text.as_bytes()).unwrap().b, 7, "{text}");
        }
        let deep = format!("{{\"a\":{},\"b\":7}}", "[".repeat(1 << 20));
        assert!(read::<Few>(deep.as_bytes()).is_err());
        for cut in [
            "{\"a\":[1",
            "{\"a\":\"x",
            "{\"a\":",
            "{\"a\":}",
            "{\"a\":]",
            "{\"a\":1",
        ] {
            assert!(read::<Few>(cut.as_bytes()).is_err(), "{cut}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        assert!(told("[1,\n 2,\n x]").starts_with("line 3, column 1"));
        assert!(told("[1 2]").contains("`,` is missing"));
        assert!(told("[1,").contains("cut off"));
        assert!(told("[1e]").contains("exponent"));
        assert!(told("[-]").contains("missing"));
        assert!(told("{1:2}").contains("the name of a value"));
        assert!(told("1 1").contains("more follows"));
        assert!(told(&"[".repeat(1 << 20)).contains("nested"));
        assert!(told("").contains("cut off"));
    }
}
