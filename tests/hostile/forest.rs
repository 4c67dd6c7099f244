//! Forests that lie: each ends in a message that names what is wrong, without a panic, within bounded time and memory.
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
use std::time::{Duration, Instant};

fn told(format: &str, name: &str, bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    let card = format!(
        "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='{format}'\nfile='{name}'\nscore='probability'\n\
         [[inputs]]\nname='a'\nmissing='model'\n[[inputs]]\nname='b'\n"
    );
    let sheet = Sheet::parse(&card, "card.toml").unwrap();
    let card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), []);
    let start = Instant::now();
    let told = match open(&card, folder.path()) {
        Ok(_) => Vec::new(),
        Err(all) => all.iter().map(ToString::to_string).collect(),
    };
    assert!(start.elapsed() < Duration::from_secs(20));
    told
}

fn says(format: &str, name: &str, bytes: &[u8], part: &str) {
    let told = told(format, name, bytes);
    assert!(
        told.iter().any(|told| told.contains(part)),
        "`{part}` is not in {told:#?}"
    );
}

const TREE: &str = r#"{"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],"split_conditions":[0.5,-1,1],"default_left":[1,0,0],"sum_hessian":[2,1,1],"split_type":[0,0,0],"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],"tree_param":{"size_leaf_vector":"1"}}"#;

fn xgb(tree: &str) -> String {
    format!(
        r#"{{"learner":{{"attributes":{{}},"feature_names":["a","b"],"gradient_booster":{{"model":{{"gbtree_model_param":{{"num_parallel_tree":"1"}},"tree_info":[0],"trees":[{tree}]}},"name":"gbtree"}},"learner_model_param":{{"base_score":"5E-1","num_class":"0","num_feature":"2","num_target":"1"}},"objective":{{"name":"binary:logistic"}}}},"version":[3,0,0]}}"#
    )
}

fn json(text: &str, part: &str) {
    says("xgboost", "model.json", text.as_bytes(), part);
}

const LGB: &str = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\nobjective=binary sigmoid:1\n\
    feature_names=a b\nfeature_infos=[0:1] [0:1]\ntree_sizes=1\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=0.5\n\
    decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=-1 1\nleaf_count=1 1\ninternal_count=2\nis_linear=0\nshrinkage=1\n\n\n\
    end of trees\n\npandas_categorical:null\n";

fn text(text: &str, part: &str) {
    says("lightgbm", "model.txt", text.as_bytes(), part);
}

#[test]
fn honest_files_open() {
    assert_eq!(told("xgboost", "m.json", xgb(TREE).as_bytes()), [""; 0]);
    assert_eq!(told("lightgbm", "m.txt", LGB.as_bytes()), [""; 0]);
    let old = xgb(&TREE.replace("[1,0,0]", "[true,false,false]"));
    assert_eq!(told("xgboost", "m.json", old.as_bytes()), [""; 0]);
}

#[test]
fn pickles_and_strangers_are_named() {
    for format in ["xgboost", "lightgbm"] {
        says(
            format,
            "model.json",
            b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c",
            "Python pickle",
        );
        says(format, "model.txt", b"\x78\x9c\x01\x02", "joblib");
        says(format, "m", b"", "empty");
    }
    says(
        "xgboost",
        "m.json",
        b"\xff\xfe garbage",
        "neither JSON nor UBJSON",
    );
    says("xgboost", "m.bin", b"binf\0\0\0\0", "old binary");
    says(
        "lightgbm",
        "m.txt",
        b"tree\nversion=\xff\xfe\n",
        "not UTF-8",
    );
    says("lightgbm", "m.txt", b"\xff\xfe", "no LightGBM text");
}

