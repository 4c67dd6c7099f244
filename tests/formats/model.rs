//! Every model format gives the scores worked out by hand, whatever the order of categories, rows and batches.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use keur::config::model_card;
use keur::dataset::table::{Batch, Category, Column, MISSING, Table};
use keur::model::predict::Model;
use keur::model::{formats, open};
use keur::sheet::Sheet;
use std::collections::BTreeMap;
use std::path::Path;

const HEAD: &str = "name='n'\nversion='1'\ntask='binary'\npredicts='p'\n";

fn try_open(card: &str, file: &[u8]) -> Result<Box<dyn Model>, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let name = if card.contains("safetensors") {
        "m.safetensors"
    } else {
        "m.toml"
    };
    std::fs::write(folder.path().join(name), file).unwrap();
    let sheet = Sheet::parse(&format!("{HEAD}file='{name}'\n{card}"), "card.toml").unwrap();
    let card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), []);
    open(&card, folder.path()).map_err(|all| all.iter().map(ToString::to_string).collect())
}

fn linear(score: &str, inputs: &str, file: &str) -> Box<dyn Model> {
    let card = format!("format='linear'\nscore='{score}'\n{inputs}");
    try_open(&card, file.as_bytes()).unwrap_or_else(|all| panic!("{all:#?}"))
}

fn words(words: &[&str]) -> Column {
    let mut category = Category::default();
    for word in words {
        if word.is_empty() {
            category.codes.push(MISSING);
            continue;
        }
        let place = category.levels.iter().position(|level| level == word);
        let code = place.unwrap_or_else(|| {
            category.levels.push((*word).to_owned());
            category.levels.len() - 1
        });
        category.codes.push(code as u32);
    }
    Column::Category(category)
}

fn scores(model: &dyn Model, columns: &[(&str, Column)]) -> Vec<f64> {
    let rows = columns[0].1.rows();
    let mut table = Table::new(rows);
    for (name, column) in columns {
        table.insert(name, column.clone()).unwrap();
    }
    let joins: BTreeMap<String, String> = columns
        .iter()
        .map(|(name, _)| ((*name).to_owned(), (*name).to_owned()))
        .collect();
    let all: Vec<u32> = (0..rows as u32).collect();
    model.predict(&Batch::new(&table, &joins, &all)).unwrap()
}

fn numbers(numbers: &[f64]) -> Column {
    Column::Number(numbers.to_vec())
}

fn near(given: &[f64], wanted: &[f64], within: f64) {
    assert_eq!(given.len(), wanted.len());
    for (given, wanted) in given.iter().zip(wanted) {
        let same = (given.is_nan() && wanted.is_nan()) || (given - wanted).abs() <= within;
        assert!(same, "{given} is not {wanted}");
    }
}

#[test]
fn the_shelf_and_the_cards_know_the_same_formats() {
    let shelf: Vec<&str> = formats().iter().map(|format| format.id).collect();
    assert_eq!(shelf, model_card::FORMATS);
}

const AGE_SEX: &str =
    "[[inputs]]\nname='age'\nmissing=60\n[[inputs]]\nname='sex'\ncategories=['female','male']\n";
const LOGISTIC: &str = "link='logistic'\nintercept=-4\n\
    [[terms]]\ninput='age'\ncentre=50\nscale=10\ncoefficient=0.3\n\
    [[terms]]\ninput='sex'\nlevels={female=0.2, male=-0.1}\n\
    [[terms]]\nproduct=[{input='age',transform='log'},{input='sex',is='male'}]\ncoefficient=0.5\n";

fn by_hand(age: f64, male: bool) -> f64 {
    -4.0 + 0.3 * (age - 50.0) / 10.0 + if male { -0.1 + 0.5 * age.ln() } else { 0.2 }
}

#[test]
fn a_logistic_model_gives_the_scores_worked_by_hand() {
    let ages = [30.0, 72.5, f64::NAN, 50.0];
    let columns = [
        ("age", numbers(&ages)),
        ("sex", words(&["male", "female", "male", "male"])),
    ];
    let lp: Vec<f64> = [(30.0, true), (72.5, false), (60.0, true), (50.0, true)]
        .iter()
        .map(|(age, male)| by_hand(*age, *male))
        .collect();
    let risk: Vec<f64> = lp.iter().map(|lp| 1.0 / (1.0 + (-lp).exp())).collect();
    let percent: Vec<f64> = risk.iter().map(|risk| 100.0 * risk).collect();
    near(
        &scores(&*linear("logit", AGE_SEX, LOGISTIC), &columns),
        &lp,
        1e-12,
    );
    near(
        &scores(&*linear("probability", AGE_SEX, LOGISTIC), &columns),
        &risk,
        1e-12,
    );
    near(
        &scores(&*linear("percent", AGE_SEX, LOGISTIC), &columns),
        &percent,
        1e-10,
    );
}

