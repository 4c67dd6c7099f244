//! From one unit to another: within a kind by size, between mass and substance by the molar mass of the analyte, HbA1c by
//! the IFCC–NGSP master equation. Nothing is converted that a study file did not ask for.

use crate::error::{Error, Result, shown};
use crate::model::analyte::{self, Analyte};
use crate::model::unit::{self, Kind, Unit};

/// A value times `factor`, plus `offset`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Unit of the value.
    pub from: String,
    /// Unit of the outcome.
    pub to: String,
    /// What it is multiplied with.
    pub factor: f64,
    /// What is added then.
    pub offset: f64,
    /// Where the numbers come from.
    pub source: String,
}

impl Pair {
    /// The value in the other unit.
    pub fn apply(&self, value: f64) -> f64 {
        value * self.factor + self.offset
    }
}

/// NGSP % = 0.09148 × IFCC mmol/mol + 2.152 (Hoelzel et al., Clin Chem 2004;50:166).
const NGSP: (f64, f64) = (0.09148, 2.152);
const MASTER: &str = "IFCC-NGSP master equation (Hoelzel 2004)";
const BY_DEFINITION: &str = "definition of the units";

/// The conversion between two units. Between mass and substance it needs the analyte: the one named, or the one that the
/// name of the input tells.
///
/// # Errors
/// An unknown unit, units of different kinds, a missing or unknown analyte.
pub fn between(from: &str, to: &str, named: Option<&str>, input: &str) -> Result<Pair> {
    let known = |text: &str| {
        unit::find(text).ok_or_else(|| {
            let error = Error::new(format!("keur does not know the unit `{}`", shown(text)));
            let spellings = unit::all().iter().flat_map(|unit| unit.spellings);
            match error.clone().suggest(text, spellings.copied()).help {
                Some(close) => error.help(format!("{close} or give `factor` (and `offset`)")),
                None => error.help("give `factor` (and `offset`) in its place"),
            }
        })
    };
    let (one, other) = (known(from)?, known(to)?);
    let analyte = match named {
        Some(id) => Some(analyte::find(id).ok_or_else(|| {
            let ids: Vec<&str> = analyte::all().iter().map(|analyte| analyte.id).collect();
            let error = Error::new(format!("unknown analyte `{}`", shown(id)));
            match error.clone().suggest(id, ids.iter().copied()) {
                close if close.help.is_some() => close,
                _ => error.help(format!("known here: {}", ids.join(", "))),
            }
        })?),
        None => analyte::meant(input),
    };
    pair(one, other, analyte, is_hba1c(input) || named == Some("hba1c")).ok_or_else(|| {
        let error = Error::new(format!(
            "keur cannot convert `{}` to `{}`",
            shown(from),
            shown(to)
        ));
        error.help(match needs_analyte(one, other) {
            true => "mass and substance convert by analyte: name it, as `analyte = \"creatinine\"`, or give `factor`",
            false => "the units measure different things; is one of the cards wrong? otherwise give `factor` (and `offset`)",
        })
    })
}

fn is_hba1c(name: &str) -> bool {
    let words = analyte::words(name);
    words
        .iter()
        .any(|word| ["hba1c", "a1c", "ha1c", "glycohaemoglobin"].contains(&word.as_str()))
}

fn needs_analyte(one: &Unit, other: &Unit) -> bool {
    use Kind::{MassConcentration, SubstanceConcentration};
    matches!(
        (one.kind, other.kind),
        (MassConcentration, SubstanceConcentration) | (SubstanceConcentration, MassConcentration)
    )
}

