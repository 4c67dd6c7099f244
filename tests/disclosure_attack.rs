//! A patient reader with a pencil: runs real studies with planted small groups and tries to find what was hidden, in every
//! page, by subtraction, by elimination, from gaps, curves, notes and messages.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use keur::plan::Plan;
use keur::progress::Quiet;
use keur::record::{Count, Evidence, Group, GroupCount, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const K: u64 = 10;

/// A person's row: cells by column.
type Row = BTreeMap<&'static str, String>;

struct Study {
    evidence: Evidence,
    /// Every page as text.
    pages: String,
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// People with a risk and an outcome drawn from it; `cells` adds groups by the person's number.
fn people(n: usize, seed: u64, mut cells: impl FnMut(usize, &mut Row)) -> Vec<Row> {
    let mut dice = Dice(seed);
    (0..n)
        .map(|i| {
            let risk = 0.1 + 0.8 * dice.next();
            let died = u8::from(dice.next() < risk);
            let mut row = Row::from([
                ("id", format!("p{i}")),
                ("risk", format!("{risk:.5}")),
                ("died", died.to_string()),
            ]);
            cells(i, &mut row);
            row
        })
        .collect()
}

const USUAL: [(&str, &str); 3] = [
    ("id", "role = \"patient\""),
    ("died", "role = \"outcome\"\nevent = \"1\""),
    ("risk", "role = \"prediction\""),
];

fn run(rows: &[Row], columns: &[(&str, &str)], groups: &str, min_cell: u64) -> Study {
    run_with(rows, columns, groups, min_cell, "")
}

fn run_with(
    rows: &[Row],
    columns: &[(&str, &str)],
    groups: &str,
    min_cell: u64,
    card: &str,
) -> Study {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("models/m")).unwrap();
    fs::create_dir_all(root.join("datasets/d")).unwrap();
    let names: BTreeSet<&str> = rows.iter().flat_map(|r| r.keys().copied()).collect();
    let header: Vec<&str> = names.iter().copied().collect();
    let mut csv = header.join(";") + "\n";
    for row in rows {
        let cells: Vec<&str> = names
            .iter()
            .map(|name| row.get(name).map_or("", String::as_str))
            .collect();
        csv += &(cells.join(";") + "\n");
    }
    fs::write(root.join("datasets/d/data.csv"), csv).unwrap();
    let mut text =
        format!("name = \"d\"\nfile = \"data.csv\"\nformat = \"csv\"\ndelimiter = \";\"\n{card}\n");
    for (name, rest) in USUAL.iter().chain(columns) {
        text += &format!("[[columns]]\nname = \"{name}\"\n{rest}\n");
    }
    fs::write(root.join("datasets/d/card.toml"), text).unwrap();
    fs::write(
        root.join("models/m/card.toml"),
        "name = \"m\"\nversion = \"1\"\ntask = \"binary\"\npredicts = \"death\"\nformat = \"column\"\n\
         column = \"risk\"\nscore = \"probability\"\n",
    )
    .unwrap();
    let study = root.join("study.toml");
    fs::write(
        &study,
        format!(
            "title = \"attack\"\nreplicates = 60\nmin-cell = {min_cell}\nconditions = [\"house\"]\n[[study]]\n\
             model = \"models/m\"\ndataset = \"datasets/d\"\nthresholds = [0.3, 0.6]\ngroups = {groups}\n\
             decision-range = [0.01, 0.99]\n"
        ),
    )
    .unwrap();
    let plan = Plan::new(&study, false).unwrap();
    let record = keur::run::run(&plan, &Quiet);
    let pages = keur::report::all()
        .iter()
        .map(|format| String::from_utf8((format.render)(&record).unwrap()).unwrap())
        .collect::<Vec<_>>()
        .join("\n");
    Study {
        evidence: record.evidence.into_iter().next().unwrap(),
        pages,
    }
}

/// What a reader knows of the groups: which of the true rows are in each.
fn inside(group: &Group, rows: &[Row]) -> Vec<bool> {
    rows.iter()
        .map(|row| {
            group.iter().all(|(attribute, level)| {
                let cell = row.get(attribute.as_str()).map_or("", String::as_str);
                cell == level || cell.is_empty() && level == "unknown"
            })
        })
        .collect()
}

/// Everything that follows from the numbers shown and from which group lies in which: the hidden groups that can be
/// written as a combination of shown ones and of everyone. Cells are the distinct memberships; a group is a 0/1 vector.
fn found_by_elimination(
    study: &Study,
    rows: &[Row],
    shown: impl Fn(&GroupCount) -> bool,
) -> Vec<Group> {
    let groups = &study.evidence.profile.groups;
    let members: Vec<Vec<bool>> = groups.iter().map(|g| inside(&g.group, rows)).collect();
    let mut atoms: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
    for row in 0..rows.len() {
        let next = atoms.len();
        atoms
            .entry(members.iter().map(|m| m[row]).collect())
            .or_insert(next);
    }
    let vector = |of: &dyn Fn(&[bool]) -> bool| -> Vec<f64> {
        let mut v = vec![0.0; atoms.len()];
        for (key, at) in &atoms {
            v[*at] = f64::from(u8::from(of(key)));
        }
        v
    };
    let mut basis = vec![vector(&|_| true)];
    for (i, group) in groups.iter().enumerate() {
        if shown(group) {
            basis.push(vector(&|key| key[i]));
        }
    }
    let rank = rank_of(basis.clone());
    (0..groups.len())
        .filter(|i| !shown(&groups[*i]))
        .filter(|i| {
            let mut with = basis.clone();
            with.push(vector(&|key| key[*i]));
            rank_of(with) == rank
        })
        .map(|i| groups[i].group.clone())
        .collect()
}

fn rank_of(mut rows: Vec<Vec<f64>>) -> usize {
    let width = rows[0].len();
    let mut rank = 0;
    for column in 0..width {
        let Some(pivot) = (rank..rows.len())
            .max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))
        else {
            break;
        };
        if rows[pivot][column].abs() < 1e-9 {
            continue;
        }
        rows.swap(rank, pivot);
        let lead = rows[rank].clone();
        for row in rows.iter_mut().skip(rank + 1) {
            let times = row[column] / lead[column];
            row.iter_mut().zip(&lead).for_each(|(x, l)| *x -= times * l);
        }
        rank += 1;
    }
    rank
}

