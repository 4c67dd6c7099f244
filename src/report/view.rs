//! Looks things up in one study's evidence.

use crate::record::{Curve, Evidence, Gap, GapKind, Group, GroupCount, Level, Value, Verdict};
use std::collections::BTreeMap;

type Key<'a> = (&'a str, Option<u64>, Option<&'a Group>);

/// One study, indexed for the pages.
pub struct View<'a> {
    /// The evidence itself.
    pub evidence: &'a Evidence,
    /// The decision threshold: the first asked for, else the model's own.
    pub decision: Option<f64>,
    prefix: String,
    index: BTreeMap<Key<'a>, &'a Value>,
}

/// How a study's conditions came out; every finding is in one place only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Blockers and musts that are not met.
    pub not_met: usize,
    /// Blockers and musts that cannot be assessed.
    pub unknown: usize,
    /// Blockers and musts that are met.
    pub met: usize,
    /// Blockers and musts that are not met or cannot be assessed, and are excused.
    pub excused: usize,
    /// Shoulds that are not met or cannot be assessed.
    pub advice: usize,
    /// Conditions that do not concern this study.
    pub aside: usize,
}

impl<'a> View<'a> {
    /// The study at this place (0, 1, …) of the record.
    pub fn new(evidence: &'a Evidence, place: usize) -> Self {
        let mut index = BTreeMap::new();
        for e in &evidence.estimates {
            let threshold = e.at.and_then(|at| at.threshold).map(f64::to_bits);
            index
                .entry((e.measure.as_str(), threshold, e.group.as_ref()))
                .or_insert(&e.value);
        }
        let own = evidence.model.threshold.as_ref().map(|t| t.value);
        Self {
            evidence,
            decision: evidence.thresholds.first().copied().or(own),
            prefix: format!("study-{}", place + 1),
            index,
        }
    }

    /// An id that is unique on the page.
    pub fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// The study's own id.
    pub fn own_id(&self) -> String {
        self.prefix.clone()
    }

    /// A value at a threshold, or without one.
    pub fn value(
        &self,
        measure: &str,
        threshold: Option<f64>,
        group: Option<&Group>,
    ) -> Option<&'a Value> {
        self.index
            .get(&(measure, threshold.map(f64::to_bits), group))
            .copied()
    }

    /// A value without threshold, or else at the decision threshold.
    pub fn headline(&self, measure: &str, group: Option<&Group>) -> Option<&'a Value> {
        let plain = self.value(measure, None, group);
        plain.or_else(|| {
            self.decision
                .and_then(|t| self.value(measure, Some(t), group))
        })
    }

    /// One line of a picture, for everyone.
    pub fn curve(&self, curve: &str, series: &str) -> Option<&'a Curve> {
        self.evidence.curves.iter().find(|c| {
            c.curve == curve && c.series == series && c.group.is_none() && !c.points.is_empty()
        })
    }

    /// Groups that are no centre, each attribute's together, in the order of the record.
    pub fn groups(&self) -> Vec<Member<'a>> {
        self.members(|m| !m.is_site())
    }

    /// The centres.
    pub fn sites(&self) -> Vec<Member<'a>> {
        self.members(Member::is_site)
    }

    fn members(&self, wanted: impl Fn(&Member<'a>) -> bool) -> Vec<Member<'a>> {
        let mut members: Vec<_> = self
            .evidence
            .profile
            .groups
            .iter()
            .map(Member::new)
            .filter(wanted)
            .collect();
        let mut order: Vec<String> = Vec::new();
        for member in &members {
            if !order.contains(&member.by) {
                order.push(member.by.clone());
            }
        }
        members.sort_by_key(|m| (m.count.group.len(), order.iter().position(|by| *by == m.by)));
        members
    }

    /// The member a gap speaks of.
    pub fn member(&self, by: &str, level: &str) -> Option<Member<'a>> {
        self.evidence
            .profile
            .groups
            .iter()
            .map(Member::new)
            .find(|m| m.by == by && m.level == level)
    }

    /// True when a gap of this measure against this group's reference leaves out "no difference".
    pub fn differs(&self, measure: &str, member: &Member<'_>) -> bool {
        self.evidence.gaps.iter().any(|gap| {
            gap.measure == measure
                && gap.by == member.by
                && gap.groups[0] == member.level
                && gap
                    .at
                    .and_then(|at| at.threshold)
                    .is_none_or(|t| Some(t) == self.decision)
                && excludes_none(gap) == Some(true)
        })
    }

    /// `patients` when every row is one, else `cases`.
    pub fn unit(&self) -> &'static str {
        let profile = &self.evidence.profile;
        if profile.rows == profile.patients {
            "patients"
        } else {
            "cases"
        }
    }

    /// The share of rows with the event. Weighted data say it through PPV, alert rate and sensitivity; without them it is
    /// events by rows.
    pub fn prevalence(&self) -> Option<f64> {
        let at = |measure| {
            self.value(measure, self.decision, None)
                .and_then(Value::known)
        };
        let through = match (at("ppv"), at("alert-rate"), at("sensitivity")) {
            (Some(ppv), Some(rate), Some(found)) if found > 0.0 => Some(ppv * rate / found),
            _ => None,
        };
        let profile = &self.evidence.profile;
        let counted = || {
            let rows = profile.rows.known().filter(|n| *n > 0)?;
            Some(profile.events.known()? as f64 / rows as f64)
        };
        let named = self.value("prevalence", None, None).and_then(Value::known);
        named
            .or(through)
            .or_else(counted)
            .filter(|p| (0.0..=1.0).contains(p))
    }

    /// How the conditions came out.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for f in &self.evidence.findings {
            let slot = match (f.verdict, f.level) {
                (Verdict::NotApplicable, _) => &mut tally.aside,
                (Verdict::Met, Level::Should) => continue,
                (_, Level::Should) => &mut tally.advice,
                (Verdict::Met, _) => &mut tally.met,
                _ if f.waived.is_some() => &mut tally.excused,
                (Verdict::NotMet, _) => &mut tally.not_met,
                (Verdict::NotAssessable, _) => &mut tally.unknown,
            };
            *slot += 1;
        }
        tally
    }
}

