//! Fast explanations are the definition's, and keep its laws.

use crate::twin::{Random, Shape, Unknown, columns, forest, says, shapley};
use keur::explain::tree::game::{Background, Game};
use keur::explain::tree::shap::TreeShap;
use keur::explain::tree::table::What;
use keur::model::forest::Forest;
use keur::model::tree::{Arithmetic, Node, Raw, Rule, Source, Tree};

const ROWS: usize = 3;

/// The largest difference between fast values and the definition's, relative to the largest of them.
fn difference(forest: &Forest, game: &Game, x: &[Vec<f64>], rows: usize) -> f64 {
    let unknown = match game {
        Game::Covers => Unknown::Covers,
        Game::Background(of) => Unknown::Background(of.columns(), of.weights()),
    };
    let fast = TreeShap::new(forest, game, What::Pairs, rows).unwrap();
    let plain = TreeShap::new(forest, game, What::Values, rows).unwrap();
    let values = plain.values(x).unwrap();
    let blocks = fast.each(x, |block| {
        let mut all = Vec::new();
        for output in 0..forest.outputs {
            let cell = |a: usize, b: usize| block.interactions(output, a, b);
            let pairs = (0..forest.inputs).flat_map(|a| (0..forest.inputs).map(move |b| (a, b)));
            all.push(pairs.map(|(a, b)| cell(a, b)).collect::<Vec<_>>());
        }
        all
    });
    let pairs = &blocks.unwrap()[0];
    let mut worst = 0.0_f64;
    for row in 0..x[0].len() {
        let point: Vec<f64> = x.iter().map(|column| column[row]).collect();
        for output in 0..forest.outputs {
            let (wanted, matrix) = shapley(forest, output, &point, unknown);
            let scale = wanted.iter().fold(0.1_f64, |most, x| most.max(x.abs()));
            for (input, wanted) in wanted.iter().enumerate() {
                let given = values[output * forest.inputs + input][row];
                assert!(given.is_finite());
                worst = worst.max((given - wanted).abs() / scale);
            }
            for (given, wanted) in pairs[output].iter().zip(&matrix) {
                assert!(given[row].is_finite());
                worst = worst.max((given[row] - wanted).abs() / scale);
            }
            let none = says(forest, output, &point, 0, unknown);
            worst = worst.max((fast.base()[output] - none).abs());
        }
    }
    worst
}

fn games(inputs: usize, random: &mut Random) -> [Game; 2] {
    let sample = columns(inputs, 7, random);
    let weights = (0..7).map(|_| random.below(4) as f64 + 0.5).collect();
    let background = Background::new(sample, Some(weights)).unwrap();
    [Game::Covers, Game::Background(background)]
}

#[test]
fn fast_values_and_interactions_are_those_of_the_definition() {
    let mut random = Random(1);
    let mut worst = 0.0_f64;
    for (inputs, outputs, depth, splits, rows) in [
        (1, 1, 3, 0.9, 10),
        (3, 1, 1, 1.0, 10),
        (4, 2, 4, 0.8, 10),
        (5, 1, 6, 1.0, 10),
        (5, 1, 12, 0.75, 10),
        (6, 3, 8, 0.8, 10_000),
        (9, 1, 9, 0.8, 10),
        (9, 1, 9, 0.8, 600),
        (10, 1, 12, 0.7, 10),
        (10, 2, 12, 0.7, 3000),
        (11, 1, 12, 0.75, 10),
    ] {
        for odd in [false, true] {
            let shape = Shape {
                inputs,
                outputs,
                depth,
                splits,
                odd,
                empty: odd,
            };
            let forest = forest(shape, 2, if odd { 2.0 } else { 1.0 }, &mut random);
            let x = columns(inputs, ROWS, &mut random);
            for game in games(inputs, &mut random) {
                let found = difference(&forest, &game, &x, rows);
                assert!(found < 1e-9, "{shape:?} {rows} {found}");
                worst = worst.max(found);
            }
        }
    }
    println!("largest difference from the definition: {worst:.1e}");
}

