//! The frameworks' own contributions and interactions, and shap's (`tests/oracle/explain.py`); and the golden numbers.

use keur::config::model_card;
use keur::dataset::table::{Batch, Category, Column, MISSING, Table};
use keur::explain::tree::game::{Background, Game};
use keur::explain::tree::shap::TreeShap;
use keur::explain::tree::table::What;
use keur::model::forest::Forest;
use keur::model::open;
use keur::model::predict::Model;
use keur::model::tree::{Arithmetic, Missing, Raw, Rule, Source, Tree};
use keur::sheet::Sheet;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

type Gaps = Vec<Vec<Option<f64>>>;
type Matrix = Vec<Vec<f64>>;

#[derive(Deserialize)]
struct Oracle {
    versions: BTreeMap<String, String>,
    cases: Vec<Told>,
    multi: Multi,
}

#[derive(Deserialize)]
struct Told {
    name: String,
    rows: Vec<usize>,
    values: Matrix,
    pairs: Option<Vec<Matrix>>,
    background: Option<Vec<usize>>,
    interventional: Option<Matrix>,
    expected: Option<f64>,
}

#[derive(Deserialize)]
struct Multi {
    trees: Vec<Arrays>,
    output: Vec<usize>,
    base: Vec<f64>,
    rows: Gaps,
    values: Vec<Matrix>,
    pairs: Vec<Vec<Matrix>>,
}

#[derive(Deserialize)]
struct Arrays {
    left_children: Vec<i64>,
    right_children: Vec<i64>,
    split_indices: Vec<usize>,
    split_conditions: Vec<f64>,
    default_left: Vec<u8>,
    sum_hessian: Vec<f64>,
}

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    format: String,
    inputs: Vec<Input>,
    rows: Gaps,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    categories: Option<Vec<String>>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> T {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn model(format: &str, file: &str, folder: &Path, inputs: &[Input]) -> Box<dyn Model> {
    let mut card = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='{format}'\nfile='{file}'\nscore='probability'\n"
    );
    for input in inputs {
        write!(card, "[[inputs]]\nname='{}'\nmissing='model'\n", input.name).unwrap();
        if let Some(words) = &input.categories {
            writeln!(card, "categories={words:?}").unwrap();
        }
    }
    let sheet = Sheet::parse(&card, "card.toml").unwrap();
    let card = model_card::read(&sheet, "m");
    open(&card, folder).unwrap_or_else(|all| panic!("{file}: {all:?}"))
}

/// The rows as the model's trees see them.
fn seen(model: &dyn Model, inputs: &[Input], rows: &Gaps, picked: &[usize]) -> Matrix {
    let mut table = Table::new(rows.len());
    for (place, input) in inputs.iter().enumerate() {
        let values = rows.iter().map(|row| row[place]);
        let column = match &input.categories {
            None => Column::Number(values.map(|x| x.unwrap_or(f64::NAN)).collect()),
            Some(words) => Column::Category(Category {
                codes: values.map(|x| x.map_or(MISSING, |x| x as u32)).collect(),
                levels: words.clone(),
            }),
        };
        table.insert(&input.name, column).unwrap();
    }
    let names = inputs.iter().map(|i| (i.name.clone(), i.name.clone()));
    let joins = names.collect();
    let picked: Vec<u32> = picked.iter().map(|row| *row as u32).collect();
    let batch = Batch::new(&table, &joins, &picked);
    let seen = model.trees().unwrap().rows(&batch).unwrap();
    assert!(!seen.refused.contains(&true));
    seen.columns
}

/// The largest difference relative to the row's largest number. `wanted` has the base behind the values.
fn values(forest: &Forest, game: &Game, x: &[Vec<f64>], wanted: &Matrix, output: usize) -> f64 {
    let mut worst = 0.0_f64;
    for rows in [10, 10_000] {
        let shap = TreeShap::new(forest, game, What::Values, rows).unwrap();
        let values = shap.values(x).unwrap();
        for (row, wanted) in wanted.iter().enumerate() {
            let scale = wanted.iter().fold(1.0_f64, |most, x| most.max(x.abs()));
            let own = (0..forest.inputs).map(|i| values[output * forest.inputs + i][row]);
            let own: Vec<f64> = own.chain([shap.base()[output]]).collect();
            assert_eq!(own.len(), wanted.len());
            for (own, wanted) in own.iter().zip(wanted) {
                worst = worst.max((own - wanted).abs() / scale);
            }
        }
    }
    worst
}

fn pairs(forest: &Forest, x: &[Vec<f64>], wanted: &[Matrix], output: usize) -> f64 {
    let shap = TreeShap::new(forest, &Game::Covers, What::Pairs, 10).unwrap();
    let worst = shap.each(x, |block| {
        let mut worst = 0.0_f64;
        for a in 0..forest.inputs {
            for b in 0..forest.inputs {
                let own = block.interactions(output, a, b);
                for (own, wanted) in own.iter().zip(wanted) {
                    worst = worst.max((own - wanted[a][b]).abs());
                }
            }
        }
        worst
    });
    worst.unwrap().into_iter().fold(0.0, f64::max)
}

