//! The house keeps its floors: imports run downward, rooms stay small, each heavy crate has one door, the map is true.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 400;

/// Room → rooms it may import. A room that is not listed may not exist.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("record", &[]),
    ("error", &[]),
    ("sheet", &["error"]),
    ("config", &["sheet", "record", "error"]),
    ("progress", &[]),
    ("dataset", &["record", "error"]),
    ("random", &[]),
    ("measure", &["record", "error", "random"]),
    (
        "explain",
        &["model", "dataset", "record", "error", "random"],
    ),
    ("condition", &["record", "error", "sheet"]),
    ("report", &["record", "error"]),
    ("model", &["dataset", "record", "error", "sheet"]),
    ("init", &["dataset", "model", "sheet", "record", "error"]),
    (
        "plan",
        &[
            "config",
            "dataset",
            "model",
            "measure",
            "condition",
            "sheet",
            "record",
            "error",
        ],
    ),
    (
        "run",
        &[
            "plan",
            "dataset",
            "model",
            "explain",
            "measure",
            "condition",
            "progress",
            "record",
            "error",
        ],
    ),
    (
        "cli",
        &[
            "init",
            "plan",
            "run",
            "report",
            "progress",
            "config",
            "record",
            "error",
            "dataset",
            "model",
            "explain",
            "measure",
            "condition",
        ],
    ),
];

/// Crate → the only files that may name it.
const DOORS: &[(&str, &[&str])] = &[
    ("arrow_array", &["dataset/arrow"]),
    ("arrow_ipc", &["dataset/ipc"]),
    ("arrow_schema", &["dataset/arrow"]),
    ("parquet", &["dataset/parquet"]),
    ("csv", &["dataset/csv"]),
    ("candle_core", &["model/network/numbers"]),
    ("safetensors", &["model/network/weights"]),
    ("half", &["model/onnx/narrow.rs"]),
    ("ort", &["model/onnx/runtime"]),
    ("ndarray", &["measure/"]),
    ("pulp", &["model/onnx/operator/lanes"]),
    ("indicatif", &["progress.rs"]),
    ("saphyr_parser", &["init/yaml.rs"]),
    ("toml", &["sheet/mod.rs"]),
    ("strsim", &["error.rs"]),
    ("include_dir", &["condition/mod.rs"]),
    ("clap", &["cli/"]),
    ("clap_complete", &["cli/"]),
    ("ctrlc", &["cli/"]),
    ("sha2", &["plan/", "run/"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file under `src`, as (path below src, text).
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs") {
                into.push(path);
            }
        }
    }
    let src = root().join("src");
    let mut files = Vec::new();
    walk(&src, &mut files);
    files.sort();
    assert!(files.len() > 20, "the house has rooms");
    files
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&src)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The code above the tests of a file, without comments.
fn code(text: &str) -> String {
    text.split("#[cfg(test)]")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn room(file: &str) -> String {
    file.split('/')
        .next()
        .unwrap()
        .trim_end_matches(".rs")
        .to_owned()
}

/// Names of rooms after `crate::`, alone or in braces.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in text.split("crate::").skip(1) {
        if let Some(list) = part.strip_prefix('{') {
            let mut depth = 1;
            let mut name = String::new();
            let mut fresh = true;
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => {
                        found.insert(std::mem::take(&mut name));
                        fresh = true;
                    }
                    ':' => fresh = false,
                    c if depth == 1 && fresh && (c.is_alphanumeric() || c == '_') => name.push(c),
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
            found.insert(name);
        } else {
            found.insert(
                part.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    found.remove("");
    found
}

#[test]
fn imports_run_only_downward() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let own = room(&file);
        if own == "lib" || own == "main" {
            continue;
        }
        let Some(may) = allowed.get(own.as_str()) else {
            wrong.push(format!("{file}: the room `{own}` is not on the plan"));
            continue;
        };
        for other in imports(&code(&text)) {
            if other != own
                && allowed.contains_key(other.as_str())
                && !may.contains(&other.as_str())
            {
                wrong.push(format!("{file} imports {other}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_plan_of_floors_has_no_circle() {
    let may: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    while done.len() < may.len() {
        let ready: Vec<&str> = may
            .iter()
            .filter(|(room, below)| !done.contains(*room) && below.iter().all(|b| done.contains(b)))
            .map(|(room, _)| *room)
            .collect();
        assert!(
            !ready.is_empty(),
            "the remaining rooms import each other in a circle"
        );
        done.extend(ready);
    }
}

#[test]
fn items_do_not_import_their_shelf() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let own = room(&file);
        if file.ends_with("/mod.rs") || !file.contains('/') || own == "record" || own == "cli" {
            continue;
        }
        let code = code(&text);
        let siblings: BTreeSet<String> = fs::read_dir(root().join("src").join(&own))
            .unwrap()
            .map(|e| {
                e.unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        for line in code.lines().filter(|l| l.trim_start().starts_with("use ")) {
            let line = line.trim();
            for head in [format!("use crate::{own}::"), "use super::".to_owned()] {
                if file.matches('/').count() > 1 && head == "use super::" {
                    continue;
                }
                if let Some(rest) = line.strip_prefix(&head)
                    && !rest.starts_with('{')
                {
                    let name: String = rest
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    if !siblings.contains(&name) {
                        wrong.push(format!("{file}: {line}"));
                    }
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn no_source_file_is_longer_than_one_can_read_at_once() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(file, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .map(|(file, lines)| format!("{file}: {lines}"))
        .collect();
    assert_eq!(long, Vec::<String>::new());
}

#[test]
fn each_heavy_crate_is_named_behind_one_door() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let code = code(&text);
        for (name, doors) in DOORS {
            let named = code.contains(&format!("use {name}::"))
                || code.contains(&format!("use {name};"))
                || code.match_indices(&format!("{name}::")).any(|(at, _)| {
                    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                });
            let through_door = doors.iter().any(|door| file.starts_with(door));
            let own_module = root()
                .join("src")
                .join(&file)
                .parent()
                .unwrap()
                .join(format!("{name}.rs"))
                .exists();
            if named && !through_door && !own_module {
                wrong.push(format!("{file} names {name}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut section = "";
    let mut before = "";
    let mut silent = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.contains("dependencies]")
            && line.contains(" = ")
            && !line.starts_with('#')
            && !before.starts_with('#')
        {
            silent.push(line.to_owned());
        }
        before = line;
    }
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn the_map_in_lib_rs_names_every_room() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let map: String = lib.lines().filter(|l| l.starts_with("//!")).collect();
    let missing: Vec<&str> = MAY_IMPORT
        .iter()
        .map(|(room, _)| *room)
        .filter(|room| {
            !map.contains(&format!("`{room}`")) || !lib.contains(&format!("pub mod {room};"))
        })
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn the_doorstep_holds_what_it_should() {
    const KNOWN: &[&str] = &[
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "models",
        "datasets",
        "configs",
        "tests",
        "benches",
        "README.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        ".ci",
        ".gitignore",
        ".git",
        "target",
        "reports",
    ];
    let strangers: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !KNOWN.contains(&name.as_str()))
        .collect();
    assert_eq!(strangers, Vec::<String>::new());
}

#[test]
fn every_folder_in_models_and_datasets_has_a_card() {
    for shelf in ["models", "datasets"] {
        let mut folders = 0;
        for entry in fs::read_dir(root().join(shelf)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders += 1;
                assert!(
                    path.join("card.toml").is_file(),
                    "{} has no card",
                    path.display()
                );
            }
        }
        assert!(folders > 1, "{shelf} ships something");
    }
}
