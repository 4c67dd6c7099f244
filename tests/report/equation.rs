//! The equation of a model that is one, on its page.

use crate::leans::{part, record};
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
