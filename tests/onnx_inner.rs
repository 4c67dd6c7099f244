//! Graphs inside nodes and functions of a model: what they read, and what a hostile file does with them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop"
)]

use keur::model::onnx::graph::{Context, Graph};
use keur::model::onnx::proto;
use keur::model::onnx::value::{Data, Tensor};

/// A field that holds bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut made = varint(u64::from(number) << 3 | 2);
    made.extend(varint(bytes.len() as u64));
    made.extend(bytes);
    made
}

/// A field that holds a whole number.
fn int(number: u8, value: u64) -> Vec<u8> {
    let mut made = varint(u64::from(number) << 3);
    made.extend(varint(value));
    made
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut made = Vec::new();
    while value >= 0x80 {
        made.push(value as u8 | 0x80);
        value >>= 7;
    }
    made.push(value as u8);
    made
}

fn texts(number: u8, names: &[&str]) -> Vec<u8> {
    let fields = names.iter().map(|name| field(number, name.as_bytes()));
    fields.collect::<Vec<_>>().concat()
}

/// A node of a set of operators; attributes are whole.
fn node(
    set: &str,
    operator: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[Vec<u8>],
) -> Vec<u8> {
    let attributes = attributes.iter().map(|attribute| field(5, attribute));
    [
        texts(1, inputs),
        texts(2, outputs),
        field(4, operator.as_bytes()),
        attributes.collect::<Vec<_>>().concat(),
        field(7, set.as_bytes()),
    ]
    .concat()
}

fn whole(name: &str, value: u64) -> Vec<u8> {
    [field(1, name.as_bytes()), int(3, value), int(20, 2)].concat()
}

fn inner(name: &str, graph: &[u8]) -> Vec<u8> {
    [field(1, name.as_bytes()), field(6, graph), int(20, 5)].concat()
}

/// What stands for an attribute of the function around a node.
fn reference(name: &str, of: &str, kind: u64) -> Vec<u8> {
    [
        field(1, name.as_bytes()),
        int(20, kind),
        field(21, of.as_bytes()),
    ]
    .concat()
}

fn constant(name: &str, value: i64) -> Vec<u8> {
    node(
        "",
        "Constant",
        &[],
        &[name],
        &[whole("value_int", value as u64)],
    )
}

fn graph(nodes: &[Vec<u8>], inputs: &[&str], outputs: &[&str]) -> Vec<u8> {
    let ports = |number: u8, names: &[&str]| {
        let ports = names
            .iter()
            .map(|name| field(number, &field(1, name.as_bytes())));
        ports.collect::<Vec<_>>().concat()
    };
    let nodes = nodes.iter().map(|node| field(1, node));
    [
        nodes.collect::<Vec<_>>().concat(),
        ports(11, inputs),
        ports(12, outputs),
    ]
    .concat()
}

fn function(
    name: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[&str],
    nodes: &[Vec<u8>],
) -> Vec<u8> {
    let nodes = nodes.iter().map(|node| field(7, node));
    [
        field(1, name.as_bytes()),
        texts(4, inputs),
        texts(5, outputs),
        texts(6, attributes),
        nodes.collect::<Vec<_>>().concat(),
        field(9, &[field(1, b""), int(2, 18)].concat()),
        field(10, b"own"),
    ]
    .concat()
}

fn run(graph: &[u8], functions: &[Vec<u8>], feeds: Vec<Tensor>) -> Result<Vec<Tensor>, String> {
    let sets = [
        field(8, &int(2, 18)),
        field(8, &[field(1, b"own"), int(2, 1)].concat()),
    ]
    .concat();
    let functions = functions.iter().map(|function| {
        let mut made = varint(25 << 3 | 2);
        made.extend(varint(function.len() as u64));
        made.extend(function);
        made
    });
    let bytes = [
        field(7, graph),
        sets,
        functions.collect::<Vec<_>>().concat(),
    ]
    .concat();
    let model = proto::model(&bytes).map_err(|e| e.to_string())?;
    let context = Context {
        opsets: &model.opsets,
        folder: None,
        functions: &model.functions,
    };
    let graph = Graph::new(model.graph.as_ref().unwrap(), context)
        .map_err(|problems| problems[0].to_string())?;
    graph.run(feeds).map_err(|e| e.to_string())
}

fn number(x: i64) -> Tensor {
    Tensor::new(Vec::new(), Data::I64(vec![x])).unwrap()
}

fn truth(x: bool) -> Tensor {
    Tensor::new(Vec::new(), Data::Bool(vec![x])).unwrap()
}

/// A loop around a graph: as many steps as `n` says, one state that begins as `x`.
fn looped(body: &[u8]) -> Vec<u8> {
    node("", "Loop", &["n", "", "x"], &["y"], &[inner("body", body)])
}

#[test]
fn a_graph_inside_a_node_reads_the_graphs_around_it() {
    // y = x + a, n times, where a is made outside, read within a branch within the loop
    let branch =
        |operator: &str| graph(&[node("", operator, &["s", "a"], &["b"], &[])], &[], &["b"]);
    let choice = node(
        "",
        "If",
        &["c"],
        &["t"],
        &[
            inner("then_branch", &branch("Add")),
            inner("else_branch", &branch("Sub")),
        ],
    );
    let body = graph(&[choice], &["i", "on", "s"], &["on", "t"]);
    let whole = graph(
        &[node("", "Add", &["x", "x"], &["a"], &[]), looped(&body)],
        &["n", "x", "c"],
        &["y"],
    );
    for (c, wanted) in [(true, 5 + 3 * 10), (false, 5 - 3 * 10)] {
        let made = run(&whole, &[], vec![number(3), number(5), truth(c)]).unwrap();
        assert_eq!(made[0].data, Data::I64(vec![wanted]));
    }
}

