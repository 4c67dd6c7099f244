//! What explainers, scales, tests and mean patients are called, and how their numbers are shown.

use crate::record::{Interval, LeanKind, Passed, Scale, Undefined, Value};
use crate::report::document::{Inline, Tone};
use crate::report::words;

/// The sentence that stands wherever an explanation stands.
pub const CAUTION: &str = "This describes the model, not the disease and not a cause.";

/// An explainer's name for readers; one that the pages do not know is shown under its own id.
pub fn explainer(id: &str) -> &str {
    match id {
        "tree-shap" => "TreeSHAP",
        "linear" => "the model's own equation",
        "integrated-gradients" => "integrated gradients",
        "kernel-shap" => "KernelSHAP",
        "permutation" => "permutation",
        other => other,
    }
}

/// What an explainer does, in plain words; empty for one that the pages do not know.
pub fn explainer_does(id: &str) -> &'static str {
    match id {
        "tree-shap" => {
            "divides each patient's score over the inputs, exactly, by trying every input known and unknown in every order"
        }
        "linear" => {
            "each input's weight times how far the patient lies from the average: exact, because the model is a sum"
        }
        "integrated-gradients" => {
            "adds up how steeply the score answers to each input on the way from a baseline patient to the patient"
        }
        "kernel-shap" => {
            "divides each patient's score over the inputs, by trying many sets of them known and unknown"
        }
        "permutation" => "how much worse the model does when an input comes from another patient",
        _ => "",
    }
}

/// What contributions on this scale are parts of, for the name of an axis.
pub fn scale(scale: Scale) -> &'static str {
    match scale {
        Scale::Logit => "log odds of the risk",
        Scale::Risk => "risk, in percentage points",
        Scale::Points => "points of the score",
        Scale::LogHazard => "log of the cumulative hazard",
        Scale::Brier => "rise of the Brier score",
        Scale::AurocDrop => "fall of the AUROC",
    }
}

/// The scale explained in one sentence.
pub fn scale_means(scale: Scale) -> &'static str {
    match scale {
        Scale::Logit => {
            "Contributions are parts of the log odds of the risk: +0.69 doubles the odds, −0.69 halves them."
        }
        Scale::Risk => "Contributions are parts of the risk, in percentage points.",
        Scale::Points => "Contributions are points of the score.",
        Scale::LogHazard => {
            "Contributions are parts of the log of the cumulative hazard: +0.69 doubles the hazard, −0.69 halves it."
        }
        Scale::Brier => {
            "The loss is how much the Brier score rises when the input comes from another patient."
        }
        Scale::AurocDrop => {
            "The loss is how much the AUROC falls when the input comes from another patient."
        }
    }
}

/// `contributions`, or `losses` for permutation.
pub fn parts_of(scale: Scale) -> &'static str {
    match scale {
        Scale::Logit | Scale::Risk | Scale::Points | Scale::LogHazard => "contributions",
        Scale::Brier | Scale::AurocDrop => "losses",
    }
}

/// A test's name and what it asks; one that the pages do not know has its id and no question.
pub fn check(id: &str) -> (&str, &'static str) {
    match id {
        "completeness" => (
            "completeness",
            "Do the contributions add up to the score, from where they start?",
        ),
        "faithfulness" => (
            "faithfulness",
            "Does the score move more when inputs said to matter are taken away than when others are?",
        ),
        "randomisation" => (
            "randomisation",
            "Does the explanation change when what the model has learned is scrambled?",
        ),
        "noise-stability" => (
            "stability under noise",
            "Does it stay the same when inputs change by no more than measuring them twice would?",
        ),
        "rank-stability" => (
            "stability of the ranking",
            "Would other patients from the same hospitals give the same first inputs?",
        ),
        "agreement" => (
            "agreement of two methods",
            "Does a second method rank the inputs alike?",
        ),
        other => (other, ""),
    }
}

/// Every test that the pages know, in the order in which they ask.
pub const CHECKS: [&str; 6] = [
    "completeness",
    "faithfulness",
    "randomisation",
    "noise-stability",
    "rank-stability",
    "agreement",
];

