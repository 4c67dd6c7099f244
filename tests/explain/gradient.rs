//! Integrated gradients and SmoothGrad: captum's numbers (`tests/oracle/gradient.py`), the golden ones, and the laws.

use keur::config::model_card;
use keur::explain::baseline::{self, Given};
use keur::explain::enter::Rows;
use keur::explain::gradient::{Integrated, Precision, Told};
use keur::explain::smooth::{self, Smooth};
use keur::model::gradient::{Gradient, Slopes};
use keur::model::open;
use keur::model::predict::Model;
use keur::record::{InputCard, InputKind, LayerCard, ModelCard};
use keur::sheet::Sheet;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Oracle {
    versions: BTreeMap<String, String>,
    steps: usize,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    card: String,
    shape: Vec<usize>,
    head: String,
    rows: Vec<f32>,
    baselines: Vec<Beside>,
    smooth: Option<Smoothed>,
}

#[derive(Deserialize)]
struct Beside {
    row: Vec<f32>,
    values: Vec<f64>,
    gaps: Vec<f64>,
}

#[derive(Deserialize)]
struct Smoothed {
    spread: f32,
    draws: usize,
    values: Vec<f64>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

fn oracle() -> Oracle {
    let text = std::fs::read_to_string(folder().join("gradient.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn opened(
    card: &str,
    file: &str,
    score: &str,
    inputs: Vec<InputCard>,
    folder: &Path,
) -> Box<dyn Model> {
    let (head, layers) = if card.starts_with("[[") {
        ("", card)
    } else {
        (card, "")
    };
    let text = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='safetensors'\nfile='{file}'\nscore='{score}'\n{head}\
         [[inputs]]\nname='x'\n{layers}"
    );
    let sheet = Sheet::parse(&text, "card.toml").unwrap();
    let mut card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), []);
    card.inputs = inputs;
    open(&card, folder).unwrap_or_else(|all| panic!("{file}: {all:#?}"))
}

fn tensor(shape: &[usize]) -> Vec<InputCard> {
    vec![InputCard {
        name: "x".into(),
        kind: InputKind::Tensor,
        shape: shape.to_vec(),
        ..InputCard::default()
    }]
}

fn network(case: &Case) -> Box<dyn Model> {
    let score = if case.head == "plain" {
        "logit"
    } else {
        "probability"
    };
    let file = format!("{}.safetensors", case.name);
    opened(
        &case.card,
        &file,
        score,
        tensor(&case.shape),
        &folder().join("candle"),
    )
}

fn fixed(points: usize) -> Precision {
    Precision {
        first: points,
        most: points,
        ..Precision::default()
    }
}

fn cells(asked: &Integrated<'_>, rows: &[f32]) -> Vec<f64> {
    let blocks = asked.each(Rows::Numbers(rows), |block| {
        let rows = 0..block.rows.len();
        rows.flat_map(|row| block.numbers(row).to_vec())
            .collect::<Vec<_>>()
    });
    blocks.unwrap().concat()
}

#[test]
fn integrated_gradients_are_those_of_captum() {
    let oracle = oracle();
    eprintln!("{:?}", oracle.versions);
    for case in &oracle.cases {
        let model = network(case);
        let gradient = model.gradient().unwrap();
        for beside in &case.baselines {
            let asked = Integrated::new(gradient, &beside.row, fixed(oracle.steps)).unwrap();
            let found = cells(&asked, &case.rows);
            assert_eq!(found.len(), beside.values.len());
            let size = beside
                .values
                .iter()
                .fold(0.0, |most: f64, x| most.max(x.abs()));
            let pairs = found.iter().zip(&beside.values);
            let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            let told = asked.values(Rows::Numbers(&case.rows)).unwrap();
            let gaps = told.gaps.iter().zip(&beside.gaps);
            let gap = gaps.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            eprintln!(
                "{:12} values {worst:.1e} of {size:.1e}, gaps {gap:.1e}",
                case.name
            );
            assert!(worst < 1e-5 * size.max(0.1) && gap < 1e-5, "{}", case.name);
            assert!(told.points.iter().all(|points| *points == oracle.steps));
        }
    }
}

