//! What goes into a graph: the card's inputs, joined by name where the graph has one input for each column, in the card's
//! order where it has one tensor for all; a tensor of the card fills a whole input of any rank.

use crate::dataset::table::{Batch, MISSING};
use crate::dataset::tensor::Tensors;
use crate::error::{Error, Result, shown};
use crate::model::inputs::{self, Values};
use crate::model::onnx::join;
use crate::model::onnx::proto::Port;
use crate::model::onnx::stored;
use crate::model::onnx::value::{Data, Tensor, count};
use crate::record::{InputCard, InputKind, MissingRule, ModelCard};
use std::sync::Arc;

/// Whole numbers beyond this are not exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// So many rows are filled at once.
const NEAR: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Single,
    Double,
    Whole,
    Truth,
    Word,
}

/// One input of the graph.
#[derive(Debug)]
struct Feed {
    kind: Kind,
    /// Places of the card's inputs that fill its columns: one tensor, or numbers and words.
    columns: Vec<usize>,
    /// The lengths of its axes behind the one of the rows.
    axes: Vec<usize>,
}

/// The way in. Known to fit card and graph.
#[derive(Debug)]
pub struct Door {
    inputs: Vec<InputCard>,
    words: Vec<Vec<Arc<str>>>,
    feeds: Vec<Feed>,
    one_by_one: bool,
}

/// The columns of a batch, read once.
#[derive(Debug)]
pub struct Rows<'a> {
    door: &'a Door,
    columns: Vec<Column>,
    /// True for rows the model does not score.
    pub refused: Vec<bool>,
}

#[derive(Debug)]
enum Column {
    Numbers(Vec<f64>),
    Words(Vec<Arc<str>>),
    Tensors(Tensors),
}

fn kind(port: &Port) -> Result<Kind> {
    Ok(match port.kind {
        Some(1 | 10 | 16) => Kind::Single,
        Some(11) => Kind::Double,
        Some(2..=7 | 12 | 13) => Kind::Whole,
        Some(9) => Kind::Truth,
        Some(8) => Kind::Word,
        Some(other) => {
            return Err(Error::new(format!(
                "the input `{}` of the graph holds numbers of the kind {}, which is not supported",
                shown(&port.name),
                stored::name(other)
            )));
        }
        None => {
            return Err(Error::new(format!(
                "the input `{}` of the graph is no tensor",
                shown(&port.name)
            )));
        }
    })
}

