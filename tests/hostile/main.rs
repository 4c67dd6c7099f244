//! Files that lie: each ends in one clear message, in bounded memory and time, without a panic.

mod data;
mod forest;
mod model;
mod network;
mod onnx;
mod tensor;
