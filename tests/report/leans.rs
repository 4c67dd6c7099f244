//! What the pages say of what the model leans on: what the record holds, no more, and what it does not hold as unknown.

use crate::leaning::{self, value};
use crate::{made_up, page, xml};
use keur::record::*;
use keur::report;
use std::fs;

/// One explained study.
pub fn record() -> Record {
    let mut record = made_up::record();
    record.evidence.truncate(1);
    record
}

/// The part of the page that says what the first study leans on.
pub fn part(record: &Record) -> String {
    let html = page(record, "html");
    let from = html.find("<section id=\"study-1-leans\"").unwrap();
    let rest = &html[from..];
    let next = |name: &str| rest.find(&format!("<section id=\"study-1-{name}\""));
    rest[..next("notes").or(next("model")).unwrap()].to_owned()
}

/// The drawing of a figure, without its caption.
fn drawing<'a>(part: &'a str, id: &str) -> &'a str {
    let from = part.find(&format!("<figure id=\"study-1-{id}\"")).unwrap();
    let svg = &part[from..][part[from..].find("</desc>").unwrap()..];
    &svg[..svg.find("<figcaption>").unwrap()]
}

/// Every number of an attribution, a response, a mean patient and an attribute, hidden.
fn all_hidden(mut record: Record) -> Record {
    fn hide(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Array(items) => items.iter_mut().for_each(hide),
            serde_json::Value::Object(map) if map.contains_key("point") => {
                *value = serde_json::json!({ "masked": "complement" });
            }
            serde_json::Value::Object(map) => map.values_mut().for_each(hide),
            _ => {}
        }
    }
    fn through<T: serde::Serialize + serde::de::DeserializeOwned>(items: &mut T) {
        let mut json = serde_json::to_value(&*items).unwrap();
        hide(&mut json);
        *items = serde_json::from_value(json).unwrap();
    }
    for e in &mut record.evidence {
        through(&mut e.attributions);
        through(&mut e.responses);
        through(&mut e.archetypes);
        through(&mut e.leans);
    }
    record
}

#[test]
fn the_first_sentence_is_made_from_the_numbers_and_not_from_their_order() {
    let mut record = record();
    let main = &mut record.evidence[0].attributions[0];
    for (i, input) in main.inputs.iter_mut().enumerate() {
        let share = [0.4, 0.2, 0.1, 0.08, 0.06].get(i).copied().unwrap_or(0.02);
        input.share = value(share, 0.015);
        input.importance = value(share, 0.015);
    }
    let said = "It leans most on <strong>age</strong> (40\u{a0}% of all contributions, 95\u{a0}% interval 38 to 42), \
                then on <strong>lactate</strong> (20\u{a0}%, 95\u{a0}% interval 18 to 22) and \
                <strong>respiratory rate</strong> (10\u{a0}%, 95\u{a0}% interval 8 to 12); \
                the first 5 of 11 inputs carry 84\u{a0}%.";
    let html = part(&record);
    assert!(html.contains(said), "{}", &html[..900]);
    record.evidence[0].attributions[0].inputs.reverse();
    assert!(part(&record).contains(said));
}

#[test]
fn it_always_says_that_this_is_the_model_and_no_cause() {
    let caution = "This describes the model, not the disease and not a cause.";
    let record = record();
    assert!(part(&record).matches(caution).count() >= 5);
    assert!(page(&record, "markdown").contains(caution));
}

#[test]
fn groups_that_differ_are_named_and_groups_that_are_hidden_are_unknown() {
    let mut record = record();
    let html = part(&record);
    assert!(html.contains("differs: look"));
    assert!(
        html.contains("By sex: lactate carries 16\u{a0}% (15 to 17) for female, against 22\u{a0}%")
    );
    assert!(html.contains("No difference shown by age-band and origin."));
    assert!(html.contains("Unknown for sex other, origin unknown and site Day clinic."));
    let everyone = record.evidence[0].attributions[0].inputs.clone();
    for a in &mut record.evidence[0].attributions {
        if a.group.is_some() && a.inputs[0].share.known().is_some() {
            a.inputs = everyone.clone();
        }
    }
    let html = part(&record);
    assert!(html.contains("no difference shown") && !html.contains("differs: look"));
    assert!(!html.contains("†</text>"));
}

#[test]
fn a_hidden_cell_is_a_question_mark_and_never_a_zero() {
    let html = part(&record());
    let heat = drawing(&html, "leans-heat-0");
    // Three groups of eight cells: one too small, one that would give it away, one that nobody explained.
    assert_eq!(heat.matches(">?</text>").count(), 24);
    let row = html
        .lines()
        .find(|l| l.starts_with("<tr><th scope=\"row\">other<"));
    let row = row.unwrap();
    assert_eq!(row.matches("<strong>?</strong>").count(), 8, "{row}");
    assert!(!row.contains("0.") && !row.contains("%"), "{row}");
}

