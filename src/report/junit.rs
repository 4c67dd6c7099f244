//! `junit.xml`: conditions as tests, for whoever watches over a pipeline.

use crate::error::Result;
use crate::record::{Check, Evidence, Finding, Level, Record, Verdict};
use crate::report::escape;
use crate::report::explained;
use crate::report::finite;
use crate::report::format::Format;
use crate::report::words;
use std::fmt::Write;

/// Conditions as JUnit test cases.
pub const FORMAT: Format = Format {
    id: "junit",
    file: "junit.xml",
    what: "conditions as test cases, for continuous integration",
    render,
};

/// What a finding is to a test runner.
enum Case {
    Passed,
    Failure(String),
    Error(String),
    Skipped(String),
}

/// One suite for each study, one case for each condition, in the order of the record. No times: equal runs, equal bytes.
///
/// | finding | case |
/// | --- | --- |
/// | met | passed |
/// | not met (must, blocker) | failure |
/// | not assessable (must, blocker) | error |
/// | not met or not assessable (should) | skipped, as advice |
/// | waived, or does not apply | skipped, with the reason |
/// | a study that broke | one more case `study` with an error |
///
/// Tests of an explanation are no conditions: they stand as properties, and fail no pipeline by themselves.
fn render(record: &Record) -> Result<Vec<u8>> {
    finite::check(record)?;
    let mut suites = String::new();
    let mut total = Counts::default();
    for evidence in &record.evidence {
        total.add(&suite(&mut suites, evidence));
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    push(
        &mut out,
        format_args!(
            "<testsuites name=\"{}\" {}>\n",
            escape::xml(&record.title),
            total.attributes()
        ),
    );
    out.push_str(&suites);
    out.push_str("</testsuites>\n");
    Ok(out.into_bytes())
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }

    fn count(&mut self, case: &Case) {
        self.tests += 1;
        match case {
            Case::Passed => {}
            Case::Failure(_) => self.failures += 1,
            Case::Error(_) => self.errors += 1,
            Case::Skipped(_) => self.skipped += 1,
        }
    }

    fn attributes(&self) -> String {
        format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
            self.tests, self.failures, self.errors, self.skipped
        )
    }
}

fn suite(out: &mut String, evidence: &Evidence) -> Counts {
    let mut counts = Counts::default();
    let mut cases = String::new();
    if let Some(failure) = &evidence.failure {
        let mut body = failure.what.clone();
        for (name, text) in [("where", &failure.at), ("what to do", &failure.help)] {
            if let Some(text) = text {
                push(&mut body, format_args!("\n{name}: {text}"));
            }
        }
        let case = Case::Error(failure.what.clone());
        counts.count(&case);
        write_case(&mut cases, &evidence.study, "study", &case, &body);
    }
    for finding in &evidence.findings {
        let case = case(finding);
        counts.count(&case);
        let (class, name) = finding
            .condition
            .rsplit_once('/')
            .unwrap_or((&evidence.study, &finding.condition));
        write_case(&mut cases, class, name, &case, &body(finding));
    }
    push(
        out,
        format_args!(
            "  <testsuite name=\"{}\" {}>\n",
            escape::xml(&evidence.study),
            counts.attributes()
        ),
    );
    push(
        out,
        format_args!(
            "    <properties>\n      <property name=\"model\" value=\"{}\"/>\n      <property name=\"dataset\" value=\"{}\"/>\n      <property name=\"synthetic\" value=\"{}\"/>\n{}    </properties>\n",
            escape::xml(&evidence.model.id),
            escape::xml(&evidence.dataset.id),
            evidence.dataset.synthetic,
            explanation(evidence)
        ),
    );
    out.push_str(&cases);
    out.push_str("  </testsuite>\n");
    counts
}

/// Tests of explanations and of attributes, a property for each.
fn explanation(evidence: &Evidence) -> String {
    let checks = evidence.attributions.iter().flat_map(|a| {
        let name = |check: &Check| format!("explanation {} {}", a.explainer, check.check);
        a.checks
            .iter()
            .map(move |c| (name(c), c.verdict, &c.because))
    });
    let leans = evidence
        .leans
        .iter()
        .map(|l| (format!("lean {}", l.attribute), l.verdict, &l.because));
    let mut out = String::new();
    for (name, verdict, because) in checks.chain(leans) {
        push(
            &mut out,
            format_args!(
                "      <property name=\"{}\" value=\"{}\"/>\n",
                escape::xml(&name),
                escape::xml(&format!("{}: {because}", explained::verdict(verdict).1))
            ),
        );
    }
    out
}

fn case(f: &Finding) -> Case {
    let verdict = words::verdict(f.verdict);
    match (f.verdict, &f.waived) {
        (Verdict::Met, _) => Case::Passed,
        (Verdict::NotApplicable, _) => Case::Skipped(format!("does not apply: {}", f.because)),
        (_, Some(w)) => Case::Skipped(format!(
            "waived although it {}: {} (by {}, until {})",
            plainly(f.verdict),
            w.reason,
            w.by,
            w.until
        )),
        _ if f.level == Level::Should => Case::Skipped(format!("advice: {verdict}: {}", f.because)),
        (Verdict::NotMet, None) => Case::Failure(f.because.clone()),
        (Verdict::NotAssessable, None) => Case::Error(f.because.clone()),
    }
}

fn plainly(verdict: Verdict) -> &'static str {
    if verdict == Verdict::NotMet {
        "is not met"
    } else {
        words::verdict(verdict)
    }
}

fn body(f: &Finding) -> String {
    let mut text = format!(
        "{}\n{}: {}\nbecause: {}",
        f.title,
        words::level(f.level),
        words::verdict(f.verdict),
        f.because
    );
    push(
        &mut text,
        format_args!("\nwhat to do: {}\nsource: {}", f.help, f.source.name),
    );
    if let Some(item) = &f.source.item {
        push(&mut text, format_args!(", {item}"));
    }
    text
}

fn write_case(out: &mut String, class: &str, name: &str, case: &Case, body: &str) {
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\"",
        escape::xml(class),
        escape::xml(name)
    );
    let inner = |element: &str, kind: &str, message: &str| {
        format!(
            "      <{element}{kind} message=\"{}\">{}</{element}>\n",
            escape::xml(message),
            escape::xml(body)
        )
    };
    let text = match case {
        Case::Passed => {
            push(out, format_args!("{head}/>\n"));
            return;
        }
        Case::Failure(message) => inner("failure", " type=\"not-met\"", message),
        Case::Error(message) if name == "study" => {
            inner("error", " type=\"study-failed\"", message)
        }
        Case::Error(message) => inner("error", " type=\"not-assessable\"", message),
        Case::Skipped(message) => {
            format!("      <skipped message=\"{}\"/>\n", escape::xml(message))
        }
    };
    push(out, format_args!("{head}>\n{text}    </testcase>\n"));
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = out.write_fmt(text);
}
