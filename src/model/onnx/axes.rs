//! The axes of a graph's input against what the card has for one row: the first axis is the rows', the others are filled by
//! a tensor of the same shape, or by numbers in the card's order when the sizes multiply up.

use crate::error::{Error, Result, shown};
use crate::model::onnx::proto::Port;
use crate::model::onnx::value::sides;
use crate::record::InputCard;

type Axes = Vec<Option<usize>>;

/// The axes behind the first one, None where open; None altogether when the file does not say.
fn behind(port: &Port) -> Result<Option<Axes>> {
    let axes = match port.shape.as_deref() {
        None => return Ok(None),
        Some([_, axes @ ..]) => axes,
        Some([]) => {
            return Err(Error::new(format!(
                "the input `{}` of the graph has no axis, so no row can enter it",
                shown(&port.name)
            )));
        }
    };
    let side = |side: &Option<i64>| side.and_then(|side| usize::try_from(side).ok());
    Ok(Some(axes.iter().map(side).collect()))
}

/// How many numbers of a row fill an input of the graph; None when the file does not say.
pub fn count(port: &Port) -> Result<Option<usize>> {
    let Some(axes) = behind(port)? else {
        return Ok(None);
    };
    let mut product = Some(1_usize);
    for side in axes {
        product = match (product, side) {
            (Some(product), Some(side)) => Some(product.saturating_mul(side)),
            _ => None,
        };
    }
    Ok(product)
}

/// The axes of one row when so many numbers fill them: at most one open axis takes what the others leave.
pub fn of_numbers(port: &Port, count: usize) -> Result<Vec<usize>> {
    let Some(axes) = behind(port)? else {
        return Ok(vec![count]);
    };
    let known = axes
        .iter()
        .flatten()
        .fold(1_usize, |product, side| product.saturating_mul(*side));
    let open = axes.iter().filter(|side| side.is_none()).count();
    let fits = match open {
        0 => known == count,
        1 => known > 0 && count.is_multiple_of(known),
        _ => false,
    };
    if !fits {
        let error = Error::new(format!(
            "the input `{}` of the graph has the shape {} for one row, which {count} numbers do not fill",
            shown(&port.name),
            open_sides(&axes)
        ));
        return Err(error.help(
            "a signal, an image or a sequence is one input of the card, with `kind = \"tensor\"` and its `shape`",
        ));
    }
    let rest = count.checked_div(known).unwrap_or(0);
    Ok(axes.iter().map(|side| side.unwrap_or(rest)).collect())
}

/// The axes of one row when a tensor of the card fills them: the same lengths in the same order, axes of length 1 aside.
pub fn of_tensor(port: &Port, input: &InputCard) -> Result<Vec<usize>> {
    let Some(axes) = behind(port)? else {
        return Ok(input.shape.clone());
    };
    let same = |axes: &[Option<usize>], shape: &[usize]| {
        axes.len() == shape.len()
            && axes
                .iter()
                .zip(shape)
                .all(|(side, length)| side.is_none_or(|side| side == *length))
    };
    if same(&axes, &input.shape) {
        return Ok(input.shape.clone());
    }
    let thin: Axes = axes
        .iter()
        .filter(|side| **side != Some(1))
        .copied()
        .collect();
    let shape: Vec<usize> = input
        .shape
        .iter()
        .filter(|side| **side != 1)
        .copied()
        .collect();
    if same(&thin, &shape) {
        let mut rest = shape.into_iter();
        return Ok(axes
            .iter()
            .map(|side| match side {
                Some(1) => 1,
                _ => rest.next().unwrap_or(1),
            })
            .collect());
    }
    let error = Error::new(format!(
        "the input `{}` of the graph has the shape {} for one row, and `{}` of the card has {}",
        shown(&port.name),
        open_sides(&axes),
        shown(&input.name),
        sides(&input.shape)
    ));
    let mut turned = [thin.clone(), shape.iter().map(|side| Some(*side)).collect()];
    turned.iter_mut().for_each(|axes| axes.sort_unstable());
    Err(match turned[0] == turned[1] {
        true => error.help(
            "the axes stand in another order: the card says in which one the numbers of a row stand, the last axis fastest; \
             write the data in the order of the graph",
        ),
        false => error.help("write the graph's shape into the card, without the axis of the rows"),
    })
}

fn open_sides(axes: &[Option<usize>]) -> String {
    let word = |side: &Option<usize>| side.map_or("?".to_owned(), |side| side.to_string());
    let words: Vec<String> = axes.iter().take(8).map(word).collect();
    format!("[{}]", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::onnx::leaf::Form;

    fn port(axes: &[i64]) -> Port {
        let side = |side: &i64| Some(*side).filter(|side| *side > 0);
        Port {
            name: "x".into(),
            kind: Some(1),
            shape: Some(axes.iter().map(side).collect()),
            form: Form::Tensor,
        }
    }

    fn input(shape: &[usize]) -> InputCard {
        InputCard {
            name: "ecg".into(),
            shape: shape.to_vec(),
            ..InputCard::default()
        }
    }

    #[test]
    fn a_tensor_fills_axes_of_its_own_lengths_in_its_own_order() {
        let of = |axes: &[i64], shape: &[usize]| {
            of_tensor(&port(axes), &input(shape)).map_err(|e| e.to_string())
        };
        assert_eq!(of(&[0, 12, 1000], &[12, 1000]).unwrap(), [12, 1000]);
        assert_eq!(of(&[0, 12, 0], &[12, 500]).unwrap(), [12, 500]);
        assert_eq!(of(&[0, 1, 16, 0], &[16, 9]).unwrap(), [1, 16, 9]);
        assert_eq!(of(&[0, 8], &[1, 8]).unwrap(), [8]);
        assert_eq!(of(&[0], &[1]).unwrap(), [0_usize; 0]);
        assert!(
            of(&[0, 1000, 12], &[12, 1000])
                .unwrap_err()
                .contains("another order")
        );
        assert!(
            of(&[0, 12, 1000], &[12, 999])
                .unwrap_err()
                .contains("[12, 1000]")
        );
        assert!(of(&[0, 12, 1000], &[12000]).is_err());
        assert!(of(&[0], &[2]).is_err());
        assert!(of(&[], &[2]).unwrap_err().contains("no axis"));
    }

    #[test]
    fn numbers_fill_axes_when_the_sizes_multiply_up() {
        let of = |axes: &[i64], count| of_numbers(&port(axes), count).ok();
        assert_eq!(of(&[0, 3, 4], 12), Some(vec![3, 4]));
        assert_eq!(of(&[0, 0, 4], 12), Some(vec![3, 4]));
        assert_eq!(of(&[0], 1), Some(vec![]));
        assert_eq!(of(&[0, 0, 5], 12), None);
        assert_eq!(of(&[0, 0, 0], 12), None);
        assert_eq!(
            count(&port(&[0, i64::MAX, i64::MAX])).unwrap(),
            Some(usize::MAX)
        );
    }
}