#[test]
fn the_golden_numbers_of_a_small_network_are_found() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/golden/xai.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let golden: Json = serde_json::from_str(&text).unwrap();
    let told = &golden["integrated_gradients_mlp"];
    let numbers = |json: &Json| -> Vec<f64> {
        let lists = json.as_array().unwrap().iter();
        lists
            .flat_map(|x| match x.as_array() {
                Some(list) => list.iter().map(|x| x.as_f64().unwrap()).collect(),
                None => vec![x.as_f64().unwrap()],
            })
            .collect()
    };
    let names = ["a.weight", "a.bias", "b.weight", "b.bias"];
    let shapes = ["[4,3]", "[4]", "[1,4]", "[1]"];
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for ((name, shape), weights) in names
        .iter()
        .zip(shapes)
        .zip(told["weights"].as_array().unwrap())
    {
        let start = data.len();
        numbers(weights)
            .iter()
            .for_each(|x| data.extend((*x as f32).to_le_bytes()));
        let end = data.len();
        header.push(format!(
            "\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[{start},{end}]}}"
        ));
    }
    let header = format!("{{{}}}", header.join(","));
    let place = tempfile::tempdir().unwrap();
    let file = [
        &(header.len() as u64).to_le_bytes()[..],
        header.as_bytes(),
        &data,
    ]
    .concat();
    std::fs::write(place.path().join("m.safetensors"), file).unwrap();
    let layers = "[[layers]]\nkind='dense'\nname='a'\noutputs=4\n[[layers]]\nkind='tanh'\n[[layers]]\nkind='dense'\nname='b'\noutputs=1\n";
    let model = opened(layers, "m.safetensors", "logit", tensor(&[3]), place.path());
    let single = |json: &Json| -> Vec<f32> { numbers(json).iter().map(|x| *x as f32).collect() };
    let (x, baseline) = (single(&told["x"]), single(&told["baseline"])[..3].to_vec());
    let asked = Integrated::new(model.gradient().unwrap(), &baseline, fixed(50)).unwrap();
    let wanted = numbers(&told["ig50"]["gausslegendre"]["attr"]);
    for (found, wanted) in cells(&asked, &x).iter().zip(&wanted) {
        assert!((found - wanted).abs() < 1e-6, "{found} is not {wanted}");
    }
    let told = asked.values(Rows::Numbers(&x)).unwrap();
    assert!(
        told.gaps.iter().all(|gap| gap.abs() < 1e-6),
        "{:?}",
        told.gaps
    );
}

#[test]
fn the_mean_gradient_under_noise_is_that_of_captum_within_its_error() {
    let oracle = oracle();
    let case = oracle
        .cases
        .iter()
        .find(|case| case.smooth.is_some())
        .unwrap();
    let (model, wanted) = (network(case), case.smooth.as_ref().unwrap());
    let spread = vec![wanted.spread; case.shape.iter().product()];
    let smooth = Smooth::new(model.gradient().unwrap(), &spread, wanted.draws, 7).unwrap();
    let blocks = smooth.each(Rows::Numbers(&case.rows), |block| {
        (block.slopes.clone(), block.errors.clone())
    });
    let (slopes, errors): (Vec<_>, Vec<_>) = blocks.unwrap().into_iter().unzip();
    let pairs = slopes.concat().into_iter().zip(errors.concat());
    let off: Vec<f64> = pairs
        .zip(&wanted.values)
        .map(|((slope, error), wanted)| (slope - wanted) / (error * 2f64.sqrt()))
        .collect();
    assert_eq!(off.len(), wanted.values.len());
    let squares = off.iter().map(|z| z * z).sum::<f64>() / off.len() as f64;
    assert!(off.iter().all(|z| z.abs() < 4.5), "{off:?}");
    assert!(
        (0.3..2.5).contains(&squares),
        "standardised differences have the spread {squares}"
    );
}

/// `sin(x0) + sin(x1) + 3 x2 + x0 · x1` over four numbers, the last unused.
struct Made {
    scale: f64,
}

impl Made {
    fn at(&self, x: &[f32]) -> (f64, [f32; 4]) {
        let [a, b, c] = [0, 1, 2].map(|place| f64::from(x[place]));
        let slope = [a.cos() + b, b.cos() + a, 3.0, 0.0];
        let margin = a.sin() + b.sin() + 3.0 * c + a * b;
        (self.scale * margin, slope.map(|x| (self.scale * x) as f32))
    }
}

impl Gradient for Made {
    fn spans(&self) -> Vec<Range<usize>> {
        vec![0..1, 1..2, 2..4]
    }
    fn block(&self) -> usize {
        7
    }
    fn enter(&self, _: &keur::dataset::table::Batch<'_>) -> keur::error::Result<Vec<f32>> {
        Ok(Vec::new())
    }
    fn score(&self, margin: f64) -> f64 {
        margin
    }
    fn margins(&self, rows: &[f32]) -> keur::error::Result<Vec<f64>> {
        Ok(rows.chunks_exact(4).map(|row| self.at(row).0).collect())
    }
    fn slopes(&self, rows: &[f32]) -> keur::error::Result<Slopes> {
        let told = rows.chunks_exact(4).map(|row| self.at(row));
        let (margins, slopes): (Vec<_>, Vec<_>) = told.unzip();
        Ok(Slopes {
            margins,
            slopes: slopes.concat(),
        })
    }
}

