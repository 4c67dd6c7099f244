//! Both engines of ONNX models give the same scores, and what is wrong with a library is told. Where no library of ONNX
//! Runtime is found (`KEUR_ONNXRUNTIME` or the system's folders), the tests that need one say so and stop.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use crate::onnx::{Case, all, card, folder, oracle, table, worst};
use keur::config::model_card;
use keur::dataset::table::{Batch, Column, Table};
use keur::model::engine::Engine;
use keur::model::onnx::library;
use keur::model::open_in;
use keur::model::predict::Model;
use keur::sheet::Sheet;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Largest difference between the engines.
const CLOSE: f64 = 1e-5;

type Opened = Result<Box<dyn Model>, Vec<String>>;

fn found() -> bool {
    let found = library::find().unwrap();
    match &found {
        Some(found) => println!("library: {found:?}"),
        None => println!("skipped: no library of ONNX Runtime; name one in KEUR_ONNXRUNTIME"),
    }
    found.is_some()
}

fn opened(card: &str, folder: &Path, engine: Engine) -> Opened {
    let sheet = Sheet::parse(card, "card.toml").unwrap();
    let card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), []);
    open_in(&card, folder, engine).map_err(|all| all.iter().map(ToString::to_string).collect())
}

fn joins(case: &Case) -> BTreeMap<String, String> {
    let names = case.inputs.iter().map(|i| i.name.clone());
    names.clone().zip(names).collect()
}

fn scores(case: &Case, rows: &[u32], engine: Engine) -> Vec<f64> {
    let model = opened(&card(case), &folder(), engine).unwrap_or_else(|e| panic!("{e:#?}"));
    let wanted = match engine {
        Engine::OnnxRuntime => "onnxruntime 1.",
        _ => "keur ",
    };
    assert!(model.engine().unwrap().starts_with(wanted));
    let table = table(case);
    model
        .predict(&Batch::new(&table, &joins(case), rows))
        .unwrap()
}

#[test]
fn every_pipeline_scores_the_same_in_both_engines() {
    if !found() {
        return;
    }
    let mut wrong = Vec::new();
    for case in oracle().cases {
        let own = scores(&case, &all(&case), Engine::Keur);
        let foreign = scores(&case, &all(&case), Engine::OnnxRuntime);
        let gap = worst(&own, &foreign);
        println!("{:<28} {gap:>9.1e}", case.name);
        if gap > CLOSE {
            wrong.push(case.name);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn scores_of_onnx_runtime_are_the_same_bits_on_any_number_of_threads_and_close_in_any_batch() {
    if !found() {
        return;
    }
    for case in oracle().cases {
        let model = opened(&card(&case), &folder(), Engine::OnnxRuntime).unwrap();
        let (table, joins) = (table(&case), joins(&case));
        let score = |rows: &[u32]| model.predict(&Batch::new(&table, &joins, rows)).unwrap();
        let whole = score(&all(&case));
        let rows: Vec<u32> = (0..2500).map(|i| i * 7 % case.rows.len() as u32).collect();
        let on = |threads: usize| -> Vec<f64> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let parts = pool.unwrap().install(|| {
                let parts = rows.par_chunks(97).map(score);
                parts.collect::<Vec<_>>()
            });
            parts.concat()
        };
        let (one, eight) = (on(1), on(8));
        let bits = |list: &[f64]| list.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&one), bits(&eight), "{}", case.name);
        // in some graphs the last bits depend on where in its block a row stands
        let wanted: Vec<f64> = rows.iter().map(|row| whole[*row as usize]).collect();
        for given in [one, score(&rows)] {
            let gap = worst(&given, &wanted);
            if bits(&given) != bits(&wanted) {
                println!("{:<28} {gap:>9.1e} in another batch", case.name);
            }
            assert!(gap < 1e-6, "{} {gap}", case.name);
        }
    }
}

#[test]
fn small_pipelines_stay_in_keurs_own_engine() {
    for case in oracle().cases {
        let model = opened(&card(&case), &folder(), Engine::Auto).unwrap();
        assert!(
            model.engine().unwrap().starts_with("keur "),
            "{}",
            case.name
        );
    }
}

// ── models made here ──

fn bytes(field: u8, x: &[u8]) -> Vec<u8> {
    assert!(x.len() < 1 << 14);
    let size = [x.len() as u8 | 0x80, (x.len() >> 7) as u8];
    [&varint(u64::from(field) << 3 | 2)[..], &size, x].concat()
}

fn varint(x: u64) -> Vec<u8> {
    if x < 0x80 {
        vec![x as u8]
    } else {
        vec![x as u8 | 0x80, (x >> 7) as u8]
    }
}

fn int(field: u8, x: u8) -> Vec<u8> {
    [varint(u64::from(field) << 3), vec![x]].concat()
}

fn text(field: u8, x: &str) -> Vec<u8> {
    bytes(field, x.as_bytes())
}

