//! Model files that lie: each ends in a message that names what is wrong, without a panic and within bounded memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use keur::config::model_card;
use keur::model::open;
use keur::sheet::Sheet;
use std::fmt::Write;
use std::time::Instant;

const HEAD: &str = "name='n'\nversion='1'\ntask='binary'\npredicts='p'\n";
const NETWORK: &str = "format='safetensors'\nscore='logit'\n[[inputs]]\nname='x'\n[[inputs]]\nname='y'\n\
    [[layers]]\nkind='dense'\nname='fc'\ninputs=2\noutputs=1\n";
const LINEAR: &str = "format='linear'\nscore='logit'\n[[inputs]]\nname='x'\n";

/// Everything told about a file under a card; empty when it opens.
fn told(card: &str, name: &str, bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    let sheet = Sheet::parse(&format!("{HEAD}file='{name}'\n{card}"), "card.toml").unwrap();
    let card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), []);
    match open(&card, folder.path()) {
        Ok(_) => Vec::new(),
        Err(all) => all.iter().map(ToString::to_string).collect(),
    }
}

fn network(bytes: &[u8]) -> Vec<String> {
    told(NETWORK, "m.safetensors", bytes)
}

fn stored(header: &str, data: &[u8]) -> Vec<u8> {
    [
        &(header.len() as u64).to_le_bytes()[..],
        header.as_bytes(),
        data,
    ]
    .concat()
}

fn tensor(name: &str, dtype: &str, shape: &str, from: u64, to: u64) -> String {
    format!("\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{from},{to}]}}")
}

fn fits(weight: [f32; 2], bias: f32) -> Vec<u8> {
    let header = format!(
        "{{{},{}}}",
        tensor("fc.weight", "F32", "[1,2]", 0, 8),
        tensor("fc.bias", "F32", "[1]", 8, 12)
    );
    let data: Vec<u8> = [weight[0], weight[1], bias]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    stored(&header, &data)
}

fn says(told: &[String], part: &str) {
    assert!(
        told.iter().any(|told| told.contains(part)),
        "`{part}` is not in {told:#?}"
    );
}

#[test]
fn an_honest_network_opens() {
    assert_eq!(network(&fits([1.0, 2.0], 3.0)), [""; 0]);
}

#[test]
fn headers_that_lie_about_their_length_are_refused() {
    let good = fits([1.0, 2.0], 3.0);
    for length in [good.len() as u64, 1 << 40, u64::MAX, u64::MAX - 7, 17 << 20] {
        let mut bad = good.clone();
        bad[..8].copy_from_slice(&length.to_le_bytes());
        says(&network(&bad), "the header claims");
    }
    for length in [0, 3, 10] {
        let mut bad = good.clone();
        bad[..8].copy_from_slice(&(length as u64).to_le_bytes());
        says(&network(&bad), "header");
    }
}

#[test]
fn truncated_and_padded_files_are_refused() {
    let good = fits([1.0, 2.0], 3.0);
    for end in 0..good.len() {
        assert!(!network(&good[..end]).is_empty(), "cut at {end}");
    }
    says(
        &network(&[&good[..], b"more"].concat()),
        "longer or shorter",
    );
    says(&network(b""), "cut off");
}

#[test]
fn tensors_that_lie_about_their_place_or_size_are_refused() {
    let bias = tensor("fc.bias", "F32", "[1]", 8, 12);
    let data = [0; 12];
    for (weight, part) in [
        (tensor("fc.weight", "F32", "[1,2]", 4, 12), "overlap"),
        (tensor("fc.weight", "F32", "[1,2]", 0, 4), "does not fit"),
        (tensor("fc.weight", "F32", "[1,2]", 8, 0), "overlap"),
        (
            tensor("fc.weight", "F32", "[4294967296,4294967296]", 0, 8),
            "larger than any memory",
        ),
        (
            tensor("fc.weight", "F64", "[9223372036854775807,4]", 0, 8),
            "larger than any memory",
        ),
        (
            tensor("fc.weight", "F32", "[1000000000000000]", 0, 8),
            "does not fit",
        ),
        (
            tensor(
                "fc.weight",
                "F32",
                "[1000000000000000]",
                0,
                4_000_000_000_000_000,
            ),
            "overlap",
        ),
        (
            tensor("fc.weight", "F32", "[-1,-2]", 0, 8),
            "cannot be read",
        ),
        (
            tensor("fc.weight", "F32", "[1,2]", 0, 8).replace("[0,8]", "[0,-8]"),
            "cannot be read",
        ),
        (tensor("fc.weight", "Q7", "[1,2]", 0, 8), "cannot be read"),
        (tensor("fc.weight", "I64", "[1]", 0, 8), "shape"),
    ] {
        says(
            &network(&stored(&format!("{{{weight},{bias}}}"), &data)),
            part,
        );
    }
    let nested = format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
    says(&network(&stored(&nested, &[])), "cannot be read");
    says(&network(&stored("{\"\u{0}", &[])), "cannot be read");
}

