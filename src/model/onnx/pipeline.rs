//! An ONNX file behind a card: the format `onnx`.
//!
//! * **Inputs.** A graph with one input tensor (rows × columns) gets the card's inputs in their order. A graph with one
//!   input for each column gets them by name. A tensor of words gets the words of a category, a tensor of numbers the
//!   place (0, 1, 2, …) of the category among the card's. A missing value the model itself knows (`missing = "model"`)
//!   enters as NaN, among words as the empty word.
//!   Where the file's metadata name the columns (`feature_names_in_`, `feature_names`), they must be the card's, in order.
//! * **The score.** The one output that holds floating-point scores, or the one the card names with `output`. Of two classes
//!   the last one is the event; the card may name it (`class`), and must where there are more than two.
//! * **Tensors.** A signal, an image or a sequence is one input of the card (`kind = "tensor"`) and fills a whole input of the
//!   graph, of any rank; many numbers in the card's order fill one as well, when the sizes multiply up. The first axis is the
//!   rows' and open, or 1: then rows pass one by one. Open axes behind it take the lengths of the card.
//! * **Arithmetic.** In the kinds the graph declares: 32 bits where it says float. Rows pass in blocks that fit the memory a
//!   row takes, and no operator adds across rows, so a row's score is the same bits in any batch and with any number of threads.
//!
//! * **Engines.** keur's own, or ONNX Runtime through its library ([`engine`]); the card means the same in both.
//!
//! Everything that can be known without a row is checked when the file is opened: operators, attributes, names, sizes, and,
//! with a run over no rows at all, shapes and kinds. Memory is bounded: by twelve times the file while it is read, by 1 GiB
//! for what is alive in one run.

use crate::dataset::table::Batch;
use crate::error::{Error, Result};
use crate::model::engine::Engine;
use crate::model::file;
use crate::model::known::Known;
use crate::model::named;
use crate::model::onnx::answer;
use crate::model::onnx::bare::{self, Bare};
use crate::model::onnx::door::Door;
use crate::model::onnx::engine::{self, Foreign, Runner};
use crate::model::onnx::external;
use crate::model::onnx::graph::{Context, Graph};
use crate::model::onnx::kernel::ML;
use crate::model::onnx::known as onnx_known;
use crate::model::onnx::library;
use crate::model::onnx::proto;
use crate::model::onnx::runtime::runtime;
use crate::model::onnx::unsupported::{named as by_name, unsupported};
use crate::model::onnx::value::{Data, Tensor};
use crate::model::predict::{Model, Opened, Trees};
use crate::record::ModelCard;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Larger files are refused.
const LARGEST: u64 = 512 << 20;
/// Rows that pass the graph at once, at most.
const BLOCK: usize = 1024;
/// Of signals and images so many pass at once that these bytes are alive, or one row.
const ALIVE: usize = 16 << 20;
/// Versions of `ai.onnx` that are known: broadcasting has its present rules from 7 on.
const OPSETS: (i64, i64) = (7, 28);
/// Versions of `ai.onnx.ml` that are known.
const ML_OPSETS: (i64, i64) = (1, 5);

/// A graph between a batch and its scores. Immutable; shared by all threads.
#[derive(Debug)]
pub struct Pipeline {
    door: Arc<Door>,
    runner: Runner,
    column: usize,
    columns: usize,
    minus: Option<usize>,
    block: usize,
    files: Vec<PathBuf>,
    known: Vec<Known>,
    bare: Option<Bare>,
}

/// Opens an ONNX model in keur's own engine and tells every problem at once.
pub fn open(card: &ModelCard, folder: &Path) -> Opened {
    open_in(card, folder, Engine::Keur)
}

/// Opens an ONNX model in the engine that is asked for.
pub fn open_in(card: &ModelCard, folder: &Path, asked: Engine) -> Opened {
    file::open(card, folder, LARGEST, |bytes, path| {
        load_in(card, bytes, path.parent(), asked)
    })
}

/// Reads the bytes of a file and joins it to its card, in keur's own engine; data in other files are looked for in `folder`
/// only. The errors have no file yet.
pub fn load(
    card: &ModelCard,
    bytes: &[u8],
    folder: Option<&Path>,
) -> std::result::Result<Pipeline, Vec<Error>> {
    load_in(card, bytes, folder, Engine::Keur)
}

