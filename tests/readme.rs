//! What README.md shows is true: its files, taken literally, are a study that runs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::fs;
use std::process::Command;

/// The TOML blocks of the readme that begin with the path they belong to.
fn files() -> Vec<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(path).unwrap();
    readme
        .split("```toml\n# ")
        .skip(1)
        .map(|block| {
            let text = block.split("```").next().unwrap();
            let (name, rest) = text.split_once('\n').unwrap();
            (name.trim().to_owned(), rest.to_owned())
        })
        .collect()
}

#[test]
fn the_files_of_the_readme_are_a_study_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let files = files();
    assert_eq!(files.len(), 4);
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut data = "pseudonym;age;sex;hospital;died\n".to_owned();
    for i in 0..1200 {
        let age = 40 + i * 37 % 55;
        let died = u8::from(i * 7919 % 100 < age / 3);
        let (sex, site) = (["female", "male"][i / 3 % 2], ["north", "south"][i % 2]);
        data += &format!("p{};{age};{sex};{site};{died}\n", i % 1000);
    }
    fs::write(
        folder
            .path()
            .join("datasets/admissions-2025/admissions.csv"),
        data,
    )
    .unwrap();
    for command in ["plan", "run"] {
        let output = Command::new(env!("CARGO_BIN_EXE_keur"))
            .current_dir(folder.path())
            .args([command, "my-study.toml"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{said}");
        assert!(!said.contains("failed"), "{said}");
    }
    assert!(folder.path().join("reports/my-study/report.html").exists());
}
