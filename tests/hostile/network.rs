//! Cards of networks that ask for too much or do not fit: each ends in a message that names the layer, before the file is
//! read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use keur::config::model_card;
use keur::model::open;
use keur::record::{InputCard, LayerCard};
use keur::sheet::Sheet;
use std::fmt::Write;
use std::time::{Duration, Instant};

const HEAD: &str = "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='safetensors'\n\
    file='m.safetensors'\nscore='probability'\n";

/// Everything told of a card with these layers, which read `inputs` numbers; by the card's reader or when it is opened.
fn told_of(inputs: usize, layers: &str, file: &[u8]) -> Vec<String> {
    let start = Instant::now();
    let words = |all: Vec<keur::error::Error>| all.iter().map(ToString::to_string).collect();
    let sheet = match Sheet::parse(
        &format!("{HEAD}{layers}\n[[inputs]]\nname='x'\n"),
        "card.toml",
    ) {
        Ok(sheet) => sheet,
        Err(error) => return words(vec![error]),
    };
    let mut card = model_card::read(&sheet, "m");
    let found = sheet.finish();
    if !found.is_empty() {
        return words(found);
    }
    card.inputs = (0..inputs)
        .map(|i| InputCard {
            name: format!("x{i}"),
            ..InputCard::default()
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.safetensors"), file).unwrap();
    let found = open(&card, folder.path())
        .err()
        .map_or_else(Vec::new, words);
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
    found
}

fn layer(kind: &str, keys: &str) -> String {
    format!("[[layers]]\nkind='{kind}'\n{keys}\n")
}

fn once(inputs: usize, layers: &str, part: &str) {
    let found = told_of(inputs, layers, b"");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains(part), "`{part}` is not in {found:#?}");
}

#[test]
fn windows_wider_than_what_arrives_are_told_with_their_layer() {
    let signal = layer("reshape", "shape=[2,6]");
    let fits = layer("conv1d", "name='a'\noutputs=4\nkernel=3");
    let wide = layer(
        "conv1d",
        "name='b'\noutputs=4\nkernel=3\ndilation=3\npadding=1",
    );
    once(
        12,
        &format!("{signal}{fits}{wide}"),
        "layer 3 (`b`) sees 7 places at once, and 6 arrive",
    );
    once(
        12,
        &format!("{signal}{}", layer("max-pool", "kernel=9")),
        "layer 2 sees 9 places",
    );
    once(
        12,
        &format!("{signal}{}", layer("max-pool", "kernel=2\npadding=2")),
        "padding of more than half",
    );
    once(
        12,
        &format!(
            "{signal}{}",
            layer("conv2d", "name='c'\noutputs=1\nkernel=1")
        ),
        "channels × height × width, and 2 × 6 arrives",
    );
    once(12, &fits, "channels × steps, and 12 arrives");
    once(
        12,
        &format!(
            "{signal}{}",
            layer("conv1d", "name='d'\noutputs=4\nkernel=1\ngroups=3")
        ),
        "into 3 groups",
    );
    once(
        12,
        &format!(
            "{signal}{}",
            layer("conv1d", "name='d'\ninputs=3\noutputs=4\nkernel=1")
        ),
        "reads 3 channels where 2 arrive",
    );
}

#[test]
fn layers_that_ask_for_petabytes_are_refused_at_once() {
    let image = layer("reshape", "shape=[1,8,8]");
    for (keys, part) in [
        (
            "name='a'\noutputs=65536\nkernel=1\npadding=65536",
            "multiplications",
        ),
        (
            "name='a'\noutputs=1\nkernel=1\npadding=65536",
            "numbers of a row",
        ),
        (
            "name='a'\noutputs=1\nkernel=8000\npadding=8000",
            "multiplications",
        ),
    ] {
        once(64, &format!("{image}{}", layer("conv2d", keys)), part);
    }
    let large = layer("reshape", "shape=[1,64,64]");
    let pool = layer("max-pool", "kernel=65536\nstride=1\npadding=32768");
    once(4096, &format!("{large}{pool}"), "multiplications");
    once(
        8,
        &layer("reshape", "shape=[65536,65536,65536,65536]"),
        "makes 65536 × 65536 × 65536 × 65536 of 8 numbers",
    );
    let line = layer("reshape", "shape=[64,1]");
    once(
        64,
        &format!(
            "{line}{}",
            layer("lstm", "name='r'\nwidth=65536\ndepth=65536")
        ),
        "multiplications",
    );
    let wide = layer("dense", "name='w'\noutputs=60000");
    once(
        64,
        &format!(
            "{line}{wide}{}",
            layer("attention", "name='t'\nheads=60000")
        ),
        "layer 3 (`t`) would make",
    );
    let token = layer("embedding", "name='e'\ncount=65536\nwidth=65536");
    once(2000, &token, "numbers of a row");
    let long = layer("transformer", "name='t'\nheads=1\nwidth=1\ndepth=65536");
    once(64, &format!("{line}{long}"), "more than 4096 layers");
    let widths = vec!["65536"; 64].join(",");
    let mlp = format!("architecture = {{ name = 'mlp', widths = [{widths}] }}\n");
    let found = told_of(4, &mlp, b"");
    assert!(!found.is_empty());
}

#[test]
fn ten_thousand_layers_one_after_another_and_more_in_each_other_are_refused() {
    let mut many = String::new();
    for _ in 0..10_000 {
        many.push_str("[[layers]]\nkind='tanh'\n");
    }
    once(1, &many, "more than 4096 layers");
    let mut nested = String::new();
    for depth in 1..=40 {
        write!(
            nested,
            "[[{}]]\nkind='residual'\n",
            vec!["layers"; depth].join(".")
        )
        .unwrap();
    }
    once(1, &nested, "more than 6 deep");
    let deep = format!(
        "[[{}]]\nkind='residual'\n",
        vec!["layers"; 100_000].join(".")
    );
    assert!(!told_of(1, &deep, b"").is_empty());
    let inline = format!(
        "layers=[{}{}]",
        "{kind='residual',layers=[".repeat(100_000),
        "]}".repeat(100_000)
    );
    assert!(!told_of(1, &inline, b"").is_empty());
}

#[test]
fn layers_made_in_code_may_not_nest_without_end_either() {
    let mut layer = LayerCard::Tanh;
    for _ in 0..1000 {
        layer = LayerCard::Residual {
            layers: vec![layer],
            projection: Vec::new(),
        };
    }
    let sheet = Sheet::parse(
        &format!("{HEAD}[[inputs]]\nname='x'\n[[layers]]\nkind='relu'"),
        "card.toml",
    )
    .unwrap();
    let mut card = model_card::read(&sheet, "m");
    card.layers = vec![layer];
    let folder = tempfile::tempdir().unwrap();
    let found = open(&card, folder.path()).err().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].what.contains("stands in more than 16 others"),
        "{found:?}"
    );
}

