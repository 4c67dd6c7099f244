//! What explanations may say of few people: the part of [`super::disclosure`] that is about attributions.

use super::{COMPLEMENT, Count, Evidence, Group, Value};
use std::collections::BTreeMap;

/// Hides what explanations say of hidden groups.
pub fn hide(evidence: &mut Evidence, hidden: &BTreeMap<Group, &str>) {
    let word_of = |group: &Option<Group>| group.as_ref().and_then(|g| hidden.get(g)).copied();
    for attribution in &mut evidence.attributions {
        let Some(word) = word_of(&attribution.group) else {
            continue;
        };
        attribution.rows = Count::masked(word);
        attribution.patients = Count::masked(word);
        for input in &mut attribution.inputs {
            mask(&mut input.importance, word);
            mask(&mut input.share, word);
            input.mean.iter_mut().for_each(|mean| mask(mean, word));
        }
    }
    for without in evidence.leans.iter_mut().flat_map(|lean| &mut lean.without) {
        if let Some(word) = word_of(&without.group) {
            mask(&mut without.own, word);
            mask(&mut without.change, word);
        }
    }
    let told = |group: &Option<Group>| word_of(group).is_none();
    evidence.responses.retain(|response| told(&response.group));
}

/// Counts along an input add up to the rows that have it: where fewer than `k` rows are left over, the smallest count is hidden.
pub fn protect_missing(evidence: &mut Evidence, k: u64) {
    let everyone = evidence.attributions.iter().filter(|a| a.group.is_none());
    let explained: Vec<u64> = everyone.filter_map(|a| a.rows.known()).collect();
    for response in &mut evidence.responses {
        let mut counts: Vec<&mut Count> = response
            .points
            .iter_mut()
            .filter_map(|point| point.n.as_mut())
            .collect();
        let sum: u64 = counts.iter().filter_map(|count| count.known()).sum();
        let close = |rows: &u64| *rows != sum && rows.abs_diff(sum) < k;
        if explained.iter().any(close)
            && let Some(smallest) = counts.iter_mut().min_by_key(|count| count.known())
        {
            **smallest = Count::masked(COMPLEMENT);
        }
    }
}

/// A study of too few people tells no explanation.
pub fn clear(evidence: &mut Evidence) {
    evidence.attributions.clear();
    evidence.equation = None;
    evidence.responses.clear();
    evidence.archetypes.clear();
    evidence.leans.clear();
}

fn mask(value: &mut Value, word: &str) {
    *value = Value::Masked {
        masked: word.to_owned(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Attribution, InputShare, Response, ResponsePoint, Scale};

    fn evidence() -> Evidence {
        let women = Group::from([("sex".to_owned(), "female".to_owned())]);
        let of = |group: Option<Group>| Attribution {
            explainer: "tree-shap".to_owned(),
            scale: Scale::Logit,
            group,
            rows: 100_u64.into(),
            patients: 100_u64.into(),
            background: None,
            inputs: vec![InputShare {
                input: "age".to_owned(),
                together: Vec::new(),
                importance: Value::point(0.5),
                share: Value::point(0.7),
                mean: Some(Value::point(0.1)),
            }],
            pairs: Vec::new(),
            checks: Vec::new(),
        };
        let point = |n: u64| ResponsePoint {
            x: Some(1.0),
            level: None,
            effect: Value::point(0.2),
            n: Some(n.into()),
        };
        Evidence {
            attributions: vec![of(None), of(Some(women))],
            responses: vec![Response {
                input: "age".to_owned(),
                unit: None,
                method: "ale".to_owned(),
                scale: Scale::Risk,
                group: None,
                points: vec![point(40), point(20), point(37)],
            }],
            ..Evidence::default()
        }
    }

    #[test]
    fn a_hidden_group_keeps_its_name_and_loses_every_number() {
        let mut evidence = evidence();
        let women = evidence.attributions[1].group.clone().unwrap();
        hide(&mut evidence, &BTreeMap::from([(women, "<10")]));
        let text = serde_json::to_string(&evidence.attributions[1]).unwrap();
        assert!(!text.contains("point") && !text.contains("100"), "{text}");
        assert_eq!(evidence.attributions[0].inputs[0].share, Value::point(0.7));
    }

    #[test]
    fn three_rows_without_a_value_cannot_be_counted_by_subtraction() {
        let mut one = evidence();
        protect_missing(&mut one, 10);
        assert_eq!(
            one.responses[0].points[1].n,
            Some(Count::masked(COMPLEMENT))
        );
        let mut other = evidence();
        protect_missing(&mut other, 3);
        assert_eq!(other, evidence());
    }
}
