//! What every measure on the shelf must obey, and proof that a wrong measure is caught.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use keur::measure::{Best, Binary, Computed, Measure, Tally, all};
use support::{Random, Sample};

const THRESHOLD: f64 = 0.3;

/// Something that claims to be a measure.
struct Subject {
    name: String,
    best: Best,
    range: [f64; 2],
    value: Box<dyn Fn(&Sample) -> Computed>,
}

/// A law: what it says of a subject, or how it is broken.
type Law = fn(&Subject) -> Result<(), String>;

fn taken(measure: &Measure, sample: &Sample) -> Computed {
    let at = measure.per_threshold.then_some(0);
    (measure.compute)(&Tally::of(&Binary::new(&sample.rows(), &[THRESHOLD])), at)
}

fn shelf() -> Vec<Subject> {
    all()
        .map(|measure| Subject {
            name: measure.id.to_owned(),
            best: measure.best,
            range: measure.range,
            value: Box::new(|sample| taken(measure, sample)),
        })
        .collect()
}

/// A measure of the shelf that does something else to its rows first.
fn planted(id: &'static str, fault: fn(&mut Sample)) -> Subject {
    let measure = keur::measure::find(id).unwrap();
    Subject {
        name: format!("faulty {id}"),
        best: measure.best,
        range: measure.range,
        value: Box::new(move |sample| {
            let mut sample = sample.clone();
            fault(&mut sample);
            taken(measure, &sample)
        }),
    }
}

fn same(a: Computed, b: Computed, tolerance: f64) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => (a - b).abs() <= tolerance * (1.0 + a.abs()),
        (a, b) => a == b,
    }
}

/// Samples with ties, without, small and large.
fn samples() -> Vec<Sample> {
    let mut samples: Vec<Sample> = [(1, 40), (2, 300), (3, 1500)]
        .map(|(s, n)| Sample::synthetic(s, n))
        .into();
    let mut tied = Sample::synthetic(4, 400);
    tied.score
        .iter_mut()
        .for_each(|p| *p = (*p * 20.0).round() / 20.0);
    samples.push(tied);
    samples
}

fn pick(sample: &Sample, rows: &[usize]) -> Sample {
    let outcome: Vec<f64> = rows
        .iter()
        .map(|&i| f64::from(u8::from(sample.event[i])))
        .collect();
    let score: Vec<f64> = rows.iter().map(|&i| sample.score[i]).collect();
    let mut picked = Sample::new(&outcome, &score);
    picked.weight = sample
        .weight
        .as_ref()
        .map(|w| rows.iter().map(|&i| w[i]).collect());
    picked
}

/// Weight k is k copies; weight zero is absence.
fn weights_are_copies(subject: &Subject) -> Result<(), String> {
    for (seed, sample) in samples().iter().enumerate() {
        let mut random = Random(seed as u64);
        let copies: Vec<usize> = sample
            .score
            .iter()
            .map(|_| (random.next() % 4) as usize)
            .collect();
        let rows: Vec<usize> = (0..copies.len()).flat_map(|i| vec![i; copies[i]]).collect();
        let mut weighted = sample.clone();
        weighted.weight = Some(copies.iter().map(|&c| c as f64).collect());
        let [a, b] = [
            (subject.value)(&weighted),
            (subject.value)(&pick(sample, &rows)),
        ];
        if !same(a, b, 1e-8) {
            return Err(format!("{}: weighted {a:?}, copied {b:?}", subject.name));
        }
    }
    Ok(())
}

fn row_order_is_irrelevant(subject: &Subject) -> Result<(), String> {
    for (seed, sample) in samples().iter().enumerate() {
        let mut sample = sample.clone();
        let mut random = Random(100 + seed as u64);
        sample.weight = Some(
            sample
                .score
                .iter()
                .map(|_| 0.1 + random.uniform())
                .collect(),
        );
        let mut rows: Vec<usize> = (0..sample.score.len()).collect();
        rows.sort_by_cached_key(|_| random.next());
        let [a, b] = [
            (subject.value)(&sample),
            (subject.value)(&pick(&sample, &rows)),
        ];
        if !same(a, b, 1e-9) {
            return Err(format!(
                "{}: {a:?} in one order, {b:?} in another",
                subject.name
            ));
        }
    }
    Ok(())
}

fn values_stay_in_range(subject: &Subject) -> Result<(), String> {
    for sample in samples() {
        if let Ok(value) = (subject.value)(&sample)
            && !(subject.range[0]..=subject.range[1]).contains(&value)
        {
            return Err(format!(
                "{}: {value} lies outside {:?}",
                subject.name, subject.range
            ));
        }
    }
    Ok(())
}

