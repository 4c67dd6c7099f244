//! Delimited text in blocks of whole records, read in a stream with bounded memory.

use crate::error::{Error, Result};
use std::io::Read;

/// Bytes that a block has at least, unless the file ends.
const BLOCK: usize = 1 << 20;

/// Bytes that one record may have.
pub const LONGEST_RECORD: usize = 16 << 20;

/// Whole records, with the line the first of them starts on.
#[derive(Debug)]
pub struct Block {
    /// The text.
    pub bytes: Vec<u8>,
    /// Line of the first byte, from 1.
    pub line: u64,
}

impl Block {
    /// The line of the file on which the record that starts at (or behind empty lines after) this byte stands.
    pub fn line_of(&self, byte: usize) -> u64 {
        let (before, behind) = self.bytes.split_at(byte.min(self.bytes.len()));
        let empty = behind
            .iter()
            .take_while(|b| matches!(b, b'\n' | b'\r'))
            .filter(|b| **b == b'\n')
            .count();
        self.line + (newlines(before) + empty) as u64
    }
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b == b'\n').count()
}

/// Where in a record the reader stands; quotes count at the start of a field only, as in the `csv` crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    Quote,
}

/// Cuts a stream into blocks.
#[derive(Debug)]
pub struct Blocks<R> {
    source: R,
    delimiter: u8,
    rest: Vec<u8>,
    line: u64,
    state: State,
    begun: bool,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    /// A stream of delimited text.
    pub fn new(source: R, delimiter: u8) -> Self {
        Self {
            source,
            delimiter,
            rest: Vec::new(),
            line: 1,
            state: State::Start,
            begun: false,
            ended: false,
        }
    }

    /// The next blocks, at most `most`; none at the end of the stream.
    pub fn several(&mut self, most: usize) -> Result<Vec<Block>> {
        let mut blocks = Vec::new();
        while blocks.len() < most
            && let Some(block) = self.next_block()?
        {
            blocks.push(block);
        }
        Ok(blocks)
    }

    /// The next block. Fails when the stream cannot be read, is no text, has a record longer than
    /// [`LONGEST_RECORD`] or ends inside quotes.
    pub fn next_block(&mut self) -> Result<Option<Block>> {
        let mut bytes = std::mem::take(&mut self.rest);
        while !self.ended {
            let old = bytes.len();
            let read = (&mut self.source)
                .take(BLOCK as u64)
                .read_to_end(&mut bytes)
                .map_err(|e| Error::new(format!("cannot read the file: {e}")))?;
            self.ended = read < BLOCK;
            let mut from = old;
            if !self.begun {
                self.begun = true;
                from = self.begin(&mut bytes)?;
            }
            if let Some(nul) = position(&bytes, from, 0) {
                return Err(
                    Error::new("the file holds NUL bytes, so it is no text in UTF-8")
                        .at(format!(
                            "line {}",
                            self.line + newlines(&bytes[..nul]) as u64
                        ))
                        .help("export it as CSV in UTF-8"),
                );
            }
            if let Some(cut) = self.cut(&bytes, from) {
                self.rest = bytes.split_off(cut);
                break;
            }
            if bytes.len() > LONGEST_RECORD {
                return Err(Error::new(format!(
                    "a record is longer than {} MiB",
                    LONGEST_RECORD >> 20
                ))
                .at(format!("line {}", self.line))
                .help("is a quote never closed, or is this no delimited text?"));
            }
        }
        if self.ended && self.rest.is_empty() && self.state == State::Quoted {
            return Err(
                Error::new("a quote that opens in this record is never closed")
                    .at(format!("line {}", self.line)),
            );
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let line = self.line;
        self.line += newlines(&bytes) as u64;
        Ok(Some(Block { bytes, line }))
    }

    /// Takes the byte order mark away; gives where the text begins.
    fn begin(&self, bytes: &mut Vec<u8>) -> Result<usize> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Error::new("the file is text in UTF-16").help("export it as CSV in UTF-8"));
        }
        if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
            bytes.drain(..3);
        }
        Ok(0)
    }

    /// The place behind the last record that ends in the bytes from `from` on.
    fn cut(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let new = &bytes[from..];
        let last = *new.last()?;
        if matches!(self.state, State::Start | State::Plain) && !new.contains(&b'"') {
            self.state = self.after(last);
            return new
                .iter()
                .rposition(|b| *b == b'\n')
                .map(|at| from + at + 1);
        }
        let mut cut = None;
        for (at, byte) in new.iter().enumerate() {
            self.state = match (self.state, byte) {
                (State::Start, b'"') | (State::Quote, b'"') => State::Quoted,
                (State::Quoted, b'"') => State::Quote,
                (State::Quoted, _) => State::Quoted,
                _ => self.after(*byte),
            };
            if *byte == b'\n' && self.state == State::Start {
                cut = Some(from + at + 1);
            }
        }
        cut
    }

    fn after(&self, byte: u8) -> State {
        if byte == self.delimiter || byte == b'\n' || byte == b'\r' {
            State::Start
        } else {
            State::Plain
        }
    }
}

fn position(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let new = &bytes[from..];
    // `contains` searches a vector register at a time, `position` a byte at a time.
    if !new.contains(&wanted) {
        return None;
    }
    new.iter().position(|b| *b == wanted).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte a call, as a slow pipe may.
    struct Drip<'t>(&'t [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let n = usize::from(!self.0.is_empty() && !into.is_empty());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn all(text: &[u8]) -> Result<Vec<u8>> {
        let mut blocks = Blocks::new(Drip(text), b',');
        let mut joined = Vec::new();
        while let Some(block) = blocks.next_block()? {
            assert_eq!(block.line, 1 + newlines(&joined) as u64);
            joined.extend(block.bytes);
        }
        Ok(joined)
    }

    #[test]
    fn blocks_together_are_the_file() {
        let text = "a,b\n\"x\ny\",2\n".repeat(200_000);
        assert_eq!(all(text.as_bytes()).unwrap(), text.as_bytes());
    }

    #[test]
    fn no_block_ends_inside_quotes() {
        let text = format!("a\n{}", "\"1\n2\n3 \"\" \n\"\n".repeat(300_000));
        let mut blocks = Blocks::new(text.as_bytes(), b',');
        let mut seen = 0;
        while let Some(block) = blocks.next_block().unwrap() {
            assert!(block.bytes.ends_with(b"\"\n") || block.bytes == b"a\n");
            seen += 1;
        }
        assert!(seen > 3);
    }

    #[test]
    fn a_quote_inside_a_field_is_a_letter() {
        let text = "height\n5\" tall\n6\" tall\n";
        assert_eq!(all(text.as_bytes()).unwrap(), text.as_bytes());
    }

    #[test]
    fn an_open_quote_is_told_with_its_line() {
        let error = all(b"a,b\n1,2\n\"3,4\n5,6\n").unwrap_err();
        assert_eq!(error.at.as_deref(), Some("line 3"));
    }

    #[test]
    fn a_record_without_end_is_refused_with_bounded_memory() {
        let mut blocks = Blocks::new(std::io::repeat(b'x'), b',');
        let error = blocks.next_block().unwrap_err();
        assert!(error.what.contains("longer than 16 MiB"));
    }

    #[test]
    fn lines_are_counted_over_empty_lines_and_both_line_ends() {
        let block = Block {
            bytes: b"a\r\n\r\nb\r\n".to_vec(),
            line: 10,
        };
        assert_eq!(block.line_of(0), 10);
        assert_eq!(block.line_of(2), 12);
    }
}
