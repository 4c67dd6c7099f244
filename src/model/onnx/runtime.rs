//! ONNX Runtime behind its door: the library loaded once, sessions opened from bytes that keur has checked.
//!
//! A session computes on one thread; parallelism is over blocks of rows, each thread with a session of its own, because
//! the wrapper lends a session to one caller at a time. No custom operator library is ever loaded, nothing is sent, and
//! what the library would write to the screen is dropped: it may quote a value.
//!
//! The library is code of the machine it runs on, with all rights of the process, and it bounds neither memory nor time of
//! a model. Who does not trust a model file asks for keur's own engine.

use crate::error::{Error, Result, shown};
use crate::model::onnx::elsewhere::Files;
use crate::model::onnx::library::{self, Library};
use crate::model::onnx::proto::Port;
use crate::model::onnx::runtime_values::{given, made};
use crate::model::onnx::value::Tensor;
use ort::environment::Environment;
use ort::session::builder::SessionBuilder;
use ort::session::{OutputSelector, RunOptions, Session, SessionInputValue};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

/// Sessions of one model may take so many bytes of weights; with more threads than that allows, threads wait.
const WEIGHTS: usize = 2 << 30;
/// Longer texts of the library are cut.
const TEXT: usize = 300;

/// The loaded library.
#[derive(Debug)]
pub struct Runtime {
    environment: Environment,
    /// Its name and version, as a record tells them.
    pub name: String,
}

/// The library, loaded at the first call; None where there is none.
///
/// # Errors
/// The environment names something that is no library, or one that is too old, on every call.
pub fn runtime() -> Result<Option<&'static Runtime>> {
    static LOADED: OnceLock<Result<Option<Runtime>>> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| match library::find()? {
        None => Ok(None),
        Some(library) => load(&library).map(Some),
    });
    match loaded {
        Ok(runtime) => Ok(runtime.as_ref()),
        Err(error) => Err(error.clone()),
    }
}

fn load(library: &Library) -> Result<Runtime> {
    let shown = library.path.display();
    let told = |why: String| {
        Error::new(format!(
            "the library of ONNX Runtime `{shown}` cannot be used: {why}"
        ))
        .help(format!(
            "a release from 1.{} on is needed; `{}=off` does without",
            ort::MINOR_VERSION,
            library::VARIABLE
        ))
    };
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let builder = ort::init_from(&library.path).map_err(|e| told(why(&e, &library.path)))?;
        let environment = builder
            .with_name("keur")
            .with_telemetry(false)
            .with_logger(Arc::new(|_, _, _, _, _| {}))
            .build();
        environment.map_err(|e| told(text(&e)))
    }));
    let environment = opened.unwrap_or_else(|_| Err(told("it does not answer as one".into())))?;
    Ok(Runtime {
        environment,
        name: match &library.version {
            Some(version) => format!("onnxruntime {version}"),
            None => "onnxruntime of a version it does not tell".to_owned(),
        },
    })
}

fn why(error: &ort::LoadDynamicError, path: &Path) -> String {
    use ort::LoadDynamicError as E;
    match error {
        E::Dlopen { error, .. } => error.to_string().replace(&*path.to_string_lossy(), "it"),
        E::MissingApi { .. } => "it has no `OrtGetApiBase`".to_owned(),
        E::InvalidVersionString => "it tells no version".to_owned(),
        E::BadVersion { version_str, .. } => format!("it is version {}", shown(version_str)),
    }
}

/// What the library says, cut to a line. Only for what happens before a row is seen: later it may quote a value.
fn text<R>(error: &ort::Error<R>) -> String {
    let words: Vec<&str> = error.message().split_whitespace().collect();
    words.join(" ").chars().take(TEXT).collect()
}

/// A model that ONNX Runtime scores. Shared by all threads.
#[derive(Debug)]
pub struct Sessions {
    runtime: &'static Runtime,
    model: Vec<u8>,
    files: Files,
    inputs: Vec<Port>,
    most: usize,
    pool: Mutex<Pool>,
    free: Condvar,
}

#[derive(Debug, Default)]
struct Pool {
    idle: Vec<Session>,
    made: usize,
}