/// Words around explanations, for the glossary.
pub const TERMS: &[(&str, &str)] = &[
    (
        "contribution",
        "The part of a patient's score that an explanation puts down to one input; all parts together, from where they start, make the score. It says how the model reckons, not what makes people ill.",
    ),
    (
        "permutation",
        "Giving every patient another patient's value of one input, and seeing how much worse the model does. An input that says the same as another loses little, although the model may use it.",
    ),
    (
        "accumulated local effects",
        "How the score moves in small steps along one input, among people who are like that, with everything else as it is.",
    ),
    (
        "interaction",
        "What two inputs do together that neither does alone.",
    ),
    (
        "shortcut",
        "A thing about the record or the hospital, not the person, that gives the event away, such as the centre or the date. A model that leans on it works only where it was made.",
    ),
    (
        "proxy",
        "An input that tells something else: a model without sex may know it from height.",
    ),
];

/// Every mean patient that the pages know.
pub const ARCHETYPES: [&str; 4] = [
    "events-flagged",
    "events-missed",
    "non-events-flagged",
    "non-events-not-flagged",
];

/// Who a mean patient stands for, by what happened and what the model did.
pub fn archetype(id: &str) -> &str {
    match id {
        "events-flagged" => "had the event, and the model alerted",
        "events-missed" => "had the event, and the model did not alert",
        "non-events-flagged" => "did not have the event, and the model alerted",
        "non-events-not-flagged" => "did not have the event, and the model did not alert",
        other => other,
    }
}

/// What a strength of a pair is called.
pub fn pair_measure(id: &str) -> &str {
    match id {
        "shapley-interaction" => "mean |interaction|",
        "friedman-h" => "share of the joint effect (Friedman's H)",
        other => other,
    }
}

/// A measure of what changes without an attribute.
pub fn without(id: &str) -> &str {
    match id {
        "auroc" => "AUROC",
        "calibration-in-the-large" => "mean risk minus share of events",
        other => other,
    }
}

/// Why an attribute is asked.
pub fn kind(kind: LeanKind) -> &'static str {
    match kind {
        LeanKind::Shortcut => "shortcut",
        LeanKind::Sensitive => "sensitive attribute",
    }
}

/// Sign and word of a test.
pub fn verdict(passed: Passed) -> (Tone, &'static str) {
    match passed {
        Passed::Passed => (Tone::Met, "passed"),
        Passed::Failed => (Tone::NotMet, "failed"),
        Passed::NotAssessable => (Tone::Unknown, "not assessable"),
    }
}

/// The same as a piece of a line.
pub fn chip(passed: Passed) -> Inline {
    let (tone, word) = verdict(passed);
    Inline::Chip(tone, word.to_owned())
}

/// `0.41`, `3.2 points`, `0.0123`: a size on its scale.
pub fn amount(scale: Scale, x: f64) -> String {
    shown(scale, x, decimals(scale, x), words::fixed)
}

/// The same with an explicit sign.
pub fn signed(scale: Scale, x: f64) -> String {
    shown(scale, x, decimals(scale, x), words::signed)
}

/// `0.41 (0.38 to 0.44)`, `<10 (hidden)`, or why there is no number.
pub fn value(scale: Scale, value: &Value) -> String {
    told(scale, value, words::fixed)
}

/// The same with explicit signs.
pub fn signed_value(scale: Scale, value: &Value) -> String {
    told(scale, value, words::signed)
}

/// `+0.09`, `−2.61`, `+3.2`: with sign, without unit, short enough for a picture.
pub fn brief(scale: Scale, x: f64) -> String {
    let decimals = match scale {
        Scale::Logit | Scale::Points if x.abs() >= 0.005 || x == 0.0 => 2,
        _ => decimals(scale, x),
    };
    words::signed(x * factor(scale), decimals)
}

