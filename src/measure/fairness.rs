//! Gaps: every group of a split against its reference, any measure.

use crate::measure::bootstrap::Slot;
use crate::measure::definition::{Domain, Measure};
use crate::measure::interval::{hybrid_difference, percentile, wald, wald_log};
use crate::measure::question::Split;
use crate::measure::sample::Binary;
use crate::measure::studied::{Found, Studied, few, known};
use crate::record::{Gap, GapKind, Interval, Undefined, Value};

/// Measures whose ratio between groups is shown beside their difference.
const RATIOS: [&str; 4] = ["oe-ratio", "sensitivity", "ppv", "alert-rate"];

/// Every group but the reference against the reference; nothing without one.
///
/// Groups without a common patient are independent: shares by the hybrid of their two intervals (`newcombe` when both are
/// Wilson's, `hybrid` otherwise), all else by adding variances. Where patients stand in both groups, or rows carry
/// weights, the replicates of the two are subtracted one by one.
pub(crate) fn gaps(
    split: &Split,
    studied: &[Studied],
    slots: &[Slot],
    min_cell: usize,
) -> Vec<Gap> {
    let Some((place, reference)) = split.reference.and_then(|r| Some((r, studied.get(r)?))) else {
        return Vec::new();
    };
    let mut gaps = Vec::new();
    for (_, group) in studied.iter().enumerate().filter(|(i, _)| *i != place) {
        let independent = !share_patients(&group.sample, &reference.sample);
        let infinite = group.tally.certain_wrong + reference.tally.certain_wrong > 0.0;
        for (slot, (measure, at)) in slots.iter().enumerate() {
            if measure.id == "log-loss-clipped" && !infinite {
                continue;
            }
            let (Some(a), Some(b)) = (group.found.get(slot), reference.found.get(slot)) else {
                continue;
            };
            let few_behind = [group, reference]
                .iter()
                .any(|one| one.is_of_few(&slots[slot], min_cell));
            let kinds = [GapKind::Difference, GapKind::Ratio];
            let shown = if RATIOS.contains(&measure.id) { 2 } else { 1 };
            for kind in kinds.into_iter().take(shown) {
                gaps.push(Gap {
                    measure: measure.id.to_owned(),
                    at: group.at(*at),
                    by: split.by.join(" × "),
                    kind,
                    groups: [level(group, &split.by), level(reference, &split.by)],
                    value: match few_behind {
                        true => few(min_cell),
                        false => gap(measure, kind, a, b, independent),
                    },
                });
            }
        }
    }
    gaps
}

/// The group's level, or its levels in the order of the attributes.
fn level(one: &Studied, by: &[String]) -> String {
    let group = one.group.as_ref();
    let named = |attribute: &String| group?.get(attribute).map(String::as_str);
    by.iter().filter_map(named).collect::<Vec<_>>().join(" × ")
}

fn share_patients(a: &Binary, b: &Binary) -> bool {
    let mut there = vec![false; a.units];
    let units = |sample: &Binary, i: usize| sample.unit.as_ref().map_or(i, |unit| unit[i] as usize);
    for i in 0..b.rows() {
        if let Some(seen) = there.get_mut(units(b, i)) {
            *seen = true;
        }
    }
    (0..a.rows()).any(|i| there.get(units(a, i)) == Some(&true))
}

fn gap(measure: &Measure, kind: GapKind, a: &Found, b: &Found, independent: bool) -> Value {
    let (x, y) = match (a.point, b.point) {
        (Ok(x), Ok(y)) => (x, y),
        (Err(undefined), _) | (_, Err(undefined)) => return Value::Undefined { undefined },
    };
    if kind == GapKind::Ratio && y == 0.0 {
        return Value::Undefined {
            undefined: Undefined::ZeroReference,
        };
    }
    let apart = |x: f64, y: f64| match kind {
        GapKind::Difference => x - y,
        GapKind::Ratio => x / y,
    };
    let replicates: Vec<f64> = a
        .replicates
        .iter()
        .zip(&b.replicates)
        .map(|(x, y)| apart(*x, *y))
        .collect();
    let closed = match (&a.closed, &b.closed) {
        (Some(of_x), Some(of_y)) if independent => closed(measure, kind, (x, of_x), (y, of_y)),
        _ => None,
    };
    known(apart(x, y), closed, percentile(&replicates))
}

fn closed(
    measure: &Measure,
    kind: GapKind,
    (x, of_x): (f64, &Interval),
    (y, of_y): (f64, &Interval),
) -> Option<Interval> {
    if kind == GapKind::Ratio {
        // variances on the logarithm add
        let (se_x, se_y) = (of_x.se? / x, of_y.se? / y);
        if x <= 0.0 || se_x + se_y == 0.0 {
            return None;
        }
        let ratio = x / y;
        return wald_log(ratio, ratio * se_x.hypot(se_y), "wald-log");
    }
    if measure.domain == Domain::Classification {
        let wilson = of_x.method == "wilson" && of_y.method == "wilson";
        let method = if wilson { "newcombe" } else { "hybrid" };
        return hybrid_difference(x, of_x, y, of_y, method);
    }
    let se = of_x.se?.hypot(of_y.se?);
    let reach = measure.range[1] - measure.range[0];
    wald(x - y, se, [-reach, reach], "wald")
}
