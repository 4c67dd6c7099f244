//! What a whole study tells of its model: shortcuts are caught, explanations that are none fail, and few people are not told.

use keur::explain::by_tree::ByTree;
use keur::explain::contribution::{Contribute, Contributions};
use keur::explain::question::{On, Question};
use keur::explain::sampled::{Cohort, Sampled, background};
use keur::explain::trial::faithfulness;
use keur::plan::Plan;
use keur::progress::Quiet;
use keur::random::Stream;
use keur::record::{Evidence, LeanKind, Passed, Record, Value, Verdict};
use std::fs;
use std::path::Path;

/// Three hospitals in which patients die more and more often; `ward` says which, `age` says a little about the patient.
fn admissions(rows: usize) -> String {
    let mut stream = Stream::keyed([11]);
    let mut text = "id,hospital,sex,ward,age,died\n".to_owned();
    for row in 0..rows {
        let hospital = stream.below(3);
        let ward = 10 * hospital + stream.below(4);
        let age = 60.0 + 12.0 * stream.normal();
        let margin = -2.2 + 1.6 * hospital as f64 + 0.04 * (age - 60.0);
        let died = u8::from(stream.share() < 1.0 / (1.0 + (-margin).exp()));
        let sex = if row < 4 { "x" } else { ["f", "m"][row % 2] };
        text += &format!("p{row},h{hospital},{sex},{ward},{age:.1},{died}\n");
    }
    text
}

/// A logistic equation: its card and its file.
fn linear(name: &str, terms: &[(&str, f64)], intercept: f64) -> [String; 2] {
    let mut card = format!(
        "name = \"{name}\"\nversion = \"1\"\ntask = \"binary\"\npredicts = \"death\"\nformat = \"linear\"\n\
         file = \"model.toml\"\nscore = \"probability\"\n"
    );
    let mut file = format!("link = \"logistic\"\nintercept = {intercept:?}\n");
    for (input, weight) in terms {
        card += &format!("[[inputs]]\nname = \"{input}\"\n");
        file += &format!("[[terms]]\ninput = \"{input}\"\ncoefficient = {weight:?}\n");
    }
    [card, file]
}

fn ran(threads: usize, more: &str) -> Record {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("datasets/d/data.csv", &admissions(900));
    write(
        "datasets/d/card.toml",
        "name = \"d\"\nfile = \"data.csv\"\nformat = \"csv\"\n[[columns]]\nname = \"id\"\nrole = \"patient\"\n\
         [[columns]]\nname = \"hospital\"\nrole = \"site\"\n[[columns]]\nname = \"sex\"\nrole = \"group\"\n\
         [[columns]]\nname = \"ward\"\nrole = \"input\"\n[[columns]]\nname = \"age\"\nrole = \"input\"\n\
         [[columns]]\nname = \"died\"\nrole = \"outcome\"\nevent = \"1\"\n",
    );
    for (name, ward, intercept) in [("planted", 0.16, -4.6), ("honest", 0.001, -3.0)] {
        let [card, file] = linear(name, &[("ward", ward), ("age", 0.04)], intercept);
        write(&format!("models/{name}/card.toml"), &card);
        write(&format!("models/{name}/model.toml"), &file);
    }
    write(
        "configs/s.toml",
        &format!(
            "title = \"t\"\nreplicates = 0\nconditions = [\"house\"]\n{more}\n[[study]]\n\
             models = [\"models/planted\", \"models/honest\"]\ndataset = \"datasets/d\"\nthresholds = [0.3]\n\
             groups = [\"site\", \"sex\"]\n"
        ),
    );
    let plan = Plan::new(&root.path().join("configs/s.toml"), false).unwrap();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| keur::run::run(&plan, &Quiet))
}

fn study<'r>(record: &'r Record, model: &str) -> &'r Evidence {
    record
        .evidence
        .iter()
        .find(|e| e.model.id == model)
        .unwrap()
}

#[test]
fn a_model_that_reads_the_hospital_is_caught_and_one_that_does_not_is_not() {
    let record = ran(2, "");
    let verdict = |model: &str| {
        let findings = &study(&record, model).findings;
        let found = findings
            .iter()
            .find(|f| f.condition == "leans-on-no-shortcut")
            .unwrap();
        (found.verdict, found.because.clone())
    };
    let (planted, because) = verdict("planted");
    assert_eq!(planted, Verdict::NotMet, "{because}");
    assert!(because.contains("`ward` stands for `site`"), "{because}");
    let (honest, because) = verdict("honest");
    assert_eq!(honest, Verdict::Met, "{because}");
    let lean = study(&record, "planted")
        .leans
        .iter()
        .find(|lean| lean.attribute == "site")
        .unwrap();
    assert_eq!(
        (lean.kind, lean.verdict),
        (LeanKind::Shortcut, Passed::Failed)
    );
    assert!(lean.share.known().unwrap() > 0.4, "{lean:?}");
}