/// Reads the bytes of a file and joins it to its card, in the engine that is asked for.
pub fn load_in(
    card: &ModelCard,
    bytes: &[u8],
    folder: Option<&Path>,
    asked: Engine,
) -> std::result::Result<Pipeline, Vec<Error>> {
    let one = |error: Error| vec![error];
    if bytes.is_empty() {
        return Err(one(Error::new("the file is empty")));
    }
    let model = proto::model(bytes).map_err(one)?;
    let Some(whole) = &model.graph else {
        return Err(one(Error::new("the file holds no graph").help(
            "is it an ONNX file? save the model with `skl2onnx` or `onnxmltools`",
        )));
    };
    let files = external::files(whole, folder).map_err(one)?;
    let joined = |runner| {
        let files = files.iter().cloned().collect();
        joined(card, (whole, &model.metadata), runner, files)
    };
    let own = || {
        known(&model.opsets).map_err(one)?;
        let context = Context {
            opsets: &model.opsets,
            folder,
            functions: &model.functions,
        };
        joined(Runner::Keur(Graph::new(whole, context)?))
    };
    let foreign = |runtime| {
        let foreign = Foreign::new(runtime, bytes, whole, folder, LARGEST);
        joined(Runner::Foreign(foreign.map_err(one)?))
    };
    match asked {
        Engine::Keur => own(),
        Engine::OnnxRuntime => match runtime().map_err(one)? {
            Some(runtime) => foreign(runtime),
            None => Err(one(Error::new(
                "ONNX Runtime is asked for, and its library is not found",
            )
            .help(format!(
                "install it, or name its library in `{}`",
                library::VARIABLE
            )))),
        },
        Engine::Auto if !unsupported(whole, &by_name(&model.functions)).is_empty() => {
            match runtime() {
                Ok(Some(runtime)) => foreign(runtime),
                found => {
                    let mut problems = own().err().unwrap_or_default();
                    problems.push(found.err().unwrap_or_else(|| {
                        Error::new(
                            "ONNX Runtime may know these operators, and its library is not found",
                        )
                        .help(format!("name its library in `{}`", library::VARIABLE))
                    }));
                    Err(problems)
                }
            }
        }
        Engine::Auto if engine::network(whole, &model.functions) => match runtime() {
            Ok(Some(runtime)) => foreign(runtime).or_else(|_| own()),
            Err(error) if library::named() => Err(one(error)),
            _ => own(),
        },
        Engine::Auto => own(),
    }
}

