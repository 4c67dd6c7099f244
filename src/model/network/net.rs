//! The network behind a card: opened, scored in blocks of rows, and differentiated.

use crate::dataset::table::Batch;
use crate::error::{Error, Result, shown};
use crate::model::file;
use crate::model::gradient::{Gradient, Slopes};
use crate::model::inputs::{self, Values};
use crate::model::network::draft::{Draft, size};
use crate::model::network::head::Head;
use crate::model::network::kernel::{Chain, Kernel, Tape};
use crate::model::network::lower;
use crate::model::network::numbers::Numbers;
use crate::model::network::weights;
use crate::model::predict::{Model, Opened};
use crate::record::{InputCard, InputKind, ModelCard};
use std::ops::Range;
use std::path::Path;

/// Most rows in a block.
const ROWS: usize = 512;
/// Most numbers that a layer makes of a block, but for a block of one row.
const BLOCK: usize = 65_536;

#[derive(Debug)]
struct Network {
    inputs: Vec<InputCard>,
    layers: Chain,
    head: Head,
    columns: usize,
    outputs: usize,
    rows: usize,
}

/// Opens the safetensors file of a network and tells every problem at once.
pub fn open(card: &ModelCard, folder: &Path) -> Opened {
    open_with(card, folder, &mut |_| ())
}

/// Opens it and lets `change` change the numbers of each tensor, in the order of the layers.
pub fn open_with(card: &ModelCard, folder: &Path, change: &mut dyn FnMut(&mut [f32])) -> Opened {
    let place = |error: Error| error.at(format!("{}/card.toml", shown(&card.id)));
    let (head, cards) = Head::of(card);
    let columns = card.inputs.iter().map(width).sum();
    let mut draft = Draft::default();
    let arriving = match card.inputs.as_slice() {
        [tensor] if tensor.kind == InputKind::Tensor => tensor.shape.clone(),
        _ => vec![columns],
    };
    let tensors = card
        .inputs
        .iter()
        .filter(|input| input.kind == InputKind::Tensor);
    if card.inputs.len() > 1 && tensors.count() > 0 {
        draft.problems.push(
            Error::new("a network reads one tensor, or numbers and categories, and not both")
                .help("export a network of several inputs to ONNX"),
        );
    }
    if columns == 0 {
        draft
            .problems
            .push(Error::new("the card declares no inputs"));
    }
    let lowered = draft
        .room("what a row brings", &[columns], 0)
        .map_err(|error| draft.problems.push(error))
        .ok()
        .and_then(|_| lower::chain(&mut draft, cards, "", arriving, 0));
    let outputs = lowered.as_ref().map(|(_, gives)| size(gives));
    if let Some(outputs) = outputs {
        draft.problems.extend(head.check(outputs, card.score));
    }
    let (Some((makes, _)), Some(outputs), true) = (lowered, outputs, draft.problems.is_empty())
    else {
        return Err(draft.problems.into_iter().map(place).collect());
    };
    let path = file::locate(card, folder).map_err(|error| vec![error])?;
    let shown_as = format!(
        "{}/{}",
        shown(&card.id),
        shown(card.file.as_deref().unwrap_or_default())
    );
    let at = |error: Error| error.at(shown_as.clone());
    let mut weights = weights::read(&path, &draft.wanted)
        .map_err(|errors| errors.into_iter().map(at).collect::<Vec<_>>())?;
    weights.each(change);
    let layers = lower::build(makes, &mut weights).map_err(|error| vec![at(error)])?;
    Ok(Box::new(Network {
        inputs: card.inputs.clone(),
        layers,
        head,
        columns,
        outputs,
        rows: block_of(draft.widest),
    }))
}

/// Rows in a block: a power of two, so that no row falls into the remainder of a vector, and the same for every batch.
fn block_of(widest: usize) -> usize {
    let most = (BLOCK.saturating_sub(1) / widest.max(1)).clamp(1, ROWS);
    1 << most.ilog2()
}

/// Columns an input enters as: a number as one, a category as one for each of its categories, a tensor as its numbers.
fn width(input: &InputCard) -> usize {
    match input.kind {
        InputKind::Number => 1,
        InputKind::Category => input.categories.len(),
        InputKind::Tensor => size(&input.shape),
    }
}

/// Appends the columns of one input of one row. A number beyond 32 bits becomes infinite, and its row NaN.
fn enter(block: &mut Vec<f32>, values: &Values, card: &InputCard, row: usize) {
    match values {
        Values::Numbers(numbers) => {
            block.push(numbers.get(row).map_or(0.0, |number| *number as f32));
        }
        Values::Codes(codes) => {
            let code = codes.get(row).map(|code| *code as usize);
            let columns = 0..card.categories.len();
            block.extend(columns.map(|column| if code == Some(column) { 1.0 } else { 0.0 }));
        }
        Values::Tensor(tensors) => block.extend_from_slice(tensors.row(row)),
    }
}

