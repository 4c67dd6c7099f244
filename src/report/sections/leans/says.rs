//! The first two minutes: what it leans on, whether that is plausible, the same for all, free of shortcuts, and reliable.

use super::direction::{item, plausible};
use crate::record::{Attribution, Lean, LeanKind, Passed, Value};
use crate::report::document::{Block, Line, Manner, Tone, line, strong, text_of, ticked};
use crate::report::explained;
use crate::report::leaning::{Difference, Leaning, covers, ranked};
use crate::report::view::View;
use crate::report::words::{self as say, Kind};

/// Inputs that are counted together.
const FIRST: usize = 5;
/// Unknown groups that are named; the others are counted.
const TOLD: usize = 3;

/// The answer, one line for each question, and the caution.
pub fn says(view: &View<'_>, leaning: &Leaning<'_>) -> Vec<Block> {
    let questions = [
        plausible(view, leaning),
        agreement(view, leaning),
        differently(view, leaning),
        shortcuts(view),
        reliable(view),
    ];
    vec![
        Block::Paragraph(Manner::Answer, first(leaning)),
        Block::Paragraph(Manner::Plain, vec![strong(explained::CAUTION)]),
        Block::List(questions.into_iter().collect()),
    ]
}

/// `It leans most on age (31 % of all contributions, 95 % interval 28 to 34), then on …; the first five of 12 carry 82 %.`
fn first(leaning: &Leaning<'_>) -> Line {
    let parts = explained::parts_of(leaning.main.scale);
    let known: Vec<_> = leaning
        .inputs
        .iter()
        .filter(|i| i.share.known().is_some())
        .collect();
    let hidden = leaning.inputs.len() - known.len();
    let Some(top) = known.first() else {
        let why = leaning
            .inputs
            .first()
            .map_or("it names no input".into(), |i| explained::absent(&i.share));
        return vec![text_of(format!(
            "What it leans on cannot be said from this explanation: {why}."
        ))];
    };
    let mut words = vec![
        text_of("It leans most on "),
        strong(top.input.clone()),
        text_of(format!(
            " ({})",
            share(&top.share, &format!(" of all {parts}"))
        )),
    ];
    let next: Vec<_> = known.iter().skip(1).take(2).collect();
    for (i, input) in next.iter().enumerate() {
        words.push(text_of([", then on ", " and "][i.min(1)]));
        words.push(strong(input.input.clone()));
        words.push(text_of(format!(" ({})", share(&input.share, ""))));
    }
    let all = leaning.inputs.len();
    if all > FIRST && known.len() >= FIRST {
        let sum: f64 = known
            .iter()
            .take(FIRST)
            .filter_map(|i| i.share.known())
            .sum();
        words.push(text_of(format!(
            "; the first {FIRST} of {all} inputs carry {}",
            say::number(Kind::Share, sum)
        )));
    }
    words.push(text_of("."));
    if hidden > 0 {
        words.push(text_of(format!(
            " The share of {} is unknown.",
            say::many(hidden, "input", "inputs")
        )));
    }
    words
}

/// `31 % of all contributions, 95 % interval 28 to 34`.
fn share(value: &Value, of: &str) -> String {
    let Value::Known {
        point, interval, ..
    } = value
    else {
        return explained::absent(value);
    };
    let i = interval.as_ref();
    let number = say::point(Kind::Share, *point, i);
    let range = i.map_or_else(
        || ", no interval".to_owned(),
        |i| {
            format!(
                ", {} interval {}",
                say::threshold(i.level),
                say::interval(Kind::Share, *point, i)
            )
        },
    );
    format!("{number}{of}{range}")
}