/// Numbers 1 to 9 directly before or behind a word for people, in any page.
fn small_numbers_in_words(pages: &str) -> Vec<String> {
    const PEOPLE: [&str; 6] = ["row", "patient", "person", "event", "case", "cell"];
    let words: Vec<&str> = pages.split_whitespace().collect();
    let small = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_digit() && c != '.' && c != '<');
        bare.parse::<u64>().is_ok_and(|n| n > 0 && n < K)
    };
    let people = |word: &str| {
        let bare = word.trim_start_matches(|c: char| !c.is_alphabetic());
        PEOPLE.iter().any(|noun| bare.starts_with(noun))
    };
    words
        .windows(2)
        .filter(|pair| small(pair[0]) && people(pair[1]))
        .map(|pair| pair.join(" "))
        .collect()
}

/// No shown count is small, no page says a small number of people, and nothing of a hidden group is in the record.
fn nothing_small_is_told(study: &Study) {
    let profile = &study.evidence.profile;
    let small = |count: &Count| count.known().is_some_and(|n| n > 0 && n < K);
    for group in &profile.groups {
        assert!(!small(&group.rows) && !small(&group.patients), "{group:?}");
        assert!(!small(&group.events), "{group:?}");
    }
    for step in &profile.flow {
        assert!(!small(&step.rows) && !small(&step.patients), "{step:?}");
    }
    assert!(!profile.missing.values().any(small));
    assert_eq!(small_numbers_in_words(&study.pages), Vec::<String>::new());
}

/// Measures whose values are no simple fractions, so that two groups never have the same by chance.
const UNLIKE: [&str; 5] = [
    "brier",
    "log-loss",
    "scaled-brier",
    "oe-ratio",
    "calibration-slope",
];

/// True when a number stands in a page by itself.
fn tells(pages: &str, number: &str) -> bool {
    pages
        .split(|c: char| !c.is_alphanumeric() && !"#.".contains(c))
        .any(|word| word == number)
}

