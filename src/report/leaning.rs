//! Looks up what a model leans on: which explanation leads, what stands beside it, and where groups differ.

use crate::record::{Attribution, Group, InputShare, Passed, Value};
use crate::report::view::{Member, View};

/// The explainer that asks how much worse the model does without an input.
const PERMUTATION: &str = "permutation";

/// The explanation that leads, and what stands beside it.
pub struct Leaning<'a> {
    /// The leading explanation: the first of everyone that is no permutation, else the first of everyone.
    pub main: &'a Attribution,
    /// Its inputs, the most important first, those without a number last.
    pub inputs: Vec<&'a InputShare>,
    /// The other explanations of everyone, in the order of the record.
    pub others: Vec<&'a Attribution>,
    /// Groups and centres, each attribute's together.
    pub members: Vec<Leaner<'a>>,
}

/// A group and what the model leans on for it.
pub struct Leaner<'a> {
    /// Attribute, or attributes joined by ` × `.
    pub by: String,
    /// Level, or levels joined by ` × `.
    pub level: String,
    /// Its explanation, of the same kind as the leading one; `None` when nobody explained it.
    pub told: Option<&'a Attribution>,
    /// True when there are too few people in it to say much.
    pub small: bool,
}

/// A group whose share of an input lies apart from its reference group's: the intervals do not touch.
pub struct Difference<'a> {
    /// The group.
    pub who: &'a Leaner<'a>,
    /// What it is held against.
    pub reference: &'a Leaner<'a>,
    /// The input.
    pub input: &'a str,
    /// The group's share.
    pub mine: &'a Value,
    /// The reference's share.
    pub theirs: &'a Value,
}

impl<'a> Leaning<'a> {
    /// `None` when the record holds no explanation of everyone.
    pub fn of(view: &View<'a>) -> Option<Self> {
        let everyone = || {
            view.evidence
                .attributions
                .iter()
                .filter(|a| a.group.is_none())
        };
        let main = everyone()
            .find(|a| a.explainer != PERMUTATION)
            .or_else(|| everyone().next())?;
        let others = everyone().filter(|a| !std::ptr::eq(*a, main)).collect();
        Some(Self {
            main,
            inputs: ranked(main),
            others,
            members: members(view, main),
        })
    }

    /// The permutation that stands beside the leading explanation; the proper loss wins.
    pub fn permutations(&self) -> Vec<&'a Attribution> {
        let mut all: Vec<&Attribution> = self
            .others
            .iter()
            .copied()
            .filter(|a| a.explainer == PERMUTATION)
            .collect();
        all.sort_by_key(|a| a.scale);
        all
    }

    /// The group that others of its attribute are held against: the one gaps are counted from, else the largest known.
    pub fn reference(&self, view: &View<'_>, by: &str) -> Option<&Leaner<'a>> {
        let of_it = || {
            self.members
                .iter()
                .filter(|m| m.by == by && m.rows().is_some())
        };
        let named = view
            .evidence
            .gaps
            .iter()
            .find(|gap| gap.by == by)
            .map(|gap| gap.groups[1].as_str());
        of_it().find(|m| Some(m.level.as_str()) == named).or_else(
            // The first of the largest, so that ties do not depend on anything else.
            || of_it().rev().max_by_key(|m| m.rows()),
        )
    }

    /// All differences, the largest first, and how many comparisons were made.
    pub fn differences<'b>(&'b self, view: &View<'_>) -> (Vec<Difference<'b>>, usize) {
        let mut found = Vec::new();
        let mut made = 0;
        for who in &self.members {
            let Some(reference) = self.reference(view, &who.by) else {
                continue;
            };
            if std::ptr::eq(who, reference) {
                continue;
            }
            for input in &self.inputs {
                let (Some(mine), Some(theirs)) =
                    (who.share(&input.input), reference.share(&input.input))
                else {
                    continue;
                };
                let Some(apart) = apart(mine, theirs) else {
                    continue;
                };
                made += 1;
                if apart {
                    found.push(Difference {
                        who,
                        reference,
                        input: &input.input,
                        mine,
                        theirs,
                    });
                }
            }
        }
        found.sort_by(|a, b| b.size().total_cmp(&a.size()));
        (found, made)
    }

    /// Groups about which nothing can be said: not one share of theirs is known.
    pub fn unknown(&self) -> Vec<&Leaner<'a>> {
        self.members.iter().filter(|m| !m.is_known()).collect()
    }
}