#[test]
fn with_every_number_hidden_no_number_stands_on_the_page() {
    let mut record = all_hidden(record());
    let html = part(&record);
    assert!(drawing(&html, "leans-patient-0").contains("the bars do not lead to the end"));
    // Where contributions start and where an input was followed are no estimates, and stand where they stood.
    record.evidence[0].archetypes.clear();
    let points = record.evidence[0]
        .responses
        .iter_mut()
        .flat_map(|r| &mut r.points);
    points.for_each(|p| p.x = p.x.map(f64::floor));
    let html = part(&record);
    assert!(html.contains("What it leans on cannot be said from this explanation: hidden."));
    xml::elements(&format!("<html>{html}</html>")).unwrap();
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => (inside, _) = (false, text.push('\n')),
            c if !inside => text.push(c),
            _ => {}
        }
    }
    // What is written in the words themselves, and the limits of the tests.
    for known in [
        "+0.69",
        "−0.69",
        "95\u{a0}%",
        "95 %",
        "100 %",
        "0.50",
        "0.60",
        "1.0 ×",
    ] {
        text = text.replace(known, "");
    }
    let left: Vec<&str> = text
        .lines()
        .filter(|l| {
            let chars: Vec<char> = l.chars().collect();
            chars
                .windows(3)
                .any(|w| w[1] == '.' && w[0].is_ascii_digit() && w[2].is_ascii_digit())
                || l.contains("\u{a0}%")
        })
        .collect();
    assert_eq!(left, Vec::<&str>::new());
}

#[test]
fn a_failed_completeness_test_stands_on_every_picture_of_that_explanation() {
    let mut record = record();
    let warning = "The completeness test failed";
    let pictures = [
        "leans-bars",
        "leans-heat-0",
        "leans-pairs-0",
        "leans-patient-0",
    ];
    let html = part(&record);
    assert!(
        pictures
            .iter()
            .all(|id| !drawing(&html, id).contains(warning))
    );
    leaning::explain(&mut record.evidence[0], false);
    let html = part(&record);
    for id in pictures {
        assert!(drawing(&html, id).contains(warning), "{id}");
    }
    assert!(!drawing(&html, "leans-along-0").contains(warning));
    assert!(html.contains("✗</span> a test failed"));
    assert!(html.contains("failed: completeness (TreeSHAP) and faithfulness (TreeSHAP)"));
    let checks = &mut record.evidence[0].attributions[0].checks;
    checks[0].verdict = Passed::NotAssessable;
    let html = part(&record);
    assert!(drawing(&html, "leans-bars").contains("could not be tested"));
}

#[test]
fn a_shortcut_is_said_at_once() {
    let mut record = record();
    assert!(part(&record).contains("cannot be told for all"));
    leaning::explain(&mut record.evidence[0], false);
    let html = part(&record);
    assert!(html.contains(
        "<strong>site</strong> (shortcut, 38\u{a0}% (36 to 40) of all contributions): the centre alone"
    ));
    record.evidence[0].leans.clear();
    assert!(part(&record).contains("No attribute was tested for it."));
}

#[test]
fn permutation_that_names_other_inputs_is_not_called_agreement() {
    let mut record = record();
    assert!(part(&record).contains("All of the first 5 inputs are also among the first 5"));
    let permutation = &mut record.evidence[0].attributions[1];
    permutation.inputs[0].importance = value(-0.1, 0.01);
    permutation.inputs[1].importance = leaning::hidden("<10");
    let html = part(&record);
    assert!(html.contains("Of the first 5 inputs, 3 are also among the first 5"));
    assert!(html.contains("missing there: age and lactate"));
}

#[test]
fn mean_patients_that_do_not_add_up_say_so() {
    let mut record = record();
    let one = &mut record.evidence[0].archetypes[0];
    one.end = value(one.base, 0.1);
    let html = part(&record);
    assert!(drawing(&html, "leans-patient-0").contains("unexplained"));
    assert!(drawing(&html, "leans-patient-3").contains("? 1 contribution is not known"));
    assert!(drawing(&html, "leans-patient-3").contains("? hidden"));
    assert!(!html.contains("Not in the record: the mean"));
    record.evidence[0].archetypes.remove(1);
    let said =
        "Not in the record: the mean of those who had the event, and the model did not alert.";
    assert!(part(&record).contains(said));
}

