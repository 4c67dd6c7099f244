//! From a card and a file to the rows that belong and the groups they are in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop"
)]

use keur::config::dataset_card;
use keur::dataset::cohort::{self, Cohort, Needs, admit};
use keur::dataset::groups::{self, split};
use keur::dataset::profile::profile;
use keur::dataset::table::Table;
use keur::error::{Error, Result};
use keur::record::{
    ColumnRole, DatasetCard, InputCard, InputKind, MissingRule, RangeRule, RepeatRule,
};
use keur::sheet::Sheet;
use std::collections::BTreeMap;

const HEAD: &str = "name = \"Ward\"\nfile = \"data.csv\"\nformat = \"csv\"\n";

fn read_card(text: &str) -> (DatasetCard, Vec<String>) {
    let sheet = Sheet::parse(&format!("{HEAD}{text}"), "card.toml").unwrap();
    let card = dataset_card::read(&sheet, "ward");
    (card, sheet.finish().iter().map(Error::to_string).collect())
}

fn card(text: &str) -> DatasetCard {
    let (card, problems) = read_card(text);
    assert_eq!(problems, Vec::<String>::new());
    card
}

fn problems(text: &str) -> String {
    read_card(text).1.join("\n")
}

fn load(card: &DatasetCard, text: &str) -> Result<Table> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.csv");
    std::fs::write(&path, text).unwrap();
    let wanted: Vec<String> = card.columns.iter().map(|c| c.name.clone()).collect();
    keur::dataset::open(&path, card, &wanted)
}

fn flow(cohort: &Cohort) -> Vec<(String, u64, u64)> {
    cohort
        .flow
        .iter()
        .map(|s| {
            (
                s.reason.clone(),
                s.rows.known().unwrap(),
                s.patients.known().unwrap(),
            )
        })
        .collect()
}

fn column(name: &str, rest: &str) -> String {
    format!("[[columns]]\nname = \"{name}\"\n{rest}\n")
}

fn outcome() -> String {
    column("died", "role = \"outcome\"\nevent = \"1\"")
}

fn asked(names: &[&[&str]]) -> Vec<Vec<String>> {
    names
        .iter()
        .map(|by| by.iter().map(|name| (*name).to_owned()).collect())
        .collect()
}

#[test]
fn a_whole_card_is_read() {
    let card = card(
        r#"
        missing = ["NA", "-9"]
        delimiter = ";"
        synthetic = true
        controller = "Hospital"
        ground = "research"
        period = "2020"
        population = "adults"
        licence = "none"
        source = "ward"
        repeats = "first"
        [pseudonymisation]
        method = "keyed"
        key-holder = "trust centre"
        date = 2026-01-02
        [[columns]]
        name = "id"
        role = "patient"
        [[columns]]
        name = "sex"
        role = "group"
        as = ["input"]
        input = "female"
        labels = { "0" = "male", "1" = "female" }
        categories = ["0", "1"]
        reference = "male"
        [[columns]]
        name = "age"
        role = "input"
        unit = "years"
        range = [0, 120]
        outside = "missing"
        missing = ["999"]
        bands = [0, 50, 65]
        reference = "50-64"
        [[columns]]
        name = "died"
        role = "outcome"
        event = "1"
        "#,
    );
    assert_eq!(card.repeats, RepeatRule::First);
    assert_eq!(
        card.pseudonymisation.as_ref().unwrap().date.as_deref(),
        Some("2026-01-02")
    );
    let kinds: Vec<InputKind> = card.columns.iter().map(|c| c.kind).collect();
    use InputKind::{Category, Number};
    assert_eq!(kinds, [Category, Category, Number, Category]);
    assert_eq!(
        card.columns[1].roles,
        [ColumnRole::Group, ColumnRole::Input]
    );
    assert_eq!(card.columns[2].outside, RangeRule::Missing);
    assert_eq!(groups::attributes(&card), ["sex", "age-band"]);
    assert!(groups::check(&card, &asked(&[&["age-band", "sex"]])).is_empty());
}

