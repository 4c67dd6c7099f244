//! The node tests of the ONNX project (`../shared/models/onnx_backend_tests`) for every operator that keur claims.
//!
//! Not claimed, and counted as such: numbers of 8 bits with a point, of 4 bits and fewer, and complex ones (no tensor here
//! holds them); `Scan` of opset 8 (rows and sequences have other axes there, and no exporter of today writes it).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use keur::model::onnx::graph::{Context, Graph};
use keur::model::onnx::narrow::Narrow;
use keur::model::onnx::operator;
use keur::model::onnx::proto::{self, Form, Port};
use keur::model::onnx::stored;
use keur::model::onnx::value::{Data, Parts, Tensor};
use keur::model::onnx::wire::Fields;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

enum Outcome {
    Passed,
    /// An operator, a kind of numbers or a form of input that is not claimed.
    Unclaimed,
    Failed(String),
}

fn tensor(bytes: &[u8]) -> Result<Tensor, String> {
    let stored = proto::tensor(bytes).map_err(|e| e.to_string())?;
    stored::read(&stored, None).map_err(|e| e.to_string())
}

/// A `SequenceProto` (its tensors are field 3), or an `OptionalProto` (a tensor is field 3, a sequence field 5).
fn value(bytes: &[u8], form: Form) -> Result<Tensor, String> {
    if form == Form::Tensor {
        return tensor(bytes);
    }
    let mut fields = Fields::new(bytes);
    let mut list = Vec::new();
    while let Some((field, wire)) = fields.take().map_err(|e| e.to_string())? {
        match (field, form) {
            (3, Form::Sequence) => list.push(tensor(wire.bytes().unwrap())?),
            (3, Form::Optional) => return tensor(wire.bytes().unwrap()),
            (5, Form::Optional) => return value(wire.bytes().unwrap(), Form::Sequence),
            (1 | 2, _) => {}
            _ => return Err("a form that is not claimed".into()),
        }
    }
    Ok(Tensor::parted(match form {
        Form::Optional => Parts::Nothing,
        _ => Parts::Sequence(list.into()),
    }))
}

fn tensors(folder: &Path, what: &str, ports: &[Port]) -> Result<Vec<Tensor>, String> {
    let mut found = Vec::new();
    for (place, port) in ports.iter().enumerate() {
        let Ok(bytes) = std::fs::read(folder.join(format!("{what}_{place}.pb"))) else {
            break;
        };
        found.push(value(&bytes, port.form)?);
    }
    Ok(found)
}

/// NumPy's `allclose` with the tolerances of the ONNX project's own runner; numbers of 16 bits may lie two places of their
/// own grid apart, because every step rounds them.
fn close(a: &Tensor, b: &Tensor) -> bool {
    let wide = match b.narrow {
        Some(Narrow::F16) => f64::powi(2.0, -9),
        Some(Narrow::B16) => f64::powi(2.0, -6),
        _ => 1e-3,
    };
    let near = |a: f64, b: f64| {
        a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-7 + wide * b.abs()
    };
    if let (Some(Parts::Sequence(a)), Some(Parts::Sequence(b))) = (&a.parts, &b.parts) {
        return a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| close(a, b));
    }
    (&a.shape, a.narrow, &a.parts) == (&b.shape, b.narrow, &b.parts)
        && match (&a.data, &b.data) {
            (Data::F32(_), Data::F32(_)) | (Data::F64(_), Data::F64(_)) => {
                let (a, b) = (a.to_f64().unwrap(), b.to_f64().unwrap());
                a.iter().zip(b).all(|(a, b)| near(*a, b))
            }
            (a, b) => a == b,
        }
}