/// Whether permutation names the same first inputs.
fn agreement(view: &View<'_>, leaning: &Leaning<'_>) -> Line {
    const ASKS: &str = "Does a second method say the same?";
    let verdict = checks(view)
        .find(|(_, check)| check.check == "agreement")
        .map(|(_, check)| check.verdict);
    let chip = match verdict {
        Some(Passed::Passed) => (Tone::Met, "agrees"),
        Some(Passed::Failed) => (Tone::NotMet, "disagrees"),
        Some(Passed::NotAssessable) => (Tone::Unknown, "cannot be told"),
        None => (Tone::Aside, "not tested"),
    };
    let second = leaning.permutations().first().copied();
    let Some(permutation) = second.filter(|p| p.explainer != leaning.main.explainer) else {
        let mut words = item(ASKS, Tone::Unknown, "not asked");
        words.push(text_of("No permutation stands beside it."));
        return words;
    };
    let mut words = item(ASKS, chip.0, chip.1);
    let known = |a: &Attribution| {
        a.inputs
            .iter()
            .filter(|i| i.importance.known().is_some())
            .count()
    };
    let first = FIRST.min(known(leaning.main)).min(known(permutation));
    if first == 0 {
        words.push(text_of("Its numbers are hidden."));
        return words;
    }
    let theirs = ranked(permutation);
    let missing: Vec<String> = leaning
        .inputs
        .iter()
        .take(first)
        .filter(|mine| !theirs.iter().take(first).any(|i| covers(i, mine)))
        .map(|mine| mine.input.clone())
        .collect();
    let both = match missing.len() {
        0 => format!("All of the first {first} inputs are"),
        n => format!("Of the first {first} inputs, {} are", first - n),
    };
    let mut text = format!(
        "{both} also among the first {first} when each input in turn comes from another patient"
    );
    if !missing.is_empty() {
        text.push_str(&format!("; missing there: {}", say::listed(&missing)));
    }
    if let Some(top) = theirs.first() {
        text.push_str(&format!(
            ". The largest loss there comes from {}: {} {}",
            top.input,
            explained::scale(permutation.scale),
            explained::value(permutation.scale, &top.importance)
        ));
    }
    words.push(text_of(format!("{text}.")));
    words
}

/// Groups whose intervals lie apart from their reference, and groups about which nothing can be said.
fn differently(view: &View<'_>, leaning: &Leaning<'_>) -> Line {
    const ASKS: &str = "Does it lean differently for women, centres or other groups?";
    let (found, made) = leaning.differences(view);
    let mut words = match (found.len(), made) {
        _ if leaning.members.is_empty() => {
            let mut words = item(ASKS, Tone::Unknown, "not asked");
            words.push(text_of("No group was explained by itself."));
            return words;
        }
        (_, 0) => item(ASKS, Tone::Unknown, "cannot be told"),
        (0, _) => item(ASKS, Tone::Aside, "no difference shown"),
        _ => item(ASKS, Tone::Unknown, "differs: look"),
    };
    if made > 0 {
        words.push(text_of(by_attribute(leaning, &found)));
    }
    if made > 0 {
        words.push(text_of(format!(
            "Of {}, {} have intervals that do not touch; those that touch prove no equality.",
            say::many(
                made,
                "share compared with its reference group",
                "shares compared with their reference group"
            ),
            found.len()
        )));
    } else {
        words.push(text_of("No two groups could be compared."));
    }
    let unknown = leaning.unknown();
    if !unknown.is_empty() {
        let names: Vec<String> = unknown
            .iter()
            .take(TOLD)
            .map(|m| format!("{} {}", m.by, m.level))
            .collect();
        let more = match unknown.len() - names.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        words.push(strong(format!(
            " Unknown for {}{more}.",
            if more.is_empty() {
                say::listed(&names)
            } else {
                names.join(", ")
            }
        )));
    }
    words
}

/// For each attribute its largest difference and how many more, then those that show none, then intersections as a count.
fn by_attribute(leaning: &Leaning<'_>, found: &[Difference<'_>]) -> String {
    let mut asked: Vec<&str> = Vec::new();
    for m in leaning.members.iter().filter(|m| m.is_known()) {
        if !asked.contains(&m.by.as_str()) {
            asked.push(&m.by);
        }
    }
    let mut told = String::new();
    let (mut none, mut crossed) = (Vec::new(), 0);
    for by in asked {
        let mut of_it = found.iter().filter(|d| d.who.by == by);
        if by.contains(" × ") {
            crossed += of_it.count();
            continue;
        }
        let Some(d) = of_it.next() else {
            none.push(by.to_owned());
            continue;
        };
        let more = match of_it.count() {
            0 => String::new(),
            n => format!(", and {n} more"),
        };
        told.push_str(&format!(
            "By {by}: {} carries {} for {}, against {} for {}{more}. ",
            d.input,
            say::value(Kind::Share, d.mine),
            d.who.level,
            say::value(Kind::Share, d.theirs),
            d.reference.level
        ));
    }
    if !none.is_empty() {
        told.push_str(&format!("No difference shown by {}. ", say::listed(&none)));
    }
    if crossed > 0 {
        told.push_str(&format!(
            "Where attributes cross: {} more in the picture. ",
            say::whole(crossed as u64)
        ));
    }
    told
}

