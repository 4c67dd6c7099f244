//! Trees and forests of trees: exact Shapley values and interaction values, with covers or a background.
//!
//! `Model::trees` gives a forest and turns a batch into rows as the forest sees them. [`question`] ranks those rows once, [`unit`] cuts each
//! tree into pieces with few facts, [`table`] says what each pattern of facts contributes, [`near`] and [`parts`] add that up
//! for 128 rows in step. Leaves with more than 8 to 11 inputs on their path are walked: [`deep`] with covers, [`duel`] with a
//! background. All give the same numbers; the definition itself, over all subsets of inputs, is their twin in
//! `tests/explain/`.
//!
//! Sources: Shapley 1953; Owen 1972, "Multilinear extensions of games"; Grabisch and Roubens 1999 (interaction index); Lundberg et al.
//! 2020, doi:10.1038/s42256-019-0138-9 (TreeSHAP, both games); Janzing et al. 2020, arXiv:1910.13413 (why a background);
//! Yang 2021, arXiv:2109.09847 (FastTreeSHAP: patterns told beforehand); Yu et al. 2022, arXiv:2209.08192 (Linear TreeSHAP: one
//! polynomial for a path).

pub mod block;
pub mod cells;
pub mod deep;
pub mod duel;
pub mod game;
pub mod near;
pub mod parts;
pub mod question;
pub mod shap;
pub mod table;
pub mod unit;
