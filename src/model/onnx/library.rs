//! The dynamic library of ONNX Runtime: where it may lie, and whether a file is one. Nothing is loaded here.
//!
//! A library is code. It is taken from the place that the environment names, or from the system's own folders, and never
//! looked for in a repository, beside a model, in the working directory or among Python's packages.

use crate::error::{Error, Result};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The variable of the environment that names a library, its folder, or `off`.
pub const VARIABLE: &str = "KEUR_ONNXRUNTIME";
/// Where installers put it.
#[cfg(unix)]
const USUAL: &[&str] = &[
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/lib",
    "/usr/lib64",
    #[cfg(target_arch = "x86_64")]
    "/usr/lib/x86_64-linux-gnu",
    #[cfg(target_arch = "aarch64")]
    "/usr/lib/aarch64-linux-gnu",
    "/opt/onnxruntime/lib",
    "/opt/homebrew/lib",
];
#[cfg(not(unix))]
const USUAL: &[&str] = &[];
/// The function every such library has.
const DOOR: &[u8] = b"OrtGetApiBase";
/// What stands before the version among a library's symbols.
const MARK: &[u8] = b"VERS_";
/// Larger files are no library.
const LARGEST: u64 = 4 << 30;
/// Bytes read at once.
const BLOCK: usize = 1 << 20;
/// Longer versions are none.
const VERSION: usize = 24;

/// A file that says of itself that it is ONNX Runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Where it lies.
    pub path: PathBuf,
    /// Its version as its symbols say it, where they do.
    pub version: Option<String>,
}

/// True when the environment says which library to use, or none.
pub fn named() -> bool {
    env::var_os(VARIABLE).is_some_and(|given| !given.is_empty())
}

/// Finds the library; None where there is none or the environment says `off`.
///
/// # Errors
/// The environment names something that is no library.
pub fn find() -> Result<Option<Library>> {
    match env::var_os(VARIABLE).filter(|given| !given.is_empty()) {
        Some(given) => at(given),
        None => {
            let files = USUAL.iter().filter_map(|folder| inside(Path::new(folder)));
            Ok(files.filter_map(|file| check(&file).ok()).next())
        }
    }
}

fn at(given: OsString) -> Result<Option<Library>> {
    if given == "off" || given == "none" {
        return Ok(None);
    }
    let path = PathBuf::from(given);
    let told = |error: Error| {
        let help =
            "name the library of ONNX Runtime (libonnxruntime.so) or its folder, or write `off`";
        let error = error.at(VARIABLE);
        match error.help {
            Some(_) => error,
            None => error.help(help),
        }
    };
    if path.is_relative() {
        return Err(told(
            Error::new(format!("`{}` is no whole path", path.display())).help(
                "write the path from the root on: a library is never looked for in the working directory",
            ),
        ));
    }
    let file = match path.is_dir() {
        false => path,
        true => inside(&path).ok_or_else(|| {
            told(Error::new(format!(
                "the folder `{}` holds no `libonnxruntime`",
                path.display()
            )))
        })?,
    };
    check(&file).map(Some).map_err(told)
}

