//! The layers of a network a model card describes (`[[layers]]`, or `architecture`), in order. What each key means stands
//! in the docs of the room `model/network`.

use crate::config::model_number::{Numbers, listed};
use crate::error::Error;
use crate::record::{Architecture, CellKind, LayerCard, PoolRule, StepRule, Window};
use crate::sheet::Section;

/// Layers within layers within layers: no deeper.
const DEEPEST: usize = 6;

const KINDS: [&str; 44] = [
    "attention",
    "average-pool",
    "batch-norm",
    "class-token",
    "cnn1d",
    "concat",
    "conv1d",
    "conv2d",
    "dense",
    "densenet121",
    "dropout",
    "elu",
    "embedding",
    "flatten",
    "gate",
    "gelu",
    "global-average-pool",
    "global-max-pool",
    "group-norm",
    "gru",
    "hard-sigmoid",
    "hard-swish",
    "layer-norm",
    "leaky-relu",
    "lstm",
    "max-pool",
    "mean",
    "mlp",
    "pick",
    "position",
    "relu",
    "reshape",
    "residual",
    "resnet18",
    "resnet34",
    "resnet50",
    "sigmoid",
    "silu",
    "softmax",
    "standardise",
    "tanh",
    "transformer",
    "transformer-layer",
    "transpose",
];

const ARCHITECTURES: [Architecture; 6] = [
    Architecture::Resnet18,
    Architecture::Resnet34,
    Architecture::Resnet50,
    Architecture::Densenet121,
    Architecture::Cnn1d,
    Architecture::Mlp,
];

/// Reads every `[[layers]]` of a card, or the layers of its `architecture`. Problems are noted in the sheet.
pub fn read(top: &Section<'_>) -> Vec<LayerCard> {
    let mut layers = below(top, "layers", 0);
    if top.has("architecture") {
        if top.has("layers") {
            top.problem(
                "architecture",
                Error::new("a card has `architecture` or `[[layers]]`, not both")
                    .help("an architecture is also a kind of layer: `kind = \"resnet18\"`"),
            );
        }
        layers.extend(named(top));
    }
    layers
}

/// `architecture = "resnet18"`, or a table with its numbers: the network, and what makes a risk of what it gives.
fn named(top: &Section<'_>) -> Vec<LayerCard> {
    let words = ARCHITECTURES.map(Architecture::word);
    if top.kind("architecture") == Some("a text") {
        let word = top.one_of("architecture", &words);
        return word.map_or_else(Vec::new, |word| {
            let bare = Numbers::of(top);
            let net = architecture(&bare, &word, String::new(), 1, false);
            let risk = top.text("score").is_none_or(|score| score == "probability");
            net.into_iter()
                .chain(risk.then_some(LayerCard::Sigmoid))
                .collect()
        });
    }
    let Some(section) = top.section("architecture") else {
        return Vec::new();
    };
    if !section.has("name") {
        section.missing("name");
    }
    let word = section.one_of("name", &words);
    let prefix = section.text("prefix").unwrap_or_default();
    let numbers = Numbers::of(&section);
    let classes = numbers.or("classes", 1);
    let class = section.has("class").then(|| numbers.place("class"));
    let (Some(word), Some(classes)) = (word, classes) else {
        return Vec::new();
    };
    let Some(net) = architecture(&numbers, &word, prefix, classes, true) else {
        return Vec::new();
    };
    let risk = top.text("score").is_none_or(|score| score == "probability");
    let last = match class {
        Some(class) => Some(LayerCard::Softmax {
            class: class.or(Some(0)),
        }),
        None if classes > 1 => Some(LayerCard::Softmax {
            class: Some(classes - 1),
        }),
        None => risk.then_some(LayerCard::Sigmoid),
    };
    std::iter::once(net).chain(last).collect()
}