#[test]
fn every_problem_of_a_card_is_told_at_once_with_its_line() {
    let (_, problems) = read_card(
        "[[columns]]\nname = \"a\"\nrole = \"outcom\"\n[[columns]]\nname = \"a\"\nrole = \"input\"\nbands = [3, 3]\nband = [1]\n",
    );
    assert_eq!(problems.len(), 4, "{problems:#?}");
    assert!(problems[0].contains("card.toml:6") && problems[0].contains("did you mean `outcome`?"));
    assert!(problems[1].contains("described twice") && problems[1].contains("card.toml:8"));
    assert!(problems[2].contains("cut points") && problems[2].contains("card.toml:10"));
    assert!(problems[3].contains("unknown key `band`") && problems[3].contains("`bands`"));
}

#[test]
fn contradictions_in_a_card_are_told() {
    let outcome = outcome();
    for (text, told) in [
        (column("d", "role = \"outcome\""), "which cells are events"),
        (
            outcome.clone() + &column("e", "role = \"outcome\"\nevent = \"1\""),
            "`died` and `e`",
        ),
        (
            column("w", "role = \"weight\"") + &column("v", "role = \"weight\""),
            "`weight`",
        ),
        (
            column("p", "role = \"patient\"") + &column("q", "role = \"patient\""),
            "`patient`",
        ),
        (
            column("s", "role = \"site\"") + &column("t", "role = \"site\""),
            "`site`",
        ),
        (
            column("a", "role = \"input\"\nas = [\"grup\"]"),
            "did you mean `group`?",
        ),
        (
            column("a", "role = \"group\"\nunit = \"m\""),
            "needs `bands`",
        ),
        (
            column("a", "role = \"input\"\noutside = \"missing\""),
            "declares neither",
        ),
        (
            column("a", "role = \"group\"\ninput = \"x\""),
            "has not the role `input`",
        ),
        (
            column(
                "a",
                "role = \"group\"\ncategories = [\"x\"]\nreference = \"y\"",
            ),
            "none of the column's",
        ),
        (
            column("site", "role = \"group\"") + &column("c", "role = \"site\""),
            "two columns make the group `site`",
        ),
        (
            column("w", "role = \"weight\"\ncategories = [\"x\"]"),
            "are numbers",
        ),
        (
            column("a", "role = \"input\"\nevent = \"1\""),
            "belongs to an outcome",
        ),
        (
            format!("missing = [\"1\"]\n{outcome}"),
            "declared missing too",
        ),
        (format!("delimiter = \"ab\"\n{outcome}"), "one character"),
        (String::new(), "describes no column"),
    ] {
        assert!(
            problems(&text).contains(told),
            "{told}: {}",
            problems(&text)
        );
    }
}

#[test]
fn a_file_may_not_leave_the_folder_of_its_card() {
    for file in [
        "../x.csv",
        "/etc/passwd",
        "a/../../x",
        "C:\\x.csv",
        "..\\\\x",
    ] {
        let file = file.replace('\\', "\\\\");
        let text = format!(
            "name = \"x\"\nfile = \"{file}\"\nformat = \"parket\"\n{}",
            outcome()
        );
        let sheet = Sheet::parse(&text, "card.toml").unwrap();
        dataset_card::read(&sheet, "x");
        let problems = sheet.finish();
        assert!(
            problems[0].what.contains("leaves the card's folder"),
            "{file}"
        );
        assert_eq!(problems[1].help.as_deref(), Some("did you mean `parquet`?"));
    }
}

#[test]
fn cards_and_shelf_know_the_same_formats() {
    let shelf: Vec<&str> = keur::dataset::formats().iter().map(|f| f.id).collect();
    assert_eq!(shelf, dataset_card::FORMATS);
}

