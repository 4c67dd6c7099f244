//! What identifies the files a number came from.

use crate::plan::hex;
use crate::record::Digests;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Id, card, file and the other files it needs.
pub type Files<'a> = (&'a str, &'a Path, Option<&'a Path>, &'a [PathBuf]);

/// The digests of models or datasets, by their ids.
pub fn digests<'a>(files: impl Iterator<Item = Files<'a>>) -> BTreeMap<String, Digests> {
    files
        .map(|(id, card, file, others)| {
            let home = card.parent().and_then(|home| home.canonicalize().ok());
            let name = |path: &Path| {
                let home = home.as_deref().unwrap_or(Path::new(""));
                path.strip_prefix(home)
                    .unwrap_or(path)
                    .display()
                    .to_string()
            };
            let others = others.iter();
            let digests = Digests {
                card_sha256: digest(card).unwrap_or_default(),
                file_sha256: file.and_then(digest),
                others_sha256: others
                    .map(|path| (name(path), digest(path).unwrap_or_default()))
                    .collect(),
                engine: None,
            };
            (id.to_owned(), digests)
        })
        .collect()
}

fn digest(path: &Path) -> Option<String> {
    let mut sha = Sha256::new();
    let mut file = std::fs::File::open(path).ok()?;
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block).ok()? {
            0 => return Some(hex(&sha.finalize())),
            read => sha.update(&block[..read]),
        }
    }
}