#[test]
fn contributions_and_interactions_are_those_of_the_frameworks() {
    let oracle: Oracle = read(&folder().join("explain.json"));
    let cases: Cases = read(&folder().join("forest/cases.json"));
    println!("{:?}", oracle.versions);
    assert!(oracle.cases.len() >= 50);
    println!(
        "largest differences\n{:<24} {:>10} {:>12} {:>10}",
        "model", "values", "interactions", "background"
    );
    let mut wrong = Vec::new();
    let mut backgrounds = 0;
    for told in &oracle.cases {
        let case = cases
            .cases
            .iter()
            .find(|case| case.name == told.name)
            .unwrap();
        let model = model(
            &case.format,
            &case.file,
            &folder().join("forest"),
            &case.inputs,
        );
        let forest = model.trees().unwrap().forest();
        let see = |rows: &[usize]| seen(&*model, &case.inputs, &case.rows, rows);
        let x = see(&told.rows);
        // XGBoost sums in 32 bits
        let tolerance = if case.format == "xgboost" { 1e-5 } else { 1e-6 };
        let value = values(forest, &Game::Covers, &x, &told.values, 0);
        let last = &told.rows[told.rows.len().saturating_sub(3)..];
        let pair = told
            .pairs
            .as_ref()
            .map(|wanted| pairs(forest, &see(last), wanted, 0));
        let other = told.interventional.as_ref().map(|wanted| {
            backgrounds += 1;
            let sample = see(told.background.as_ref().unwrap());
            let game = Game::Background(Background::new(sample, None).unwrap());
            let base = told.expected.unwrap();
            let wanted: Matrix = wanted
                .iter()
                .map(|row| row.iter().copied().chain([base]).collect())
                .collect();
            values(forest, &game, &x, &wanted, 0)
        });
        let shown = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{x:.1e}"));
        println!(
            "{:<24} {value:>10.1e} {:>12} {:>10}",
            told.name,
            shown(pair),
            shown(other)
        );
        let holds = value < tolerance
            && pair.is_none_or(|pair| pair < tolerance)
            && other.is_none_or(|other| other < 1e-6);
        if !holds {
            wrong.push(&told.name);
        }
    }
    assert!(backgrounds >= 8);
    assert_eq!(wrong, Vec::<&String>::new());
}

#[test]
fn each_of_three_classes_has_the_contributions_of_its_trees() {
    let multi = read::<Oracle>(&folder().join("explain.json")).multi;
    let inputs = multi.rows[0].len();
    let trees = multi.trees.iter().zip(&multi.output).map(|(file, output)| {
        let raw = |place: usize| {
            let (left, right) = (file.left_children[place], file.right_children[place]);
            if left < 0 {
                return Ok(Raw::Leaf(file.split_conditions[place]));
            }
            let rule = Rule::Below(f64::from(file.split_conditions[place] as f32));
            let missing = [Missing::Right, Missing::Left][file.default_left[place] as usize];
            let input = file.split_indices[place];
            Ok(Raw::Split(
                input,
                rule,
                missing,
                left as usize,
                right as usize,
            ))
        };
        let source = Source {
            count: file.left_children.len(),
            raw: &raw,
            cover: &|place| file.sum_hessian[place],
        };
        let mut tree = Tree::build(&source, inputs, Vec::new()).unwrap();
        tree.first = *output;
        tree
    });
    let forest = Forest::new(
        inputs,
        Arithmetic::Single,
        multi.base.clone(),
        1.0,
        trees.collect(),
    );
    let forest = forest.unwrap();
    let column = |input: usize| {
        let rows = multi.rows.iter().map(|row| row[input].unwrap_or(f64::NAN));
        rows.collect::<Vec<f64>>()
    };
    let x: Matrix = (0..inputs).map(column).collect();
    for class in 0..3 {
        let wanted: Matrix = multi.values.iter().map(|row| row[class].clone()).collect();
        let found = values(&forest, &Game::Covers, &x, &wanted, class);
        assert!(found < 1e-5, "class {class}: {found}");
        let wanted: Vec<Matrix> = multi.pairs.iter().map(|row| row[class].clone()).collect();
        let found = pairs(&forest, &x, &wanted, class);
        assert!(found < 1e-5, "interactions of class {class}: {found}");
    }
}

fn matrix(json: &Json) -> Matrix {
    serde_json::from_value(json.clone()).unwrap()
}

#[test]
fn golden_values_are_met() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/golden");
    let Ok(text) = std::fs::read_to_string(golden.join("xai.json")) else {
        println!("skipped: no golden file xai.json here");
        return;
    };
    let told: Json = serde_json::from_str(&text).unwrap();
    let told = &told["treeshap"];
    let data = std::fs::read_to_string(golden.join("data/xgb_small_data.csv")).unwrap();
    let rows: Gaps = data
        .lines()
        .skip(1)
        .map(|line| line.split(',').take(5).map(|x| x.parse().ok()).collect())
        .collect();
    let inputs: Vec<Input> = (0..5)
        .map(|place| Input {
            name: format!("f{place}"),
            categories: None,
        })
        .collect();
    let model = model("xgboost", "xgb_small.json", &golden.join("data"), &inputs);
    let forest = model.trees().unwrap().forest();
    let see = |rows_of: std::ops::Range<usize>| {
        seen(&*model, &inputs, &rows, &rows_of.collect::<Vec<usize>>())
    };
    let x = see(0..8);
    let given = values(
        forest,
        &Game::Covers,
        &x,
        &matrix(&told["xgb_pred_contribs"]),
        0,
    );
    assert!(given < 1e-6, "contributions: {given}");
    let wanted = matrix(&told["xgb_pred_interactions_row0"]);
    let given = pairs(forest, &see(0..1), &[wanted], 0);
    assert!(given < 1e-6, "interactions: {given}");
    let game = Game::Background(Background::new(see(100..120), None).unwrap());
    // the file's sums are XGBoost's, in 32 bits
    for (key, base) in [
        ("brute_interventional", "brute_base"),
        ("shap_interventional", "expected_interventional"),
    ] {
        let base = told[base].as_f64().unwrap();
        let rows = matrix(&told[key]).into_iter();
        let wanted: Matrix = rows
            .map(|row| row.into_iter().chain([base]).collect())
            .collect();
        let given = values(forest, &game, &x, &wanted, 0);
        assert!(given < 1e-6, "{key}: {given}");
    }
}