fn pair(one: &Unit, other: &Unit, analyte: Option<&Analyte>, hba1c: bool) -> Option<Pair> {
    use Kind as K;
    let made = |factor: f64, offset: f64, source: String| {
        Some(Pair {
            from: one.name().to_owned(),
            to: other.name().to_owned(),
            factor,
            offset,
            source,
        })
    };
    let by_mole = || {
        let analyte = analyte?;
        let mass = analyte.molar_mass?;
        let source = format!("molar mass of {} {mass} g/mol", analyte.id);
        Some((mass, source))
    };
    match (one.kind, other.kind) {
        (a, b) if a == b => made(
            one.size / other.size,
            (one.zero - other.zero) / other.size,
            BY_DEFINITION.to_owned(),
        ),
        (K::MassConcentration, K::SubstanceConcentration) => {
            let (mass, source) = by_mole()?;
            made(one.size * 1000.0 / mass / other.size, 0.0, source)
        }
        (K::SubstanceConcentration, K::MassConcentration) => {
            let (mass, source) = by_mole()?;
            made(one.size * mass / 1000.0 / other.size, 0.0, source)
        }
        (K::MoleFraction, K::Fraction) if hba1c => {
            let percent = 0.01 / other.size;
            made(one.size * NGSP.0 * percent, NGSP.1 * percent, MASTER.into())
        }
        (K::Fraction, K::MoleFraction) if hba1c => {
            let percent = one.size / 0.01;
            made(
                percent / NGSP.0 / other.size,
                -NGSP.1 / NGSP.0 / other.size,
                MASTER.into(),
            )
        }
        _ => None,
    }
}

/// Units that are confused for quantities that are no analyte, by a word in the name of the input.
const QUANTITIES: [(&[&str], &[&str]); 8] = [
    (&["temperature", "temp", "temperatuur"], &["°C", "°F", "K"]),
    (&["height", "lengte", "stature"], &["m", "cm", "in", "ft"]),
    (&["weight", "gewicht"], &["kg", "g", "lb"]),
    (&["age", "leeftijd"], &["years", "months", "days"]),
    (
        &[
            "pressure",
            "sbp",
            "dbp",
            "map",
            "systolic",
            "diastolic",
            "pao2",
            "paco2",
            "pco2",
            "po2",
        ],
        &["mmHg", "kPa", "cmH2O"],
    ),
    (
        &[
            "saturation",
            "spo2",
            "sao2",
            "fio2",
            "haematocrit",
            "hematocrit",
            "ef",
            "lvef",
            "ejection",
        ],
        &["fraction", "%"],
    ),
    (&["hba1c", "a1c"], &["%", "mmol/mol"]),
    (
        &[
            "platelets",
            "platelet",
            "wbc",
            "leukocytes",
            "leucocytes",
            "neutrophils",
            "lymphocytes",
            "plt",
        ],
        &["10^9/L", "10^6/L"],
    ),
];

/// Every change between the units in which this input is usually reported. Empty when its name tells nothing.
pub fn pairs(input: &str) -> Vec<Pair> {
    let words = analyte::words(input);
    let analyte = analyte::meant(input);
    let quantity = QUANTITIES
        .iter()
        .find(|(names, _)| words.iter().any(|word| names.contains(&word.as_str())));
    let usual = match (quantity, analyte) {
        (Some((_, units)), _) => *units,
        (None, Some(analyte)) => analyte.usual,
        (None, None) => return Vec::new(),
    };
    let units: Vec<&Unit> = usual.iter().filter_map(|text| unit::find(text)).collect();
    let mut places: Vec<(usize, usize)> = (0..units.len())
        .flat_map(|one| (0..units.len()).map(move |other| (one, other)))
        .filter(|(one, other)| one != other)
        .collect();
    // the first units of a list are the ones most often confused
    places.sort_by_key(|(one, other)| *one.max(other));
    places
        .into_iter()
        .filter_map(|(one, other)| {
            pair(units.get(one)?, units.get(other)?, analyte, is_hba1c(input))
        })
        .collect()
}

/// Changes of unit worth trying where a name tells nothing: those of the analytes measured most.
pub fn usual() -> Vec<Pair> {
    let inputs = [
        "creatinine",
        "glucose",
        "cholesterol",
        "bilirubin",
        "triglycerides",
    ];
    let of = |input: &&str| {
        let named = pairs(input).into_iter().map(|mut pair| {
            pair.from = format!("{} of {input}", pair.from);
            pair
        });
        named.collect::<Vec<_>>()
    };
    inputs.iter().flat_map(of).collect()
}

