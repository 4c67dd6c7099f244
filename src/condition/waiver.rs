//! Excuses with a reason, a name and a date, that answer for themselves.

use crate::record::{AnsweredBy, Evidence, Finding, Level, SourceCard, Verdict, Waived};
use crate::sheet::Section;
use jiff::civil::Date;

/// An excuse for one condition: `[[waiver]]` in a study file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Id of the condition; `house/enough-events` means the same as `enough-events`.
    pub condition: String,
    /// The study it is for; all of them when absent.
    pub study: Option<String>,
    /// Why it is excused.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Until which day, included.
    pub until: Date,
    /// File and line.
    pub place: String,
}

/// Reads one `[[waiver]]`. Problems are noted in the section, and then there is no waiver.
pub fn read(section: &Section<'_>) -> Option<Waiver> {
    let condition = section.need_text("condition");
    let study = if section.has("study") {
        Some(section.need_text("study"))
    } else {
        None
    };
    let reason = section.need_text("reason");
    let by = section.need_text("by");
    if !section.has("until") {
        section.missing("until");
    }
    let until = section.date("until")?;
    let empty = |text: &String| text.trim().is_empty();
    if [&condition, &reason, &by].into_iter().any(empty) || study.as_ref().is_some_and(empty) {
        return None;
    }
    Some(Waiver {
        condition,
        study,
        reason,
        by,
        until,
        place: section.place("condition"),
    })
}

impl Waiver {
    fn is_for(&self, finding: &Finding) -> bool {
        self.condition_id() == finding.condition
    }

    fn condition_id(&self) -> &str {
        match self.condition.rsplit_once('/') {
            Some((_, id)) => id,
            None => &self.condition,
        }
    }

    fn names(&self, study: &str) -> bool {
        self.study.as_deref().is_none_or(|named| named == study)
    }
}

/// Marks what is validly excused: findings that are not met or not assessable, up to and including the last day. An
/// expired waiver, and one that excuses nothing, becomes a finding of its own (`waiver-in-date`, a must;
/// `waiver-used`, a should) on the study it names, or on the first study. Those findings cannot be waived.
pub fn apply(waivers: &[Waiver], evidence: &mut [Evidence], today: Date) {
    let mut spoken = Vec::new();
    for waiver in waivers {
        if waiver.until < today {
            spoken.push((waiver, expired(waiver)));
            continue;
        }
        let mut used = false;
        let mut others = Vec::new();
        for one in evidence.iter_mut().filter(|one| waiver.names(&one.study)) {
            for finding in one.findings.iter_mut().filter(|f| waiver.is_for(f)) {
                let open = matches!(finding.verdict, Verdict::NotMet | Verdict::NotAssessable);
                if open && finding.waived.is_none() {
                    used = true;
                    finding.waived = Some(Waived {
                        reason: waiver.reason.clone(),
                        by: waiver.by.clone(),
                        until: waiver.until.to_string(),
                    });
                } else {
                    others.push(match (open, finding.verdict) {
                        (true, _) => "already excused by another waiver",
                        (false, Verdict::NotApplicable) => "not applicable",
                        _ => "met",
                    });
                }
            }
        }
        if !used {
            let known = evidence.iter().any(|one| waiver.names(&one.study));
            spoken.push((waiver, unused(waiver, known, others.first().copied())));
        }
    }
    for (waiver, finding) in spoken {
        let named = evidence.iter().position(|one| waiver.names(&one.study));
        if let Some(one) = evidence.get_mut(named.unwrap_or(0)) {
            one.findings.push(finding);
        }
    }
}

fn expired(waiver: &Waiver) -> Finding {
    finding(
        "waiver-in-date",
        "Waivers are in date",
        Level::Must,
        format!(
            "the waiver for `{}` by {} ({}) ended on {}",
            waiver.condition, waiver.by, waiver.place, waiver.until
        ),
        "An excuse without an end becomes a habit.",
        "Meet the condition, or have somebody excuse it anew with a reason and a date.",
    )
}

fn unused(waiver: &Waiver, study_is_known: bool, other: Option<&str>) -> Finding {
    let because = match (study_is_known, other) {
        (false, _) => format!(
            "there is no study `{}`",
            waiver.study.as_deref().unwrap_or_default()
        ),
        (true, Some(other)) => format!("the condition is {other}"),
        (true, None) => "no study was judged on that condition".to_owned(),
    };
    finding(
        "waiver-used",
        "Waivers excuse something",
        Level::Should,
        format!(
            "the waiver for `{}` by {} ({}) excuses nothing: {because}",
            waiver.condition, waiver.by, waiver.place
        ),
        "A waiver that excuses nothing hides the day on which it would.",
        "Take the waiver out, or correct its condition and study.",
    )
}

