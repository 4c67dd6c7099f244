//! The equation of a model that is one, on its page.

use crate::leans::{part, record};
use crate::{page, xml};
use keur::record::*;
use keur::report;

#[test]
fn a_model_that_is_an_equation_shows_it_whole() {
    let mut record = record();
    assert!(!part(&record).contains("The equation itself"));
    let line = |what: &str, coefficient: f64, ratio: Option<f64>| EquationLine {
        when: String::new(),
        inputs: Vec::new(),
        what: what.into(),
        coefficient,
        ratio,
    };
    record.evidence[0].equation = Some(EquationCard {
        scale: Scale::Logit,
        lines: vec![
            line("intercept", -2.5, None),
            line("<i>age</i> / 10", 0.405, Some(1.499)),
        ],
        nomograms: Vec::new(),
    });
    let html = part(&record);
    assert!(html.contains("&lt;i&gt;age&lt;/i&gt; / 10") && html.contains("−2.5000"));
    assert!(html.contains("+0.4050") && html.contains("1.50"));
    record.evidence[0].equation.as_mut().unwrap().lines[1].coefficient = f64::NAN;
    let error = (report::find("html").unwrap().render)(&record).unwrap_err();
    assert!(error.at.unwrap().contains("equation"));
}

fn axis(input: &str, marks: &[(&str, f64)]) -> NomogramAxis {
    let mark = |(label, points): &(&str, f64)| NomogramMark {
        label: (*label).into(),
        points: *points,
    };
    NomogramAxis {
        input: input.into(),
        unit: Some("years".into()),
        marks: marks.iter().map(mark).collect(),
    }
}

/// Totals from 0 to 250, with a risk of a half at 150.
fn nomogram(axes: Vec<NomogramAxis>) -> NomogramCard {
    let total = |i: i32| {
        let points = f64::from(i) * 50.0;
        let score = 1.0 / (1.0 + (-(points - 150.0) / 20.0).exp());
        NomogramTotal { points, score }
    };
    NomogramCard {
        when: String::new(),
        axes,
        totals: (0..6).map(total).collect(),
    }
}

fn with(nomograms: Vec<NomogramCard>) -> Record {
    let mut record = record();
    record.evidence[0].equation = Some(EquationCard {
        scale: Scale::Logit,
        lines: Vec::new(),
        nomograms,
    });
    record
}

/// The figure of a stratum, from its first to its last letter.
fn figure(html: &str, place: usize) -> &str {
    let name = format!("<figure id=\"study-1-leans-nomogram-{place}\"");
    let rest = &html[html.find(&name).unwrap()..];
    &rest[..rest.find("</figure>").unwrap()]
}

/// The horizontal place of a text in a drawing, which must stand there once.
fn x_of(figure: &str, text: &str) -> f64 {
    let before: Vec<&str> = figure.split(&format!(">{text}</text>")).collect();
    assert_eq!(before.len(), 2, "`{text}`");
    let tag = &before[0][before[0].rfind("<text").unwrap()..];
    let x = &tag[tag.find("x=\"").unwrap() + 3..];
    x[..x.find('"').unwrap()].parse().unwrap()
}

#[test]
fn marks_of_a_nomogram_stand_at_their_points_and_risks_at_their_totals() {
    let axes = vec![
        axis("age", &[("21", 0.0), ("43", 31.0), ("89", 100.0)]),
        axis("sex", &[("female", 0.0), ("male", 7.5)]),
    ];
    let html = part(&with(vec![nomogram(axes)]));
    let figure = figure(&html, 0);
    let [left, right] = [x_of(figure, "21"), x_of(figure, "89")];
    let near = |text: &str, share: f64| {
        let x = x_of(figure, text);
        assert!(
            (x - left - share * (right - left)).abs() < 0.11,
            "{text} at {x}"
        );
    };
    near("43", 0.31);
    near("male", 0.075);
    near("90", 0.9);
    near("50\u{a0}%", 150.0 / 250.0);
    near("10\u{a0}%", (150.0 - 20.0 * 9_f64.ln()) / 250.0);
    assert!(figure.contains("age, years: 21 counts 0.0, 43 counts 31.0, 89 counts 100.0."));
    assert!(figure.contains("add up the points of all lines. The total gives the risk"));
    assert!(figure.contains("This describes the model, not the disease and not a cause."));
    assert!(page(&with(vec![nomogram(Vec::new())]), "html").contains("The equation itself"));
}

#[test]
fn only_the_longest_scales_and_the_first_strata_are_drawn_and_it_says_so() {
    let names: Vec<String> = (0..15).map(|i| format!("input-{i}")).collect();
    let axes = |skip: f64| {
        let all = names.iter().enumerate();
        let one = |(i, name): (usize, &String)| axis(name, &[("0", 0.0), ("1", i as f64 + skip)]);
        all.map(one).collect::<Vec<_>>()
    };
    let html = part(&with((0..6).map(|_| nomogram(axes(0.25))).collect()));
    let first = figure(&html, 0);
    assert!(first.contains("Of 15 inputs only the 12 with the longest scale are drawn"));
    assert!(first.contains("the other 3 count in the total too, at most 3.8 points together"));
    assert!(first.contains(">input-3</text>") && !first.contains(">input-2</text>"));
    figure(&html, 3);
    assert!(!html.contains("leans-nomogram-4"));
    assert!(html.contains("Of 6 nomograms, one for each stratum, only the first 4 are drawn"));
}

#[test]
fn a_hostile_nomogram_breaks_no_page() {
    let mut hostile = nomogram(vec![
        axis(
            "<script>x</script>",
            &[("\"><b>", 0.0), ("]]>&", 50.0), ("far", 1e308)],
        ),
        axis("none", &[]),
        axis("flat", &[("a", 0.0), ("b", 0.0), ("c", 0.0)]),
    ]);
    hostile.when = "<i>women</i>".into();
    hostile.totals[5].points = f64::MAX;
    hostile.totals[0].points = f64::MIN;
    let html = part(&with(vec![hostile.clone()]));
    xml::elements(&format!("<html>{html}</html>")).unwrap();
    assert!(!html.contains("<script>") && !html.contains("<b>") && !html.contains("<i>"));
    let drawn = figure(&html, 0);
    assert!(drawn.contains("outside 0 to 100 points: 1 value."));
    assert!(drawn.contains("For want of room 1 value is only a short stroke"));
    assert!(drawn.contains("What a total means is not in the record."));
    assert!(!drawn.contains("NaN") && !drawn.contains("inf\""));
    for broken in [0, 1, 2] {
        let mut nomogram = hostile.clone();
        match broken {
            0 => nomogram.axes[0].marks[0].points = f64::NAN,
            1 => nomogram.totals[1].points = f64::INFINITY,
            _ => nomogram.totals[1].score = f64::NAN,
        }
        let error = (report::find("html").unwrap().render)(&with(vec![nomogram])).unwrap_err();
        assert!(error.at.unwrap().contains("equation"));
    }
}