#[test]
fn what_is_told_of_a_tiny_group_has_no_number_and_threads_change_nothing() {
    let mut one = ran(1, "");
    let mut eight = ran(8, "");
    for record in [&mut one, &mut eight] {
        record.provenance.threads = 0;
        record.provenance.seconds = 0.0;
        record.provenance.started = String::new();
    }
    let text = |record: &Record| serde_json::to_string(record).unwrap();
    assert_eq!(text(&one), text(&eight));
    let mut tiny = 0;
    for evidence in &one.evidence {
        for attribution in &evidence.attributions {
            let of_x = attribution
                .group
                .as_ref()
                .is_some_and(|g| g.values().any(|l| l == "x"));
            if of_x {
                tiny += 1;
                for input in &attribution.inputs {
                    assert!(
                        matches!(input.importance, Value::Masked { .. }),
                        "{input:?}"
                    );
                    assert!(matches!(input.share, Value::Masked { .. }));
                }
                assert_eq!(attribution.patients.known(), None);
            }
        }
    }
    assert!(tiny >= 2, "{tiny}");
}

#[test]
fn nothing_is_explained_when_nobody_asks() {
    let record = ran(2, "explain = false");
    let evidence = study(&record, "planted");
    assert!(evidence.attributions.is_empty() && evidence.leans.is_empty());
    let found = evidence
        .findings
        .iter()
        .find(|f| f.condition == "leans-on-no-shortcut")
        .unwrap();
    assert_eq!(found.verdict, Verdict::NotAssessable);
}

/// The shipped forest, its rows, and the contributions of the forest whose leaves were shuffled.
#[test]
fn the_contributions_of_a_forest_with_shuffled_leaves_are_not_faithful_to_the_true_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plan = Plan::new(&root.join("configs/demo.toml"), false).unwrap();
    let study = plan
        .studies
        .iter()
        .find(|s| s.name.starts_with("wdbc-xgboost"))
        .unwrap();
    let (model, dataset) = (&plan.models[study.model], &plan.datasets[study.dataset]);
    let wanted: Vec<String> = dataset
        .card
        .columns
        .iter()
        .map(|c| c.name.clone())
        .collect();
    let table = keur::dataset::open(&dataset.file, &dataset.card, &wanted).unwrap();
    let rows: Vec<u32> = (0..u32::try_from(table.rows()).unwrap()).collect();
    let question = Question {
        model: model.model.as_ref(),
        table: &table,
        joins: &study.joins,
        conversions: &[],
        inputs: &model.card.inputs,
        scale: model.card.score,
        on: On::Margin,
    };
    let event: Vec<bool> = rows.iter().map(|row| row % 3 == 0).collect();
    let score = question.on_risk().scores(&rows, &[]).unwrap();
    let cohort = Cohort {
        rows: &rows,
        event: &event,
        score: &score,
        patient: &rows,
        patients: rows.len(),
        weight: None,
        site: None,
    };
    let sampled = Sampled::new(&cohort, &[], 2000, true, Stream::keyed([1]));
    let stand_in = background(&cohort, 100, Stream::keyed([2]));
    let by = ByTree::new(question, &stand_in).unwrap().unwrap();
    let judged = |explained: &Contributions| {
        faithfulness(&question, &stand_in, &sampled, explained, [1, 2]).unwrap()
    };
    let own = by.share(&sampled.rows, &[]).unwrap();
    assert_eq!(
        judged(&own).verdict,
        Passed::Passed,
        "{}",
        judged(&own).because
    );
    assert!(own.gap() < by.tolerance());
    let shuffled = by
        .randomised(&sampled.rows, Stream::keyed([3]))
        .unwrap()
        .unwrap();
    let wrong = Contributions {
        score: own.score.clone(),
        ..shuffled
    };
    assert_eq!(
        judged(&wrong).verdict,
        Passed::Failed,
        "{}",
        judged(&wrong).because
    );
    let pairs = by.pairs(&rows[..50], &[0, 1, 2]).unwrap();
    assert_eq!(pairs.len(), 3);
}
