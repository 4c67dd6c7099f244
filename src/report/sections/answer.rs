//! Page one of a study: what was asked, and the straight answer.

use super::{figures, served};
use crate::record::{Evidence, Finding, Level, Verdict};
use crate::report::document::{
    Block, Card, Inline, Line, Manner, Section, Tone, line, strong, text_of, ticked,
};
use crate::report::frequency::Frequencies;
use crate::report::view::{Tally, View};
use crate::report::words::{self as say, Kind};

/// What model, on whom, for what; how the conditions came out; what it means for people; who is served worse.
pub fn answer(view: &View<'_>) -> Section {
    let e = view.evidence;
    let mut blocks = vec![Block::Facts(facts(view))];
    if let Some(failure) = &e.failure {
        let mut words = vec![strong("This study did not finish: ")];
        words.extend(ticked(&say::sentence(&failure.what)));
        if let Some(at) = &failure.at {
            words.push(strong(" Where: "));
            words.extend(ticked(&say::sentence(at)));
        }
        if let Some(help) = &failure.help {
            words.push(strong(" What to do: "));
            words.extend(ticked(&say::sentence(help)));
        }
        blocks.push(Block::Banner(Tone::NotMet, words));
    }
    blocks.extend(verdicts(view));
    if e.failure.is_none() {
        blocks.push(Block::Section(people(view)));
        blocks.push(Block::Section(served::served(view)));
    }
    Section::new(view.id("answer"), 3, "The answer", blocks).brief()
}

fn facts(view: &View<'_>) -> Vec<(String, Line)> {
    let e = view.evidence;
    let (m, d, p) = (&e.model, &e.dataset, &e.profile);
    let named = |text: &str, what: &str| {
        if text.trim().is_empty() {
            Inline::Absent(what.to_owned())
        } else {
            text_of(text)
        }
    };
    let mut model = vec![strong(m.name.clone()), text_of(format!(" {}", m.version))];
    model.extend([
        text_of(", which predicts: "),
        named(&m.predicts, "not declared"),
    ]);
    let mut on = vec![strong(d.name.clone())];
    if d.synthetic {
        on.extend([
            text_of(" "),
            Inline::Chip(Tone::Synthetic, "SYNTHETIC".into()),
        ]);
    }
    on.push(text_of(": "));
    on.push(
        d.population
            .as_deref()
            .map(|population| population.trim_end_matches('.'))
            .map_or(Inline::Absent("population not declared".into()), text_of),
    );
    on.push(text_of(", "));
    on.push(
        d.period
            .as_deref()
            .map_or(Inline::Absent("period not declared".into()), text_of),
    );
    if e.failure.is_none() {
        on.push(text_of(format!(
            "; {} rows of {} patients, ",
            say::count(&p.rows),
            say::count(&p.patients)
        )));
        on.push(text_of(format!("{} with the event", say::count(&p.events))));
        if let (Some(events), Some(rows)) = (p.events.known(), p.rows.known().filter(|n| *n > 0)) {
            on.push(text_of(format!(
                " ({})",
                say::number(Kind::Share, events as f64 / rows as f64)
            )));
        }
    }
    let absent = || Inline::Absent("not declared".into());
    let used = |text: &Option<String>| vec![text.as_deref().map_or_else(absent, text_of)];
    let mut facts = vec![
        ("Model".to_owned(), model),
        ("Tested on".to_owned(), on),
        ("Meant for".to_owned(), used(&m.intended_use)),
        ("Used by".to_owned(), used(&m.users)),
    ];
    facts.push(("Acts at".to_owned(), threshold(view)));
    facts
}

