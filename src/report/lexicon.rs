//! What every measure is called, how it is shown, which way is better, and what it means in plain words.

use crate::report::words::Kind;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Better {
    /// The higher the better.
    Higher,
    /// The lower the better.
    Lower,
    /// The nearer to this number the better.
    Near(f64),
    /// Neither way by itself.
    Neither,
}

/// How a page speaks of one measure.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Id of the measure.
    pub id: &'static str,
    /// Name for readers.
    pub name: &'static str,
    /// Name for the head of a narrow column.
    pub short: &'static str,
    /// How its numbers are shown.
    pub kind: Kind,
    /// Which way is better.
    pub better: Better,
    /// What it is, in plain words.
    pub meaning: &'static str,
}

const fn entry(
    id: &'static str,
    name: &'static str,
    short: &'static str,
    kind: Kind,
    better: Better,
    meaning: &'static str,
) -> Entry {
    Entry {
        id,
        name,
        short,
        kind,
        better,
        meaning,
    }
}

const ENTRIES: &[Entry] = &[
    entry(
        "auroc",
        "AUROC",
        "AUROC",
        Kind::Index,
        Better::Higher,
        "How well the model ranks: the chance that someone with the event got a higher risk than someone without. 0.5 is a coin, 1 is perfect. It says nothing about whether the risks are right.",
    ),
    entry(
        "average-precision",
        "Average precision",
        "AP",
        Kind::Index,
        Better::Higher,
        "The share of true alerts, averaged over all thresholds. A model that knows nothing scores the share of people with the event, so it cannot be compared between populations.",
    ),
    entry(
        "brier",
        "Brier score",
        "Brier",
        Kind::Index,
        Better::Lower,
        "The mean squared distance between the risk given and what happened (0 or 1). 0 is perfect; it depends on how common the event is.",
    ),
    entry(
        "scaled-brier",
        "Scaled Brier score",
        "Scaled Brier",
        Kind::Index,
        Better::Higher,
        "How much better than giving everyone the average risk: 0 is no better, 1 is perfect, below 0 is worse.",
    ),
    entry(
        "log-loss",
        "Log-loss",
        "Log-loss",
        Kind::Index,
        Better::Lower,
        "Punishes confident mistakes; 0 is perfect, and a single certain mistake makes it infinite.",
    ),
    entry(
        "oe-ratio",
        "O:E ratio",
        "O:E",
        Kind::Ratio,
        Better::Near(1.0),
        "Events that happened for each event the model expected. Above 1 the model gives risks that are too low on average, below 1 too high.",
    ),
    entry(
        "calibration-intercept",
        "Calibration intercept",
        "Intercept",
        Kind::Signed,
        Better::Near(0.0),
        "Whether risks are right on average, on the log-odds scale: 0 is right, above 0 means risks are too low, below 0 too high.",
    ),
    entry(
        "calibration-slope",
        "Calibration slope",
        "Slope",
        Kind::Ratio,
        Better::Near(1.0),
        "Whether risks are spread rightly: below 1 high risks are too high and low risks too low (too extreme), above 1 the opposite (too timid).",
    ),
    entry(
        "ici",
        "Integrated calibration index (ICI)",
        "ICI",
        Kind::Index,
        Better::Lower,
        "How far the risk given lies from the share that had the event, on average over patients. A perfect model does not reach 0 in a small sample, so groups of different sizes cannot be compared by it.",
    ),
    entry(
        "e50",
        "Median calibration error (E50)",
        "E50",
        Kind::Index,
        Better::Lower,
        "Half of the patients got a risk that is closer than this to the share that had the event.",
    ),
    entry(
        "e90",
        "90th centile of calibration error (E90)",
        "E90",
        Kind::Index,
        Better::Lower,
        "Nine in ten patients got a risk that is closer than this to the share that had the event.",
    ),
    entry(
        "sensitivity",
        "Sensitivity",
        "Sensitivity",
        Kind::Share,
        Better::Higher,
        "Of people with the event, the share that the model alerts for. The rest is missed.",
    ),
    entry(
        "specificity",
        "Specificity",
        "Specificity",
        Kind::Share,
        Better::Higher,
        "Of people without the event, the share that the model rightly leaves alone.",
    ),
    entry(
        "ppv",
        "Positive predictive value (PPV)",
        "PPV",
        Kind::Share,
        Better::Higher,
        "Of the alerts, the share that is right. It falls when the event is rarer.",
    ),
    entry(
        "npv",
        "Negative predictive value (NPV)",
        "NPV",
        Kind::Share,
        Better::Higher,
        "Of people without an alert, the share that indeed does not have the event.",
    ),
    entry(
        "alert-rate",
        "Alert rate",
        "Alerts",
        Kind::Share,
        Better::Neither,
        "The share of people for whom the model alerts: the work it makes.",
    ),
    entry(
        "net-benefit",
        "Net benefit",
        "Net benefit",
        Kind::Small,
        Better::Higher,
        "Right alerts minus wrong alerts per person, a wrong one weighing as much as the threshold says. Alerting nobody is worth 0; a model is useful where it beats both alerting nobody and alerting everyone.",
    ),
    entry(
        "net-benefit-over-treat-all",
        "Net benefit over alerting everyone",
        "NB over all",
        Kind::Small,
        Better::Higher,
        "How much more net benefit the model has than alerting everyone. Below 0 one had better alert everyone.",
    ),
    entry(
        "standardised-net-benefit",
        "Standardised net benefit",
        "Std. net benefit",
        Kind::Index,
        Better::Higher,
        "Net benefit as a share of the most that a perfect model could reach.",
    ),
    entry(
        "harrell-c",
        "Harrell's C",
        "Harrell's C",
        Kind::Index,
        Better::Higher,
        "How well the model ranks times to the event; depends on how long people were followed.",
    ),
    entry(
        "uno-c",
        "Uno's C",
        "Uno's C",
        Kind::Index,
        Better::Higher,
        "How well the model ranks times to the event up to the horizon, corrected for people who left early.",
    ),
    entry(
        "auc-t",
        "AUC at the horizon",
        "AUC(t)",
        Kind::Index,
        Better::Higher,
        "The chance that someone with the event before the horizon got a higher risk than someone without it by then.",
    ),
    entry(
        "brier-t",
        "Brier score at the horizon",
        "Brier(t)",
        Kind::Index,
        Better::Lower,
        "The Brier score for the event before the horizon, corrected for people who left early.",
    ),
    entry(
        "ipa-t",
        "Scaled Brier score at the horizon (IPA)",
        "IPA(t)",
        Kind::Index,
        Better::Higher,
        "How much better than giving everyone the average risk at the horizon: 0 is no better, 1 is perfect.",
    ),
];

