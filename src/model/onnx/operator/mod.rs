//! Every operator that can run. The shelf.
//!
//! | set | operators |
//! | --- | --- |
//! | `ai.onnx.ml`, all | ArrayFeatureExtractor, Binarizer, CastMap, CategoryMapper, DictVectorizer, FeatureVectorizer, Imputer, LabelEncoder, LinearClassifier, LinearRegressor, Normalizer, OneHotEncoder, SVMClassifier, SVMRegressor, Scaler, TreeEnsemble, TreeEnsembleClassifier, TreeEnsembleRegressor, ZipMap |
//! | `ai.onnx`, arithmetic | Abs, Add, BitShift, BitwiseAnd, BitwiseNot, BitwiseOr, BitwiseXor, Ceil, Clip, Div, Erf, Exp, Floor, Log, Max, Mean, Min, Mod, Mul, Neg, Pow, Reciprocal, Round, Sign, Sqrt, Sub, Sum |
//! | `ai.onnx`, trigonometry | Acos, Acosh, Asin, Asinh, Atan, Atanh, Cos, Cosh, Sin, Sinh, Tan |
//! | `ai.onnx`, truths | And, Equal, Greater, GreaterOrEqual, IsInf, IsNaN, Less, LessOrEqual, Not, Or, Where, Xor |
//! | `ai.onnx`, activations | Celu, Elu, Gelu, HardSigmoid, HardSwish, Hardmax, LeakyRelu, LogSoftmax, Mish, PRelu, Relu, Selu, Shrink, Sigmoid, Softmax, Softplus, Softsign, Swish, Tanh, ThresholdedRelu |
//! | `ai.onnx`, images and signals | AffineGrid, AveragePool, CenterCropPad, Conv, ConvTranspose, DepthToSpace, GlobalAveragePool, GlobalLpPool, GlobalMaxPool, GridSample, LpPool, MaxPool, Pad, Resize, SpaceToDepth, Upsample |
//! | `ai.onnx`, normalisations | BatchNormalization, Dropout (both as used, not in training), GroupNormalization, InstanceNormalization, LRN, LayerNormalization, LpNormalization, MeanVarianceNormalization, RMSNormalization |
//! | `ai.onnx`, matrices | Det, Einsum, Gemm, MatMul |
//! | `ai.onnx`, recurrent | GRU, LSTM, RNN: every direction, layout, activation, length of rows; 32 and 16 bits |
//! | `ai.onnx`, transformers | Attention, RotaryEmbedding, TensorScatter |
//! | `ai.onnx`, along an axis | ArgMax, ArgMin, CumProd, CumSum, ReduceL1, ReduceL2, ReduceLogSum, ReduceLogSumExp, ReduceMax, ReduceMean, ReduceMin, ReduceProd, ReduceSum, ReduceSumSquare, TopK |
//! | `ai.onnx`, shapes | Cast, CastLike, Concat, Constant, ConstantOfShape, Expand, EyeLike, Flatten, Identity, OneHot, Range, Reshape, Shape, Size, Split, Squeeze, Tile, Transpose, Unsqueeze |
//! | `ai.onnx`, parts | Compress, Gather, GatherElements, GatherND, NonZero, ReverseSequence, Scatter, ScatterElements, ScatterND, Slice, Trilu, Unique |
//! | `ai.onnx`, few bits | DequantizeLinear, DynamicQuantizeLinear, MatMulInteger, QLinearMatMul, QuantizeLinear (8 and 16 bits) |
//! | `ai.onnx`, graphs | If, Loop, Scan (from opset 9 on), SequenceMap; they may read the graph around them |
//! | `ai.onnx`, sequences | ConcatFromSequence, Optional, OptionalGetElement, OptionalHasElement, SequenceAt, SequenceConstruct, SequenceEmpty, SequenceErase, SequenceInsert, SequenceLength, SplitToSequence |
//!
//! Operators that a model defines itself (`ModelProto.functions`) run as graphs. Kinds: float, double, whole numbers of 8 to
//! 64 bits, bool, string, and float16 and bfloat16, which are computed in 32 bits and brought onto their own grid after every
//! step. Not claimed: numbers of 8 bits with a point, of 4 bits and fewer, complex ones, unsigned ones beyond 63 bits.

pub mod activation;
pub mod arithmetic;
pub mod attention;
pub mod axis;
pub mod bend;
pub mod bits;
pub mod broadcast;
pub mod cast;
pub mod cells;
pub mod choose;
pub mod compare;
pub mod control;
pub mod convolution;
pub mod curve;
pub mod determinant;
pub mod einsum;
pub mod encode;
pub mod gates;
pub mod image;
pub mod lanes;
pub mod lanes_each;
pub mod layout;
pub mod linear;
pub mod maps;
pub mod matrix;
pub mod normalize;
pub mod normalize_axis;
pub mod pick;
pub mod pool;
pub mod prepare;
pub mod product;
pub mod quantise;
pub mod rearrange;
pub mod recurrent;
pub mod reduce;
pub mod resize;
pub mod rotary;
pub mod sample;
pub mod scan;
pub mod scatter;
pub mod score;
pub mod sequence;
pub mod shape;
pub mod spread_window;
pub mod stack;
pub mod svm;
pub mod trees;
pub mod trees_file;
pub mod trees_one;
pub mod trees_places;
pub mod trees_set;
pub mod trigonometry;
pub mod unary;
pub mod window;
pub mod zipmap;

use crate::model::onnx::kernel::Operator;

/// The families.
static FAMILIES: &[&[Operator]] = &[
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

/// The families of recurrent networks, transformers, and networks with numbers of few bits.
static SEQUENTIAL: &[&[Operator]] = &[
    attention::ALL,
    einsum::ALL,
    rotary::ALL,
    bits::ALL,
    choose::ALL,
    control::ALL,
    determinant::ALL,
    maps::ALL,
    quantise::ALL,
    recurrent::ALL,
    scatter::ALL,
    sequence::ALL,
    trigonometry::ALL,
];

/// All operators.
pub fn all() -> impl Iterator<Item = &'static Operator> {
    FAMILIES
        .iter()
        .copied()
        .flatten()
        .chain(unary::ALL)
        .chain(zipmap::ALL)
        .chain(SEQUENTIAL.iter().copied().flatten())
}

/// An operator by the set it belongs to (empty for `ai.onnx`) and its name.
pub fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    all().find(|operator| operator.domain == domain && operator.name == name)
}