fn threshold(view: &View<'_>) -> Line {
    let Some(t) = view.decision else {
        return vec![Inline::Absent("no decision threshold declared".into())];
    };
    let own = view.evidence.model.threshold.as_ref();
    let mut line = vec![strong(format!("a risk of {} or more", say::threshold(t)))];
    match own {
        Some(own) if own.value == t => {
            line.push(text_of(", from: "));
            line.push(
                own.from
                    .as_deref()
                    .map_or(Inline::Absent("source not declared".into()), text_of),
            );
        }
        Some(own) => line.push(text_of(format!(
            ", asked for by the study; the model card says {}",
            say::threshold(own.value)
        ))),
        None => line.push(text_of(
            ", asked for by the study; the model card declares none",
        )),
    }
    line
}

fn verdicts(view: &View<'_>) -> Vec<Block> {
    let e = view.evidence;
    let tally = view.tally();
    if e.findings.is_empty() {
        let words = vec![strong(
            "No condition was judged, so this report answers none.",
        )];
        return vec![Block::Banner(Tone::Unknown, words)];
    }
    let mut blocks = vec![Block::Paragraph(
        Manner::Answer,
        vec![strong(sentence(&tally))],
    )];
    if let Some(block) = blocker(e) {
        blocks.push(block);
    }
    blocks.push(Block::Tiles(tiles(&tally)));
    let cards = if e.failure.is_none() {
        cards(e)
    } else {
        Vec::new()
    };
    if !cards.is_empty() {
        blocks.push(Block::Cards(cards));
    }
    blocks
}

/// The counts as one sentence; never a score.
pub fn sentence(t: &Tally) -> String {
    let asked = t.not_met + t.unknown + t.met + t.excused;
    if asked == 0 {
        return "No condition that must hold concerns this study.".into();
    }
    if t.met == asked {
        return format!(
            "{} met.",
            if asked == 1 {
                "The one condition that must hold is".into()
            } else {
                format!("All {asked} conditions that must hold are")
            }
        );
    }
    let mut parts = Vec::new();
    let mut say_of = |n: usize, words: [&str; 2]| {
        if n > 0 {
            parts.push(format!("{n} {}", words[usize::from(n > 1)]));
        }
    };
    say_of(t.not_met, ["is not met", "are not met"]);
    say_of(t.unknown, ["cannot be assessed", "cannot be assessed"]);
    say_of(t.excused, ["is excused", "are excused"]);
    say_of(t.met, ["is met", "are met"]);
    format!(
        "Of {} that must hold, {}.",
        say::many(asked, "condition", "conditions"),
        say::listed(&parts)
    )
}

fn blocker(e: &Evidence) -> Option<Block> {
    let open: Vec<String> = e
        .findings
        .iter()
        .filter(|f| f.level == Level::Blocker && f.waived.is_none() && is_open(f.verdict))
        .map(|f| format!("\u{201c}{}\u{201d}", f.title))
        .collect();
    let words = vec![
        strong(if open.len() == 1 {
            "A blocker is open: "
        } else {
            "Blockers are open: "
        }),
        text_of(format!(
            "{}. Until that is settled, nothing else in this study may be relied on.",
            say::listed(&open)
        )),
    ];
    (!open.is_empty()).then_some(Block::Banner(Tone::NotMet, words))
}

fn tiles(t: &Tally) -> Vec<(Tone, usize, String)> {
    let mut tiles = vec![
        (Tone::NotMet, t.not_met, "not met".to_owned()),
        (Tone::Unknown, t.unknown, "cannot be assessed".to_owned()),
        (Tone::Met, t.met, "met".to_owned()),
    ];
    if t.excused > 0 {
        tiles.push((Tone::Excused, t.excused, "excused by waiver".to_owned()));
    }
    if t.advice > 0 {
        tiles.push((
            Tone::Aside,
            t.advice,
            "advice not followed or unknown".to_owned(),
        ));
    }
    tiles
}

fn cards(e: &Evidence) -> Vec<Card> {
    let mut open: Vec<&Finding> = e
        .findings
        .iter()
        .filter(|f| f.level != Level::Should && f.waived.is_none() && is_open(f.verdict))
        .collect();
    open.sort_by_key(|f| (f.verdict, f.level));
    open.into_iter()
        .map(|f| Card {
            tone: if f.verdict == Verdict::NotMet {
                Tone::NotMet
            } else {
                Tone::Unknown
            },
            label: format!("{} · {}", say::verdict(f.verdict), say::level(f.level)),
            title: f.title.clone(),
            because: ticked(&say::sentence(&f.because)),
            help: ticked(&say::sentence(&f.help)),
        })
        .collect()
}

