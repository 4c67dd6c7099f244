//! What a run tells while it runs: bars on a terminal, plain lines without one, or nothing. Everything goes to standard
//! error. The one door to `indicatif`.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

/// Who watches a run. Studies are numbered in the order of the plan.
pub trait Watch: Sync {
    /// A study starts.
    fn begin(&self, study: usize, name: &str);
    /// A study goes on to something of so many steps; `what` follows their count: `rows scored`.
    fn go_on(&self, study: usize, what: &str, steps: u64);
    /// So many more steps are done.
    fn step(&self, study: usize, steps: u64);
    /// A study ended.
    fn end(&self, study: usize, how: &str);
}

/// Watches nothing.
#[derive(Debug, Default)]
pub struct Quiet;

impl Watch for Quiet {
    fn begin(&self, _: usize, _: &str) {}
    fn go_on(&self, _: usize, _: &str, _: u64) {}
    fn step(&self, _: usize, _: u64) {}
    fn end(&self, _: usize, _: &str) {}
}

/// One plain line when a study starts and one when it ends.
#[derive(Debug, Default)]
pub struct Lines {
    names: Mutex<Vec<String>>,
}

impl Lines {
    fn name(&self, study: usize) -> String {
        match self.names.lock() {
            Ok(names) => names.get(study).cloned().unwrap_or_default(),
            Err(_) => String::new(),
        }
    }
}

/// Progress may be lost (a closed pipe) without harm to the run.
fn line(text: &str) {
    writeln!(std::io::stderr(), "{text}").ok();
}

impl Watch for Lines {
    fn begin(&self, study: usize, name: &str) {
        if let Ok(mut names) = self.names.lock() {
            if names.len() <= study {
                names.resize(study + 1, String::new());
            }
            name.clone_into(&mut names[study]);
        }
        line(&format!("{name}: started"));
    }
    fn go_on(&self, _: usize, _: &str, _: u64) {}
    fn step(&self, _: usize, _: u64) {}
    fn end(&self, study: usize, how: &str) {
        line(&format!("{}: {how}", self.name(study)));
    }
}

/// One bar for each study.
#[derive(Debug)]
pub struct Bars {
    bars: Vec<ProgressBar>,
}

impl Bars {
    /// Bars for so many studies.
    pub fn new(studies: usize) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let waiting = style("{prefix:.dim} {msg:.dim}");
        let bars = (0..studies)
            .map(|_| all.add(ProgressBar::new(1).with_style(waiting.clone())))
            .collect();
        Self { bars }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}

impl Watch for Bars {
    fn begin(&self, study: usize, name: &str) {
        if let Some(bar) = self.bars.get(study) {
            bar.set_style(style(
                "{spinner} {prefix:32!} {bar:30} {elapsed:>4}  {human_pos} of {human_len} {msg}",
            ));
            bar.set_prefix(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
        }
    }
    fn go_on(&self, study: usize, what: &str, steps: u64) {
        if let Some(bar) = self.bars.get(study) {
            bar.set_position(0);
            bar.set_length(steps);
            bar.set_message(what.to_owned());
        }
    }
    fn step(&self, study: usize, steps: u64) {
        if let Some(bar) = self.bars.get(study) {
            bar.inc(steps);
        }
    }
    fn end(&self, study: usize, how: &str) {
        if let Some(bar) = self.bars.get(study) {
            bar.set_style(style("  {prefix:32!} {bar:30} {elapsed:>4}  {msg}"));
            bar.set_position(bar.length().unwrap_or(1));
            bar.finish_with_message(how.to_owned());
        }
    }
}

/// Bars on a terminal, plain lines elsewhere (and when `NO_COLOR` or a dumb terminal asks for plainness).
pub fn for_this_terminal(studies: usize) -> Box<dyn Watch> {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
        || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
    if std::io::stderr().is_terminal() && !plain {
        Box::new(Bars::new(studies))
    } else {
        Box::new(Lines::default())
    }
}