#[test]
fn what_the_pages_do_not_know_is_shown_as_it_is_and_harmless() {
    let mut record = record();
    let nasty = "my<b>own&explainer";
    for a in &mut record.evidence[0].attributions {
        if a.explainer == "tree-shap" {
            a.explainer = nasty.into();
            a.checks
                .iter_mut()
                .for_each(|c| c.check = "new<test>".into());
            a.pairs
                .iter_mut()
                .for_each(|p| p.measure = "new<measure>".into());
        }
    }
    record.evidence[0].archetypes[0].archetype = "new<patients>".into();
    let html = part(&record);
    for shown in [
        "my&lt;b&gt;own&amp;explainer",
        "new&lt;test&gt;",
        "new&lt;measure&gt;",
        "new&lt;patients&gt;",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
    assert!(!html.contains("<b>"));
    // None of the tests that the pages know was made, and that is said.
    assert!(html.contains("Not made: completeness, faithfulness, randomisation"));
}

#[test]
fn without_an_explanation_one_sentence_says_why() {
    let mut record = made_up::record();
    let broken = page(&record, "html");
    assert!(broken.contains("<strong>No explanation was made: </strong>the study did not finish."));
    record.evidence.truncate(1);
    let e = &mut record.evidence[0];
    e.attributions.clear();
    (e.responses, e.archetypes, e.leans) = Default::default();
    assert!(part(&record).contains("No explanation was made: </strong>the record holds none. What the model leans on is not known."));
    record.evidence[0].model.format = "treat-all".into();
    assert!(part(&record).contains("a strategy to compare with, and it looks at no input."));
    let note = "no explanation was made: the model `ward` takes pictures";
    record.evidence[0].notes.push(note.into());
    record.evidence[0]
        .notes
        .push("the model was not explained: too few".into());
    assert!(
        part(&record)
            .contains("</strong>the model <code>ward</code> takes pictures. What the model")
    );
}

#[test]
fn tests_of_the_explanation_stand_in_the_summary_and_in_junit() {
    let record = record();
    let markdown = page(&record, "markdown");
    assert!(
        markdown.contains("**What the model leans on**")
            || markdown.contains("### What the model leans on")
    );
    let line = markdown
        .lines()
        .find(|l| l.starts_with("| **completeness**"));
    assert!(line.unwrap().contains("✓ passed"), "{line:?}");
    assert!(markdown.contains("? not assessable no card declares a measurement error."));
    let junit = page(&record, "junit");
    let elements = xml::elements(&junit).unwrap();
    let property = |name: &str| {
        let found = elements
            .iter()
            .find(|(n, a)| n == "property" && a["name"] == name);
        found.map(|(_, a)| a["value"].clone()).unwrap_or_default()
    };
    assert!(property("explanation tree-shap faithfulness").starts_with("passed: "));
    assert!(property("lean device").starts_with("not assessable: "));
}

#[test]
fn numbers_of_explanations_that_are_not_finite_are_refused_with_their_place() {
    type Spoil = fn(&mut Evidence);
    let spoils: [(Spoil, &str); 8] = [
        (
            |e| e.attributions[0].inputs[1].share = Value::point(f64::NAN),
            "input `lactate`",
        ),
        (
            |e| e.attributions[0].inputs[0].mean = Some(Value::point(f64::INFINITY)),
            "input `age`",
        ),
        (
            |e| e.attributions[0].pairs[0].value = Value::point(f64::NAN),
            "pair `age` and `lactate`",
        ),
        (
            |e| e.attributions[0].checks[1].limit = Some(f64::NAN),
            "test `faithfulness`",
        ),
        (
            |e| e.responses[0].points[2].x = Some(f64::NAN),
            "response `age`",
        ),
        (
            |e| e.archetypes[1].base = f64::NAN,
            "mean patient `events-missed`",
        ),
        (
            |e| e.leans[1].without[0].change = Value::point(f64::NAN),
            "attribute `sex`",
        ),
        (
            |e| e.attributions[0].background.as_mut().unwrap().base = Value::point(f64::NAN),
            "background",
        ),
    ];
    for (spoil, place) in spoils {
        let mut record = record();
        spoil(&mut record.evidence[0]);
        for format in report::all() {
            let at = (format.render)(&record).unwrap_err().at.unwrap();
            assert!(at.contains(place), "{at}");
        }
    }
}

#[test]
fn a_record_from_before_explanations_still_reads_and_makes_every_page() {
    let mut record = record();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.json");
    let mut old: serde_json::Value = serde_json::from_str(&page(&record, "json")).unwrap();
    let study = old["evidence"][0].as_object_mut().unwrap();
    for name in ["attributions", "responses", "archetypes", "leans"] {
        assert!(study.remove(name).is_some());
    }
    fs::write(&path, old.to_string()).unwrap();
    let read = report::read_record(&path).unwrap();
    let e = &mut record.evidence[0];
    e.attributions.clear();
    (e.responses, e.archetypes, e.leans) = Default::default();
    assert_eq!(read, record);
    assert!(part(&read).contains("No explanation was made"));
}
