//! Keeps rendered pages in a folder: written beside, synced, renamed. A run that is killed leaves no half page.

use crate::error::{Error, Result};
use crate::record::Record;
use crate::report::format::Format;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Where it cannot be seen whether a process lives, its parts count as left behind after this time.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// Makes the pages and keeps them in `out`; returns their paths in the order of `formats`.
///
/// All pages are rendered before the first is written, and all are on the disk under another name
/// (`.<file>.<process>.part`) before the first gets its own. On any failure the parts are removed and older pages stay as
/// they were. Parts that dead runs left behind are removed first.
pub fn write(record: &Record, out: &Path, formats: &[&Format]) -> Result<Vec<PathBuf>> {
    let mut pages = Vec::with_capacity(formats.len());
    for format in formats {
        let bytes = (format.render)(record).map_err(|e| e.at(format!("page `{}`", format.id)))?;
        pages.push((format.file, bytes));
    }
    fs::create_dir_all(out).map_err(|e| trouble("the output folder cannot be made", out, &e))?;
    remove_left_behind(out);
    let written = keep(&pages, out);
    if written.is_err() {
        clean_up(out);
    }
    written
}

/// Tries, before anything is computed, whether pages can be written to `out`. Leaves nothing behind.
///
/// # Errors
/// The folder, or its nearest parent that exists, is no folder or cannot be written to.
pub fn try_out(out: &Path) -> Result<()> {
    let whole = std::path::absolute(out)
        .map_err(|e| trouble("the output folder cannot be used", out, &e))?;
    // a link that leads nowhere exists as a name, and not as a folder
    let there = |f: &&Path| f.symlink_metadata().is_ok();
    let nearest = whole.ancestors().find(there).unwrap_or(Path::new("/"));
    if !nearest.is_dir() {
        return Err(Error::new(
            "the output folder cannot be made: a file of that name is in the way",
        )
        .at(nearest.display().to_string())
        .help("choose another folder with `--out`"));
    }
    let part = nearest.join(format!(".trial.{}.part", std::process::id()));
    let tried = write_part(&part, b"");
    let _ = fs::remove_file(&part);
    tried.map_err(|e| trouble("the output folder cannot be written to", nearest, &e))
}

/// The unfinished files of this process in `out`.
pub fn parts(out: &Path) -> Vec<PathBuf> {
    let me = std::process::id();
    found(out)
        .filter(|(_, process)| *process == me)
        .map(|(path, _)| path)
        .collect()
}

/// Removes the unfinished files of this process in `out`; finished pages stay. For Ctrl-C and for failures.
pub fn clean_up(out: &Path) {
    for part in parts(out) {
        // A part that is gone already is what is wanted.
        let _ = fs::remove_file(part);
    }
}

fn keep(pages: &[(&str, Vec<u8>)], out: &Path) -> Result<Vec<PathBuf>> {
    let mut renames = Vec::with_capacity(pages.len());
    for (file, bytes) in pages {
        let part = out.join(format!(".{file}.{}.part", std::process::id()));
        write_part(&part, bytes)
            .map_err(|e| trouble("the report cannot be written", &out.join(file), &e))?;
        renames.push((part, out.join(file)));
    }
    for (part, page) in &renames {
        fs::rename(part, page)
            .map_err(|e| trouble("the report cannot be put in its place", page, &e))?;
    }
    if let Ok(folder) = File::open(out) {
        // Not every file system can sync a folder; the pages themselves are synced.
        let _ = folder.sync_all();
    }
    Ok(renames.into_iter().map(|(_, page)| page).collect())
}

/// A new file, never one that stood there before: a link planted under this name would lead elsewhere.
fn write_part(part: &Path, bytes: &[u8]) -> std::io::Result<()> {
    match fs::remove_file(part) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(part)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove_left_behind(out: &Path) {
    for (path, process) in found(out) {
        if process != std::process::id() && is_left_behind(&path, process) {
            // Another run may have removed it in the meantime.
            let _ = fs::remove_file(path);
        }
    }
}

fn is_left_behind(part: &Path, process: u32) -> bool {
    let processes = Path::new("/proc");
    if processes.join("self").exists() {
        return !processes.join(process.to_string()).exists();
    }
    fs::metadata(part)
        .and_then(|about| about.modified())
        .is_ok_and(|then| {
            SystemTime::now()
                .duration_since(then)
                .is_ok_and(|age| age > LEFT_BEHIND)
        })
}

/// All unfinished files in `out`, with the process that began them.
fn found(out: &Path) -> impl Iterator<Item = (PathBuf, u32)> {
    fs::read_dir(out)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (page, process) = name
                .strip_prefix('.')?
                .strip_suffix(".part")?
                .rsplit_once('.')?;
            (!page.is_empty()).then_some(())?;
            Some((entry.path(), process.parse().ok()?))
        })
}

fn trouble(what: &str, place: &Path, error: &std::io::Error) -> Error {
    Error::new(format!("{what}: {error}"))
        .at(place.display().to_string())
        .help("choose another folder with `--out`, or free space there")
}