/// The same study without masks: no number of a hidden group stands anywhere in the pages, to the last digit.
fn no_hidden_number_is_told(study: &Study, open: &Study) {
    let known = |study: &Study| -> BTreeSet<String> {
        let unlike = |measure: &str| UNLIKE.contains(&measure);
        let values = study.evidence.estimates.iter();
        let values = values.filter(|e| unlike(&e.measure)).map(|e| &e.value);
        let gaps = study.evidence.gaps.iter();
        values
            .chain(gaps.filter(|g| unlike(&g.measure)).map(|g| &g.value))
            .filter_map(Value::known)
            .map(|v| v.to_string())
            .collect()
    };
    let shown = known(study);
    let mut tried = 0;
    for secret in known(open)
        .difference(&shown)
        .filter(|text| text.len() > 12)
    {
        tried += 1;
        assert!(!study.pages.contains(secret.as_str()), "{secret} is told");
    }
    assert!(tried >= 10, "there was something to hide: {tried}");
}

/// The attack on sizes and on events, for groups that are small in truth.
fn no_small_group_is_found(study: &Study, rows: &[Row]) {
    let truth = |group: &Group, event: bool| {
        let members = inside(group, rows);
        let concerned = rows.iter().zip(members).filter(|(_, m)| *m);
        concerned
            .filter(|(row, _)| !event || row["died"] == "1")
            .count() as u64
    };
    for group in found_by_elimination(study, rows, |g| g.rows.known().is_some()) {
        assert!(truth(&group, false) >= K, "the size of {group:?} follows");
    }
    for group in found_by_elimination(study, rows, |g| g.events.known().is_some()) {
        let (all, events) = (truth(&group, false), truth(&group, true));
        assert!(
            events >= K && all - events >= K,
            "the events of {group:?} follow"
        );
    }
}

fn attacked(rows: &[Row], columns: &[(&str, &str)], groups: &str) -> Study {
    let study = run(rows, columns, groups, K);
    assert_eq!(study.evidence.failure, None);
    nothing_small_is_told(&study);
    no_small_group_is_found(&study, rows);
    no_hidden_number_is_told(&study, &run(rows, columns, groups, 1));
    study
}

const GROUP: &str = "role = \"group\"";

fn word(row: &mut Row, name: &'static str, level: &str) {
    row.insert(name, level.to_owned());
}

#[test]
fn a_group_of_seven_persons_is_not_found() {
    let rows = people(600, 1, |i, row| {
        word(row, "origin", ["a", "a", "b", "c"][i % 4]);
        if i < 7 {
            word(row, "origin", "d");
        }
    });
    let study = attacked(&rows, &[("origin", GROUP)], "[\"origin\"]");
    let d = &study.evidence.profile.groups.last().unwrap();
    assert_eq!(d.rows, Count::masked("<10"));
}

#[test]
fn twelve_persons_with_three_events_are_not_found() {
    let rows = people(600, 2, |i, row| {
        word(row, "origin", ["a", "b"][i % 2]);
        if i < 12 {
            word(row, "origin", "c");
            word(row, "died", if i < 3 { "1" } else { "0" });
        }
    });
    attacked(&rows, &[("origin", GROUP)], "[\"origin\"]");
}

#[test]
fn two_small_groups_are_not_found_even_together() {
    let rows = people(600, 3, |i, row| {
        word(row, "origin", ["a", "b"][i % 2]);
        if i < 6 {
            word(row, "origin", if i < 3 { "c" } else { "d" });
        }
    });
    let study = attacked(&rows, &[("origin", GROUP)], "[\"origin\"]");
    let hidden = |g: &&GroupCount| g.rows.known().is_none();
    assert_eq!(
        study.evidence.profile.groups.iter().filter(hidden).count(),
        3
    );
}

#[test]
fn a_small_cell_of_an_intersection_is_not_found_from_any_margin() {
    for splits in [
        "[\"sex\", \"ward\", [\"sex\", \"ward\"]]",
        "[[\"ward\", \"sex\"], \"ward\"]",
        "[\"sex\", [\"sex\", \"ward\"], [\"sex\", \"ward\", \"arm\"], [\"arm\", \"ward\"]]",
    ] {
        let rows = people(900, 4, |i, row| {
            word(row, "sex", ["f", "m"][i % 2]);
            word(row, "ward", ["a", "b", "c"][i / 2 % 3]);
            word(row, "arm", ["x", "y"][i / 6 % 2]);
            if i % 2 == 0 && i / 2 % 3 == 1 && i > 24 {
                word(row, "ward", "c");
            }
        });
        attacked(
            &rows,
            &[("sex", GROUP), ("ward", GROUP), ("arm", GROUP)],
            splits,
        );
    }
}

