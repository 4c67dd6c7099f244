//! A repository of one model on one dataset, made up for a test.

use keur::plan::Plan;
use keur::progress::Quiet;
use keur::record::Record;
use std::fs;
use std::path::{Path, PathBuf};

/// Name, unit or "", and the value of row i.
pub type Numbers<'a> = (&'a str, &'a str, &'a dyn Fn(usize) -> f64);

pub struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    pub fn new() -> Self {
        let repository = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        repository.write(
            "study.toml",
            "title = 't'\nreplicates = 0\nconditions = []\n[[study]]\nname = 's'\nmodel = 'models/m'\ndataset = 'datasets/d'\nthresholds = [0.2]\n",
        );
        repository
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn append(&self, name: &str, text: &str) {
        let whole = fs::read_to_string(self.path(name)).unwrap();
        self.write(name, &(whole + text));
    }

    /// Copies a folder that ships with keur.
    pub fn bring(&self, shipped: &str, to: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped);
        fs::create_dir_all(self.path(to)).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), self.path(to).join(entry.file_name())).unwrap();
        }
    }

    pub fn plan(&self) -> Result<Plan, Vec<String>> {
        Plan::new(&self.path("study.toml"), false)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    pub fn problems(&self) -> Vec<String> {
        match self.plan() {
            Ok(_) => Vec::new(),
            Err(problems) => problems,
        }
    }

    pub fn run(&self) -> Record {
        let plan = self.plan().unwrap_or_else(|told| panic!("{told:#?}"));
        keur::run::run(&plan, &Quiet)
    }

    /// A dataset of numbers: `columns` are (name, unit or "", values of row i).
    pub fn data(&self, rows: usize, columns: &[Numbers<'_>]) {
        let mut card = String::from(
            "name = 'd'\nfile = 'data.csv'\nformat = 'csv'\n[[columns]]\nname = 'died'\nrole = 'outcome'\nevent = '1'\n",
        );
        let mut text = String::from("died");
        for (name, unit, _) in columns {
            card += &format!("[[columns]]\nname = '{name}'\nrole = 'input'\n");
            if !unit.is_empty() {
                card += &format!("unit = '{unit}'\n");
            }
            text += &format!(",{name}");
        }
        text.push('\n');
        for row in 0..rows {
            text += if row.is_multiple_of(3) { "1" } else { "0" };
            for (_, _, value) in columns {
                text += &format!(",{}", value(row));
            }
            text.push('\n');
        }
        self.write("datasets/d/card.toml", &card);
        self.write("datasets/d/data.csv", &text);
    }

    /// A logistic equation of numbers: `inputs` are (name, further lines of its card, coefficient).
    pub fn equation(&self, inputs: &[(&str, &str, f64)], more: &str) {
        let mut card = String::from(
            "name = 'm'\nversion = '1'\ntask = 'binary'\npredicts = 'p'\nformat = 'linear'\nfile = 'model.toml'\nscore = 'probability'\n",
        );
        let mut file = String::from("link = 'logistic'\nintercept = -1\n");
        for (name, lines, coefficient) in inputs {
            card += &format!("[[inputs]]\nname = '{name}'\n{lines}\n");
            file += &format!("[[terms]]\ninput = '{name}'\ncoefficient = {coefficient}\n");
        }
        self.write("models/m/card.toml", &(card + more));
        self.write("models/m/model.toml", &file);
    }
}
