//! Pages made from a record that no run made: whole, well-formed, harmless, equal, and never half-written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

mod equation;
mod files;
mod judged;
mod leaning;
mod leans;
mod made_up;
mod numbers;
mod responding;
mod xml;

use keur::record::{Count, Level, Record, Value, Verdict};
use keur::report::{self, Format};
use std::fs;

fn page(record: &Record, format: &str) -> String {
    let bytes = (report::find(format).unwrap().render)(record).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn formats() -> Vec<&'static Format> {
    report::all().iter().collect()
}

/// Every string that could come from a file, replaced by something nasty.
fn hostile() -> Record {
    let nasty = "\u{1b}<script>alert('x')</script> ]]> \" & | `b` **c** [d](javascript:e) \u{202e}<img src=x onerror=y>\n# f";
    let text = serde_json::to_string(&made_up::record()).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    const KEPT: [&str; 25] = [
        "format",
        "task",
        "score",
        "kind",
        "missing",
        "roles",
        "outside",
        "repeats",
        "level",
        "answered_by",
        "verdict",
        "undefined",
        "masked",
        "curve",
        "scale",
        "series",
        "measure",
        "step",
        "until",
        "seconds",
        "started",
        "machine",
        "method",
        "rows",
        "patients",
    ];
    fn spoil(value: &mut serde_json::Value, nasty: &str) {
        match value {
            serde_json::Value::String(text) => *text = format!("{text}{nasty}"),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|v| spoil(v, nasty)),
            serde_json::Value::Object(map) => {
                let names: Vec<String> = map.keys().cloned().collect();
                for name in names {
                    let names = ["group", "models", "datasets"].contains(&name.as_str());
                    if names && let Some(serde_json::Value::Object(inner)) = map.get_mut(&name) {
                        *inner = std::mem::take(inner)
                            .into_iter()
                            .map(|(k, v)| (format!("{k}{nasty}"), v))
                            .collect();
                    }
                    if !KEPT.contains(&name.as_str())
                        && let Some(inner) = map.get_mut(&name)
                    {
                        spoil(inner, nasty);
                    }
                }
            }
            _ => {}
        }
    }
    spoil(&mut value, nasty);
    serde_json::from_value(value).unwrap()
}

#[test]
fn every_format_renders_and_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let out =
        std::env::var_os("KEUR_REPORT_OUT").map_or_else(|| folder.path().to_owned(), Into::into);
    let written = report::write(&made_up::record(), &out, &formats()).unwrap();
    let names: Vec<_> = written
        .iter()
        .map(|p| p.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["report.html", "record.json", "junit.xml", "report.md"]
    );
    assert!(
        written
            .iter()
            .all(|p| fs::metadata(p).unwrap().len() > 1000)
    );
    assert_eq!(report::parts(&out).len(), 0);
}

#[test]
fn the_page_is_well_formed_and_fetches_nothing() {
    for record in [made_up::record(), hostile()] {
        let html = page(&record, "html");
        let elements = xml::elements(&html).unwrap();
        for (name, attributes) in &elements {
            assert!(
                ![
                    "script", "iframe", "object", "embed", "img", "link", "base", "form"
                ]
                .contains(&name.as_str()),
                "{name}"
            );
            assert!(!attributes.contains_key("src"));
            assert!(
                attributes.keys().all(|key| !key.starts_with("on")),
                "{attributes:?}"
            );
            if let Some(to) = attributes.get("href") {
                assert!(
                    name == "a" && (to.starts_with('#') || to.starts_with("https://example.org/")),
                    "{to}"
                );
            }
        }
        assert!(!html.contains("<script") && !html.contains("url(") && !html.contains("@import"));
    }
}

#[test]
fn every_way_on_the_page_leads_somewhere() {
    let html = page(&made_up::record(), "html");
    let elements = xml::elements(&html).unwrap();
    let ids: Vec<&String> = elements.iter().filter_map(|(_, a)| a.get("id")).collect();
    for (_, attributes) in &elements {
        let ways = attributes
            .get("href")
            .and_then(|to| to.strip_prefix('#'))
            .map(str::to_owned);
        let labels = attributes
            .get("aria-labelledby")
            .map(String::as_str)
            .unwrap_or_default()
            .split_whitespace();
        for id in ways.into_iter().chain(labels.map(str::to_owned)) {
            assert!(ids.contains(&&id), "{id}");
        }
    }
    let headings: Vec<u8> = elements
        .iter()
        .filter_map(|(n, _)| n.strip_prefix('h')?.parse().ok())
        .collect();
    assert_eq!(headings.iter().filter(|h| **h == 1).count(), 1);
    assert!(
        headings.windows(2).all(|w| w[1] <= w[0] + 1),
        "{headings:?}"
    );
    let tables = elements.iter().filter(|(n, _)| n == "table").count();
    assert_eq!(
        elements.iter().filter(|(n, _)| n == "caption").count(),
        tables
    );
    let pictures = elements
        .iter()
        .filter(|(n, a)| n == "svg" && a.get("role").is_some_and(|r| r == "img"))
        .count();
    assert_eq!(
        elements.iter().filter(|(n, _)| n == "desc").count(),
        pictures
    );
}