#[test]
fn a_margin_hidden_for_its_neighbour_is_not_the_sum_of_what_is_shown() {
    // origin d is small, c is hidden for it; both cells of c are large enough to be shown
    let rows = people(507, 5, |i, row| {
        let (origin, sex) = match i {
            0..7 => ("d", "f"),
            7..32 => ("c", "f"),
            32..57 => ("c", "m"),
            57..192 => ("b", "f"),
            192..207 => ("b", "m"),
            _ => ("a", ["f", "m"][i % 2]),
        };
        word(row, "origin", origin);
        word(row, "sex", sex);
    });
    attacked(
        &rows,
        &[("origin", GROUP), ("sex", GROUP)],
        "[\"origin\", [\"origin\", \"sex\"]]",
    );
}

#[test]
fn centres_are_not_found_from_their_region() {
    // the small centre is protected by the smallest centre, which lies in the other region
    let rows = people(900, 6, |i, row| {
        let centre = match i {
            0..7 => "c1",
            7..37 => "c9",
            _ => ["c2", "c3", "c7", "c8"][i % 4],
        };
        let south = ["c7", "c8", "c9"].contains(&centre);
        word(row, "centre", centre);
        word(row, "region", if south { "south" } else { "north" });
    });
    attacked(
        &rows,
        &[("centre", GROUP), ("region", GROUP)],
        "[\"centre\", \"region\"]",
    );
}

#[test]
fn missing_cells_do_not_tell_the_group_of_unknown_level() {
    // unknown (12) is hidden to protect d (7)
    let rows = people(700, 7, |i, row| {
        word(row, "origin", ["a", "b"][i % 2]);
        if i < 19 {
            word(row, "origin", if i < 12 { "" } else { "d" });
        }
    });
    let study = attacked(&rows, &[("origin", GROUP)], "[\"origin\"]");
    let profile = &study.evidence.profile;
    let unknown = profile
        .groups
        .iter()
        .find(|g| g.group["origin"] == "unknown");
    assert_eq!(unknown.unwrap().rows.known(), None);
    assert_eq!(profile.missing["origin"].known(), None);
}

#[test]
fn three_missing_cells_and_a_loss_of_two_are_not_found() {
    let rows = people(613, 8, |i, row| {
        word(row, "origin", ["a", "b"][i % 2]);
        word(row, "bmi", if i < 3 { "" } else { "24" });
        if i > 610 {
            word(row, "died", "");
        }
    });
    let study = run(
        &rows,
        &[("origin", GROUP), ("bmi", "role = \"input\"")],
        "[\"origin\"]",
        K,
    );
    nothing_small_is_told(&study);
    let profile = &study.evidence.profile;
    assert_eq!(profile.missing["bmi"].known(), None);
    assert_eq!(profile.flow[0].rows.known(), None, "613 − 611 = 2");
    assert!(
        !tells(&study.pages, "613"),
        "the rows read stand nowhere else"
    );
}

#[test]
fn patients_lost_with_all_their_rows_are_not_found() {
    // twelve patients lose a row, and only two of them lose all they have
    let mut rows = people(400, 9, |_, _| {});
    let again: Vec<Row> = (0..12)
        .map(|i| {
            let mut row = rows[i].clone();
            row.insert("died", String::new());
            row.insert("risk", "0.5".into());
            if i < 2 {
                row.insert("id", format!("gone{i}"));
            }
            row
        })
        .collect();
    rows.extend(again);
    let study = run(&rows, &[], "[]", K);
    nothing_small_is_told(&study);
    let flow = &study.evidence.profile.flow;
    let patients = |step: usize| flow[step].patients.known();
    assert_eq!((flow[1].rows.known(), patients(1)), (Some(12), Some(12)));
    assert_eq!((patients(0), patients(2)), (None, Some(400)));
}

