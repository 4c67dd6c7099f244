//! What the targets share: memory is bounded, seeds come from the fixtures of the tests, whatever opens is also used.

pub mod cards;
pub mod models;
pub mod seeds;
pub mod tables;

use std::alloc::System;
use std::path::PathBuf;
use std::sync::OnceLock;

/// More memory than this is a finding: a few kilobytes of file must not ask for it.
pub const MOST_BYTES: usize = 1 << 30;

#[global_allocator]
static ALLOCATOR: cap::Cap<System> = cap::Cap::new(System, MOST_BYTES);

/// A folder of this process, in memory where the system has such a place.
pub fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let shm = PathBuf::from("/dev/shm");
        let root = if shm.is_dir() { shm } else { std::env::temp_dir() };
        let folder = root.join(format!("keur-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for files");
        folder
    })
}

/// The part before the first NUL and the part behind it; a text without one is all file.
pub fn split(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (&[], data),
    }
}

/// A fuzz target. With `KEUR_FUZZ_SEEDS` set it writes its seeds into that folder and ends.
#[macro_export]
macro_rules! target {
    ($name:literal, |$data:ident: &[u8]| $body:expr) => {
        libfuzzer_sys::fuzz_target!(
            init: {
                if let Ok(folder) = std::env::var("KEUR_FUZZ_SEEDS") {
                    $crate::seeds::write($name, std::path::Path::new(&folder));
                    std::process::exit(0);
                }
            },
            |$data: &[u8]| {
                $body;
            }
        );
    };
}