impl Sessions {
    /// Opens a session; the bytes and the files beside them are checked already.
    ///
    /// # Errors
    /// The library does not take the model.
    pub fn new(
        runtime: &'static Runtime,
        model: &[u8],
        files: Files,
        inputs: Vec<Port>,
    ) -> Result<Self> {
        let size = files.values().map(|bytes| bytes.len()).sum::<usize>() + model.len();
        let sessions = Self {
            runtime,
            model: model.to_vec(),
            files,
            inputs,
            most: (WEIGHTS / size.max(1)).max(1),
            pool: Mutex::default(),
            free: Condvar::new(),
        };
        let first = sessions.open()?;
        let mut pool = sessions.pool();
        pool.idle.push(first);
        pool.made = 1;
        drop(pool);
        Ok(sessions)
    }

    /// Name and version of the library.
    pub fn engine(&self) -> &str {
        &self.runtime.name
    }

    fn pool(&self) -> std::sync::MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every session is opened with.
    fn set(&self, builder: SessionBuilder) -> std::result::Result<SessionBuilder, String> {
        let mut builder = builder.with_intra_threads(1).map_err(|e| text(&e))?;
        builder = builder.with_inter_threads(1).map_err(|e| text(&e))?;
        builder = builder
            .with_deterministic_compute(true)
            .map_err(|e| text(&e))?;
        builder = builder
            .with_no_environment_execution_providers()
            .map_err(|e| text(&e))?;
        builder = builder
            .with_config_entry("session.load_model_format", "ONNX")
            .map_err(|e| text(&e))?;
        for (name, bytes) in &self.files {
            builder = builder
                .with_external_initializer_file_in_memory(name, Arc::clone(bytes))
                .map_err(|e| text(&e))?;
        }
        Ok(builder)
    }

    fn open(&self) -> Result<Session> {
        let told = |why: String| {
            Error::new(format!("ONNX Runtime does not take the model: {why}"))
                .at(self.runtime.name.clone())
        };
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let builder =
                Session::builder(&self.runtime.environment).map_err(|e| told(text(&e)))?;
            let mut builder = self.set(builder).map_err(told)?;
            builder
                .commit_from_memory(&self.model)
                .map_err(|e| told(text(&e)))
        }));
        opened.unwrap_or_else(|_| Err(told("it broke while it opened it".into())))
    }

    /// Lends a session: an idle one, a new one, or the first that comes back.
    fn lend(&self) -> Result<Lent<'_>> {
        let mut pool = self.pool();
        loop {
            if let Some(session) = pool.idle.pop() {
                return Ok(Lent(self, Some(session)));
            }
            if pool.made < self.most {
                pool.made += 1;
                drop(pool);
                let made = self.open();
                if made.is_err() {
                    self.pool().made -= 1;
                    self.free.notify_one();
                }
                return made.map(|session| Lent(self, Some(session)));
            }
            pool = self.free.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Runs the graph: one tensor for each input, in order → the outputs of these names, in order.
    ///
    /// # Errors
    /// The library cannot score these rows; it does not say why, because its words may quote a value.
    pub fn run(&self, feeds: Vec<Tensor>, outputs: &[&str]) -> Result<Vec<Tensor>> {
        let failed =
            || Error::new("ONNX Runtime cannot score these rows").at(self.runtime.name.clone());
        let mut values: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::new();
        for (port, tensor) in self.inputs.iter().zip(feeds) {
            let value = given(tensor, port)?.map_err(|_| failed())?;
            values.push((port.name.as_str().into(), value.into()));
        }
        let mut lent = self.lend()?;
        let Some(session) = &mut lent.1 else {
            return Err(failed());
        };
        let wanted = outputs
            .iter()
            .fold(OutputSelector::no_default(), |all, name| all.with(*name));
        let options = RunOptions::new()
            .map_err(|_| failed())?
            .with_outputs(wanted);
        let results = session
            .run_with_options(values, &options)
            .map_err(|_| failed())?;
        let read = outputs.iter().map(|name| {
            let value = results.get(name).ok_or_else(failed)?;
            made(value, name)?.map_err(|_| failed())
        });
        read.collect()
    }
}

/// A session that goes back when it is done with.
struct Lent<'a>(&'a Sessions, Option<Session>);

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.1.take() {
            self.0.pool().idle.push(session);
            self.0.free.notify_one();
        }
    }
}
