//! Counts and shares held against bounds.
//!
//! A masked count `<10` stands for "at most 9": it can show that a demand for 100 is not met, never that one is met.

use crate::condition::answer::{Answer, Item, Subject, answer, hidden};
use crate::condition::bounds::{Bounds, Lies, fixed};
use crate::condition::groups::{is_level_of, level_name, levels};
use crate::condition::rule::{CountRule, Counted};
use crate::record::{Count, Evidence, Verdict};

/// The rows, patients and events of everyone or of one group.
struct People<'e> {
    rows: &'e Count,
    patients: &'e Count,
    events: &'e Count,
}

/// The answer to a count.
pub fn count(rule: &CountRule, evidence: &Evidence) -> Answer {
    let profile = &evidence.profile;
    let share = matches!(rule.of, Counted::MissingShare | Counted::ExcludedShare);
    let subject = Subject {
        name: match rule.of {
            Counted::MissingShare => "largest share of missing cells".into(),
            Counted::ExcludedShare => "share of rows left out".into(),
            other => other.word().into(),
        },
        at: String::new(),
        by: (!rule.by.is_empty()).then(|| rule.by.join(" × ")),
        asked: if share {
            rule.bounds.words()
        } else {
            rule.bounds.whole_words()
        },
    };
    let bounds = &rule.bounds;
    let everyone = || {
        let people = People {
            rows: &profile.rows,
            patients: &profile.patients,
            events: &profile.events,
        };
        of_people(String::new(), rule.of, &people, bounds)
    };
    let items = match rule.of {
        _ if profile.rows.known() == Some(0) => {
            vec![Item::missing("", "no row was measured")]
        }
        Counted::MissingShare => vec![missing_share(evidence, bounds)],
        Counted::ExcludedShare => vec![excluded_share(evidence, bounds)],
        Counted::Sites => vec![sites(evidence, bounds)],
        _ if rule.by.is_empty() => vec![everyone()],
        _ => {
            let groups = &profile.groups;
            let mut items: Vec<Item> = groups
                .iter()
                .filter(|g| is_level_of(&g.group, &rule.by))
                .map(|g| {
                    let people = People {
                        rows: &g.rows,
                        patients: &g.patients,
                        events: &g.events,
                    };
                    of_people(level_name(&g.group), rule.of, &people, bounds)
                })
                .collect();
            let uncounted = levels(evidence, &rule.by)
                .into_iter()
                .filter(|level| groups.iter().all(|g| g.group != *level));
            items.extend(uncounted.map(|level| Item::missing(level_name(&level), "not counted")));
            items
        }
    };
    answer(&subject, &items)
}

fn of_people(who: String, of: Counted, people: &People<'_>, bounds: &Bounds) -> Item {
    let count = match of {
        Counted::Patients if people.patients.known() == Some(0) => {
            return Item::missing(who, "patients were not counted");
        }
        Counted::Patients => people.patients.clone(),
        Counted::Events => people.events.clone(),
        Counted::NonEvents => match (people.rows, people.events) {
            (Count::Known(rows), Count::Known(events)) if events <= rows => {
                Count::Known(rows - events)
            }
            (Count::Known(_), Count::Known(_)) => {
                return Item::missing(who, "there are more events than rows");
            }
            (Count::Masked { masked }, _) if masked.starts_with('<') => people.rows.clone(),
            (Count::Masked { masked }, _) | (_, Count::Masked { masked }) => {
                return Item::missing(who, hidden(masked));
            }
        },
        _ => people.rows.clone(),
    };
    let known = match &count {
        Count::Known(n) => Some(*n),
        Count::Masked { .. } => None,
    };
    let verdict = match (known, most(&count)) {
        (Some(n), _) if bounds.hold(n as f64) => Verdict::Met,
        (Some(_), _) => Verdict::NotMet,
        (None, Some(most)) if bounds.place(0.0, most as f64) == Lies::Outside => Verdict::NotMet,
        _ => Verdict::NotAssessable,
    };
    if let (Verdict::NotAssessable, Count::Masked { masked }) = (verdict, &count) {
        return Item::missing(who, hidden(masked));
    }
    Item {
        who,
        verdict,
        number: count.to_string(),
        reason: String::new(),
    }
}

