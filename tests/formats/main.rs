//! Every format gives the rows and the scores that its makers meant.

mod candle;
mod data;
mod engine;
mod forest;
mod model;
mod network;
mod onnx;
mod published;
mod tensor;