#[test]
fn a_loop_without_an_end_ends_with_an_error() {
    let body = graph(
        &[node("", "Neg", &["s"], &["t"], &[])],
        &["i", "on", "s"],
        &["on", "t"],
    );
    let whole = graph(&[looped(&body)], &["n", "x"], &["y"]);
    let began = std::time::Instant::now();
    let told = run(&whole, &[], vec![number(1 << 62), number(1)]).unwrap_err();
    assert!(told.contains("more steps than any model"), "{told}");
    // what a loop piles up is bounded too
    let body = graph(
        &[
            node("", "Identity", &["s"], &["t"], &[]),
            node("", "Identity", &["s"], &["p"], &[]),
        ],
        &["i", "on", "s"],
        &["on", "t", "p"],
    );
    let pile = node(
        "",
        "Loop",
        &["n", "", "x"],
        &["y", "z"],
        &[inner("body", &body)],
    );
    let whole = graph(&[pile], &["n", "x"], &["z"]);
    let large = Tensor::new(vec![1 << 20], Data::I64(vec![0; 1 << 20])).unwrap();
    let told = run(&whole, &[], vec![number(1 << 62), large]).unwrap_err();
    assert!(told.contains("MiB it may have"), "{told}");
    println!("both ended after {:.1} s", began.elapsed().as_secs_f64());
}

#[test]
fn a_function_of_the_model_runs_with_the_attributes_it_is_called_with() {
    // f(x) = x + k, called within g(x) = f(x; k = j) * 2
    let add = [
        node(
            "",
            "Constant",
            &[],
            &["c"],
            &[reference("value_int", "k", 2)],
        ),
        node("", "Add", &["x", "c"], &["y"], &[]),
    ];
    let twice = [
        node("own", "f", &["u"], &["v"], &[reference("k", "j", 2)]),
        node("", "Add", &["v", "v"], &["w"], &[]),
    ];
    let functions = [
        function("f", &["x"], &["y"], &["k"], &add),
        function("g", &["u"], &["w"], &["j"], &twice),
    ];
    let whole_graph = graph(
        &[node("own", "g", &["x"], &["y"], &[whole("j", 7)])],
        &["x"],
        &["y"],
    );
    let made = run(&whole_graph, &functions, vec![number(3)]).unwrap();
    assert_eq!(made[0].data, Data::I64(vec![20]));
}

#[test]
fn functions_that_call_themselves_or_each_other_too_often_are_refused() {
    let own = function(
        "f",
        &["x"],
        &["y"],
        &[],
        &[node("own", "f", &["x"], &["y"], &[])],
    );
    let call = graph(&[node("own", "f", &["x"], &["y"], &[])], &["x"], &["y"]);
    let told = run(&call, &[own], vec![number(1)]).unwrap_err();
    assert!(told.contains("within each other"), "{told}");
    // ten levels that each call the next one eight times
    let names: Vec<String> = (0..10).map(|level| format!("f{level}")).collect();
    let mut functions = Vec::new();
    for (level, name) in names.iter().enumerate() {
        let ports: Vec<String> = (0..9).map(|place| format!("p{place}")).collect();
        let next = names.get(level + 1).map_or("Neg", String::as_str);
        let set = if next == "Neg" { "" } else { "own" };
        let calls = ports
            .windows(2)
            .map(|pair| node(set, next, &[&pair[0]], &[&pair[1]], &[]));
        functions.push(function(
            name,
            &["p0"],
            &["p8"],
            &[],
            &calls.collect::<Vec<_>>(),
        ));
    }
    let call = graph(&[node("own", "f0", &["x"], &["y"], &[])], &["x"], &["y"]);
    let told = run(&call, &functions, vec![number(1)]).unwrap_err();
    assert!(told.contains("more often than any model"), "{told}");
}

#[test]
fn what_an_operator_in_a_branch_or_function_does_not_know_is_told_first() {
    let strange = graph(&[node("", "Strange", &[], &["b"], &[])], &[], &["b"]);
    let good = graph(&[constant("b", 1)], &[], &["b"]);
    let branches = [inner("then_branch", &good), inner("else_branch", &strange)];
    let choice = node("", "If", &["c"], &["y"], &branches);
    let told = run(&graph(&[choice], &["c"], &["y"]), &[], vec![truth(true)]).unwrap_err();
    assert!(told.contains("`Strange`"), "{told}");
    let own = function("f", &[], &["y"], &[], &[node("", "Odd", &[], &["y"], &[])]);
    let call = graph(&[node("own", "f", &[], &["y"], &[])], &[], &["y"]);
    let told = run(&call, &[own], Vec::new()).unwrap_err();
    assert!(told.contains("`Odd`"), "{told}");
}

#[test]
fn a_sequence_does_not_stand_where_a_tensor_is_asked_nor_within_another() {
    let list = node("", "SequenceConstruct", &["x"], &["s"], &[]);
    for (operator, inputs) in [("Neg", vec!["s"]), ("SequenceConstruct", vec!["s", "s"])] {
        let next = node("", operator, &inputs, &["y"], &[]);
        let whole = graph(&[list.clone(), next], &["x"], &["y"]);
        let told = run(&whole, &[], vec![number(1)]).unwrap_err();
        assert!(
            told.contains("a sequence of tensors stands where"),
            "{told}"
        );
    }
}
