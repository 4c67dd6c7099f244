//! The layers of a network, as its card describes them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a convolution or a pool looks: one number for each axis it moves along (one for signals, two for images).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Places it sees at once.
    pub kernel: Vec<usize>,
    /// Places it moves on by.
    pub stride: Vec<usize>,
    /// Zeros (or, for the largest, nothing) added at both ends.
    pub padding: Vec<usize>,
    /// Distance between the places it sees; one is side by side.
    pub dilation: Vec<usize>,
}

/// What a pool makes of the places it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolRule {
    /// The largest.
    Max,
    /// The mean.
    Average,
}

/// What a recurrent layer hands on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepRule {
    /// Every step: `output` of PyTorch.
    #[default]
    All,
    /// The output at the last step: `output[:, -1]`.
    Last,
    /// The last hidden state of each direction: `h_n` of the topmost layer, side by side.
    Final,
    /// The mean over the steps.
    Mean,
    /// The largest over the steps.
    Max,
}

/// The cell of a recurrent layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellKind {
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

/// A whole network known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// `torchvision.models.resnet18`.
    Resnet18,
    /// `torchvision.models.resnet34`.
    Resnet34,
    /// `torchvision.models.resnet50`.
    Resnet50,
    /// `torchvision.models.densenet121`.
    Densenet121,
    /// Convolution, batch norm, ReLU and pool of two for each of the widths; global mean; dense.
    Cnn1d,
    /// Dense and ReLU for each of the widths; dense.
    Mlp,
}

/// One layer of a network, as the card describes it. Names are the prefixes of tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum LayerCard {
    /// `(x − mean) / sd` per input or channel, from two tensors `<name>.mean` and `<name>.sd`.
    Standardise {
        /// Prefix of the tensors.
        name: String,
    },
    /// A dense layer on the last axis with `<name>.weight` (outputs × inputs) and `<name>.bias`.
    Dense {
        /// Prefix of the tensors.
        name: String,
        /// Width in; whatever arrives unless said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inputs: Option<usize>,
        /// Width out.
        outputs: usize,
        /// True when there is a bias.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// A convolution over as many axes as its window has, with `<name>.weight` and `<name>.bias`.
    Convolution {
        /// Prefix of the tensors.
        name: String,
        /// Channels in; whatever arrives unless said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inputs: Option<usize>,
        /// Channels out.
        outputs: usize,
        /// Where it looks.
        window: Window,
        /// Parts the channels are split into.
        groups: usize,
        /// True when there is a bias.
        bias: bool,
    },
    /// Batch normalisation with its running mean and variance.
    BatchNorm {
        /// Prefix of the tensors.
        name: String,
        /// Added to the variance.
        epsilon: f64,
    },
    /// Normalisation of a row's last axes.
    LayerNorm {
        /// Prefix of the tensors.
        name: String,
        /// Added to the variance.
        epsilon: f64,
        /// How many of the last axes.
        axes: usize,
    },
    /// Normalisation of a row's channels in groups.
    GroupNorm {
        /// Prefix of the tensors.
        name: String,
        /// Added to the variance.
        epsilon: f64,
        /// Parts the channels are split into.
        groups: usize,
    },
    /// A pool over as many axes as its window has.
    Pool {
        /// What it makes of the places.
        rule: PoolRule,
        /// Where it looks.
        window: Window,
        /// True when a last window may hang over the end.
        ceil: bool,
        /// True when padding counts in a mean.
        count_padding: bool,
    },
    /// A pool over all places: one number a channel.
    GlobalPool {
        /// What it makes of the places.
        rule: PoolRule,
    },
    /// `max(0, x)`.
    Relu,
    /// Gaussian error linear unit (exact).
    Gelu,
    /// Gaussian error linear unit, approximated with a hyperbolic tangent.
    GeluTanh,
    /// Hyperbolic tangent.
    Tanh,
    /// Logistic function.
    Sigmoid,
    /// `x · sigmoid(x)`.
    Silu,
    /// `x`, or `slope · x` below zero.
    LeakyRelu {
        /// Slope below zero.
        slope: f64,
    },
    /// `x · min(max(x + 3, 0), 6) / 6`.
    HardSwish,
    /// `min(max(x + 3, 0), 6) / 6`.
    HardSigmoid,
    /// `x`, or `alpha · (exp(x) − 1)` below zero.
    Elu {
        /// Depth below zero.
        alpha: f64,
    },
    /// Softmax over the last axis.
    Softmax {
        /// The class that is the event, counted from zero; all are handed on unless said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<usize>,
    },
    /// All axes in one.
    Flatten,
    /// Another shape for the same numbers.
    Reshape {
        /// Sides, without the rows.
        shape: Vec<usize>,
    },
    /// Axes in another order.
    Transpose {
        /// Which axis stands where, without the rows, counted from zero.
        axes: Vec<usize>,
    },
    /// Nothing: dropout does not act when a network is used.
    Dropout,
    /// What the layers give plus what arrived.
    Residual {
        /// The layers.
        layers: Vec<LayerCard>,
        /// Layers on the way past; none hands on what arrived.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        projection: Vec<LayerCard>,
    },
    /// What arrived, and behind it, on the first axis, what the layers give.
    Concat {
        /// The layers.
        layers: Vec<LayerCard>,
    },
    /// What arrived times what the layers give, which is of the same shape or one number a channel.
    Gate {
        /// The layers.
        layers: Vec<LayerCard>,
    },
    /// A row of `<name>.weight` (count × width) for each whole number that arrives.
    Embedding {
        /// Prefix of the tensor.
        name: String,
        /// How many words it knows.
        count: usize,
        /// Width of each.
        width: usize,
    },
    /// LSTM or GRU over steps × inputs, with PyTorch's `weight_ih_l0`, ….
    Recurrent {
        /// The cell.
        cell: CellKind,
        /// Prefix of the tensors.
        name: String,
        /// Width of the hidden state.
        width: usize,
        /// Layers on top of each other.
        depth: usize,
        /// True when a second pass runs backwards.
        bidirectional: bool,
        /// True when there are biases.
        bias: bool,
        /// What is handed on.
        take: StepRule,
    },
    /// Multi-head self-attention over steps × width, with PyTorch's `in_proj_weight`, ….
    Attention {
        /// Prefix of the tensors.
        name: String,
        /// Heads.
        heads: usize,
        /// True when there are biases.
        bias: bool,
    },
    /// `nn.TransformerEncoderLayer`, or with a depth `nn.TransformerEncoder`.
    Transformer {
        /// Prefix of the tensors.
        name: String,
        /// Heads.
        heads: usize,
        /// Width of the feed-forward part.
        width: usize,
        /// Layers named `<name>.layers.0` and on; one named `<name>` itself unless said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        depth: Option<usize>,
        /// True when the norm stands before attention and feed-forward part.
        norm_first: bool,
        /// True for GELU, false for ReLU.
        gelu: bool,
        /// Added to the variance in the norms.
        epsilon: f64,
    },
    /// A learned first step, the tensor `<name>`.
    ClassToken {
        /// Name of the tensor.
        name: String,
    },
    /// A learned sum for every place, the tensor `<name>`.
    Position {
        /// Name of the tensor.
        name: String,
    },
    /// One place of an axis.
    Pick {
        /// The axis, without the rows, counted from zero.
        axis: usize,
        /// The place, counted from zero.
        index: usize,
    },
    /// The mean over an axis.
    Mean {
        /// The axis, without the rows, counted from zero.
        axis: usize,
    },
    /// A whole network known by name.
    Known {
        /// Which.
        architecture: Architecture,
        /// What stands before all names of tensors, with its dot.
        name: String,
        /// Width out.
        outputs: usize,
        /// Widths of the layers within, where the architecture leaves them open.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        widths: Vec<usize>,
        /// Length of a convolution, where the architecture leaves it open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kernel: Option<usize>,
    },
}