/// The largest number a count can stand for.
fn most(count: &Count) -> Option<u64> {
    match count {
        Count::Known(n) => Some(*n),
        Count::Masked { masked } => masked
            .strip_prefix('<')
            .and_then(|few| few.trim().parse::<u64>().ok())
            .map(|few| few.saturating_sub(1)),
    }
}

fn sites(evidence: &Evidence, bounds: &Bounds) -> Item {
    let sites = levels(evidence, &["site".to_owned()]).len();
    if sites == 0 {
        return Item::missing("", "the study has no groups by `site`");
    }
    Item {
        who: String::new(),
        verdict: met_if(bounds.hold(sites as f64)),
        number: sites.to_string(),
        reason: String::new(),
    }
}

/// The column with the largest share of missing cells. A column whose number is masked as `<10` has at most 9 of them,
/// which is enough to tell when that is still few enough.
fn missing_share(evidence: &Evidence, bounds: &Bounds) -> Item {
    let profile = &evidence.profile;
    let Some(rows) = profile.rows.known() else {
        return Item::missing("", "the number of rows is hidden");
    };
    let mut worst: Option<(u64, &str)> = None;
    let mut least = 0;
    for (column, count) in &profile.missing {
        let Some(most) = most(count) else {
            return Item::missing("", "the number of missing cells is hidden");
        };
        least = least.max(count.known().unwrap_or(0));
        if worst.is_none_or(|(number, _)| most > number) {
            worst = Some((most, column));
        }
    }
    let Some((most, column)) = worst else {
        return Item::missing("", "missing cells were not counted");
    };
    let share = |cells: u64| cells as f64 / rows as f64;
    let (verdict, reason) = match bounds.place(share(least), share(most)) {
        Lies::Inside => (Verdict::Met, ""),
        Lies::Outside => (Verdict::NotMet, ""),
        Lies::Across => (Verdict::NotAssessable, "small numbers are hidden"),
    };
    let number = fixed(share(most), bounds.digits(&[share(most)]));
    let up_to = if most > least { "at most " } else { "" };
    Item {
        who: String::new(),
        verdict,
        number: format!("{up_to}{number} (`{}`)", crate::error::shown(column)),
        reason: reason.into(),
    }
}

fn excluded_share(evidence: &Evidence, bounds: &Bounds) -> Item {
    let flow = &evidence.profile.flow;
    let rows = |step: &str| flow.iter().find(|s| s.step == step).map(|s| &s.rows);
    let (read, kept) = match (rows("read"), rows("kept")) {
        (Some(Count::Known(read)), Some(Count::Known(kept))) if kept <= read && *read > 0 => {
            (*read, *kept)
        }
        (Some(Count::Masked { .. }), _) | (_, Some(Count::Masked { .. })) => {
            return Item::missing("", "the flow is partly hidden");
        }
        _ => return Item::missing("", "the flow of rows is not known"),
    };
    let share = (read - kept) as f64 / read as f64;
    Item {
        who: String::new(),
        verdict: met_if(bounds.hold(share)),
        number: fixed(share, bounds.digits(&[share])),
        reason: String::new(),
    }
}