#[test]
fn trees_that_are_no_trees_are_refused() {
    for (from, to, part) in [
        ("[1,-1,-1]", "[7,-1,-1]", "a child is node 7"),
        ("[1,-1,-1]", "[-5,-1,-1]", "before the first node"),
        ("[1,-1,-1]", "[0,-1,-1]", "a loop"),
        ("[1,-1,-1]", "[2,-1,-1]", "two ways"),
        ("[1,-1,-1]", "[2147483647,-1,-1]", "a child is node"),
        ("[1,-1,-1]", "[]", "`left_children` has 0 items"),
        ("[0,0,0]", "[2,0,0]", "asks about input 2"),
        ("[0,0,0]", "[-1,0,0]", "asks about input"),
        ("[0,0,0]", "[0,0]", "`split_indices` has 2"),
        ("[2,1,1]", "[2,1]", "`sum_hessian` has 2"),
        ("[0.5,-1,1]", "[0.5,-1]", "`split_conditions` has 2"),
        ("[0.5,-1,1]", "[NaN,-1,1]", "not a number"),
        ("[0.5,-1,1]", "[0.5,1e99,1]", "no finite number"),
        ("[1,0,0]", "[1,0,9]", "no XGBoost JSON"),
        (
            "\"split_type\":[0,0,0]",
            "\"split_type\":[1,0,0]",
            "names none",
        ),
        (
            "\"categories_nodes\":[]",
            "\"categories_nodes\":[0]",
            "differ in length",
        ),
        (
            "\"left_children\"",
            "\"right_children\":[],\"left_children\"",
            "duplicate field",
        ),
        ("\"left_children\"", "\"links\"", "missing field"),
    ] {
        let tree = TREE.replacen(from, to, 1);
        assert_ne!(tree, TREE);
        json(&xgb(&tree), part);
    }
    let nothing = r#"{"left_children":[],"right_children":[],"split_indices":[],"split_conditions":[],"default_left":[]}"#;
    json(&xgb(nothing), "no nodes");
    json(&xgb(""), "no tree");
    for (nodes, sizes, categories, part) in [
        ("[0]", "[9]", "[1]", "lie outside"),
        ("[0]", "[-1]", "[1]", "lie outside"),
        ("[9]", "[1]", "[1]", "belong to node 9"),
        ("[0]", "[1]", "[16777216]", "outside 0 to"),
        ("[0]", "[1]", "[-1]", "outside 0 to"),
    ] {
        let tree = TREE
            .replace("\"split_type\":[0,0,0]", "\"split_type\":[1,0,0]")
            .replace("\"categories\":[]", &format!("\"categories\":{categories}"))
            .replace(
                "\"categories_nodes\":[]",
                &format!("\"categories_nodes\":{nodes}"),
            )
            .replace("\"categories_segments\":[]", "\"categories_segments\":[0]")
            .replace(
                "\"categories_sizes\":[]",
                &format!("\"categories_sizes\":{sizes}"),
            );
        json(&xgb(&tree), part);
    }
}

#[test]
fn what_an_xgboost_file_claims_must_fit() {
    for (from, to, part) in [
        ("binary:logistic", "multi:softprob", "several outputs"),
        (
            "\"num_class\":\"0\"",
            "\"num_class\":\"3\"",
            "several outputs",
        ),
        (
            "\"num_target\":\"1\"",
            "\"num_target\":\"2\"",
            "several outputs",
        ),
        ("binary:logistic", "rank:ndcg", "neither a probability nor"),
        ("binary:logistic", "binary:hinge", "a class, not a score"),
        ("gbtree\"}", "gblinear\"}", "has no trees"),
        ("\"5E-1\"", "\"0\"", "outside (0, 1)"),
        ("\"5E-1\"", "\"[1,2]\"", "not one number"),
        (
            "\"num_feature\":\"2\"",
            "\"num_feature\":\"3\"",
            "reads 3 inputs",
        ),
        (
            "[\"a\",\"b\"]",
            "[\"a\",\"c\"]",
            "the file reads the input `c`",
        ),
        (
            "[\"a\",\"b\"]",
            "[\"b\",\"a\"]",
            "input 1 is `b` in the file",
        ),
        (
            "\"attributes\":{}",
            "\"attributes\":{\"best_iteration\":\"4\"}",
            "names no iteration",
        ),
        (
            "\"attributes\":{}",
            "\"attributes\":{\"best_iteration\":\"-1\"}",
            "names no iteration",
        ),
        (
            "\"size_leaf_vector\":\"1\"",
            "\"size_leaf_vector\":\"3\"",
            "several values",
        ),
        ("\"tree_info\":[0]", "\"tree_info\":[1]", "an output that"),
    ] {
        let whole = xgb(TREE);
        let file = whole.replacen(from, to, 1);
        assert_ne!(file, whole, "{from}");
        json(&file, part);
    }
}

#[test]
fn truncated_files_are_refused_at_every_byte() {
    let whole = xgb(TREE);
    for end in 0..whole.len() {
        assert!(
            !told("xgboost", "m.json", &whole.as_bytes()[..end]).is_empty(),
            "{end}"
        );
    }
    let end = LGB.find("end of trees").unwrap();
    for end in 0..end {
        assert!(
            !told("lightgbm", "m.txt", &LGB.as_bytes()[..end]).is_empty(),
            "{end}"
        );
    }
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/oracle/forest/xgb-plain-ubj.ubj"
    );
    let ubj = std::fs::read(folder).unwrap();
    for end in (0..ubj.len()).step_by(97) {
        assert!(!told("xgboost", "m.ubj", &ubj[..end]).is_empty(), "{end}");
    }
}

