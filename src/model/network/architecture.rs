//! Networks known by name, written out as layers: shapes and names of tensors are those of torchvision and PyTorch.

use crate::record::{Architecture, LayerCard, PoolRule, Window};

/// PyTorch's own, for batch norms.
const EPSILON: f64 = 1e-5;

fn window(kernel: usize, stride: usize, padding: usize, axes: usize) -> Window {
    Window {
        kernel: vec![kernel; axes],
        stride: vec![stride; axes],
        padding: vec![padding; axes],
        dilation: vec![1; axes],
    }
}

fn conv(name: String, outputs: usize, kernel: usize, stride: usize) -> LayerCard {
    LayerCard::Convolution {
        name,
        inputs: None,
        outputs,
        window: window(kernel, stride, kernel / 2, 2),
        groups: 1,
        bias: false,
    }
}

fn norm(name: String) -> LayerCard {
    LayerCard::BatchNorm {
        name,
        epsilon: EPSILON,
    }
}

fn dense(name: String, outputs: usize) -> LayerCard {
    LayerCard::Dense {
        name,
        inputs: None,
        outputs,
        bias: true,
    }
}

const MEAN: LayerCard = LayerCard::GlobalPool {
    rule: PoolRule::Average,
};

/// The layers of a network known by name. `p` stands before all names of tensors.
pub fn layers(
    architecture: Architecture,
    p: &str,
    outputs: usize,
    widths: &[usize],
    kernel: usize,
) -> Vec<LayerCard> {
    match architecture {
        Architecture::Resnet18 => resnet(p, outputs, [2, 2, 2, 2], false),
        Architecture::Resnet34 => resnet(p, outputs, [3, 4, 6, 3], false),
        Architecture::Resnet50 => resnet(p, outputs, [3, 4, 6, 3], true),
        Architecture::Densenet121 => densenet(p, outputs, [6, 12, 24, 16]),
        Architecture::Cnn1d => cnn1d(p, outputs, widths, kernel),
        Architecture::Mlp => mlp(p, outputs, widths),
    }
}

/// The first layers of an image network, down to a quarter of its sides.
fn stem(conv_name: String, norm_name: String) -> Vec<LayerCard> {
    vec![
        conv(conv_name, 64, 7, 2),
        norm(norm_name),
        LayerCard::Relu,
        LayerCard::Pool {
            rule: PoolRule::Max,
            window: window(3, 2, 1, 2),
            ceil: false,
            count_padding: true,
        },
    ]
}

fn resnet(p: &str, outputs: usize, blocks: [usize; 4], bottleneck: bool) -> Vec<LayerCard> {
    let mut layers = stem(format!("{p}conv1"), format!("{p}bn1"));
    for (stage, count) in blocks.into_iter().enumerate() {
        let width = 64 << stage;
        for block in 0..count {
            let b = format!("{p}layer{}.{block}", stage + 1);
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let sizes: &[(usize, usize, usize)] = match bottleneck {
                true => &[(width, 1, 1), (width, 3, stride), (4 * width, 1, 1)],
                false => &[(width, 3, stride), (width, 3, 1)],
            };
            let mut inner = Vec::new();
            for (place, (wide, kernel, stride)) in sizes.iter().enumerate() {
                if place > 0 {
                    inner.push(LayerCard::Relu);
                }
                inner.push(conv(
                    format!("{b}.conv{}", place + 1),
                    *wide,
                    *kernel,
                    *stride,
                ));
                inner.push(norm(format!("{b}.bn{}", place + 1)));
            }
            let widens = block == 0 && (stage > 0 || bottleneck);
            let wide = if bottleneck { 4 * width } else { width };
            let projection = match widens {
                true => vec![
                    conv(format!("{b}.downsample.0"), wide, 1, stride),
                    norm(format!("{b}.downsample.1")),
                ],
                false => Vec::new(),
            };
            layers.push(LayerCard::Residual {
                layers: inner,
                projection,
            });
            layers.push(LayerCard::Relu);
        }
    }
    layers.extend([MEAN, dense(format!("{p}fc"), outputs)]);
    layers
}

