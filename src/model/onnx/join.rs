//! Which of the card's inputs fill which input of a graph.

use crate::error::{Error, shown};
use crate::model::onnx::axes;
use crate::model::onnx::proto::Port;
use crate::record::{InputCard, InputKind, ModelCard};

/// Most inputs told one by one.
const SHOWN: usize = 20;

/// White space in a name counts as `_`, as some converters write it.
fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("_")
}

/// What fills an input of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Places of the card's inputs: one tensor, or numbers and categories in their order.
    pub columns: Vec<usize>,
    /// The lengths of the axes behind the one of the rows.
    pub axes: Vec<usize>,
}

/// What fills each input of the graph: tensors go by name, or to the one input that is left; numbers and categories go by name
/// where each has an input of its own, otherwise in the card's order.
pub fn inputs(card: &ModelCard, ports: &[Port]) -> std::result::Result<Vec<Filled>, Vec<Error>> {
    let (tensors, others): (Vec<usize>, Vec<usize>) =
        (0..card.inputs.len()).partition(|at| card.inputs[*at].kind == InputKind::Tensor);
    let mut problems = Vec::new();
    let mut filled: Vec<Option<Filled>> = vec![None; ports.len()];
    for (port, place) in tensors_to_ports(card, ports, &tensors, &mut problems) {
        match axes::of_tensor(&ports[port], &card.inputs[place]) {
            Ok(axes) => {
                let columns = vec![place];
                filled[port] = Some(Filled { columns, axes });
            }
            Err(error) => problems.push(error),
        }
    }
    let free: Vec<usize> = (0..ports.len())
        .filter(|at| filled[*at].is_none())
        .collect();
    let mut parts = Vec::new();
    for port in &free {
        match axes::count(&ports[*port]) {
            Ok(width) => parts.push((&ports[*port], width)),
            Err(error) => problems.push(error),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let inputs: Vec<&InputCard> = others.iter().map(|at| &card.inputs[*at]).collect();
    let joined = match (free.is_empty(), inputs.is_empty()) {
        (true, true) => Vec::new(),
        (_, false) | (false, _) => columns(&inputs, &parts)?,
    };
    for (port, columns) in free.into_iter().zip(joined) {
        match axes::of_numbers(&ports[port], columns.len()) {
            Ok(axes) => {
                let columns = columns.into_iter().map(|at| others[at]).collect();
                filled[port] = Some(Filled { columns, axes });
            }
            Err(error) => problems.push(error),
        }
    }
    match problems.is_empty() {
        true => Ok(filled.into_iter().flatten().collect()),
        false => Err(problems),
    }
}

/// Input of the graph and place of the tensor that fills it.
fn tensors_to_ports(
    card: &ModelCard,
    ports: &[Port],
    tensors: &[usize],
    problems: &mut Vec<Error>,
) -> Vec<(usize, usize)> {
    let named = |name: &str| {
        ports
            .iter()
            .position(|port| plain(&port.name) == plain(name))
    };
    let (by_name, nameless): (Vec<usize>, Vec<usize>) = tensors
        .iter()
        .partition(|place| named(&card.inputs[**place].name).is_some());
    let mut pairs: Vec<(usize, usize)> = by_name
        .iter()
        .filter_map(|place| Some((named(&card.inputs[*place].name)?, *place)))
        .collect();
    let taken = |port: &usize| {
        let name = plain(&ports[*port].name);
        card.inputs.iter().any(|input| plain(&input.name) == name)
    };
    let open: Vec<usize> = (0..ports.len()).filter(|port| !taken(port)).collect();
    match (nameless.as_slice(), open.as_slice()) {
        ([place], [port]) => pairs.push((*port, *place)),
        (nameless, _) => {
            for place in nameless {
                let name = &card.inputs[*place].name;
                let free = open.iter().map(|port| ports[*port].name.as_str());
                let error = Error::new(format!(
                    "no input of the graph has the name of the card's tensor `{}`",
                    shown(name)
                ));
                let list: Vec<String> = ports.iter().take(SHOWN).map(|p| shown(&p.name)).collect();
                problems.push(match error.suggest(name, free) {
                    error if error.help.is_some() => error,
                    error => error.help(format!("the graph reads {}", list.join(", "))),
                });
            }
        }
    }
    pairs
}

/// An input of the graph, and how many columns it has when the file says so.
type Part<'a> = (&'a Port, Option<usize>);

/// For each input of the graph, the places of the card's inputs that fill it.
fn columns(
    inputs: &[&InputCard],
    parts: &[Part<'_>],
) -> std::result::Result<Vec<Vec<usize>>, Vec<Error>> {
    let declared = inputs.len();
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
        return by_name(inputs, parts);
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
        if let (1, Some(input)) = (*width, inputs.get(next))
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
    inputs: &[&InputCard],
    parts: &[Part<'_>],
) -> std::result::Result<Vec<Vec<usize>>, Vec<Error>> {
    let declared: Vec<String> = inputs.iter().map(|input| plain(&input.name)).collect();
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