impl<'a> Leaner<'a> {
    /// Its share of an input, hidden or not; `None` when the record holds none.
    pub fn share(&self, input: &str) -> Option<&'a Value> {
        let told = self.told?;
        told.inputs
            .iter()
            .find(|i| i.input == input)
            .map(|i| &i.share)
    }

    /// True when at least one share is a number.
    pub fn is_known(&self) -> bool {
        let known = |a: &Attribution| a.inputs.iter().any(|i| i.share.known().is_some());
        self.told.is_some_and(known)
    }

    fn rows(&self) -> Option<u64> {
        self.told
            .filter(|_| self.is_known())
            .and_then(|a| a.rows.known())
    }
}

impl Difference<'_> {
    fn size(&self) -> f64 {
        let [mine, theirs] = [self.mine, self.theirs].map(|v| v.known().unwrap_or(0.0));
        (mine - theirs).abs()
    }
}

/// How the test that the contributions add up came out for an explanation; `None` when it was not made.
pub fn completeness(attribution: &Attribution) -> Option<Passed> {
    attribution
        .checks
        .iter()
        .find(|c| c.check == "completeness")
        .map(|c| c.verdict)
}

/// An explanation's inputs, the most important first, those without a number last, else as they stand.
pub fn ranked(attribution: &Attribution) -> Vec<&InputShare> {
    let size = |i: &&InputShare| i.importance.known().unwrap_or(f64::NEG_INFINITY);
    let mut inputs: Vec<&InputShare> = attribution.inputs.iter().collect();
    inputs.sort_by(|a, b| size(b).total_cmp(&size(a)));
    inputs
}

/// The line of an explanation that speaks of this input, alone or in a group that moves together.
pub fn line_of<'a>(attribution: &'a Attribution, input: &InputShare) -> Option<&'a InputShare> {
    let own = attribution.inputs.iter().find(|i| i.input == input.input);
    own.or_else(|| attribution.inputs.iter().find(|i| covers(i, input)))
}

/// Whether two lines speak of the same input, or one of a group that the other is in.
pub fn covers(a: &InputShare, b: &InputShare) -> bool {
    a.input == b.input || a.together.contains(&b.input) || b.together.contains(&a.input)
}

/// Whether two intervals do not touch; `None` without two intervals.
fn apart(a: &Value, b: &Value) -> Option<bool> {
    let (a, b) = (a.interval()?, b.interval()?);
    Some(a.low > b.high || b.low > a.high)
}

/// Too few explained rows to say much.
fn few(a: &Attribution) -> bool {
    a.rows.known().is_none_or(|n| n < 100)
}

