//! Whole networks of the ONNX project (`../shared/models/onnx_backend_tests`), their weights made by the graph itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use keur::model::onnx::graph::{Context, Graph};
use keur::model::onnx::proto;
use keur::model::onnx::stored;
use keur::model::onnx::value::{Data, Tensor};
use std::path::Path;
use std::process::Command;

/// The input of the ONNX project's own runner: 0 to 1 in equal steps.
fn ramp(port: &proto::Port) -> Tensor {
    let shape = port.shape.as_ref().unwrap().iter();
    let shape: Vec<usize> = shape.map(|side| side.unwrap_or(1) as usize).collect();
    let count: usize = shape.iter().product();
    let list = (0..count).map(|x| (x as f64 / count as f64) as f32);
    Tensor::new(shape, Data::F32(list.collect())).unwrap()
}

#[test]
fn every_whole_network_of_the_onnx_project_gives_the_scores_of_its_reference() {
    let archive = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/models/onnx_backend_tests/light.tar.gz"
    );
    if !Path::new(archive).exists() {
        println!("skipped: {archive} is not there");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let mut tar = Command::new("tar");
    let unpacked = tar
        .arg("xzf")
        .arg(archive)
        .arg("-C")
        .arg(scratch.path())
        .status();
    if !unpacked.is_ok_and(|status| status.success()) {
        println!("skipped: `tar` cannot unpack {archive}");
        return;
    }
    let folder = scratch.path().join("light");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".onnx").map(str::to_owned))
        .collect();
    names.sort();
    let mut failed = Vec::new();
    for name in &names {
        let bytes = std::fs::read(folder.join(format!("{name}.onnx"))).unwrap();
        let model = proto::model(&bytes).unwrap();
        let context = Context {
            opsets: &model.opsets,
            folder: None,
            functions: &model.functions,
        };
        let start = std::time::Instant::now();
        let made = Graph::new(model.graph.as_ref().unwrap(), context)
            .map_err(|problems| format!("{problems:?}"))
            .and_then(|graph| {
                let feeds = graph.inputs.iter().map(ramp).collect();
                graph.run(feeds).map_err(|error| error.to_string())
            });
        let told = std::fs::read(folder.join(format!("{name}_output_0.pb"))).unwrap();
        let wanted = stored::read(&proto::tensor(&told).unwrap(), None).unwrap();
        let worst = match &made {
            Err(told) => told.clone(),
            Ok(made) if made[0].shape != wanted.shape => format!("the shape {:?}", made[0].shape),
            Ok(made) => {
                let (a, b) = (made[0].to_f64().unwrap(), wanted.to_f64().unwrap());
                let far = |(a, b): (&f64, &f64)| (a - b).abs() / (1e-7 + 1e-3 * b.abs());
                let worst = a.iter().zip(&b).map(far).fold(0.0, f64::max);
                println!(
                    "{name:<24} {worst:.1e} of the tolerance, {:.1} s",
                    start.elapsed().as_secs_f64()
                );
                match worst <= 1.0 {
                    true => continue,
                    false => format!("{worst:.1e} times the tolerance"),
                }
            }
        };
        failed.push(format!("{name}: {worst}"));
    }
    println!(
        "{} of {} networks pass",
        names.len() - failed.len(),
        names.len()
    );
    assert!(names.len() >= 9);
    assert_eq!(failed, Vec::<String>::new());
}
