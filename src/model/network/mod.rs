//! Networks: the weights in a safetensors file under PyTorch's own names, the layers in the card.
//!
//! # What a card says
//!
//! Either `architecture`, or `[[layers]]` in order; a layer has a `kind`. A `name` is what stands before `.weight` in the
//! `state_dict` (`layer1.0.conv1`); every tensor of the file must be used and every one asked for be there, but
//! `num_batches_tracked`. Tensors are 16, 32 or 64 bit floating point. Shapes are written without the rows and follow from
//! layer to layer.
//!
//! The scalar inputs arrive as one line in the card's order: a number as one column, a category as one for each of its
//! categories, 1 where it is the row's and 0 elsewhere; a `reshape` makes a signal or an image of them. A tensor input
//! arrives in its own shape.
//!
//! | architecture | reads | keys of its table |
//! | --- | --- | --- |
//! | `resnet18`, `resnet34`, `resnet50`, `densenet121` | channels × height × width | torchvision's names; DenseNet's old `norm.1` too |
//! | `cnn1d` | channels × steps | `nn.Sequential` of `Conv1d(kernel, padding=kernel // 2)`, `BatchNorm1d`, `ReLU`, `MaxPool1d(2)` for each of `widths`, `AdaptiveAvgPool1d(1)`, `Flatten`, `Linear`; `kernel` (7) |
//! | `mlp` | anything | `nn.Sequential` of `Linear`, `ReLU` for each of `widths`, `Linear` |
//!
//! `architecture = "resnet18"` or `architecture = { name = "resnet18", classes = 2, class = 1, prefix = "model." }`: one
//! class ends in a sigmoid (when the score is a `probability`), several in a softmax of which `class`, counted from zero
//! (the last unless said), is the event. Each architecture is also a kind of layer, with `name` as what stands before all
//! its tensors (with the dot) and `outputs` (1).
//!
//! | kind | reads | keys (usual value) | PyTorch |
//! | --- | --- | --- | --- |
//! | `standardise` | any | `name`: `(x − mean) / sd` by `<name>.mean`, `<name>.sd`, one for each column or channel | – |
//! | `dense` | any, along the last axis | `name`, `outputs`, `inputs` (what arrives), `bias` (true) | `Linear` |
//! | `conv1d`, `conv2d` | channels × steps, channels × height × width | `name`, `outputs`, `kernel`, `stride` (1), `padding` (0), `dilation` (1), `groups` (1), `inputs`, `bias` (true); a number, or one for each axis | `Conv1d`, `Conv2d` |
//! | `batch-norm` | channels first | `name`, `epsilon` (1e-5) | `BatchNorm…` |
//! | `layer-norm` | any | `name`, `axes` (1: the last), `epsilon` | `LayerNorm` |
//! | `group-norm` | channels first | `name`, `groups`, `epsilon` | `GroupNorm` |
//! | `max-pool`, `average-pool` | as convolutions | `kernel`, `stride` (`kernel`), `padding`, `dilation`, `ceil` (false), of a mean `count-padding` (true) | `MaxPool…`, `AvgPool…` |
//! | `global-max-pool`, `global-average-pool` | as convolutions | gives one number a channel | `Adaptive…Pool…(1)`, `Flatten` |
//! | `relu`, `gelu`, `tanh`, `sigmoid`, `silu`, `leaky-relu`, `hard-swish`, `hard-sigmoid`, `elu` | any | `gelu`: `approximate` (`"none"`, or `"tanh"`); `leaky-relu`: `slope` (0.01); `elu`: `alpha` (1) | the same |
//! | `softmax` | any, along the last axis | `class`: only that one is handed on; allowed, and needed, at the very end | `Softmax(-1)` |
//! | `flatten`, `reshape`, `transpose` | any | `shape = [12, 1000]`; `axes = [1, 0]` | `Flatten`, `view`, `permute` |
//! | `dropout` | any | nothing happens; `p` is not used | `Dropout` |
//! | `residual` | any | `[[layers.layers]]`, `[[layers.projection]]` (none: what arrived): the sum of both | – |
//! | `concat` | any | `[[layers.layers]]`: what arrived, and behind it on the first axis what they give | `cat` |
//! | `gate` | any | `[[layers.layers]]`: what arrived times what they give, one for each number or each channel | squeeze and excitation |
//! | `embedding` | a line of whole numbers | `name`, `count`, `width`; a row with another number gives no score | `Embedding` |
//! | `lstm`, `gru` | steps × inputs | `name`, `width`, `depth` (1), `bidirectional` (false), `bias` (true), `take`: `all` steps, the `last` one (`output[:, -1]`), the `final` states (`h_n`), their `mean` or `max` | `LSTM`, `GRU` (`batch_first`) |
//! | `attention` | steps × width | `name`, `heads`, `bias` (true) | `MultiheadAttention` with itself |
//! | `transformer-layer`, `transformer` | steps × width | `name`, `heads`, `width` (feed-forward), `norm-first` (false), `activation` (`"relu"`, or `"gelu"`), `epsilon`; `transformer`: `depth` | `TransformerEncoderLayer`, `TransformerEncoder` |
//! | `class-token`, `position` | steps × width; any | `name` of the tensor itself | `cat` before, `+` |
//! | `pick`, `mean` | any | `axis` (0), `index`; `axis` | `x[:, index]`, `mean` |
//!
//! A small network for a signal of two channels, its `state_dict` saved by `safetensors.torch.save_file`:
//!
//! ```toml
//! [[layers]]
//! kind = "conv1d"
//! name = "first"
//! outputs = 16
//! kernel = 7
//! padding = 3
//!
//! [[layers]]
//! kind = "residual"
//!
//! [[layers.layers]]
//! kind = "conv1d"
//! name = "block.conv"
//! outputs = 16
//! kernel = 3
//! padding = 1
//!
//! [[layers.layers]]
//! kind = "batch-norm"
//! name = "block.bn"
//!
//! [[layers]]
//! kind = "relu"
//!
//! [[layers]]
//! kind = "global-average-pool"
//!
//! [[layers]]
//! kind = "dense"
//! name = "head"
//! outputs = 1
//!
//! [[layers]]
//! kind = "sigmoid"
//! ```
//!
//! # How it is computed
//!
//! In 32 bits (norms and means summed in 64), the last sigmoid or softmax in 64, so that a high risk does not round to 1.
//! A batch norm behind a convolution becomes part of its weights. Rows pass in blocks of a fixed size (the last one filled
//! up) that shrinks as the network grows, because a matrix product may add in another order when its shape changes: a
//! row's score is the same bits in any batch, at any place in it, with any number of threads. Another processor may round
//! differently. A row that once leaves the finite numbers gives NaN, even where a later layer would bring it back.
//!
//! Every layer also knows its way back, so that [`Model::gradient`](crate::model::predict::Model::gradient) gives the
//! gradient of the margin with respect to every input.
//!
//! | file | what it turns into what |
//! | --- | --- |
//! | `net` | a card and its file → a model |
//! | `lower`, `plain`, `weighted`, `window`, `sequence` | layers of a card → layers on paper |
//! | `architecture` | a name → layers of a card |
//! | `draft`, `wanted` | what paper holds: shapes, tensors asked for, problems |
//! | `weights` | tensors asked for → numbers |
//! | `kernel` | what a layer does, forth and back |
//! | `dense`, `convolution`, `pool`, `normal`, `activation`, `arrange`, `branch`, `recurrent`, `attention` | the layers |
//! | `plane`, `numbers` | where a window looks; numbers and products of matrices |
//! | `head` | the last numbers → margin and score |

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
