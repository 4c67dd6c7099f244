//! Model files that the benches write themselves: perfect trees of random thresholds, in the form each framework gives them,
//! fields that nobody scores included.
#![allow(
    dead_code,
    clippy::unwrap_used,
    missing_docs,
    reason = "each bench takes what it needs, and may stop"
)]

use std::fmt::Write;

/// Numbers in [0, 1), the same on every machine.
pub struct Uniform(pub u64);

impl Uniform {
    pub fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A perfect tree: `2^depth − 1` questions, then as many leaves and one.
struct Perfect {
    input: Vec<usize>,
    threshold: Vec<f32>,
    leaf: Vec<f32>,
}

fn forest(trees: usize, depth: u32, inputs: usize) -> Vec<Perfect> {
    let mut uniform = Uniform(3);
    (0..trees)
        .map(|_| Perfect {
            input: (1..1 << depth)
                .map(|_| (uniform.next() * inputs as f64) as usize)
                .collect(),
            threshold: (1..1 << depth).map(|_| uniform.next() as f32).collect(),
            leaf: (0..1 << depth)
                .map(|_| (0.2 * uniform.next() - 0.1) as f32)
                .collect(),
        })
        .collect()
}

fn list<T>(
    items: impl IntoIterator<Item = T>,
    mark: &str,
    write: impl Fn(&mut String, T),
) -> String {
    let mut text = String::new();
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            text.push_str(mark);
        }
        write(&mut text, item);
    }
    text
}

fn whole(items: impl IntoIterator<Item = i64>) -> String {
    list(items, ",", |text, x| write!(text, "{x}").unwrap())
}

fn real(items: impl IntoIterator<Item = f32>) -> String {
    list(items, ",", |text, x| write!(text, "{x:E}").unwrap())
}

/// `model.json` as XGBoost 3 writes it; inputs are called `x0`, `x1`, …
pub fn xgboost(trees: usize, depth: u32, inputs: usize) -> String {
    let names = list(0..inputs, ",", |text, x| write!(text, "\"x{x}\"").unwrap());
    let mut out = format!(
        r#"{{"learner":{{"attributes":{{}},"feature_names":[{names}],"gradient_booster":{{"model":{{"gbtree_model_param":{{"num_parallel_tree":"1","num_trees":"{trees}"}},"tree_info":[{}],"trees":["#,
        whole((0..trees).map(|_| 0))
    );
    for (place, tree) in forest(trees, depth, inputs).iter().enumerate() {
        let splits = tree.input.len() as i64;
        let nodes = 2 * splits + 1;
        let of = |split: &dyn Fn(i64) -> i64, leaf: i64| {
            whole((0..nodes).map(|node| if node < splits { split(node) } else { leaf }))
        };
        let values = || tree.threshold.iter().chain(&tree.leaf).copied();
        let none = of(&|_| 0, 0);
        let flags = of(&|node| node % 2, 0);
        let left = of(&|node| 2 * node + 1, -1);
        let right = of(&|node| 2 * node + 2, -1);
        let parents = whole((0..nodes).map(|node| {
            if node == 0 {
                2_147_483_647
            } else {
                (node - 1) / 2
            }
        }));
        let indices = of(&|node| tree.input[node as usize] as i64, 0);
        let comma = if place == 0 { "" } else { "," };
        let (weights, changes, conditions, hessian) = (
            real(values().map(|x| x * 0.7)),
            real(values().map(|x| x * 13.0)),
            real(values()),
            real(values().map(|x| x.abs() * 100.0)),
        );
        write!(
            out,
            r#"{comma}{{"base_weights":[{weights}],"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],"default_left":[{flags}],"id":{place},"left_children":[{left}],"loss_changes":[{changes}],"parents":[{parents}],"right_children":[{right}],"split_conditions":[{conditions}],"split_indices":[{indices}],"split_type":[{none}],"sum_hessian":[{hessian}],"tree_param":{{"num_deleted":"0","num_feature":"{inputs}","num_nodes":"{nodes}","size_leaf_vector":"1"}}}}"#,
        )
        .unwrap();
    }
    write!(
        out,
        r#"]}},"name":"gbtree"}},"learner_model_param":{{"base_score":"5E-1","num_class":"0","num_feature":"{inputs}","num_target":"1"}},"objective":{{"name":"binary:logistic"}}}},"version":[3,0,0]}}"#
    )
    .unwrap();
    out
}