/// Whether an attribute settles too much.
fn shortcuts(view: &View<'_>) -> Line {
    const ASKS: &str = "Does it lean on a shortcut, or on a proxy of who someone is?";
    let leans = &view.evidence.leans;
    let of =
        |verdict: Passed| -> Vec<&Lean> { leans.iter().filter(|l| l.verdict == verdict).collect() };
    let [failed, unknown, passed] = [Passed::Failed, Passed::NotAssessable, Passed::Passed].map(of);
    let asked = leans.iter().any(|lean| lean.kind == LeanKind::Shortcut);
    let (tone, short) = match (failed.len(), unknown.len(), passed.len()) {
        (0, 0, 0) => (Tone::Unknown, "not tested"),
        (0, 0, _) if !asked => (Tone::Unknown, "shortcuts not tested"),
        (0, 0, _) => (Tone::Met, "none found"),
        (0, _, _) => (Tone::Unknown, "cannot be told for all"),
        _ => (Tone::NotMet, "found"),
    };
    let mut words = item(ASKS, tone, short);
    if leans.is_empty() {
        words.push(text_of("No attribute was tested for it."));
    } else if !asked {
        words.push(text_of(
            "No shortcut was tested: the data name no centre or device, and nothing is missing often enough. ",
        ));
    }
    for lean in failed {
        words.push(strong(lean.attribute.clone()));
        words.push(text_of(format!(
            " ({}, {} of all contributions): ",
            explained::kind(lean.kind),
            say::value(Kind::Share, &lean.share)
        )));
        words.extend(ticked(&say::sentence(&lean.because)));
        words.push(text_of(" "));
    }
    for (verdict, leans) in [("Cannot be told for", unknown), ("Passed:", passed)] {
        let names: Vec<String> = leans.iter().map(|l| l.attribute.clone()).collect();
        if !names.is_empty() {
            words.push(text_of(format!("{verdict} {}. ", say::listed(&names))));
        }
    }
    words
}

/// Whether the explanation passed its own tests.
fn reliable(view: &View<'_>) -> Line {
    const ASKS: &str = "Is the explanation reliable?";
    let of = |verdict: Passed| -> Vec<String> {
        checks(view)
            .filter(|(_, check)| check.verdict == verdict)
            .map(|(a, check)| {
                let name = explained::check(&check.check).0;
                format!("{name} ({})", explained::explainer(&a.explainer))
            })
            .collect()
    };
    let [passed, failed, unknown] = [Passed::Passed, Passed::Failed, Passed::NotAssessable].map(of);
    let all = passed.len() + failed.len() + unknown.len();
    let (tone, short) = match (failed.len(), unknown.len()) {
        _ if all == 0 => (Tone::Unknown, "not tested"),
        (0, 0) => (Tone::Met, "all tests passed"),
        (0, _) => (Tone::Unknown, "not all could be tested"),
        _ => (Tone::NotMet, "a test failed"),
    };
    let mut words = item(ASKS, tone, short);
    if all == 0 {
        words.extend(line(
            "No test of it was made, so nothing says that it shows what the model does.",
        ));
        return words;
    }
    words.push(text_of(format!(
        "Of {} of it, {} passed",
        say::many(all, "test", "tests"),
        passed.len()
    )));
    if !failed.is_empty() {
        words.push(strong(format!("; failed: {}", say::listed(&failed))));
    }
    if !unknown.is_empty() {
        words.push(text_of(format!(
            "; not assessable: {}",
            say::listed(&unknown)
        )));
    }
    words.push(text_of("."));
    if !failed.is_empty() {
        words.push(strong(
            " Until that is settled, what stands below may not be what the model does.",
        ));
    }
    words
}

/// Every test of every explanation of everyone.
fn checks<'a>(
    view: &View<'a>,
) -> impl Iterator<Item = (&'a Attribution, &'a crate::record::Check)> {
    view.evidence
        .attributions
        .iter()
        .flat_map(|a| a.checks.iter().map(move |check| (a, check)))
}
