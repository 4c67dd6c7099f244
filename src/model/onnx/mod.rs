//! ONNX files, as skl2onnx, onnxmltools, PyTorch and Keras write them, scored in plain Rust. The shelf.
//!
//! | file | what it turns into what |
//! | --- | --- |
//! | `wire` | bytes → fields |
//! | `proto` | fields → the messages of a file |
//! | `stored` | a stored tensor → one that can be used |
//! | `external` | data in other files → bytes |
//! | `settings` | the attributes of a node, asked for by name |
//! | `kernel` | what an operator is |
//! | `operator` | the operators, and the table of them |
//! | `graph` | messages → a graph that runs |
//! | `door` | a batch → what goes into the graph |
//! | `join` | which of the card's inputs fill which input of a graph |
//! | `axes` | the shape they have there |
//! | `known` | which scaler or trees read an input unchanged |
//! | `answer` | what comes out → which column is the score |
//! | `pipeline` | all of it behind a card |

pub mod answer;
pub mod axes;
pub mod body;
pub mod door;
pub mod external;
pub mod graph;
pub mod join;
pub mod kernel;
pub mod known;
pub mod operator;
pub mod pipeline;
pub mod proto;
pub mod settings;
pub mod stored;
pub mod value;
pub mod wire;