#[test]
fn changed_bytes_never_stop_the_program() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/oracle/forest/xgb-partition-ubj.ubj"
    );
    let mut state = 1_u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for (format, whole) in [
        ("xgboost", std::fs::read(folder).unwrap()),
        ("xgboost", xgb(TREE).into_bytes()),
        ("lightgbm", LGB.as_bytes().to_vec()),
    ] {
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..=random() % 3 {
                let place = random() % bytes.len();
                bytes[place] = random() as u8;
            }
            told(format, "m", &bytes);
        }
    }
}

#[test]
fn ubjson_that_lies_about_lengths_is_refused() {
    for (bytes, part) in [
        (&b"{L\x7f\xff\xff\xff\xff\xff\xff\xff"[..], "bytes claimed"),
        (b"{i\xff", "negative"),
        (b"{i\x07learner[$d#L\x00\x10\0\0\0\0\0\0", "items claimed"),
        (b"{i\x01x[$d#L\x00\x10\0\0\0\0\0\0", "items claimed"),
        (b"{i\x01x[$l#i\x80", "negative"),
        (b"{i\x01x[$T#l\x7f\xff\xff\xff", "unknown type"),
    ] {
        says("xgboost", "m.ubj", bytes, part);
    }
    let deep = [&b"{i\x01x"[..], &b"[".repeat(1 << 20)].concat();
    says("xgboost", "m.ubj", &deep, "nested");
}

#[test]
fn deep_nesting_in_json_is_refused() {
    let deep = format!("{{\"x\":{}", "[".repeat(1 << 20));
    json(&deep, "no XGBoost JSON");
    let words = "[".repeat(1 << 20);
    text(&LGB.replace("null", &words), "cannot be read");
}

#[test]
fn a_tree_of_ten_million_nodes_is_refused_in_bounded_time() {
    let count = 10_000_001;
    let minus = "-1,".repeat(count - 1);
    let zero = "0,".repeat(count - 1);
    let tree = format!(
        r#"{{"left_children":[{minus}-1],"right_children":[{minus}-1],"split_indices":[{zero}0],"split_conditions":[{zero}0],"default_left":[{zero}0]}}"#
    );
    json(&xgb(&tree), "10000001 nodes, more than");
}

#[test]
fn a_tree_of_ten_million_nodes_in_few_bytes_each_is_refused_in_bounded_time() {
    let count = 10_000_001_usize;
    let list = |name: &str, kind: u8, item: u8| {
        let mut bytes = vec![b'i', name.len() as u8];
        bytes.extend(name.as_bytes());
        bytes.extend([b'[', b'$', kind, b'#', b'l']);
        bytes.extend((count as i32).to_be_bytes());
        bytes.resize(bytes.len() + count, item);
        bytes
    };
    let key = |name: &str| [&[b'i', name.len() as u8][..], name.as_bytes()].concat();
    let text = |text: &str| [&[b'S', b'i', text.len() as u8][..], text.as_bytes()].concat();
    let file = [
        b"{".to_vec(),
        key("learner"),
        b"{".to_vec(),
        key("gradient_booster"),
        b"{".to_vec(),
        key("name"),
        text("gbtree"),
        key("model"),
        b"{".to_vec(),
        key("trees"),
        b"[{".to_vec(),
        list("left_children", b'i', 0xff),
        list("right_children", b'i', 0xff),
        list("split_indices", b'U', 0),
        list("split_conditions", b'U', 0),
        list("default_left", b'U', 0),
        b"}]}}".to_vec(),
        key("learner_model_param"),
        b"{".to_vec(),
        key("base_score"),
        text("5E-1"),
        key("num_feature"),
        text("2"),
        b"}".to_vec(),
        key("objective"),
        b"{".to_vec(),
        key("name"),
        text("binary:logistic"),
        b"}}}".to_vec(),
    ]
    .concat();
    says("xgboost", "m.ubj", &file, "10000001 nodes, more than");
    let leaves = LGB.replace("num_leaves=2", "num_leaves=5000001");
    says(
        "lightgbm",
        "model.txt",
        leaves.as_bytes(),
        "`num_leaves` is 5000001",
    );
}

