//! Published equations and scores, written in the format `linear`, give the numbers of their papers and of other
//! implementations. Skipped when the shared folder is absent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use keur::config::model_card;
use keur::dataset::table::{Batch, Category, Column, Table};
use keur::model::open;
use keur::sheet::Sheet;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

type Rows = Vec<BTreeMap<String, String>>;

fn shared(file: &str) -> Option<String> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/models/risk_equations"
    );
    let text = std::fs::read_to_string(PathBuf::from(folder).join(file)).ok();
    if text.is_none() {
        eprintln!("skipped: {folder}/{file} is not here");
    }
    text
}

fn json(file: &str) -> Option<Value> {
    shared(file).map(|text| serde_json::from_str(&text).unwrap())
}

fn peers(file: &str) -> Option<Rows> {
    let text = shared(&format!("peer_tables/{file}"))?;
    let split = |line: &str| -> Vec<String> {
        line.split(',')
            .map(|cell| cell.trim_matches('"').to_owned())
            .collect()
    };
    let header = split(text.lines().next().unwrap());
    Some(
        text.lines()
            .skip(1)
            .map(|line| header.iter().cloned().zip(split(line)).collect())
            .collect(),
    )
}

fn row(cells: &[(&str, f64)]) -> BTreeMap<String, String> {
    cells
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.to_string()))
        .collect()
}

/// Scores of rows of text; inputs whose first cell is a word are categories with the given words.
fn scores(
    score: &str,
    equation: &str,
    categories: &[(&str, &[&str])],
    numbers: &[&str],
    rows: &Rows,
) -> Vec<f64> {
    let mut card = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='linear'\nfile='m.toml'\nscore='{score}'\n"
    );
    let mut table = Table::new(rows.len());
    let mut joins = BTreeMap::new();
    for (name, words) in categories {
        writeln!(card, "[[inputs]]\nname='{name}'\ncategories={words:?}").unwrap();
        let codes = rows
            .iter()
            .map(|row| words.iter().position(|w| *w == row[*name]).unwrap() as u32);
        let levels = words.iter().map(|word| (*word).to_owned()).collect();
        let column = Category {
            codes: codes.collect(),
            levels,
        };
        table.insert(name, Column::Category(column)).unwrap();
        joins.insert((*name).to_owned(), (*name).to_owned());
    }
    for name in numbers {
        writeln!(card, "[[inputs]]\nname='{name}'").unwrap();
        let column = rows.iter().map(|row| row[*name].parse().unwrap()).collect();
        table.insert(name, Column::Number(column)).unwrap();
        joins.insert((*name).to_owned(), (*name).to_owned());
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.toml"), equation).unwrap();
    let sheet = Sheet::parse(&card, "card.toml").unwrap();
    let card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), []);
    let model = open(&card, folder.path()).unwrap_or_else(|all| panic!("{all:#?}\n{equation}"));
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    model.predict(&Batch::new(&table, &joins, &all)).unwrap()
}

fn near(given: &[f64], wanted: &[f64], within: f64) {
    assert_eq!(given.len(), wanted.len());
    let worst = given
        .iter()
        .zip(wanted)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    assert!(worst <= within, "differs by {worst}");
}

fn wanted(rows: &Rows, column: &str) -> Vec<f64> {
    rows.iter()
        .map(|row| row[column].parse().unwrap())
        .collect()
}

/// Terms of a restated equation (`ln(age)*smoker`, `(1-treated)*ln(sbp)`) as the terms of a file.
fn terms(stratum: &Value, derived: &[(&str, &str)]) -> String {
    let factor = |text: &str| {
        if let Some((_, keys)) = derived.iter().find(|(name, _)| *name == text) {
            return (*keys).to_owned();
        }
        match text
            .strip_prefix("ln(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            Some(name) => format!("input='{name}', transform='log'"),
            None if text == "(1-treated)" => "input='treated', equals=0".to_owned(),
            None => format!("input='{text}'"),
        }
    };
    let of = |term: &Value| {
        let text = term["term"]
            .as_str()
            .unwrap()
            .replace("ln(age)^2", "ln(age)*ln(age)");
        let factors: Vec<String> = text
            .split('*')
            .map(|part| format!("{{{}}}", factor(part)))
            .collect();
        format!(
            "{{product=[{}], coefficient={}}}",
            factors.join(","),
            term["beta"]
        )
    };
    let all: Vec<String> = stratum["terms"]
        .as_array()
        .unwrap()
        .iter()
        .map(of)
        .collect();
    format!("terms=[{}]\n", all.join(","))
}

fn stratum(stratum: &Value, when: &str, derived: &[(&str, &str)]) -> String {
    let mean = stratum["lp_mean"].as_f64().unwrap_or(0.0);
    format!(
        "[[strata]]\nwhen=[{when}]\nbaseline-survival={}\nlp-mean={mean}\n{}",
        stratum["S0"],
        terms(stratum, derived)
    )
}

const SEXES: (&str, &[&str]) = ("sex", &["male", "female"]);

