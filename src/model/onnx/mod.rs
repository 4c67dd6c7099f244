//! ONNX files, as scikit-learn's skl2onnx and onnxmltools write them, scored in plain Rust. The shelf.
//!
//! | file | what it turns into what |
//! | --- | --- |
//! | `wire` | bytes → fields |
//! | `proto` | fields → the messages of a file |
//! | `stored` | a stored tensor → one that can be used |
//! | `settings` | the attributes of a node, asked for by name |
//! | `kernel` | what an operator is |
//! | `after` | what a node does to its result: the nodes behind it that were joined to it |
//! | `operator` | the operators, and the table of them |
//! | `fuse` | nodes → those that run together |
//! | `graph` | messages → a graph that runs |
//! | `unknown` | a graph → the operators nobody here knows |
//! | `door` | a batch → what goes into the graph |
//! | `join` | which of the card's inputs fill which input of a graph |
//! | `answer` | what comes out → which column is the score |
//! | `pipeline` | all of it behind a card |

pub mod after;
pub mod answer;
pub mod body;
pub mod door;
pub mod fuse;
pub mod graph;
pub mod join;
pub mod kernel;
pub mod operator;
pub mod pipeline;
pub mod proto;
pub mod settings;
pub mod stored;
pub mod unknown;
pub mod value;
pub mod wire;
