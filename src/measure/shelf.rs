//! The measures in the order of a report. A new one is a card in its domain's file and a line here.

use crate::measure::definition::Measure;
use crate::measure::{calibration, classification, discrimination, overall, utility};

static SHELF: [&Measure; 17] = [
    &discrimination::AUROC,
    &discrimination::AVERAGE_PRECISION,
    &calibration::OE_RATIO,
    &calibration::CALIBRATION_INTERCEPT,
    &calibration::CALIBRATION_SLOPE,
    &overall::BRIER,
    &overall::SCALED_BRIER,
    &overall::LOG_LOSS,
    &overall::LOG_LOSS_CLIPPED,
    &classification::SENSITIVITY,
    &classification::SPECIFICITY,
    &classification::PPV,
    &classification::NPV,
    &classification::ALERT_RATE,
    &utility::NET_BENEFIT,
    &utility::OVER_TREAT_ALL,
    &utility::STANDARDISED_NET_BENEFIT,
];

/// Every measure, in the order of a report.
pub fn all() -> impl Iterator<Item = &'static Measure> {
    SHELF.iter().copied()
}

/// The measure of that id.
pub fn find(id: &str) -> Option<&'static Measure> {
    all().find(|measure| measure.id == id)
}