#[test]
fn the_pooled_cohort_and_framingham_equations_agree_with_another_implementation() {
    let Some(rows) = peers("pce_frs_cvrisk_400.csv") else {
        return;
    };
    let pce = json("pce_2013.json").unwrap();
    let mut file = "link='cox'\n".to_owned();
    for one in pce["strata"].as_array().unwrap() {
        let race = if one["when"]["race"] == "black" {
            "aa"
        } else {
            "white"
        };
        let when = format!(
            "{{input='race',is='{race}'}},{{input='sex',is={}}}",
            one["when"]["sex"]
        );
        file += &stratum(one, &when, &[]);
    }
    let numbers = [
        "age", "tchol", "hdl", "sbp", "treated", "smoker", "diabetes",
    ];
    let races: (&str, &[&str]) = ("race", &["white", "aa"]);
    let mut given = scores("percent", &file, &[races, SEXES], &numbers, &rows);
    // the other implementation shows at least 1 %, and two decimals
    given.iter_mut().for_each(|risk| *risk = risk.max(1.0));
    near(&given, &wanted(&rows, "pce_percent"), 0.0051);

    for (name, column, lipids) in [
        ("framingham_2008_lipids.json", "frs_percent", true),
        ("framingham_2008_bmi.json", "frs_bmi_percent", false),
    ] {
        let mut file = "link='cox'\n".to_owned();
        for one in json(name).unwrap()["strata"].as_array().unwrap() {
            file += &stratum(
                one,
                &format!("{{input='sex',is={}}}", one["when"]["sex"]),
                &[],
            );
        }
        let mut numbers = vec!["age", "sbp", "treated", "smoker", "diabetes"];
        numbers.extend(if lipids {
            &["tchol", "hdl"][..]
        } else {
            &["bmi"]
        });
        // and at most 30 % of the equation with the body-mass index
        let mut given = scores("percent", &file, &[SEXES], &numbers, &rows);
        given
            .iter_mut()
            .for_each(|risk| *risk = risk.min(if lipids { 100.0 } else { 30.0 }));
        near(&given, &wanted(&rows, column), 0.0051);
    }
}

#[test]
fn score2_with_its_recalibration_by_region_agrees_with_another_implementation() {
    let Some(rows) = peers("score2_riskscorescvd_400.csv") else {
        return;
    };
    let (younger, older) = (
        json("score2.json").unwrap(),
        json("score2_op.json").unwrap(),
    );
    let young = [
        ("cage", "input='age',centre=60,scale=5"),
        ("csbp", "input='sbp',centre=120,scale=20"),
        ("ctchol", "input='tchol',centre=6"),
        ("chdl", "input='hdl',centre=1.3,scale=0.5"),
    ];
    let old = [
        ("cage", "input='age',centre=73"),
        ("csbp", "input='sbp',centre=150"),
        ("ctchol", "input='tchol',centre=6"),
        ("chdl", "input='hdl',centre=1.4"),
    ];
    let mut file = "link='cox'\n".to_owned();
    for (source, age, derived) in [
        (&younger, "below=70", &young),
        (&older, "at-least=70", &old),
    ] {
        for one in source["strata"].as_array().unwrap() {
            let sex = &one["when"]["sex"];
            for region in source["recalibration"]["regions"].as_array().unwrap() {
                if region["when"]["sex"] != *sex {
                    continue;
                }
                let shown = match region["region"].as_str().unwrap() {
                    "very_high" => "Very high".to_owned(),
                    word => word[..1].to_uppercase() + &word[1..],
                };
                let when = format!(
                    "{{input='region',is='{shown}'}},{{input='sex',is={sex}}},{{input='age',{age}}}"
                );
                file += &stratum(one, &when, derived);
                writeln!(
                    file,
                    "recalibration={{intercept={}, slope={}}}",
                    region["scale1"], region["scale2"]
                )
                .unwrap();
            }
        }
    }
    let regions: (&str, &[&str]) = ("region", &["Low", "Moderate", "High", "Very high"]);
    let numbers = ["age", "sbp", "tchol", "hdl", "smoker", "diabetes"];
    let given = scores("percent", &file, &[SEXES, regions], &numbers, &rows);
    // the other implementation rounds to one decimal
    near(&given, &wanted(&rows, "peer_risk_percent"), 0.0501);
}

#[test]
fn the_kidney_failure_equation_agrees_with_another_implementation() {
    let Some(all) = peers("kfre_python_300.csv") else {
        return;
    };
    let (mut tested, equation) = (0, json("kfre_4var.json").unwrap());
    for one in equation["strata"].as_array().unwrap() {
        let na = one["when"]["region_na"].as_bool().unwrap();
        let horizon = one["when"]["horizon"].to_string();
        let here = |row: &&BTreeMap<String, String>| {
            row["region_na"].to_lowercase() == na.to_string() && row["horizon"] == horizon
        };
        let rows: Rows = all.iter().filter(here).cloned().collect();
        let terms = terms(
            one,
            &[
                ("a", "input='age',divide=10,centre=7.036"),
                ("m", "input='male',centre=0.5642"),
                ("g", "input='egfr',divide=5,centre=7.222"),
                ("u", "input='uacr',transform='log',centre=5.137"),
            ],
        );
        let file = format!(
            "link='cox'\nbaseline-survival={}\nlp-mean=0\n{terms}",
            one["S0"]
        );
        let given = scores(
            "probability",
            &file,
            &[],
            &["age", "male", "egfr", "uacr"],
            &rows,
        );
        near(&given, &wanted(&rows, "kfre4"), 1e-12);
        tested += rows.len();
    }
    assert_eq!(tested, all.len());
}

