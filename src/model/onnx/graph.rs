//! A graph that can run: names resolved to places, operators made ready. `compile` makes it.

use crate::error::{Error, Result, shown};
use crate::model::onnx::body::Feeds;
use crate::model::onnx::inputs::{Budget, Inputs};
use crate::model::onnx::kernel::Kernel;
use crate::model::onnx::narrow::Narrow;
use crate::model::onnx::proto::{Function, Port};
use crate::model::onnx::spare::Spare;
use crate::model::onnx::summed::Summed;
use crate::model::onnx::value::{Data, Tensor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// What a place for a value costs in each run, in bytes.
const PLACE: usize = 64;

/// What a graph is compiled against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Domain and version of each set of operators.
    pub opsets: &'a [(String, i64)],
    /// The model's folder, where data in other files may lie.
    pub folder: Option<&'a Path>,
    /// Operators that the model defines itself.
    pub functions: &'a [Function<'a>],
}

/// A checked graph. Immutable; shared by all threads.
pub struct Graph {
    /// What goes in, in the file's order.
    pub inputs: Vec<Port>,
    /// What comes out, in the file's order.
    pub outputs: Vec<Port>,
    pub(super) constants: Vec<Option<Tensor>>,
    pub(super) steps: Vec<Step>,
    pub(super) feeds: Vec<usize>,
    /// Places of what is read of the graph around this one.
    pub(super) outer: Vec<usize>,
    pub(super) results: Vec<usize>,
}

/// One node, ready to run.
pub(super) struct Step {
    pub(super) label: String,
    pub(super) act: Act,
    pub(super) inputs: Vec<Option<usize>>,
    /// What graphs inside the node read of this one.
    pub(super) outer: Vec<usize>,
    pub(super) outputs: Vec<Option<usize>>,
    /// Places nobody reads after this step.
    pub(super) done: Vec<usize>,
}

/// What a node does, and which kinds it takes and makes.
pub(super) struct Act {
    pub(super) kernel: Kernel,
    pub(super) own_kinds: bool,
    pub(super) sequences: bool,
    /// The trees it adds up.
    pub(super) trees: Option<Arc<dyn Summed>>,
}

impl Act {
    /// Runs it, and brings what it made onto the grid of its kind.
    pub(super) fn run(&self, inputs: &Inputs<'_>) -> Result<Vec<Tensor>> {
        if !self.sequences
            && let Some(other) = inputs.all().find(|tensor| tensor.parts.is_some())
        {
            return Err(other.not("a tensor"));
        }
        let made = (self.kernel)(inputs)?;
        let settled = made.into_iter().map(|tensor| {
            let kind = match tensor.narrow {
                None if !self.own_kinds => inherited(&tensor, inputs),
                kind => kind,
            };
            tensor.narrowed(kind)
        });
        Ok(settled.collect())
    }
}

/// Keeps the list of a tensor that nobody needs for the next one.
fn let_go(tensor: Tensor) {
    if let Data::F32(list) = tensor.data {
        f32::give(list);
    }
}

/// The kind of the first input that holds its numbers alike.
fn inherited(made: &Tensor, inputs: &Inputs<'_>) -> Option<Narrow> {
    let alike = |tensor: &&Tensor| {
        matches!(
            (&tensor.data, &made.data),
            (Data::F32(_), Data::F32(_)) | (Data::I64(_), Data::I64(_))
        )
    };
    inputs.all().find(alike)?.narrow
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let labels: Vec<&str> = self.steps.iter().map(|step| &*step.label).collect();
        f.debug_struct("Graph").field("steps", &labels).finish()
    }
}

impl Graph {
    /// Keeps only what the output in this place needs.
    pub fn keep(&mut self, output: usize) {
        let Some(result) = self.results.get(output).copied() else {
            return;
        };
        self.results = vec![result];
        self.outputs = self.outputs.get(output).cloned().into_iter().collect();
        let mut needed = BTreeSet::from([result]);
        let mut steps = Vec::new();
        while let Some(step) = self.steps.pop() {
            if step
                .outputs
                .iter()
                .flatten()
                .any(|place| needed.contains(place))
            {
                needed.extend(step.inputs.iter().flatten().chain(&step.outer));
                steps.push(step);
            }
        }
        steps.reverse();
        self.steps = steps;
        for (place, constant) in self.constants.iter_mut().enumerate() {
            if !needed.contains(&place) {
                *constant = None;
            }
        }
        self.mark();
    }

