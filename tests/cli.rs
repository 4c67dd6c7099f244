//! The binary as people, CI and scripts meet it: exit codes, messages, files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DATASET: &str = r#"
name = "little"
file = "data.csv"
format = "csv"
[[columns]]
name = "person"
role = "patient"
[[columns]]
name = "sex"
role = "group"
[[columns]]
name = "risk"
role = "prediction"
range = [0.0, 1.0]
[[columns]]
name = "died"
role = "outcome"
event = "yes"
"#;

const MODEL: &str = r#"
name = "column of risks"
version = "1"
task = "binary"
predicts = "death within 30 days"
format = "column"
column = "risk"
score = "probability"
"#;

const STUDY: &str = r#"
title = "little study"
replicates = 50
conditions = []
[[study]]
name = "little"
model = "models/m"
dataset = "datasets/d"
thresholds = [0.2]
groups = ["sex"]
"#;

/// 200 made-up persons; risk and outcome go together.
fn data() -> String {
    let mut text = String::from("person,sex,risk,died\n");
    for i in 0..200 {
        let risk = f64::from((i * 37) % 100) / 100.0;
        let died = if (i * 61) % 97 < (i * 37) % 100 {
            "yes"
        } else {
            "no"
        };
        let sex = if i % 2 == 0 { "female" } else { "male" };
        text.push_str(&format!("p{i},{sex},{risk},{died}\n"));
    }
    text
}

struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Self { folder };
        repository.write("datasets/d/card.toml", DATASET);
        repository.write("datasets/d/data.csv", &data());
        repository.write("models/m/card.toml", MODEL);
        repository.write("study.toml", STUDY);
        repository
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn keur(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_keur"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn files_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_run_writes_every_page_and_says_which() {
    let repository = Repository::new();
    let ran = repository.keur(&["run", "study.toml"]);
    assert_eq!(code(&ran), 0, "{}", err(&ran));
    let pages = files_in(&repository.path("reports/study"));
    assert_eq!(
        pages,
        ["junit.xml", "record.json", "report.html", "report.md"]
    );
    assert_eq!(out(&ran).lines().count(), 4);
    for line in out(&ran).lines() {
        assert!(repository.path(line).is_file(), "{line}");
    }
    assert!(
        err(&ran).contains("little: started"),
        "progress in plain lines: {}",
        err(&ran)
    );
}

#[test]
fn every_problem_of_a_request_is_told_at_once_and_nothing_is_written() {
    let repository = Repository::new();
    repository.write(
        "study.toml",
        &STUDY
            .replace("models/m", "models/mm")
            .replace("\"sex\"", "\"sexe\"")
            .replace("replicates", "replicate")
            .replace("0.2", "20"),
    );
    repository.write(
        "datasets/d/card.toml",
        &DATASET.replace("\"outcome\"", "\"outcom\""),
    );
    let ran = repository.keur(&["run", "study.toml"]);
    assert_eq!(code(&ran), 2);
    let told = err(&ran);
    for part in [
        "unknown key `replicate`",
        "did you mean `replicates`?",
        "study.toml:3",
        "there is no `models/mm`",
        "did you mean `models/m`?",
        "did you mean `outcome`?",
        "datasets/d/card.toml:",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    assert!(!repository.path("reports").exists());
}

#[test]
fn groups_and_thresholds_are_checked_against_the_cards() {
    let repository = Repository::new();
    repository.write(
        "study.toml",
        &STUDY
            .replace("\"sex\"", "\"sexe\"")
            .replace("[0.2]", "[20]"),
    );
    let planned = repository.keur(&["plan", "study.toml"]);
    assert_eq!(code(&planned), 2);
    let told = err(&planned);
    assert!(
        told.contains("did you mean `sex`?") && told.contains("write 0.2 for 20 %"),
        "{told}"
    );
}

#[test]
fn paths_may_not_leave_the_repository() {
    let repository = Repository::new();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("card.toml"), MODEL).unwrap();
    let outside = elsewhere.path().to_string_lossy().into_owned();
    repository.write("study.toml", &STUDY.replace("models/m", &outside));
    let ran = repository.keur(&["run", "study.toml"]);
    assert_eq!(code(&ran), 2);
    assert!(err(&ran).contains("leaves the repository"), "{}", err(&ran));
    let allowed = repository.keur(&["run", "study.toml", "--allow-outside"]);
    assert_eq!(code(&allowed), 0, "{}", err(&allowed));
}

