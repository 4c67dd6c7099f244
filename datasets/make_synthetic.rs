//! Makes `datasets/synthetic-seven-centres/data.csv` and the two models fitted on a separate synthetic development draw.
//!
//! ```text
//! cargo run --release --example make-synthetic
//! ```
//!
//! No row describes a person. What is planted, so that a report has something to find:
//! the vendor's risk is too high in centre C and too low in centre F, and too low for women everywhere; origin D is so small
//! that it must be masked within centres; a few measurements are impossible, some are missing; patients come back; patients
//! share an unobserved frailty over their admissions. The logistic model is fitted on the process that makes the data.

#[path = "make_synthetic_models.rs"]
mod fitted;
#[path = "../models/fitting.rs"]
mod fitting;

use std::error::Error;
use std::f64::consts::TAU;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

/// Patients in the shipped cohort.
const PATIENTS: u64 = 20_000;
/// Patients of the development draw, of whom nobody is in the cohort.
const DEVELOPMENT: u64 = 12_000;
const SEED: u64 = 20_260_101;
const DEVELOPMENT_SEED: u64 = 20_250_101;
/// Key of the pseudonyms; public, because nobody stands behind them.
const PSEUDONYM_KEY: u64 = 0x6b65_7572;
/// Quarters from 2022-Q1 to 2024-Q4.
const QUARTERS: u64 = 12;

/// One synthetic centre.
struct Centre {
    name: &'static str,
    /// Share of the patients.
    share: f64,
    /// Mean of the neighbourhoods' score, in standard deviations.
    score: f64,
    /// What its care adds to the log odds of death.
    care: f64,
    /// What the vendor's model wrongly adds to the log odds.
    vendor_error: f64,
}

const fn centre(name: &'static str, share: f64, score: f64, care: f64, error: f64) -> Centre {
    Centre {
        name,
        share,
        score,
        care,
        vendor_error: error,
    }
}

const CENTRES: [Centre; 7] = [
    centre("centre A", 0.24, 0.2, 0.0, 0.0),
    centre("centre B", 0.20, -0.3, 0.08, 0.0),
    centre("centre C", 0.16, 0.1, -0.05, 0.75),
    centre("centre D", 0.14, 0.0, 0.05, 0.0),
    centre("centre E", 0.11, -0.5, -0.08, 0.0),
    centre("centre F", 0.09, 0.4, 0.03, -0.75),
    centre("centre G", 0.06, 0.0, 0.0, 0.0),
];

/// Broad groups of origin and their shares; the letters stand for no real group.
const ORIGINS: [(&str, f64); 5] = [
    ("origin A", 0.80),
    ("origin B", 0.12),
    ("origin C", 0.05),
    ("origin D", 0.003),
    ("unknown", 0.027),
];
/// Cut points of the standard normal score that make five equal parts.
const QUINTILES: [f64; 4] = [-0.8416, -0.2533, 0.2533, 0.8416];

/// One admission, as the hospital would have recorded it; nothing where it was not recorded.
pub struct Admission {
    pseudonym: u64,
    centre: &'static str,
    female: bool,
    /// Years.
    age: f64,
    /// 1 (lowest fifth) to 5.
    ses: Option<usize>,
    origin: &'static str,
    quarter: u64,
    /// Admissions in the year before.
    earlier: f64,
    /// Per minute.
    respiratory_rate: Option<f64>,
    /// Per minute.
    heart_rate: Option<f64>,
    /// mmHg.
    systolic: Option<f64>,
    /// µmol/L.
    creatinine: Option<f64>,
    /// mg/L.
    crp: Option<f64>,
    died: bool,
    vendor: Option<f64>,
}

/// Random numbers from a counter: a stream for each patient, so that none depends on another.
struct Stream(u64);

