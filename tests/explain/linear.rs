//! Contributions of equations: shap's numbers (`tests/oracle/linear.py`), brute force, the equation and its nomogram.

use keur::config::model_card;
use keur::dataset::table::{Category, Column, Table};
use keur::explain::linear::{Sums, equation};
use keur::explain::nomogram::nomograms;
use keur::explain::question::{On, Question};
use keur::explain::{randomised, shapley};
use keur::model::predict::Model;
use keur::random::Stream;
use keur::record::ModelCard;
use keur::sheet::Sheet;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Oracle {
    versions: BTreeMap<String, String>,
    rows: Vec<Vec<f64>>,
    background: Vec<Vec<f64>>,
    beta: Vec<f64>,
    intercept: f64,
    plain: Vec<Vec<f64>>,
    plain_base: f64,
    exact: Vec<Vec<f64>>,
    exact_base: f64,
}

struct Asked {
    model: Box<dyn Model>,
    card: ModelCard,
    folder: tempfile::TempDir,
    table: Table,
    joins: BTreeMap<String, String>,
}

impl Asked {
    fn new(equation: &str, inputs: &str, score: &str, table: Table) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("m.toml"), equation).unwrap();
        let text = format!(
            "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='linear'\nfile='m.toml'\nscore='{score}'\n{inputs}"
        );
        let sheet = Sheet::parse(&text, "card.toml").unwrap();
        let card = model_card::read(&sheet, "m");
        assert_eq!(sheet.finish(), []);
        let model = keur::model::open(&card, folder.path());
        let names = card.inputs.iter().map(|input| input.name.clone());
        Self {
            joins: names.map(|name| (name.clone(), name)).collect(),
            model: model.unwrap_or_else(|all| panic!("{all:#?}")),
            card,
            folder,
            table,
        }
    }

    fn question(&self) -> Question<'_> {
        Question {
            model: &*self.model,
            table: &self.table,
            joins: &self.joins,
            conversions: &[],
            inputs: &self.card.inputs,
            scale: self.card.score,
            on: On::Margin,
        }
    }
}

fn table(columns: &[(&str, Vec<f64>)]) -> Table {
    let mut table = Table::new(columns[0].1.len());
    for (name, column) in columns {
        table.insert(name, Column::Number(column.clone())).unwrap();
    }
    table
}

fn near(found: f64, wanted: f64, what: &str) {
    assert!(
        (found - wanted).abs() < 1e-9,
        "{what}: {found} is not {wanted}"
    );
}

#[test]
fn contributions_are_those_of_shap() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/linear.json");
    let oracle: Oracle = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    eprintln!("{:?}", oracle.versions);
    let all = [oracle.rows.clone(), oracle.background.clone()].concat();
    let column = |place: usize| all.iter().map(|row| row[place]).collect();
    let columns = || table(&[("a", column(0)), ("b", column(1)), ("c", column(2))]);
    let inputs = "[[inputs]]\nname='a'\n[[inputs]]\nname='b'\n[[inputs]]\nname='c'\n";
    let terms = ["a", "b", "c"].iter().zip(&oracle.beta);
    let terms: Vec<String> = terms
        .map(|(name, beta)| format!("[[terms]]\ninput='{name}'\ncoefficient={beta}\n"))
        .collect();
    let plain = format!(
        "link='logistic'\nintercept={}\n{}",
        oracle.intercept,
        terms.concat()
    );
    let wide = "link='logistic'\nintercept=0.3\n\
        [[terms]]\ninput='a'\ncoefficient=0.8\n\
        [[terms]]\nproduct=[{input='a'},{input='b'}]\ncoefficient=0.5\n\
        [[terms]]\ninput='c'\npoints=[{below=-0.5,points=0},{at-most=0.5,points=1.5},{points=4}]\ncoefficient=0.25\n\
        [[terms]]\nany=[{input='a',above=0},{input='b',at-most=-0.2}]\ncoefficient=-0.9\n\
        [[terms]]\nproduct=[{input='c',clamp=[0,100]},{input='a'},{input='b'}]\ncoefficient=0.2\n";
    let rows: Vec<u32> = (0..6).collect();
    let background: Vec<u32> = (6..26).collect();
    for (file, wanted, base) in [
        (plain.as_str(), &oracle.plain, oracle.plain_base),
        (wide, &oracle.exact, oracle.exact_base),
    ] {
        let asked = Asked::new(file, inputs, "probability", columns());
        let question = asked.question();
        let told = Sums::new(&question, &background)
            .unwrap()
            .values(&rows)
            .unwrap();
        let margins = question.scores(&rows, &[]).unwrap();
        for (row, wanted) in wanted.iter().enumerate() {
            for (input, wanted) in wanted.iter().enumerate() {
                near(told.values[input][row], *wanted, file);
            }
            near(told.base[row], base, "base");
            near(told.margins[row], margins[row], "margin");
            let sum: f64 = told.values.iter().map(|column| column[row]).sum();
            near(sum, told.margins[row] - told.base[row], "completeness");
        }
    }
}

