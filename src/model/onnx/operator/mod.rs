//! Every operator that can run. The shelf.
//!
//! | set | operators |
//! | --- | --- |
//! | `ai.onnx.ml` | ArrayFeatureExtractor, Binarizer, CategoryMapper, FeatureVectorizer, Imputer, LabelEncoder, LinearClassifier, LinearRegressor, Normalizer, OneHotEncoder, SVMClassifier, SVMRegressor, Scaler, TreeEnsemble, TreeEnsembleClassifier, TreeEnsembleRegressor, ZipMap |
//! | `ai.onnx`, arithmetic | Abs, Add, Ceil, Clip, Div, Erf, Exp, Floor, Log, Max, Mean, Min, Mul, Neg, Pow, Reciprocal, Round, Sign, Sqrt, Sub, Sum |
//! | `ai.onnx`, truths | And, Equal, Greater, GreaterOrEqual, IsInf, IsNaN, Less, LessOrEqual, Not, Or, Where, Xor |
//! | `ai.onnx`, activations | Celu, Elu, Gelu, HardSigmoid, HardSwish, Hardmax, LeakyRelu, LogSoftmax, Mish, PRelu, Relu, Selu, Shrink, Sigmoid, Softmax, Softplus, Softsign, Swish, Tanh, ThresholdedRelu |
//! | `ai.onnx`, images and signals | AffineGrid, AveragePool, CenterCropPad, Conv, ConvTranspose, DepthToSpace, GlobalAveragePool, GlobalLpPool, GlobalMaxPool, GridSample, LpPool, MaxPool, Pad, Resize, SpaceToDepth, Upsample |
//! | `ai.onnx`, normalisations | BatchNormalization, Dropout (both as used, not in training), GroupNormalization, InstanceNormalization, LRN, LayerNormalization, LpNormalization, MeanVarianceNormalization, RMSNormalization |
//! | `ai.onnx`, matrices | Gemm, MatMul |
//! | `ai.onnx`, along an axis | ArgMax, ArgMin, CumSum, ReduceL1, ReduceL2, ReduceLogSum, ReduceLogSumExp, ReduceMax, ReduceMean, ReduceMin, ReduceProd, ReduceSum, ReduceSumSquare, TopK |
//! | `ai.onnx`, shapes | Cast, Concat, Constant, ConstantOfShape, Expand, Flatten, Gather, GatherElements, Identity, OneHot, Reshape, Shape, Size, Slice, Split, Squeeze, Tile, Transpose, Unsqueeze |
//! | `ai.onnx`, graphs | Scan (one state or none that is constant, one sequence along the first axis), as nearest neighbours need it |

pub mod activation;
pub mod arithmetic;
pub mod axis;
pub mod bend;
pub mod broadcast;
pub mod cast;
pub mod compare;
pub mod convolution;
pub mod curve;
pub mod encode;
pub mod image;
pub mod lanes;
pub mod linear;
pub mod matrix;
pub mod normalize;
pub mod normalize_axis;
pub mod pick;
pub mod pool;
pub mod prepare;
pub mod product;
pub mod rearrange;
pub mod reduce;
pub mod resize;
pub mod sample;
pub mod scan;
pub mod score;
pub mod shape;
pub mod spread_window;
pub mod svm;
pub mod trees;
pub mod trees_file;
pub mod trees_set;
pub mod unary;
pub mod window;
pub mod zipmap;

use crate::model::onnx::kernel::Operator;

/// The families.
static FAMILIES: [&[Operator]; 24] = [
    activation::ALL,
    arithmetic::ALL,
    axis::ALL,
    bend::ALL,
    cast::ALL,
    compare::ALL,
    convolution::ALL,
    encode::ALL,
    linear::ALL,
    matrix::ALL,
    normalize::ALL,
    normalize_axis::ALL,
    pick::ALL,
    pool::ALL,
    prepare::ALL,
    rearrange::ALL,
    reduce::ALL,
    resize::ALL,
    sample::ALL,
    scan::ALL,
    shape::ALL,
    spread_window::ALL,
    svm::ALL,
    trees::ALL,
];

/// All operators.
pub fn all() -> impl Iterator<Item = &'static Operator> {
    FAMILIES
        .iter()
        .copied()
        .flatten()
        .chain(unary::ALL)
        .chain(zipmap::ALL)
}

/// An operator by the set it belongs to (empty for `ai.onnx`) and its name.
pub fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    all().find(|operator| operator.domain == domain && operator.name == name)
}