#[test]
fn names_that_hold_the_joint_do_not_open_their_gaps() {
    let rows = people(600, 10, |i, row| {
        word(row, "drug", ["none", "a × b"][i % 2]);
        word(row, "sex", ["f", "m × x"][i / 2 % 2]);
        if i < 7 {
            word(row, "drug", "a × c");
        }
    });
    let study = attacked(
        &rows,
        &[("drug", GROUP), ("sex", GROUP)],
        "[\"drug\", [\"sex\", \"drug\"]]",
    );
    let told = |name: &str| {
        let gaps = study.evidence.gaps.iter();
        gaps.filter(|g| g.groups.iter().any(|n| n.contains(name)))
            .filter(|g| g.value.known().is_some())
            .count()
    };
    assert_eq!(told("a × c"), 0);
    assert!(
        study
            .evidence
            .gaps
            .iter()
            .any(|g| g.groups[0].contains("a × c"))
    );
}

#[test]
fn events_of_few_patients_are_no_events_of_many() {
    // 45 events in origin b, all of three patients
    let rows = people(600, 11, |i, row| {
        word(row, "origin", ["a", "a", "c"][i % 3]);
        if i < 100 {
            word(row, "origin", "b");
            word(row, "died", if i < 45 { "1" } else { "0" });
            if i < 45 {
                word(row, "id", &format!("often{}", i % 3));
            }
        }
    });
    let study = attacked(&rows, &[("origin", GROUP)], "[\"origin\"]");
    let b = &study.evidence.profile.groups[1];
    assert_eq!((b.rows.known(), b.events.known()), (Some(100), None));
    let few: Vec<Row> = rows
        .into_iter()
        .filter(|row| row["died"] == "0" || row["id"].starts_with("often"))
        .collect();
    let study = run(&few, &[("origin", GROUP)], "[\"origin\"]", K);
    nothing_small_is_told(&study);
    assert_eq!(study.evidence.profile.events.known(), None);
    assert!(
        study
            .evidence
            .estimates
            .iter()
            .all(|e| e.value.known().is_none())
    );
}

#[test]
fn a_study_of_few_patients_does_not_tell_its_rows_in_a_note() {
    let rows = people(67, 12, |i, row| word(row, "id", &format!("p{}", i % 6)));
    let study = run(&rows, &[], "[]", K);
    nothing_small_is_told(&study);
    assert_eq!(study.evidence.profile.rows.known(), None);
    assert!(!tells(&study.pages, "67"), "the number of rows");
}

#[test]
fn a_heavy_weight_does_not_make_three_alerts_many() {
    let rows = people(400, 13, |i, row| {
        word(row, "weight", if i < 3 { "200" } else { "1" });
        word(row, "risk", if i < 3 { "0.95" } else { "0.2" });
        if i % 20 == 5 {
            word(row, "risk", "0.4");
        }
    });
    let study = run(&rows, &[("weight", "role = \"weight\"")], "[]", K);
    let ppv: Vec<Option<f64>> = study
        .evidence
        .estimates
        .iter()
        .filter(|e| e.measure == "ppv")
        .map(|e| e.value.known())
        .collect();
    assert!(ppv[0].is_some() && ppv[1].is_none(), "{ppv:?}");
}

#[test]
fn net_benefit_does_not_tell_one_person_between_two_thresholds() {
    let rows = people(200, 14, |_, _| {});
    let study = run(&rows, &[], "[]", K);
    let risk: Vec<f64> = rows
        .iter()
        .map(|row| row["risk"].parse().unwrap())
        .collect();
    let above = |t: f64| risk.iter().filter(|r| **r >= t).count() as u64;
    let curves = &study.evidence.curves;
    let model = curves
        .iter()
        .find(|c| c.curve == "decision" && c.series == "model")
        .unwrap();
    assert!(model.points.len() > 8);
    for pair in model.points.windows(2) {
        let between = above(pair[0].x) - above(pair[1].x);
        assert!(between == 0 || between >= K, "{between} at {}", pair[1].x);
    }
}

#[test]
fn messages_of_a_failed_study_count_nobody() {
    let rows = people(300, 15, |i, row| {
        word(row, "bmi", if i < 4 { "900" } else { "24" });
        if i < 3 {
            word(row, "id", "p100");
        }
    });
    let bmi = "role = \"input\"\nrange = [10, 80]\noutside = \"refuse\"";
    let plain = "role = \"input\"";
    for (column, card) in [(bmi, ""), (plain, "repeats = \"refuse\"")] {
        let study = run_with(&rows, &[("bmi", column)], "[]", K, card);
        assert!(study.evidence.failure.is_some());
        assert_eq!(small_numbers_in_words(&study.pages), Vec::<String>::new());
    }
}
