//! Findings: conditions judged on evidence. The shelf is the folder `configs/conditions`, compiled in; adding a
//! condition is adding a file there.
//!
//! ```
//! use keur::condition;
//! use keur::record::{Evidence, Verdict};
//! for condition in condition::library().unwrap() {
//!     let finding = condition::judge(&condition, &Evidence::default());
//!     assert_ne!(finding.verdict, Verdict::Met); // no evidence is never "met"
//! }
//! ```

mod answer;
mod ask;
pub mod bounds;
mod count;
mod declared;
mod example;
mod explained;
mod groups;
mod judge;
pub mod limits;
mod numbers;
mod read;
mod requirement;
pub mod rule;
#[cfg(test)]
mod trial;
pub mod waiver;

pub use example::check_examples;
pub use judge::judge;
pub use read::read;
pub use rule::{Condition, Requirement};
pub use waiver::Waiver;

use crate::error::{Error, Result, shown};
use crate::sheet::Sheet;
use include_dir::{Dir, DirEntry, File, include_dir};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/configs/conditions");

/// Frameworks in the order of a report; others follow by name.
const ORDER: [&str; 6] = [
    "gdpr",
    "house",
    "tripod-ai",
    "probast-ai",
    "eu-ai-act",
    "mdr",
];

/// A folder of conditions may hold so many files, so deep.
const MOST_FILES: usize = 1000;
const DEEPEST: usize = 4;

/// All conditions on the shelf, by framework and id. Fails with every problem of every file.
pub fn library() -> std::result::Result<Vec<Condition>, Vec<Error>> {
    collect(shelved().map(|(framework, id, file)| shelf_read(&framework, &id, file)))
}

/// The frameworks on the shelf, in the order of a report.
pub fn frameworks() -> Vec<String> {
    let names: BTreeSet<(usize, String)> = shelved()
        .map(|(framework, _, _)| (rank(&framework), framework))
        .collect();
    names.into_iter().map(|(_, framework)| framework).collect()
}

/// The conditions that a study file names: frameworks (`house`), single conditions (`house/enough-events`), or folders
/// and files relative to `root`, which they may not leave. A thing named twice counts once. Fails with every problem:
/// unknown names, wrong files, examples that come out differently, ids that two files share.
pub fn load(names: &[String], root: &Path) -> std::result::Result<Vec<Condition>, Vec<Error>> {
    let mut found = BTreeMap::new();
    let mut problems = Vec::new();
    for name in names {
        match named(name, root) {
            Ok(sources) => found.extend(sources),
            Err(problem) => problems.push(problem),
        }
    }
    let read = collect(found.into_iter().map(|(shown_as, source)| match source {
        Source::Shelf(framework, id, file) => shelf_read(&framework, &id, file),
        Source::Disk(path) => disk_read(&path, &shown_as),
    }));
    match read {
        Ok(conditions) if problems.is_empty() => Ok(conditions),
        Ok(_) => Err(problems),
        Err(others) => {
            problems.extend(others);
            Err(problems)
        }
    }
}

/// Where a condition's text is.
enum Source {
    Shelf(String, String, &'static File<'static>),
    Disk(PathBuf),
}

fn shelved() -> impl Iterator<Item = (String, String, &'static File<'static>)> {
    fn files(dir: &'static Dir<'static>) -> Vec<&'static File<'static>> {
        dir.entries()
            .iter()
            .flat_map(|entry| match entry {
                DirEntry::Dir(inner) => files(inner),
                DirEntry::File(file) => vec![file],
            })
            .collect()
    }
    files(&FILES).into_iter().filter_map(|file| {
        let (framework, id) = framework_and_id(file.path())?;
        Some((framework, id, file))
    })
}

/// `…/house/enough-events.toml` is `enough-events` of `house`.
fn framework_and_id(path: &Path) -> Option<(String, String)> {
    if path.extension()? != "toml" {
        return None;
    }
    let id = path.file_stem()?.to_string_lossy().into_owned();
    let framework = path.parent()?.file_name()?.to_string_lossy().into_owned();
    Some((framework, id))
}

fn shelf_read(
    framework: &str,
    id: &str,
    file: &File<'_>,
) -> std::result::Result<Condition, Vec<Error>> {
    let shown_as = format!("configs/conditions/{framework}/{id}.toml");
    match file.contents_utf8() {
        Some(text) => {
            let sheet = Sheet::parse(text, &shown_as).map_err(|problem| vec![problem])?;
            read(sheet, framework, id)
        }
        None => Err(vec![Error::new("the file is not text").at(shown_as)]),
    }
}

