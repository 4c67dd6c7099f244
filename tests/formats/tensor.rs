//! Signals, images and sequences: columns of lists and numbered columns are one tensor, whatever the format.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use arrow_array::builder::{Float32Builder, ListBuilder};
use arrow_array::types::{Float32Type, Float64Type, Int16Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, Float64Array, LargeListArray, ListArray, RecordBatch,
    StringArray,
};
use keur::config::dataset_card;
use keur::dataset::cohort::{Needs, admit};
use keur::dataset::tensor::Tensors;
use keur::dataset::{check, names, open};
use keur::error::Result;
use keur::record::{DatasetCard, InputCard, InputKind};
use keur::sheet::Sheet;
use std::path::Path;
use std::sync::Arc;

fn read_card(text: &str) -> (DatasetCard, Vec<String>) {
    let text = format!("name='t'\nfile='t'\nformat='csv'\n{text}");
    let sheet = Sheet::parse(&text, "card.toml").unwrap();
    let card = dataset_card::read(&sheet, "t");
    (
        card,
        sheet.finish().iter().map(ToString::to_string).collect(),
    )
}

fn card(text: &str) -> DatasetCard {
    let (card, problems) = read_card(text);
    assert_eq!(problems, [""; 0]);
    card
}

fn ecg(more: &str) -> DatasetCard {
    card(&format!(
        "[[columns]]\nname='ecg'\nrole='input'\nkind='tensor'\n{more}"
    ))
}

fn column(path: &Path, card: &DatasetCard, name: &str) -> Result<Tensors> {
    let table = open(path, card, &[name.to_owned()])?;
    Ok(table.tensors(name)?.clone())
}

/// The column as Parquet in small row groups, and as IPC in two batches.
fn through(array: ArrayRef, card: &DatasetCard) -> [Result<Tensors>; 2] {
    let rows = array.len();
    let batch = RecordBatch::try_from_iter_with_nullable([("ecg", array, true)]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    let file = std::fs::File::create(&path).unwrap();
    let settings = parquet::file::properties::WriterProperties::builder()
        .set_max_row_group_row_count(Some(2))
        .build();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(settings)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let mut card = card.clone();
    card.format = "parquet".into();
    let first = column(&path, &card, "ecg");
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
    for (start, end) in [(0, rows / 2), (rows / 2, rows)] {
        writer.write(&batch.slice(start, end - start)).unwrap();
    }
    writer.finish().unwrap();
    card.format = "arrow".into();
    [first, column(&path, &card, "ecg")]
}

fn text(text: &str, card: &DatasetCard, name: &str) -> Result<Tensors> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    std::fs::write(&path, text).unwrap();
    column(&path, card, name)
}

/// NaN is not itself.
fn assert_same(left: &Tensors, right: &Tensors) {
    assert_eq!(format!("{left:?}"), format!("{right:?}"));
}

#[test]
fn lists_of_every_kind_are_the_same_tensor() {
    let rows = || {
        vec![
            None,
            Some(vec![Some(1.0), Some(2.0), Some(3.0), Some(4.0)]),
            Some(vec![Some(5.0), None, Some(7.0), Some(8.0)]),
            Some(vec![Some(-1.0), Some(0.0), Some(1.5), Some(2.5)]),
        ]
    };
    let nan = f32::NAN;
    let wanted = Tensors::new(
        4,
        vec![
            nan, nan, nan, nan, 1.0, 2.0, 3.0, 4.0, 5.0, nan, 7.0, 8.0, -1.0, 0.0, 1.5, 2.5,
        ],
    )
    .unwrap();
    let single = || {
        let short = |row: Vec<Option<f64>>| row.into_iter().map(|x| x.map(|x| x as f32)).collect();
        rows()
            .into_iter()
            .map(move |row| row.map(|row| -> Vec<Option<f32>> { short(row) }))
    };
    let arrays: [ArrayRef; 5] = [
        Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows())),
        Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(single())),
        Arc::new(LargeListArray::from_iter_primitive::<Float64Type, _, _>(
            rows(),
        )),
        Arc::new(FixedSizeListArray::from_iter_primitive::<Float64Type, _, _>(rows(), 4)),
        Arc::new(nested()),
    ];
    for array in arrays {
        let what = array.data_type().to_string();
        for found in through(array, &ecg("")) {
            println!("{what}");
            let found = found.unwrap();
            assert_same(&found, &wanted);
            let missing: Vec<bool> = (0..4).map(|row| found.is_missing(row)).collect();
            assert_eq!(missing, [true, false, true, false]);
        }
    }
}

