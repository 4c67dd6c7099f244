//! Explainers that work for any model, against the golden file (`xai.json`: xgboost, shap, scikit-learn and first principles).

use keur::config::model_card;
use keur::dataset::table::{Category, Column, Table};
use keur::explain::permutation::{Circle, moved};
use keur::explain::question::{On, Player, Question};
use keur::explain::{faithful, interaction, permutation, response, shapley};
use keur::model::predict::Model;
use keur::random::Stream;
use keur::record::{InputCard, ModelCard, ScoreScale};
use keur::sheet::Sheet;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

fn golden() -> Option<(Json, Asked, Vec<f64>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/golden");
    let Ok(text) = std::fs::read_to_string(folder.join("xai.json")) else {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    };
    let csv = std::fs::read_to_string(folder.join("data/xgb_small_data.csv")).unwrap();
    let rows: Vec<Vec<f64>> = csv
        .lines()
        .skip(1)
        .map(|line| {
            let cells = line.split(',');
            // the booster was trained on 32 bits, and so were the golden numbers
            cells
                .map(|cell| f64::from(cell.parse::<f32>().unwrap()))
                .collect()
        })
        .collect();
    let columns: Vec<Vec<f64>> = (0..5)
        .map(|c| rows.iter().map(|r| r[c]).collect())
        .collect();
    let outcome = rows.iter().map(|row| row[5]).collect();
    let names = ["f0", "f1", "f2", "f3", "f4"];
    let mut card = "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='xgboost'\nfile='xgb_small.json'\nscore='probability'\n".to_owned();
    for name in names {
        card += &format!("[[inputs]]\nname='{name}'\n");
    }
    let card = model_card::read(&Sheet::parse(&card, "card.toml").unwrap(), "small");
    let model = keur::model::open(&card, &folder.join("data"))
        .map_err(|all| format!("{all:?}"))
        .unwrap();
    let asked = Asked::new(model, card, &names, columns);
    Some((serde_json::from_str(&text).unwrap(), asked, outcome))
}

/// A model with the rows it is asked about.
struct Asked {
    model: Box<dyn Model>,
    card: ModelCard,
    table: Table,
    joins: BTreeMap<String, String>,
    columns: Vec<Vec<f64>>,
}

impl Asked {
    fn new(model: Box<dyn Model>, card: ModelCard, names: &[&str], columns: Vec<Vec<f64>>) -> Self {
        let mut table = Table::new(columns[0].len());
        for (name, column) in names.iter().zip(&columns) {
            table.insert(name, Column::Number(column.clone())).unwrap();
        }
        let joins = names
            .iter()
            .map(|n| ((*n).to_owned(), (*n).to_owned()))
            .collect();
        Self {
            model,
            card,
            table,
            joins,
            columns,
        }
    }

    fn question(&self, on: On) -> Question<'_> {
        Question {
            model: &*self.model,
            table: &self.table,
            joins: &self.joins,
            conversions: &[],
            inputs: &self.card.inputs,
            scale: self.card.score,
            on,
        }
    }

    fn rows(&self) -> Vec<u32> {
        (0..self.table.rows() as u32).collect()
    }
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect()
}

fn near(found: &[f64], expected: &[f64], within: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() <= within,
            "{what}: {found} is not {expected}"
        );
    }
}

fn brier(outcome: &[f64], risk: &[f64]) -> f64 {
    let sum: f64 = outcome.iter().zip(risk).map(|(y, p)| (y - p).powi(2)).sum();
    sum / outcome.len() as f64
}

#[test]
fn all_coalitions_give_the_brute_force_shapley_values() {
    let Some((golden, asked, _)) = golden() else {
        return;
    };
    let trees = &golden["treeshap"];
    let background: Vec<u32> = (100..120).collect();
    for (on, values, base) in [
        (On::Margin, "brute_interventional", "brute_base"),
        (On::Risk, "brute_prob", "brute_prob_base"),
    ] {
        let question = asked.question(on);
        let players = question.players();
        for (row, expected) in trees[values].as_array().unwrap().iter().enumerate() {
            let shares = shapley::shares(
                &question,
                row as u32,
                &background,
                &players,
                0,
                Stream::keyed([1]),
            )
            .unwrap();
            assert_eq!(shares.errors, None);
            near(&shares.values, &numbers(expected), 1e-6, values);
            near(&[shares.base], &[trees[base].as_f64().unwrap()], 1e-6, base);
            assert!(faithful::incompleteness(&shares.values, shares.base, shares.score) < 1e-9);
        }
    }
}