/// A number of a test, whatever its size: `0.83`, `1.2 × 10⁻⁷`, `0`.
pub fn plain(x: f64) -> String {
    let size = x.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if (0.001..1000.0).contains(&size) {
        return words::fixed(x, if size < 0.1 { 3 } else { 2 });
    }
    let power = size.log10().floor() as i32;
    let front = words::fixed(x / 10f64.powi(power), 1);
    let raised: String = power
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            c => char::from_u32(0x2070 + c.to_digit(10).unwrap_or(0)).unwrap_or(c),
        })
        .collect();
    format!("{front} × 10{raised}")
}

/// A place along an input: as `plain`, without zeros at its end.
pub fn place(x: f64) -> String {
    let text = plain(x);
    if text.contains('.') && !text.contains('×') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

/// Why a number is not there, short enough for a cell: `hidden`, `<10 (hidden)`, `no events`.
pub fn absent(value: &Value) -> String {
    match value {
        Value::Masked { masked } => words::hidden(masked),
        Value::Undefined { undefined } => briefly(*undefined).to_owned(),
        Value::Known { .. } => String::new(),
    }
}

fn briefly(undefined: Undefined) -> &'static str {
    words::briefly(undefined)
}

type Show = fn(f64, usize) -> String;

fn told(scale: Scale, value: &Value, show: Show) -> String {
    let Value::Known {
        point, interval, ..
    } = value
    else {
        return absent(value);
    };
    let d = decimals(scale, *point);
    let text = shown(scale, *point, d, show);
    match interval {
        Some(i) => format!("{text} ({})", bare(scale, d, i, show)),
        None => text,
    }
}

fn bare(scale: Scale, decimals: usize, i: &Interval, show: Show) -> String {
    let times = factor(scale);
    format!(
        "{} to {}",
        show(i.low * times, decimals),
        show(i.high * times, decimals)
    )
}

fn shown(scale: Scale, x: f64, decimals: usize, show: Show) -> String {
    let unit = if scale == Scale::Risk {
        "\u{a0}points"
    } else {
        ""
    };
    format!("{}{unit}", show(x * factor(scale), decimals))
}

fn factor(scale: Scale) -> f64 {
    if scale == Scale::Risk { 100.0 } else { 1.0 }
}

/// Enough decimals that a small number does not look like none.
fn decimals(scale: Scale, x: f64) -> usize {
    let size = (x * factor(scale)).abs();
    match scale {
        Scale::Brier => 4,
        Scale::AurocDrop => 3,
        Scale::Risk => 1 + usize::from(size < 0.095),
        Scale::Logit | Scale::Points | Scale::LogHazard if size >= 0.995 => 2,
        Scale::Logit | Scale::Points | Scale::LogHazard => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_pages_do_not_know_keeps_its_id() {
        assert_eq!(explainer("new-thing"), "new-thing");
        assert_eq!(check("new-test"), ("new-test", ""));
        assert_eq!(archetype("new"), "new");
        assert!(CHECKS.iter().all(|id| !check(id).1.is_empty()));
    }

    #[test]
    fn numbers_are_told_on_their_scale() {
        assert_eq!(amount(Scale::Logit, 0.4131), "0.413");
        assert_eq!(amount(Scale::Logit, -2.6131), "−2.61");
        assert_eq!(brief(Scale::Logit, 0.0932), "+0.09");
        assert_eq!(amount(Scale::Logit, 0.0131), "0.013");
        assert_eq!(signed(Scale::Risk, -0.0312), "−3.1\u{a0}points");
        assert_eq!(amount(Scale::Brier, 0.01234), "0.0123");
        let hidden = Value::Masked {
            masked: "<10".into(),
        };
        assert_eq!(value(Scale::Logit, &hidden), "<10 (hidden)");
    }

    #[test]
    fn numbers_of_tests_are_told_at_every_size() {
        assert_eq!(plain(0.0), "0");
        assert_eq!(plain(0.834), "0.83");
        assert_eq!(plain(1.2e-7), "1.2 × 10⁻⁷");
        assert_eq!(plain(-0.02), "−0.020");
        assert_eq!((place(97.0), place(0.4)), ("97".into(), "0.4".into()));
        assert_eq!(plain(52_000.0), "5.2 × 10⁴");
    }
}
