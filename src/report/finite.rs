//! Refuses a record that holds a number that is not finite. JSON has no such numbers, and a page must not guess.

use crate::error::{Error, Result, shown};
use crate::record::{
    Archetype, At, Attribution, Curve, EquationCard, Evidence, Gap, Group, Interval, Lean,
    MissingRule, ModelCard, Record, Response, Value, group_name,
};

/// An error that names the first number that is not finite, if there is one.
pub fn check(record: &Record) -> Result<()> {
    number(record.provenance.seconds, || "provenance, `seconds`".into())?;
    for evidence in &record.evidence {
        study(evidence).map_err(|e| e.at(format!("study `{}`", shown(&evidence.study))))?;
    }
    Ok(())
}

fn study(evidence: &Evidence) -> Result<()> {
    for threshold in &evidence.thresholds {
        number(*threshold, || "thresholds".into())?;
    }
    for estimate in &evidence.estimates {
        let place = || {
            place(
                "estimate",
                &estimate.measure,
                estimate.at,
                estimate.group.as_ref(),
            )
        };
        taken(estimate.at, &place)?;
        value(&estimate.value, &place)?;
    }
    for gap in &evidence.gaps {
        let place = || of_gap(gap);
        taken(gap.at, &place)?;
        value(&gap.value, &place)?;
    }
    evidence.curves.iter().try_for_each(curve)?;
    evidence.attributions.iter().try_for_each(attribution)?;
    evidence.responses.iter().try_for_each(response)?;
    evidence.archetypes.iter().try_for_each(archetype)?;
    evidence.leans.iter().try_for_each(lean)?;
    evidence.equation.iter().try_for_each(equation)?;
    model(&evidence.model)?;
    for column in &evidence.dataset.columns {
        let place = || format!("dataset card, column `{}`", shown(&column.name));
        all(column.range.iter().flatten().chain(&column.bands), &place)?;
    }
    Ok(())
}

fn model(card: &ModelCard) -> Result<()> {
    let place = || "model card".to_owned();
    if let Some(threshold) = &card.threshold {
        number(threshold.value, || "model card, `threshold`".into())?;
    }
    if let Some(d) = &card.development {
        all([d.lp_mean, d.lp_sd, d.auroc].iter().flatten(), &place)?;
    }
    for input in &card.inputs {
        let place = || format!("model card, input `{}`", shown(&input.name));
        all(input.range.iter().flatten(), &place)?;
        if let MissingRule::Value(stand_in) = input.missing {
            number(stand_in, place)?;
        }
    }
    Ok(())
}

fn curve(curve: &Curve) -> Result<()> {
    let place = || {
        let who = curve
            .group
            .as_ref()
            .map_or_else(String::new, |g| format!(" of {}", shown(&group_name(g))));
        format!(
            "curve `{}` ({}){who}",
            shown(&curve.curve),
            shown(&curve.series)
        )
    };
    curve.points.iter().try_for_each(|p| {
        all(
            [Some(p.x), Some(p.y), p.low, p.high].iter().flatten(),
            &place,
        )
    })
}

fn attribution(a: &Attribution) -> Result<()> {
    let by = || place("attribution", &a.explainer, None, a.group.as_ref());
    if let Some(background) = &a.background {
        value(&background.base, &|| format!("{}, background", by()))?;
    }
    for input in &a.inputs {
        let place = || format!("{}, input `{}`", by(), shown(&input.input));
        let numbers = [
            Some(&input.importance),
            Some(&input.share),
            input.mean.as_ref(),
        ];
        numbers
            .into_iter()
            .flatten()
            .try_for_each(|v| value(v, &place))?;
    }
    for pair in &a.pairs {
        let names = format!(
            "`{}` and `{}`",
            shown(&pair.inputs[0]),
            shown(&pair.inputs[1])
        );
        value(&pair.value, &|| format!("{}, pair {names}", by()))?;
    }
    for check in &a.checks {
        let place = || format!("{}, test `{}`", by(), shown(&check.check));
        check.value.iter().try_for_each(|v| value(v, &place))?;
        all(check.limit.iter(), &place)?;
    }
    Ok(())
}

fn response(response: &Response) -> Result<()> {
    let at = || place("response", &response.input, None, response.group.as_ref());
    for point in &response.points {
        all(point.x.iter(), &at)?;
        value(&point.effect, &at)?;
    }
    Ok(())
}

fn archetype(one: &Archetype) -> Result<()> {
    let at = || place("mean patient", &one.archetype, None, None);
    number(one.base, at)?;
    let parts = one.parts.iter().map(|p| &p.mean);
    parts.chain([&one.end]).try_for_each(|v| value(v, &at))
}