#[test]
fn the_rotterdam_model_with_its_spline_gives_its_worked_examples() {
    let Some(source) = json("rotterdam_stratos_5y.json") else {
        return;
    };
    let file = "link='cox'\nbaseline-survival=0.804\nlp-mean=0\n\
        [[terms]]\ninput='size'\nabove=20\nat-most=50\ncoefficient=0.342\n\
        [[terms]]\ninput='size'\nabove=50\ncoefficient=0.574\n\
        [[terms]]\ninput='nodes'\nclamp=[0,19]\nknots=[0,1,9]\ncoefficients=[0.304,-0.811]\n\
        [[terms]]\ninput='grade'\nequals=3\ncoefficient=0.362\n";
    let examples = source["worked_examples"].as_array().unwrap();
    let names = ["size", "nodes", "grade"];
    let rows: Rows = examples
        .iter()
        .map(|example| row(&names.map(|name| (name, example["inputs"][name].as_f64().unwrap()))))
        .collect();
    let by: Vec<f64> = examples
        .iter()
        .map(|e| e["computed_by_we"].as_f64().unwrap())
        .collect();
    near(&scores("probability", file, &[], &names, &rows), &by, 1e-8);
}

#[test]
fn bedside_scores_give_their_worked_examples() {
    let yes = |name: &str, points: f64| {
        format!("[[terms]]\ninput='{name}'\nequals=1\ncoefficient={points}\n")
    };
    let curb = yes("confusion", 1.0)
        + "[[terms]]\ninput='urea'\nabove=7\ncoefficient=1\n[[terms]]\ninput='rr'\nat-least=30\ncoefficient=1\n\
           [[terms]]\nany=[{input='sbp',below=90},{input='dbp',at-most=60}]\ncoefficient=1\n\
           [[terms]]\ninput='age'\nat-least=65\ncoefficient=1\n";
    let isaric = yes("male", 1.0)
        + "[[terms]]\ninput='age'\npoints=[{below=50,points=0},{below=60,points=2},{below=70,points=4},{below=80,points=6},{points=7}]\n\
           [[terms]]\ninput='comorbidities'\npoints=[{below=1,points=0},{below=2,points=1},{points=2}]\n\
           [[terms]]\ninput='rr'\npoints=[{below=20,points=0},{below=30,points=1},{points=2}]\n\
           [[terms]]\ninput='spo2'\nbelow=92\ncoefficient=2\n[[terms]]\ninput='gcs'\nbelow=15\ncoefficient=2\n\
           [[terms]]\ninput='urea'\npoints=[{below=7,points=0},{at-most=14,points=1},{points=3}]\n\
           [[terms]]\ninput='crp'\npoints=[{below=50,points=0},{below=100,points=1},{points=2}]\n";
    let cha = ["chf", "htn", "dm", "vascular", "female"]
        .map(|name| yes(name, 1.0))
        .concat()
        + &yes("stroke", 2.0)
        + "[[terms]]\ninput='age'\npoints=[{below=65,points=0},{below=75,points=1},{points=2}]\n";
    let wells = yes("dvt_signs", 3.0)
        + &yes("pe_likely", 3.0)
        + "[[terms]]\ninput='hr'\nabove=100\ncoefficient=1.5\n"
        + &yes("immob", 1.5)
        + &yes("prior", 1.5)
        + &yes("hemoptysis", 1.0)
        + &yes("cancer", 1.0);
    for (name, terms) in [
        ("curb65", curb),
        ("isaric_4c_mortality", isaric),
        ("cha2ds2_vasc", cha),
        ("wells_pe", wells),
    ] {
        let Some(source) = json(&format!("{name}.json")) else {
            return;
        };
        let examples = source["worked_examples"].as_array().unwrap();
        let names: Vec<&str> = examples[0]["inputs"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let rows: Rows = examples
            .iter()
            .map(|example| {
                let cells: Vec<_> = names
                    .iter()
                    .map(|name| (*name, example["inputs"][name].as_f64().unwrap()))
                    .collect();
                row(&cells)
            })
            .collect();
        let by: Vec<f64> = examples
            .iter()
            .map(|e| e["expected"].as_f64().unwrap())
            .collect();
        let given = scores(
            "points",
            &format!("link='identity'\n{terms}"),
            &[],
            &names,
            &rows,
        );
        near(&given, &by, 0.0);
    }
}
