//! A condition's file, read with all its problems at once.

use crate::condition::ask::{chosen, is_kebab_case, needed, plain};
use crate::condition::example::{self, TASKS, check_examples};
use crate::condition::requirement::requirement;
use crate::condition::rule::{Applies, Condition, Requirement};
use crate::error::{Error, shown};
use crate::record::{AnsweredBy, Level, SourceCard};
use crate::sheet::{Section, Sheet};

/// Reads the sheet of `<framework>/<stem>.toml` and runs its examples. Fails with every problem in order of lines.
pub fn read(sheet: Sheet, framework: &str, stem: &str) -> Result<Condition, Vec<Error>> {
    let shown_as = sheet.file().to_owned();
    let read = condition(&sheet.top(), framework, stem);
    let mut problems = sheet.finish();
    match read {
        Some(condition) if problems.is_empty() => {
            problems.extend(check_examples(&condition).into_iter().map(
                |problem| match problem.at {
                    Some(_) => problem,
                    None => problem.at(shown_as.clone()),
                },
            ));
            if problems.is_empty() {
                Ok(condition)
            } else {
                Err(problems)
            }
        }
        None if problems.is_empty() => Err(vec![
            Error::new("the condition is not complete").at(shown_as),
        ]),
        _ => Err(problems),
    }
}

fn condition(top: &Section<'_>, framework: &str, stem: &str) -> Option<Condition> {
    let id = top.need_text("id");
    if !id.is_empty() && id != stem {
        let what = format!("the id `{}` is not the file's name", shown(&id));
        top.problem(
            "id",
            Error::new(what).help(format!("call it `{}`", shown(stem))),
        );
    }
    if !is_kebab_case(&id) && !id.is_empty() {
        top.problem(
            "id",
            Error::new("an id has small letters, digits and single hyphens only"),
        );
    }
    let title = plain(top, "title");
    let level = needed(
        top,
        "level",
        &[
            ("blocker", Level::Blocker),
            ("must", Level::Must),
            ("should", Level::Should),
        ],
    );
    let answered_by = chosen(
        top,
        "answered-by",
        &[
            ("measured", AnsweredBy::Measured),
            ("declared", AnsweredBy::Declared),
            ("judged", AnsweredBy::Judged),
        ],
    );
    let (source, in_force) = source(top);
    let applies = applies(top);
    let why = plain(top, "why");
    let help = plain(top, "help");
    if !top.has("require") {
        top.missing("require");
    }
    let require = top.section("require").and_then(|s| requirement(&s, 0));
    let nothing = Requirement::All(Vec::new());
    let examples = top.sections("example");
    if examples.is_empty() {
        top.problem(
            "example",
            Error::new("there is no `[[example]]`").help(
                "every condition needs one that is met and one that is not met or not assessable",
            ),
        );
    }
    let examples = examples
        .iter()
        .filter_map(|section| example::read(section, require.as_ref().unwrap_or(&nothing)))
        .collect();
    let require = require?;
    Some(Condition {
        id,
        framework: framework.to_owned(),
        title,
        level: level?,
        answered_by: who_answers(top, answered_by, &require),
        source,
        in_force,
        applies,
        require,
        why,
        help,
        examples,
    })
}

/// Who answers follows from the requirement; a file may say it, and may say `judged` where a person declares.
fn who_answers(top: &Section<'_>, said: Option<AnsweredBy>, require: &Requirement) -> AnsweredBy {
    let has_numbers = require.parts().iter().any(|part| {
        matches!(
            part,
            Requirement::Measure(_) | Requirement::Gap(_) | Requirement::Count(_)
        )
    });
    let follows = if has_numbers {
        AnsweredBy::Measured
    } else {
        AnsweredBy::Declared
    };
    match said {
        Some(AnsweredBy::Judged) if !has_numbers => AnsweredBy::Judged,
        Some(said) if said != follows => {
            let help = if has_numbers {
                "it asks for numbers of the run: `measured`"
            } else {
                "it asks what a card says: `declared` or `judged`"
            };
            let what = "`answered-by` does not fit what is required";
            top.problem("answered-by", Error::new(what).help(help));
            said
        }
        _ => follows,
    }
}

fn source(top: &Section<'_>) -> (SourceCard, Option<jiff::civil::Date>) {
    let Some(section) = top.section("source") else {
        if !top.has("source") {
            top.missing("source");
        }
        return (SourceCard::default(), None);
    };
    let verified = section.flag("verified");
    if !section.has("verified") {
        section.missing("verified");
    }
    let link = section.text("link");
    if let Some(link) = &link
        && !is_link(link)
    {
        section.problem(
            "link",
            Error::new("a link starts with `https://` and has no blanks, quotes or angle brackets"),
        );
    }
    let item = section.has("item").then(|| plain(&section, "item"));
    let in_force = section.date("in-force");
    let source = SourceCard {
        name: plain(&section, "name"),
        item,
        link,
        verified: verified.unwrap_or_default(),
    };
    (source, in_force)
}

fn is_link(link: &str) -> bool {
    link.strip_prefix("https://").is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .chars()
                .all(|c| c.is_ascii_graphic() && !"<>\"'`\\".contains(c))
    })
}

fn applies(top: &Section<'_>) -> Applies {
    let Some(section) = top.section("applies") else {
        return Applies::default();
    };
    let mut tasks = Vec::new();
    for word in section.texts("task").unwrap_or_default() {
        match TASKS.iter().find(|(known, _)| *known == word) {
            Some((_, task)) => tasks.push(*task),
            None => section.problem(
                "task",
                Error::new(format!("unknown task `{}`", shown(&word)))
                    .suggest(&word, TASKS.map(|(known, _)| known)),
            ),
        }
    }
    Applies {
        tasks,
        needs: section.texts("needs").unwrap_or_default(),
        persons: section.flag("persons").unwrap_or_default(),
        risk: section.flag("risk").unwrap_or_default(),
    }
}
