//! Inputs of forests that move, told by steps: the scores of the model itself, for forests of every kind.

use crate::twin::{Random, Shape, columns, forest};
use keur::dataset::table::{Batch, Column, Table};
use keur::error::Result;
use keur::explain::importance;
use keur::explain::permutation::{self, Circle};
use keur::explain::question::{On, Player, Question};
use keur::model::forest::Forest;
use keur::model::predict::{Model, Seen, Trees};
use keur::random::Stream;
use keur::record::{InputCard, ScoreScale};
use std::collections::BTreeMap;

/// A forest whose score is its first margin.
struct Bare(Forest);

impl Model for Bare {
    fn predict(&self, batch: &Batch<'_>) -> Result<Vec<f64>> {
        let seen = self.rows(batch)?;
        Ok(self.0.margins(&seen.columns).swap_remove(0))
    }
    fn trees(&self) -> Option<&dyn Trees> {
        Some(self)
    }
}

impl Trees for Bare {
    fn forest(&self) -> &Forest {
        &self.0
    }
    fn score(&self, margin: f64) -> Option<f64> {
        Some(margin)
    }
    fn rows(&self, batch: &Batch<'_>) -> Result<Seen> {
        let inputs = 0..self.0.inputs;
        Ok(Seen {
            columns: inputs
                .map(|i| batch.numbers(&format!("x{i}")))
                .collect::<Result<_>>()?,
            refused: vec![false; batch.len()],
        })
    }
}

struct Asked {
    model: Bare,
    inputs: Vec<InputCard>,
    table: Table,
    joins: BTreeMap<String, String>,
}

impl Asked {
    fn new(forest: Forest, columns: &[Vec<f64>]) -> Self {
        let mut table = Table::new(columns[0].len());
        let names: Vec<String> = (0..columns.len()).map(|i| format!("x{i}")).collect();
        for (name, column) in names.iter().zip(columns) {
            table.insert(name, Column::Number(column.clone())).unwrap();
        }
        let input = |name: &String| InputCard {
            name: name.clone(),
            ..InputCard::default()
        };
        Self {
            model: Bare(forest),
            inputs: names.iter().map(input).collect(),
            joins: names
                .iter()
                .map(|name| (name.clone(), name.clone()))
                .collect(),
            table,
        }
    }

    fn question(&self) -> Question<'_> {
        Question {
            model: &self.model,
            table: &self.table,
            joins: &self.joins,
            conversions: &[],
            inputs: &self.inputs,
            scale: ScoreScale::Points,
            on: On::Margin,
        }
    }
}

fn told(asked: &Asked, players: &[Player], circle: &Circle) -> Vec<Vec<Vec<f64>>> {
    let rows: Vec<u32> = (0..asked.table.rows() as u32).collect();
    let mut told = vec![Vec::new(); players.len()];
    let question = asked.question();
    importance::every(&question, &rows, players, circle, |place, scores| {
        told[place] = scores;
        Ok(())
    })
    .unwrap();
    told
}

#[test]
fn an_input_told_by_steps_gives_the_scores_of_the_model() {
    let mut random = Random(11);
    let mut worst = 0.0_f64;
    for (inputs, outputs, depth, splits, repeats) in [
        (1, 1, 3, 0.9, 3),
        (4, 1, 6, 1.0, 10),
        (5, 2, 8, 0.8, 40),
        (12, 1, 12, 0.75, 15),
        (3, 1, 10, 0.9, 16),
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
            let forest = forest(shape, 6, if odd { 3.0 } else { 1.0 }, &mut random);
            let x = columns(inputs, 70, &mut random);
            let asked = Asked::new(forest, &x);
            let question = asked.question();
            let rows: Vec<u32> = (0..70).collect();
            let circle = Circle::new(70, repeats, Stream::keyed([1]));
            let mut players = question.players();
            let all = Player {
                name: "all".into(),
                inputs: (0..inputs).collect(),
            };
            players.push(all);
            let told = told(&asked, &players, &circle);
            let before = question.scores(&rows, &[]).unwrap();
            let mut moves = false;
            for (player, scores) in players.iter().zip(&told) {
                assert_eq!(scores.len(), repeats);
                for (repeat, scores) in scores.iter().enumerate() {
                    let wanted = permutation::moved(&question, &rows, player, &circle, repeat);
                    let wanted = wanted.unwrap();
                    assert_eq!(scores.len(), wanted.len());
                    for (found, wanted) in scores.iter().zip(&wanted) {
                        worst = worst.max((found - wanted).abs());
                    }
                    moves |= *scores != before;
                }
            }
            assert!(moves && worst < 1e-10, "{shape:?} {worst}");
        }
    }
    println!("largest difference from scoring anew: {worst:.1e}");
}

#[test]
fn an_input_no_tree_asks_about_keeps_every_score_exactly() {
    let mut random = Random(12);
    let shape = Shape {
        inputs: 4,
        outputs: 1,
        depth: 6,
        splits: 0.9,
        odd: false,
        empty: true,
    };
    let narrow = forest(shape, 4, 1.0, &mut random);
    let arithmetic = keur::model::tree::Arithmetic::Single;
    let wide = Forest::new(
        6,
        arithmetic,
        narrow.base.clone(),
        1.0,
        narrow.trees.clone(),
    )
    .unwrap();
    let asked = Asked::new(wide, &columns(6, 300, &mut random));
    let question = asked.question();
    let rows: Vec<u32> = (0..300).collect();
    let before = question.scores(&rows, &[]).unwrap();
    let circle = Circle::new(300, 5, Stream::keyed([2]));
    let told = told(&asked, &question.players(), &circle);
    for scores in told[4..].iter().flatten() {
        assert_eq!(*scores, before);
    }
    assert!(told[0].iter().all(|scores| *scores != before));
}

#[test]
fn one_thread_and_eight_move_inputs_with_the_same_bytes() {
    let mut random = Random(13);
    let shape = Shape {
        inputs: 6,
        outputs: 1,
        depth: 8,
        splits: 0.9,
        odd: true,
        empty: true,
    };
    let asked = Asked::new(
        forest(shape, 5, 1.0, &mut random),
        &columns(6, 1500, &mut random),
    );
    let circle = Circle::new(1500, 20, Stream::keyed([3]));
    let bytes = [1, 8].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let told = pool
            .build()
            .unwrap()
            .install(|| told(&asked, &asked.question().players(), &circle));
        let all = told.into_iter().flatten().flatten();
        all.map(f64::to_bits).collect::<Vec<_>>()
    });
    assert_eq!(bytes[0], bytes[1]);
}
