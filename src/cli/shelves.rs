//! `keur list` and `keur explain`: the shelves, for people and machines.

use super::{Done, ExplainAsked, ListAsked, Shelf, say};
use crate::condition::{self, rule::Condition};
use crate::error::{Error, shown};
use crate::explain::explainer::{self, Explainer};
use crate::measure::{self, Best, Measure};
use crate::record::{AnsweredBy, Level, Outcome};
use crate::{dataset, model, report};
use serde_json::json;

/// `keur list`.
pub fn list(asked: &ListAsked) -> Done {
    let items = items(asked.shelf)?;
    if asked.json {
        let all: Vec<_> = items
            .iter()
            .map(|(id, what)| json!({ "id": id, "what": what }))
            .collect();
        let text = serde_json::to_string_pretty(&all)
            .map_err(|e| vec![Error::new(format!("cannot write the list: {e}"))])?;
        say(&text);
    } else if items.is_empty() {
        say("nothing stands on this shelf in this version");
    } else {
        let widest = items
            .iter()
            .map(|(id, _)| id.chars().count())
            .max()
            .unwrap_or(0);
        for (id, what) in items {
            say(&format!("{id:<widest$}  {what}"));
        }
    }
    Ok(Outcome::AllMet)
}

fn items(shelf: Shelf) -> Result<Vec<(String, String)>, Vec<Error>> {
    let pair = |id: &str, what: &str| (id.to_owned(), what.to_owned());
    Ok(match shelf {
        Shelf::Measures => measure::all().map(|m| pair(m.id, m.what)).collect(),
        Shelf::Models => model::formats()
            .iter()
            .map(|f| pair(f.id, f.what))
            .collect(),
        Shelf::Datasets => dataset::formats()
            .iter()
            .map(|f| pair(f.id, &format!("files named .{}", f.extensions.join(", ."))))
            .collect(),
        Shelf::Conditions => condition::library()?
            .iter()
            .map(|c| {
                (
                    c.id.clone(),
                    format!("{}: {} ({})", c.framework, c.title, level(c.level)),
                )
            })
            .collect(),
        Shelf::Explainers => explainer::all()
            .iter()
            .map(|e| pair(e.id, e.what))
            .collect(),
        Shelf::Formats => report::all()
            .iter()
            .map(|f| (f.id.to_owned(), format!("{}: {}", f.file, f.what)))
            .collect(),
    })
}

/// `keur explain`.
pub fn explain(asked: &ExplainAsked) -> Done {
    let conditions = condition::library()?;
    if let Some(measure) = measure::find(&asked.id) {
        explain_measure(measure);
    } else if let Some(condition) = conditions.iter().find(|c| c.id == asked.id) {
        explain_condition(condition);
    } else if let Some(explainer) = explainer::find(&asked.id) {
        explain_explainer(explainer);
    } else {
        let known = measure::all()
            .map(|m| m.id)
            .chain(explainer::all().iter().map(|e| e.id))
            .chain(conditions.iter().map(|c| c.id.as_str()));
        let error = Error::new(format!(
            "there is no measure, condition or explainer `{}`",
            shown(&asked.id)
        ))
        .suggest(&asked.id, known);
        return Err(vec![match error.help {
            Some(_) => error,
            None => error.help(
                "`keur list measures`, `keur list conditions` and `keur list explainers` show them",
            ),
        }]);
    }
    Ok(Outcome::AllMet)
}

fn explain_measure(measure: &Measure) {
    let best = match measure.best {
        Best::High => "the higher the better".to_owned(),
        Best::Low => "the lower the better".to_owned(),
        Best::At(value) => format!("best at {value}"),
        Best::Neither => "neither high nor low is better: it is context".to_owned(),
    };
    let [low, high] = measure.range.map(|end| match end {
        f64::NEG_INFINITY => "minus infinity".to_owned(),
        f64::INFINITY => "infinity".to_owned(),
        end => end.to_string(),
    });
    say(&format!(
        "{} ({}), a measure of {}",
        measure.name,
        measure.id,
        measure.domain.name()
    ));
    say(&format!("\n{}\n", measure.what));
    say(&format!("formula   {}", measure.formula));
    say(&format!("range     {low} to {high}; {best}"));
    say(&format!(
        "asked     {}{}",
        if measure.per_threshold {
            "at each threshold"
        } else {
            "once"
        },
        if measure.needs_probability {
            ", of scores that are probabilities"
        } else {
            ""
        }
    ));
    say(&format!("source    {}", measure.source));
    say(&format!("cautions  {}", measure.cautions));
}

fn explain_explainer(explainer: &Explainer) {
    say(&format!(
        "{} ({}), an explainer",
        explainer.name, explainer.id
    ));
    say(&format!("\n{}\n", explainer.what));
    say(&format!("formula   {}", explainer.formula));
    say(&format!("used for  {}", explainer.fits));
    say(&format!("source    {}", explainer.source));
    say(&format!("cautions  {}", explainer.caution));
}

fn explain_condition(condition: &Condition) {
    let answered = match condition.answered_by {
        AnsweredBy::Measured => "a number of the run",
        AnsweredBy::Declared => "what a card or declaration says",
        AnsweredBy::Judged => "a person",
    };
    say(&format!(
        "{} ({}/{}), a condition of level {}",
        condition.title,
        condition.framework,
        condition.id,
        level(condition.level)
    ));
    say(&format!("\n{}\n", condition.why));
    say(&format!("asked     {}", condition.require.words()));
    say(&format!("answered  by {answered}"));
    let source = &condition.source;
    say(&format!(
        "source    {}{}{}{}",
        source.name,
        source
            .item
            .as_deref()
            .map(|i| format!(", {i}"))
            .unwrap_or_default(),
        source
            .link
            .as_deref()
            .map(|l| format!(", {l}"))
            .unwrap_or_default(),
        if source.verified {
            ""
        } else {
            " (not yet verified against the source)"
        }
    ));
    say(&format!("help      {}", condition.help));
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Blocker => "blocker",
        Level::Must => "must",
        Level::Should => "should",
    }
}
