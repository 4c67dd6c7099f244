//! Numbered columns that are one tensor: `ecg_{}` stands for `ecg_0`, `ecg_1`, … or `ecg_1`, `ecg_2`, …, in the order of
//! their numbers, wherever they stand in the file.

use crate::error::{Error, Result, shown};

/// Where the number stands in the name.
const MARK: &str = "{}";

/// Numbers told one by one.
const SHOWN: usize = 5;

/// True for a name that stands for numbered columns.
pub fn is_family(name: &str) -> bool {
    name.contains(MARK)
}

/// The places of the columns, in the order of their numbers, which begin with 0 or 1 and leave none out.
///
/// Fails when there is none, when a number stands twice or is left out, or when the name has several marks.
pub fn places(name: &str, names: &[String]) -> Result<Vec<usize>> {
    let told = |what: String| Error::new(format!("column `{}`: {what}", shown(name)));
    let Some((before, behind)) = name.split_once(MARK).filter(|(_, b)| !b.contains(MARK)) else {
        return Err(told("a name has one `{}` at most".to_owned()));
    };
    let mut found: Vec<(u32, usize)> = names
        .iter()
        .enumerate()
        .filter_map(|(at, name)| {
            let digits = name.strip_prefix(before)?.strip_suffix(behind)?;
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            Some((digits.parse().ok().filter(|_| plain)?, at))
        })
        .collect();
    found.sort_unstable();
    let Some((first, _)) = found.first().copied() else {
        return Err(
            told("the file has no column with a number in its place".to_owned())
                .help("the columns are numbered from 0 or 1 on, as `ecg_0`, `ecg_1` for `ecg_{}`"),
        );
    };
    let mut problems = Vec::new();
    let twice = found.windows(2).filter(|two| two[0].0 == two[1].0).count();
    if twice > 0 {
        problems.push(format!("{twice} numbers stand twice"));
    }
    if first > 1 {
        problems.push(format!("the numbers begin with {first}, not with 0 or 1"));
    }
    let gaps: Vec<u32> = found
        .windows(2)
        .filter(|two| two[1].0 > two[0].0 + 1)
        .map(|two| two[0].0 + 1)
        .collect();
    if !gaps.is_empty() {
        let some: Vec<String> = gaps.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = if gaps.len() > SHOWN { ", …" } else { "" };
        problems.push(format!(
            "the numbers have {} {}, from {}{more} on",
            gaps.len(),
            if gaps.len() == 1 { "gap" } else { "gaps" },
            some.join(", ")
        ));
    }
    if problems.is_empty() {
        Ok(found.into_iter().map(|(_, at)| at).collect())
    } else {
        Err(told(format!(
            "the file has {} such columns, and {}",
            found.len(),
            problems.join("; ")
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, names: &[&str]) -> std::result::Result<Vec<usize>, String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        places(name, &names).map_err(|e| e.to_string())
    }

    #[test]
    fn columns_stand_in_the_order_of_their_numbers() {
        assert_eq!(
            of("x{}", &["x2", "y", "x10", "x1", "x"])
                .unwrap_err()
                .matches("gap")
                .count(),
            1
        );
        assert_eq!(of("x{}", &["x2", "y", "x1", "x"]).unwrap(), [2, 0]);
        assert_eq!(of("p-{}-mv", &["p-001-mv", "p-000-mv"]).unwrap(), [1, 0]);
    }

    #[test]
    fn every_fault_of_the_numbers_is_told_with_its_count() {
        let told = of("x{}", &["x3", "x03", "x4", "x7", "x9"]).unwrap_err();
        for part in [
            "5 such columns",
            "1 numbers stand twice",
            "begin with 3",
            "2 gaps, from 5, 8 on",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert!(
            of("x{}", &["y"])
                .unwrap_err()
                .contains("no column with a number")
        );
        assert!(of("x{}{}", &["x00"]).unwrap_err().contains("one `{}`"));
        assert!(of("x{}", &["x99999999999999999999"]).is_err());
    }
}