#[test]
fn a_broken_study_is_evidence_and_the_batch_goes_on() {
    let repository = Repository::new();
    repository.write("datasets/bad/card.toml", DATASET);
    repository.write("datasets/bad/data.csv", &data().replace(",yes", ",no"));
    repository.write(
        "study.toml",
        &STUDY.replace(
            "[[study]]",
            "[[study]]\nmodel = \"models/m\"\ndataset = \"datasets/bad\"\n[[study]]",
        ),
    );
    let ran = repository.keur(&["run", "study.toml"]);
    assert_eq!(code(&ran), 3, "{}", err(&ran));
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(repository.path("reports/study/record.json")).unwrap())
            .unwrap();
    let evidence = record["evidence"].as_array().unwrap();
    assert!(
        evidence[0]["failure"]["what"]
            .as_str()
            .unwrap()
            .contains("event")
    );
    assert!(evidence[1]["failure"].is_null());
    assert!(!evidence[1]["estimates"].as_array().unwrap().is_empty());
}

#[test]
fn one_thread_and_eight_write_the_same_bytes() {
    let repository = Repository::new();
    for threads in ["1", "8"] {
        let ran = repository.keur(&[
            "run",
            "study.toml",
            "--threads",
            threads,
            "--out",
            threads,
            "-q",
        ]);
        assert_eq!(code(&ran), 0, "{}", err(&ran));
    }
    for page in ["report.html", "junit.xml", "report.md"] {
        let read = |n: &str| fs::read(repository.path(n).join(page)).unwrap();
        assert_eq!(read("1"), read("8"), "{page}");
    }
    let record = |n: &str| {
        let text = fs::read_to_string(repository.path(n).join("record.json")).unwrap();
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        for redacted in ["started", "seconds", "threads"] {
            json["provenance"]
                .as_object_mut()
                .unwrap()
                .remove(redacted)
                .unwrap();
        }
        json.to_string()
    };
    assert_eq!(record("1"), record("8"));
}

#[test]
fn pages_can_be_made_again_from_the_record_alone() {
    let repository = Repository::new();
    repository.keur(&["run", "study.toml", "-q"]);
    fs::remove_dir_all(repository.path("datasets")).unwrap();
    fs::remove_dir_all(repository.path("models")).unwrap();
    let again = repository.keur(&[
        "report",
        "reports/study/record.json",
        "--formats",
        "html,junit",
        "--out",
        "again",
    ]);
    assert_eq!(code(&again), 0, "{}", err(&again));
    for page in ["report.html", "junit.xml"] {
        let read = |folder: &str| fs::read(repository.path(folder).join(page)).unwrap();
        assert_eq!(read("again"), read("reports/study"));
    }
    let unknown = repository.keur(&["report", "reports/study/record.json", "--formats", "htm"]);
    assert_eq!(code(&unknown), 2);
    assert!(err(&unknown).contains("htm"), "{}", err(&unknown));
}

#[test]
fn a_small_group_appears_in_no_page() {
    let repository = Repository::new();
    let mut text = data();
    for i in 0..7 {
        let died = if i < 3 { "yes" } else { "no" };
        text.push_str(&format!("q{i},intersex,0.{i}1,{died}\n"));
    }
    repository.write("datasets/d/data.csv", &text);
    let ran = repository.keur(&["run", "study.toml", "-q"]);
    assert_eq!(code(&ran), 0, "{}", err(&ran));
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(repository.path("reports/study/record.json")).unwrap())
            .unwrap();
    let evidence = &record["evidence"][0];
    for group in evidence["profile"]["groups"].as_array().unwrap() {
        if group["group"]["sex"] == "intersex" {
            assert_eq!(group["rows"]["masked"], "<10");
        }
    }
    let shown = evidence["estimates"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["group"]["sex"] == "intersex" && e["value"]["masked"].is_null())
        .count();
    assert_eq!(shown, 0);
}

#[test]
fn no_value_of_a_patient_appears_in_a_message() {
    let repository = Repository::new();
    repository.write(
        "datasets/d/data.csv",
        &data().replacen("0.37", "SECRET-37", 1),
    );
    let ran = repository.keur(&["run", "study.toml"]);
    assert_eq!(code(&ran), 3, "{}", err(&ran));
    assert!(err(&ran).contains("`risk`"), "{}", err(&ran));
    for text in [
        err(&ran),
        out(&ran),
        fs::read_to_string(repository.path("reports/study/record.json")).unwrap(),
    ] {
        assert!(!text.contains("SECRET"), "{text}");
    }
}