fn architecture(
    numbers: &Numbers<'_>,
    word: &str,
    name: String,
    outputs: usize,
    own: bool,
) -> Option<LayerCard> {
    let architecture = ARCHITECTURES
        .into_iter()
        .find(|known| known.word() == word)?;
    let open = matches!(architecture, Architecture::Cnn1d | Architecture::Mlp);
    let widths = match (open, own) {
        (true, true) => numbers.need_list("widths")?,
        (true, false) => {
            numbers.section.problem(
                "architecture",
                Error::new(format!("`{word}` needs its `widths`")).help(format!(
                    "architecture = {{ name = \"{word}\", widths = [64, 32] }}"
                )),
            );
            return None;
        }
        _ => Vec::new(),
    };
    let kernel = match (architecture, own) {
        (Architecture::Cnn1d, true) => Some(numbers.or("kernel", 7)?),
        _ => None,
    };
    Some(LayerCard::Known {
        architecture,
        name,
        outputs,
        widths,
        kernel,
    })
}

fn below(section: &Section<'_>, key: &str, depth: usize) -> Vec<LayerCard> {
    if depth > DEEPEST {
        if section.length(key) > 0 {
            section.problem(
                key,
                Error::new(format!("layers stand in layers more than {DEEPEST} deep")),
            );
        }
        return Vec::new();
    }
    section
        .sections(key)
        .iter()
        .filter_map(|section| layer(section, depth))
        .collect()
}