/// A group with its name in two parts.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    /// Its counts.
    pub count: &'a GroupCount,
    /// Attribute, or attributes joined by ` × `.
    pub by: String,
    /// Level, or levels joined by ` × `.
    pub level: String,
}

impl<'a> Member<'a> {
    fn new(count: &'a GroupCount) -> Self {
        let join = |parts: Vec<&str>| parts.join(" × ");
        Self {
            count,
            by: join(count.group.keys().map(String::as_str).collect()),
            level: join(count.group.values().map(String::as_str).collect()),
        }
    }

    fn is_site(&self) -> bool {
        self.by == "site"
    }

    /// Fewer than 100 rows or 20 events or non-events, or hidden: a number would say little about these people.
    pub fn is_small(&self) -> bool {
        match (self.count.rows.known(), self.count.events.known()) {
            (Some(rows), Some(events)) => {
                rows < 100 || events < 20 || rows.saturating_sub(events) < 20
            }
            _ => true,
        }
    }
}

/// Whether the interval of a gap leaves out "no difference" (0, or 1 for a ratio); `None` without an interval.
pub fn excludes_none(gap: &Gap) -> Option<bool> {
    let none = match gap.kind {
        GapKind::Difference => 0.0,
        GapKind::Ratio => 1.0,
    };
    gap.value.interval().map(|i| i.low > none || i.high < none)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{
        AnsweredBy, At, Count, Estimate, Finding, Interval, Profile, SourceCard, Waived,
    };

    fn finding(level: Level, verdict: Verdict, waived: bool) -> Finding {
        let waived = waived.then(|| Waived {
            reason: "r".into(),
            by: "b".into(),
            until: "2026-01-01".into(),
        });
        Finding {
            condition: "c".into(),
            title: "t".into(),
            level,
            answered_by: AnsweredBy::Measured,
            verdict,
            because: String::new(),
            why: String::new(),
            help: String::new(),
            source: SourceCard::default(),
            waived,
        }
    }

    #[test]
    fn every_finding_is_counted_in_one_place() {
        let findings = vec![
            finding(Level::Blocker, Verdict::NotMet, false),
            finding(Level::Must, Verdict::NotAssessable, false),
            finding(Level::Must, Verdict::NotMet, true),
            finding(Level::Must, Verdict::Met, true),
            finding(Level::Should, Verdict::NotMet, false),
            finding(Level::Should, Verdict::Met, false),
            finding(Level::Must, Verdict::NotApplicable, false),
        ];
        let evidence = Evidence {
            findings,
            ..Evidence::default()
        };
        let expected = Tally {
            not_met: 1,
            unknown: 1,
            met: 1,
            excused: 1,
            advice: 1,
            aside: 1,
        };
        assert_eq!(View::new(&evidence, 0).tally(), expected);
    }

    #[test]
    fn the_share_with_the_event_follows_weights_when_there_are_any() {
        let at = |measure: &str, x| Estimate {
            measure: measure.into(),
            at: Some(At::threshold(0.5)),
            group: None,
            value: Value::point(x),
        };
        let profile = Profile {
            rows: Count::Known(100),
            events: Count::Known(50),
            ..Profile::default()
        };
        let mut evidence = Evidence {
            thresholds: vec![0.5],
            profile,
            ..Evidence::default()
        };
        assert_eq!(View::new(&evidence, 0).prevalence(), Some(0.5));
        evidence.estimates = vec![
            at("ppv", 0.4),
            at("alert-rate", 0.2),
            at("sensitivity", 0.8),
        ];
        let prevalence = View::new(&evidence, 0).prevalence().unwrap();
        assert!((prevalence - 0.1).abs() < 1e-12);
    }

    #[test]
    fn a_gap_that_touches_no_difference_shows_none() {
        let gap = |kind, low, high| Gap {
            measure: "auroc".into(),
            at: None,
            by: "sex".into(),
            kind,
            groups: ["a".into(), "b".into()],
            value: Value::Known {
                point: low,
                interval: Some(Interval {
                    low,
                    high,
                    level: 0.95,
                    method: String::new(),
                    se: None,
                }),
                bootstrap: None,
            },
        };
        assert_eq!(
            excludes_none(&gap(GapKind::Difference, 0.0, 0.1)),
            Some(false)
        );
        assert_eq!(
            excludes_none(&gap(GapKind::Difference, 0.01, 0.1)),
            Some(true)
        );
        assert_eq!(excludes_none(&gap(GapKind::Ratio, 0.9, 0.99)), Some(true));
    }
}