#[test]
fn a_tree_as_deep_as_it_is_long_is_refused() {
    let splits = 5000;
    let row = |part: &dyn Fn(usize) -> String| (0..splits).map(part).collect::<Vec<_>>().join(" ");
    let right = row(&|i| {
        if i + 1 < splits {
            (i + 1).to_string()
        } else {
            (-1 - splits as i64).to_string()
        }
    });
    let file = LGB
        .replace("num_leaves=2", &format!("num_leaves={}", splits + 1))
        .replace(
            "split_feature=0",
            &format!("split_feature={}", row(&|_| "0".into())),
        )
        .replace(
            "threshold=0.5",
            &format!("threshold={}", row(&|i| i.to_string())),
        )
        .replace(
            "decision_type=2",
            &format!("decision_type={}", row(&|_| "2".into())),
        )
        .replace(
            "left_child=-1",
            &format!("left_child={}", row(&|i| (-1 - i as i64).to_string())),
        )
        .replace("right_child=-2", &format!("right_child={right}"))
        .replace(
            "leaf_value=-1 1",
            &format!("leaf_value={} 1", row(&|_| "1".into())),
        )
        .replace("leaf_count=1 1\ninternal_count=2\n", "");
    text(&file, "a path of the tree has more than");
}

#[test]
fn lightgbm_files_that_lie_are_refused() {
    for (from, to, part) in [
        ("left_child=-1", "left_child=0", "a loop"),
        ("left_child=-1", "left_child=-2", "two ways"),
        ("left_child=-1", "left_child=5", "a child is 5"),
        ("left_child=-1", "left_child=-9", "a child is node"),
        (
            "left_child=-1",
            "left_child=-9223372036854775808",
            "a child is",
        ),
        ("split_feature=0", "split_feature=2", "asks about input 2"),
        ("split_feature=0", "split_feature=-1", "no number"),
        (
            "split_feature=0",
            "split_feature=0 0",
            "has 2 values where 1",
        ),
        ("threshold=0.5", "threshold=nan", "not a number"),
        ("threshold=0.5", "threshold=x", "no number"),
        ("threshold=0.5\n", "", "`threshold` is missing"),
        ("leaf_value=-1 1", "leaf_value=-1 inf", "no finite number"),
        ("leaf_value=-1 1", "leaf_value=-1", "has 1 values where 2"),
        ("decision_type=2", "decision_type=14", "unknown way"),
        (
            "decision_type=2",
            "decision_type=1",
            "a set of categories that is not there",
        ),
        (
            "num_cat=0",
            "num_cat=1\ncat_boundaries=0 9\ncat_threshold=1",
            "has 1 values where 9",
        ),
        (
            "num_cat=0",
            "num_cat=2\ncat_boundaries=0 2 1\ncat_threshold=1",
            "do not rise",
        ),
        (
            "num_cat=0",
            "num_cat=18446744073709551615\ncat_boundaries=0 1",
            "values where",
        ),
        ("num_leaves=2", "num_leaves=0", "`num_leaves` is 0"),
        ("num_leaves=2", "num_leaves=99999999999", "`num_leaves` is"),
        ("is_linear=0", "is_linear=1", "linear equations"),
        ("is_linear=0", "is_linear=0\nis_linear=0", "stands twice"),
        (
            "binary sigmoid:1",
            "multiclass num_class:3",
            "several outputs",
        ),
        (
            "num_tree_per_iteration=1",
            "num_tree_per_iteration=3",
            "several outputs",
        ),
        (
            "binary sigmoid:1",
            "lambdarank",
            "neither a probability nor",
        ),
        ("sigmoid:1", "sigmoid:-1", "no number above 0"),
        ("version=v4", "version=v2", "version is `v2`"),
        (
            "feature_names=a b",
            "feature_names=a c",
            "the file reads the input `c`",
        ),
        (
            "max_feature_idx=1",
            "max_feature_idx=18446744073709551615",
            "reads",
        ),
        (
            "pandas_categorical:null",
            "pandas_categorical:[[\"x\"]]",
            "trained with 1 categories",
        ),
        (
            "pandas_categorical:null",
            "pandas_categorical:[[",
            "cannot be read",
        ),
    ] {
        let file = LGB.replacen(from, to, 1);
        assert_ne!(file, LGB, "{from}");
        text(&file, part);
    }
}

#[test]
fn a_format_without_missing_values_refuses_the_rule() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("m.toml"),
        "link='logistic'\nintercept=0\n[[terms]]\ninput='a'\ncoefficient=1",
    )
    .unwrap();
    let card = "name='n'\nversion='1'\ntask='binary'\npredicts='p'\nformat='linear'\nfile='m.toml'\nscore='probability'\n\
        [[inputs]]\nname='a'\nmissing='model'\n";
    let sheet = Sheet::parse(card, "card.toml").unwrap();
    let card = model_card::read(&sheet, "m");
    assert_eq!(sheet.finish(), []);
    let told = open(&card, folder.path()).err().unwrap();
    assert!(told[0].to_string().contains("takes no missing values"));
}