fn layer(section: &Section<'_>, depth: usize) -> Option<LayerCard> {
    if !section.has("kind") {
        section.problem(
            "kind",
            Error::new("`kind` is missing").help(format!("one of {}", listed(&KINDS))),
        );
    }
    let kind = section.one_of("kind", &KINDS)?;
    let numbers = Numbers::of(section);
    let name = || section.need_text("name");
    let inner = |key: &str| below(section, key, depth + 1);
    Some(match kind.as_str() {
        "standardise" => LayerCard::Standardise { name: name() },
        "dense" => {
            let name = name();
            let (inputs, outputs) = (numbers.maybe("inputs"), numbers.need("outputs"));
            LayerCard::Dense {
                name,
                inputs: inputs?,
                outputs: outputs?,
                bias: section.flag("bias").unwrap_or(true),
            }
        }
        "conv1d" | "conv2d" => {
            let name = name();
            let window = window(&numbers, if kind == "conv1d" { 1 } else { 2 }, true);
            let (inputs, outputs) = (numbers.maybe("inputs"), numbers.need("outputs"));
            let groups = numbers.or("groups", 1);
            LayerCard::Convolution {
                name,
                inputs: inputs?,
                outputs: outputs?,
                window: window?,
                groups: groups?,
                bias: section.flag("bias").unwrap_or(true),
            }
        }
        "batch-norm" => LayerCard::BatchNorm {
            name: name(),
            epsilon: numbers.epsilon(),
        },
        "layer-norm" => LayerCard::LayerNorm {
            name: name(),
            epsilon: numbers.epsilon(),
            axes: numbers.or("axes", 1)?,
        },
        "group-norm" => LayerCard::GroupNorm {
            name: name(),
            epsilon: numbers.epsilon(),
            groups: numbers.need("groups")?,
        },
        "max-pool" | "average-pool" => {
            let rule = rule(&kind);
            let axes = numbers.axes_of("kernel");
            LayerCard::Pool {
                rule,
                window: window(&numbers, axes, false)?,
                ceil: section.flag("ceil").unwrap_or(false),
                count_padding: rule == PoolRule::Max
                    || section.flag("count-padding").unwrap_or(true),
            }
        }
        "global-max-pool" | "global-average-pool" => LayerCard::GlobalPool { rule: rule(&kind) },
        "relu" => LayerCard::Relu,
        "gelu" => match section.one_of("approximate", &["none", "tanh"]).as_deref() {
            Some("tanh") => LayerCard::GeluTanh,
            _ => LayerCard::Gelu,
        },
        "tanh" => LayerCard::Tanh,
        "sigmoid" => LayerCard::Sigmoid,
        "silu" => LayerCard::Silu,
        "leaky-relu" => LayerCard::LeakyRelu {
            slope: section.number("slope").unwrap_or(0.01),
        },
        "hard-swish" => LayerCard::HardSwish,
        "hard-sigmoid" => LayerCard::HardSigmoid,
        "elu" => LayerCard::Elu {
            alpha: section.number("alpha").unwrap_or(1.0),
        },
        "softmax" => LayerCard::Softmax {
            class: match section.has("class") {
                true => Some(numbers.place("class")?),
                false => None,
            },
        },
        "flatten" => LayerCard::Flatten,
        "reshape" => LayerCard::Reshape {
            shape: numbers.need_list("shape")?,
        },
        "transpose" => LayerCard::Transpose {
            axes: numbers.list_of_places("axes")?,
        },
        "dropout" => {
            section.number("p");
            LayerCard::Dropout
        }
        "residual" => LayerCard::Residual {
            layers: inner("layers"),
            projection: inner("projection"),
        },
        "concat" => LayerCard::Concat {
            layers: inner("layers"),
        },
        "gate" => LayerCard::Gate {
            layers: inner("layers"),
        },
        "embedding" => {
            let name = name();
            let (count, width) = (numbers.need("count"), numbers.need("width"));
            LayerCard::Embedding {
                name,
                count: count?,
                width: width?,
            }
        }
        "lstm" | "gru" => {
            let name = name();
            let (width, depth) = (numbers.need("width"), numbers.or("depth", 1));
            LayerCard::Recurrent {
                cell: if kind == "lstm" {
                    CellKind::Lstm
                } else {
                    CellKind::Gru
                },
                name,
                width: width?,
                depth: depth?,
                bidirectional: section.flag("bidirectional").unwrap_or(false),
                bias: section.flag("bias").unwrap_or(true),
                take: take(section),
            }
        }
        "attention" => LayerCard::Attention {
            name: name(),
            heads: numbers.need("heads")?,
            bias: section.flag("bias").unwrap_or(true),
        },
        "transformer" | "transformer-layer" => {
            let name = section.text("name").unwrap_or_default();
            let (heads, width) = (numbers.need("heads"), numbers.need("width"));
            let depth = match kind.as_str() {
                "transformer" => Some(numbers.need("depth")?),
                _ => None,
            };
            LayerCard::Transformer {
                name,
                heads: heads?,
                width: width?,
                depth,
                norm_first: section.flag("norm-first").unwrap_or(false),
                gelu: section
                    .one_of("activation", &["relu", "gelu"])
                    .is_some_and(|word| word == "gelu"),
                epsilon: numbers.epsilon(),
            }
        }
        "class-token" => LayerCard::ClassToken { name: name() },
        "position" => LayerCard::Position { name: name() },
        "pick" => LayerCard::Pick {
            axis: numbers.place("axis").unwrap_or(0),
            index: numbers.place("index")?,
        },
        "mean" => LayerCard::Mean {
            axis: numbers.place("axis")?,
        },
        other => {
            let prefix = section.text("name").unwrap_or_default();
            let outputs = numbers.or("outputs", 1)?;
            architecture(&numbers, other, prefix, outputs, true)?
        }
    })
}

fn rule(kind: &str) -> PoolRule {
    if kind.contains("max") {
        PoolRule::Max
    } else {
        PoolRule::Average
    }
}

fn take(section: &Section<'_>) -> StepRule {
    const WORDS: [&str; 5] = ["all", "last", "final", "mean", "max"];
    match section.one_of("take", &WORDS).as_deref() {
        Some("last") => StepRule::Last,
        Some("final") => StepRule::Final,
        Some("mean") => StepRule::Mean,
        Some("max") => StepRule::Max,
        _ => StepRule::All,
    }
}

/// The window of a convolution, which moves on by one unless said, or of a pool, which moves on by itself.
fn window(numbers: &Numbers<'_>, axes: usize, convolves: bool) -> Option<Window> {
    let kernel = numbers.each("kernel", axes, None)?;
    let stride = match convolves || numbers.section.has("stride") {
        true => numbers.each("stride", axes, Some(1))?,
        false => kernel.clone(),
    };
    Some(Window {
        stride,
        padding: numbers.each("padding", axes, Some(0))?,
        dilation: numbers.each("dilation", axes, Some(1))?,
        kernel,
    })
}
