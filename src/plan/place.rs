//! Where files lie, and that they lie inside the repository.

use crate::error::{Error, Result, shown};
use std::path::{Component, Path, PathBuf};

/// The repository of a study file: the folder that holds it or its nearest parent with `models/` or `datasets/`.
pub fn root_of(study_file: &Path) -> PathBuf {
    let file = std::path::absolute(study_file).unwrap_or_else(|_| study_file.to_owned());
    let folder = file.parent().unwrap_or(Path::new("/"));
    folder
        .ancestors()
        .find(|f| f.join("models").is_dir() || f.join("datasets").is_dir())
        .unwrap_or(folder)
        .to_owned()
}

/// A path of the study file, relative to the root, which it may not leave unless that is allowed. Links are followed.
pub fn inside(root: &Path, given: &str, allow_outside: bool) -> Result<PathBuf> {
    let leaves = || {
        Error::new(format!("the path `{}` leaves the repository", shown(given)))
            .help("name a folder inside it, or run with `--allow-outside`")
    };
    let path = Path::new(given);
    let climbs = path
        .components()
        .any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
    if climbs && !allow_outside {
        return Err(leaves());
    }
    let full = root.join(path);
    if !full.exists() {
        return Err(absent(root, path));
    }
    if !allow_outside {
        let real = |p: &Path| p.canonicalize().unwrap_or_else(|_| p.to_owned());
        if !real(&full).starts_with(real(root)) {
            return Err(leaves());
        }
    }
    Ok(full)
}

fn absent(root: &Path, path: &Path) -> Error {
    let name = path.to_string_lossy();
    if root.join(path).is_symlink() {
        return Error::new(format!("the link `{}` leads nowhere", shown(&name)))
            .help("name the folder itself, or mend the link");
    }
    let error = Error::new(format!("there is no `{}`", shown(&name)));
    let parent = path.parent().unwrap_or(Path::new(""));
    let beside: Vec<String> = std::fs::read_dir(root.join(parent))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| {
            parent
                .join(entry.file_name())
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let error = error.suggest(&name, beside.iter().map(String::as_str));
    match error.help {
        Some(_) => error,
        None => error.help("paths are relative to the folder that holds `models/` and `datasets/`"),
    }
}

/// A path as messages and the record show it: relative to the root where it lies inside.
pub fn shown_as(root: &Path, path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute
        .strip_prefix(root)
        .unwrap_or(&absolute)
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_climb_out_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("models/a")).unwrap();
        assert!(inside(folder.path(), "models/a", false).is_ok());
        for bad in ["../x", "/etc", "models/../../x"] {
            let error = inside(folder.path(), bad, false).unwrap_err();
            assert!(error.what.contains("leaves the repository"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_out_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("away")).unwrap();
        assert!(inside(folder.path(), "away", false).is_err());
        assert!(inside(folder.path(), "away", true).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_circle_are_called_so() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("b", folder.path().join("a")).unwrap();
        std::os::unix::fs::symlink("a", folder.path().join("b")).unwrap();
        let error = inside(folder.path(), "a", false).unwrap_err();
        assert!(error.what.contains("leads nowhere"), "{error}");
    }

    #[test]
    fn a_slip_of_the_pen_is_met_with_a_suggestion() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("models/wdbc-logistic")).unwrap();
        let error = inside(folder.path(), "models/wdbc-logistc", false).unwrap_err();
        assert!(error.help.unwrap().contains("wdbc-logistic"));
    }
}