fn disk_read(path: &Path, shown_as: &str) -> std::result::Result<Condition, Vec<Error>> {
    let sheet = Sheet::read(path, shown_as).map_err(|problem| vec![problem])?;
    match framework_and_id(path) {
        Some((framework, id)) => read(sheet, &framework, &id),
        None => Err(vec![
            Error::new("a condition stands in a `.toml` file in a folder").at(shown_as),
        ]),
    }
}

fn named(name: &str, root: &Path) -> Result<Vec<(String, Source)>> {
    let on_shelf: Vec<(String, Source)> = shelved()
        .filter(|(framework, id, _)| name == framework || name == format!("{framework}/{id}"))
        .map(|(framework, id, file)| {
            let shown_as = format!("{framework}/{id}");
            (shown_as, Source::Shelf(framework, id, file))
        })
        .collect();
    if !on_shelf.is_empty() {
        return Ok(on_shelf);
    }
    let path = Path::new(name);
    let stays = |c: Component<'_>| matches!(c, Component::Normal(_) | Component::CurDir);
    if !path.components().all(stays) {
        return Err(Error::new(format!(
            "the folder of conditions `{}` leaves the repository",
            shown(name)
        ))
        .help("name a folder inside it, without `..`"));
    }
    let place = root.join(path);
    if name.trim().is_empty() || !(place.is_dir() || place.is_file()) {
        return Err(unknown(name));
    }
    let real = |path: &Path| {
        path.canonicalize()
            .map_err(|e| Error::new(format!("cannot read `{}`: {e}", shown(name))))
    };
    if !real(&place)?.starts_with(real(root)?) {
        return Err(Error::new(format!(
            "the folder of conditions `{}` is a link out of the repository",
            shown(name)
        )));
    }
    let mut files = Vec::new();
    gather(&place, 0, &mut files).map_err(|problem| problem.at(shown(name)))?;
    if files.is_empty() {
        return Err(Error::new(format!(
            "the folder `{}` holds no condition (`.toml` file)",
            shown(name)
        )));
    }
    let relative = |file: &PathBuf| {
        let file = file.strip_prefix(root).unwrap_or(file);
        let parts = file.components().filter(|c| *c != Component::CurDir);
        parts.collect::<PathBuf>().display().to_string()
    };
    Ok(files
        .into_iter()
        .map(|file| (relative(&file), Source::Disk(file)))
        .collect())
}

fn unknown(name: &str) -> Error {
    let mut known = frameworks();
    known.extend(shelved().map(|(framework, id, _)| format!("{framework}/{id}")));
    let error = Error::new(format!(
        "unknown conditions `{}`: neither on the shelf nor a folder",
        shown(name)
    ))
    .suggest(name, known.iter().map(String::as_str));
    match error.help {
        Some(_) => error,
        None => error.help(format!("on the shelf: {}", frameworks().join(", "))),
    }
}

/// The `.toml` files at or below a place, without following links.
fn gather(place: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let cannot = |e: std::io::Error| Error::new(format!("cannot read the folder: {e}"));
    if depth == 0 && place.is_file() {
        files.push(place.to_owned());
        return Ok(());
    }
    if depth > DEEPEST {
        return Err(Error::new(format!(
            "folders are nested more than {DEEPEST} deep"
        )));
    }
    let mut entries = std::fs::read_dir(place)
        .map_err(cannot)?
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(cannot)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(cannot)?;
        let path = entry.path();
        if kind.is_dir() {
            gather(&path, depth + 1, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
        if files.len() > MOST_FILES {
            return Err(Error::new(format!(
                "there are more than {MOST_FILES} conditions"
            )));
        }
    }
    Ok(())
}

fn rank(framework: &str) -> usize {
    let known = ORDER.iter().position(|known| *known == framework);
    known.unwrap_or(ORDER.len())
}

/// All conditions in the order of a report, or all problems; no two may share an id.
fn collect(
    read: impl Iterator<Item = std::result::Result<Condition, Vec<Error>>>,
) -> std::result::Result<Vec<Condition>, Vec<Error>> {
    let mut conditions: Vec<Condition> = Vec::new();
    let mut problems = Vec::new();
    for one in read {
        match one {
            Ok(condition) => {
                if let Some(other) = conditions.iter().find(|c| c.id == condition.id) {
                    let [a, b] = [&other.framework, &condition.framework];
                    problems.push(
                        Error::new(format!(
                            "two conditions have the id `{}` (in `{a}` and `{b}`)",
                            condition.id
                        ))
                        .help("rename one, with its file"),
                    );
                }
                conditions.push(condition);
            }
            Err(others) => problems.extend(others),
        }
    }
    conditions.sort_by_key(|c| (rank(&c.framework), c.framework.clone(), c.id.clone()));
    if problems.is_empty() {
        Ok(conditions)
    } else {
        Err(problems)
    }
}