fn is_open(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::NotMet | Verdict::NotAssessable)
}

fn people(view: &View<'_>) -> Section {
    let id = view.id("people");
    let heading = "What it means for people";
    let Some(f) = Frequencies::of(view) else {
        let why = "This cannot be said: it needs sensitivity, alert rate and the share of people with the event at a decision threshold.";
        return Section::new(
            id,
            4,
            heading,
            vec![Block::Paragraph(Manner::Plain, line(why))],
        )
        .brief();
    };
    let mut blocks = vec![Block::Paragraph(Manner::Plain, natural(view, &f))];
    blocks.extend(figures::people(view, &f).map(|figure| Block::Figures(vec![figure])));
    blocks.extend(worth(view).map(|words| Block::Paragraph(Manner::Plain, words)));
    Section::new(id, 4, heading, blocks).brief()
}

fn natural(view: &View<'_>, f: &Frequencies) -> Line {
    let range = |r: Option<(u64, u64)>| {
        r.map_or_else(String::new, |(low, high)| {
            format!(" ({} to {})", say::whole(low), say::whole(high))
        })
    };
    let t = view.decision.map(say::threshold).unwrap_or_default();
    let have = if f.events() == 1 { "has" } else { "have" };
    let event = view.evidence.model.predicts.trim();
    let named = if event.is_empty() {
        String::new()
    } else {
        format!(" ({event})")
    };
    vec![
        text_of(format!(
            "Of {} {} like these, ",
            say::whole(f.of),
            view.unit()
        )),
        strong(format!("{} {have} the event", say::whole(f.events()))),
        text_of(format!(
            "{named}. At a threshold of {t} the model alerts for "
        )),
        strong(format!(
            "{}{}",
            say::whole(f.alerts()),
            range(f.alerts_range)
        )),
        text_of(": "),
        strong(format!("{}{}", say::whole(f.found), range(f.found_range))),
        text_of(" of them have the event, "),
        strong(format!(
            "{}{}",
            say::whole(f.needless),
            range(f.needless_range)
        )),
        text_of(" do not. It misses "),
        strong(format!("{}{}", say::whole(f.missed), range(f.missed_range))),
        text_of(". Brackets hold 95 % intervals, each taken by itself."),
    ]
}

/// Net benefit in words, against the two ways of doing without a model.
fn worth(view: &View<'_>) -> Option<Line> {
    let t = view.decision?;
    let value = view.value("net-benefit", Some(t), None)?;
    let point = value.known()?;
    let all = view
        .curve("decision", "treat-all")
        .and_then(|c| c.points.iter().find(|p| (p.x - t).abs() < 1e-9))
        .map(|p| p.y);
    let kind = Kind::Small;
    let mut line = vec![
        text_of(format!("At {} the net benefit is ", say::threshold(t))),
        strong(say::value(kind, value)),
        text_of(format!(
            ", worth {} right alerts in 1,000 {} without a wrong one",
            say::fixed(point * 1000.0, 0),
            view.unit()
        )),
    ];
    line.push(text_of(match all {
        Some(all) => format!(
            "; alerting everyone is worth {}, alerting nobody 0.",
            say::number(kind, all)
        ),
        None => "; alerting nobody is worth 0.".into(),
    }));
    let best = all.unwrap_or(0.0).max(0.0);
    let (low, high) = value.interval().map_or((point, point), |i| (i.low, i.high));
    if point < best && high < best {
        line.push(strong(" The model is worth less than doing without it."));
    } else if low <= best {
        line.push(strong(
            " The data do not show that the model is worth more than doing without it.",
        ));
    }
    Some(line)
}
