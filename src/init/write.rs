//! Files of a new folder, written beside and renamed, so that nobody finds half of one.

use crate::error::{Error, Result, shown};
use std::fs;
use std::path::{Path, PathBuf};

/// Writes `card.toml` and the copies into a folder, which is made when it is not there. Gives the paths, the card first.
///
/// # Errors
/// A file that is there already, unless forced; a folder that cannot be written. Nothing is left behind then.
pub fn folder(
    out: &Path,
    card: &str,
    copies: &[(PathBuf, String)],
    force: bool,
) -> Result<Vec<PathBuf>> {
    let place = out.display().to_string();
    let told = |e: std::io::Error| Error::new(format!("cannot write: {e}")).at(shown(&place));
    let same = |from: &Path, to: &Path| matches!((from.canonicalize(), to.canonicalize()), (Ok(a), Ok(b)) if a == b);
    let targets: Vec<(&Path, PathBuf)> = copies
        .iter()
        .map(|(from, name)| (from.as_path(), out.join(name)))
        .filter(|(from, to)| !same(from, to))
        .collect();
    let card_path = out.join("card.toml");
    if !force {
        let mut all = std::iter::once(&card_path).chain(targets.iter().map(|(_, to)| to));
        if let Some(there) = all.find(|path| path.symlink_metadata().is_ok()) {
            return Err(Error::new(format!(
                "`{}` is there already",
                shown(&there.display().to_string())
            ))
            .help("name another folder with `--out`, or write over it with `--force`"));
        }
    }
    fs::create_dir_all(out).map_err(told)?;
    let part = |path: &Path| {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        path.with_file_name(format!(".{name}.part"))
    };
    let mut parts = vec![(part(&card_path), card_path.clone())];
    let mut work = || -> std::io::Result<()> {
        fs::write(part(&card_path), card)?;
        for (from, to) in &targets {
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            parts.push((part(to), to.clone()));
            fs::copy(from, part(to))?;
        }
        // the card last: a folder with a card is whole
        for (from, to) in parts.iter().rev() {
            fs::rename(from, to)?;
        }
        Ok(())
    };
    let done = work();
    if done.is_err() {
        parts.iter().for_each(|(part, _)| {
            fs::remove_file(part).ok();
        });
    }
    done.map_err(told)?;
    Ok(parts.into_iter().map(|(_, to)| to).collect())
}