#[test]
fn the_order_of_categories_in_the_data_changes_nothing() {
    let model = linear("logit", AGE_SEX, LOGISTIC);
    let ages = numbers(&[40.0, 50.0, 60.0]);
    let one = scores(
        &*model,
        &[
            ("age", ages.clone()),
            ("sex", words(&["male", "female", "male"])),
        ],
    );
    let Column::Category(mut sex) = words(&["male", "female", "male"]) else {
        panic!()
    };
    sex.levels = vec!["female".into(), "other".into(), "male".into()];
    sex.codes = vec![2, 0, 2];
    let two = scores(&*model, &[("age", ages), ("sex", Column::Category(sex))]);
    assert_eq!(one, two);
}

#[test]
fn rows_without_a_value_are_refused_and_only_they() {
    let model = linear("logit", AGE_SEX, LOGISTIC);
    let columns = [
        ("age", numbers(&[0.0, 50.0, 50.0, -1.0, 0.0, 50.0])),
        (
            "sex",
            words(&["male", "", "intersex", "male", "female", "female"]),
        ),
    ];
    let refused: Vec<bool> = scores(&*model, &columns)
        .iter()
        .map(|score| score.is_nan())
        .collect();
    // log(0) counts only in the interaction, where 0 × NaN is still no number
    assert_eq!(refused, [true, true, true, true, true, false]);
}

#[test]
fn missing_rules_stand_in_by_value_and_by_category() {
    let inputs = AGE_SEX.replace("'male']", "'male']\nmissing={category='male'}");
    let model = linear("logit", &inputs, LOGISTIC);
    let columns = [
        ("age", numbers(&[f64::NAN, 40.0])),
        ("sex", words(&["", "female"])),
    ];
    let wanted = [by_hand(60.0, true), by_hand(40.0, false)];
    near(&scores(&*model, &columns), &wanted, 1e-12);
}

const X: &str = "[[inputs]]\nname='x'\n";

#[test]
fn points_change_exactly_at_their_edges_and_become_a_risk() {
    let file = "link='identity'\n[[terms]]\ninput='x'\n\
        points=[{below=50,points=0},{below=65,points=2},{at-most=75,points=3},{points=4}]\n";
    let x = [49.999, 50.0, 64.999, 65.0, 75.0, 75.001, f64::NAN];
    let points = [0.0, 2.0, 2.0, 3.0, 3.0, 4.0, f64::NAN];
    near(
        &scores(&*linear("points", X, file), &[("x", numbers(&x))]),
        &points,
        0.0,
    );
    let risk = format!(
        "{file}[risk]\ntable=[{{points=0,risk=0.01}},{{points=2,risk=0.05}},{{points=4,risk=0.2}}]"
    );
    let wanted = [0.01, 0.05, 0.05, f64::NAN, f64::NAN, 0.2, f64::NAN];
    near(
        &scores(&*linear("probability", X, &risk), &[("x", numbers(&x))]),
        &wanted,
        0.0,
    );
    let ranges = format!("{file}[risk]\ntable=[{{below=3,risk=0.02}},{{risk=0.3}}]");
    let wanted = [2.0, 2.0, 2.0, 30.0, 30.0, 30.0, f64::NAN];
    near(
        &scores(&*linear("percent", X, &ranges), &[("x", numbers(&x))]),
        &wanted,
        1e-12,
    );
    let logistic = format!("{file}[risk]\nintercept=-3\nslope=0.5");
    let risk = scores(
        &*linear("probability", X, &logistic),
        &[("x", numbers(&x[..2]))],
    );
    near(
        &risk,
        &[1.0 / (1.0 + 3f64.exp()), 1.0 / (1.0 + 2f64.exp())],
        1e-15,
    );
}