#[test]
fn the_mean_over_all_shifts_is_the_exact_reliance_and_ten_shifts_come_near() {
    let Some((golden, asked, outcome)) = golden() else {
        return;
    };
    let question = asked.question(On::Risk);
    let rows = asked.rows();
    let expected = numbers(&golden["permutation_importance_brier"]["exact_e_switch_minus_e_orig"]);
    let before = brier(&outcome, &question.scores(&rows, &[]).unwrap());
    near(
        &[before],
        &[golden["permutation_importance_brier"]["baseline_brier"]
            .as_f64()
            .unwrap()],
        1e-7,
        "brier",
    );
    let all = Circle::new(rows.len(), rows.len(), Stream::keyed([2]));
    let some = Circle::new(rows.len(), 30, Stream::keyed([3]));
    for (player, expected) in question.players().iter().zip(expected) {
        let mean = |circle: &Circle| {
            let repeats = 0..circle.repeats();
            let sum: f64 = repeats
                .map(|repeat| {
                    brier(
                        &outcome,
                        &moved(&question, &rows, player, circle, repeat).unwrap(),
                    )
                })
                .sum();
            sum / circle.repeats() as f64 - before
        };
        near(&[mean(&all)], &[expected], 1e-7, &player.name);
        near(&[mean(&some)], &[expected], 0.2 * expected, &player.name);
    }
}

#[test]
fn responses_along_an_input_agree() {
    let Some((golden, asked, _)) = golden() else {
        return;
    };
    let question = asked.question(On::Risk);
    let rows = asked.rows();
    let pdp = &golden["pdp_f3"];
    let found = response::dependence(&question, &rows, 3, &numbers(&pdp["grid"])).unwrap();
    near(
        &found.mean,
        &numbers(&pdp["pd"]),
        1e-6,
        "partial dependence",
    );
    let first: Vec<f64> = found.rows.iter().map(|scores| scores[0]).collect();
    near(&first, &numbers(&pdp["ice_row0"]), 1e-6, "ice");
    let ale = &golden["ale_f3_K5"];
    // numpy's quantile at 0.6000000000000001 takes the 181st of 300 values, R's and the definition the 180th
    let ends = response::ends(&asked.columns[3], 5);
    let theirs = numbers(&ale["z"]);
    near(
        &[&ends[..3], &ends[4..]].concat(),
        &[&theirs[..3], &theirs[4..]].concat(),
        1e-7,
        "ends",
    );
    assert!(ends[3] < theirs[3] && theirs[3] - ends[3] < 2e-4);
    let found = response::accumulated(&question, &rows, 3, &asked.columns[3], &theirs).unwrap();
    near(&found.effect, &numbers(&ale["ale"]), 1e-6, "accumulated");
    let mut counts = vec![0.0; 5];
    found
        .bin
        .iter()
        .flatten()
        .for_each(|bin| counts[*bin as usize] += 1.0);
    near(&counts, &numbers(&ale["n"]), 0.0, "rows a bin");
}

#[test]
fn tests_of_an_explanation_agree() {
    let Some((golden, asked, _)) = golden() else {
        return;
    };
    let quality = &golden["explanation_quality_row0"];
    let (phi, base) = (numbers(&quality["phi"]), numbers(&quality["base"]));
    let score = |on: On, drop: &[usize]| {
        let values: Vec<[f64; 1]> = base.iter().map(|x| [*x]).collect();
        let instead: Vec<_> = drop
            .iter()
            .map(|place| {
                (
                    *place,
                    keur::dataset::table::Instead::Numbers(&values[*place]),
                )
            })
            .collect();
        asked.question(on).scores(&[0], &instead).unwrap()[0]
    };
    let whole = score(On::Margin, &[]);
    let pairs: Vec<[usize; 2]> = (0..5)
        .flat_map(|a| (a + 1..5).map(move |b| [a, b]))
        .collect();
    let said: Vec<f64> = pairs
        .iter()
        .map(|set| set.iter().map(|p| phi[*p]).sum())
        .collect();
    let lost: Vec<f64> = pairs
        .iter()
        .map(|set| whole - score(On::Margin, set))
        .collect();
    near(
        &[faithful::correlation(&said, &lost).unwrap()],
        &[quality["faithfulness_corr_pairs"].as_f64().unwrap()],
        1e-6,
        "correlation",
    );
    let sets: Vec<Vec<usize>> = (0..32_usize)
        .map(|mask| (0..5).filter(|p| mask >> p & 1 == 1).collect())
        .collect();
    let said: Vec<f64> = sets
        .iter()
        .map(|set| set.iter().map(|p| phi[*p]).sum())
        .collect();
    let lost: Vec<f64> = sets
        .iter()
        .map(|set| whole - score(On::Margin, set))
        .collect();
    near(
        &[faithful::infidelity(&said, &lost).unwrap()],
        &[quality["infidelity_exact_all_subsets"].as_f64().unwrap()],
        1e-6,
        "infidelity",
    );
    let order = faithful::ranking(&phi);
    let curve: Vec<f64> = (0..=5).map(|n| score(On::Risk, &order[..n])).collect();
    near(
        &curve,
        &numbers(&quality["deletion_curve"]),
        1e-6,
        "deletion",
    );
    near(
        &[faithful::deletion_area(&curve).unwrap()],
        &[quality["deletion_auc_trapz"].as_f64().unwrap()],
        1e-6,
        "area",
    );
}

/// `x0 · x1 + 2 x2 + 0 · x3`, with fourteen inputs in all and a word among them.
struct Known;