fn port(field: u8, name: &str, columns: u8) -> Vec<u8> {
    let sides = [bytes(1, &text(2, "N")), bytes(1, &int(1, columns))].concat();
    let kind = bytes(1, &[int(1, 1), bytes(2, &sides)].concat());
    bytes(field, &[text(1, name), bytes(2, &kind)].concat())
}

fn node(operator: &str, domain: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let mut node: Vec<u8> = inputs.iter().flat_map(|name| text(1, name)).collect();
    node.extend([text(2, output), text(4, operator), text(7, domain)].concat());
    bytes(1, &node)
}

/// Two 32-bit weights in another file, which the constant names with these words.
fn elsewhere(words: &[(&str, &str)]) -> Vec<u8> {
    let pair = |(key, value): &(&str, &str)| bytes(13, &[text(1, key), text(2, value)].concat());
    let all: Vec<u8> = words.iter().flat_map(pair).collect();
    let head = [int(1, 2), int(1, 1), int(2, 1), text(8, "w")].concat();
    [head, all, int(14, 1)].concat()
}

fn model(parts: &[Vec<u8>]) -> Vec<u8> {
    let graph = [parts.concat(), port(11, "x", 2), port(12, "y", 1)].concat();
    let opset = |domain, version| bytes(8, &[text(1, domain), int(2, version)].concat());
    let sets = [opset("", 17), opset("com.microsoft", 1)].concat();
    [int(1, 8), bytes(7, &graph), sets].concat()
}

const CARD: &str = "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='onnx'\nfile='m.onnx'\n\
    score='probability'\n[[inputs]]\nname='a'\n[[inputs]]\nname='b'\n";

fn laid(model: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.onnx"), model).unwrap();
    let weights: Vec<u8> = [9.0_f32, 0.5, -0.25]
        .into_iter()
        .flat_map(f32::to_le_bytes)
        .collect();
    std::fs::write(folder.path().join("weights.bin"), weights).unwrap();
    // what ONNX Runtime takes for an address in memory, as a file that is there
    let address = folder.path().join("*/_ORT_MEM_ADDR_");
    std::fs::create_dir_all(&address).unwrap();
    std::fs::write(address.join("*"), [0; 16]).unwrap();
    folder
}

fn score_of(model: &dyn Model) -> Vec<f64> {
    let mut table = Table::new(3);
    table
        .insert("a", Column::Number(vec![1.0, 0.0, 4.0]))
        .unwrap();
    table
        .insert("b", Column::Number(vec![0.0, 1.0, 4.0]))
        .unwrap();
    let joins = ["a", "b"].map(|name| (name.to_owned(), name.to_owned()));
    model
        .predict(&Batch::new(&table, &joins.into(), &[0, 1, 2]))
        .unwrap()
}

fn told(model: &[u8], engine: Engine) -> String {
    let folder = laid(model);
    let problems = opened(CARD, folder.path(), engine)
        .err()
        .unwrap_or_default();
    problems.join("\n")
}

fn linear(words: &[(&str, &str)]) -> Vec<u8> {
    model(&[
        node("MatMul", "", &["x", "w"], "sum"),
        node("Sigmoid", "", &["sum"], "y"),
        bytes(5, &elsewhere(words)),
    ])
}

#[test]
fn weights_beside_the_model_reach_both_engines() {
    if !found() {
        return;
    }
    let model = linear(&[
        ("location", "weights.bin"),
        ("offset", "4"),
        ("length", "8"),
    ]);
    let folder = laid(&model);
    let given = [Engine::Keur, Engine::OnnxRuntime]
        .map(|engine| score_of(&*opened(CARD, folder.path(), engine).unwrap()));
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let wanted = [sigmoid(0.5), sigmoid(-0.25), sigmoid(1.0)];
    for given in given {
        assert!(worst(&given, &wanted) < 1e-6, "{given:?}");
    }
}

#[test]
fn what_leads_out_of_the_folder_never_reaches_onnx_runtime() {
    if !found() {
        return;
    }
    let there = ("location", "weights.bin");
    let length = ("length", "8");
    for (words, said) in [
        (
            &[("location", "../weights.bin"), length][..],
            "does not lie in",
        ),
        (&[("location", "/etc/passwd"), length], "does not lie in"),
        (&[("location", "absent.bin"), length], "cannot be read"),
        (&[("location", "*/_ORT_MEM_ADDR_/*"), length], "has a star"),
        (
            &[there, ("location", "/etc/passwd"), length],
            "names two files",
        ),
        (&[there, ("basepath", "/etc"), length], "unknown way"),
        (
            &[there, ("offset", "8"), length],
            "needs 8 bytes from byte 8",
        ),
        (&[length], "is not named"),
    ] {
        let told = told(&linear(words), Engine::OnnxRuntime);
        assert!(told.contains(said), "{said}: {told}");
    }
    // in a node, where keur's own engine would look too late
    let tensor = elsewhere(&[there, length]);
    let value = [text(1, "value"), bytes(5, &tensor), int(20, 4)].concat();
    let mut hidden = [text(2, "w"), text(4, "Constant")].concat();
    hidden.extend(bytes(5, &value));
    let hidden = model(&[
        bytes(1, &hidden),
        node("MatMul", "", &["x", "w"], "sum"),
        node("Sigmoid", "", &["sum"], "y"),
    ]);
    let told_of = told(&hidden, Engine::OnnxRuntime);
    assert!(told_of.contains("no constant of the graph"), "{told_of}");
    let twice = [linear(&[there, ("offset", "4"), length]), bytes(7, &[])].concat();
    let told_of = told(&twice, Engine::OnnxRuntime);
    assert!(told_of.contains("several graphs"), "{told_of}");
}