#[test]
fn any_holds_when_one_of_its_questions_does() {
    let inputs = "[[inputs]]\nname='sbp'\n[[inputs]]\nname='dbp'\n";
    let file = "link='identity'\n[[terms]]\nany=[{input='sbp',below=90},{input='dbp',at-most=60}]\ncoefficient=1";
    let columns = [
        ("sbp", numbers(&[85.0, 120.0, 120.0, 85.0, f64::NAN])),
        ("dbp", numbers(&[80.0, 60.0, 61.0, 50.0, 50.0])),
    ];
    let wanted = [1.0, 1.0, 0.0, 1.0, f64::NAN];
    near(
        &scores(&*linear("points", inputs, file), &columns),
        &wanted,
        0.0,
    );
}

#[test]
fn strata_have_their_own_equation_and_rows_of_none_are_refused() {
    let inputs = "[[inputs]]\nname='age'\n[[inputs]]\nname='sex'\ncategories=['f','m']\n";
    let file = "link='cox'\n\
        [[strata]]\nwhen=[{input='sex',is='f'}]\nbaseline-survival=0.95\nlp-mean=2.5\n\
        terms=[{input='age',transform='log',coefficient=0.7}]\nrecalibration={intercept=-0.5,slope=0.8}\n\
        [[strata]]\nwhen=[{input='sex',is='m'},{input='age',below=70}]\nbaseline-survival=0.9\nlp-mean=0\n\
        terms=[{input='age',coefficient=0.01}]\n";
    let columns = [
        ("age", numbers(&[60.0, 60.0, 75.0])),
        ("sex", words(&["f", "m", "m"])),
    ];
    let first = 1.0 - 0.95f64.powf((0.7 * 60f64.ln() - 2.5).exp());
    let first = 1.0 - (-(-0.5 + 0.8 * (-(1.0 - first).ln()).ln()).exp()).exp();
    let second = 1.0 - 0.9f64.powf(0.6f64.exp());
    let given = scores(&*linear("probability", inputs, file), &columns);
    near(&given, &[first, second, f64::NAN], 1e-12);
    let overlapping = file.replace("is='m'}", "is=['m','f']}");
    let card = format!("format='linear'\nscore='probability'\n{inputs}");
    let told = try_open(&card, overlapping.as_bytes()).err().unwrap();
    assert!(told[0].contains("earlier one"), "{told:?}");
}

#[test]
fn a_spline_file_agrees_with_the_recipe() {
    let knots: [f64; 4] = [-3.0, -1.0, 0.5, 4.0];
    let weights = [0.4, -1.5, 2.0];
    let file = format!(
        "link='identity'\nintercept=0.1\n[[terms]]\ninput='x'\nknots={knots:?}\ncoefficients={weights:?}"
    );
    let x: Vec<f64> = (-60..=60).map(|i| f64::from(i) / 7.0).collect();
    let cube = |d: f64| if d > 0.0 { d * d * d } else { 0.0 };
    let [t1, t2, t3, t4] = knots;
    let wanted: Vec<f64> = x
        .iter()
        .map(|x| {
            let of = |t: f64| {
                (cube(x - t) - cube(x - t3) * (t4 - t) / (t4 - t3)
                    + cube(x - t4) * (t3 - t) / (t4 - t3))
                    / ((t4 - t1) * (t4 - t1))
            };
            0.1 + weights[0] * x + weights[1] * of(t1) + weights[2] * of(t2)
        })
        .collect();
    near(
        &scores(&*linear("points", X, &file), &[("x", numbers(&x))]),
        &wanted,
        1e-12,
    );
}

#[test]
fn every_problem_of_a_file_is_told_at_once() {
    let card = format!("format='linear'\nscore='probability'\n{AGE_SEX}[[inputs]]\nname='bmi'\n");
    let file = "link='logit'\n[[terms]]\ninput='agee'\ncoefficient=1\n[[terms]]\ninput='age'\ncoeficient=2\n\
        [[terms]]\ninput='sex'\nlevels={female=1, mal=2}\n[[terms]]\ninput='sex'\ntransform='log'\ncoefficient=1\n\
        [[terms]]\ninput='age'\ncoefficient=nan\n[[terms]]\ninput='age'\ncoefficient=inf\n";
    let told = try_open(&card, file.as_bytes()).err().unwrap();
    for part in [
        "unknown link `logit`",
        "did you mean `age`",
        "unknown key `coeficient`",
        "`coefficient` is missing",
        "say nothing of `male`",
        "unknown key `mal`",
        "asks for a number",
        "m/m.toml:13",
        "m/m.toml:17",
        "m/m.toml:20",
    ] {
        assert!(
            told.iter().any(|told| told.contains(part)),
            "{part}: {told:#?}"
        );
    }
    let good = LOGISTIC.as_bytes();
    let told = try_open(&card, good).err().unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("`bmi`") && told[0].contains("never used"));
}