#[test]
fn layers_that_do_not_fit_say_what_arrives() {
    let square = layer("reshape", "shape=[2,3]");
    for (layers, part) in [
        (layer("transpose", "axes=[0,0]"), "each of the 2 axes of 2 × 3 once"),
        (layer("transpose", "axes=[0,1,2]"), "each of the 2 axes"),
        (layer("pick", "index=2"), "place 2 of axis 0, and 2 × 3 arrives"),
        (layer("pick", "axis=5\nindex=0"), "axis 5"),
        (layer("mean", "axis=2"), "axis 2"),
        (layer("layer-norm", "name='n'\naxes=3"), "normalises 3 axes"),
        (layer("group-norm", "name='n'\ngroups=4"), "4 groups"),
        (layer("attention", "name='n'\nheads=2"), "a width of 3 into 2 heads"),
        (layer("embedding", "name='n'\ncount=2\nwidth=2"), "one line of whole numbers, and 2 × 3"),
        (layer("softmax", "class=1") + &layer("flatten", ""), "only the last layer"),
        (layer("flatten", "") + &layer("softmax", "class=6"), "names the class 6, and 6 arrive"),
        (layer("flatten", ""), "gives 6 columns, and a score is one"),
        (
            "[[layers]]\nkind='residual'\n[[layers.layers]]\nkind='dense'\nname='a'\noutputs=4\n".to_owned(),
            "adds 2 × 4 from its layers to 2 × 3",
        ),
        (
            "[[layers]]\nkind='concat'\n[[layers.layers]]\nkind='dense'\nname='a'\noutputs=4\n".to_owned(),
            "puts 2 × 4 behind 2 × 3",
        ),
        (
            "[[layers]]\nkind='gate'\n[[layers.layers]]\nkind='dense'\nname='a'\noutputs=4\n".to_owned(),
            "multiplies 2 × 3 with 2 × 4",
        ),
        (
            "[[layers]]\nkind='residual'\n[[layers.layers]]\nkind='conv2d'\nname='a'\noutputs=4\nkernel=3\n".to_owned(),
            "layer 2.1 (`a`)",
        ),
    ] {
        once(6, &format!("{square}{layers}"), part);
    }
    once(
        6,
        "architecture = 'resnet18'\n",
        "layer 1.1 (`conv1`) reads channels × height × width, and 6 arrives",
    );
    once(6, "architecture = 'resnet19'\n", "did you mean `resnet18`");
    once(6, "architecture = 'cnn1d'\n", "needs its `widths`");
    once(
        6,
        "architecture = 'resnet18'\n[[layers]]\nkind='relu'\n",
        "not both",
    );
    let zero = told_of(
        6,
        &layer("conv1d", "name='a'\noutputs=0\nkernel=[0,2]\nstride=0"),
        b"",
    );
    assert_eq!(zero.len(), 3, "{zero:#?}");
}

