//! The file beside a model's card: found inside the folder, recognised by its content, read within bounds.

use crate::error::{Error, Result, shown};
use crate::model::predict::{Model, Opened};
use crate::record::ModelCard;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Opens the file of a card: found, read within bounds and given to `load` with its path. Every problem says where it is.
pub fn open<M: Model + 'static>(
    card: &ModelCard,
    folder: &Path,
    largest: u64,
    load: impl FnOnce(&[u8], &Path) -> std::result::Result<M, Vec<Error>>,
) -> Opened {
    let path = locate(card, folder).map_err(|error| vec![error])?;
    let place = format!(
        "{}/{}",
        shown(&card.id),
        shown(card.file.as_deref().unwrap_or_default())
    );
    let at = |error: Error| error.at(place.as_str());
    let bytes = read(&path, largest).map_err(|error| vec![at(error)])?;
    match load(&bytes, &path) {
        Ok(model) => Ok(Box::new(model)),
        Err(problems) => Err(problems.into_iter().map(at).collect()),
    }
}

/// The path of the card's file, when it is a plain file inside the folder (links followed) and no format that runs code
/// when opened.
pub fn locate(card: &ModelCard, folder: &Path) -> Result<PathBuf> {
    let Some(name) = card.file.as_deref().filter(|name| !name.is_empty()) else {
        return Err(Error::new(format!(
            "a `{}` model needs `file`",
            shown(&card.format)
        )));
    };
    let outside = || {
        Error::new(format!(
            "the file `{}` does not lie in the model's folder",
            shown(name)
        ))
        .help("put the file beside the card")
    };
    let inside = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !inside {
        return Err(outside());
    }
    let found = |e: std::io::Error| {
        Error::new(format!("cannot open the file `{}`: {e}", shown(name)))
            .at(folder.display().to_string())
    };
    let home = folder.canonicalize().map_err(found)?;
    let path = home.join(name).canonicalize().map_err(found)?;
    if !path.starts_with(&home) {
        return Err(outside());
    }
    if !path.metadata().map_err(found)?.is_file() {
        return Err(Error::new(format!("`{}` is no file", shown(name))));
    }
    head(&path, name).map_err(|e| e.at(folder.display().to_string()))?;
    Ok(path)
}

/// The first bytes of a file, when it is no format that runs code when opened.
pub fn head(path: &Path, name: &str) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .map_err(|e| Error::new(format!("cannot open the file `{}`: {e}", shown(name))))?;
    if let Some(what) = disguise(&head) {
        return Err(Error::new(format!("`{}` is {what}", shown(name)))
            .help(
                "such files can run code when they are opened, so this one never is; save the weights as safetensors, boosted \
                 trees with the framework's `save_model`, or write the equation as TOML",
            ));
    }
    Ok(head)
}

/// The bytes of a located file, at most `largest`.
pub fn read(path: &Path, largest: u64) -> Result<Vec<u8>> {
    let told = |e: std::io::Error| Error::new(format!("cannot read the file: {e}"));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(told)?;
    file.take(largest + 1)
        .read_to_end(&mut bytes)
        .map_err(told)?;
    if bytes.len() as u64 > largest {
        return Err(Error::new(format!(
            "the file has more than the {largest} bytes a model of this format may have"
        )));
    }
    Ok(bytes)
}

/// A zip names its first members well within this.
const HEAD: u64 = 64 << 10;

/// What a file is by its first bytes, when it is one of the formats that are refused under any name.
fn disguise(head: &[u8]) -> Option<&'static str> {
    if looks_like_safetensors(head) {
        return None;
    }
    match head {
        [0x80, 2..=5, ..] => Some("a Python pickle"),
        [b'P', b'K', 3, 4, ..] if has(head, b"data.pkl") => {
            Some("a zip archive with a Python pickle in it, as `torch.save` writes it")
        }
        [b'P', b'K', 3, 4, ..] => Some("a zip archive"),
        [0x1f, 0x8b, ..] | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => {
            Some("a compressed file, as joblib writes its pickles")
        }
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..]
        | [0xfd, b'7', b'z', b'X', b'Z', 0, ..]
        | [0x5d, 0, 0, ..]
        | [0x04, 0x22, 0x4d, 0x18, ..] => Some("a compressed file, as joblib writes its pickles"),
        _ if [
            &b"(dp0"[..],
            b"(lp0",
            b"ccopy_reg\n",
            b"cnumpy",
            b"csklearn",
            b"ctorch",
        ]
        .iter()
        .any(|start| head.starts_with(start)) =>
        {
            Some("a Python pickle")
        }
        [0x89, b'H', b'D', b'F', ..] => Some("an HDF5 file"),
        _ => None,
    }
}

/// Eight bytes of a plausible length and the brace of the header behind them.
pub fn looks_like_safetensors(head: &[u8]) -> bool {
    matches!(head, [_, _, _, _, 0, 0, 0, 0, b'{', ..])
}

fn has(head: &[u8], word: &[u8]) -> bool {
    head.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pickles_are_recognised_under_any_name_and_safetensors_are_not_taken_for_one() {
        assert_eq!(
            disguise(b"\x80\x04\x95\x10\0\0\0\0\0\0\0"),
            Some("a Python pickle")
        );
        assert_eq!(disguise(b"\x80\x02}q\0."), Some("a Python pickle"));
        let zip = [&b"PK\x03\x04"[..], &[0; 30], b"archive/data.pkl"].concat();
        assert!(disguise(&zip).unwrap().contains("torch.save"));
        assert!(disguise(b"\x78\x9c\x01\x02").unwrap().contains("joblib"));
        assert_eq!(disguise(b"\x80\x02\0\0\0\0\0\0{\"a\""), None);
        assert_eq!(disguise(b"link = \"logistic\""), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_out_of_the_folder_is_refused() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("m");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(outer.path().join("secret"), "x = 1").unwrap();
        std::os::unix::fs::symlink(outer.path().join("secret"), folder.join("m.toml")).unwrap();
        let card = ModelCard {
            file: Some("m.toml".into()),
            ..ModelCard::default()
        };
        let told = locate(&card, &folder).unwrap_err().to_string();
        assert!(told.contains("does not lie in"), "{told}");
    }
}