#[test]
fn values_sum_to_what_the_forest_says_and_interactions_to_values() {
    let mut random = Random(2);
    for (inputs, depth, splits) in [(30, 6, 1.0), (30, 12, 0.8), (40, 30, 0.6)] {
        let shape = Shape {
            inputs,
            outputs: 1,
            depth,
            splits,
            odd: true,
            empty: true,
        };
        let forest = forest(shape, 5, 1.0, &mut random);
        let x = columns(inputs, 300, &mut random);
        let margins = forest.margins(&x);
        for game in games(inputs, &mut random) {
            for rows in [10, 10_000] {
                let fast = TreeShap::new(&forest, &game, What::Pairs, rows).unwrap();
                let told = fast.each(&x, |block| {
                    let row = |sums: Vec<Vec<f64>>| {
                        (0..block.rows.len())
                            .map(|row| sums.iter().map(|column| column[row]).sum())
                            .collect()
                    };
                    let values: Vec<f64> =
                        row((0..inputs).map(|i| block.values(0, i).collect()).collect());
                    let first: Vec<f64> = block.values(0, 0).collect();
                    let sum: Vec<f64> = row((0..inputs)
                        .map(|other| block.interactions(0, 0, other))
                        .collect());
                    (values, first, sum)
                });
                let mut row = 0;
                for (values, first, sum) in told.unwrap() {
                    for ((value, first), sum) in values.iter().zip(&first).zip(&sum) {
                        assert!((fast.base()[0] + value - margins[0][row]).abs() < 1e-9);
                        assert!((first - sum).abs() < 1e-9);
                        row += 1;
                    }
                }
                assert_eq!(row, 300);
            }
        }
    }
}

#[test]
fn an_input_no_tree_asks_about_counts_nothing() {
    let mut random = Random(3);
    let shape = Shape {
        inputs: 5,
        outputs: 1,
        depth: 5,
        splits: 0.9,
        odd: false,
        empty: false,
    };
    let narrow = forest(shape, 3, 1.0, &mut random);
    let wide = Forest::new(
        7,
        Arithmetic::Double,
        narrow.base.clone(),
        1.0,
        narrow.trees.clone(),
    )
    .unwrap();
    let x = columns(7, 20, &mut random);
    for game in games(7, &mut random) {
        let values = TreeShap::new(&wide, &game, What::Values, 20)
            .unwrap()
            .values(&x)
            .unwrap();
        assert!(values[5..].iter().flatten().all(|x| *x == 0.0));
        assert!(values[0].iter().any(|x| *x != 0.0));
    }
}

/// A tree over two inputs that enter alike: the same questions, the same covers.
fn alike() -> Tree {
    let nodes = [
        (
            Raw::Split(0, Rule::Below(1.0), keur::model::tree::Missing::Left, 1, 2),
            8.0,
        ),
        (
            Raw::Split(1, Rule::Below(1.0), keur::model::tree::Missing::Left, 3, 4),
            4.0,
        ),
        (
            Raw::Split(1, Rule::Below(1.0), keur::model::tree::Missing::Left, 5, 6),
            4.0,
        ),
        (Raw::Leaf(0.0), 2.0),
        (Raw::Leaf(1.0), 2.0),
        (Raw::Leaf(1.0), 2.0),
        (Raw::Leaf(5.0), 2.0),
    ];
    let source = Source {
        count: nodes.len(),
        raw: &|place| Ok(nodes[place].0.clone()),
        cover: &|place| nodes[place].1,
    };
    Tree::build(&source, 2, Vec::new()).unwrap()
}

#[test]
fn inputs_that_enter_alike_count_alike() {
    let forest = Forest::new(2, Arithmetic::Double, vec![0.0], 1.0, vec![alike()]).unwrap();
    let x = vec![vec![2.0, 0.0], vec![2.0, 0.0]];
    let background = Background::new(vec![vec![0.0, 2.0], vec![2.0, 0.0]], None).unwrap();
    for game in [Game::Covers, Game::Background(background)] {
        let values = TreeShap::new(&forest, &game, What::Values, 2).unwrap();
        let values = values.values(&x).unwrap();
        for (a, b) in values[0].iter().zip(&values[1]) {
            assert!((a - b).abs() < 1e-15);
        }
    }
}

#[test]
fn the_values_of_a_sum_of_forests_are_the_sum_of_their_values() {
    let mut random = Random(4);
    let shape = Shape {
        inputs: 12,
        outputs: 1,
        depth: 12,
        splits: 0.8,
        odd: true,
        empty: false,
    };
    let [a, b] = [0, 1].map(|_| forest(shape, 3, 1.0, &mut random));
    let both = a.trees.iter().chain(&b.trees).cloned().collect();
    let both = Forest::new(12, Arithmetic::Double, vec![0.6], 1.0, both).unwrap();
    let x = columns(12, 50, &mut random);
    for game in games(12, &mut random) {
        let [a, b, both] = [&a, &b, &both].map(|forest| {
            let shap = TreeShap::new(forest, &game, What::Values, 50).unwrap();
            shap.values(&x).unwrap()
        });
        for ((a, b), both) in a
            .iter()
            .flatten()
            .zip(b.iter().flatten())
            .zip(both.iter().flatten())
        {
            assert!((a + b - both).abs() < 1e-12);
        }
    }
}

