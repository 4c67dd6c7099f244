//! How pages are kept: never half a file, nothing left behind.

use crate::made_up;
use keur::error::{Error, Result};
use keur::record::Record;
use keur::report::{self, Format};
use std::fs;

#[test]
fn a_failure_leaves_older_pages_and_no_half_file() {
    fn refuse(_: &Record) -> Result<Vec<u8>> {
        Err(Error::new("no"))
    }
    const REFUSE: Format = Format {
        id: "refuse",
        file: "refuse.txt",
        what: "fails",
        render: refuse,
    };
    fn blocked(_: &Record) -> Result<Vec<u8>> {
        Ok(b"new".to_vec())
    }
    const BLOCKED: Format = Format {
        id: "blocked",
        file: "blocked.txt",
        what: "has no place",
        render: blocked,
    };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    fs::write(out.join("junit.xml"), "old").unwrap();
    let junit = report::find("junit").unwrap();
    let error = report::write(&made_up::record(), out, &[junit, &REFUSE]).unwrap_err();
    assert!(error.at.unwrap().contains("refuse"));
    assert_eq!(fs::read_to_string(out.join("junit.xml")).unwrap(), "old");
    fs::create_dir_all(out.join("blocked.txt/inside")).unwrap();
    assert!(report::write(&made_up::record(), out, &[&BLOCKED, junit]).is_err());
    assert_eq!(fs::read_to_string(out.join("junit.xml")).unwrap(), "old");
    assert!(report::parts(out).is_empty());
    assert_eq!(fs::read_dir(out).unwrap().count(), 2);
    let file = out.join("junit.xml");
    assert!(report::write(&made_up::record(), &file, &[junit]).is_err());
}

#[test]
fn what_dead_runs_left_is_removed_and_living_runs_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let dead = child.id();
    child.wait().unwrap();
    let me = std::process::id();
    let names = [
        format!(".report.html.{dead}.part"),
        ".report.html.1.part".to_owned(),
        ".notes.part".to_owned(),
        format!(".report.html.{me}.part"),
    ];
    for name in &names {
        fs::write(out.join(name), "half").unwrap();
    }
    assert_eq!(report::parts(out), [out.join(&names[3])]);
    report::write(&made_up::record(), out, &[report::find("html").unwrap()]).unwrap();
    let left: Vec<bool> = names.iter().map(|name| out.join(name).exists()).collect();
    assert_eq!(left, [false, true, true, false]);
    fs::write(out.join(&names[3]), "half").unwrap();
    report::clean_up(out);
    assert!(!out.join(&names[3]).exists() && out.join("report.html").exists());
}