#[test]
fn weights_that_are_no_numbers_are_counted_by_tensor() {
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let found = network(&fits([odd, odd], 1.0));
        assert_eq!(found.len(), 1);
        says(&found, "2 of the 2 numbers of the tensor `fc.weight`");
    }
    let header = format!(
        "{{{},{}}}",
        tensor("fc.weight", "F64", "[1,2]", 0, 16),
        tensor("fc.bias", "F64", "[1]", 16, 24)
    );
    let data: Vec<u8> = [1e300, 1.0, 1.0f64]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    says(&network(&stored(&header, &data)), "1 of the 2 numbers");
}

#[test]
fn unknown_names_kinds_and_shapes_are_all_told_at_once() {
    let header = format!(
        "{{{},{},{}}}",
        tensor("fc.wieght", "F32", "[1,2]", 0, 8),
        tensor("fc.bias", "I32", "[1]", 8, 12),
        tensor("<script>", "F32", "[1]", 12, 16)
    );
    let found = network(&stored(&header, &[0; 16]));
    assert_eq!(found.len(), 4, "{found:#?}");
    says(&found, "did you mean `fc.wieght`");
    says(&found, "no layer uses the tensor `<script>`");
    says(&found, "I32");
    let header = format!(
        "{{{},{}}}",
        tensor("fc.weight", "F32", "[2,1]", 0, 8),
        tensor("fc.bias", "F32", "[1]", 8, 12)
    );
    says(
        &network(&stored(&header, &[0; 12])),
        "shape [2, 1], and the card's layers need [1, 2]",
    );
}

#[test]
fn layers_that_do_not_chain_are_refused_before_the_file_is_read() {
    let widths = NETWORK.replace("inputs=2\noutputs=1", "inputs=3\noutputs=4");
    let found = told(&widths, "m.safetensors", b"");
    says(&found, "reads 3 columns where 2 arrive");
    says(&found, "gives 4 columns, and a score is one");
    let twice = format!("{NETWORK}[[layers]]\nkind='dense'\nname='fc'\ninputs=1\noutputs=1\n");
    says(
        &told(&twice, "m.safetensors", b""),
        "two layers have the name",
    );
    let sigmoid = format!("{NETWORK}[[layers]]\nkind='sigmoid'\n");
    says(&told(&sigmoid, "m.safetensors", b""), "`sigmoid`");
    let zero = NETWORK.replace("outputs=1", "outputs=0");
    let sheet = Sheet::parse(&format!("{HEAD}file='m'\n{zero}"), "card.toml").unwrap();
    let mut card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish().len(), 1, "a width of zero is told");
    card.layers = vec![keur::record::LayerCard::Dense {
        name: "fc".into(),
        inputs: Some(2),
        outputs: 0,
        bias: true,
    }];
    let folder = tempfile::tempdir().unwrap();
    assert!(open(&card, folder.path()).is_err());
}

#[test]
fn standard_deviations_must_be_above_zero() {
    let card = NETWORK.replace(
        "[[layers]]",
        "[[layers]]\nkind='standardise'\nname='in'\n[[layers]]",
    );
    let header = format!(
        "{{{},{},{},{}}}",
        tensor("in.mean", "F32", "[2]", 0, 8),
        tensor("in.sd", "F32", "[2]", 8, 16),
        tensor("fc.weight", "F32", "[1,2]", 16, 24),
        tensor("fc.bias", "F32", "[1]", 24, 28)
    );
    let data: Vec<u8> = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0f32]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    says(
        &told(&card, "m.safetensors", &stored(&header, &data)),
        "not above zero",
    );
}

