//! A study's numbers depend on nothing but the study: not on threads, and not on who runs beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use keur::plan::Plan;
use keur::progress::Quiet;
use keur::record::Record;
use std::fs;
use std::path::Path;

/// Admissions with repeated patients, weights, missing cells and groups of every size, one of them tiny.
fn cohort(rows: usize) -> String {
    let mut state = 7_u64;
    let mut dice = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut text = "id,sex,ward,weight,risk,other,died\n".to_owned();
    for row in 0..rows {
        let risk = dice().powi(2);
        let died = u8::from(dice() < 0.8 * risk + 0.05);
        let sex = if dice() < 0.01 {
            ""
        } else {
            ["f", "m"][row % 2]
        };
        let ward = if row < 6 {
            99
        } else {
            (dice() * dice() * 8.0) as usize
        };
        let patient = (dice() * rows as f64 * 0.7) as usize;
        let other = if dice() < 0.02 {
            String::new()
        } else {
            format!("{:.6}", dice())
        };
        let weight = 0.5 + dice();
        text += &format!("p{patient},{sex},w{ward},{weight:.4},{risk:.6},{other},{died}\n");
    }
    text
}

const CARD: &str = "name = \"d\"\nfile = \"data.csv\"\nformat = \"csv\"\n\
    [[columns]]\nname = \"id\"\nrole = \"patient\"\n[[columns]]\nname = \"sex\"\nrole = \"group\"\n\
    [[columns]]\nname = \"ward\"\nrole = \"group\"\n[[columns]]\nname = \"died\"\nrole = \"outcome\"\nevent = \"1\"\n\
    [[columns]]\nname = \"risk\"\nrole = \"prediction\"\n[[columns]]\nname = \"other\"\nrole = \"prediction\"\n";

fn repository(root: &Path) {
    let data = cohort(6_000);
    for (name, more) in [
        ("plain", ""),
        (
            "weighted",
            "[[columns]]\nname = \"weight\"\nrole = \"weight\"\n",
        ),
    ] {
        let folder = root.join("datasets").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("data.csv"), &data).unwrap();
        fs::write(folder.join("card.toml"), CARD.to_owned() + more).unwrap();
    }
    for column in ["risk", "other"] {
        let folder = root.join("models").join(column);
        fs::create_dir_all(&folder).unwrap();
        let card = format!(
            "name = \"{column}\"\nversion = \"1\"\ntask = \"binary\"\npredicts = \"death\"\nformat = \"column\"\n\
             column = \"{column}\"\nscore = \"probability\"\n"
        );
        fs::write(folder.join("card.toml"), card).unwrap();
    }
}

fn study(model: &str, dataset: &str) -> String {
    format!(
        "[[study]]\nmodel = \"models/{model}\"\ndataset = \"datasets/{dataset}\"\nthresholds = [0.2, 0.5]\n\
         groups = [\"sex\", \"ward\", [\"sex\", \"ward\"]]\n"
    )
}

fn run(root: &Path, studies: &str, threads: usize) -> Record {
    let file = root.join("study.toml");
    let head = "title = \"t\"\nreplicates = 150\nconditions = [\"house\", \"tripod-ai\"]\n";
    fs::write(&file, head.to_owned() + studies).unwrap();
    let plan = Plan::new(&file, false).unwrap();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| keur::run::run(&plan, &Quiet))
}

/// The bytes of each study's evidence.
fn evidence(record: &Record) -> Vec<String> {
    let all = record.evidence.iter();
    all.map(|one| serde_json::to_string(one).unwrap()).collect()
}

const PAIRS: [(&str, &str); 4] = [
    ("risk", "plain"),
    ("risk", "weighted"),
    ("other", "plain"),
    ("other", "weighted"),
];

#[test]
fn one_thread_or_eight_alone_or_together_the_bytes_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    repository(folder.path());
    let all: String = PAIRS.iter().map(|(m, d)| study(m, d)).collect();
    let together = evidence(&run(folder.path(), &all, 1));
    assert_eq!(together.len(), 4);
    assert!(
        together
            .iter()
            .all(|text| text.contains("\"masked\":\"<10\""))
    );
    for threads in [2, 8] {
        let again = evidence(&run(folder.path(), &all, threads));
        assert_eq!(again, together, "{threads} threads");
    }
    for (at, (model, dataset)) in PAIRS.iter().enumerate() {
        let alone = evidence(&run(folder.path(), &study(model, dataset), 8));
        assert_eq!(alone, together[at..=at], "{model} at {dataset}");
    }
}
