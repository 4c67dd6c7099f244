//! Units that differ are an error, a declared conversion is applied and recorded, and data in another unit are noticed.

use crate::repository::Repository;
use std::fs;

fn creatinine(row: usize) -> f64 {
    0.6 + (row % 17) as f64 / 10.0
}

const INPUT: [(&str, &str, f64); 1] = [("creatinine", "unit = 'mg/dL'\nrange = [0.1, 20]", 0.5)];

#[test]
fn units_that_differ_are_refused_and_the_help_is_the_line_to_write() {
    let repository = Repository::new();
    repository.equation(&INPUT, "");
    repository.data(120, &[("creatinine", "µmol/L", &|i| 88.4 * creatinine(i))]);
    let told = repository.problems().join("\n");
    assert!(
        told.contains("differ in unit: `mg/dL` and `µmol/L`"),
        "{told}"
    );
    let line = "creatinine = { column = \"creatinine\", from = \"µmol/L\", to = \"mg/dL\" }";
    assert!(told.contains(line), "{told}");
    repository.append("study.toml", &format!("[study.inputs]\n{line}\n"));
    assert_eq!(repository.problems(), [""; 0], "what the help says works");
}

#[test]
fn one_unit_spelled_two_ways_is_one_unit() {
    let repository = Repository::new();
    repository.equation(&[("creatinine", "unit = 'umol/l'", 0.01)], "");
    repository.data(120, &[("creatinine", "µmol/L", &|i| 88.4 * creatinine(i))]);
    assert_eq!(repository.problems(), [""; 0]);
}

#[test]
fn a_declared_conversion_gives_the_scores_of_the_converted_column_and_stands_in_record_and_report()
{
    let converted = Repository::new();
    converted.equation(&INPUT, "");
    let molar = 0.01 / 113.12 * 1e6;
    converted.data(400, &[("kreat", "umol/L", &|i| creatinine(i) * molar)]);
    converted.append(
        "study.toml",
        "[study.inputs]\ncreatinine = { column = 'kreat', from = 'umol/L', to = 'mg/dL' }\n",
    );
    let plain = Repository::new();
    plain.equation(&INPUT, "");
    plain.data(400, &[("creatinine", "mg/dL", &creatinine)]);
    let (one, other) = (converted.run(), plain.run());
    let (one, other) = (&one.evidence[0], &other.evidence[0]);
    assert_eq!(one.failure, None);
    assert_eq!(other.failure, None);
    for (a, b) in one.estimates.iter().zip(&other.estimates) {
        let (a, b) = (
            serde_json::to_value(a).unwrap(),
            serde_json::to_value(b).unwrap(),
        );
        let point = |v: &serde_json::Value| v["value"]["point"].as_f64();
        if let (Some(x), Some(y)) = (point(&a), point(&b)) {
            assert!((x - y).abs() <= 1e-9 * y.abs().max(1.0), "{a} {b}");
        }
    }
    let conversion = &one.conversions[0];
    assert_eq!(
        (conversion.input.as_str(), conversion.column.as_str()),
        ("creatinine", "kreat")
    );
    assert!((conversion.factor - 1.0 / molar).abs() < 1e-15);
    assert!(conversion.source.contains("molar mass of creatinine"));
    assert!(
        one.notes.iter().all(|note| !note.contains("creatinine")),
        "{:?}",
        one.notes
    );
    let record = converted.run();
    let formats: Vec<_> = keur::report::all().iter().collect();
    keur::report::write(&record, &converted.path("out"), &formats).unwrap();
    let html = fs::read_to_string(converted.path("out/report.html")).unwrap();
    assert!(html.contains("Units changed before scoring"));
    assert!(html.contains("molar mass of creatinine"));
}

#[test]
fn a_conversion_that_contradicts_a_card_is_refused() {
    for (join, told) in [
        (
            "{ from = 'mmol/L', to = 'mg/dL' }",
            "the column's card says `umol/L`",
        ),
        (
            "{ from = 'umol/L', to = 'g/L' }",
            "the model's card says `mg/dL`",
        ),
        (
            "{ from = 'umol/L', to = 'mg/dL', analyte = 'glucos' }",
            "did you mean `glucose`",
        ),
        ("{ from = 'umol/L' }", "both units"),
    ] {
        let repository = Repository::new();
        repository.equation(&INPUT, "");
        repository.data(120, &[("creatinine", "umol/L", &|i| 88.4 * creatinine(i))]);
        repository.append(
            "study.toml",
            &format!("[study.inputs]\ncreatinine = {join}\n"),
        );
        let problems = repository.problems().join("\n");
        assert!(problems.contains(told), "{join}: {problems}");
        assert!(problems.contains("study.toml:"), "{problems}");
    }
}