fn yes() -> bool {
    true
}

impl Architecture {
    /// Name in a card.
    pub fn word(self) -> &'static str {
        match self {
            Self::Resnet18 => "resnet18",
            Self::Resnet34 => "resnet34",
            Self::Resnet50 => "resnet50",
            Self::Densenet121 => "densenet121",
            Self::Cnn1d => "cnn1d",
            Self::Mlp => "mlp",
        }
    }
}

/// A few words for readers, such as `dense 10×16`.
impl fmt::Display for LayerCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |sides: &[usize]| {
            let sides: Vec<String> = sides.iter().map(ToString::to_string).collect();
            sides.join("×")
        };
        let count = |layers: &[Self]| layers.len();
        match self {
            Self::Standardise { .. } => f.write_str("standardise"),
            Self::Dense {
                inputs, outputs, ..
            } => match inputs {
                Some(inputs) => write!(f, "dense {inputs}×{outputs}"),
                None => write!(f, "dense to {outputs}"),
            },
            Self::Convolution {
                outputs, window, ..
            } => write!(f, "convolution {} to {outputs}", side(&window.kernel)),
            Self::BatchNorm { .. } => f.write_str("batch norm"),
            Self::LayerNorm { .. } => f.write_str("layer norm"),
            Self::GroupNorm { .. } => f.write_str("group norm"),
            Self::Pool { rule, window, .. } => match rule {
                PoolRule::Max => write!(f, "max pool {}", side(&window.kernel)),
                PoolRule::Average => write!(f, "average pool {}", side(&window.kernel)),
            },
            Self::GlobalPool { rule } => f.write_str(match rule {
                PoolRule::Max => "global max pool",
                PoolRule::Average => "global average pool",
            }),
            Self::Relu => f.write_str("relu"),
            Self::Gelu | Self::GeluTanh => f.write_str("gelu"),
            Self::Tanh => f.write_str("tanh"),
            Self::Sigmoid => f.write_str("sigmoid"),
            Self::Silu => f.write_str("silu"),
            Self::LeakyRelu { .. } => f.write_str("leaky relu"),
            Self::HardSwish => f.write_str("hard swish"),
            Self::HardSigmoid => f.write_str("hard sigmoid"),
            Self::Elu { .. } => f.write_str("elu"),
            Self::Softmax { .. } => f.write_str("softmax"),
            Self::Flatten => f.write_str("flatten"),
            Self::Reshape { shape } => write!(f, "reshape to {}", side(shape)),
            Self::Transpose { .. } => f.write_str("transpose"),
            Self::Dropout => f.write_str("dropout"),
            Self::Residual { layers, .. } => write!(f, "residual of {} layers", count(layers)),
            Self::Concat { layers } => write!(f, "concatenation of {} layers", count(layers)),
            Self::Gate { layers } => write!(f, "gate of {} layers", count(layers)),
            Self::Embedding { width, .. } => write!(f, "embedding to {width}"),
            Self::Recurrent { cell, width, .. } => match cell {
                CellKind::Lstm => write!(f, "lstm {width}"),
                CellKind::Gru => write!(f, "gru {width}"),
            },
            Self::Attention { heads, .. } => write!(f, "attention of {heads} heads"),
            Self::Transformer { heads, .. } => write!(f, "transformer of {heads} heads"),
            Self::ClassToken { .. } => f.write_str("class token"),
            Self::Position { .. } => f.write_str("position"),
            Self::Pick { .. } => f.write_str("pick"),
            Self::Mean { .. } => f.write_str("mean"),
            Self::Known { architecture, .. } => f.write_str(architecture.word()),
        }
    }
}