/// The same rows as lists of two lists of two.
fn nested() -> ListArray {
    let mut builder = ListBuilder::new(ListBuilder::new(Float32Builder::new()));
    let mut row = |numbers: Option<[Option<f32>; 4]>| {
        for pair in numbers.iter().flat_map(|numbers| numbers.chunks(2)) {
            pair.iter()
                .for_each(|x| builder.values().values().append_option(*x));
            builder.values().append(true);
        }
        builder.append(numbers.is_some());
    };
    row(None);
    row(Some([Some(1.0), Some(2.0), Some(3.0), Some(4.0)]));
    row(Some([Some(5.0), None, Some(7.0), Some(8.0)]));
    row(Some([Some(-1.0), Some(0.0), Some(1.5), Some(2.5)]));
    builder.finish()
}

#[test]
fn whole_numbers_are_tensors_as_far_as_32_bits_hold_them() {
    let list = |rows: Vec<Vec<i64>>| -> ArrayRef {
        let rows = rows.into_iter().map(|row| Some(row.into_iter().map(Some)));
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(rows))
    };
    for found in through(
        list(vec![vec![1, 16_777_216], vec![-9, 0]]),
        &ecg("missing=['-9']"),
    ) {
        let found = found.unwrap();
        assert_eq!(found.row(0), [1.0, 16_777_216.0]);
        assert!(found.is_missing(1), "a declared code is missing");
    }
    for found in through(
        list(vec![vec![1, 2], vec![16_777_217, 16_777_219]]),
        &ecg(""),
    ) {
        let told = found.unwrap_err().to_string();
        assert!(
            told.contains("holds 2 numbers that 32 bits cannot hold, first in row 2"),
            "{told}"
        );
    }
    let plain: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None]));
    for found in through(plain, &ecg("")) {
        let found = found.unwrap();
        assert_eq!((found.width(), found.row(0)), (1, &[1.0][..]));
        assert!(found.is_missing(1));
    }
}

#[test]
fn rows_of_other_lengths_and_lists_of_words_are_told_by_their_count() {
    let ragged = |rows: Vec<Option<Vec<i16>>>| -> ArrayRef {
        let some = |row: Vec<i16>| row.into_iter().map(Some);
        let rows = rows.into_iter().map(|row| row.map(some));
        Arc::new(ListArray::from_iter_primitive::<Int16Type, _, _>(rows))
    };
    let rows = vec![
        None,
        Some(vec![7, 8]),
        Some(vec![9]),
        Some(vec![3, 4, 5]),
        Some(vec![1, 2]),
    ];
    for found in through(ragged(rows), &ecg("")) {
        let told = found.unwrap_err().to_string();
        assert!(told.contains("2 rows do not hold the 2 numbers"), "{told}");
        assert!(!told.contains('9'), "no value is told: {told}");
    }
    for found in through(ragged(vec![None, None]), &ecg("")) {
        let found = found.unwrap();
        assert_eq!((found.width(), found.len()), (0, 2));
    }
    let mut words = ListBuilder::new(arrow_array::builder::StringBuilder::new());
    words.values().append_value("secret");
    words.append(true);
    for found in through(Arc::new(words.finish()), &ecg("")) {
        let told = found.unwrap_err().to_string();
        assert!(
            told.contains("a tensor has numbers") && told.contains("column `ecg`"),
            "{told}"
        );
        assert!(!told.contains("secret"), "{told}");
    }
    let uneven = {
        let mut builder = ListBuilder::new(ListBuilder::new(Float32Builder::new()));
        builder.values().values().append_slice(&[1.0]);
        builder.values().append(true);
        builder.values().values().append_slice(&[1.0, 2.0, 3.0]);
        builder.values().append(true);
        builder.append(true);
        builder.finish()
    };
    for found in through(Arc::new(uneven), &ecg("")) {
        assert!(found.is_err(), "lists of a row differ in length");
    }
}

#[test]
fn a_list_that_is_not_declared_as_a_tensor_says_how_to_declare_it() {
    let card = card("[[columns]]\nname='ecg'\nrole='input'");
    let rows = vec![Some(vec![Some(1.0)])];
    let lists = ListArray::from_iter_primitive::<Float64Type, _, _>(rows);
    for found in through(Arc::new(lists), &card) {
        let told = found.unwrap_err().to_string();
        assert!(told.contains("kind = \"tensor\""), "{told}");
    }
}

