//! The inputs a model file names, held against those of its card: same names, same order, or an error that says which.

use crate::error::{Error, did_you_mean, shown};
use crate::record::InputCard;

/// Most inputs told one by one.
const SHOWN: usize = 10;

/// Every difference between the names in the file and the card's inputs. White space in a name counts as `_`, as some
/// frameworks write it.
pub fn differences(file: &[String], inputs: &[InputCard]) -> Vec<Error> {
    let named: Vec<String> = file.iter().map(|name| plain(name)).collect();
    let declared: Vec<String> = inputs.iter().map(|input| plain(&input.name)).collect();
    let mut problems = Vec::new();
    for name in named.iter().filter(|name| !declared.contains(name)) {
        let open = declared.iter().filter(|input| !named.contains(input));
        let error = Error::new(format!(
            "the file reads the input `{}`, and the card does not declare it",
            shown(name)
        ));
        problems.push(match did_you_mean(name, open.map(String::as_str)) {
            Some(close) => error.help(format!(
                "is it the card's `{}`? give it the file's name, and join it to its column in the study file",
                shown(close)
            )),
            None => error.help("declare it in the card, with its unit"),
        });
    }
    for name in declared.iter().filter(|name| !named.contains(name)) {
        problems.push(Error::new(format!(
            "the card declares the input `{}`, and the file does not read it",
            shown(name)
        )));
    }
    if problems.is_empty() {
        let pairs = named.iter().zip(&declared).enumerate();
        for (place, (name, input)) in pairs.filter(|(_, (name, input))| name != input) {
            problems.push(
                Error::new(format!(
                    "input {} is `{}` in the file and `{}` in the card",
                    place + 1,
                    shown(name),
                    shown(input)
                ))
                .help("give the card's inputs the order of the file"),
            );
        }
    }
    let more = problems.len().saturating_sub(SHOWN);
    if more > 0 {
        problems.truncate(SHOWN);
        problems.push(Error::new(format!("{more} more inputs differ")));
    }
    problems
}

/// A difference in number, for a file that names no inputs.
pub fn count(file: usize, inputs: &[InputCard]) -> Option<Error> {
    (file != inputs.len()).then(|| {
        Error::new(format!(
            "the file reads {file} inputs, and the card declares {}",
            inputs.len()
        ))
        .help("declare every input of the model in its order; the file names none")
    })
}

/// A difference between the words of categories in the file, in the order of their codes, and those of the card.
pub fn categories(file: &[String], input: &InputCard) -> Option<Error> {
    if file == input.categories {
        return None;
    }
    let list = |words: &[String]| {
        let shown: Vec<String> = words.iter().take(SHOWN).map(|word| shown(word)).collect();
        format!("{shown:?}")
    };
    Some(
        Error::new(format!(
            "the categories of `{}` are not those the model was trained with, or stand in another order",
            shown(&input.name)
        ))
        .help(format!(
            "the file codes {} as 0, 1, 2, …; the card says {}",
            list(file),
            list(&input.categories)
        )),
    )
}

fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_whitespace() { '_' } else { c };
    name.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(file: &[&str], card: &[&str]) -> Vec<String> {
        let file: Vec<String> = file.iter().map(|name| (*name).to_owned()).collect();
        let inputs: Vec<InputCard> = card
            .iter()
            .map(|name| InputCard {
                name: (*name).to_owned(),
                ..InputCard::default()
            })
            .collect();
        let found = differences(&file, &inputs);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_differs_is_named() {
        assert_eq!(told(&["a_b", "c"], &["a b", "c"]), [""; 0]);
        let permuted = told(&["a", "b", "c"], &["a", "c", "b"]);
        assert_eq!(permuted.len(), 2);
        assert!(permuted[0].contains("input 2 is `b` in the file and `c` in the card"));
        let renamed = told(&["creatinine", "b"], &["creatinin", "b"]);
        assert!(
            renamed[0].contains("is it the card's `creatinin`"),
            "{renamed:?}"
        );
        assert_eq!(told(&[], &["a"; 30]).len(), SHOWN + 1);
        assert!(count(3, &[]).is_some() && count(0, &[]).is_none());
    }
}