/// SplitMix64's output function (Steele, Lea and Flood 2014).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl Stream {
    fn new(seed: u64, patient: u64) -> Self {
        Self(mix(mix(seed).wrapping_add(patient)))
    }

    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        ((mix(self.0) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn happens(&mut self, chance: f64) -> bool {
        self.uniform() < chance
    }

    /// Standard normal (Box and Muller 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    /// Which of the shares a draw falls into.
    fn pick(&mut self, shares: impl Iterator<Item = f64>) -> usize {
        let mut left = self.uniform();
        let mut last = 0;
        for (i, share) in shares.enumerate() {
            last = i;
            left -= share;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    fn poisson(&mut self, mean: f64) -> f64 {
        let (mut product, mut count) = (self.uniform(), 0.0);
        while product > (-mean).exp() {
            product *= self.uniform();
            count += 1.0;
        }
        count
    }
}

/// All admissions of one patient, the first one first; none after death.
fn patient(seed: u64, number: u64) -> Vec<Admission> {
    let mut draw = Stream::new(seed, number);
    let pseudonym = mix(mix(PSEUDONYM_KEY ^ seed).wrapping_add(number)) >> 16;
    let centre = &CENTRES[draw.pick(CENTRES.iter().map(|centre| centre.share))];
    let female = draw.happens(0.49);
    let age = loop {
        let age = (66.0 + 16.0 * draw.normal()).round();
        if (18.0..=100.0).contains(&age) {
            break age;
        }
    };
    let score = centre.score + draw.normal();
    let ses = 1 + QUINTILES.iter().filter(|cut| score >= **cut).count();
    let ses = (!draw.happens(0.02)).then_some(ses);
    let origin = ORIGINS[draw.pick(ORIGINS.iter().map(|origin| origin.1))].0;
    let frailty = draw.normal();
    let wanted = 1 + draw.pick([0.785, 0.155, 0.045, 0.015].into_iter());
    let mut quarter = (draw.uniform() * QUARTERS as f64) as u64;

    let mut admissions: Vec<Admission> = Vec::new();
    for before in 0..wanted {
        if before > 0 {
            quarter += 1 + (draw.uniform() * 3.0) as u64;
        }
        if quarter >= QUARTERS {
            break;
        }
        let severity = 0.4 * frailty + 0.9 * draw.normal();
        let older = age - 66.0;
        let earlier = draw.poisson((-0.9 + 0.3 * frailty + 0.01 * older).exp()) + before as f64;
        let respiratory_rate = measured(18.0 + 1.8 * severity + 2.8 * draw.normal(), 8.0, 50.0);
        let heart_rate = measured(86.0 + 6.0 * severity + 16.0 * draw.normal(), 35.0, 190.0);
        let systolic = 134.0 - 7.0 * severity + 0.15 * older + 20.0 * draw.normal();
        let systolic = measured(systolic, 60.0, 235.0);
        let male = f64::from(u8::from(!female));
        let kidneys = 0.006 * older + 0.16 * male + 0.15 * severity + 0.36 * draw.normal();
        let creatinine = measured(78.0 * kidneys.exp(), 25.0, 900.0);
        let inflamed = 0.5 * severity + 1.2 * draw.normal();
        let crp = measured(22.0 * inflamed.exp(), 1.0, 450.0);

        let seen = 0.05 * older + 0.11 * (respiratory_rate - 18.0) + 0.013 * (heart_rate - 86.0)
            - 0.015 * (systolic - 134.0)
            + 0.60 * (creatinine / 84.0).ln()
            + 0.35 * (crp / 22.0).ln()
            + 0.12 * earlier;
        let died = draw.happens(fitting::risk(-3.0 + centre.care + seen + 0.4 * frailty));

        // the vendor's errors: by centre, by sex, and noise that is larger for women
        let (shift, noise) = if female { (-0.75, 0.60) } else { (0.05, 0.30) };
        let vendor = -2.74 + 0.95 * seen + centre.vendor_error + shift + noise * draw.normal();
        let vendor = fitting::risk(vendor).clamp(0.0005, 0.98);

        let mut kept = |value: f64, missing: f64, impossible: f64, wrong: f64| {
            let absent = draw.happens(missing);
            let value = if draw.happens(impossible) {
                wrong
            } else {
                value
            };
            (!absent).then_some(value)
        };
        admissions.push(Admission {
            pseudonym,
            centre: centre.name,
            female,
            age,
            ses,
            origin,
            quarter,
            earlier,
            respiratory_rate: kept(respiratory_rate, 0.04, 0.0, 0.0),
            heart_rate: kept(heart_rate, 0.008, 0.0003, 0.0),
            systolic: kept(systolic, 0.008, 0.0004, 999.0),
            creatinine: kept(creatinine, 0.03, 0.0, 0.0),
            crp: kept(crp, 0.06, 0.0, 0.0),
            died,
            vendor: kept(vendor, 0.006, 0.0, 0.0),
        });
        if died {
            break;
        }
    }
    admissions
}

/// A whole number within what the instrument shows.
fn measured(value: f64, low: f64, high: f64) -> f64 {
    value.round().clamp(low, high)
}

/// A model's file and what its card says of the rows it was made from.
pub type Made = (String, fitting::Facts);

/// The models fitted on the development draw, by the names of their folders.
pub fn models() -> Result<[(&'static str, Made); 2], Box<dyn Error>> {
    let development: Vec<Admission> = (0..DEVELOPMENT)
        .flat_map(|number| patient(DEVELOPMENT_SEED, number))
        .collect();
    Ok([
        ("synthetic-logistic", fitted::logistic(&development)?),
        ("synthetic-points", fitted::points(&development)?),
    ])
}

/// Writes the cohort as CSV, by quarter and pseudonym, as an export would: rows of one patient do not stand together.
pub fn generate(mut out: impl Write) -> Result<(), Box<dyn Error>> {
    let mut admissions: Vec<Admission> = (0..PATIENTS)
        .flat_map(|number| patient(SEED, number))
        .collect();
    admissions.sort_by_key(|admission| (admission.quarter, admission.pseudonym));
    let mut text = String::from(
        "patient,centre,quarter,sex,age,ses,origin,earlier-admissions,respiratory-rate,heart-rate,systolic-pressure,creatinine,crp,died-30d,risk-vendor\n",
    );
    for admission in &admissions {
        let sex = if admission.female { "female" } else { "male" };
        write!(
            text,
            "P{:012x},{},{}-Q{},{sex},{},{},{},{}",
            admission.pseudonym,
            admission.centre,
            2022 + admission.quarter / 4,
            1 + admission.quarter % 4,
            admission.age,
            cell(admission.ses),
            admission.origin,
            admission.earlier,
        )?;
        for value in [
            admission.respiratory_rate,
            admission.heart_rate,
            admission.systolic,
            admission.creatinine,
            admission.crp,
        ] {
            write!(text, ",{}", cell(value))?;
        }
        let vendor = admission.vendor.map(|risk| format!("{risk:.4}"));
        writeln!(
            text,
            ",{},{}",
            u8::from(admission.died),
            vendor.as_deref().unwrap_or("-1")
        )?;
    }
    out.write_all(text.as_bytes())?;
    Ok(())
}

fn cell(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    generate(std::fs::File::create(
        root.join("datasets/synthetic-seven-centres/data.csv"),
    )?)?;
    for (id, (text, facts)) in models()? {
        std::fs::write(root.join("models").join(id).join("model.toml"), text)?;
        println!("{id}\n{facts}");
    }
    Ok(())
}