#[test]
fn every_reason_to_leave_has_its_own_line() {
    let card = card(
        &[
            column("id", "role = \"patient\""),
            outcome(),
            column(
                "age",
                "role = \"input\"\nunit = \"years\"\nrange = [0, 120]",
            ),
            column("sex", "role = \"input\"\ncategories = [\"f\", \"m\"]"),
            column("w", "role = \"weight\""),
            column("p", "role = \"prediction\"\nmissing = [\"-1\"]"),
        ]
        .concat(),
    );
    let table = load(
        &card,
        "id,died,age,sex,w,p,extra\n\
         a,1,50,f,1,0.5,x\n\
         a,1,50,f,1,0.5,x\n\
         a,1,50,f,1,0.5,another stay\n\
         b,,50,f,1,0.5,x\n\
         ,0,50,f,1,0.5,x\n\
         c,0,121,f,1,0.5,x\n\
         d,0,50,q,1,0.5,x\n\
         e,0,50,m,,0.5,x\n\
         e,0,50,m,-1,0.5,x\n\
         f,0,50,m,0,0.5,x\n\
         g,0,,m,1,0.5,x\n\
         h,0,17,m,1,0.5,x\n\
         i,0,50,m,1,-1,x\n\
         j,0,50,m,2,0.5,x\n",
    )
    .unwrap();
    let needs = Needs {
        inputs: vec![
            InputCard {
                name: "years".into(),
                range: Some([18.0, 110.0]),
                ..InputCard::default()
            },
            InputCard {
                name: "sex".into(),
                kind: InputKind::Category,
                categories: vec!["m".into(), "f".into()],
                missing: MissingRule::Category("m".into()),
                ..InputCard::default()
            },
        ],
        joins: BTreeMap::from([("years".into(), "age".into()), ("sex".into(), "sex".into())]),
        prediction: Some("p".into()),
        ..Needs::default()
    };
    let cohort = admit(&table, &card, &needs).unwrap();
    let said: Vec<(String, u64, u64)> = [
        ("rows in the file", 14, 10),
        ("exact copy of an earlier row of the same patient", 1, 1),
        ("outcome missing", 1, 1),
        ("patient identifier missing", 1, 0),
        ("age outside 0 to 120 years", 1, 1),
        (
            "sex holds a category that the dataset card does not name",
            1,
            1,
        ),
        ("weight missing", 1, 1),
        ("weight negative", 1, 1),
        ("weight zero", 1, 1),
        ("years missing, which the model needs", 1, 1),
        (
            "years outside 18 to 110, for which the model is meant",
            1,
            1,
        ),
        ("not predicted", 1, 1),
        ("rows that belong", 3, 2),
    ]
    .map(|(reason, rows, patients)| (reason.to_owned(), rows, patients))
    .into();
    assert_eq!(flow(&cohort), said);
    assert_eq!(cohort.rows, [0, 2, 13]);
    assert_eq!(cohort.event, [true, true, false]);
    assert_eq!(
        (cohort.patient.as_slice(), cohort.patients),
        ([0, 0, 1].as_slice(), 2)
    );
    assert_eq!(cohort.weight.as_deref(), Some([1.0, 1.0, 2.0].as_slice()));
    assert_eq!(
        cohort::columns_for(&card, &needs),
        ["id", "died", "w", "sex", "age", "p"]
    );
}

#[test]
fn a_model_may_know_fewer_categories_than_the_data() {
    let card = card(&(outcome() + &column("cp", "role = \"input\"\ncategories = [\"a\", \"b\"]")));
    let table = load(&card, "died,cp\n1,a\n0,b\n0,a\n").unwrap();
    let needs = Needs {
        inputs: vec![InputCard {
            name: "cp".into(),
            kind: InputKind::Category,
            categories: vec!["a".into()],
            ..InputCard::default()
        }],
        joins: BTreeMap::from([("cp".into(), "cp".into())]),
        prediction: None,
        ..Needs::default()
    };
    let cohort = admit(&table, &card, &needs).unwrap();
    assert_eq!(cohort.rows, [0, 2]);
    assert!(flow(&cohort)[1].0.contains("the model does not know"));
}