impl Door {
    /// Joins the graph's inputs to the card's and tells every input that does not fit.
    pub fn new(card: &ModelCard, ports: &[Port]) -> std::result::Result<Self, Vec<Error>> {
        let mut problems = Vec::new();
        let mut kinds = Vec::new();
        for port in ports {
            match kind(port) {
                Ok(kind) => kinds.push(kind),
                Err(error) => problems.push(error),
            }
        }
        let mut one_by_one = false;
        for port in ports {
            let rows = port
                .shape
                .as_deref()
                .and_then(|axes| axes.first().copied().flatten());
            match rows {
                None => {}
                Some(1) => one_by_one = true,
                Some(rows) => problems.push(
                    Error::new(format!(
                        "the input `{}` of the graph takes exactly {rows} rows",
                        shown(&port.name)
                    ))
                    .help("export the model with an open first axis (`None`)"),
                ),
            }
        }
        if ports.is_empty() {
            problems.push(Error::new("the graph has no input"));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let joined = join::inputs(card, ports)?;
        let mut feeds = Vec::new();
        for ((port, kind), filled) in ports.iter().zip(kinds).zip(joined) {
            for place in &filled.columns {
                problems.extend(unfit(&card.inputs[*place], kind, port));
            }
            feeds.push(Feed {
                kind,
                columns: filled.columns,
                axes: filled.axes,
            });
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let words = card.inputs.iter().map(|input| {
            let words = input.categories.iter();
            words.map(|word| Arc::from(word.as_str())).collect()
        });
        Ok(Self {
            words: words.collect(),
            inputs: card.inputs.clone(),
            feeds,
            one_by_one,
        })
    }

    /// True when the graph takes one row at a time.
    pub fn one_by_one(&self) -> bool {
        self.one_by_one
    }

    /// True when a row is more than a line of a table.
    pub fn is_deep(&self) -> bool {
        let tensor = |input: &InputCard| input.kind == InputKind::Tensor;
        self.feeds.iter().any(|feed| feed.axes.len() > 1) || self.inputs.iter().any(tensor)
    }

    /// How many inputs the card declares.
    pub fn columns(&self) -> usize {
        self.inputs.len()
    }

    /// For each input of the graph, the places of the card's inputs in its columns.
    pub fn fed(&self) -> impl Iterator<Item = &[usize]> {
        self.feeds.iter().map(|feed| feed.columns.as_slice())
    }

    /// Reads the inputs of a batch.
    pub fn read(&self, batch: &Batch<'_>) -> Result<Rows<'_>> {
        let mut refused = vec![false; batch.len()];
        let mut kinds = vec![Kind::Double; self.inputs.len()];
        for feed in &self.feeds {
            feed.columns
                .iter()
                .for_each(|place| kinds[*place] = feed.kind);
        }
        let mut columns = Vec::with_capacity(self.inputs.len());
        for ((input, words), kind) in self.inputs.iter().zip(&self.words).zip(kinds) {
            let (values, rows) = inputs::judge(input, batch)?;
            rows.iter().for_each(|(row, _)| refused[*row] = true);
            columns.push(match (values, kind) {
                (Values::Tensor(tensors), kind) => {
                    if matches!(kind, Kind::Whole | Kind::Truth) {
                        for (row, refused) in refused.iter_mut().enumerate() {
                            let mut numbers = tensors.row(row).iter();
                            *refused |= numbers.any(|x| !x.is_nan() && !holds(kind, (*x).into()));
                        }
                    }
                    Column::Tensors(tensors)
                }
                (Values::Codes(codes), Kind::Word) => {
                    Column::Words(codes.iter().map(|code| word(words, *code)).collect())
                }
                (Values::Codes(codes), _) => {
                    let number = |code: u32| {
                        if code == MISSING {
                            f64::NAN
                        } else {
                            f64::from(code)
                        }
                    };
                    Column::Numbers(codes.into_iter().map(number).collect())
                }
                (Values::Numbers(numbers), kind) => {
                    if !all_hold(kind, &numbers) {
                        for (x, refused) in numbers.iter().zip(&mut refused) {
                            *refused |= !x.is_nan() && !holds(kind, *x);
                        }
                    }
                    Column::Numbers(numbers)
                }
            });
        }
        Ok(Rows {
            door: self,
            columns,
            refused,
        })
    }

    /// So many rows of nobody: zeros, and the first word of each category.
    pub fn nobody(&self, rows: usize) -> Result<Vec<Tensor>> {
        let mut columns = Vec::with_capacity(self.inputs.len());
        for (place, (words, input)) in self.words.iter().zip(&self.inputs).enumerate() {
            let of = self.feeds.iter().find(|feed| feed.columns.contains(&place));
            columns.push(match of.map(|feed| feed.kind) {
                _ if input.kind == InputKind::Tensor => {
                    let width: usize = input.shape.iter().product();
                    let size = count(&[rows, width])?;
                    Column::Tensors(Tensors::new(width, vec![0.0; size])?)
                }
                Some(Kind::Word) => Column::Words(vec![word(words, 0); rows]),
                _ => Column::Numbers(vec![0.0; rows]),
            });
        }
        let nobody = Rows {
            door: self,
            columns,
            refused: vec![false; rows],
        };
        nobody.tensors(0, rows)
    }
}

/// The word of a code; empty when it is missing.
fn word(words: &[Arc<str>], code: u32) -> Arc<str> {
    words
        .get(code as usize)
        .cloned()
        .unwrap_or_else(|| Arc::from(""))
}

/// True when a tensor of this kind can hold the number.
fn holds(kind: Kind, x: f64) -> bool {
    match kind {
        Kind::Single => (x as f32).is_finite(),
        Kind::Double | Kind::Word => x.is_finite(),
        Kind::Whole => x.fract() == 0.0 && x.abs() <= EXACT,
        Kind::Truth => x == 0.0 || x == 1.0,
    }
}

/// True when a tensor of this kind can hold all numbers, found without a branch; false may also mean that it was not asked.
fn all_hold(kind: Kind, numbers: &[f64]) -> bool {
    let most = match kind {
        Kind::Single => f64::from(f32::MAX),
        Kind::Double | Kind::Word => f64::MAX,
        Kind::Whole | Kind::Truth => return false,
    };
    let held = |x: &&f64| x.abs() <= most;
    numbers.iter().filter(held).count() == numbers.len()
}

/// What is wrong between an input of the card and the tensor it fills.
fn unfit(input: &InputCard, kind: Kind, port: &Port) -> Option<Error> {
    let name = shown(&input.name);
    let tensor = shown(&port.name);
    if kind == Kind::Word && input.kind != InputKind::Category {
        let declared = match input.kind {
            InputKind::Tensor => "tensor",
            _ => "number",
        };
        let error = Error::new(format!(
            "`{tensor}` of the graph reads words, and the card declares `{name}` as a {declared}"
        ));
        return Some(error.help("name its `categories`"));
    }
    if matches!(kind, Kind::Whole | Kind::Truth) && input.missing == MissingRule::Model {
        let error = Error::new(format!(
            "`{tensor}` of the graph reads whole numbers, which cannot be missing, and `{name}` has `missing = \"model\"`"
        ));
        return Some(
            error.help("write `missing = \"refuse\"`, or what stands in for a missing value"),
        );
    }
    None
}

impl Rows<'_> {
    /// The columns in the card's order and the rows that are refused, when all are numbers.
    pub fn numbers(self) -> Option<(Vec<Vec<f64>>, Vec<bool>)> {
        let columns = self.columns.into_iter().map(|column| match column {
            Column::Numbers(numbers) => Some(numbers),
            Column::Words(_) | Column::Tensors(_) => None,
        });
        Some((columns.collect::<Option<_>>()?, self.refused))
    }

    /// The graph's inputs for some of the rows.
    pub fn tensors(&self, start: usize, end: usize) -> Result<Vec<Tensor>> {
        let feeds = self.door.feeds.iter().map(|feed| {
            let rows = end - start;
            let width = feed.columns.len();
            let data = match feed.kind {
                Kind::Single => Data::F32(self.fill(feed, start, end, |x| x as f32)),
                Kind::Double => Data::F64(self.fill(feed, start, end, |x| x)),
                Kind::Whole => Data::I64(self.fill(feed, start, end, |x| x as i64)),
                Kind::Truth => Data::Bool(self.fill(feed, start, end, |x| x == 1.0)),
                Kind::Word => {
                    let mut list = vec![Arc::from(""); rows * width];
                    for (at, place) in feed.columns.iter().enumerate() {
                        if let Column::Words(words) = &self.columns[*place] {
                            let slots = list.iter_mut().skip(at).step_by(width);
                            slots
                                .zip(&words[start..end])
                                .for_each(|(slot, w)| *slot = Arc::clone(w));
                        }
                    }
                    Data::Text(list)
                }
            };
            let shape = [&[rows], feed.axes.as_slice()].concat();
            Tensor::new(shape, data)
        });
        feeds.collect()
    }

    fn fill<T: Clone + Default>(
        &self,
        feed: &Feed,
        start: usize,
        end: usize,
        number: impl Fn(f64) -> T,
    ) -> Vec<T> {
        let width = feed.columns.len();
        if let [place] = feed.columns.as_slice()
            && let Column::Tensors(tensors) = &self.columns[*place]
        {
            let rows = (start..end).flat_map(|row| tensors.row(row));
            return rows.map(|x| number(f64::from(*x))).collect();
        }
        let mut list = vec![T::default(); (end - start) * width];
        // few rows at a time, which stay near while all columns pass over them
        let some = list.chunks_mut(NEAR * width.max(1));
        for (some, first) in some.zip((start..end).step_by(NEAR)) {
            let last = (first + NEAR).min(end);
            for (at, place) in feed.columns.iter().enumerate() {
                if let Column::Numbers(numbers) = &self.columns[*place] {
                    let rows = some.chunks_exact_mut(width);
                    for (row, x) in rows.zip(&numbers[first..last]) {
                        row[at] = number(*x);
                    }
                }
            }
        }
        list
    }
}