/// A model that knows the outcome reaches the end of the range, and nobody does better; a calibrated model is on target.
fn the_perfect_model_is_best(subject: &Subject) -> Result<(), String> {
    if let Best::At(target) = subject.best {
        // k of ten events at risk k / 10
        let rows: Vec<(f64, f64)> = (1..10)
            .flat_map(|k| {
                (0..10).map(move |row| (f64::from(u8::from(row < k)), f64::from(k) / 10.0))
            })
            .collect();
        let (outcome, score): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
        let value = (subject.value)(&Sample::new(&outcome, &score));
        return match value {
            Ok(value) if (value - target).abs() < 1e-8 => Ok(()),
            other => Err(format!(
                "{}: {other:?} for a calibrated model, not {target}",
                subject.name
            )),
        };
    }
    for sample in samples() {
        let mut perfect = sample.clone();
        perfect.score = sample
            .event
            .iter()
            .map(|&e| f64::from(u8::from(e)))
            .collect();
        let (Ok(best), Ok(other)) = ((subject.value)(&perfect), (subject.value)(&sample)) else {
            continue;
        };
        // a net benefit ends where prevalence and threshold let it, all else at the end of its range
        let measure = subject.name.split(' ').next_back().unwrap_or_default();
        let reaches = !["net-benefit", "net-benefit-over-treat-all"].contains(&measure);
        let worse = match subject.best {
            Best::High => best < other || (reaches && best < subject.range[1] - 1e-9),
            Best::Low => best > other || (reaches && best > subject.range[0] + 1e-9),
            _ => false,
        };
        if worse {
            return Err(format!(
                "{}: {best} for a perfect model, {other} for another",
                subject.name
            ));
        }
    }
    Ok(())
}

/// A number that exists is finite; one that does not says why.
fn undefined_is_never_nan(subject: &Subject) -> Result<(), String> {
    for (name, sample) in edges() {
        if let Ok(value) = (subject.value)(&sample)
            && !value.is_finite()
        {
            return Err(format!("{}: {value} for {name}", subject.name));
        }
    }
    Ok(())
}

fn edges() -> Vec<(&'static str, Sample)> {
    let sample = |y: &[f64], p: &[f64]| Sample::new(y, p);
    let mut weightless = sample(&[0.0, 1.0], &[0.2, 0.7]);
    weightless.weight = Some(vec![0.0, 0.0]);
    let mut half = sample(&[0.0, 1.0, 1.0], &[0.2, 0.7, 0.1]);
    half.weight = Some(vec![1.0, 0.0, 0.0]);
    let mut points = sample(&[0.0, 1.0, 1.0, 0.0], &[-3.0, 7.0, 100.0, 2.0]);
    points.probability = false;
    vec![
        ("no rows", sample(&[], &[])),
        ("one event", sample(&[1.0], &[0.4])),
        ("one non-event", sample(&[0.0], &[0.4])),
        ("only events", sample(&[1.0; 20], &[0.1; 20])),
        ("only non-events at zero", sample(&[0.0; 20], &[0.0; 20])),
        ("a constant score", sample(&[0.0, 1.0, 1.0], &[0.5; 3])),
        (
            "certain and wrong",
            sample(&[0.0, 1.0, 1.0], &[1.0, 0.0, 0.5]),
        ),
        ("certain and right", sample(&[0.0, 1.0], &[0.0, 1.0])),
        ("perfect order", sample(&[0.0, 0.0, 1.0], &[0.1, 0.2, 0.9])),
        ("no weight", weightless),
        ("no weight for events", half),
        ("points, no probabilities", points),
    ]
}

const LAWS: [(&str, Law); 5] = [
    ("weights are copies", weights_are_copies),
    ("row order is irrelevant", row_order_is_irrelevant),
    ("values stay in range", values_stay_in_range),
    ("the perfect model is best", the_perfect_model_is_best),
    ("undefined is never NaN", undefined_is_never_nan),
];

#[test]
fn every_measure_on_the_shelf_keeps_the_laws() {
    for subject in shelf() {
        for (name, law) in LAWS {
            if let Err(broken) = law(&subject) {
                panic!("{name}: {broken}");
            }
        }
    }
}

fn breaks(subject: &Subject, law: &str) {
    let (_, law) = LAWS.iter().find(|(name, _)| *name == law).unwrap();
    assert!(law(subject).is_err(), "{} went unnoticed", subject.name);
}

#[test]
fn softmaxed_weights_are_caught() {
    for measure in all().filter(|m| m.id != "log-loss-clipped") {
        let faulty = planted(measure.id, |sample| {
            if let Some(weight) = &mut sample.weight {
                weight.iter_mut().for_each(|w| *w = w.exp());
            }
        });
        breaks(&faulty, "weights are copies");
    }
}

#[test]
fn a_swapped_outcome_is_caught() {
    for measure in all().filter(|m| matches!(m.best, Best::High | Best::Low)) {
        let faulty = planted(measure.id, |sample| {
            sample.event.iter_mut().for_each(|e| *e = !*e)
        });
        // with everyone wrong and certain some measures do not exist; the range or the order then tells
        let caught = LAWS.iter().any(|(_, law)| law(&faulty).is_err());
        let infinite = measure.id == "log-loss";
        assert!(caught || infinite, "{} went unnoticed", faulty.name);
    }
    breaks(
        &planted("auroc", |s| s.event.iter_mut().for_each(|e| *e = !*e)),
        "the perfect model is best",
    );
}

#[test]
fn other_planted_faults_are_caught() {
    let forgets = planted("brier", |sample| sample.weight = None);
    breaks(&forgets, "weights are copies");
    let first = planted("sensitivity", |sample| {
        sample.event.truncate(20);
    });
    breaks(&first, "row order is irrelevant");
    let recalibrated = planted("oe-ratio", |sample| {
        sample.score.iter_mut().for_each(|p| *p *= 0.9)
    });
    breaks(&recalibrated, "the perfect model is best");
    let broken = |value: f64| Subject {
        name: format!("always {value}"),
        best: Best::High,
        range: [0.0, 1.0],
        value: Box::new(move |_| Ok(value)),
    };
    breaks(&broken(f64::NAN), "undefined is never NaN");
    breaks(&broken(1.5), "values stay in range");
}