fn run(folder: &Path, model: &proto::Model<'_>) -> Outcome {
    let whole = model.graph.as_ref().unwrap();
    // numbers of 8 bits and a point, or of 4 bits and fewer, are not claimed, nor complex ones
    let mut ports = whole.inputs.iter().chain(&whole.outputs);
    if ports.any(|port| !matches!(port.kind, None | Some(1..=13 | 16))) {
        return Outcome::Unclaimed;
    }
    let context = Context {
        opsets: &model.opsets,
        folder: None,
        functions: &model.functions,
    };
    let graph = match Graph::new(whole, context) {
        Ok(graph) => graph,
        Err(problems) => {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let told = told.join("; ").replace('\n', " ");
            return match told.contains("not supported") {
                true => Outcome::Unclaimed,
                false => Outcome::Failed(told),
            };
        }
    };
    for set in 0.. {
        let data = folder.join(format!("test_data_set_{set}"));
        if !data.exists() {
            break;
        }
        let (inputs, outputs) = match (
            tensors(&data, "input", &whole.inputs),
            tensors(&data, "output", &whole.outputs),
        ) {
            (Ok(inputs), Ok(outputs)) => (inputs, outputs),
            _ => return Outcome::Unclaimed,
        };
        let made = match graph.run(inputs) {
            Ok(made) => made,
            // a switch of training that stands in the data
            Err(error) if error.what.contains("not supported") => return Outcome::Unclaimed,
            Err(error) => return Outcome::Failed(error.to_string().replace('\n', " ")),
        };
        for (made, wanted) in made.iter().zip(&outputs) {
            if !close(made, wanted) {
                let (a, b) = (format!("{made:?}"), format!("{wanted:?}"));
                let short = |text: &str| text.chars().take(160).collect::<String>();
                return Outcome::Failed(format!("{} where {}", short(&a), short(&b)));
            }
        }
    }
    Outcome::Passed
}

#[test]
fn every_node_test_of_a_claimed_operator_passes() {
    let archive = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/models/onnx_backend_tests/node_tests.tar.gz"
    );
    if !Path::new(archive).exists() {
        println!("skipped: {archive} is not there");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let unpacked = Command::new("tar")
        .arg("xzf")
        .arg(archive)
        .arg("-C")
        .arg(scratch.path())
        .status();
    if !unpacked.is_ok_and(|status| status.success()) {
        println!("skipped: `tar` cannot unpack {archive}");
        return;
    }
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut failed = Vec::new();
    let mut names: Vec<_> = std::fs::read_dir(scratch.path().join("node"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    names.sort();
    for folder in &names {
        let Ok(bytes) = std::fs::read(folder.join("model.onnx")) else {
            continue;
        };
        let model = proto::model(&bytes).unwrap();
        let nodes = &model.graph.as_ref().unwrap().nodes;
        let claimed = |n: &proto::Node<'_>| operator::find(&n.domain, &n.operator).is_some();
        let Some(first) = nodes.first().filter(|_| nodes.iter().all(claimed)) else {
            continue;
        };
        let name = match nodes.len() {
            1 => first.operator.clone(),
            _ => "written out in several nodes".into(),
        };
        let count = counts.entry(name).or_default();
        match run(folder, &model) {
            Outcome::Passed => count[0] += 1,
            Outcome::Failed(told) => {
                count[1] += 1;
                failed.push(format!(
                    "{}: {told}",
                    folder.file_name().unwrap().to_string_lossy()
                ));
            }
            Outcome::Unclaimed => count[2] += 1,
        }
    }
    println!(
        "{:<32} {:>6} {:>6}   kinds or forms not claimed",
        "operator", "passed", "failed"
    );
    for (name, [passed, wrong, other]) in &counts {
        println!("{name:<32} {passed:>6} {wrong:>6} {other:>6}");
    }
    let sum = |place: usize| counts.values().map(|count| count[place]).sum::<usize>();
    println!("{:<32} {:>6} {:>6} {:>6}", "all", sum(0), sum(1), sum(2));
    assert!(sum(0) > 1400);
    assert_eq!(failed, Vec::<String>::new());
}