#[test]
fn names_from_files_stay_names() {
    let record = hostile();
    let markdown = page(&record, "markdown");
    assert!(!markdown.contains("<script") && !markdown.contains("<img"));
    assert!(!markdown.replace("\\]", "").contains("](javascript"));
    let rows = markdown.lines().filter(|l| l.starts_with('|'));
    assert!(rows.clone().count() > 30);
    for line in rows {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!((3..=13).contains(&bars), "{line}");
    }
    xml::elements(&page(&record, "junit")).unwrap();
    let back: Record = serde_json::from_str(&page(&record, "json")).unwrap();
    assert_eq!(back, record);
}

#[test]
fn junit_counts_what_it_holds() {
    let record = made_up::record();
    let elements = xml::elements(&page(&record, "junit")).unwrap();
    let count = |name: &str| elements.iter().filter(|(n, _)| n == name).count();
    let findings = || record.evidence.iter().flat_map(|e| &e.findings);
    let asked = |v: Verdict| {
        findings()
            .filter(|f| f.verdict == v && f.level != Level::Should && f.waived.is_none())
            .count()
    };
    assert_eq!(count("testsuite"), 3);
    assert_eq!(count("testcase"), findings().count() + 1);
    assert_eq!(count("failure"), asked(Verdict::NotMet));
    assert_eq!(count("error"), asked(Verdict::NotAssessable) + 1);
    let total = &elements.iter().find(|(n, _)| n == "testsuites").unwrap().1;
    for (name, element) in [
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ] {
        assert_eq!(total[name], count(element).to_string(), "{name}");
    }
    let messages: Vec<&String> = elements
        .iter()
        .filter(|(n, _)| n == "skipped")
        .map(|(_, a)| &a["message"])
        .collect();
    assert!(messages.iter().any(|m| m.starts_with("advice: not met")));
    assert!(messages.iter().any(|m| m.contains("until 2026-03-01")));
    assert!(messages.iter().any(|m| m.starts_with("does not apply")));
}

#[test]
fn the_answer_is_told_in_people_and_in_conditions() {
    let html = page(&made_up::record(), "html");
    assert!(html.contains("Of 10 conditions that must hold, 2 are not met, 2 cannot be assessed, 1 is excused and 5 are met."));
    assert!(html.contains("<strong>83 have the event</strong>"));
    assert!(html.contains("SYNTHETIC"));
    assert!(html.contains("This study did not finish"));
    assert!(html.contains("excused by waiver") && html.contains("Dr J. de Vries"));
    assert!(html.contains("not declared"));
}

#[test]
fn hidden_numbers_stay_hidden_in_every_format() {
    let mut record = made_up::record();
    for evidence in &mut record.evidence {
        for group in &mut evidence.profile.groups {
            if group.rows.known().is_some_and(|n| n == 388) {
                group.rows = Count::Masked {
                    masked: "<10".into(),
                };
                group.events = Count::Masked {
                    masked: "<10".into(),
                };
                for e in evidence
                    .estimates
                    .iter_mut()
                    .filter(|e| e.group.as_ref() == Some(&group.group))
                {
                    e.value = Value::Masked {
                        masked: "<10".into(),
                    };
                }
            }
        }
        for gap in evidence
            .gaps
            .iter_mut()
            .filter(|g| g.groups[0] == "unknown")
        {
            gap.value = Value::Masked {
                masked: "<10".into(),
            };
        }
    }
    let hidden = |text: &str| text.matches("<10").count() + text.matches("&lt;10").count();
    for format in ["html", "markdown", "json"] {
        let text = page(&record, format);
        assert!(
            hidden(&text) > hidden(&page(&made_up::record(), format)),
            "{format}"
        );
    }
    let html = page(&record, "html");
    let row = html
        .lines()
        .find(|l| l.contains(">unknown<") && l.starts_with("<tr>"))
        .unwrap();
    assert!(
        row.matches("&lt;10").count() >= 8 && !row.contains("0."),
        "{row}"
    );
}

#[test]
fn equal_records_make_equal_bytes_and_times_do_not_show() {
    let record = made_up::record();
    let mut later = record.clone();
    later.provenance.started = "2031-07-09T23:59:59Z".into();
    later.provenance.seconds = 777.25;
    later.provenance.threads = 8;
    later.provenance.machine.os = "plan9".into();
    for format in ["html", "markdown", "junit"] {
        assert_eq!(page(&record, format), page(&later, format), "{format}");
    }
    assert_eq!(page(&record, "json"), page(&record, "json"));
    assert!(page(&record, "json").ends_with("}\n"));
}

#[test]
fn a_record_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let record = made_up::record();
    let written = report::write(&record, folder.path(), &[report::find("json").unwrap()]).unwrap();
    assert_eq!(report::read_record(&written[0]).unwrap(), record);
}

#[test]
fn numbers_that_are_not_finite_are_refused_everywhere() {
    let mut record = made_up::record();
    record.evidence[1].estimates[3].value = Value::point(f64::NAN);
    for format in report::all() {
        let error = (format.render)(&record).unwrap_err();
        let at = error.at.unwrap();
        assert!(
            at.contains("ward-score-at-seven-centres") && at.contains("scaled-brier"),
            "{at}"
        );
    }
}

#[test]
fn a_record_with_nothing_in_it_still_makes_every_page() {
    let mut record = made_up::record();
    record.evidence = vec![keur::record::Evidence::default()];
    let html = page(&record, "html");
    xml::elements(&html).unwrap();
    assert!(
        html.contains("No condition was judged")
            && html.contains("nothing can be said about who is served worse")
    );
    record.evidence.clear();
    for format in ["html", "markdown", "junit", "json"] {
        assert!(!page(&record, format).is_empty());
    }
}