fn clinic() -> (Table, &'static str) {
    let mut stream = Stream::keyed([8]);
    let mut column = |low: f64, high: f64| -> Vec<f64> {
        (0..60)
            .map(|_| (low + (high - low) * stream.share()).round())
            .collect()
    };
    let mut table = table(&[
        ("age", column(20.0, 90.0)),
        ("sbp", column(80.0, 180.0)),
        ("bmi", column(16.0, 40.0)),
        ("unused", column(0.0, 9.0)),
    ]);
    let codes = (0..60).map(|row| row % 2).collect();
    let words = Category {
        codes,
        levels: vec!["male".into(), "female".into()],
    };
    table.insert("sex", Column::Category(words)).unwrap();
    let inputs = "[[inputs]]\nname='age'\n[[inputs]]\nname='sbp'\n[[inputs]]\nname='bmi'\n[[inputs]]\nname='unused'\n\
        [[inputs]]\nname='sex'\ncategories=['female','male']\n";
    (table, inputs)
}

const CLINIC: &str = "link='logistic'\nintercept=-2\nrecalibration={intercept=0.5,slope=0.8}\n\
    [[terms]]\ninput='age'\ncentre=50\nscale=10\ncoefficient=0.3\n\
    [[terms]]\ninput='sex'\nlevels={female=0,male=0.25}\n\
    [[terms]]\ninput='sbp'\nbelow=90\ncoefficient=0.8\n\
    [[terms]]\ninput='unused'\ncoefficient=0\n\
    [[terms]]\ninput='bmi'\nknots=[20,25,35]\ncoefficients=[-0.1,0.2]\n";
const PRODUCT: &str = "[[terms]]\nproduct=[{input='age',transform='log'},{input='sex',is='male'},{input='age',above=60}]\ncoefficient=0.1\n";

#[test]
fn contributions_are_those_of_all_coalitions_and_keep_the_laws() {
    let (table, inputs) = clinic();
    let asked = Asked::new(&format!("{CLINIC}{PRODUCT}"), inputs, "probability", table);
    let question = asked.question();
    let background: Vec<u32> = (20..60).collect();
    let told = Sums::new(&question, &background).unwrap();
    let told = told.values(&[0, 1, 2]).unwrap();
    for row in 0..3_u32 {
        let players = question.players();
        let stream = Stream::keyed([1]);
        let shares = shapley::shares(&question, row, &background, &players, 0, stream).unwrap();
        for (input, wanted) in shares.values.iter().enumerate() {
            near(
                told.values[input][row as usize],
                *wanted,
                &players[input].name,
            );
        }
        near(told.base[row as usize], shares.base, "base");
        assert_eq!(told.values[3][row as usize], 0.0);
    }
}

#[test]
fn the_equation_is_told_line_by_line() {
    let (table, inputs) = clinic();
    let asked = Asked::new(&format!("{CLINIC}{PRODUCT}"), inputs, "probability", table);
    let lines = equation(&asked.question()).unwrap();
    let told: Vec<(&str, f64)> = lines
        .iter()
        .map(|l| (l.what.as_str(), l.coefficient))
        .collect();
    let wanted = [
        ("intercept", 0.5 - 0.8 * 2.0),
        ("(age − 50) / 10", 0.24),
        ("sex = female", 0.0),
        ("sex = male", 0.2),
        ("sbp < 90", 0.64),
        ("unused", 0.0),
        ("bmi (linear part of a spline with knots 20, 25, 35)", -0.08),
        ("bmi (spline part 1)", 0.16),
        ("ln(age) × sex = male × age > 60", 0.08),
    ];
    assert_eq!(told.len(), wanted.len(), "{told:?}");
    for ((what, number), (words, wanted)) in told.iter().zip(wanted) {
        assert_eq!(*what, words);
        near(*number, wanted, what);
    }
    assert_eq!(lines[0].ratio, None);
    near(lines[1].ratio.unwrap(), 0.24_f64.exp(), "odds ratio");
    assert_eq!(lines[8].inputs, ["age", "sex"]);
}

