//! stub
use crate::measure::assess::{Ask, Studied};
use crate::record::Curve;
pub(crate) fn of(_one: &Studied, _ask: &Ask<'_>) -> Vec<Curve> {
    Vec::new()
}