fn finding(id: &str, title: &str, level: Level, because: String, why: &str, help: &str) -> Finding {
    Finding {
        condition: id.into(),
        title: title.into(),
        level,
        answered_by: AnsweredBy::Declared,
        verdict: Verdict::NotMet,
        because,
        why: why.into(),
        help: help.into(),
        source: SourceCard {
            name: "keur".into(),
            item: None,
            link: None,
            verified: true,
        },
        waived: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Outcome, Record};
    use crate::sheet::Sheet;
    use jiff::civil::date;

    fn judged(study: &str, condition: &str, verdict: Verdict) -> Evidence {
        let mut given = finding(condition, "", Level::Must, String::new(), "", "");
        given.verdict = verdict;
        Evidence {
            study: study.into(),
            findings: vec![given],
            ..Evidence::default()
        }
    }

    fn waiver(condition: &str, study: Option<&str>) -> Waiver {
        Waiver {
            condition: condition.into(),
            study: study.map(Into::into),
            reason: "recalibration is planned".into(),
            by: "the board".into(),
            until: date(2027, 1, 31),
            place: "study.toml:9".into(),
        }
    }

    fn outcome(evidence: &[Evidence]) -> Outcome {
        Record {
            format: String::new(),
            title: String::new(),
            provenance: Default::default(),
            evidence: evidence.to_vec(),
        }
        .outcome()
    }

    #[test]
    fn a_valid_waiver_excuses_on_its_last_day_and_not_after() {
        for (today, excused) in [(date(2027, 1, 31), true), (date(2027, 2, 1), false)] {
            let mut evidence = [judged("s", "slope", Verdict::NotMet)];
            apply(&[waiver("house/slope", None)], &mut evidence, today);
            let findings = &evidence[0].findings;
            assert_eq!(findings[0].waived.is_some(), excused);
            assert_eq!(outcome(&evidence) == Outcome::AllMet, excused);
            if !excused {
                assert_eq!(findings[1].condition, "waiver-in-date");
                assert_eq!(findings[1].level, Level::Must);
                assert!(findings[1].because.contains("2027-01-31"));
            }
        }
    }

    #[test]
    fn a_waiver_that_excuses_nothing_speaks_up_on_the_study_it_names() {
        let today = date(2026, 12, 1);
        for (waiver, study, because) in [
            (waiver("slope", None), 0, "the condition is met"),
            (waiver("slop", None), 0, "no study was judged"),
            (waiver("slope", Some("b")), 1, "the condition is met"),
            (waiver("slope", Some("c")), 0, "no study `c`"),
        ] {
            let mut evidence = ["a", "b"].map(|s| judged(s, "slope", Verdict::Met));
            apply(&[waiver], &mut evidence, today);
            let spoken = &evidence[study].findings[1];
            assert_eq!(spoken.condition, "waiver-used");
            assert_eq!(spoken.level, Level::Should);
            assert!(spoken.because.contains(because), "{}", spoken.because);
            assert!(
                evidence
                    .iter()
                    .flat_map(|e| &e.findings)
                    .all(|f| f.waived.is_none())
            );
        }
    }

    #[test]
    fn a_waiver_reaches_only_the_study_it_names() {
        let mut evidence = ["a", "b"].map(|s| judged(s, "slope", Verdict::NotAssessable));
        apply(
            &[waiver("slope", Some("b"))],
            &mut evidence,
            date(2026, 12, 1),
        );
        assert!(evidence[0].findings[0].waived.is_none());
        assert!(evidence[1].findings[0].waived.is_some());
        assert_eq!(outcome(&evidence), Outcome::NotAssessable);
    }

    #[test]
    fn no_waiver_excuses_what_a_waiver_says_of_itself() {
        let mut evidence = [judged("s", "slope", Verdict::NotMet)];
        let mut old = waiver("slope", None);
        old.until = date(2020, 1, 1);
        let excuse = waiver("waiver-in-date", None);
        apply(&[old, excuse], &mut evidence, date(2026, 12, 1));
        assert!(evidence[0].findings.iter().all(|f| f.waived.is_none()));
        assert_eq!(outcome(&evidence), Outcome::NotMet);
    }

    #[test]
    fn a_waiver_without_reason_name_or_date_is_a_problem() {
        let text =
            "[[waiver]]\ncondition = \"slope\"\nreason = \" \"\nuntil = 2027-01-31\nfrom = 1";
        let sheet = Sheet::parse(text, "study.toml").unwrap();
        let read: Vec<_> = sheet.top().sections("waiver").iter().map(read).collect();
        assert_eq!(read, [None]);
        let problems: Vec<String> = sheet.finish().iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 3, "{problems:#?}");
        assert!(problems.iter().any(|p| p.contains("`reason` is empty")));
        assert!(problems.iter().any(|p| p.contains("`by` is missing")));
        assert!(problems.iter().any(|p| p.contains("unknown key `from`")));
    }
}