fn met_if(holds: bool) -> Verdict {
    if holds { Verdict::Met } else { Verdict::NotMet }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::bounds::Edge;
    use crate::record::{Group, GroupCount};

    fn at_least(value: f64) -> Bounds {
        Bounds {
            low: Some(Edge {
                value,
                included: true,
            }),
            high: None,
        }
    }

    fn at_most(value: f64) -> Bounds {
        Bounds {
            low: None,
            high: at_least(value).low,
        }
    }

    fn asked(of: Counted, bounds: Bounds, evidence: &Evidence) -> Answer {
        let rule = CountRule {
            of,
            by: Vec::new(),
            bounds,
        };
        count(&rule, evidence)
    }

    fn masked(text: &str) -> Count {
        Count::Masked {
            masked: text.into(),
        }
    }

    fn study(rows: u64, events: Count) -> Evidence {
        let mut evidence = Evidence::default();
        evidence.profile.rows = Count::Known(rows);
        evidence.profile.patients = Count::Known(rows);
        evidence.profile.events = events;
        evidence
    }

    #[test]
    fn a_masked_count_can_fail_a_demand_and_never_meets_one() {
        let evidence = study(500, masked("<10"));
        for (bounds, verdict) in [
            (at_least(100.0), Verdict::NotMet),
            (at_least(5.0), Verdict::NotAssessable),
            (at_most(100.0), Verdict::NotAssessable),
        ] {
            assert_eq!(asked(Counted::Events, bounds, &evidence).verdict, verdict);
        }
        let complement = study(500, masked("complement"));
        let answer = asked(Counted::Events, at_least(100.0), &complement);
        assert_eq!(answer.verdict, Verdict::NotAssessable);
        let answer = asked(Counted::NonEvents, at_least(100.0), &evidence);
        assert_eq!(answer.verdict, Verdict::NotAssessable);
    }

    #[test]
    fn non_events_are_rows_without_the_event() {
        let evidence = study(500, Count::Known(450));
        let answer = asked(Counted::NonEvents, at_least(100.0), &evidence);
        assert_eq!(answer.verdict, Verdict::NotMet);
        assert_eq!(answer.because, "non-events 50, asked: at least 100");
        let impossible = study(5, Count::Known(450));
        let answer = asked(Counted::NonEvents, at_least(0.0), &impossible);
        assert_eq!(answer.verdict, Verdict::NotAssessable);
    }

    #[test]
    fn the_worst_column_decides_about_missing_cells() {
        let mut evidence = study(200, Count::Known(50));
        let of = |evidence: &Evidence| asked(Counted::MissingShare, at_most(0.05), evidence);
        assert_eq!(of(&evidence).verdict, Verdict::NotAssessable);
        let mut set = |column: &str, count| {
            evidence.profile.missing.insert(column.into(), count);
            of(&evidence)
        };
        assert_eq!(set("age", Count::Known(4)).verdict, Verdict::Met);
        assert_eq!(set("bmi", masked("<10")).verdict, Verdict::Met);
        assert_eq!(set("sex", masked("<20")).verdict, Verdict::NotAssessable);
        let worst = set("smoking", Count::Known(30));
        assert_eq!(worst.verdict, Verdict::NotMet);
        assert!(worst.because.contains("0.15 (`smoking`)"), "{worst:?}");
    }

    #[test]
    fn every_level_must_be_counted() {
        let mut evidence = study(500, Count::Known(50));
        let group = |site: &str| Group::from([("site".to_owned(), site.to_owned())]);
        evidence.profile.groups.push(GroupCount {
            group: group("A"),
            rows: Count::Known(300),
            patients: Count::Known(300),
            events: Count::Known(40),
        });
        let rule = CountRule {
            of: Counted::Events,
            by: vec!["site".into()],
            bounds: at_least(20.0),
        };
        assert_eq!(count(&rule, &evidence).verdict, Verdict::Met);
        evidence.estimates.push(crate::record::Estimate {
            measure: "auroc".into(),
            at: None,
            group: Some(group("B")),
            value: crate::record::Value::point(0.7),
        });
        let answer = count(&rule, &evidence);
        assert_eq!(answer.verdict, Verdict::NotAssessable);
        assert!(answer.because.contains("B, not counted"), "{answer:?}");
    }

    #[test]
    fn the_flow_says_how_many_rows_were_left_out() {
        let mut evidence = study(80, Count::Known(50));
        let answer = asked(Counted::ExcludedShare, at_most(0.1), &evidence);
        assert_eq!(answer.verdict, Verdict::NotAssessable);
        for (step, rows) in [("read", 100), ("kept", 80)] {
            evidence.profile.flow.push(crate::record::FlowStep {
                step: step.into(),
                reason: String::new(),
                rows: Count::Known(rows),
                patients: Count::Known(rows),
            });
        }
        let answer = asked(Counted::ExcludedShare, at_most(0.1), &evidence);
        assert_eq!(
            answer.because,
            "share of rows left out 0.20, asked: at most 0.10"
        );
        assert_eq!(answer.verdict, Verdict::NotMet);
    }
}