fn lean(lean: &Lean) -> Result<()> {
    let at = || place("attribute", &lean.attribute, None, None);
    let told = lean.inputs.iter().flat_map(|t| [&t.share, &t.told]);
    let without = lean.without.iter().flat_map(|w| [&w.own, &w.change]);
    told.chain(without)
        .chain([&lean.share])
        .try_for_each(|v| value(v, &at))
}

fn equation(card: &EquationCard) -> Result<()> {
    let at = || "equation".to_owned();
    for line in &card.lines {
        all([Some(line.coefficient), line.ratio].iter().flatten(), &at)?;
    }
    for nomogram in &card.nomograms {
        let marks = nomogram.axes.iter().flat_map(|axis| &axis.marks);
        all(marks.map(|mark| &mark.points), &at)?;
        let totals = nomogram.totals.iter();
        all(totals.flat_map(|total| [&total.points, &total.score]), &at)?;
    }
    Ok(())
}

fn value(value: &Value, place: &impl Fn() -> String) -> Result<()> {
    let Value::Known {
        point,
        interval,
        bootstrap,
    } = value
    else {
        return Ok(());
    };
    number(*point, place)?;
    for Interval {
        low,
        high,
        level,
        se,
        ..
    } in [interval, bootstrap].into_iter().flatten()
    {
        let place = || format!("{}, interval", place());
        all(
            [Some(*low), Some(*high), Some(*level), *se]
                .iter()
                .flatten(),
            &place,
        )?;
    }
    Ok(())
}

fn taken(at: Option<At>, place: &impl Fn() -> String) -> Result<()> {
    let at = at.unwrap_or_default();
    all([at.threshold, at.horizon].iter().flatten(), place)
}

fn all<'a>(numbers: impl IntoIterator<Item = &'a f64>, place: &impl Fn() -> String) -> Result<()> {
    numbers.into_iter().try_for_each(|x| number(*x, place))
}

fn number(x: f64, place: impl FnOnce() -> String) -> Result<()> {
    if x.is_finite() {
        return Ok(());
    }
    Err(Error::new("a number of the record is not finite, so no report was made")
        .at(place())
        .help("this is a fault of keur: a number that does not exist must say why; please report it with the study file"))
}

fn place(what: &str, measure: &str, at: Option<At>, group: Option<&Group>) -> String {
    let mut text = format!("{what} `{}`", shown(measure));
    if let Some(threshold) = at.and_then(|at| at.threshold) {
        text.push_str(&format!(" at threshold {threshold}"));
    }
    if let Some(group) = group {
        text.push_str(&format!(" of {}", shown(&group_name(group))));
    }
    text
}

fn of_gap(gap: &Gap) -> String {
    let [level, reference] = &gap.groups;
    let who = format!(
        " by {}, `{}` against `{}`",
        shown(&gap.by),
        shown(level),
        shown(reference)
    );
    place("gap", &gap.measure, gap.at, None) + &who
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CurvePoint, Estimate, FORMAT, Provenance};

    fn record(evidence: Evidence) -> Record {
        Record {
            format: FORMAT.into(),
            title: String::new(),
            provenance: Provenance::default(),
            evidence: vec![evidence],
        }
    }

    #[test]
    fn a_number_that_is_not_finite_is_named() {
        let estimate = Estimate {
            measure: "ppv".into(),
            at: Some(At::threshold(0.2)),
            group: Some(Group::from([("sex".into(), "female".into())])),
            value: Value::point(f64::NAN),
        };
        let evidence = Evidence {
            study: "a".into(),
            estimates: vec![estimate],
            ..Evidence::default()
        };
        let error = check(&record(evidence)).unwrap_err();
        assert_eq!(
            error.at.as_deref(),
            Some("study `a`, estimate `ppv` at threshold 0.2 of sex female")
        );
    }

    #[test]
    fn points_of_curves_are_looked_at_too() {
        let curve = Curve {
            curve: "roc".into(),
            series: "model".into(),
            group: None,
            method: "step".into(),
            points: vec![CurvePoint {
                high: Some(f64::INFINITY),
                ..CurvePoint::new(0.0, 0.0)
            }],
        };
        let evidence = Evidence {
            curves: vec![curve],
            ..Evidence::default()
        };
        assert!(
            check(&record(evidence))
                .unwrap_err()
                .at
                .unwrap()
                .contains("curve `roc` (model)")
        );
        assert!(check(&record(Evidence::default())).is_ok());
    }
}