#[test]
fn numbered_columns_are_one_tensor_in_text_and_in_parquet() {
    let name = "ecg_{}";
    let card =
        card("[[columns]]\nname='ecg_{}'\nrole='input'\nkind='tensor'\ninput='ecg'\nmissing=['x']");
    let wide = "ecg_10,ecg_1,id,ecg_2,ecg_3,ecg_4,ecg_5,ecg_6,ecg_7,ecg_8,ecg_9\n\
                10,1,a,2,3,4,5,6,7,8,9\n\
                1e-3,1,b,0.1,3,x,,6,7,8,9\n";
    let found = text(wide, &card, name).unwrap();
    assert_eq!(
        found.row(0),
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
    );
    assert_eq!((found.row(1)[1], found.row(1)[9]), (0.1, 0.001));
    assert!(found.is_missing(1) && found.row(1)[3].is_nan() && found.row(1)[4].is_nan());

    let numbers = |x: f64| -> ArrayRef { Arc::new(Float64Array::from(vec![x, x + 0.5])) };
    let batch = RecordBatch::try_from_iter([
        ("ecg_1", numbers(1.0)),
        (
            "id",
            Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef,
        ),
        ("ecg_0", numbers(0.0)),
    ])
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let mut card = card;
    card.format = "parquet".into();
    assert_eq!(check(&card, &names(&path, &card).unwrap()), []);
    assert_eq!(
        column(&path, &card, name).unwrap().values(),
        [0.0, 1.0, 0.5, 1.5]
    );

    card.format = "csv".into();
    let gaps: Vec<String> = ["ecg_2", "ecg_4", "ecg_7"].map(str::to_owned).into();
    let told = check(&card, &gaps)[0].to_string();
    assert!(
        told.contains("begin with 2") && told.contains("2 gaps"),
        "{told}"
    );
    let told = text("ecg_0,ecg_1\n1,a\n", &card, name)
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("holds 1 number") && told.contains("line 2"),
        "{told}"
    );
    assert!(text("ecg_0\n1e39\n", &card, name).is_err());
}

#[test]
fn copies_of_rows_are_found_where_a_column_holds_lists() {
    let card = card(
        "[[columns]]\nname='id'\nrole='patient'\n[[columns]]\nname='ecg'\nrole='input'\nkind='tensor'",
    );
    let rows = [[1.0, 2.0], [1.0, 2.0], [1.0, 3.0], [1.0, 2.0]];
    let lists = rows.map(|row| Some(row.map(Some)));
    let batch = RecordBatch::try_from_iter([
        (
            "id",
            Arc::new(StringArray::from(vec!["a", "a", "a", "b"])) as ArrayRef,
        ),
        (
            "ecg",
            Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(lists)) as ArrayRef,
        ),
    ])
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let mut card = card;
    card.format = "parquet".into();
    let table = open(&path, &card, &["id".into(), "ecg".into()]).unwrap();
    assert_eq!(table.copies(), [1]);
}

#[test]
fn rows_with_missing_or_impossible_numbers_leave_and_are_counted() {
    let card = card(
        "[[columns]]\nname='died'\nrole='outcome'\nevent='1'\n\
         [[columns]]\nname='ecg_{}'\nrole='input'\nkind='tensor'\nunit='mV'\nrange=[-5, 5]",
    );
    let text = "died,ecg_0,ecg_1\n1,0,0\n0,1,1\n1,,1\n0,9,0\n0,2,2\n1,4,0\n0,0,1\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    std::fs::write(&path, text).unwrap();
    let table = open(&path, &card, &["died".into(), "ecg_{}".into()]).unwrap();
    let input = |shape: &[usize]| InputCard {
        name: "signal".into(),
        kind: InputKind::Tensor,
        shape: shape.to_vec(),
        range: Some([0.0, 3.0]),
        ..InputCard::default()
    };
    let needs = |shape| Needs {
        inputs: vec![input(shape)],
        joins: [("signal".to_owned(), "ecg_{}".to_owned())].into(),
        ..Needs::default()
    };
    let cohort = admit(&table, &card, &needs(&[1, 2])).unwrap();
    assert_eq!(cohort.rows, [0, 1, 4, 6]);
    let flow: Vec<String> = cohort.flow.iter().map(|step| step.reason.clone()).collect();
    assert_eq!(
        flow[1..4],
        [
            "ecg_{} has numbers outside -5 to 5 mV",
            "signal missing, which the model needs",
            "signal has numbers outside 0 to 3, for which the model is meant",
        ]
    );
    let told = admit(&table, &card, &needs(&[3])).unwrap_err().to_string();
    assert!(
        told.contains("[3]") && told.contains("its column has 2"),
        "{told}"
    );
}

#[test]
fn a_tensor_is_an_input_and_nothing_else() {
    for role in [
        "patient",
        "outcome",
        "group",
        "site",
        "weight",
        "prediction",
        "time",
        "date",
    ] {
        let (_, problems) = read_card(&format!(
            "[[columns]]\nname='ecg'\nrole='{role}'\nkind='tensor'"
        ));
        assert!(
            problems.len() == 1 && problems[0].contains(&format!("has the role `{role}`")),
            "{role}: {problems:?}"
        );
    }
    for key in [
        "categories=['a']",
        "bands=[1, 2]",
        "event='1'",
        "reference='a'",
    ] {
        let (_, problems) = read_card(&format!(
            "[[columns]]\nname='ecg'\nrole='input'\nkind='tensor'\n{key}"
        ));
        assert!(
            problems.iter().any(|p| p.contains("a tensor has no")),
            "{key}: {problems:?}"
        );
    }
    assert_eq!(
        read_card("[[columns]]\nname='e'\nrole='input'\nkind='tensor'\nrange=[0, 1]").1,
        [""; 0]
    );
}