#[test]
fn links_and_scales_must_fit() {
    for (score, link) in [
        ("points", "link='logistic'\nintercept=0"),
        ("points", "link='cox'\nbaseline-survival=0.9\nlp-mean=0"),
        ("logit", "link='cox'\nbaseline-survival=0.9\nlp-mean=0"),
        ("probability", "link='logistic'"),
        ("probability", "link='cox'\nbaseline-survival=0.9"),
        (
            "probability",
            "link='cox'\nbaseline-survival=1.0\nlp-mean=0",
        ),
        (
            "probability",
            "link='logistic'\nintercept=0\nrisk={intercept=0,slope=1}",
        ),
        ("points", "link='identity'\nrisk={intercept=0,slope=1}"),
        (
            "probability",
            "link='identity'\nrisk={table=[{points=0,risk=5}]}",
        ),
    ] {
        let card = format!("format='linear'\nscore='{score}'\n{X}");
        let file = format!("{link}\n[[terms]]\ninput='x'\ncoefficient=1\n");
        let told = try_open(&card, file.as_bytes()).err().unwrap();
        assert_eq!(told.len(), 1, "{score} {link}: {told:?}");
    }
}

// -- networks ---------------------------------------------------------------------------------------------------------

type Tensors = Vec<(String, Vec<usize>, Vec<f64>)>;

fn safetensors(tensors: &Tensors, dtype: &str) -> Vec<u8> {
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for (name, shape, numbers) in tensors {
        let start = data.len();
        for number in numbers {
            match dtype {
                "F32" => data.extend((*number as f32).to_le_bytes()),
                "BF16" => data.extend(&(*number as f32).to_le_bytes()[2..]),
                _ => data.extend(number.to_le_bytes()),
            }
        }
        header.push(format!(
            "\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{start},{}]}}",
            data.len()
        ));
    }
    let header = format!("{{{}}}", header.join(","));
    [
        &(header.len() as u64).to_le_bytes()[..],
        header.as_bytes(),
        &data,
    ]
    .concat()
}

struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0
    }

    fn take(&mut self, n: usize) -> Vec<f64> {
        // kept to what bfloat16 holds exactly, so that every stored kind means the same network
        (0..n)
            .map(|_| f64::from(f32::from_bits((self.next() as f32).to_bits() & 0xffff_0000)))
            .collect()
    }
}

const WIDTHS: [usize; 5] = [7, 33, 16, 5, 1];

fn mlp() -> (String, Tensors) {
    let mut draw = Draw(7);
    let mut tensors = vec![
        ("in.mean".to_owned(), vec![7], draw.take(7)),
        (
            "in.sd".to_owned(),
            vec![7],
            draw.take(7).iter().map(|x| x.abs() + 0.5).collect(),
        ),
    ];
    let mut card = "format='safetensors'\nscore='probability'\n".to_owned();
    for name in ["a", "b", "c", "d", "e"] {
        card += &format!("[[inputs]]\nname='{name}'\n");
    }
    card +=
        "[[inputs]]\nname='sex'\ncategories=['f','m']\n[[layers]]\nkind='standardise'\nname='in'\n";
    for (layer, kind) in ["relu", "gelu", "tanh", "sigmoid"].iter().enumerate() {
        let (inputs, outputs) = (WIDTHS[layer], WIDTHS[layer + 1]);
        let weights: Vec<f64> = draw
            .take(inputs * outputs)
            .iter()
            .map(|w| w * 0.5)
            .collect();
        tensors.push((format!("fc{layer}.weight"), vec![outputs, inputs], weights));
        tensors.push((format!("fc{layer}.bias"), vec![outputs], draw.take(outputs)));
        card += &format!(
            "[[layers]]\nkind='dense'\nname='fc{layer}'\ninputs={inputs}\noutputs={outputs}\n[[layers]]\nkind='{kind}'\n"
        );
    }
    (card, tensors)
}

