//! The command line: arguments, help, and what is said where. Progress and problems go to standard error; what was
//! written, and what was asked for, goes to standard output.

mod arguments;
mod shelves;

pub use arguments::{
    Arguments, Command, CompletionsAsked, ExplainAsked, InitAsked, InitDatasetAsked,
    InitModelAsked, InitWhat, ListAsked, PlanAsked, ReportAsked, RunAsked, Scorer, Shelf,
};
pub use shelves::{explain, list};

use crate::error::{Error, shown};
use crate::init as cards;
use crate::model::engine::Engine;
use crate::plan::Plan;
use crate::progress::{self, Quiet, Watch};
use crate::record::{Outcome, Record, Verdict};
use crate::report::{self, Format};
use clap::{CommandFactory, Parser};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a command comes to.
pub type Done = Result<Outcome, Vec<Error>>;

/// Reads the command line; help, version and slips of the pen end the process here (exit 0 or 2).
pub fn arguments() -> Arguments {
    Arguments::parse()
}

/// Tells every problem on standard error and gives the exit code of a wrong request.
pub fn tell(problems: &[Error]) -> ExitCode {
    let mut out = std::io::stderr();
    for problem in problems {
        writeln!(out, "error: {problem}").ok();
    }
    if problems.len() > 1 {
        writeln!(out, "{} problems; nothing was computed", problems.len()).ok();
    }
    ExitCode::from(Outcome::RequestWrong.code())
}

/// A panic of ours must not print what it saw: it might be a value of a patient. It says where, and nothing else.
pub fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        writeln!(std::io::stderr(), "internal fault at {place}").ok();
    }));
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}

fn engine(asked: Scorer) -> Engine {
    match asked {
        Scorer::Auto => Engine::Auto,
        Scorer::Keur => Engine::Keur,
        Scorer::Onnxruntime => Engine::OnnxRuntime,
    }
}

/// `keur run`.
pub fn run(asked: &RunAsked) -> Done {
    let formats = formats(&asked.formats)?;
    let plan = Plan::in_engine(&asked.study, asked.allow_outside, engine(asked.engine))?;
    let out = asked
        .out
        .clone()
        .unwrap_or_else(|| default_out(&asked.study));
    report::try_out(&out).map_err(|e| vec![e])?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(asked.threads.unwrap_or(0))
        .build()
        .map_err(|e| {
            vec![Error::new(format!(
                "cannot start {:?} threads: {e}",
                asked.threads
            ))]
        })?;
    leave_cleanly_on_interrupt(&out)?;
    let watch: Box<dyn Watch> = if asked.quiet {
        Box::new(Quiet)
    } else {
        progress::for_this_terminal(plan.studies.len())
    };
    let record = pool.install(|| crate::run::run(&plan, watch.as_ref()));
    write(&record, &out, &formats)?;
    if !asked.quiet {
        summary(&record);
    }
    Ok(record.outcome())
}

/// `keur plan`.
pub fn plan(asked: &PlanAsked) -> Done {
    let plan = Plan::in_engine(&asked.study, asked.allow_outside, engine(asked.engine))?;
    say(&format!(
        "{}: {}, {}, {}, seed {}, counts below {} masked",
        plan.title,
        counted(plan.studies.len(), "study", "studies"),
        counted(plan.conditions.len(), "condition", "conditions"),
        counted(plan.replicates, "replicate", "replicates"),
        plan.seed,
        plan.min_cell
    ));
    for study in &plan.studies {
        let opened = &plan.models[study.model];
        let model = &opened.card;
        let dataset = &plan.datasets[study.dataset];
        say(&format!("study {}", study.name));
        say(&format!(
            "  model    {} {} ({}{}, scores are {})",
            model.name,
            model.version,
            model.format,
            match opened.model.engine() {
                Some(engine) => format!(" by {engine}"),
                None => String::new(),
            },
            scale(model.score)
        ));
        say(&format!("  tests    {}", tests(model.reproduced)));
        say(&format!(
            "  dataset  {} ({}, {} columns in the file, {} declared)",
            dataset.card.name,
            dataset.card.format,
            dataset.names.len(),
            dataset.card.columns.len()
        ));
        let inputs: Vec<String> = study
            .joins
            .iter()
            .map(|(input, column)| {
                let join = match input == column {
                    true => input.clone(),
                    false => format!("{input} from {column}"),
                };
                match study.conversions.iter().find(|c| c.input == *input) {
                    Some(conversion) => format!("{join} ({})", conversion.told()),
                    None => join,
                }
            })
            .collect();
        say(&format!("  inputs   {}", or_none(&inputs.join(", "))));
        let groups: Vec<String> = study.groups.iter().map(|g| g.join(" × ")).collect();
        say(&format!("  groups   {}", or_none(&groups.join(", "))));
        let thresholds: Vec<String> = study.thresholds.iter().map(f64::to_string).collect();
        say(&format!(
            "  decides  at {}",
            or_none(&thresholds.join(", "))
        ));
    }
    say("no problems found; no row was read");
    Ok(Outcome::AllMet)
}