const MADE: [f32; 12] = [
    0.5,
    -1.0,
    2.0,
    9.0,
    1.5,
    1.5,
    0.0,
    -3.0,
    f32::NAN,
    0.0,
    0.0,
    0.0,
];

fn explained(model: &Made, baseline: &[f32]) -> (Told, Vec<f64>) {
    let asked = Integrated::new(model, baseline, Precision::default()).unwrap();
    (
        asked.values(Rows::Numbers(&MADE)).unwrap(),
        cells(&asked, &MADE),
    )
}

#[test]
fn values_add_up_inputs_alike_count_alike_and_an_unused_number_counts_nothing() {
    let (told, cells) = explained(&Made { scale: 1.0 }, &[0.25, 0.25, 1.0, 4.0]);
    for row in 0..2 {
        let sum: f64 = told.values.iter().map(|column| column[row]).sum();
        assert!((sum - (told.margins[row] - told.base)).abs() < 1e-6);
        assert!(told.gaps[row].abs() < 1e-6 && told.points[row] == 50);
        assert_eq!(cells[row * 4 + 3], 0.0);
    }
    // the second row and the baseline have the same first two numbers
    assert!((told.values[0][1] - told.values[1][1]).abs() < 1e-9);
    assert_eq!(told.open, [2]);
    assert!(told.values.iter().all(|column| column[2].is_nan()) && told.points[2] == 0);
}

#[test]
fn the_values_of_twice_a_model_are_twice_its_values() {
    let baseline = [0.25, 0.25, 1.0, 4.0];
    let (_, once) = explained(&Made { scale: 1.0 }, &baseline);
    let (_, twice) = explained(&Made { scale: 2.0 }, &baseline);
    for (once, twice) in once.iter().zip(&twice).take(8) {
        assert_eq!(2.0 * once, *twice);
    }
}

#[test]
fn a_network_with_corners_gets_more_points_until_its_gap_closes() {
    let oracle = oracle();
    let case = oracle
        .cases
        .iter()
        .find(|case| case.name == "image")
        .unwrap();
    let model = network(case);
    let beside = &case.baselines[0];
    let strict = Precision {
        first: 4,
        most: 512,
        absolute: 1e-3,
        relative: 0.0,
    };
    let asked = Integrated::new(model.gradient().unwrap(), &beside.row, strict).unwrap();
    let told = asked.values(Rows::Numbers(&case.rows)).unwrap();
    assert!(
        told.points.iter().any(|points| *points > 50),
        "{:?}",
        told.points
    );
    for (gap, points) in told.gaps.iter().zip(&told.points) {
        assert!(gap.abs() <= 1e-3 || *points == 512, "{gap} at {points}");
    }
    let few = Precision { most: 4, ..strict };
    let asked = Integrated::new(model.gradient().unwrap(), &beside.row, few).unwrap();
    let told = asked.values(Rows::Numbers(&case.rows)).unwrap();
    assert_eq!(
        told.open.len(),
        told.gaps.iter().filter(|gap| gap.abs() > 1e-3).count()
    );
    assert!(!told.open.is_empty());
}

#[test]
fn one_thread_and_eight_explain_a_network_with_the_same_bytes() {
    let oracle = oracle();
    let case = oracle.cases.iter().find(|case| case.name == "mlp").unwrap();
    let model = network(case);
    let gradient = model.gradient().unwrap();
    let rows = case.rows.repeat(40);
    let spread = vec![0.1; 7];
    let bytes = [1, 8].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let asked = Integrated::new(gradient, &case.baselines[1].row, Precision::default());
            let smooth = Smooth::new(gradient, &spread, 50, 3).unwrap();
            let noisy = smooth.each(Rows::Numbers(&rows), |block| block.slopes.clone());
            let all = [cells(&asked.unwrap(), &rows), noisy.unwrap().concat()].concat();
            all.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        })
    });
    assert_eq!(bytes[0], bytes[1]);
    // and a row alone says what it says among others
    let asked = Integrated::new(gradient, &case.baselines[1].row, Precision::default()).unwrap();
    let alone: Vec<u64> = cells(&asked, &case.rows[7..14])
        .into_iter()
        .map(f64::to_bits)
        .collect();
    assert_eq!(alone, bytes[0][7..14]);
}

#[test]
fn a_mean_gradient_of_a_straight_line_has_no_error() {
    let rows = [0.5, -1.0, 2.0, 9.0];
    let smooth = Smooth::new(&Made { scale: 1.0 }, &[0.0, 0.0, 0.5, 0.5], 50, 1).unwrap();
    let block = &smooth.each(Rows::Numbers(&rows), Clone::clone).unwrap()[0];
    assert_eq!(block.errors, [0.0; 4]);
    assert_eq!(block.slopes[2..], [3.0, 0.0]);
    let smooth = Smooth::new(&Made { scale: 1.0 }, &[0.5, 0.0, 0.0, 0.0], 50, 1).unwrap();
    let block = &smooth.each(Rows::Numbers(&rows), Clone::clone).unwrap()[0];
    assert!(block.errors[0] > 0.0 && block.errors[1] > 0.0 && block.errors[2] == 0.0);
}

