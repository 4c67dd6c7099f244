//! Units that clinical data come in, as a table: spellings, what they measure, and how large they are.
//!
//! Sizes are exact by definition where a definition exists: the international pound (0.45359237 kg) and inch (2.54 cm), the
//! conventional millimetre of mercury (133.322387415 Pa) and centimetre of water (98.0665 Pa), the Julian year (365.25
//! days; a month is its twelfth), the katal (60,000,000 U).

/// What a unit measures. Units of different kinds never convert, except mass and substance of one analyte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Mass in a volume, in g/L.
    MassConcentration,
    /// Substance in a volume, in mmol/L.
    SubstanceConcentration,
    /// A length in m.
    Length,
    /// A mass in kg.
    Mass,
    /// A temperature in K.
    Temperature,
    /// A pressure in Pa.
    Pressure,
    /// A time in days.
    Time,
    /// A part of one.
    Fraction,
    /// Mole in a mole, in mmol/mol, as IFCC reports HbA1c.
    MoleFraction,
    /// Cells in a volume, in 10⁹/L.
    Count,
    /// A volume in L.
    Volume,
    /// Activity of an enzyme in a volume, in U/L.
    Activity,
}

/// One unit: a value times `size`, plus `zero`, is in the unit of its kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// How people write it; the first is how messages do.
    pub spellings: &'static [&'static str],
    /// What it measures.
    pub kind: Kind,
    /// How many of the kind's unit it is.
    pub size: f64,
    /// Where its zero lies, in the kind's unit.
    pub zero: f64,
}

const fn unit(kind: Kind, size: f64, spellings: &'static [&'static str]) -> Unit {
    Unit {
        spellings,
        kind,
        size,
        zero: 0.0,
    }
}

const MONTH: f64 = 365.25 / 12.0;

static UNITS: [Unit; 57] = {
    use Kind as K;
    [
        unit(K::MassConcentration, 10.0, &["g/dL", "g/100mL"]),
        unit(K::MassConcentration, 1.0, &["g/L", "mg/mL"]),
        unit(K::MassConcentration, 1e-2, &["mg/dL", "mg%", "mg/100mL"]),
        unit(K::MassConcentration, 1e-3, &["mg/L", "ug/mL"]),
        unit(K::MassConcentration, 1e-5, &["ug/dL"]),
        unit(K::MassConcentration, 1e-6, &["ug/L", "ng/mL"]),
        unit(K::MassConcentration, 1e-8, &["ng/dL"]),
        unit(K::MassConcentration, 1e-9, &["ng/L", "pg/mL"]),
        unit(K::SubstanceConcentration, 1e3, &["mol/L"]),
        unit(K::SubstanceConcentration, 1.0, &["mmol/L", "mM"]),
        unit(K::SubstanceConcentration, 1e-3, &["umol/L", "uM"]),
        unit(K::SubstanceConcentration, 1e-6, &["nmol/L", "nM"]),
        unit(K::SubstanceConcentration, 1e-9, &["pmol/L", "pM"]),
        unit(K::Length, 1.0, &["m", "metre", "metres", "meter", "meters"]),
        unit(K::Length, 1e-2, &["cm"]),
        unit(K::Length, 1e-3, &["mm"]),
        unit(K::Length, 0.0254, &["in", "inch", "inches"]),
        unit(K::Length, 0.3048, &["ft", "foot", "feet"]),
        unit(K::Mass, 1.0, &["kg"]),
        unit(K::Mass, 1e-3, &["g", "gram", "grams"]),
        unit(K::Mass, 1e-6, &["mg"]),
        unit(K::Mass, 0.453_592_37, &["lb", "lbs", "pound", "pounds"]),
        unit(K::Mass, 0.028_349_523_125, &["oz", "ounce", "ounces"]),
        unit(K::Mass, 6.350_293_18, &["st", "stone"]),
        Unit {
            spellings: &["°C", "degC", "Cel", "C", "celsius", "degrees celsius"],
            kind: K::Temperature,
            size: 1.0,
            zero: 273.15,
        },
        Unit {
            spellings: &["°F", "degF", "F", "fahrenheit", "degrees fahrenheit"],
            kind: K::Temperature,
            size: 5.0 / 9.0,
            zero: 273.15 - 32.0 * 5.0 / 9.0,
        },
        unit(K::Temperature, 1.0, &["K", "kelvin"]),
        unit(
            K::Pressure,
            133.322_387_415,
            &["mmHg", "mm Hg", "mm[Hg]", "Torr"],
        ),
        unit(K::Pressure, 1e3, &["kPa"]),
        unit(K::Pressure, 1.0, &["Pa"]),
        unit(K::Pressure, 98.0665, &["cmH2O", "cm H2O", "cm[H2O]"]),
        unit(K::Time, 365.25, &["years", "year", "yr", "yrs", "y", "a"]),
        unit(K::Time, MONTH, &["months", "month", "mo"]),
        unit(K::Time, 7.0, &["weeks", "week", "wk"]),
        unit(K::Time, 1.0, &["days", "day", "d"]),
        unit(K::Time, 1.0 / 24.0, &["hours", "hour", "h", "hr"]),
        unit(K::Time, 1.0 / 1440.0, &["minutes", "minute", "min"]),
        unit(K::Time, 1.0 / 86400.0, &["seconds", "second", "s", "sec"]),
        unit(K::Fraction, 1.0, &["fraction", "1", "proportion", "L/L"]),
        unit(K::Fraction, 1e-2, &["%", "percent", "per cent"]),
        unit(K::Fraction, 1e-3, &["‰", "per mille", "per thousand"]),
        unit(K::MoleFraction, 1.0, &["mmol/mol"]),
        unit(
            K::Count,
            1.0,
            &[
                "10^9/L",
                "10*9/L",
                "x10^9/L",
                "10e9/L",
                "G/L",
                "/nL",
                "10^3/uL",
                "10*3/uL",
                "x10^3/uL",
                "K/uL",
                "thousand/uL",
            ],
        ),
        unit(
            K::Count,
            1e3,
            &[
                "10^12/L", "10*12/L", "x10^12/L", "10e12/L", "T/L", "10^6/uL", "10*6/uL",
                "x10^6/uL", "M/uL",
            ],
        ),
        unit(
            K::Count,
            1e-3,
            &["10^6/L", "10*6/L", "/uL", "cells/uL", "/mm3"],
        ),
        unit(
            K::Volume,
            1.0,
            &["L", "l", "litre", "litres", "liter", "liters"],
        ),
        unit(K::Volume, 0.1, &["dL"]),
        unit(K::Volume, 1e-3, &["mL", "cc", "cm3"]),
        unit(K::Activity, 1.0, &["U/L", "IU/L"]),
        unit(K::Activity, 1e3, &["U/mL", "kU/L"]),
        unit(K::Activity, 60.0, &["ukat/L"]),
        unit(K::Activity, 60e-3, &["nkat/L"]),
        // milliequivalents are kept out on purpose: they need a valence
        unit(K::Length, 1e-6, &["um"]),
        unit(K::Volume, 1e-6, &["uL"]),
        unit(K::Mass, 1e-9, &["ug"]),
        unit(K::Pressure, 1e2, &["hPa", "mbar"]),
        unit(K::Fraction, 1e-6, &["ppm"]),
    ]
};