/// Slips of a decimal point, 10 to 1000 times.
pub fn tens() -> Vec<Pair> {
    let slip = |(factor, from, to): (f64, &str, &str)| Pair {
        from: from.to_owned(),
        to: to.to_owned(),
        factor,
        offset: 0.0,
        source: "a slip of the decimal point".to_owned(),
    };
    [
        (0.1, "a unit ten times smaller", "its own"),
        (10.0, "a unit ten times larger", "its own"),
        (
            0.01,
            "per cent or another unit a hundred times smaller",
            "its own",
        ),
        (
            100.0,
            "a fraction or another unit a hundred times larger",
            "its own",
        ),
        (0.001, "a unit a thousand times smaller", "its own"),
        (1000.0, "a unit a thousand times larger", "its own"),
    ]
    .into_iter()
    .map(slip)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(value: f64, from: &str, to: &str, input: &str) -> f64 {
        between(from, to, None, input).unwrap().apply(value)
    }

    #[test]
    fn published_factors_are_met() {
        // AMA Manual of Style, SI conversion factors, to the digits printed there
        for (input, from, to, factor) in [
            ("creatinine", "mg/dL", "µmol/L", 88.4),
            ("glucose", "mg/dL", "mmol/L", 0.0555),
            ("ldl", "mg/dL", "mmol/L", 0.0259),
            ("triglycerides", "mg/dL", "mmol/L", 0.0113),
            ("bilirubin", "mg/dL", "µmol/L", 17.1),
            ("bun", "mg/dL", "mmol/L", 0.357),
            ("urate", "mg/dL", "µmol/L", 59.48),
            ("hb", "g/dL", "mmol/L", 0.6206),
            ("albumin", "g/dL", "g/L", 10.0),
            ("calcium", "mg/dL", "mmol/L", 0.25),
            ("phosphate", "mg/dL", "mmol/L", 0.323),
            ("magnesium", "mg/dL", "mmol/L", 0.4114),
            ("lactate", "mg/dL", "mmol/L", 0.111),
            ("crp", "mg/dL", "mg/L", 10.0),
        ] {
            let found = told(1.0, from, to, input);
            assert!((found / factor - 1.0).abs() < 6e-3, "{input} {found}");
            let back = told(found, to, from, input);
            assert!((back - 1.0).abs() < 1e-12, "{input} {back}");
        }
        assert!((told(98.6, "°F", "°C", "temperature") - 37.0).abs() < 1e-9);
        assert!((told(120.0, "mmHg", "kPa", "sbp") - 15.998_686_489_8).abs() < 1e-9);
        assert!((told(48.0, "mmol/mol", "%", "hba1c") - 6.543_04).abs() < 1e-9);
        assert!((told(6.543_04, "%", "mmol/mol", "hba1c") - 48.0).abs() < 1e-9);
        assert_eq!(told(24.0, "months", "years", "age"), 2.0);
        assert!((told(1.8, "m", "cm", "height") - 180.0).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_converted_says_what_to_do() {
        let help =
            |from, to, named, input| between(from, to, named, input).unwrap_err().help.unwrap();
        assert!(help("mg/dL", "mmol/L", None, "x").contains("analyte"));
        assert!(help("mg/dL", "kg", None, "x").contains("different things"));
        assert!(help("umoll/L", "g/L", None, "x").contains("umol/L"));
        assert!(help("mg/dL", "mmol/L", Some("glucos"), "x").contains("`glucose`"));
        assert!(
            between("mmol/mol", "%", None, "x").is_err(),
            "only HbA1c has an equation"
        );
    }

    #[test]
    fn usual_confusions_are_known_by_name() {
        let factors: Vec<f64> = pairs("creatinine").iter().map(|pair| pair.factor).collect();
        assert!(factors.iter().any(|factor| (factor - 88.40).abs() < 0.01));
        assert!(pairs("temperature").iter().any(|pair| pair.offset != 0.0));
        assert_eq!(pairs("mean-radius"), []);
    }
}
