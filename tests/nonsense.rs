//! What a hurried, unlucky or hostile user gives to the command line: each slip is told at its line, before anything is
//! computed, and nothing is left half done.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const STUDY: &str = "title = \"t\"\nreplicates = 40\nconditions = [\"house\"]\n\n[[study]]\nmodel = \"models/m\"\n\
                     dataset = \"datasets/d\"\nthresholds = [0.3]\ngroups = [\"sex\"]\n";

const CARD: &str = "name = \"d\"\nfile = \"data.csv\"\nformat = \"csv\"\n\
                    [[columns]]\nname = \"id\"\nrole = \"patient\"\n\
                    [[columns]]\nname = \"sex\"\nrole = \"group\"\n\
                    [[columns]]\nname = \"died\"\nrole = \"outcome\"\nevent = \"1\"\n\
                    [[columns]]\nname = \"age\"\nrole = \"input\"\n";

fn put(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A repository with a logistic model on age and 400 persons, of whom older ones die more often.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    put(root, "study.toml", STUDY);
    put(root, "datasets/d/card.toml", CARD);
    put(root, "datasets/d/data.csv", &data(|_| String::new()));
    put(
        root,
        "models/m/card.toml",
        "name = \"m\"\nversion = \"1\"\ntask = \"binary\"\npredicts = \"death\"\nformat = \"linear\"\n\
         file = \"model.toml\"\nscore = \"probability\"\n[[inputs]]\nname = \"age\"\n",
    );
    put(
        root,
        "models/m/model.toml",
        "link = \"logistic\"\nintercept = -4\n[[terms]]\ninput = \"age\"\ncoefficient = 0.06\n",
    );
    folder
}

fn data(more: impl Fn(usize) -> String) -> String {
    let extra = if more(0).is_empty() { "" } else { ",weight" };
    let mut text = format!("id,sex,died,age{extra}\n");
    for i in 0..400 {
        let age = 30 + i * 37 % 60;
        let died = u8::from(i * 53 % 97 < age);
        let sex = ["f", "m"][i % 2];
        text += &format!("p{i},{sex},{died},{age}{}\n", more(i));
    }
    text
}

fn keur(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keur"))
        .current_dir(root)
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_folder_that_cannot_hold_reports_is_told_before_the_first_row() {
    let folder = repository();
    let root = folder.path();
    put(root, "taken", "a file");
    for out in ["taken", "taken/deeper"] {
        let output = keur(root, &["run", "study.toml", "--out", out]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains("in the way"), "{}", said(&output));
        assert!(!said(&output).contains("started"), "{}", said(&output));
    }
    let output = keur(root, &["run", "study.toml", "--out", "new/deep"]);
    assert!(
        root.join("new/deep/report.html").exists(),
        "{}",
        said(&output)
    );
    let hidden = |f: fs::DirEntry| f.file_name().to_string_lossy().starts_with('.');
    assert!(!fs::read_dir(root).unwrap().any(|f| hidden(f.unwrap())));
}

#[test]
fn problems_stand_at_the_line_of_their_key() {
    let folder = repository();
    let root = folder.path();
    let told = |study: &str| {
        put(root, "study.toml", study);
        let output = keur(root, &["plan", "study.toml"]);
        assert_eq!(output.status.code(), Some(2), "{study}");
        said(&output)
    };
    for (good, bad, line) in [
        ("[0.3]", "[3]", 8),
        ("\"sex\"", "\"sexe\"", 9),
        ("models/m", "models/n", 6),
        ("datasets/d", "datasets/e", 7),
        ("house", "hous", 3),
    ] {
        let told = told(&STUDY.replace(good, bad));
        assert!(told.contains(&format!("study.toml:{line}")), "{told}");
    }
    let told = told(&(STUDY.to_owned() + "[study.inputs]\nagge = \"age\"\n"));
    assert!(told.contains("study.toml:10"), "{told}");
}

#[test]
fn two_models_of_one_folder_name_are_told_apart_by_nobody() {
    let folder = repository();
    let root = folder.path();
    for file in ["card.toml", "model.toml"] {
        let text = fs::read_to_string(root.join("models/m").join(file)).unwrap();
        put(root, &format!("models/old/m/{file}"), &text);
    }
    let second = STUDY
        .split_once("\n\n")
        .unwrap()
        .1
        .replace("models/m", "models/old/m");
    put(
        root,
        "study.toml",
        &format!("{STUDY}\n{second}name = \"old\"\n"),
    );
    let output = keur(root, &["plan", "study.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("two folders are called `m`"),
        "{}",
        said(&output)
    );
    assert!(said(&output).contains("study.toml:12"), "{}", said(&output));
}

#[test]
fn an_empty_name_is_no_name() {
    let folder = repository();
    put(
        folder.path(),
        "study.toml",
        &(STUDY.to_owned() + "name = \"\"\n"),
    );
    let output = keur(folder.path(), &["plan", "study.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("`name` is empty"));
}

#[test]
fn a_wrong_separator_is_told_once_and_with_the_right_one() {
    let folder = repository();
    let root = folder.path();
    for (mark, word) in [(";", ";"), ("\t", "tab")] {
        let text = data(|_| String::new()).replace(',', mark);
        put(root, "datasets/d/data.csv", &text);
        let output = keur(root, &["plan", "study.toml"]);
        let told = said(&output);
        assert!(
            told.contains(&format!("`delimiter = \"{word}\"`")),
            "{told}"
        );
        assert_eq!(told.matches("error:").count(), 1, "{told}");
        assert_eq!(told.matches("data.csv").count(), 0, "{told}");
    }
}

#[test]
fn a_models_problem_is_found_from_the_repository() {
    let folder = repository();
    put(folder.path(), "models/m/model.toml", "intercept = -4\n");
    let told = said(&keur(folder.path(), &["plan", "study.toml"]));
    assert!(told.contains("at: models/m/model.toml:1"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_study_file_that_never_ends_is_refused_at_once() {
    let folder = repository();
    let output = keur(folder.path(), &["run", "/dev/zero"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("no regular file"));
}

#[test]
fn weights_beyond_all_reason_leave_and_are_counted() {
    let folder = repository();
    let root = folder.path();
    put(
        root,
        "datasets/d/card.toml",
        &(CARD.to_owned() + "[[columns]]\nname = \"weight\"\nrole = \"weight\"\n"),
    );
    let heavy = |i| if i < 40 { ",1e308".into() } else { ",1".into() };
    put(root, "datasets/d/data.csv", &data(heavy));
    let output = keur(root, &["run", "study.toml", "--out", "out"]);
    assert!(
        !said(&output).contains("internal fault"),
        "{}",
        said(&output)
    );
    let record = fs::read_to_string(root.join("out/record.json")).unwrap();
    assert!(record.contains("weight above 1e9"), "{record}");
    assert!(record.contains("\"rows\": 360"));
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_does_not_break_the_run() {
    let folder = repository();
    let program = env!("CARGO_BIN_EXE_keur");
    for end in [">&- 2>&- <&-", ">/dev/null 2>&-"] {
        let status = Command::new("sh")
            .current_dir(folder.path())
            .arg("-c")
            .arg(format!("{program} run study.toml --out out {end}"))
            .status()
            .unwrap();
        assert!(matches!(status.code(), Some(0 | 1 | 3)), "{status}");
        let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
        assert!(page.trim_end().ends_with("</html>"), "{end}");
        fs::remove_dir_all(folder.path().join("out")).unwrap();
    }
}