#[test]
fn shelves_are_listed_and_explained() {
    let repository = Repository::new();
    for shelf in [
        "measures",
        "models",
        "datasets",
        "conditions",
        "explainers",
        "formats",
    ] {
        let listed = repository.keur(&["list", shelf]);
        assert_eq!(code(&listed), 0);
        assert!(!out(&listed).trim().is_empty(), "{shelf}");
        let json = repository.keur(&["list", shelf, "--json"]);
        let items: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        for item in items.as_array().unwrap() {
            assert!(item["id"].is_string() && item["what"].is_string(), "{item}");
            if shelf == "measures" || shelf == "conditions" {
                let explained = repository.keur(&["explain", item["id"].as_str().unwrap()]);
                assert_eq!(code(&explained), 0);
                assert!(out(&explained).contains("source"), "{}", out(&explained));
            }
        }
    }
    let slip = repository.keur(&["explain", "aurok"]);
    assert_eq!(code(&slip), 2);
    assert!(
        err(&slip).contains("did you mean `auroc`?"),
        "{}",
        err(&slip)
    );
}

#[test]
fn a_card_is_made_for_a_model_file_and_what_is_there_is_left_alone() {
    let repository = Repository::new();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/wdbc-xgboost/model.json");
    fs::copy(shipped, repository.path("Sent Model.json")).unwrap();
    let made = repository.keur(&["init", "model", "Sent Model.json"]);
    assert_eq!(code(&made), 0, "{}", err(&made));
    let written: Vec<String> = out(&made).lines().map(str::to_owned).collect();
    assert_eq!(
        written,
        [
            "models/sent-model/card.toml",
            "models/sent-model/Sent Model.json"
        ]
    );
    assert!(err(&made).contains("3 places to fill in"), "{}", err(&made));
    repository.write(
        "study.toml",
        &STUDY.replace("models/m", "models/sent-model"),
    );
    let planned = repository.keur(&["plan", "study.toml"]);
    assert_eq!(code(&planned), 2);
    assert!(
        err(&planned).contains("`predicts` is empty"),
        "{}",
        err(&planned)
    );
    let again = repository.keur(&["init", "model", "Sent Model.json"]);
    assert_eq!(code(&again), 2);
    assert!(err(&again).contains("--force"), "{}", err(&again));
    assert_eq!(
        code(&repository.keur(&["init", "model", "Sent Model.json", "--force"])),
        0
    );
}

#[test]
fn a_plan_says_whether_test_vectors_reproduced() {
    let repository = Repository::new();
    let planned = repository.keur(&["plan", "study.toml"]);
    assert_eq!(code(&planned), 0, "{}", err(&planned));
    assert!(out(&planned).contains("tests    the model card has no test vector"));
}

#[test]
fn help_teaches_and_completions_complete() {
    let repository = Repository::new();
    let help = repository.keur(&["--help"]);
    assert_eq!(code(&help), 0);
    for word in ["Exit codes", "keur run configs/demo.toml", "explain"] {
        assert!(out(&help).contains(word));
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = repository.keur(&["completions", shell]);
        assert_eq!(code(&script), 0);
        assert!(out(&script).contains("keur"));
    }
    assert_eq!(code(&repository.keur(&["run"])), 2);
    assert_eq!(
        code(&repository.keur(&["run", "study.toml", "--threads", "0"])),
        2
    );
}

#[test]
fn a_missing_study_file_is_a_wrong_request() {
    let repository = Repository::new();
    let ran = repository.keur(&["run", "nowhere.toml"]);
    assert_eq!(code(&ran), 2);
    assert!(err(&ran).starts_with("error: "), "{}", err(&ran));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing_half_written() {
    let repository = Repository::new();
    repository.write(
        "study.toml",
        &STUDY.replace("replicates = 50", "replicates = 100000"),
    );
    let mut text = String::from("person,sex,risk,died\n");
    for i in 0..100_000 {
        let died = if (i * 61) % 97 < (i * 37) % 100 {
            "yes"
        } else {
            "no"
        };
        text.push_str(&format!("p{i},x,0.{:05},{died}\n", (i * 7919) % 100_000));
    }
    repository.write("datasets/d/data.csv", &text);
    let mut child = Command::new(env!("CARGO_BIN_EXE_keur"))
        .args(["run", "study.toml"])
        .current_dir(repository.folder.path())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(
        child.try_wait().unwrap().is_none(),
        "the run is still going"
    );
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let left = repository.path("reports/study");
    assert!(!left.exists() || files_in(&left).is_empty());
}
