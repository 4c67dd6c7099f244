//! Opens the cards and models that a study file names; every problem is kept, each folder is opened once.

use super::place;
use crate::config::{dataset_card, model_card};
use crate::dataset;
use crate::error::{Error, shown};
use crate::model::{self, engine::Engine, predict::Model, vector};
use crate::record::{DatasetCard, ModelCard};
use crate::sheet::Sheet;
use std::path::{Path, PathBuf};

/// A model that is ready to score.
pub struct OpenedModel {
    /// Its card.
    pub card: ModelCard,
    /// Path of the card.
    pub card_path: PathBuf,
    /// Path of the model's file, when the format has one.
    pub file: Option<PathBuf>,
    /// The model.
    pub model: Box<dyn Model>,
}

/// A dataset whose card and header were read, and not one row.
pub struct OpenedDataset {
    /// Its card.
    pub card: DatasetCard,
    /// Path of the card.
    pub card_path: PathBuf,
    /// Path of the data.
    pub file: PathBuf,
    /// Names of the columns in the file.
    pub names: Vec<String>,
}

/// The folder named in a study file, and its id.
fn folder(root: &Path, given: &str, allow_outside: bool) -> Result<(PathBuf, String), Error> {
    let folder = place::inside(root, given, allow_outside)?;
    let id = folder
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    if folder.join("card.toml").is_file() {
        Ok((folder, id))
    } else {
        Err(Error::new(format!("`{}` has no `card.toml`", shown(given)))
            .help("a model or dataset is a folder with a `card.toml` that says what it is"))
    }
}

fn card_file(
    folder: &Path,
    root: &Path,
    name: &str,
    allow_outside: bool,
    card: &str,
) -> Result<PathBuf, Error> {
    let base = if allow_outside { folder } else { root };
    let relative = folder.join(name);
    let given = relative.strip_prefix(base).unwrap_or(&relative);
    place::inside(base, &given.to_string_lossy(), allow_outside).map_err(|e| e.at(card))
}

/// A model names its files by its own id or by the whole path; people look for them from the repository.
fn in_repository(mut error: Error, id: &str, folder: &Path, place: &str) -> Error {
    let whole = folder.display().to_string();
    error.at = Some(match error.at {
        None => place.to_owned(),
        Some(at) => match at.strip_prefix(id).or_else(|| at.strip_prefix(&*whole)) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{place}{rest}"),
            _ => at,
        },
    });
    error
}

/// Opens a model folder, in the engine that is asked for.
pub fn model(
    root: &Path,
    given: &str,
    allow_outside: bool,
    engine: Engine,
) -> Result<OpenedModel, Vec<Error>> {
    let (folder, id) = folder(root, given, allow_outside).map_err(|e| vec![e])?;
    let card_path = folder.join("card.toml");
    let shown_as = place::shown_as(root, &card_path);
    let sheet = Sheet::read(&card_path, &shown_as).map_err(|e| vec![e])?;
    let mut card = model_card::read(&sheet, &id);
    let problems = sheet.finish();
    if !problems.is_empty() {
        return Err(problems);
    }
    let file = match &card.file {
        Some(name) => {
            Some(card_file(&folder, root, name, allow_outside, &shown_as).map_err(|e| vec![e])?)
        }
        None => None,
    };
    let place = place::shown_as(root, &folder);
    let model = model::open_in(&card, &folder, engine).map_err(|errors| {
        let inside = |e| in_repository(e, &id, &folder, &place);
        errors.into_iter().map(inside).collect::<Vec<_>>()
    })?;
    card.reproduced = vector::reproduce(&card, model.as_ref()).map_err(|errors| {
        errors
            .into_iter()
            .map(|e| e.at(&*shown_as))
            .collect::<Vec<_>>()
    })?;
    // they have done their work, and what is not kept cannot be shown
    card.tests.clear();
    Ok(OpenedModel {
        card,
        card_path,
        file,
        model,
    })
}

/// Opens a dataset folder: card and header.
pub fn dataset(root: &Path, given: &str, allow_outside: bool) -> Result<OpenedDataset, Vec<Error>> {
    let (folder, id) = folder(root, given, allow_outside).map_err(|e| vec![e])?;
    let card_path = folder.join("card.toml");
    let shown_as = place::shown_as(root, &card_path);
    let sheet = Sheet::read(&card_path, &shown_as).map_err(|e| vec![e])?;
    let card = dataset_card::read(&sheet, &id);
    let problems = sheet.finish();
    if !problems.is_empty() {
        return Err(problems);
    }
    let file =
        card_file(&folder, root, &card.file, allow_outside, &shown_as).map_err(|e| vec![e])?;
    let data = place::shown_as(root, &file);
    let names = dataset::names(&file, &card).map_err(|e| vec![e.at(data)])?;
    let missing: Vec<Error> = dataset::check(&card, &names)
        .into_iter()
        .map(|e| e.at(&*shown_as))
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(OpenedDataset {
        card,
        card_path,
        file,
        names,
    })
}