#[test]
fn a_nomogram_gives_the_risk_of_the_equation() {
    let (table, inputs) = clinic();
    let asked = Asked::new(CLINIC, inputs, "probability", table);
    let question = asked.question();
    let ends = |input: usize| {
        [
            Some([20.0, 90.0]),
            Some([80.0, 180.0]),
            Some([16.0, 40.0]),
            Some([0.0, 9.0]),
            None,
        ][input]
    };
    let all = nomograms(&question, ends, 11).unwrap();
    let [nomogram] = all.as_slice() else {
        panic!("one formula")
    };
    assert_eq!(nomogram.axes.len(), 5);
    let most = nomogram
        .axes
        .iter()
        .flat_map(|axis| &axis.marks)
        .map(|mark| mark.points);
    near(most.fold(0.0, f64::max), 100.0, "the widest scale");
    // a man of 69 with a pressure of 80 and a BMI of 28: marks of every scale
    let points = |axis: usize, label: &str| {
        let marks = &nomogram.axes[axis].marks;
        marks
            .iter()
            .find(|mark| mark.label == label)
            .unwrap()
            .points
    };
    let total = points(0, "69") + points(1, "80") + points(2, "28") + points(4, "male");
    let sum = nomogram.start + nomogram.point * total;
    let spline = |x: f64| {
        let cubed = |knot: f64| (x - knot).max(0.0).powi(3);
        let part = (cubed(20.0) - cubed(25.0) * 15.0 / 10.0 + cubed(35.0) * 5.0 / 10.0) / 225.0;
        -0.1 * x + 0.2 * part
    };
    near(
        sum,
        0.5 + 0.8 * (-2.0 + 0.3 * 1.9 + 0.25 + 0.8 + spline(28.0)),
        "the sum",
    );
    let [highest, risk] = *nomogram.totals.last().unwrap();
    let margin = nomogram.start + nomogram.point * highest;
    near(risk, 1.0 / (1.0 + (-margin).exp()), "the risk");
    let (table, _) = clinic();
    let crossed = Asked::new(&format!("{CLINIC}{PRODUCT}"), inputs, "probability", table);
    assert!(nomograms(&crossed.question(), ends, 11).is_err());
    assert!(nomograms(&question, |_| None, 11).is_err());
}

#[test]
fn a_row_is_explained_by_the_equation_of_its_stratum() {
    let (table, _) = clinic();
    let inputs = "[[inputs]]\nname='age'\n[[inputs]]\nname='sex'\ncategories=['female','male']\n";
    let file = "link='cox'\n\
        [[strata]]\nwhen=[{input='sex',is='female'}]\nbaseline-survival=0.95\nlp-mean=2\nterms=[{input='age',scale=10,coefficient=0.5}]\n\
        [[strata]]\nwhen=[{input='sex',is='male'}]\nbaseline-survival=0.9\nlp-mean=3\nterms=[{input='age',scale=10,coefficient=0.7}]\n";
    let asked = Asked::new(file, inputs, "probability", table);
    let question = asked.question();
    let sums = Sums::new(&question, &(0..60).collect::<Vec<u32>>()).unwrap();
    assert_eq!(sums.formulas()[1].when, "sex = male");
    let told = sums.values(&[0, 1]).unwrap();
    assert_eq!(told.formula, [Some(1), Some(0)]);
    let ages = asked.table.numbers("age").unwrap();
    for (row, slope) in [(0_usize, 0.07), (1, 0.05)] {
        let own = (row..60).step_by(2).map(|r| ages.get(r)).sum::<f64>() / 30.0;
        near(told.values[0][row], slope * (ages.get(row) - own), "age");
        assert_eq!(told.values[1][row], 0.0);
    }
    let women: Vec<u32> = (1..60).step_by(2).collect();
    let told = Sums::new(&question, &women)
        .unwrap()
        .values(&[0, 1])
        .unwrap();
    assert!(told.values[0][0].is_nan() && told.base[0].is_nan() && told.margins[0].is_finite());
    assert!(told.values[0][1].is_finite());
    assert!(Sums::new(&question, &[]).is_err());
    let lines = equation(&question).unwrap();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[3].when, "sex = male");
}

#[test]
fn coefficients_in_another_order_are_another_model() {
    let (table, inputs) = clinic();
    let asked = Asked::new(CLINIC, inputs, "probability", table);
    let told = |seed| {
        let folder = asked.folder.path();
        let model = randomised::open(&asked.card, folder, Stream::keyed([seed])).unwrap();
        let question = Question {
            model: &*model,
            ..asked.question()
        };
        let lines = equation(&question).unwrap();
        lines
            .iter()
            .map(|line| line.coefficient)
            .collect::<Vec<_>>()
    };
    let own: Vec<f64> = equation(&asked.question())
        .unwrap()
        .iter()
        .map(|l| l.coefficient)
        .collect();
    let sorted = |list: &[f64]| {
        let mut list = list.to_vec();
        list.sort_by(f64::total_cmp);
        list
    };
    assert_eq!(told(3), told(3));
    assert_ne!(told(3), own);
    assert_eq!(told(3)[0], own[0]);
    for (a, b) in sorted(&told(3)).iter().zip(sorted(&own)) {
        near(*a, b, "the same numbers");
    }
    let other = ModelCard {
        format: "column".into(),
        ..asked.card.clone()
    };
    assert!(randomised::open(&other, asked.folder.path(), Stream::keyed([1])).is_err());
}