#[test]
fn a_file_larger_than_its_layers_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(folder.path().join("m.safetensors")).unwrap();
    file.set_len(1 << 40).unwrap();
    let sheet = Sheet::parse(
        &format!("{HEAD}file='m.safetensors'\n{NETWORK}"),
        "card.toml",
    )
    .unwrap();
    let card = model_card::read(&sheet, "m");
    let found: Vec<String> = open(&card, folder.path())
        .err()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    says(&found, "more than the");
}

#[test]
fn pickles_are_never_opened_whatever_their_name() {
    let zip = [&b"PK\x03\x04\x14\0\0\0"[..], &[0; 22], b"m/data.pkl"].concat();
    for name in ["m.safetensors", "m.toml"] {
        let card = if name == "m.toml" { LINEAR } else { NETWORK };
        says(
            &told(card, name, b"\x80\x04\x95\x1c\0\0\0\0\0\0\0\x8c\x05posix"),
            "a Python pickle",
        );
        says(
            &told(card, name, b"\x80\x02csklearn.linear_model"),
            "a Python pickle",
        );
        says(&told(card, name, &zip), "Python pickle in it");
        says(&told(card, name, b"\x78\x9c\xed\xc1\x01"), "joblib");
    }
}

#[test]
fn files_outside_the_folder_are_never_opened() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.toml"), "x = 1").unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let sheet = Sheet::parse(&format!("{HEAD}file='m.toml'\n{LINEAR}"), "card.toml").unwrap();
    let mut card = model_card::read(&sheet, "m");
    for file in ["../m.toml", "/etc/hostname", "a/../../m.toml"] {
        card.file = Some(file.to_owned());
        let found = open(&card, &inner).err().unwrap();
        assert!(
            found[0].to_string().contains("does not lie in"),
            "{found:?}"
        );
    }
    card.file = Some(".".to_owned());
    assert!(open(&card, &inner).is_err());
    card.file = Some("absent.toml".to_owned());
    assert!(open(&card, &inner).is_err());
}

#[test]
fn bombs_of_toml_are_refused_quickly() {
    let start = Instant::now();
    let nested = format!("a = {}{}", "[".repeat(500_000), "]".repeat(500_000));
    says(&told(LINEAR, "m.toml", nested.as_bytes()), "not valid TOML");
    let large = "#".repeat(5 << 20);
    says(&told(LINEAR, "m.toml", large.as_bytes()), "more than the");
    let mut many = "link='logistic'\nintercept=0\n".to_owned();
    while many.len() < (4 << 20) - 60 {
        many.push_str("[[terms]]\nx=1\n");
    }
    let found = told(LINEAR, "m.toml", many.as_bytes());
    assert_eq!(found.len(), 1, "one message for all terms");
    says(&found, "more than the 10000");
    let million = format!(
        "link='logistic'\nintercept=0\nterms=[{}]",
        "{},".repeat(1_000_000)
    );
    says(&told(LINEAR, "m.toml", million.as_bytes()), "1000000 terms");
    let mut steps = "link='identity'\n[[terms]]\ninput='x'\npoints=[".to_owned();
    for i in 0..50_000 {
        write!(steps, "{{below={i},points=1}},").unwrap();
    }
    steps.push_str("{points=0}]");
    assert!(!told(LINEAR, "m.toml", steps.as_bytes()).is_empty());
    assert!(!told(LINEAR, "m.toml", b"\xff\xfe\x00").is_empty());
    assert!(!told(LINEAR, "m.toml", b"").is_empty());
    eprintln!("bombs took {:?}", start.elapsed());
}

#[test]
fn coefficients_that_are_no_numbers_are_refused_with_their_line() {
    for odd in ["nan", "inf", "-inf", "1e999", "'1'"] {
        let file = format!("link='logistic'\nintercept=0\n[[terms]]\ninput='x'\ncoefficient={odd}");
        let found = told(LINEAR, "m.toml", file.as_bytes());
        assert_eq!(found.len(), 1, "{odd}: {found:?}");
        says(&found, "m/m.toml:5");
    }
}
