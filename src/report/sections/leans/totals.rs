//! What totals of a nomogram mean: round scores at their totals, where the totals told lie on one straight line.

use crate::record::{NomogramTotal, Scale};
use crate::report::explained;
use crate::report::figure::Axis;
use crate::report::words;

/// Round risks, the more important first.
const ROUND: [f64; 17] = [
    0.5, 0.1, 0.9, 0.01, 0.99, 0.2, 0.8, 0.05, 0.95, 0.001, 0.999, 0.3, 0.7, 0.4, 0.6, 0.02, 0.98,
];
/// Risks nearer to 0 or 1 say nothing more of the line that they lie on.
const EDGE: f64 = 1e-9;
/// What a total may lie beside the line, as a share of the line.
const BESIDE: f64 = 1e-4;

/// True when scores are risks.
pub fn are_risks(scale: Scale, totals: &[NomogramTotal]) -> bool {
    scale != Scale::Points && totals.iter().all(|t| (0.0..=1.0).contains(&t.score))
}

/// Totals and the score at each, as it is written, the more important first. Round scores where totals give the score by one
/// formula (log odds, log hazard or points on a straight line); else the totals of the record, ascending.
pub fn marks(scale: Scale, totals: &[NomogramTotal]) -> Vec<(f64, String)> {
    let risks = are_risks(scale, totals);
    let told: Vec<_> = totals
        .iter()
        .map(|t| (t.points, score(risks, t.score)))
        .collect();
    let round = if risks {
        round_risks(totals)
    } else {
        round_points(totals)
    };
    match round {
        Some(round) if round.len() >= 3 => round,
        _ => told,
    }
}

/// `12 %`, `<0.1 %`, or points.
pub fn score(risks: bool, x: f64) -> String {
    if !risks {
        return explained::place(x);
    }
    match x {
        x if x < 0.0005 => "<0.1\u{a0}%".into(),
        x if x > 0.9995 => ">99.9\u{a0}%".into(),
        x => {
            let decimals = usize::from(!(0.0095..=0.9905).contains(&x));
            format!("{}\u{a0}%", words::fixed(x * 100.0, decimals))
        }
    }
}

fn round_risks(totals: &[NomogramTotal]) -> Option<Vec<(f64, String)>> {
    let inner = totals
        .iter()
        .filter(|t| (EDGE..=1.0 - EDGE).contains(&t.score));
    let inner: Vec<&NomogramTotal> = inner.collect();
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let hazard = |p: f64| (-(-p).ln_1p()).ln();
    let ways: [fn(f64) -> f64; 2] = [logit, hazard];
    let (way, line) = ways.into_iter().find_map(|way| {
        let on: Vec<[f64; 2]> = inner.iter().map(|t| [t.points, way(t.score)]).collect();
        Some((way, straight(&on)?))
    })?;
    let lowest = totals.iter().map(|t| t.score).fold(1.0, f64::min);
    let highest = totals.iter().map(|t| t.score).fold(0.0, f64::max);
    let on = ROUND
        .into_iter()
        .filter(|r| (lowest..=highest).contains(r))
        .map(|r| (line.at(way(r)), score(true, r)));
    // Where it goes on beyond the last round risk.
    let ends = [totals.first()?, totals.last()?].into_iter();
    let ends = ends.filter(|t| !(0.0005..=0.9995).contains(&t.score));
    let ends = ends.map(|t| (t.points, score(true, t.score)));
    Some(on.chain(ends).collect())
}

fn round_points(totals: &[NomogramTotal]) -> Option<Vec<(f64, String)>> {
    let on: Vec<[f64; 2]> = totals.iter().map(|t| [t.points, t.score]).collect();
    let line = straight(&on)?;
    let (first, last) = (on.first()?[1], on.last()?[1]);
    let axis = Axis::linear([first.min(last), first.max(last)], [0.0, 1.0]);
    let ticks = axis.ticks(8).into_iter();
    Some(
        ticks
            .map(|(t, d)| (line.at(t), words::fixed(t, d)))
            .collect(),
    )
}

/// From the height back to the total.
#[derive(Debug, Clone, Copy)]
struct Straight {
    from: [f64; 2],
    to: [f64; 2],
}

impl Straight {
    fn at(&self, y: f64) -> f64 {
        let share = (y - self.from[1]) / (self.to[1] - self.from[1]);
        self.from[0] + share * (self.to[0] - self.from[0])
    }
}

/// The line through the first and the last, when three or more lie on it and it is not flat.
fn straight(on: &[[f64; 2]]) -> Option<Straight> {
    let (from, to) = (*on.first()?, *on.last()?);
    let line = Straight { from, to };
    let reach = to[0] - from[0];
    let is_line = on.len() >= 3 && from[1] != to[1] && reach > 0.0 && reach.is_finite();
    let near = |p: &[f64; 2]| (line.at(p[1]) - p[0]).abs() <= BESIDE * reach;
    (is_line && on.iter().all(near)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(score: impl Fn(f64) -> f64) -> Vec<NomogramTotal> {
        let at = |i: i32| NomogramTotal {
            points: f64::from(i) * 40.0,
            score: score(f64::from(i) * 40.0),
        };
        (0..6).map(at).collect()
    }

    fn logistic(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }

    #[test]
    fn round_risks_stand_where_the_formula_puts_them() {
        let told = marks(Scale::Logit, &totals(|t| logistic((t - 100.0) / 10.0)));
        let half = told.iter().find(|m| m.1 == "50\u{a0}%").unwrap();
        assert!((half.0 - 100.0).abs() < 1e-6);
        let tenth = told.iter().find(|m| m.1 == "10\u{a0}%").unwrap();
        assert!((tenth.0 - (100.0 - 10.0 * 9_f64.ln())).abs() < 1e-6);
        assert!(told.contains(&(0.0, "<0.1\u{a0}%".into())));
        let hazard = |t: f64| 1.0 - (-0.05 * (t / 50.0).exp()).exp();
        let told = marks(Scale::LogHazard, &totals(hazard));
        let half = told.iter().find(|m| m.1 == "50\u{a0}%").unwrap();
        assert!((hazard(half.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn totals_without_a_formula_are_shown_as_they_are() {
        let told = marks(Scale::Logit, &totals(|t| if t < 100.0 { 0.1 } else { 0.3 }));
        assert_eq!(told.len(), 6);
        assert_eq!(told[5], (200.0, "30\u{a0}%".into()));
        assert!(marks(Scale::Logit, &[]).is_empty());
    }

    #[test]
    fn points_are_told_as_points() {
        let told = marks(Scale::Points, &totals(|t| t / 20.0 - 2.0));
        assert!(
            told.iter()
                .any(|(t, s)| (t - 40.0).abs() < 1e-9 && s == "0")
        );
        assert!(told.iter().all(|m| !m.1.contains('%')));
    }
}