fn members<'a>(view: &View<'a>, main: &Attribution) -> Vec<Leaner<'a>> {
    let same = |a: &&Attribution| {
        let what = |a: &Attribution| a.background.as_ref().map(|b| b.what.clone());
        let background = a.background.is_none() || what(a) == what(main);
        a.explainer == main.explainer && a.scale == main.scale && background
    };
    let all: Vec<&Attribution> = view
        .evidence
        .attributions
        .iter()
        .filter(|a| a.group.is_some())
        .filter(same)
        .collect();
    let told = |group: &Group| {
        all.iter()
            .copied()
            .find(|a| a.group.as_ref() == Some(group))
    };
    let listed: Vec<Member<'a>> = view.groups().into_iter().chain(view.sites()).collect();
    let asked: Vec<&str> = listed
        .iter()
        .filter(|m| told(&m.count.group).is_some())
        .map(|m| m.by.as_str())
        .collect();
    let mut members: Vec<Leaner<'a>> = listed
        .iter()
        .filter(|m| asked.contains(&m.by.as_str()))
        .map(|m| Leaner {
            by: m.by.clone(),
            level: m.level.clone(),
            told: told(&m.count.group),
            small: m.is_small() || told(&m.count.group).is_some_and(few),
        })
        .collect();
    let known = |group: &Group| listed.iter().any(|m| m.count.group == *group);
    for a in all.iter().copied() {
        let Some(group) = a.group.as_ref().filter(|g| !known(g)) else {
            continue;
        };
        let join = |parts: Vec<&str>| parts.join(" × ");
        members.push(Leaner {
            by: join(group.keys().map(String::as_str).collect()),
            level: join(group.values().map(String::as_str).collect()),
            told: Some(a),
            small: few(a),
        });
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Count, Evidence, Interval, Scale};

    fn value(point: f64, half: f64) -> Value {
        let interval = Interval {
            low: point - half,
            high: point + half,
            level: 0.95,
            method: String::new(),
            se: None,
        };
        Value::Known {
            point,
            interval: Some(interval),
            bootstrap: None,
        }
    }

    fn attribution(explainer: &str, sex: Option<&str>, share: Value) -> Attribution {
        Attribution {
            explainer: explainer.into(),
            scale: Scale::Logit,
            group: sex.map(|s| Group::from([("sex".into(), s.into())])),
            rows: Count::Known(if sex == Some("male") { 900 } else { 500 }),
            patients: Count::Known(400),
            background: None,
            inputs: vec![InputShare {
                input: "age".into(),
                together: Vec::new(),
                importance: share.clone(),
                share,
                mean: None,
            }],
            pairs: Vec::new(),
            checks: Vec::new(),
        }
    }

    #[test]
    fn the_first_of_everyone_that_is_no_permutation_leads() {
        let evidence = Evidence {
            attributions: vec![
                attribution("permutation", None, value(0.2, 0.1)),
                attribution("tree-shap", Some("male"), value(0.2, 0.1)),
                attribution("kernel-shap", None, value(0.3, 0.1)),
            ],
            ..Evidence::default()
        };
        let view = View::new(&evidence, 0);
        let leaning = Leaning::of(&view).unwrap();
        assert_eq!(leaning.main.explainer, "kernel-shap");
        assert!(leaning.members.is_empty() && leaning.permutations().len() == 1);
        assert!(Leaning::of(&View::new(&Evidence::default(), 0)).is_none());
    }

    #[test]
    fn groups_differ_only_when_intervals_do_not_touch_and_hidden_ones_are_unknown() {
        let hidden = Value::Masked {
            masked: "<10".into(),
        };
        let mut evidence = Evidence {
            attributions: vec![
                attribution("tree-shap", None, value(0.3, 0.02)),
                attribution("tree-shap", Some("female"), value(0.4, 0.02)),
                attribution("tree-shap", Some("male"), value(0.3, 0.02)),
                attribution("tree-shap", Some("other"), hidden),
            ],
            ..Evidence::default()
        };
        let found = |evidence: &Evidence| {
            let view = View::new(evidence, 0);
            let leaning = Leaning::of(&view).unwrap();
            let (found, made) = leaning.differences(&view);
            let unknown: Vec<String> = leaning.unknown().iter().map(|m| m.level.clone()).collect();
            let levels: Vec<[String; 2]> = found
                .iter()
                .map(|d| [d.who.level.clone(), d.reference.level.clone()])
                .collect();
            (levels, made, unknown)
        };
        let expected = vec![["female".to_owned(), "male".to_owned()]];
        assert_eq!(found(&evidence), (expected, 1, vec!["other".to_owned()]));
        evidence.attributions[1].inputs[0].share = value(0.33, 0.02);
        assert_eq!(found(&evidence).0.len(), 0);
    }
}
