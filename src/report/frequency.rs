//! Shares turned into people: of 1,000, so many are found, missed, alerted for without need.

use crate::record::Value;
use crate::report::view::View;

/// What happens among `of` people at a threshold; the four parts add up to `of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frequencies {
    /// How many people are imagined: 1,000, or more when the event is rare.
    pub of: u64,
    /// With the event and alerted for.
    pub found: u64,
    /// With the event and not alerted for.
    pub missed: u64,
    /// Without the event and alerted for.
    pub needless: u64,
    /// Without the event and left alone.
    pub spared: u64,
    /// Lowest and highest `found` that the interval of sensitivity allows.
    pub found_range: Option<(u64, u64)>,
    /// The same for `missed`.
    pub missed_range: Option<(u64, u64)>,
    /// Lowest and highest number of alerts that the interval of the alert rate allows.
    pub alerts_range: Option<(u64, u64)>,
    /// Lowest and highest `needless` that the interval of the PPV allows.
    pub needless_range: Option<(u64, u64)>,
}

impl Frequencies {
    /// From prevalence, sensitivity and alert rate at the decision threshold; `None` when one of them is missing.
    pub fn of(view: &View<'_>) -> Option<Self> {
        let threshold = Some(view.decision?);
        let found_share = view.value("sensitivity", threshold, None)?;
        let alert_share = view.value("alert-rate", threshold, None)?;
        let right_share = view.value("ppv", threshold, None);
        let prevalence = view.prevalence()?;
        let of = [1_000u64, 10_000, 100_000]
            .into_iter()
            .find(|n| prevalence * *n as f64 >= 5.0)?;
        let people = |share: f64| (share * of as f64).round() as u64;
        let events = people(prevalence);
        let alerts = people(alert_share.known()?);
        let found = people(prevalence * found_share.known()?)
            .min(events)
            .min(alerts);
        let needless = (alerts - found).min(of - events);
        let range = |value: &Value, scale: f64| {
            value
                .interval()
                .map(|i| (people(scale * i.low), people(scale * i.high)))
        };
        let found_range = range(found_share, prevalence);
        let alert_rate = alert_share.known()?;
        let right_range = right_share.and_then(|v| range(v, alert_rate));
        Some(Self {
            of,
            found,
            missed: events - found,
            needless,
            spared: of - events - needless,
            found_range,
            missed_range: found_range
                .map(|(low, high)| (events.saturating_sub(high), events.saturating_sub(low))),
            alerts_range: range(alert_share, 1.0),
            needless_range: right_range
                .map(|(low, high)| (alerts.saturating_sub(high), alerts.saturating_sub(low))),
        })
    }

    /// All with the event.
    pub fn events(&self) -> u64 {
        self.found + self.missed
    }

    /// All alerts.
    pub fn alerts(&self) -> u64 {
        self.found + self.needless
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{At, Estimate, Evidence};

    #[test]
    fn shares_become_people_that_add_up() {
        let estimate = |measure: &str, x| Estimate {
            measure: measure.into(),
            at: Some(At::threshold(0.2)),
            group: None,
            value: Value::point(x),
        };
        let evidence = Evidence {
            thresholds: vec![0.2],
            estimates: vec![
                estimate("sensitivity", 60.0 / 83.0),
                estimate("alert-rate", 0.15),
                estimate("ppv", 0.4),
            ],
            ..Evidence::default()
        };
        let f = Frequencies::of(&View::new(&evidence, 0)).unwrap();
        assert_eq!((f.of, f.events(), f.alerts()), (1000, 83, 150));
        assert_eq!((f.found, f.missed, f.needless, f.spared), (60, 23, 90, 827));
    }

    #[test]
    fn without_a_threshold_there_are_no_people() {
        let evidence = Evidence::default();
        assert_eq!(Frequencies::of(&View::new(&evidence, 0)), None);
    }
}