#[test]
fn tensors_that_are_missing_by_the_hundred_are_counted() {
    let image = layer("reshape", "shape=[3,32,32]");
    let header = "{\"layer1.0.conv1.wieght\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},\
        \"bn1.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[0],\"data_offsets\":[0,0]}}";
    let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
    let net = format!("{image}{}{}", layer("resnet50", ""), layer("sigmoid", ""));
    let found = told_of(3072, &net, &file);
    assert_eq!(found.len(), 12, "{found:#?}");
    assert!(
        found[10].contains("the file has no 257 more tensors"),
        "{}",
        found[10]
    );
    assert!(
        found[11].contains("`layer1.0.conv1.wieght`")
            && found[11].contains("asks for `layer1.0.conv1.weight`")
    );
}

#[test]
fn variances_below_zero_and_shapes_of_another_network_are_told() {
    let net = format!(
        "{}{}",
        layer("batch-norm", "name='n'\nepsilon=0.1"),
        layer("dense", "name='d'\noutputs=1\nbias=false")
    );
    let mut header = Vec::new();
    for (place, name) in ["n.weight", "n.bias", "n.running_mean", "n.running_var"]
        .iter()
        .enumerate()
    {
        header.push(format!(
            "\"{name}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{},{}]}}",
            4 * place,
            4 * place + 4
        ));
    }
    header.push(
        "\"d.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]}".to_owned(),
    );
    let header = format!("{{{}}}", header.join(","));
    let data: Vec<u8> = [1.0, 0.0, 0.0, -0.5, 1.0, 1.0f32]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let file = [
        &(header.len() as u64).to_le_bytes()[..],
        header.as_bytes(),
        &data,
    ]
    .concat();
    let found = told_of(1, &format!("{net}{}", layer("sigmoid", "")), &file);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found
            .iter()
            .any(|told| told.contains("1 variances of the tensor `n.running_var` are below zero"))
    );
    assert!(
        found
            .iter()
            .any(|told| told.contains("shape [1, 2], and the card's layers need [1, 1]"))
    );
}
