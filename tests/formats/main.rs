//! Every format gives the rows and the scores that its makers meant.

mod data;
mod engine;
mod forest;
mod model;
mod onnx;
mod published;
mod tensor;