/// The entry of a measure; one that the pages do not know yet is shown under its own id.
pub fn find(id: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.id == id)
}

/// Name for readers.
pub fn name(id: &str) -> String {
    find(id).map_or_else(|| id.to_owned(), |entry| entry.name.to_owned())
}

/// Name for the head of a narrow column.
pub fn short(id: &str) -> String {
    find(id).map_or_else(|| id.to_owned(), |entry| entry.short.to_owned())
}

/// How its numbers are shown.
pub fn kind(id: &str) -> Kind {
    find(id).map_or(Kind::Index, |entry| entry.kind)
}

/// Which way is better.
pub fn better(id: &str) -> Better {
    find(id).map_or(Better::Neither, |entry| entry.better)
}

/// True for measures that differ between groups as soon as the event is more common in one of them.
pub fn moves_with_events(id: &str) -> bool {
    matches!(
        id,
        "ppv"
            | "npv"
            | "alert-rate"
            | "net-benefit"
            | "standardised-net-benefit"
            | "average-precision"
            | "brier"
            | "log-loss"
    )
}

/// Words that are no measure, for the glossary.
pub const TERMS: &[(&str, &str)] = &[
    (
        "event",
        "The outcome happening, as the dataset card declares it.",
    ),
    (
        "risk",
        "What the model gives: a chance of the event between 0 and 100 %.",
    ),
    (
        "threshold",
        "The risk at or above which one acts; the first one asked for is the decision threshold. Choosing 20 % says that one missed event weighs as much as four needless alerts.",
    ),
    (
        "95 % interval",
        "The range of values that fit the data. A wide one means that the data say little; a narrow one does not make a study well designed.",
    ),
    (
        "gap",
        "A measure in one group minus (or divided by) the same measure in its reference group.",
    ),
    (
        "hidden",
        "A number about so few people that it could tell who they are, or one from which such a number could be worked out.",
    ),
    (
        "condition",
        "A demand of law, guideline or good method. One on a number is met when the whole interval lies inside what is asked, not met when the whole interval lies outside, and cannot be assessed otherwise: no evidence is never \u{201c}met\u{201d}.",
    ),
    (
        "blocker, must, should",
        "Without a blocker nothing else may be relied on; a must is asked for; a should is advice.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_once_and_ends_its_sentence() {
        for entry in ENTRIES {
            assert_eq!(
                ENTRIES.iter().filter(|e| e.id == entry.id).count(),
                1,
                "{}",
                entry.id
            );
            assert!(entry.meaning.ends_with('.'), "{}", entry.id);
        }
        assert_eq!(name("something-new"), "something-new");
    }
}
