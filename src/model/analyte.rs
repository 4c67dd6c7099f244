//! Analytes whose concentration laboratories report both as mass and as substance, and the mass of a mole of each.
//!
//! Molar masses follow from the formula with the standard atomic weights (IUPAC), held against `molmass` by
//! `tests/oracle/units.py`. Four rest on a convention of laboratories: triglycerides count as triolein, haemoglobin as its
//! monomer (16,114.5 g/mol, ICSH), urea nitrogen as two atoms of nitrogen, phosphate as phosphorus.

/// One analyte.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Analyte {
    /// What messages and study files call it.
    pub id: &'static str,
    /// Words in the name of an input that mean it, in lower case.
    pub names: &'static [&'static str],
    /// Its formula, or the convention.
    pub formula: &'static str,
    /// Grams in a mole; none where only masses are reported.
    pub molar_mass: Option<f64>,
    /// The units most often confused, as they are written.
    pub usual: &'static [&'static str],
}

const fn analyte(
    id: &'static str,
    formula: &'static str,
    molar_mass: f64,
    usual: &'static [&'static str],
    names: &'static [&'static str],
) -> Analyte {
    Analyte {
        id,
        names,
        formula,
        molar_mass: Some(molar_mass),
        usual,
    }
}

const fn masses(
    id: &'static str,
    usual: &'static [&'static str],
    names: &'static [&'static str],
) -> Analyte {
    Analyte {
        id,
        names,
        formula: "",
        molar_mass: None,
        usual,
    }
}

const MILLI: &[&str] = &["mg/dL", "mmol/L", "mg/L", "g/L"];
const MICRO: &[&str] = &["mg/dL", "umol/L", "mg/L", "mmol/L"];

static ANALYTES: [Analyte; 31] = [
    analyte(
        "creatinine",
        "C4H7N3O",
        113.120,
        MICRO,
        &[
            "creatinine",
            "creatinin",
            "kreatinine",
            "kreat",
            "creat",
            "crea",
            "scr",
        ],
    ),
    analyte(
        "glucose",
        "C6H12O6",
        180.156,
        MILLI,
        &["glucose", "glu", "gluc", "glucoz"],
    ),
    analyte(
        "cholesterol",
        "C27H46O",
        386.664,
        MILLI,
        &["cholesterol", "chol", "hdl", "ldl", "vldl"],
    ),
    analyte(
        "triglycerides",
        "C57H104O6",
        885.449,
        MILLI,
        &[
            "triglycerides",
            "triglyceride",
            "trig",
            "tg",
            "triglyceriden",
        ],
    ),
    analyte(
        "bilirubin",
        "C33H36N4O6",
        584.673,
        MICRO,
        &["bilirubin", "bili", "bilirubine"],
    ),
    analyte("urea", "CH4N2O", 60.056, MILLI, &["urea", "ureum"]),
    analyte("urea-nitrogen", "N2", 28.014, MILLI, &["bun"]),
    analyte(
        "urate",
        "C5H4N4O3",
        168.112,
        MICRO,
        &["urate", "uric", "urinezuur"],
    ),
    analyte(
        "haemoglobin",
        "monomer",
        16_114.5,
        &["g/dL", "g/L", "mmol/L"],
        &["haemoglobin", "hemoglobin", "hemoglobine", "hb", "hgb"],
    ),
    analyte("calcium", "Ca", 40.078, MILLI, &["calcium"]),
    analyte(
        "phosphate",
        "P",
        30.974,
        MILLI,
        &["phosphate", "phosphorus", "fosfaat", "po4"],
    ),
    analyte("magnesium", "Mg", 24.305, MILLI, &["magnesium"]),
    analyte(
        "iron",
        "Fe",
        55.845,
        &["ug/dL", "umol/L"],
        &["iron", "ijzer"],
    ),
    analyte(
        "lactate",
        "C3H6O3",
        90.078,
        MILLI,
        &["lactate", "lactaat", "lact"],
    ),
    analyte(
        "ammonia",
        "NH3",
        17.031,
        &["ug/dL", "umol/L"],
        &["ammonia", "ammoniak", "nh3"],
    ),
    analyte(
        "cortisol",
        "C21H30O5",
        362.466,
        &["ug/dL", "nmol/L"],
        &["cortisol"],
    ),
    analyte(
        "thyroxine",
        "C15H11I4NO4",
        776.872,
        &["ng/dL", "pmol/L", "nmol/L"],
        &["thyroxine", "t4", "ft4"],
    ),
    analyte(
        "vitamin-d",
        "C27H44O2",
        400.647,
        &["ng/mL", "nmol/L"],
        &["25ohd", "vitamind", "vitd"],
    ),
    analyte(
        "vitamin-b12",
        "C63H88CoN14O14P",
        1355.388,
        &["pg/mL", "pmol/L"],
        &["b12", "cobalamin", "vitaminb12"],
    ),
    analyte(
        "folate",
        "C19H19N7O6",
        441.404,
        &["ng/mL", "nmol/L"],
        &["folate", "foliumzuur"],
    ),
    analyte(
        "testosterone",
        "C19H28O2",
        288.431,
        &["ng/dL", "nmol/L"],
        &["testosterone"],
    ),
    analyte(
        "oestradiol",
        "C18H24O2",
        272.388,
        &["pg/mL", "pmol/L"],
        &["oestradiol", "estradiol", "e2"],
    ),
    masses("albumin", &["g/dL", "g/L"], &["albumin", "albumine", "alb"]),
    masses("protein", &["g/dL", "g/L"], &["protein", "eiwit"]),
    masses("c-reactive-protein", &["mg/L", "mg/dL"], &["crp", "hscrp"]),
    masses("fibrinogen", &["g/L", "mg/dL"], &["fibrinogen"]),
    masses("d-dimer", &["ng/mL", "ug/mL"], &["dimer", "ddimer"]),
    masses(
        "troponin",
        &["ng/L", "ng/mL"],
        &["troponin", "tnt", "tni", "hstnt", "hstni"],
    ),
    masses("ferritin", &["ug/L"], &["ferritin"]),
    masses("procalcitonin", &["ug/L"], &["procalcitonin", "pct"]),
    masses(
        "natriuretic-peptide",
        &["pg/mL"],
        &["bnp", "ntprobnp", "probnp"],
    ),
];

/// All of them.
pub fn all() -> &'static [Analyte] {
    &ANALYTES
}

/// The analyte a study file names.
pub fn find(id: &str) -> Option<&'static Analyte> {
    ANALYTES.iter().find(|analyte| analyte.id == id)
}

/// The lower-case words of a name, cut where it changes from letters to signs; and all of them together.
pub(super) fn words(name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    let mut words: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.push(words.concat());
    words
}

/// The analyte that the name of an input or column means; none when it means none, or several.
pub fn meant(name: &str) -> Option<&'static Analyte> {
    let words = words(name);
    let is = |analyte: &&Analyte| {
        let mut names = analyte.names.iter();
        names.any(|name| words.iter().any(|word| word == name))
    };
    let mut found = ANALYTES.iter().filter(is);
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_inputs_tell_the_analyte() {
        let id = |name: &str| meant(name).map(|analyte| analyte.id);
        assert_eq!(id("creatinine"), Some("creatinine"));
        assert_eq!(id("Kreat_max"), Some("creatinine"));
        assert_eq!(id("hdl-cholesterol"), Some("cholesterol"));
        assert_eq!(id("BUN"), Some("urea-nitrogen"));
        assert_eq!(id("age"), None);
        assert_eq!(id("urea/creatinine"), None, "a ratio is neither");
    }
}