impl Network {
    /// What the last layer gives for a block that is filled up with rows of zeros.
    fn forward(&self, mut block: Vec<f32>, tape: &mut Tape) -> Result<Numbers> {
        block.resize(self.rows * self.columns, 0.0);
        let x = Numbers::from(block);
        tape.watch(&x);
        self.layers.forward(x, self.rows, tape)
    }

    /// The margins of a block of at most `self.rows` rows, and what the last layer gave.
    fn block(&self, block: Vec<f32>, rows: usize, tape: &mut Tape) -> Result<(Vec<f64>, Numbers)> {
        let out = self.forward(block, tape)?;
        let each = out.all().chunks_exact(self.outputs).take(rows).enumerate();
        let margins = each
            .map(|(row, numbers)| {
                let margin = self.head.margin(numbers);
                if tape.broke(row) { f64::NAN } else { margin }
            })
            .collect();
        Ok((margins, out))
    }

    /// Rows of a batch as they enter, `here` of them; a refused row enters as NaN.
    fn entered(&self, read: &[Values], here: Range<usize>) -> Vec<f32> {
        let mut block = Vec::with_capacity(self.rows * self.columns);
        for row in here {
            let start = block.len();
            for (values, card) in read.iter().zip(&self.inputs) {
                enter(&mut block, values, card, row);
            }
            if read.iter().any(|values| values.refuses(row)) {
                block[start..].fill(f32::NAN);
            }
        }
        block
    }

    fn read(&self, batch: &Batch<'_>) -> Result<Vec<Values>> {
        let inputs = self.inputs.iter();
        inputs.map(|input| inputs::read(input, batch)).collect()
    }

    fn whole(&self, rows: &[f32]) -> Result<()> {
        match rows.len() % self.columns.max(1) {
            0 => Ok(()),
            _ => Err(Error::new(format!(
                "{} numbers are no rows of {}",
                rows.len(),
                self.columns
            ))),
        }
    }
}

impl Model for Network {
    fn predict(&self, batch: &Batch<'_>) -> Result<Vec<f64>> {
        let read = self.read(batch)?;
        let mut scores = Vec::with_capacity(batch.len());
        for start in (0..batch.len()).step_by(self.rows) {
            let here = start..batch.len().min(start + self.rows);
            let block = self.entered(&read, here.clone());
            let mut tape = Tape::new(self.rows, false);
            let (margins, _) = self.block(block, here.len(), &mut tape)?;
            scores.extend(margins.into_iter().map(|margin| self.head.score(margin)));
        }
        Ok(scores)
    }

    fn gradient(&self) -> Option<&dyn Gradient> {
        Some(self)
    }
}

impl Gradient for Network {
    fn spans(&self) -> Vec<Range<usize>> {
        let mut end = 0;
        self.inputs
            .iter()
            .map(|input| {
                let start = end;
                end += width(input);
                start..end
            })
            .collect()
    }

    fn block(&self) -> usize {
        self.rows
    }

    fn enter(&self, batch: &Batch<'_>) -> Result<Vec<f32>> {
        Ok(self.entered(&self.read(batch)?, 0..batch.len()))
    }

    fn score(&self, margin: f64) -> f64 {
        self.head.score(margin)
    }

    fn margins(&self, rows: &[f32]) -> Result<Vec<f64>> {
        self.whole(rows)?;
        let mut margins = Vec::with_capacity(rows.len() / self.columns);
        for block in rows.chunks(self.rows * self.columns) {
            let mut tape = Tape::new(self.rows, false);
            let count = block.len() / self.columns;
            margins.extend(self.block(block.to_vec(), count, &mut tape)?.0);
        }
        Ok(margins)
    }

    fn slopes(&self, rows: &[f32]) -> Result<Slopes> {
        self.whole(rows)?;
        let mut found = Slopes::default();
        for block in rows.chunks(self.rows * self.columns) {
            let mut tape = Tape::new(self.rows, true);
            let count = block.len() / self.columns;
            let (margins, out) = self.block(block.to_vec(), count, &mut tape)?;
            let last = out.all().chunks_exact(self.outputs);
            let slope: Vec<f32> = last.flat_map(|numbers| self.head.slope(numbers)).collect();
            let mut back = self
                .layers
                .backward(Numbers::from(slope), self.rows, &mut tape)?
                .into_vec();
            back.truncate(block.len());
            for (row, back) in back.chunks_exact_mut(self.columns).enumerate() {
                if tape.broke(row) {
                    back.fill(f32::NAN);
                }
            }
            found.margins.extend(margins);
            found.slopes.extend(back);
        }
        Ok(found)
    }
}