/// Signs that mean the same, written one way: every micro is `u`, blanks around `/` go, `·` is `*`.
fn plain(text: &str) -> String {
    text.trim()
        .replace(['µ', 'μ'], "u")
        .replace("mcg", "ug")
        .replace('⁹', "^9")
        .replace("¹²", "^12")
        .replace(['×', '·'], "x")
        .replace(" /", "/")
        .replace("/ ", "/")
        .replace("x 10", "x10")
}

/// The unit behind a text: as it is spelled, or, when that is nobody's, in any case (`mg/dl`, `MMOL/L`).
pub fn find(text: &str) -> Option<&'static Unit> {
    let wanted = plain(text);
    let exact = |unit: &&Unit| unit.spellings.contains(&wanted.as_str());
    let loose = |unit: &&Unit| {
        let mut all = unit.spellings.iter();
        all.any(|spelling| spelling.eq_ignore_ascii_case(&wanted))
    };
    UNITS.iter().find(exact).or_else(|| {
        let mut found = UNITS.iter().filter(loose);
        found.next().filter(|_| found.next().is_none())
    })
}

/// True when two texts name the same unit.
pub fn same(one: &str, other: &str) -> bool {
    one == other
        || plain(one) == plain(other)
        || matches!((find(one), find(other)), (Some(a), Some(b)) if std::ptr::eq(a, b))
}

/// All units, for tests and lists.
pub fn all() -> &'static [Unit] {
    &UNITS
}

impl Unit {
    /// How messages write it.
    pub fn name(&self) -> &'static str {
        self.spellings.first().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn spellings_of_one_unit_are_one_unit() {
        for (one, other) in [
            ("µmol/L", "umol/l"),
            ("μmol/L", "µmol / L"),
            ("mg/dL", "MG/DL"),
            ("°C", "degC"),
            ("x10⁹/L", "G/L"),
            ("furlongs", "furlongs"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [("mg/dL", "mmol/L"), ("mM", "mm"), ("furlong", "ell")] {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_spelling_belongs_to_one_unit() {
        let mut seen = BTreeSet::new();
        for unit in all() {
            assert!(unit.size > 0.0);
            for spelling in unit.spellings {
                assert!(seen.insert(spelling), "{spelling}");
            }
        }
    }
}