/// The same file as UBJSON, with lists of one type as XGBoost writes them.
pub fn ubjson(json: &str) -> Vec<u8> {
    let mut out = Vec::new();
    enter(&serde_json::from_str(json).unwrap(), &mut out);
    out
}

fn enter(value: &serde_json::Value, out: &mut Vec<u8>) {
    use serde_json::Value;
    let length = |length: usize, out: &mut Vec<u8>| {
        out.push(b'L');
        out.extend((length as i64).to_be_bytes());
    };
    match value {
        Value::Number(number) => {
            out.push(b'l');
            out.extend((number.as_i64().unwrap() as i32).to_be_bytes());
        }
        Value::String(text) => {
            out.push(b'S');
            length(text.len(), out);
            out.extend(text.as_bytes());
        }
        Value::Array(list) if list.first().is_some_and(Value::is_number) => {
            let whole = list.iter().all(Value::is_i64);
            out.extend(if whole { b"[$l#" } else { b"[$d#" });
            length(list.len(), out);
            for number in list {
                match number.as_i64().filter(|_| whole) {
                    Some(number) => out.extend((number as i32).to_be_bytes()),
                    None => out.extend((number.as_f64().unwrap() as f32).to_be_bytes()),
                }
            }
        }
        Value::Array(list) => {
            out.push(b'[');
            list.iter().for_each(|item| enter(item, out));
            out.push(b']');
        }
        Value::Object(pairs) => {
            out.push(b'{');
            for (key, item) in pairs {
                length(key.len(), out);
                out.extend(key.as_bytes());
                enter(item, out);
            }
            out.push(b'}');
        }
        Value::Null | Value::Bool(_) => out.push(b'Z'),
    }
}

/// `model.txt` as LightGBM 4 writes it; inputs are called `x0`, `x1`, …
pub fn lightgbm(trees: usize, depth: u32, inputs: usize) -> String {
    let names = list(0..inputs, " ", |text, x| write!(text, "x{x}").unwrap());
    let mut out = format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={}\nobjective=binary sigmoid:1\n\
         feature_names={names}\ntree_sizes=1\n\n",
        inputs - 1
    );
    for (place, tree) in forest(trees, depth, inputs).iter().enumerate() {
        let splits = tree.input.len() as i64;
        let numbers = |items: &mut dyn Iterator<Item = f64>| {
            list(items, " ", |text, x| write!(text, "{x}").unwrap())
        };
        let places = |items: &mut dyn Iterator<Item = i64>| {
            list(items, " ", |text, x| write!(text, "{x}").unwrap())
        };
        // a leaf is −1 − its number
        let child = |child: i64| {
            if child < splits {
                child
            } else {
                -1 - (child - splits)
            }
        };
        let third = |x: &f32| f64::from(*x) + 1.0 / 3.0;
        writeln!(
            out,
            "Tree={place}\nnum_leaves={}\nnum_cat=0\nsplit_feature={}\nsplit_gain={}\nthreshold={}\ndecision_type={}\n\
             left_child={}\nright_child={}\nleaf_value={}\nleaf_weight={}\nleaf_count={}\ninternal_value={}\n\
             internal_weight={}\ninternal_count={}\nis_linear=0\nshrinkage=0.1\n\n",
            splits + 1,
            places(&mut tree.input.iter().map(|x| *x as i64)),
            real(tree.threshold.iter().copied()).replace(',', " "),
            numbers(&mut tree.threshold.iter().map(third)),
            places(&mut (0..splits).map(|_| 2)),
            places(&mut (0..splits).map(|node| child(2 * node + 1))),
            places(&mut (0..splits).map(|node| child(2 * node + 2))),
            numbers(&mut tree.leaf.iter().map(third)),
            numbers(&mut tree.leaf.iter().map(third)),
            places(&mut tree.leaf.iter().map(|x| (x.abs() * 1e4) as i64)),
            real(tree.threshold.iter().copied()).replace(',', " "),
            real(tree.threshold.iter().copied()).replace(',', " "),
            places(&mut tree.threshold.iter().map(|x| (x.abs() * 1e4) as i64)),
        )
        .unwrap();
    }
    out + "end of trees\n\npandas_categorical:null\n"
}

fn varint(mut x: u64, out: &mut Vec<u8>) {
    while x >= 0x80 {
        out.push(x as u8 | 0x80);
        x >>= 7;
    }
    out.push(x as u8);
}