#[test]
fn an_operator_that_only_onnx_runtime_knows_is_scored_by_it_unless_keur_is_asked_for() {
    let strange = model(&[
        node("QuickGelu", "com.microsoft", &["x"], "g"),
        node("MatMul", "", &["g", "w"], "y"),
        bytes(
            5,
            &elsewhere(&[("location", "weights.bin"), ("length", "8")]),
        ),
    ]);
    let told_of = told(&strange, Engine::Keur);
    assert!(
        told_of.contains("`QuickGelu` of `com.microsoft` is not supported"),
        "{told_of}"
    );
    if !found() {
        let told_of = told(&strange, Engine::Auto);
        assert!(told_of.contains("ONNX Runtime may know"), "{told_of}");
        return;
    }
    let folder = laid(&strange);
    let model = opened(CARD, folder.path(), Engine::Auto).unwrap();
    assert!(model.engine().unwrap().starts_with("onnxruntime "));
    let gelu = |x: f64| x / (1.0 + (-1.702 * x).exp());
    let wanted = [9.0 * gelu(1.0), 0.5 * gelu(1.0), 9.5 * gelu(4.0)];
    assert!(worst(&score_of(&*model), &wanted) < 1e-4);
}

#[test]
fn a_library_that_is_none_is_told_and_nothing_breaks() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path();
    for (name, content) in [
        ("models/m/card.toml", CARD.to_owned()),
        ("models/m/m.onnx", String::new()),
        (
            "datasets/d/card.toml",
            "name='d'\nfile='d.csv'\nformat='csv'\n[[columns]]\nname='p'\nrole='patient'\n\
             [[columns]]\nname='a'\nrole='input'\n[[columns]]\nname='b'\nrole='input'\n\
             [[columns]]\nname='y'\nrole='outcome'\nevent='1'\n"
                .to_owned(),
        ),
        ("datasets/d/d.csv", "p,a,b,y\n1,1,2,1\n2,3,4,0\n".to_owned()),
        (
            "study.toml",
            "title='t'\nreplicates=0\nconditions=[]\n[[study]]\nname='s'\nmodel='models/m'\n\
             dataset='datasets/d'\nthresholds=[0.5]\n"
                .to_owned(),
        ),
        ("text/libonnxruntime.so", "not a library".to_owned()),
        ("lie/libonnxruntime.so", "OrtGetApiBase".to_owned()),
        ("empty/readme", String::new()),
    ] {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let weights = [("location", "weights.bin"), ("length", "8")];
    std::fs::write(root.join("models/m/m.onnx"), linear(&weights)).unwrap();
    std::fs::write(root.join("models/m/weights.bin"), [0; 8]).unwrap();
    let plan = |engine: &str, library: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keur"));
        command.args(["plan", "study.toml", "--engine", engine]);
        let done = command
            .current_dir(root)
            .env("KEUR_ONNXRUNTIME", library)
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr].concat();
        (done.status.code(), String::from_utf8(said).unwrap())
    };
    let at = |name: &str| root.join(name).to_string_lossy().into_owned();
    let mut libm = Vec::new();
    for place in [
        "/lib/x86_64-linux-gnu/libm.so.6",
        "/usr/lib64/libm.so.6",
        "/lib/libm.so.6",
    ] {
        if Path::new(place).is_file() {
            libm.push((place.to_owned(), "is not the library of ONNX Runtime"));
        }
    }
    let cases = [
        (
            at("text/libonnxruntime.so"),
            "is not the library of ONNX Runtime",
        ),
        (at("text"), "is not the library of ONNX Runtime"),
        (at("lie"), "cannot be used"),
        (at("empty"), "holds no `libonnxruntime`"),
        (at("absent.so"), "cannot read"),
        ("text/libonnxruntime.so".to_owned(), "no whole path"),
        ("off".to_owned(), "its library is not found"),
    ];
    for (library, wanted) in cases.into_iter().chain(libm) {
        let (code, said) = plan("onnxruntime", &library);
        assert!(
            code == Some(2) && said.contains(wanted),
            "{library}: {code:?} {said}"
        );
        assert!(!said.contains("internal fault"), "{said}");
        // small pipelines need none
        let (code, said) = plan("auto", &library);
        assert!(
            code == Some(0) && said.contains("onnx by keur "),
            "{library}: {said}"
        );
    }
}
