//! Ranges and bands of numbers.

/// A test for numbers outside a range, both ends belonging to it. A missing number is nowhere outside.
pub fn outside(range: Option<[f64; 2]>) -> impl Fn(f64) -> bool {
    move |x| range.is_some_and(|[low, high]| x < low || x > high)
}

/// The band of a number: 0 below the first cut point, `i` from cut point `i − 1` on. `None` when it is missing.
pub fn of(number: f64, cuts: &[f64]) -> Option<usize> {
    (!number.is_nan()).then(|| cuts.partition_point(|cut| *cut <= number))
}

/// The name of a band, as [`of`] numbers it: `<0`, `0–49`, `50–64`, `80+`; with cut points that are not whole,
/// `0.5–<1.2`.
pub fn label(band: usize, cuts: &[f64]) -> String {
    let whole = cuts.iter().all(|cut| cut.fract() == 0.0);
    match (
        band.checked_sub(1).and_then(|i| cuts.get(i)),
        cuts.get(band),
    ) {
        (None, Some(first)) => format!("<{first}"),
        (Some(low), Some(high)) if whole && *low == high - 1.0 => format!("{low}"),
        (Some(low), Some(high)) if whole => format!("{low}–{}", high - 1.0),
        (Some(low), Some(high)) => format!("{low}–<{high}"),
        (Some(last), None) => format!("{last}+"),
        (None, None) => "all".to_owned(),
    }
}

/// The names of all bands in ascending order, the one below the first cut point included.
pub fn labels(cuts: &[f64]) -> Vec<String> {
    (0..=cuts.len()).map(|band| label(band, cuts)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_cut_points_give_the_names_people_use() {
        assert_eq!(
            labels(&[0.0, 50.0, 65.0, 80.0]),
            ["<0", "0–49", "50–64", "65–79", "80+"]
        );
        assert_eq!(labels(&[0.0, 1.0, 2.0]), ["<0", "0", "1", "2+"]);
    }

    #[test]
    fn broken_cut_points_say_which_end_belongs() {
        assert_eq!(labels(&[0.5, 1.2]), ["<0.5", "0.5–<1.2", "1.2+"]);
    }

    #[test]
    fn a_cut_point_belongs_to_the_band_above_it() {
        let cuts = [0.0, 50.0, 65.0];
        let bands: Vec<_> = [-1.0, 0.0, 49.9, 50.0, 65.0, 1e9]
            .map(|x| of(x, &cuts).unwrap())
            .into();
        assert_eq!(bands, [0, 1, 1, 2, 3, 3]);
        assert_eq!(of(f64::NAN, &cuts), None);
    }

    #[test]
    fn both_ends_of_a_range_belong_to_it() {
        let strays = outside(Some([18.0, 110.0]));
        assert!(!strays(18.0) && !strays(110.0) && !strays(f64::NAN));
        assert!(strays(17.9) && strays(110.1));
        assert!(!outside(None)(1e300));
    }
}