fn int(field: u64, x: i64) -> Vec<u8> {
    let mut out = Vec::new();
    varint(field << 3, &mut out);
    varint(x as u64, &mut out);
    out
}

fn bytes(field: u64, x: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(field << 3 | 2, &mut out);
    varint(x.len() as u64, &mut out);
    out.extend(x);
    out
}

fn attribute(name: &str, kind: i64, value: &[u8]) -> Vec<u8> {
    let head = bytes(1, name.as_bytes());
    bytes(5, &[&head[..], value, &int(20, kind)].concat())
}

fn ints(name: &str, list: impl IntoIterator<Item = i64>) -> Vec<u8> {
    let value: Vec<u8> = list.into_iter().flat_map(|x| int(8, x)).collect();
    attribute(name, 7, &value)
}

fn floats(name: &str, list: impl IntoIterator<Item = f32>) -> Vec<u8> {
    let value: Vec<u8> = list
        .into_iter()
        .flat_map(|x| [&[7 << 3 | 5][..], &x.to_le_bytes()].concat())
        .collect();
    attribute(name, 6, &value)
}

fn texts<'a>(name: &str, list: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let value: Vec<u8> = list
        .into_iter()
        .flat_map(|x| bytes(9, x.as_bytes()))
        .collect();
    attribute(name, 8, &value)
}

fn node(operator: &str, [input, label, output]: [&str; 3], attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut all = bytes(1, input.as_bytes());
    for made in [label, output] {
        if !made.is_empty() {
            all.extend(bytes(2, made.as_bytes()));
        }
    }
    all.extend(
        [
            bytes(3, operator.as_bytes()),
            bytes(4, operator.as_bytes()),
            bytes(7, b"ai.onnx.ml"),
        ]
        .concat(),
    );
    all.extend(attributes.concat());
    bytes(1, &all)
}