fn mixed() -> Vec<InputCard> {
    let sex = InputCard {
        name: "sex".into(),
        kind: InputKind::Category,
        categories: vec!["female".into(), "male".into()],
        ..InputCard::default()
    };
    let age = InputCard {
        name: "age".into(),
        mean: Some(54.5),
        ..InputCard::default()
    };
    vec![
        age.clone(),
        InputCard {
            mean: None,
            name: "sbp".into(),
            ..age
        },
        sex,
    ]
}

#[test]
fn baselines_are_patients_that_one_can_name() {
    let made = Made { scale: 1.0 };
    let rows = [
        [50.0, 120.0, 1.0, 0.0],
        [60.0, 140.0, 0.0, 1.0],
        [f32::NAN, 1.0, 1.0, 1.0],
        [70.0, 150.0, 0.0, 1.0],
    ]
    .concat();
    let mean = baseline::mean(&made, Rows::Numbers(&rows)).unwrap();
    assert_eq!(mean[..2], [60.0, 136.66667]);
    assert_eq!(mean[2..], [1.0 / 3.0, 2.0 / 3.0]);
    let median = baseline::median(&made, &mixed(), Rows::Numbers(&rows)).unwrap();
    assert_eq!(median, [60.0, 140.0, 0.0, 1.0]);
    let given = |name: &str, value| (name.to_owned(), value);
    let age = given("age", Given::Number(40.0));
    let sex = given("sex", Given::Category("female".into()));
    let healthy = [age, given("sbp", Given::Number(120.0)), sex];
    assert_eq!(
        baseline::named(&mixed(), &healthy).unwrap(),
        [40.0, 120.0, 1.0, 0.0]
    );
    let wrong = [
        given("sex", Given::Category("femal".into())),
        given("agee", Given::Number(1.0)),
    ];
    let told = baseline::named(&mixed(), &wrong).unwrap_err();
    assert_eq!(told.len(), 4, "{told:?}");
    let told = baseline::development(&mixed()).unwrap_err();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(baseline::development(&mixed()[..1]).unwrap(), [54.5]);
    assert!(baseline::mean(&made, Rows::Numbers(&[f32::NAN; 4])).is_err());
    let spreads = smooth::spreads(&made, &mixed(), &rows, 0.1).unwrap();
    assert_eq!(spreads, [2.0, 3.0, 0.0, 0.0]);
}

#[test]
fn what_cannot_be_asked_of_a_network_is_told() {
    let made = Made { scale: 1.0 };
    assert!(Integrated::new(&made, &[0.0; 3], Precision::default()).is_err());
    assert!(Integrated::new(&made, &[f32::NAN; 4], Precision::default()).is_err());
    assert!(Integrated::new(&made, &[0.0; 4], fixed(0)).is_err());
    let asked = Integrated::new(&made, &[0.0; 4], Precision::default()).unwrap();
    assert!(asked.values(Rows::Numbers(&[0.0; 5])).is_err());
    assert_eq!(asked.values(Rows::Numbers(&[])).unwrap().margins, [0.0; 0]);
    assert!(Smooth::new(&made, &[0.0; 3], 50, 1).is_err());
    assert!(Smooth::new(&made, &[-1.0; 4], 50, 1).is_err());
    assert!(Smooth::new(&made, &[0.0; 4], 49, 1).is_err());
}

#[test]
fn weights_in_another_order_explain_otherwise() {
    let oracle = oracle();
    let case = oracle.cases.iter().find(|case| case.name == "mlp").unwrap();
    let card = ModelCard {
        format: "safetensors".into(),
        file: Some("mlp.safetensors".into()),
        inputs: tensor(&case.shape),
        ..model_card::read(
            &Sheet::parse(&format!("score='probability'\n{}", case.card), "c").unwrap(),
            "m",
        )
    };
    assert!(!card.layers.contains(&LayerCard::Dropout));
    let place = folder().join("candle");
    let told = |seed| {
        use keur::explain::randomised;
        let model = randomised::open(&card, &place, keur::random::Stream::keyed([seed])).unwrap();
        let gradient = model.gradient().unwrap();
        let asked = Integrated::new(gradient, &case.baselines[0].row, fixed(50)).unwrap();
        cells(&asked, &case.rows)
    };
    assert_eq!(told(1), told(1));
    assert_ne!(told(1), told(2));
    let own = &case.baselines[0].values;
    let far = told(1)
        .iter()
        .zip(own)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    assert!(far > 1e-3, "{far}");
}
