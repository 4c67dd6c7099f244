//! Which of the card's inputs fill which input of a graph.

use crate::error::{Error, Result, shown};
use crate::model::onnx::proto::Port;
use crate::record::ModelCard;

/// Most inputs told one by one.
const SHOWN: usize = 20;

/// White space in a name counts as `_`, as some converters write it.
fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("_")
}

/// How many columns an input of the graph has; None when the file does not say.
pub fn width(port: &Port) -> Result<Option<usize>> {
    match port.shape.as_deref() {
        None => Ok(None),
        Some([_]) => Ok(Some(1)),
        Some([_, columns]) => Ok(columns.and_then(|columns| usize::try_from(columns).ok())),
        Some(axes) => Err(Error::new(format!(
            "the input `{}` of the graph has {} axes, and a table has two",
            shown(&port.name),
            axes.len()
        ))),
    }
}

/// An input of the graph, and how many columns it has when the file says so.
pub type Part<'a> = (&'a Port, Option<usize>);

/// For each input of the graph, the places of the card's inputs that fill it.
pub fn columns(
    card: &ModelCard,
    parts: &[Part<'_>],
) -> std::result::Result<Vec<Vec<usize>>, Vec<Error>> {
    let declared = card.inputs.len();
    if let [(port, width)] = parts {
        if width.is_none_or(|width| width == declared) {
            return Ok(vec![(0..declared).collect()]);
        }
        return Err(vec![Error::new(format!(
            "the input `{}` of the graph has {} columns, and the card declares {declared} inputs",
            shown(&port.name),
            width.unwrap_or(0)
        ))]);
    }
    if parts.iter().all(|(_, width)| width.unwrap_or(1) == 1) {
        return by_name(card, parts);
    }
    // groups of columns: in the card's order, a single column under its own name
    let mut next = 0;
    let mut joined = Vec::new();
    let mut problems = Vec::new();
    for (port, width) in parts {
        let Some(width) = width else {
            problems.push(Error::new(format!(
                "the input `{}` of the graph does not say how many columns it has",
                shown(&port.name)
            )));
            continue;
        };
        if let (1, Some(input)) = (*width, card.inputs.get(next))
            && plain(&input.name) != plain(&port.name)
        {
            let error = Error::new(format!(
                "the graph reads `{}` where the card has `{}`",
                shown(&port.name),
                shown(&input.name)
            ));
            problems.push(error.help("put the card's inputs into the order of the graph's"));
        }
        joined.push((next..next.saturating_add(*width).min(declared)).collect());
        next = next.saturating_add(*width);
    }
    if next != declared {
        problems.push(Error::new(format!(
            "the inputs of the graph have {next} columns together, and the card declares {declared} inputs"
        )));
    }
    if problems.is_empty() {
        return Ok(joined);
    }
    if problems.len() > SHOWN {
        let more = problems.len() - SHOWN;
        problems.truncate(SHOWN);
        problems.push(Error::new(format!("{more} more inputs do not fit")));
    }
    Err(problems)
}

fn by_name(
    card: &ModelCard,
    parts: &[Part<'_>],
) -> std::result::Result<Vec<Vec<usize>>, Vec<Error>> {
    let declared: Vec<String> = card.inputs.iter().map(|input| plain(&input.name)).collect();
    let read: Vec<String> = parts.iter().map(|(port, _)| plain(&port.name)).collect();
    let mut problems = Vec::new();
    let mut joined = Vec::new();
    for name in &read {
        match declared.iter().position(|input| input == name) {
            Some(place) => joined.push(vec![place]),
            None => {
                let open = declared.iter().filter(|input| !read.contains(input));
                problems.push(
                    Error::new(format!(
                        "the graph reads the input `{}`, and the card does not declare it",
                        shown(name)
                    ))
                    .suggest(name, open.map(String::as_str)),
                );
            }
        }
    }
    for name in declared.iter().filter(|name| !read.contains(name)) {
        let open = read.iter().filter(|input| !declared.contains(input));
        problems.push(
            Error::new(format!(
                "the card declares the input `{}`, and the graph does not read it",
                shown(name)
            ))
            .suggest(name, open.map(String::as_str)),
        );
    }
    if problems.is_empty() {
        return Ok(joined);
    }
    if problems.len() > SHOWN {
        let more = problems.len() - SHOWN;
        problems.truncate(SHOWN);
        problems.push(Error::new(format!("{more} more inputs do not fit")));
    }
    Err(problems)
}