impl Model for Known {
    fn predict(&self, batch: &keur::dataset::table::Batch<'_>) -> keur::error::Result<Vec<f64>> {
        let column = |name: &str| batch.numbers(name);
        let (a, b, c) = (column("x0")?, column("x1")?, column("x2")?);
        let (codes, _) = batch.codes("word")?;
        Ok((0..batch.len())
            .map(|row| a[row] * b[row] + 2.0 * c[row] + f64::from(codes[row]))
            .collect())
    }
}

fn known() -> Asked {
    let mut stream = Stream::keyed([9]);
    let names: Vec<String> = (0..13).map(|i| format!("x{i}")).collect();
    let columns: Vec<Vec<f64>> = names
        .iter()
        .map(|_| (0..60).map(|_| stream.normal()).collect())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut asked = Asked::new(Box::new(Known), ModelCard::default(), &names, columns);
    let codes = (0..60).map(|row| row % 2).collect();
    let word = Category {
        codes,
        levels: vec!["no".into(), "yes".into()],
    };
    asked.table.insert("word", Column::Category(word)).unwrap();
    asked.joins.insert("word".into(), "word".into());
    asked.card.score = ScoreScale::Points;
    asked.card.inputs = names
        .iter()
        .copied()
        .chain(["word"])
        .map(|name| InputCard {
            name: name.into(),
            ..InputCard::default()
        })
        .collect();
    asked
}

#[test]
fn sampled_values_lie_within_their_errors_of_the_true_ones_and_add_up() {
    let asked = known();
    let question = asked.question(On::Margin);
    let background: Vec<u32> = (10..60).collect();
    let players = question.players();
    let shares = shapley::shares(
        &question,
        1,
        &background,
        &players,
        4000,
        Stream::keyed([4]),
    )
    .unwrap();
    let mean = |f: &dyn Fn(usize) -> f64| (10..60).map(f).sum::<f64>() / 50.0;
    let x = &asked.columns;
    let (a, b) = (x[0][1], x[1][1]);
    let (ma, mb, mab) = (
        mean(&|r| x[0][r]),
        mean(&|r| x[1][r]),
        mean(&|r| x[0][r] * x[1][r]),
    );
    let mut expected = vec![0.0; 14];
    // half of what the first adds alone, half of what it adds to the second
    expected[0] = 0.5 * ((a * mb - mab) + (a * b - b * ma));
    expected[1] = 0.5 * ((b * ma - mab) + (a * b - a * mb));
    expected[2] = 2.0 * (x[2][1] - mean(&|r| x[2][r]));
    expected[13] = 1.0 - 0.5;
    let errors = shares.errors.clone().unwrap();
    for ((value, expected), error) in shares.values.iter().zip(&expected).zip(&errors) {
        assert!(
            (value - expected).abs() <= 6.0 * error + 1e-9,
            "{value} is not {expected}, error {error}"
        );
        assert!(*error < 0.05);
    }
    assert!(faithful::incompleteness(&shares.values, shares.base, shares.score) < 1e-9);
    let together = [
        Player {
            name: "both".into(),
            inputs: vec![0, 1],
        },
        Player {
            name: "rest".into(),
            inputs: (2..14).collect(),
        },
    ];
    let shares =
        shapley::shares(&question, 1, &background, &together, 0, Stream::keyed([4])).unwrap();
    near(
        &shares.values,
        &[a * b - mab, expected[2] + expected[13]],
        1e-9,
        "players of several inputs",
    );
}

#[test]
fn only_inputs_that_multiply_interact() {
    let asked = known();
    let question = asked.question(On::Margin);
    let rows: Vec<u32> = (0..40).collect();
    let alone: Vec<Vec<f64>> = (0..3)
        .map(|i| interaction::response(&question, &rows, &[i]).unwrap())
        .collect();
    let pair = |a: usize, b: usize| {
        let both = interaction::response(&question, &rows, &[a, b]).unwrap();
        interaction::squared(&both, &alone[a], &alone[b], |_| 1.0).unwrap()
    };
    assert!(pair(0, 1) > 0.5);
    assert!(pair(0, 2) < 1e-20 && pair(1, 2) < 1e-20);
    let many: Vec<u32> = (0..too_many()).collect();
    assert!(interaction::response(&question, &many, &[0]).is_err());
}

fn too_many() -> u32 {
    interaction::MOST as u32 + 1
}

#[test]
fn an_input_the_model_does_not_read_has_no_importance() {
    let asked = known();
    let question = asked.question(On::Margin);
    let rows = asked.rows();
    let before = question.scores(&rows, &[]).unwrap();
    let circle = permutation::Circle::new(rows.len(), 5, Stream::keyed([7]));
    let dummy = Player {
        name: "x3".into(),
        inputs: vec![3],
    };
    let word = Player {
        name: "word".into(),
        inputs: vec![13],
    };
    for repeat in 0..circle.repeats() {
        assert_eq!(
            moved(&question, &rows, &dummy, &circle, repeat).unwrap(),
            before
        );
        assert_ne!(
            moved(&question, &rows, &word, &circle, repeat).unwrap(),
            before
        );
    }
}