/// The library in a folder; of several the one with the plain name, then the newest.
fn inside(folder: &Path) -> Option<PathBuf> {
    let mut found: Vec<(Vec<u64>, PathBuf)> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter_map(|path| Some((rank(path.file_name()?.to_str()?)?, path)))
        .filter(|(_, path)| path.is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

/// How good a name is: the plain one best, then the highest version; None when it is another file's.
fn rank(name: &str) -> Option<Vec<u64>> {
    let rest = name
        .strip_prefix("libonnxruntime.")
        .or_else(|| name.strip_prefix("onnxruntime."))?;
    if matches!(rest, "so" | "dylib" | "dll") {
        return Some(vec![u64::MAX]);
    }
    let numbers = rest
        .strip_prefix("so.")
        .or_else(|| rest.strip_suffix(".dylib"))?;
    numbers.split('.').map(|part| part.parse().ok()).collect()
}

/// Holds a file against what every such library has, without loading it.
fn check(path: &Path) -> Result<Library> {
    let shown = path.display();
    let told = |e: std::io::Error| Error::new(format!("cannot read `{shown}`: {e}"));
    let mut file = File::open(path).map_err(told)?;
    let facts = file.metadata().map_err(told)?;
    let (mut door, mut version) = (false, None);
    if facts.is_file() && facts.len() <= LARGEST {
        // what may run over the end of a block is carried into the next
        let carried = DOOR.len() + MARK.len() + VERSION;
        let mut block = Vec::with_capacity(BLOCK + carried);
        loop {
            let read = (&mut file)
                .take(BLOCK as u64)
                .read_to_end(&mut block)
                .map_err(told)?;
            door |= has(&block, DOOR);
            version = version.or_else(|| marked(&block));
            if read == 0 || (door && version.is_some()) {
                break;
            }
            block.drain(..block.len().saturating_sub(carried));
        }
    }
    if !door {
        return Err(Error::new(format!(
            "`{shown}` is not the library of ONNX Runtime"
        )));
    }
    Ok(Library {
        path: path.to_owned(),
        version,
    })
}

fn has(block: &[u8], word: &[u8]) -> bool {
    places(block, word).next().is_some()
}

fn places<'a>(block: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let first = word.first().copied().unwrap_or_default();
    let starts = block.iter().enumerate().filter(move |(_, b)| **b == first);
    starts
        .map(|(place, _)| place)
        .filter(move |place| block[*place..].starts_with(word))
}

/// The version behind the mark: numbers and points, ended by a zero byte.
fn marked(block: &[u8]) -> Option<String> {
    places(block, MARK).find_map(|place| {
        let rest = &block[place + MARK.len()..];
        let end = rest.iter().take(VERSION).position(|byte| *byte == 0)?;
        let text = std::str::from_utf8(&rest[..end]).ok()?;
        let numbers = text.split('.').filter(|part| part.parse::<u32>().is_ok());
        (text.starts_with("1.") && numbers.count() == 3).then(|| text.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_name_comes_first_then_the_newest_version() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(inside(folder.path()), None);
        for (name, best) in [
            ("libonnxruntime_providers_shared.so", None),
            ("libonnxruntime.so.1.9.0", Some("libonnxruntime.so.1.9.0")),
            ("libonnxruntime.so.1.31.1", Some("libonnxruntime.so.1.31.1")),
            ("libonnxruntime.so.1.20.0", Some("libonnxruntime.so.1.31.1")),
            ("libonnxruntime.so", Some("libonnxruntime.so")),
        ] {
            fs::write(folder.path().join(name), "x").unwrap();
            assert_eq!(
                inside(folder.path()),
                best.map(|name| folder.path().join(name))
            );
        }
    }

    #[test]
    fn a_file_is_known_by_its_symbols_wherever_a_block_ends() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("libonnxruntime.so");
        for before in [0, 10, BLOCK - 5, BLOCK - 1, BLOCK, 2 * BLOCK - 3] {
            let mut bytes = vec![b'O'; before];
            bytes.extend(b"OrtGetApiBase\0\0VERS_1.31.1\0");
            fs::write(&file, &bytes).unwrap();
            let library = check(&file).unwrap();
            assert_eq!(library.version.as_deref(), Some("1.31.1"), "{before}");
        }
        fs::write(&file, "OrtGetApi").unwrap();
        let told = check(&file).unwrap_err().to_string();
        assert!(told.contains("is not the library"), "{told}");
    }

    #[test]
    fn off_is_off_and_what_is_named_wrongly_is_told() {
        assert_eq!(at("off".into()), Ok(None));
        assert_eq!(at("none".into()), Ok(None));
        let folder = tempfile::tempdir().unwrap();
        for (given, said) in [
            (OsString::from("libonnxruntime.so"), "no whole path"),
            ("/nowhere/libonnxruntime.so".into(), "cannot read"),
            (folder.path().as_os_str().to_owned(), "holds no"),
        ] {
            let told = at(given).unwrap_err().to_string();
            assert!(told.contains(said) && told.contains(VARIABLE), "{told}");
        }
    }
}
