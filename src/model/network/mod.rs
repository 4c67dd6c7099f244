//! Networks.

pub mod activation;
pub mod architecture;
pub mod arrange;
pub mod attention;
pub mod branch;
pub mod convolution;
pub mod dense;
pub mod draft;
pub mod head;
pub mod kernel;
pub mod lower;
pub mod net;
pub mod normal;
pub mod numbers;
pub mod plain;
pub mod plane;
pub mod pool;
pub mod recurrent;
pub mod sequence;
pub mod wanted;
pub mod weighted;
pub mod weights;
pub mod window;
