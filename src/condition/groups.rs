//! Which attributes and levels a study has seen.

use crate::record::{ColumnRole, Evidence, Group};
use std::collections::BTreeSet;

/// True when the data have this attribute, whether or not the study looked at it: a column of that name, a column with
/// the role `site` for `site`, a banded column for `<name>-band`, or numbers by it.
pub fn has_attribute(evidence: &Evidence, attribute: &str) -> bool {
    let counted = evidence.profile.groups.iter().map(|g| &g.group);
    let measured = evidence.estimates.iter().filter_map(|e| e.group.as_ref());
    counted
        .chain(measured)
        .any(|group| group.contains_key(attribute))
        || evidence
            .gaps
            .iter()
            .any(|gap| attributes(&gap.by).iter().any(|a| a == attribute))
        || evidence.dataset.columns.iter().any(|column| {
            let is_read = !column.roles.contains(&ColumnRole::Ignore);
            is_read
                && (column.name == attribute
                    || column.input.as_deref() == Some(attribute)
                    || (attribute == "site" && column.roles.contains(&ColumnRole::Site))
                    || (!column.bands.is_empty()
                        && attribute.strip_suffix("-band") == Some(&column.name)))
        })
}

/// The attributes of a gap, sorted; an intersection joins them by ` × `.
pub fn attributes(by: &str) -> Vec<String> {
    let mut attributes: Vec<String> = by.split(" × ").map(|a| a.trim().to_owned()).collect();
    attributes.sort();
    attributes
}

/// True when the group is a level of exactly these attributes (sorted).
pub fn is_level_of(group: &Group, by: &[String]) -> bool {
    group.keys().eq(by)
}

/// Every level of these attributes that was counted or measured, in order.
pub fn levels(evidence: &Evidence, by: &[String]) -> BTreeSet<Group> {
    let counted = evidence.profile.groups.iter().map(|g| &g.group);
    let measured = evidence.estimates.iter().filter_map(|e| e.group.as_ref());
    counted
        .chain(measured)
        .filter(|group| is_level_of(group, by))
        .cloned()
        .collect()
}

/// A level as a reader says it: `female`, `50–64 × female`.
pub fn level_name(group: &Group) -> String {
    group
        .values()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" × ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Count, GroupCount};

    #[test]
    fn levels_are_those_of_exactly_these_attributes() {
        let mut evidence = Evidence::default();
        for group in [
            Group::from([("sex".into(), "female".into())]),
            Group::from([("sex".into(), "male".into()), ("site".into(), "A".into())]),
        ] {
            evidence.profile.groups.push(GroupCount {
                group,
                rows: Count::Known(5),
                patients: Count::Known(5),
                events: Count::Known(1),
            });
        }
        let names = |by: &[&str]| {
            let by: Vec<String> = by.iter().map(|a| (*a).to_owned()).collect();
            levels(&evidence, &by)
                .iter()
                .map(level_name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&["sex"]), ["female"]);
        assert_eq!(names(&["sex", "site"]), ["male × A"]);
        assert!(has_attribute(&evidence, "site"));
        assert!(!has_attribute(&evidence, "age-band"));
    }

    #[test]
    fn attributes_of_an_intersection_come_in_one_order() {
        assert_eq!(attributes("sex × age-band"), attributes("age-band × sex"));
    }
}