/// The error function by its series, good to 2e-8.
fn erf(x: f64) -> f64 {
    if x.abs() > 4.0 {
        return x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

fn by_loop(tensors: &Tensors, row: &[f64]) -> f64 {
    let mut x: Vec<f64> = row
        .iter()
        .zip(tensors[0].2.iter().zip(&tensors[1].2))
        .map(|(x, (mean, sd))| (x - mean) / sd)
        .collect();
    for layer in 0..4 {
        let (weight, bias) = (&tensors[2 + 2 * layer].2, &tensors[3 + 2 * layer].2);
        x = weight
            .chunks(x.len())
            .zip(bias)
            .map(|(weights, bias)| {
                let sum = bias + weights.iter().zip(&x).map(|(w, x)| w * x).sum::<f64>();
                match layer {
                    0 => sum.max(0.0),
                    1 => 0.5 * sum * (1.0 + erf(sum / 2f64.sqrt())),
                    2 => sum.tanh(),
                    _ => 1.0 / (1.0 + (-sum).exp()),
                }
            })
            .collect();
    }
    x[0]
}

fn rows(n: usize) -> (Table, BTreeMap<String, String>, Vec<[f64; 7]>) {
    let mut draw = Draw(99);
    let rows: Vec<[f64; 7]> = (0..n)
        .map(|_| {
            let mut row = [0.0; 7];
            row[..5].iter_mut().for_each(|x| *x = draw.next() * 3.0);
            row[5 + usize::from(draw.next() > 0.0)] = 1.0;
            row
        })
        .collect();
    let mut table = Table::new(n);
    for (place, name) in ["a", "b", "c", "d", "e"].iter().enumerate() {
        table
            .insert(
                name,
                Column::Number(rows.iter().map(|row| row[place]).collect()),
            )
            .unwrap();
    }
    let sex: Vec<&str> = rows
        .iter()
        .map(|row| if row[5] == 1.0 { "f" } else { "m" })
        .collect();
    table.insert("sex", words(&sex)).unwrap();
    let joins = ["a", "b", "c", "d", "e", "sex"].map(|name| (name.to_owned(), name.to_owned()));
    (table, BTreeMap::from(joins), rows)
}

#[test]
fn a_network_equals_a_plain_loop_whatever_kind_of_number_is_stored() {
    let (card, tensors) = mlp();
    let (table, joins, rows) = rows(300);
    let all: Vec<u32> = (0..300).collect();
    let wanted: Vec<f64> = rows.iter().map(|row| by_loop(&tensors, row)).collect();
    let spread =
        wanted.iter().cloned().fold(0.0, f64::max) - wanted.iter().cloned().fold(1.0, f64::min);
    assert!(spread > 0.1, "the network says something: {spread}");
    let [single, double, half] = ["F32", "F64", "BF16"].map(|dtype| {
        let model =
            try_open(&card, &safetensors(&tensors, dtype)).unwrap_or_else(|all| panic!("{all:#?}"));
        model.predict(&Batch::new(&table, &joins, &all)).unwrap()
    });
    near(&single, &wanted, 1e-6);
    assert_eq!(single, double);
    // standard deviations and halved weights lose bits in bfloat16
    near(&half, &wanted, 0.02);
}

fn bits(scores: &[f64]) -> Vec<u64> {
    scores.iter().map(|score| score.to_bits()).collect()
}

#[test]
fn a_networks_scores_are_the_same_bits_in_any_batch_order_and_number_of_threads() {
    let (card, tensors) = mlp();
    let model =
        try_open(&card, &safetensors(&tensors, "F32")).unwrap_or_else(|all| panic!("{all:#?}"));
    let (table, joins, _) = rows(1000);
    let all: Vec<u32> = (0..1000).collect();
    let of = |rows: &[u32]| model.predict(&Batch::new(&table, &joins, rows)).unwrap();
    let whole = bits(&of(&all));
    let single: Vec<f64> = all.iter().flat_map(|row| of(&[*row])).collect();
    assert_eq!(whole, bits(&single), "one row at a time");
    for size in [2, 7, 63, 64, 65, 500] {
        let parts: Vec<f64> = all.chunks(size).flat_map(&of).collect();
        assert_eq!(whole, bits(&parts), "batches of {size}");
    }
    let backwards: Vec<u32> = all.iter().rev().copied().collect();
    let mut turned = bits(&of(&backwards));
    turned.reverse();
    assert_eq!(whole, turned, "the other way round");
    for threads in [1, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        assert_eq!(whole, bits(&pool.install(|| of(&all))), "{threads} threads");
    }
}

#[test]
fn wide_networks_are_the_same_bits_too() {
    let widths = [3, 700, 300, 1];
    let mut draw = Draw(5);
    let mut tensors = Tensors::new();
    let mut card = "format='safetensors'\nscore='logit'\n".to_owned();
    for name in ["a", "b", "c"] {
        card += &format!("[[inputs]]\nname='{name}'\n");
    }
    for layer in 0..3 {
        let (inputs, outputs) = (widths[layer], widths[layer + 1]);
        tensors.push((
            format!("l{layer}.weight"),
            vec![outputs, inputs],
            draw.take(inputs * outputs),
        ));
        tensors.push((format!("l{layer}.bias"), vec![outputs], draw.take(outputs)));
        card += &format!(
            "[[layers]]\nkind='dense'\nname='l{layer}'\ninputs={inputs}\noutputs={outputs}\n"
        );
        card += if layer < 2 {
            "[[layers]]\nkind='tanh'\n"
        } else {
            ""
        };
    }
    let model =
        try_open(&card, &safetensors(&tensors, "F32")).unwrap_or_else(|all| panic!("{all:#?}"));
    let (table, joins, _) = rows(200);
    let all: Vec<u32> = (0..200).collect();
    let of = |rows: &[u32]| model.predict(&Batch::new(&table, &joins, rows)).unwrap();
    let whole = bits(&of(&all));
    let single: Vec<f64> = all.iter().flat_map(|row| of(&[*row])).collect();
    assert_eq!(whole, bits(&single));
    for threads in [1, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        assert_eq!(whole, bits(&pool.install(|| of(&all))), "{threads} threads");
    }
}

#[test]
fn a_network_refuses_rows_without_a_value_and_keeps_its_neighbours() {
    let (card, tensors) = mlp();
    let model =
        try_open(&card, &safetensors(&tensors, "F32")).unwrap_or_else(|all| panic!("{all:#?}"));
    let column = |x: f64| numbers(&[0.1, x, 0.2]);
    let mut columns: Vec<(&str, Column)> = ["b", "c", "d", "e"]
        .iter()
        .map(|name| (*name, column(0.3)))
        .collect();
    columns.push(("sex", words(&["f", "m", "f"])));
    columns.push(("a", column(0.3)));
    let good = scores(&*model, &columns);
    for odd in [f64::NAN, f64::INFINITY, 1e300] {
        columns.last_mut().unwrap().1 = column(odd);
        let given = scores(&*model, &columns);
        assert!(given[1].is_nan(), "{odd}");
        assert_eq!((given[0], given[2]), (good[0], good[2]));
    }
}

#[test]
fn the_spline_fitted_by_r_gives_its_calibration_index() {
    let golden = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/reference/golden"
    ));
    let Ok(text) = std::fs::read_to_string(golden.join("binary_sim.json")) else {
        eprintln!("skipped: {} is not here", golden.display());
        return;
    };
    let golden_json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let csv = std::fs::read_to_string(golden.join("data/sim_multicentre.csv")).unwrap();
    let mut lines = csv.lines();
    let header: Vec<&str> = lines
        .next()
        .unwrap()
        .split(',')
        .map(|name| name.trim_matches('"'))
        .collect();
    for model in ["a", "b"] {
        let place = header
            .iter()
            .position(|name| *name == format!("p_{model}"))
            .unwrap_or_else(|| panic!("no prediction column in {header:?}"));
        let risks: Vec<f64> = csv
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(place).unwrap().parse().unwrap())
            .collect();
        let lp: Vec<f64> = risks
            .iter()
            .map(|risk| (risk / (1.0 - risk)).ln())
            .collect();
        for (fit, index) in [("rcs3_logit", "ICI"), ("rcs5_logit", "ICI")] {
            let fit = &golden_json[format!("model_{model}")][fit];
            let Some(coefficients) = fit["coef"].as_array() else {
                continue;
            };
            let of = |values: &[serde_json::Value]| -> Vec<f64> {
                values.iter().map(|value| value.as_f64().unwrap()).collect()
            };
            let coefficients = of(coefficients);
            let knots = of(fit["knots_lp"].as_array().unwrap());
            let file = format!(
                "link='logistic'\nintercept={}\n[[terms]]\ninput='x'\nknots={knots:?}\ncoefficients={:?}",
                coefficients[0],
                &coefficients[1..]
            );
            let calibrated = scores(&*linear("probability", X, &file), &[("x", numbers(&lp))]);
            let ici = calibrated
                .iter()
                .zip(&risks)
                .map(|(c, p)| (c - p).abs())
                .sum::<f64>()
                / risks.len() as f64;
            let wanted = fit[index].as_f64().unwrap();
            assert!(
                (ici - wanted).abs() < 1e-9,
                "model {model}: {ici} is not {wanted}"
            );
        }
    }
}