fn densenet(p: &str, outputs: usize, blocks: [usize; 4]) -> Vec<LayerCard> {
    const GROWTH: usize = 32;
    let p = format!("{p}features.");
    let mut layers = stem(format!("{p}conv0"), format!("{p}norm0"));
    let mut width = 64;
    for (stage, count) in blocks.into_iter().enumerate() {
        for layer in 0..count {
            let d = format!("{p}denseblock{}.denselayer{}", stage + 1, layer + 1);
            layers.push(LayerCard::Concat {
                layers: vec![
                    norm(format!("{d}.norm1")),
                    LayerCard::Relu,
                    conv(format!("{d}.conv1"), 4 * GROWTH, 1, 1),
                    norm(format!("{d}.norm2")),
                    LayerCard::Relu,
                    conv(format!("{d}.conv2"), GROWTH, 3, 1),
                ],
            });
        }
        width += count * GROWTH;
        if stage < 3 {
            width /= 2;
            let t = format!("{p}transition{}", stage + 1);
            layers.extend([
                norm(format!("{t}.norm")),
                LayerCard::Relu,
                conv(format!("{t}.conv"), width, 1, 1),
                LayerCard::Pool {
                    rule: PoolRule::Average,
                    window: window(2, 2, 0, 2),
                    ceil: false,
                    count_padding: true,
                },
            ]);
        }
    }
    let head = p.trim_end_matches("features.");
    layers.extend([
        norm(format!("{p}norm5")),
        LayerCard::Relu,
        MEAN,
        dense(format!("{head}classifier"), outputs),
    ]);
    layers
}

/// `nn.Sequential` of convolution, batch norm, ReLU and pool of two for each width; global mean, flatten, dense.
fn cnn1d(p: &str, outputs: usize, widths: &[usize], kernel: usize) -> Vec<LayerCard> {
    let mut layers = Vec::new();
    for (place, width) in widths.iter().enumerate() {
        layers.extend([
            LayerCard::Convolution {
                name: format!("{p}{}", 4 * place),
                inputs: None,
                outputs: *width,
                window: window(kernel, 1, kernel / 2, 1),
                groups: 1,
                bias: true,
            },
            norm(format!("{p}{}", 4 * place + 1)),
            LayerCard::Relu,
            LayerCard::Pool {
                rule: PoolRule::Max,
                window: window(2, 2, 0, 1),
                ceil: false,
                count_padding: true,
            },
        ]);
    }
    layers.extend([MEAN, dense(format!("{p}{}", 4 * widths.len() + 2), outputs)]);
    layers
}

/// `nn.Sequential` of dense and ReLU for each width; dense.
fn mlp(p: &str, outputs: usize, widths: &[usize]) -> Vec<LayerCard> {
    let mut layers = vec![LayerCard::Flatten];
    for (place, width) in widths.iter().enumerate() {
        layers.extend([dense(format!("{p}{}", 2 * place), *width), LayerCard::Relu]);
    }
    layers.push(dense(format!("{p}{}", 2 * widths.len()), outputs));
    layers
}

/// The layers of one `nn.TransformerEncoderLayer`.
pub fn transformer(
    p: &str,
    heads: usize,
    width: usize,
    arriving: usize,
    norm_first: bool,
    gelu: bool,
    epsilon: f64,
) -> Vec<LayerCard> {
    let norm = |number: usize| LayerCard::LayerNorm {
        name: format!("{p}norm{number}"),
        epsilon,
        axes: 1,
    };
    let mut first = vec![LayerCard::Attention {
        name: format!("{p}self_attn"),
        heads,
        bias: true,
    }];
    let mut second = vec![
        dense(format!("{p}linear1"), width),
        if gelu {
            LayerCard::Gelu
        } else {
            LayerCard::Relu
        },
        dense(format!("{p}linear2"), arriving),
    ];
    if norm_first {
        first.insert(0, norm(1));
        second.insert(0, norm(2));
    }
    let block = |layers| LayerCard::Residual {
        layers,
        projection: Vec::new(),
    };
    match norm_first {
        true => vec![block(first), block(second)],
        false => vec![block(first), norm(1), block(second), norm(2)],
    }
}
