//! The `require` table of a condition's file.

use crate::condition::ask::{chosen, is_kebab_case, needed};
use crate::condition::bounds::Bounds;
use crate::condition::declared;
use crate::condition::explained;
use crate::condition::groups::attributes;
use crate::condition::limits::{Limits, Place};
use crate::condition::rule::{
    CountRule, Counted, DeclaredRule, GapRule, JudgedBy, MeasureRule, Requirement, kind_word,
};
use crate::error::{Error, shown};
use crate::record::GapKind;
use crate::sheet::Section;

/// Requirements may stand in each other this deep.
const DEEPEST: usize = 6;

const KINDS: [&str; 8] = [
    "measure",
    "gap",
    "count",
    "explanation",
    "lean",
    "declared",
    "all",
    "any",
];

/// Reads exactly one kind of requirement; `depth` counts the `all` and `any` around it.
pub fn requirement(section: &Section<'_>, depth: usize) -> Option<Requirement> {
    let given: Vec<&str> = KINDS.into_iter().filter(|kind| section.has(kind)).collect();
    let [kind] = given.as_slice() else {
        let what = match given.as_slice() {
            [] => "nothing is required".to_owned(),
            several => format!("{} stand beside each other", several.join(" and ")),
        };
        section.problem(
            given.last().copied().unwrap_or_default(),
            Error::new(what).help(format!(
                "give exactly one of {}; join several with `all` or `any`",
                KINDS.join(", ")
            )),
        );
        return None;
    };
    match *kind {
        "measure" => measure(&section.section(kind)?),
        "gap" => gap(&section.section(kind)?),
        "count" => count(&section.section(kind)?),
        "explanation" => {
            let check = needed(&section.section(kind)?, "check", &explained::CHECKS)?;
            Some(Requirement::Explanation(check))
        }
        "lean" => {
            let of = needed(&section.section(kind)?, "of", &explained::KINDS)?;
            Some(Requirement::Lean(of))
        }
        "declared" => declaration(&section.section(kind)?),
        _ if depth >= DEEPEST => {
            section.problem(kind, Error::new("requirements are nested too deep"));
            None
        }
        _ => {
            let sections = section.sections(kind);
            if sections.is_empty() {
                section.problem(kind, Error::new(format!("`{kind}` lists no requirement")));
            }
            let inner: Vec<Option<Requirement>> = sections
                .iter()
                .map(|section| requirement(section, depth + 1))
                .collect();
            let inner: Vec<Requirement> = inner.into_iter().collect::<Option<_>>()?;
            match (*kind, inner.is_empty()) {
                (_, true) => None,
                ("all", _) => Some(Requirement::All(inner)),
                _ => Some(Requirement::Any(inner)),
            }
        }
    }
}

fn measure(section: &Section<'_>) -> Option<Requirement> {
    let id = measure_id(section, "id");
    let at = place(section);
    let by = by(section);
    let limits = Limits::read(section, at);
    let judged_by = judged_by(section);
    Some(Requirement::Measure(MeasureRule {
        id: id?,
        at: at?,
        by,
        limits: limits?,
        judged_by,
    }))
}

fn gap(section: &Section<'_>) -> Option<Requirement> {
    let measure = measure_id(section, "measure");
    let at = place(section);
    let by = by(section);
    if by.is_empty() && !section.has("by") {
        section.missing("by");
    }
    let kinds = [GapKind::Difference, GapKind::Ratio].map(|kind| (kind_word(kind), kind));
    let kind = chosen(section, "kind", &kinds).unwrap_or(GapKind::Difference);
    let mut bounds = Bounds::read(section);
    if section.flag("absolute").unwrap_or_default()
        && let Some(one_way) = bounds
    {
        bounds = one_way.either_way(kind);
        if bounds.is_none() {
            let none = if kind == GapKind::Ratio { 1 } else { 0 };
            section.problem(
                "absolute",
                Error::new(format!(
                    "a gap that counts either way needs an upper limit above {none}"
                ))
                .help("say the largest gap that is fine, for instance `at-most`"),
            );
        }
    }
    let judged_by = judged_by(section);
    Some(Requirement::Gap(GapRule {
        measure: measure?,
        at: at?,
        by,
        kind,
        bounds: bounds?,
        judged_by,
    }))
}

fn count(section: &Section<'_>) -> Option<Requirement> {
    let of = needed(section, "of", &Counted::ALL);
    let by = by(section);
    if let Some(of) = of
        && !by.is_empty()
        && !of.per_group()
    {
        let what = format!("`{}` is not counted by group", of.word());
        section.problem("by", Error::new(what).help("leave `by` out"));
    }
    let bounds = Bounds::read(section);
    Some(Requirement::Count(CountRule {
        of: of?,
        by,
        bounds: bounds?,
    }))
}

fn declaration(section: &Section<'_>) -> Option<Requirement> {
    let field = section.need_text("field");
    let one_of = section.texts("one-of").unwrap_or_default();
    if section.has("one-of") && one_of.iter().all(|word| word.trim().is_empty()) {
        section.problem("one-of", Error::new("`one-of` lists no answer"));
    }
    if field.is_empty() {
        return None;
    }
    match declared::check(&field) {
        Ok(field) => Some(Requirement::Declared(DeclaredRule { field, one_of })),
        Err(problem) => {
            section.problem("field", problem);
            None
        }
    }
}

fn measure_id(section: &Section<'_>, key: &str) -> Option<String> {
    let id = section.need_text(key);
    if !id.is_empty() && !is_kebab_case(&id) {
        let what = format!("`{}` is no id of a measure", shown(&id));
        section.problem(
            key,
            Error::new(what).help("`keur list measures` shows them"),
        );
        return None;
    }
    (!id.is_empty()).then_some(id)
}

fn place(section: &Section<'_>) -> Option<Place> {
    if !section.has("at") {
        return Some(Place::Nowhere);
    }
    if section.kind("at") == Some("a text") {
        return chosen(
            section,
            "at",
            &[("decision-threshold", Place::DecisionThreshold)],
        );
    }
    let threshold = section.number("at")?;
    if !(0.0..=1.0).contains(&threshold) {
        section.problem("at", Error::new("a threshold is a risk from 0 to 1"));
        return None;
    }
    Some(Place::Threshold(threshold))
}

fn by(section: &Section<'_>) -> Vec<String> {
    let given = section.texts("by").unwrap_or_default();
    if section.has("by") && (given.is_empty() || given.iter().any(|a| a.trim().is_empty())) {
        section.problem("by", Error::new("`by` names no attribute"));
    }
    let mut by: Vec<String> = given.iter().flat_map(|a| attributes(a)).collect();
    by.sort();
    by.dedup();
    by
}

fn judged_by(section: &Section<'_>) -> JudgedBy {
    let words = [("interval", JudgedBy::Interval), ("point", JudgedBy::Point)];
    chosen(section, "judged-by", &words).unwrap_or_default()
}