#[test]
fn values_outside_can_count_as_missing_or_stop_the_study() {
    let rule = |rule: &str| {
        card(
            &(outcome()
                + &column(
                    "chol",
                    &format!("role = \"input\"\nrange = [50, 700]\noutside = \"{rule}\""),
                )),
        )
    };
    let text = "died,chol\n1,0\n0,200\n0,\n1,90\n";
    let aside = rule("missing");
    let table = load(&aside, text).unwrap();
    assert_eq!(table.aside("chol"), [0]);
    let cohort = admit(&table, &aside, &Needs::default()).unwrap();
    assert_eq!(cohort.rows.len(), 4);
    assert_eq!(cohort.missing["chol"].known(), Some(2));
    assert_eq!(cohort.flow[1].step, "noted");
    assert_eq!(flow(&cohort)[1].1, 1);

    let refuse = rule("refuse");
    let error = admit(&load(&refuse, text).unwrap(), &refuse, &Needs::default()).unwrap_err();
    assert!(error.what.contains("chol outside 50 to 700"), "{error}");
}

#[test]
fn repeated_patients_are_kept_reduced_or_refused() {
    let text = "id,died,day\na,1,1\na,0,2\nb,0,1\n";
    let with = |rule: &str| {
        card(&format!(
            "repeats = \"{rule}\"\n{}{}",
            outcome(),
            column("id", "role = \"patient\"")
        ))
    };
    let cohort = |rule: &str| {
        let card = with(rule);
        admit(&load(&card, text).unwrap(), &card, &Needs::default())
    };
    assert_eq!(cohort("keep").unwrap().patient, [0, 0, 1]);
    assert_eq!(cohort("first").unwrap().rows, [0, 2]);
    assert!(
        cohort("refuse")
            .unwrap_err()
            .what
            .contains("more than one row")
    );
}

#[test]
fn equal_rows_of_different_people_are_no_copies() {
    let card = card(&outcome());
    let cohort = admit(
        &load(&card, "died\n1\n1\n0\n0\n").unwrap(),
        &card,
        &Needs::default(),
    );
    let cohort = cohort.unwrap();
    assert_eq!((cohort.rows.len(), cohort.patients), (4, 4));
}

#[test]
fn an_outcome_that_is_constant_is_told() {
    let card = card(&outcome());
    let told = |text: &str| {
        admit(&load(&card, text).unwrap(), &card, &Needs::default())
            .unwrap_err()
            .to_string()
    };
    assert!(told("died,x\n1,1\n1,2\n").contains("every row that is left has the event `1`"));
    assert!(told("died,x\n1.0,1\n0.0,2\n").contains("`1` is not `1.0`"));
    assert!(told("died,x\n,1\n,2\n").contains("outcome missing"));
}

