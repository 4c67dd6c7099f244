//! The two models fitted on the synthetic development draw, as the texts of their files.

use super::Admission;
use super::fitting::{self, Facts};
use std::error::Error;
use std::fmt::Write as _;

/// An input: its name, how it is read from an admission, what stands in when it was not recorded, and what it is reduced by.
struct Input {
    name: &'static str,
    read: fn(&Admission) -> Option<f64>,
    typical: f64,
    log: bool,
    /// Points below an upper bound, the lowest band first.
    points: &'static [(f64, u8)],
}

const INPUTS: [Input; 7] = [
    Input {
        name: "age",
        read: |admission| Some(admission.age),
        typical: 66.0,
        log: false,
        points: &[(50.0, 0), (65.0, 1), (80.0, 2), (REST, 3)],
    },
    Input {
        name: "respiratory-rate",
        read: |admission| admission.respiratory_rate,
        typical: 18.0,
        log: false,
        points: &[(21.0, 0), (25.0, 2), (REST, 3)],
    },
    Input {
        name: "heart-rate",
        read: |admission| admission.heart_rate,
        typical: 86.0,
        log: false,
        points: &[(91.0, 0), (111.0, 1), (131.0, 2), (REST, 3)],
    },
    Input {
        name: "systolic-pressure",
        read: |admission| admission.systolic,
        typical: 134.0,
        log: false,
        points: &[(91.0, 3), (101.0, 2), (111.0, 1), (REST, 0)],
    },
    Input {
        name: "creatinine",
        read: |admission| admission.creatinine,
        typical: 84.0,
        log: true,
        points: &[(110.0, 0), (171.0, 1), (REST, 2)],
    },
    Input {
        name: "crp",
        read: |admission| admission.crp,
        typical: 22.0,
        log: true,
        points: &[(10.0, 0), (100.0, 1), (REST, 2)],
    },
    Input {
        name: "earlier-admissions",
        read: |admission| Some(admission.earlier),
        typical: 0.0,
        log: false,
        points: &[(1.0, 0), (3.0, 1), (REST, 2)],
    },
];
/// The bound of a band without one.
const REST: f64 = f64::INFINITY;
/// Totals from here on share one risk.
const TOP: u8 = 12;

impl Input {
    fn value(&self, admission: &Admission) -> f64 {
        (self.read)(admission).unwrap_or(self.typical)
    }

    fn term(&self, admission: &Admission) -> f64 {
        let scale = |value: f64| if self.log { value.ln() } else { value };
        scale(self.value(admission)) - rounded(scale(self.typical))
    }

    fn points(&self, admission: &Admission) -> u8 {
        let value = self.value(admission);
        let band = self.points.iter().find(|(below, _)| value < *below);
        band.map_or(0, |(_, points)| *points)
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Admissions without an impossible measurement, as the dataset card excludes them.
fn possible(development: &[Admission]) -> Vec<&Admission> {
    let is_possible = |admission: &&Admission| {
        admission.systolic.is_none_or(|mmhg| mmhg <= 300.0)
            && admission.heart_rate.is_none_or(|rate| rate >= 20.0)
    };
    development.iter().filter(is_possible).collect()
}

/// The logistic regression.
pub fn logistic(development: &[Admission]) -> Result<(String, Facts), Box<dyn Error>> {
    let rows = possible(development);
    let events: Vec<bool> = rows.iter().map(|admission| admission.died).collect();
    let terms: Vec<Vec<f64>> = rows
        .iter()
        .map(|admission| INPUTS.iter().map(|input| input.term(admission)).collect())
        .collect();
    let fitted = fitting::fit(&terms, &events).ok_or("the logistic regression does not settle")?;
    let fitted: Vec<f64> = fitted.into_iter().map(rounded).collect();
    let mut text = format!("{MADE}link = \"logistic\"\nintercept = {}\n", fitted[0]);
    for (input, coefficient) in INPUTS.iter().zip(&fitted[1..]) {
        write!(text, "\n[[terms]]\ninput = \"{}\"\n", input.name)?;
        if input.log {
            writeln!(text, "transform = \"log\"")?;
            writeln!(text, "centre = {}", rounded(input.typical.ln()))?;
        } else if input.typical != 0.0 {
            writeln!(text, "centre = {}", input.typical)?;
        }
        writeln!(text, "coefficient = {coefficient}")?;
    }
    let predictors: Vec<f64> = terms
        .iter()
        .map(|row| fitting::predictor(&fitted, row))
        .collect();
    Ok((text, Facts::of(&predictors, &events)))
}

/// The point score and the risk that belongs to each total.
pub fn points(development: &[Admission]) -> Result<(String, Facts), Box<dyn Error>> {
    let rows = possible(development);
    let events: Vec<bool> = rows.iter().map(|admission| admission.died).collect();
    let totals: Vec<f64> = rows
        .iter()
        .map(|admission| INPUTS.iter().map(|input| input.points(admission)).sum())
        .map(|total: u8| f64::from(total.min(TOP)))
        .collect();
    let one: Vec<Vec<f64>> = totals.iter().map(|total| vec![*total]).collect();
    let fitted = fitting::fit(&one, &events).ok_or("the risk of the points does not settle")?;
    let risk = |total: f64| (fitting::risk(fitted[0] + fitted[1] * total) * 1e3).round() / 1e3;
    let mut text = format!("{MADE}link = \"identity\"\n");
    for input in &INPUTS {
        write!(
            text,
            "\n[[terms]]\ninput = \"{}\"\npoints = [\n",
            input.name
        )?;
        for (below, points) in input.points {
            let bound = bound(*below);
            writeln!(text, "    {{ {bound}points = {points} }},")?;
        }
        writeln!(text, "]")?;
    }
    writeln!(text, "\n[risk]\ntable = [")?;
    for total in 0..=TOP {
        let (below, risk) = (f64::from(total) + 1.0, risk(f64::from(total)));
        let bound = bound(if total < TOP { below } else { REST });
        writeln!(text, "    {{ {bound}risk = {risk} }},")?;
    }
    writeln!(text, "]")?;
    let predictors: Vec<f64> = totals
        .iter()
        .map(|total| risk(*total))
        .map(|risk| (risk / (1.0 - risk)).ln())
        .collect();
    Ok((text, Facts::of(&predictors, &events)))
}

fn bound(below: f64) -> String {
    if below < REST {
        format!("below = {below}, ")
    } else {
        String::new()
    }
}

const MADE: &str = "# made by datasets/make_synthetic.rs: change that, not this\n";