#[test]
fn one_thread_and_eight_give_the_same_bytes() {
    let mut random = Random(5);
    let shape = Shape {
        inputs: 14,
        outputs: 1,
        depth: 12,
        splits: 0.85,
        odd: true,
        empty: false,
    };
    let forest = forest(shape, 4, 1.0, &mut random);
    let x = columns(14, 3000, &mut random);
    for game in games(14, &mut random) {
        let bytes = [1, 8].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let values = pool.build().unwrap().install(|| {
                let shap = TreeShap::new(&forest, &game, What::Values, 600).unwrap();
                shap.values(&x).unwrap()
            });
            let values = values.into_iter().flatten();
            values.map(f64::to_bits).collect::<Vec<_>>()
        });
        assert_eq!(bytes[0], bytes[1]);
    }
}

#[test]
fn trees_of_one_leaf_and_trees_without_covers() {
    let leaf = || {
        let source = Source {
            count: 1,
            raw: &|_| Ok(Raw::Leaf(2.0)),
            cover: &|_| 0.0,
        };
        Tree::build(&source, 1, Vec::new()).unwrap()
    };
    let stump = Forest::new(1, Arithmetic::Double, vec![1.0], 1.0, vec![leaf()]).unwrap();
    let background = Game::Background(Background::new(vec![vec![1.0]], None).unwrap());
    for game in [&Game::Covers, &background] {
        let shap = TreeShap::new(&stump, game, What::Pairs, 10).unwrap();
        assert_eq!(shap.base(), [3.0]);
        assert_eq!(shap.values(&[vec![1.0, f64::NAN]]).unwrap(), [[0.0, 0.0]]);
    }
    let mut bare = alike();
    for node in &mut bare.nodes {
        match node {
            Node::Leaf { cover, .. } | Node::Split { cover, .. } => *cover = 0.0,
        }
    }
    let bare = Forest::new(2, Arithmetic::Double, vec![0.0], 1.0, vec![bare]).unwrap();
    let told = TreeShap::new(&bare, &Game::Covers, What::Values, 10).unwrap_err();
    assert!(
        told.to_string().contains("does not say how many rows"),
        "{told}"
    );
    let sample = Background::new(vec![vec![0.0], vec![0.0]], None).unwrap();
    let game = Game::Background(sample);
    let shap = TreeShap::new(&bare, &game, What::Values, 10).unwrap();
    let values = shap.values(&[vec![2.0], vec![0.0]]).unwrap();
    assert_eq!(values, [[1.0], [0.0]]);
}

#[test]
fn what_does_not_fit_is_told() {
    let forest = Forest::new(2, Arithmetic::Double, vec![0.0], 1.0, vec![alike()]).unwrap();
    let shap = TreeShap::new(&forest, &Game::Covers, What::Values, 10).unwrap();
    assert!(shap.values(&[vec![1.0]]).is_err());
    assert!(shap.values(&[vec![1.0], vec![1.0, 2.0]]).is_err());
    assert_eq!(
        shap.values(&[vec![], vec![]]).unwrap(),
        [vec![0.0; 0], vec![]]
    );
    for (columns, weights) in [
        (vec![], None),
        (vec![vec![]], None),
        (vec![vec![1.0], vec![]], None),
        (vec![vec![1.0]], Some(vec![0.0])),
        (vec![vec![1.0]], Some(vec![-1.0])),
        (vec![vec![1.0]], Some(vec![f64::NAN])),
        (vec![vec![1.0]], Some(vec![1.0, 1.0])),
    ] {
        assert!(Background::new(columns, weights).is_err());
    }
    let narrow = Game::Background(Background::new(vec![vec![1.0]], None).unwrap());
    assert!(TreeShap::new(&forest, &narrow, What::Values, 10).is_err());
}

#[test]
fn shuffled_leaves_are_the_same_leaves_in_other_places() {
    let mut random = Random(6);
    let shape = Shape {
        inputs: 5,
        outputs: 2,
        depth: 5,
        splits: 0.9,
        odd: true,
        empty: false,
    };
    let own = forest(shape, 4, 2.0, &mut random);
    let shuffled = |seed| {
        keur::explain::randomised::forest(&own, keur::random::Stream::keyed([seed])).unwrap()
    };
    let other = shuffled(1);
    let leaves = |forest: &Forest, output: usize| {
        let trees = forest.trees.iter();
        let mut all: Vec<f64> = trees
            .flat_map(|tree| tree.values.iter().skip(output).step_by(2).copied())
            .collect();
        all.sort_by(f64::total_cmp);
        all
    };
    for output in 0..2 {
        assert_eq!(leaves(&own, output), leaves(&other, output));
    }
    for (own, other) in own.trees.iter().zip(&other.trees) {
        assert_eq!(own.nodes, other.nodes);
        assert_ne!(own.values, other.values);
    }
    assert_eq!(other.trees, shuffled(1).trees);
    assert_ne!(other.trees, shuffled(2).trees);
    assert_eq!((other.divisor, &other.base), (own.divisor, &own.base));
}