/// Joins a graph that is ready to its card.
fn joined(
    card: &ModelCard,
    (whole, metadata): (&proto::Graph<'_>, &[(String, String)]),
    mut runner: Runner,
    files: Vec<PathBuf>,
) -> std::result::Result<Pipeline, Vec<Error>> {
    let one = |error: Error| vec![error];
    let door = Door::new(card, runner.inputs())?;
    if let ([_], Some(names)) = (
        runner.inputs(),
        onnx_known::names(metadata, card.inputs.len()),
    ) {
        let problems = named::differences(&names, &card.inputs);
        if !problems.is_empty() {
            return Err(problems);
        }
    }
    let ports = runner.inputs().iter().map(|port| port.name.as_str());
    let fed: Vec<(&str, &[usize])> = ports.zip(door.fed()).collect();
    let known = onnx_known::known(whole, card.inputs.len(), &fed);
    let (made, block, rows) = trial(&mut runner, &door).map_err(one)?;
    let answer = answer::choose(card, whole, runner.outputs(), &made, rows)?;
    let output = runner.outputs().get(answer.output);
    let output = output.map(|port| port.name.clone()).unwrap_or_default();
    runner.keep(answer.output);
    let trees = match &runner {
        Runner::Keur(graph) if answer.minus.is_none() => graph.trees(),
        _ => None,
    };
    let fed: Vec<&[usize]> = door.fed().collect();
    let bare = trees.and_then(|trees| {
        let reads = bare::reads(whole, &output, runner.inputs(), &fed, card.inputs.len())?;
        Some(Bare::new(trees, answer.column, reads))
    });
    Ok(Pipeline {
        bare,
        door: Arc::new(door),
        runner,
        column: answer.column,
        columns: answer.columns,
        minus: answer.minus,
        block,
        files,
        known,
    })
}

/// What comes out when no row goes in, how many rows may pass at once, and how many lines a score must have. A graph that cannot
/// run without a row gets one that belongs to nobody; one that reads signals or images gets two, so that the rows' axis is told
/// from others. Every graph in ONNX Runtime gets one or two, and may set a smaller block by what a row takes.
fn trial(runner: &mut Runner, door: &Door) -> Result<(Vec<Tensor>, usize, Option<usize>)> {
    let help = |error: Error| match error.help {
        Some(_) => error,
        None => error.help(format!(
            "the card declares {} inputs: do their number, order, shapes and kinds fit the file?",
            door.columns()
        )),
    };
    let most = if door.one_by_one() { 1 } else { BLOCK };
    let graph = match runner {
        Runner::Keur(graph) => graph,
        Runner::Foreign(foreign) => {
            let block = foreign.fit(&door.nobody(1)?, most);
            let rows = if door.is_deep() { most.min(2) } else { 1 };
            let made = runner.run(door.nobody(rows)?, rows).map_err(help)?;
            return Ok((made, block, door.is_deep().then_some(rows)));
        }
    };
    if door.is_deep() {
        let rows = most.min(2);
        let (made, alive) = graph.measured(door.nobody(rows)?).map_err(help)?;
        let block = (ALIVE * rows / alive.max(1)).clamp(1, most);
        return Ok((made, block, Some(rows)));
    }
    match graph.run(door.nobody(0)?) {
        Ok(made) => Ok((made, most, None)),
        Err(first) => match graph.run(door.nobody(1)?) {
            Ok(made) => Ok((made, most, None)),
            Err(_) => Err(help(first)),
        },
    }
}

fn known(opsets: &[(String, i64)]) -> Result<()> {
    if opsets.is_empty() {
        return Err(Error::new("the file names no opset")
            .help("the file is damaged, or no ONNX model; export it again"));
    }
    for (domain, version) in opsets {
        let (first, last) = match domain.as_str() {
            "" | "ai.onnx" => OPSETS,
            ML => ML_OPSETS,
            _ => continue,
        };
        if !(first..=last).contains(version) {
            let domain = if domain.is_empty() { "ai.onnx" } else { domain };
            return Err(Error::new(format!(
                "the file asks for opset {version} of `{domain}`, and {first} to {last} are known"
            ))
            .help("export the model again with `target_opset` in that range"));
        }
    }
    Ok(())
}

impl Model for Pipeline {
    fn known(&self) -> Vec<Known> {
        self.known.clone()
    }

    fn predict(&self, batch: &Batch<'_>) -> Result<Vec<f64>> {
        let rows = self.door.read(batch)?;
        let mut scores = Vec::with_capacity(batch.len());
        for start in (0..batch.len()).step_by(self.block) {
            let end = (start + self.block).min(batch.len());
            let made = self.runner.run(rows.tensors(start, end)?, end - start)?;
            let [made] = made.as_slice() else {
                return Err(Error::new("the graph made no score"));
            };
            let column = |list: &[f64]| -> Vec<f64> {
                let lines = list.chunks_exact(self.columns);
                let off = |line: &[f64]| self.minus.and_then(|at| line.get(at)).copied();
                lines
                    .filter_map(|line| Some(line.get(self.column)? - off(line).unwrap_or(0.0)))
                    .collect()
            };
            let found = match &made.data {
                Data::F64(list) => column(list),
                _ => column(&made.to_f64()?),
            };
            if found.len() != end - start {
                return Err(Error::new(
                    "the graph makes another number of scores than rows",
                ));
            }
            scores.extend(found);
        }
        for (score, refused) in scores.iter_mut().zip(&rows.refused) {
            if *refused {
                *score = f64::NAN;
            }
        }
        Ok(scores)
    }

    fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn engine(&self) -> Option<String> {
        Some(self.runner.name())
    }

    fn trees(&self) -> Option<&dyn Trees> {
        self.bare.as_ref()?.trees(&self.door)
    }
}