fn tests(reproduced: Option<u64>) -> String {
    match reproduced {
        Some(1) => "1 test vector of the model card reproduced".to_owned(),
        Some(n) => format!("{n} test vectors of the model card reproduced"),
        None => "the model card has no test vector".to_owned(),
    }
}

fn scale(scale: crate::record::ScoreScale) -> &'static str {
    use crate::record::ScoreScale as S;
    match scale {
        S::Probability => "probabilities",
        S::Logit => "log odds",
        S::Percent => "percentages",
        S::Points => "points",
    }
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

/// `keur init`.
pub fn init(asked: &InitAsked) -> Done {
    let written = match &asked.what {
        InitWhat::Model(asked) => cards::model(&asked.file, asked.out.as_deref(), asked.force),
        InitWhat::Dataset(asked) => cards::dataset(&asked.file, asked.force),
    };
    let written = written.map_err(|e| vec![e])?;
    for path in &written.paths {
        say(&path.to_string_lossy());
    }
    writeln!(
        std::io::stderr(),
        "{} to fill in, marked `{}` in the card",
        counted(written.open, "place", "places"),
        cards::OPEN
    )
    .ok();
    Ok(Outcome::AllMet)
}

/// `keur report`.
pub fn report(asked: &ReportAsked) -> Done {
    let formats = formats(&asked.formats)?;
    let record = report::read_record(&asked.record).map_err(|e| vec![e])?;
    let out = match &asked.out {
        Some(out) => out.clone(),
        None => asked
            .record
            .parent()
            .map(Path::to_owned)
            .unwrap_or_default(),
    };
    write(&record, &out, &formats)?;
    Ok(Outcome::AllMet)
}

/// `keur completions`.
pub fn completions(asked: &CompletionsAsked) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut Arguments::command(), "keur", &mut script);
    std::io::stdout().write_all(&script).ok();
    Ok(Outcome::AllMet)
}

fn formats(asked: &[String]) -> Result<Vec<&'static Format>, Vec<Error>> {
    let known: Vec<&str> = report::all().iter().map(|f| f.id).collect();
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for id in asked {
        match report::find(id) {
            Some(format) => found.push(format),
            None => problems.push(
                Error::new(format!("unknown report format `{}`", shown(id)))
                    .at("--formats")
                    .suggest(id, known.iter().copied())
                    .help(format!("known formats: {}", known.join(", "))),
            ),
        }
    }
    match (asked.is_empty(), problems.is_empty()) {
        (true, _) => Ok(report::all().iter().collect()),
        (false, true) => Ok(found),
        (false, false) => Err(problems),
    }
}

fn default_out(study: &Path) -> PathBuf {
    Path::new("reports").join(study.file_stem().unwrap_or_default())
}

fn write(record: &Record, out: &Path, formats: &[&'static Format]) -> Result<(), Vec<Error>> {
    for path in report::write(record, out, formats).map_err(|e| vec![e])? {
        say(&path.to_string_lossy());
    }
    Ok(())
}

/// Ctrl-C removes what is half written and ends the process with 130, as shells expect.
fn leave_cleanly_on_interrupt(out: &Path) -> Result<(), Vec<Error>> {
    let out = out.to_owned();
    ctrlc::set_handler(move || {
        report::clean_up(&out);
        writeln!(std::io::stderr(), "stopped; nothing was written").ok();
        std::process::exit(130);
    })
    .map_err(|e| vec![Error::new(format!("cannot listen for Ctrl-C: {e}"))])
}

fn summary(record: &Record) {
    let mut out = std::io::stderr();
    for evidence in &record.evidence {
        let count = |verdict| {
            evidence
                .findings
                .iter()
                .filter(|f| f.verdict == verdict)
                .count()
        };
        writeln!(
            out,
            "{}: {} met, {} not met, {} not assessable{}",
            evidence.study,
            count(Verdict::Met),
            count(Verdict::NotMet),
            count(Verdict::NotAssessable),
            match &evidence.failure {
                Some(failure) => format!("; failed: {}", failure.what),
                None => String::new(),
            }
        )
        .ok();
    }
}
