//! The whole trip on one screen.

use keur::cli::{self, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::keep_panics_quiet();
    let arguments = cli::arguments();
    let outcome = match arguments.command {
        Command::Run(asked) => cli::run(&asked),
        Command::Plan(asked) => cli::plan(&asked),
        Command::Init(asked) => cli::init(&asked),
        Command::Report(asked) => cli::report(&asked),
        Command::List(asked) => cli::list(&asked),
        Command::Explain(asked) => cli::explain(&asked),
        Command::Completions(asked) => cli::completions(&asked),
    };
    match outcome {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(problems) => cli::tell(&problems),
    }
}