fn port(field: u64, name: &str, kind: i64, columns: i64) -> Vec<u8> {
    let sides = [bytes(1, &bytes(2, b"N")), bytes(1, &int(1, columns))].concat();
    let tensor = [int(1, kind), bytes(2, &sides)].concat();
    bytes(
        field,
        &[bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat(),
    )
}

fn onnx(graph: &[Vec<u8>]) -> Vec<u8> {
    let opset =
        |domain: &str, version| bytes(8, &[bytes(1, domain.as_bytes()), int(2, version)].concat());
    [
        int(1, 8),
        bytes(7, &graph.concat()),
        opset("", 17),
        opset("ai.onnx.ml", 3),
    ]
    .concat()
}

/// A pipeline of a scaler and a logistic regression as skl2onnx writes it.
pub fn onnx_pipeline(inputs: usize) -> Vec<u8> {
    let mut uniform = Uniform(5);
    let weights: Vec<f32> = (0..inputs).map(|_| (uniform.next() - 0.5) as f32).collect();
    let scaler = node(
        "Scaler",
        ["x", "", "scaled"],
        &[
            floats("offset", vec![0.5; inputs]),
            floats("scale", vec![2.0; inputs]),
        ],
    );
    let both = weights.iter().map(|w| -w).chain(weights.iter().copied());
    let classifier = node(
        "LinearClassifier",
        ["scaled", "label", "scores"],
        &[
            ints("classlabels_ints", [0, 1]),
            floats("coefficients", both),
            floats("intercepts", [1.0, -1.0]),
            attribute("multi_class", 2, &int(3, 1)),
            attribute("post_transform", 3, &bytes(4, b"LOGISTIC")),
        ],
    );
    onnx(&[
        scaler,
        classifier,
        port(11, "x", 1, inputs as i64),
        port(12, "label", 7, 1),
        port(12, "scores", 1, 2),
    ])
}

/// A `TreeEnsembleClassifier` as skl2onnx writes a forest: two weights at each leaf, every list unpacked.
pub fn onnx_forest(trees: usize, depth: u32, inputs: usize) -> Vec<u8> {
    let all = forest(trees, depth, inputs);
    let splits = (1_i64 << depth) - 1;
    let nodes = 2 * splits + 1;
    let every = || (0..trees as i64).flat_map(|tree| (0..nodes).map(move |node| (tree, node)));
    let leaves = || {
        every()
            .filter(|(_, node)| *node >= splits)
            .flat_map(|one| [(one, 0), (one, 1)])
    };
    let question = |node: i64, then: i64| if node < splits { then } else { 0 };
    let ensemble = node(
        "TreeEnsembleClassifier",
        ["x", "label", "scores"],
        &[
            ints("class_ids", leaves().map(|(_, class)| class)),
            ints("class_nodeids", leaves().map(|((_, node), _)| node)),
            ints("class_treeids", leaves().map(|((tree, _), _)| tree)),
            floats(
                "class_weights",
                leaves().map(|((tree, node), class)| {
                    let p =
                        (0.5 + all[tree as usize].leaf[(node - splits) as usize]) / trees as f32;
                    if class == 0 {
                        1.0 / trees as f32 - p
                    } else {
                        p
                    }
                }),
            ),
            ints("classlabels_int64s", [0, 1]),
            ints(
                "nodes_falsenodeids",
                every().map(|(_, node)| question(node, 2 * node + 2)),
            ),
            ints(
                "nodes_featureids",
                every().map(|(tree, node)| {
                    all[tree as usize]
                        .input
                        .get(node as usize)
                        .map_or(0, |x| *x as i64)
                }),
            ),
            floats("nodes_hitrates", every().map(|_| 1.0)),
            ints("nodes_missing_value_tracks_true", every().map(|_| 0)),
            texts(
                "nodes_modes",
                every().map(|(_, node)| if node < splits { "BRANCH_LEQ" } else { "LEAF" }),
            ),
            ints("nodes_nodeids", every().map(|(_, node)| node)),
            ints("nodes_treeids", every().map(|(tree, _)| tree)),
            ints(
                "nodes_truenodeids",
                every().map(|(_, node)| question(node, 2 * node + 1)),
            ),
            floats(
                "nodes_values",
                every().map(|(tree, node)| {
                    all[tree as usize]
                        .threshold
                        .get(node as usize)
                        .copied()
                        .unwrap_or(0.0)
                }),
            ),
            attribute("post_transform", 3, &bytes(4, b"NONE")),
        ],
    );
    onnx(&[
        ensemble,
        port(11, "x", 1, inputs as i64),
        port(12, "label", 7, 1),
        port(12, "scores", 1, 2),
    ])
}

/// A perceptron with one hidden layer: its safetensors file and the layers of its card.
pub fn perceptron(inputs: usize, hidden: usize) -> (Vec<u8>, String) {
    let mut uniform = Uniform(7);
    let mut data: Vec<u8> = Vec::new();
    let mut header = Vec::new();
    let shapes = [
        ("fc.weight", vec![hidden, inputs]),
        ("fc.bias", vec![hidden]),
        ("out.weight", vec![1, hidden]),
        ("out.bias", vec![1]),
    ];
    for (name, shape) in shapes {
        let start = data.len();
        for _ in 0..shape.iter().product() {
            data.extend((uniform.next() as f32 - 0.5).to_le_bytes());
        }
        header.push(format!(
            "\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape:?},\"data_offsets\":[{start},{}]}}",
            data.len()
        ));
    }
    let header = format!("{{{}}}", header.join(","));
    let file = [
        &(header.len() as u64).to_le_bytes()[..],
        header.as_bytes(),
        &data,
    ]
    .concat();
    let layers = format!(
        "[[layers]]\nkind='dense'\nname='fc'\ninputs={inputs}\noutputs={hidden}\n[[layers]]\nkind='relu'\n\
         [[layers]]\nkind='dense'\nname='out'\ninputs={hidden}\noutputs=1\n[[layers]]\nkind='sigmoid'\n"
    );
    (file, layers)
}

/// A logistic regression as a readable file.
pub fn logistic(inputs: usize) -> String {
    let mut uniform = Uniform(9);
    let mut text = String::from("link = 'logistic'\nintercept = -1\n");
    for input in 0..inputs {
        write!(
            text,
            "[[terms]]\ninput = 'x{input}'\ncoefficient = {}\n",
            uniform.next() - 0.5
        )
        .unwrap();
    }
    text
}

/// A card for `x0`, `x1`, …
pub fn card(format: &str, file: &str, inputs: usize, missing: &str) -> String {
    let mut card = format!(
        "name='{format}'\nversion='1'\ntask='binary'\npredicts='p'\nformat='{format}'\nfile='{file}'\nscore='probability'\n"
    );
    for input in 0..inputs {
        write!(card, "[[inputs]]\nname='x{input}'\nmissing='{missing}'\n").unwrap();
    }
    card
}