    /// The trees of the one step that has some.
    pub fn trees(&self) -> Option<Arc<dyn Summed>> {
        let mut all = self.steps.iter().filter_map(|step| step.act.trees.as_ref());
        let one = all.next()?;
        all.next().is_none().then(|| Arc::clone(one))
    }

    /// Notes after which step nobody needs a value any more.
    pub(super) fn mark(&mut self) {
        let mut needed: BTreeSet<usize> = self.results.iter().copied().collect();
        for step in self.steps.iter_mut().rev() {
            let named = step.inputs.iter().chain(&step.outputs).flatten();
            let used = named.chain(&step.outer);
            step.done = used
                .copied()
                .filter(|place| needed.insert(*place))
                .collect();
        }
    }

    /// Runs the graph: one tensor for each input, in order; one for each output.
    pub fn run(&self, feeds: Vec<Tensor>) -> Result<Vec<Tensor>> {
        Ok(self.measured(feeds)?.0)
    }

    /// Runs the graph, and tells how many bytes were alive at most.
    pub fn measured(&self, feeds: Vec<Tensor>) -> Result<(Vec<Tensor>, usize)> {
        let feeds = feeds.into_iter().zip(&self.inputs).map(|(tensor, port)| {
            let kind = tensor
                .narrow
                .or_else(|| port.kind.and_then(Narrow::of))
                .filter(|_| tensor.parts.is_none());
            Some(Cow::Owned(tensor.narrowed(kind)))
        });
        let budget = Budget::default();
        let made = self.run_within(feeds.collect(), &[], &budget)?;
        Ok((made, budget.peak()))
    }

    /// Runs the graph inside another one.
    pub(super) fn run_within(
        &self,
        feeds: Feeds<'_>,
        outer: &[Option<&Tensor>],
        budget: &Budget,
    ) -> Result<Vec<Tensor>> {
        budget.toil(self.constants.len() * PLACE)?;
        let mut values: Vec<Option<Cow<'_, Tensor>>> = Vec::new();
        values.resize_with(self.constants.len(), || None);
        for (place, tensor) in self.feeds.iter().zip(feeds) {
            if let Some(Cow::Owned(tensor)) = &tensor {
                budget.spend(tensor.bytes())?;
            }
            values[*place] = tensor;
        }
        for (place, tensor) in self.outer.iter().zip(outer) {
            values[*place] = tensor.map(Cow::Borrowed);
        }
        for step in &self.steps {
            let get = |place: usize| values[place].as_deref().or(self.constants[place].as_ref());
            let inputs = Inputs {
                own: step.inputs.iter().map(|place| get((*place)?)).collect(),
                outer: step.outer.iter().map(|place| get(*place)).collect(),
                budget,
            };
            let at = |error: Error| error.at(step.label.clone());
            let made = step.act.run(&inputs).map_err(at)?;
            for (place, tensor) in step.outputs.iter().zip(made) {
                if let Some(place) = place {
                    budget.spend(tensor.bytes()).map_err(at)?;
                    values[*place] = Some(Cow::Owned(tensor));
                }
            }
            for place in &step.done {
                if let Some(Cow::Owned(tensor)) = values[*place].take() {
                    budget.free(tensor.bytes());
                    let_go(tensor);
                }
            }
        }
        let mut results = Vec::with_capacity(self.results.len());
        for (at, (place, port)) in self.results.iter().zip(&self.outputs).enumerate() {
            let again = self.results[at + 1..].contains(place);
            let value = match &mut values[*place] {
                Some(Cow::Owned(tensor)) if again => Some(tensor.clone()),
                slot @ Some(_) => slot.take().map(|value| {
                    if let Cow::Owned(tensor) = &value {
                        budget.free(tensor.bytes());
                    }
                    value.into_owned()
                }),
                None => self.constants[*place].clone(),
            };
            results.push(value.ok_or_else(|| {
                Error::new(format!("the output `{}` was not made", shown(&port.name)))
            })?);
        }
        // what the graph was given and did not need
        for tensor in values.into_iter().flatten() {
            if let Cow::Owned(tensor) = tensor {
                budget.free(tensor.bytes());
                let_go(tensor);
            }
        }
        Ok(results)
    }
}
