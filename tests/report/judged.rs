//! Findings of the made-up record.

use keur::record::*;

fn finding(
    condition: &str,
    title: &str,
    level: Level,
    verdict: Verdict,
    because: &str,
    help: &str,
) -> Finding {
    Finding {
        condition: condition.into(),
        title: title.into(),
        level,
        answered_by: AnsweredBy::Measured,
        verdict,
        because: because.into(),
        why: "A board cannot weigh what it has not been shown.".into(),
        help: help.into(),
        source: SourceCard {
            name: "House protocol".into(),
            item: Some("chapter 4".into()),
            link: Some("https://example.org/protocol?part=4&page=2".into()),
            verified: condition.len().is_multiple_of(2),
        },
        waived: None,
    }
}

/// Every verdict and every level at least once.
pub fn findings() -> Vec<Finding> {
    use Level::{Blocker, Must, Should};
    use Verdict::{Met, NotApplicable, NotAssessable, NotMet};
    let mut waived = finding(
        "key-holder-declared",
        "Somebody holds the key of the pseudonyms",
        Must,
        NotMet,
        "`pseudonymisation.key_holder` is not declared",
        "name the key holder in the dataset card",
    );
    waived.answered_by = AnsweredBy::Declared;
    waived.waived = Some(Waived {
        reason: "the key holder changes in February; the deed is being signed".into(),
        by: "Dr J. de Vries, data protection".into(),
        until: "2026-03-01".into(),
    });
    vec![
        finding(
            "enough-events",
            "There are at least 100 events and 100 others",
            Blocker,
            Met,
            "1,768 events and 19,536 others",
            "validate on more data",
        ),
        finding(
            "identifiers-absent",
            "No direct identifier is in the data",
            Blocker,
            Met,
            "no column looks like a direct identifier",
            "remove the column",
        ),
        finding(
            "events-expected",
            "As many events happen as the model expects",
            Must,
            NotMet,
            "O:E is 1.12 (1.06 to 1.18), asked is 0.80 to 1.05",
            "update the intercept on local data and validate again",
        ),
        finding(
            "equal-sensitivity-across-sex",
            "Women and men with the event are found equally often",
            Must,
            NotMet,
            "sensitivity is 3.1 points lower for female than for male (−5.9 to −0.4), asked is at most 0 points in either direction",
            "look at calibration by sex first; a shifted threshold often explains the gap",
        ),
        finding(
            "calibration-slope-near-one",
            "Risks are neither too extreme nor too timid",
            Must,
            NotAssessable,
            "slope is 0.86 (0.80 to 0.92), asked is 0.85 to 1.15: the data cannot tell",
            "collect more events, or recalibrate the slope",
        ),
        finding(
            "centres-alike",
            "Discrimination holds in every centre",
            Must,
            NotAssessable,
            "AUROC of Day clinic does not exist: no row had the event",
            "leave the centre out, with a reason, or wait for events",
        ),
        finding(
            "discriminates",
            "The model ranks better than chance",
            Must,
            Met,
            "AUROC is 0.804 (0.793 to 0.815), asked is above 0.70",
            "do not use it",
        ),
        finding(
            "net-benefit-positive",
            "Acting on the model beats acting on nobody or everybody",
            Must,
            Met,
            "net benefit at 20 % is 0.0156 (0.0137 to 0.0175), asked is above 0",
            "choose another threshold",
        ),
        finding(
            "threshold-declared",
            "The threshold has an origin",
            Must,
            Met,
            "`threshold.from` is declared",
            "say where it comes from",
        ),
        waived,
        finding(
            "development-declared",
            "What the model was developed on is known",
            Should,
            Met,
            "population, period, rows and events are declared",
            "ask the maker",
        ),
        finding(
            "owner-declared",
            "Somebody answers for the model",
            Should,
            NotMet,
            "`owner` is not declared",
            "name the owner in the model card",
        ),
        finding(
            "horizon-stated",
            "The horizon is stated",
            Must,
            NotApplicable,
            "the task is binary",
            "state it",
        ),
    ]
}

/// What a study that broke leaves.
pub fn unanswered() -> Vec<Finding> {
    findings()
        .into_iter()
        .filter(|f| f.waived.is_none() && f.verdict != Verdict::NotApplicable)
        .map(|f| Finding {
            verdict: Verdict::NotAssessable,
            because: "the study did not finish".into(),
            ..f
        })
        .collect()
}