#[test]
fn levels_stand_in_order_and_the_unknown_last() {
    let card = card(
        &[
            outcome(),
            column(
                "sex",
                "role = \"group\"\nlabels = { \"1\" = \"male\", \"0\" = \"female\" }",
            ),
            column(
                "age",
                "role = \"input\"\nbands = [0, 50, 65, 80]\nreference = \"50-64\"",
            ),
            column("centre", "role = \"site\""),
            column(
                "stage",
                "role = \"group\"\ncategories = [\"late\", \"early\"]",
            ),
        ]
        .concat(),
    );
    let table = load(
        &card,
        "died,sex,age,centre,stage\n1,1,49.9,10,early\n0,0,50,9,late\n0,1,80,9,\n1,,,10,early\n0,1,64,2,early\n",
    )
    .unwrap();
    let cohort = admit(&table, &card, &Needs::default()).unwrap();
    let asked = asked(&[
        &["sex"],
        &["age-band"],
        &["site"],
        &["stage"],
        &["sex", "age-band"],
    ]);
    let splits = split(&table, &cohort, &card, &asked).unwrap();
    let levels = |at: usize| -> Vec<String> {
        let groups = splits[at].groups.iter();
        groups
            .map(|g| g.group.values().cloned().collect::<Vec<_>>().join("/"))
            .collect()
    };
    assert_eq!(levels(0), ["female", "male", "unknown"]);
    assert_eq!(levels(1), ["0–49", "50–64", "80+", "unknown"]);
    assert_eq!(levels(2), ["2", "9", "10"]);
    assert_eq!(levels(3), ["late", "early", "unknown"]);
    // attributes of a group stand in alphabetical order
    assert_eq!(
        levels(4),
        [
            "50–64/female",
            "0–49/male",
            "50–64/male",
            "80+/male",
            "unknown/unknown"
        ]
    );
    let references: Vec<_> = splits.iter().map(|s| s.reference).collect();
    assert_eq!(references, [Some(1), Some(1), Some(1), Some(1), Some(0)]);
    assert_eq!(splits[0].groups[1].rows, [0, 2, 4]);
    for split in &splits {
        let mut rows: Vec<u32> = split.groups.iter().flat_map(|g| g.rows.clone()).collect();
        rows.sort_unstable();
        assert_eq!(rows, [0, 1, 2, 3, 4], "every row is in one group");
    }
    let profile = profile(&cohort, &splits);
    assert_eq!(profile.groups.len(), 18);
    assert_eq!(profile.groups[1].events.known(), Some(1));
    assert_eq!(profile.missing["sex"].known(), Some(1));
    assert_eq!(
        groups::columns_for(&card, &asked),
        ["sex", "age", "centre", "stage"]
    );
}

#[test]
fn a_reference_without_rows_is_not_replaced_by_another() {
    let card = card(&(outcome() + &column("sex", "role = \"group\"\nreference = \"x\"")));
    let table = load(&card, "died,sex\n1,f\n0,m\n").unwrap();
    let cohort = admit(&table, &card, &Needs::default()).unwrap();
    let splits = split(&table, &cohort, &card, &asked(&[&["sex"]])).unwrap();
    assert_eq!(splits[0].reference, None);
}

#[test]
fn wrong_groups_are_told_before_data_are_read() {
    let card = card(
        &(column("sex", "role = \"group\"")
            + &column(
                "age",
                "role = \"input\"\nbands = [0, 50]\nreference = \"40-49\"",
            )
            + &outcome()),
    );
    let told = groups::check(&card, &asked(&[&["sexe"], &["sex", "sex"], &["age-band"]]));
    assert_eq!(told.len(), 3);
    assert_eq!(told[0].help.as_deref(), Some("did you mean `sex`?"));
    assert!(told[1].what.contains("twice"));
    assert!(told[2].help.as_deref().unwrap().contains("0–49"));
}

#[test]
fn a_column_of_names_is_no_group() {
    let card = card(&(outcome() + &column("name", "role = \"group\"")));
    let rows: String = (0..1_500).map(|i| format!("{},n{i}\n", i % 2)).collect();
    let table = load(&card, &format!("died,name\n{rows}")).unwrap();
    let cohort = admit(&table, &card, &Needs::default()).unwrap();
    let error = split(&table, &cohort, &card, &asked(&[&["name"]])).unwrap_err();
    assert!(error.what.contains("1500 groups"));
}

#[test]
fn columns_that_are_wanted_but_not_there_are_told() {
    let card = card(&outcome());
    let error = load(&card, "event,x\n1,2\n").unwrap_err().to_string();
    assert!(
        error.contains("no column `died`") && error.contains("columns there: event, x"),
        "{error}"
    );
    let error = load(&card, "event;died;x\n1;1;2\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("`delimiter = \";\"`"), "{error}");
}

#[test]
fn every_column_of_the_card_is_looked_for_in_the_file() {
    let card =
        card(&(outcome() + &column("a", "role = \"input\"") + &column("b", "role = \"ignore\"")));
    let names = ["dead", "a", "a"].map(str::to_owned);
    let told: Vec<String> = keur::dataset::check(&card, &names)
        .iter()
        .map(|e| e.what.clone())
        .collect();
    assert_eq!(
        told,
        [
            "the file has no column `died`",
            "column `a` stands twice in the file"
        ]
    );
}
