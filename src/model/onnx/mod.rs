//! ONNX files, as skl2onnx, onnxmltools, PyTorch and Keras write them, scored in plain Rust. The shelf.
//!
//! | file | what it turns into what |
//! | --- | --- |
//! | `wire` | bytes → fields |
//! | `leaf` | fields → tensors and ports |
//! | `proto` | fields → the messages of a file |
//! | `stored` | a stored tensor → one that can be used |
//! | `external` | data in other files → bytes |
//! | `narrow` | numbers of 8 to 32 bits, held in more |
//! | `settings` | the attributes of a node, asked for by name |
//! | `spare` | lists of numbers that are written over again |
//! | `inputs` | what a node reads, and what a run may spend |
//! | `kernel` | what an operator is |
//! | `after` | what a node does to its result: the nodes behind it that were joined to it |
//! | `operator` | the operators, and the table of them |
//! | `fuse` | nodes → those that run together |
//! | `graph` | a graph that runs |
//! | `compile` | messages → that graph; a graph inside a node (`body`), a function |
//! | `site` | where a graph stands while that happens |
//! | `unsupported` | operators that nobody here knows |
//! | `engine` | which engine scores, and its scores whichever it is |
//! | `library` | the environment → the library of ONNX Runtime |
//! | `elsewhere` | a file → the other files it names |
//! | `runtime` | a checked file → sessions of ONNX Runtime that score |
//! | `runtime_values` | tensors → ONNX Runtime's values, and back |
//! | `door` | a batch → what goes into the graph |
//! | `join` | which of the card's inputs fill which input of a graph |
//! | `axes` | the shape they have there |
//! | `known` | which scaler or trees read an input unchanged |
//! | `summed` | what a node that adds up trees tells of them |
//! | `bare` | a graph that is nothing but trees → those trees |
//! | `answer` | what comes out → which column is the score |
//! | `pipeline` | all of it behind a card |

pub mod after;
pub mod answer;
pub mod axes;
pub mod bare;
pub mod body;
pub mod compile;
pub mod door;
pub mod elsewhere;
pub mod engine;
pub mod external;
pub mod fuse;
pub mod graph;
pub mod inputs;
pub mod join;
pub mod kernel;
pub mod known;
pub mod leaf;
pub mod library;
pub mod narrow;
pub mod operator;
pub mod pipeline;
pub mod proto;
pub mod runtime;
pub mod runtime_values;
pub mod settings;
pub mod site;
pub mod spare;
pub mod stored;
pub mod summed;
pub mod unsupported;
pub mod value;
pub mod wire;