#[test]
fn a_column_of_which_no_value_lies_in_the_models_range_stops_the_study() {
    let repository = Repository::new();
    repository.equation(&INPUT, "");
    repository.data(400, &[("creatinine", "", &|i| 88.4 * creatinine(i))]);
    let record = repository.run();
    let failure = record.evidence[0].failure.as_ref().unwrap();
    assert!(
        failure
            .what
            .contains("no value of the input `creatinine` lies in 0.1 to 20"),
        "{failure:?}"
    );
    assert!(
        failure
            .help
            .as_ref()
            .unwrap()
            .contains("a column in umol/L"),
        "{failure:?}"
    );
}

#[test]
fn planted_changes_of_unit_are_noticed_on_the_shipped_data() {
    // (model, input, factor): each column of the shipped data, as it is and multiplied
    for (model, input, what) in [
        ("models/wdbc-lightgbm", "mean-radius", "training saw"),
        ("models/wdbc-xgboost", "mean-concave-points", "the same way"),
        ("models/wdbc-onnx", "mean-texture", "the model's file"),
    ] {
        for factor in [1.0, 0.01, 100.0] {
            let repository = Repository::new();
            repository.bring(model, "models/m");
            repository.bring("datasets/wdbc-validation", "datasets/d");
            let card = fs::read_to_string(repository.path("models/m/card.toml")).unwrap();
            let wide: Vec<String> = card
                .lines()
                .filter(|line| !line.starts_with("range"))
                .map(str::to_owned)
                .collect();
            repository.write("models/m/card.toml", &wide.join("\n"));
            let card = fs::read_to_string(repository.path("datasets/d/card.toml")).unwrap();
            let wide: Vec<String> = card
                .lines()
                .map(|line| match line.starts_with("range") {
                    true => "range = [0, 1000000]".to_owned(),
                    false => line.to_owned(),
                })
                .collect();
            repository.write("datasets/d/card.toml", &wide.join("\n"));
            let text = fs::read_to_string(repository.path("datasets/d/data.csv")).unwrap();
            let mut lines = text.lines();
            let head: Vec<&str> = lines.next().unwrap().split(',').collect();
            let at = head.iter().position(|name| *name == input).unwrap();
            let mut changed = head.join(",") + "\n";
            for line in lines {
                let cells = line
                    .split(',')
                    .enumerate()
                    .map(|(place, cell)| match place == at {
                        true => (cell.parse::<f64>().unwrap() * factor).to_string(),
                        false => cell.to_owned(),
                    });
                changed += &(cells.collect::<Vec<_>>().join(",") + "\n");
            }
            repository.write("datasets/d/data.csv", &changed);
            let record = repository.run();
            let evidence = &record.evidence[0];
            assert_eq!(evidence.failure, None);
            let about: Vec<&String> = evidence
                .notes
                .iter()
                .filter(|note| note.contains("input `"))
                .collect();
            if factor == 1.0 {
                assert_eq!(about, [""; 0], "{model}");
            } else {
                assert_eq!(about.len(), 1, "{model} {factor}: {about:?}");
                assert!(
                    about[0].contains(&format!("`{input}`")) && about[0].contains(what),
                    "{about:?}"
                );
                assert!(about[0].contains("hundred times"), "{about:?}");
            }
        }
    }
}

#[test]
fn scores_on_another_scale_than_declared_stop_the_study() {
    let repository = Repository::new();
    repository.equation(&INPUT, "");
    repository.data(400, &[("creatinine", "mg/dL", &creatinine)]);
    let card = fs::read_to_string(repository.path("models/m/card.toml")).unwrap();
    // a file whose sum is a log odds, declared as a risk
    repository.write(
        "models/m/model.toml",
        "link = 'identity'\nintercept = -3\n[[terms]]\ninput = 'creatinine'\ncoefficient = 1.7\n",
    );
    repository.write("models/m/card.toml", &card);
    let record = repository.run();
    let failure = record.evidence[0].failure.as_ref().unwrap();
    assert!(
        failure.what.contains("lie outside that scale"),
        "{failure:?}"
    );
    assert!(
        failure.help.as_ref().unwrap().contains("`logit`"),
        "{failure:?}"
    );
}

#[test]
fn conversions_are_those_of_pint_and_molmass() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/units.json");
    let oracle: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let all = oracle["conversions"].as_array().unwrap();
    assert!(all.len() > 100);
    for case in all {
        let text = |key: &str| case[key].as_str();
        let number = |key: &str| case[key].as_f64().unwrap();
        let pair = keur::model::conversion::between(
            text("from").unwrap(),
            text("to").unwrap(),
            text("analyte"),
            "x",
        );
        let pair = pair.unwrap_or_else(|e| panic!("{case}: {e}"));
        let (found, expected) = (pair.apply(number("value")), number("expected"));
        assert!(
            (found / expected - 1.0).abs() <= number("tolerance"),
            "{case}: {found}"
        );
    }
}
