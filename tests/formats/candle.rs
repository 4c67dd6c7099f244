//! Networks of every kind of layer give PyTorch's scores and gradients (`tests/oracle/candle.py`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use keur::config::model_card;
use keur::dataset::table::{Batch, Column, Table};
use keur::dataset::tensor::Tensors;
use keur::model::open;
use keur::model::predict::Model;
use keur::record::InputCard;
use keur::sheet::Sheet;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Oracle {
    versions: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    card: String,
    shape: Vec<usize>,
    rows: usize,
    scale: f64,
    words: Option<f64>,
    file: Option<String>,
    parameters: Option<Vec<(String, Vec<usize>)>>,
    margins: Vec<f64>,
    single: f64,
    step: usize,
    gradients: Vec<Vec<f64>>,
    norms: Vec<f64>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/candle")
}

fn oracle() -> Oracle {
    let text = std::fs::read_to_string(folder().join("cases.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn case(name: &str) -> Case {
    let mut cases = oracle().cases.into_iter();
    cases.find(|case| case.name == name).expect(name)
}

/// Numbers in [-1, 1) with 24 bits, the same as the oracle's.
fn hashed(name: &str, count: usize) -> Vec<f64> {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |seed, byte| {
        (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (1..=count as u64)
        .map(|i| {
            let z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(seed);
            let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 40) as f64 / 8_388_608.0 - 1.0
        })
        .collect()
}

fn formula(name: &str, shape: &[usize]) -> Vec<f32> {
    let spread = (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
    let of: Box<dyn Fn(f64) -> f64> = match name.rsplit('.').next().unwrap() {
        "running_var" => Box::new(|v| 1.0 + 0.5 * v),
        "running_mean" | "bias" => Box::new(|v| 0.1 * v),
        _ if shape.len() == 1 => Box::new(|v| 1.0 + 0.2 * v),
        _ => Box::new(move |v| v * spread),
    };
    let numbers = hashed(name, shape.iter().product());
    numbers.into_iter().map(|v| of(v) as f32).collect()
}

/// A safetensors file of formula weights; `called` gives each tensor's name in the file.
fn store(path: &Path, parameters: &[(String, Vec<usize>)], called: impl Fn(&str) -> String) {
    let mut end = 0;
    let header: Vec<String> = parameters
        .iter()
        .map(|(name, shape)| {
            let start = end;
            end += 4 * shape.iter().product::<usize>();
            format!(
                "\"{}\":{{\"dtype\":\"F32\",\"shape\":{shape:?},\"data_offsets\":[{start},{end}]}}",
                called(name)
            )
        })
        .collect();
    let header = format!("{{{}}}", header.join(","));
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    file.write_all(&(header.len() as u64).to_le_bytes())
        .unwrap();
    file.write_all(header.as_bytes()).unwrap();
    for (name, shape) in parameters {
        for number in formula(name, shape) {
            file.write_all(&number.to_le_bytes()).unwrap();
        }
    }
}

fn opened(case: &Case, folder: &Path, file: &str) -> Box<dyn Model> {
    let score = match case.card.contains("sigmoid")
        || case.card.contains("class")
        || case.card.contains("architecture")
    {
        true => "probability",
        false => "logit",
    };
    let text = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='safetensors'\nfile='{file}'\nscore='{score}'\n{}\
         [[inputs]]\nname='x'\n",
        if case.card.contains("architecture") {
            case.card.as_str()
        } else {
            ""
        }
    );
    let shape = match case.shape.len() {
        1 => String::new(),
        _ => format!("[[layers]]\nkind='reshape'\nshape={:?}\n", case.shape),
    };
    let layers = if case.card.contains("architecture") {
        ""
    } else {
        case.card.as_str()
    };
    let shape = if layers.is_empty() {
        String::new()
    } else {
        shape
    };
    let sheet = Sheet::parse(&format!("{text}{shape}{layers}"), "card.toml").unwrap();
    let mut card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), [], "{}", case.name);
    if layers.is_empty() && case.shape.len() > 1 {
        let reshape = keur::record::LayerCard::Reshape {
            shape: case.shape.clone(),
        };
        card.layers.insert(0, reshape);
    }
    card.inputs = (0..case.shape.iter().product())
        .map(|i: usize| InputCard {
            name: format!("x{i}"),
            ..InputCard::default()
        })
        .collect();
    open(&card, folder).unwrap_or_else(|all| panic!("{}: {all:#?}", case.name))
}

fn rows(case: &Case) -> Vec<f32> {
    let columns: usize = case.shape.iter().product();
    let numbers = hashed(&format!("rows of {}", case.name), case.rows * columns);
    let of = |v: f64| match case.words {
        Some(words) => ((v * case.scale / case.scale + 1.0) / 2.0 * words).floor(),
        None => v * case.scale,
    };
    numbers.into_iter().map(|v| of(v) as f32).collect()
}

/// Largest errors of margins and gradients, relative to the larger of the wanted number and 1, or to the row's gradient.
fn errors(case: &Case, model: &dyn Model) -> (f64, f64) {
    let gradient = model.gradient().unwrap();
    let rows = rows(case);
    let columns = rows.len() / case.rows;
    let found = gradient.slopes(&rows).unwrap();
    assert_eq!(
        found.margins,
        gradient.margins(&rows).unwrap(),
        "{}",
        case.name
    );
    let (mut worst, mut steepest) = (0.0f64, 0.0f64);
    for row in 0..case.rows {
        let wanted = case.margins[row];
        worst = worst.max((found.margins[row] - wanted).abs() / wanted.abs().max(1.0));
        let slopes = &found.slopes[row * columns..(row + 1) * columns];
        let norm = slopes
            .iter()
            .map(|s| f64::from(*s).powi(2))
            .sum::<f64>()
            .sqrt();
        let unit = case.norms[row].max(1e-30);
        if case.words.is_none() {
            steepest = steepest.max((norm - case.norms[row]).abs() / unit);
        }
        let some = slopes.iter().step_by(case.step);
        assert_eq!(some.len(), case.gradients[row].len(), "{}", case.name);
        for (slope, wanted) in some.zip(&case.gradients[row]) {
            let error = (f64::from(*slope) - wanted).abs();
            steepest = steepest.max(if error == 0.0 { 0.0 } else { error / unit });
        }
    }
    (worst, steepest)
}

#[test]
fn every_kind_of_layer_gives_the_scores_and_gradients_of_pytorch() {
    let oracle = oracle();
    eprintln!("{:?}", oracle.versions);
    let mut wrong = Vec::new();
    for case in oracle.cases.iter().filter(|case| case.file.is_some()) {
        let model = opened(case, &folder(), case.file.as_deref().unwrap());
        let (margin, slope) = errors(case, &*model);
        eprintln!(
            "{:20} margin {margin:.1e} (PyTorch in 32 bits {:.1e})  gradient {slope:.1e}",
            case.name, case.single
        );
        if !(margin < 1e-5 && slope < 1e-5) {
            wrong.push(case.name.clone());
        }
    }
    assert_eq!(wrong, [""; 0]);
}

fn large(name: &str) {
    let case = case(name);
    let parameters = case.parameters.as_ref().unwrap();
    let folder = tempfile::tempdir().unwrap();
    store(
        &folder.path().join("m.safetensors"),
        parameters,
        str::to_owned,
    );
    let model = opened(&case, folder.path(), "m.safetensors");
    let (margin, slope) = errors(&case, &*model);
    eprintln!(
        "{name}: margin {margin:.1e} (PyTorch in 32 bits {:.1e})  gradient {slope:.1e}",
        case.single
    );
    assert!(margin < 1e-5, "{name}: {margin:e}");
    assert!(slope < 1e-5, "{name}: {slope:e}");
}

#[test]
fn resnet_18_gives_the_scores_and_gradients_of_torchvision() {
    large("resnet18");
}

#[test]
fn resnet_34_on_one_channel_gives_the_scores_and_gradients_of_torchvision() {
    large("resnet34");
}

#[test]
fn resnet_50_gives_the_scores_and_gradients_of_torchvision() {
    large("resnet50");
}

#[test]
fn densenet_121_gives_the_scores_and_gradients_of_torchvision() {
    large("densenet121");
}

#[test]
fn a_densenet_with_the_names_of_old_files_is_read() {
    let case = case("densenet121");
    let folder = tempfile::tempdir().unwrap();
    let old = |name: &str| {
        if !name.contains(".denselayer") {
            return name.to_owned();
        }
        ["norm1", "norm2", "conv1", "conv2"]
            .iter()
            .fold(name.to_owned(), |name, part| {
                name.replace(
                    &format!(".{part}."),
                    &format!(".{}.{}.", &part[..4], &part[4..]),
                )
            })
    };
    store(
        &folder.path().join("m.safetensors"),
        case.parameters.as_ref().unwrap(),
        old,
    );
    let model = opened(&case, folder.path(), "m.safetensors");
    let margins = model.gradient().unwrap().margins(&rows(&case)).unwrap();
    assert!((margins[0] - case.margins[0]).abs() < 1e-5);
}

/// A signal that stands in the data as a tensor gives what the same numbers give one by one.
#[test]
fn a_tensor_of_the_data_enters_in_its_own_shape() {
    for name in ["signal", "cnn1d", "image", "words"] {
        let case = case(name);
        let file = case.file.as_deref().unwrap();
        let wanted = opened(&case, &folder(), file);
        let score = "format='safetensors'\nscore='probability'\n";
        let head =
            format!("name='n'\nversion='1'\ntask='binary'\npredicts='p'\n{score}file='{file}'\n");
        let input = format!(
            "[[inputs]]\nname='ecg'\nkind='tensor'\nshape={:?}\n",
            case.shape
        );
        let text = format!("{head}{}{input}", case.card);
        let sheet = Sheet::parse(&text, "card.toml").unwrap();
        let mut card = model_card::read(&sheet, "m");
        assert_eq!(sheet.finish(), []);
        let model = open(&card, &folder()).unwrap_or_else(|all| panic!("{all:#?}"));
        let mut numbers = rows(&case);
        let columns = numbers.len() / case.rows;
        let margins = wanted.gradient().unwrap().margins(&numbers).unwrap();
        numbers[columns] = f32::NAN;
        let mut table = Table::new(case.rows);
        let tensors = Tensors::new(columns, numbers.clone()).unwrap();
        table.insert("ecg", Column::Tensor(tensors)).unwrap();
        let joins = BTreeMap::from([("ecg".to_owned(), "ecg".to_owned())]);
        let all: Vec<u32> = (0..case.rows as u32).collect();
        let batch = Batch::new(&table, &joins, &all);
        let scores = model.predict(&batch).unwrap();
        let gradient = model.gradient().unwrap();
        assert_eq!(gradient.spans().first(), Some(&(0..columns)));
        let entered = gradient.enter(&batch).unwrap();
        for row in 0..case.rows {
            if row == 1 {
                assert!(scores[row].is_nan() && entered[columns].is_nan());
                continue;
            }
            assert_eq!(
                entered[row * columns..][..columns],
                numbers[row * columns..][..columns]
            );
            assert_eq!(scores[row], gradient.score(margins[row]));
        }
        card.inputs.push(InputCard {
            name: "age".into(),
            ..InputCard::default()
        });
        let told = open(&card, &folder()).err().unwrap();
        assert!(
            told[0]
                .what
                .contains("one tensor, or numbers and categories"),
            "{told:?}"
        );
    }
}

/// A change of the margin over a small step along a direction is what the gradient says.
#[test]
fn gradients_agree_with_small_steps() {
    for case in oracle()
        .cases
        .iter()
        .filter(|case| case.file.is_some() && case.words.is_none())
    {
        let model = opened(case, &folder(), case.file.as_deref().unwrap());
        let gradient = model.gradient().unwrap();
        let rows = rows(case);
        let columns = rows.len() / case.rows;
        let slopes = gradient.slopes(&rows).unwrap().slopes;
        let step = 1e-3f32;
        let mut agree = 0;
        for row in 0..case.rows {
            let slope = &slopes[row * columns..(row + 1) * columns];
            let norm = slope.iter().map(|s| s * s).sum::<f32>().sqrt();
            let moved = |sign: f32| -> Vec<f32> {
                let row = &rows[row * columns..(row + 1) * columns];
                row.iter()
                    .zip(slope)
                    .map(|(x, s)| x + sign * step * s / norm)
                    .collect()
            };
            let both = [moved(1.0), moved(-1.0)].concat();
            let margins = gradient.margins(&both).unwrap();
            let rise = (margins[0] - margins[1]) / f64::from(2.0 * step);
            let wanted = f64::from(norm);
            // margins are 32 bit numbers: their last bits, and a corner now and then, stand in the way
            agree += usize::from((rise - wanted).abs() < 0.02 * wanted + 2e-4);
        }
        assert!(
            agree + 1 >= case.rows,
            "{}: {agree} of {}",
            case.name,
            case.rows
        );
    }
}

#[test]
fn a_rows_score_and_gradient_are_the_same_bits_whatever_rows_stand_beside_it() {
    for name in [
        "signal",
        "image",
        "lstm-both-final",
        "gru-deep",
        "transformer",
        "vit",
        "cnn1d",
    ] {
        let case = case(name);
        let model = opened(&case, &folder(), case.file.as_deref().unwrap());
        let gradient = model.gradient().unwrap();
        let rows = rows(&case);
        let columns = rows.len() / case.rows;
        let many: Vec<f32> = rows.iter().copied().cycle().take(rows.len() * 23).collect();
        let whole = gradient.slopes(&many).unwrap();
        for row in 0..case.rows {
            let single = gradient
                .slopes(&rows[row * columns..(row + 1) * columns])
                .unwrap();
            for copy in 0..23 {
                let place = copy * case.rows + row;
                assert_eq!(
                    single.margins[0].to_bits(),
                    whole.margins[place].to_bits(),
                    "{name}"
                );
                let slopes = &whole.slopes[place * columns..(place + 1) * columns];
                assert_eq!(single.slopes, slopes, "{name}");
            }
        }
        for threads in [1, 8] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            assert_eq!(
                whole,
                pool.install(|| gradient.slopes(&many).unwrap()),
                "{name}"
            );
        }
    }
}

#[test]
fn a_row_with_a_number_that_is_none_gives_none_and_leaves_its_neighbours_alone() {
    for name in ["signal", "lstm-last", "transformer", "words", "activations"] {
        let case = case(name);
        let model = opened(&case, &folder(), case.file.as_deref().unwrap());
        let gradient = model.gradient().unwrap();
        let mut rows = rows(&case);
        let columns = rows.len() / case.rows;
        let good = gradient.slopes(&rows).unwrap();
        for odd in [f32::NAN, f32::INFINITY, f32::MAX] {
            rows[columns + columns / 2] = odd;
            let found = gradient.slopes(&rows).unwrap();
            if odd != f32::MAX || name == "words" {
                assert!(found.margins[1].is_nan(), "{name} {odd}");
                assert!(
                    found.slopes[columns..2 * columns]
                        .iter()
                        .all(|s| s.is_nan())
                );
            }
            assert_eq!(found.margins[0], good.margins[0], "{name}");
            assert_eq!(found.slopes[..columns], good.slopes[..columns], "{name}");
            assert_eq!(found.margins[2..], good.margins[2..], "{name}");
        }
    }
}
