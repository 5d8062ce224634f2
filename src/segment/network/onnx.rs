//! The layers of a network in an ONNX file.

use super::convolution::{Convolution, Kernel};
use super::file::{Graph, Node};
use super::{Layer, Operation};
use rten_onnx::onnx::{DataType, TensorProto};
use std::collections::BTreeMap;

/// What no network asks for that a photo is worth: more layers, channels in one, and reach in one are refused.
const MOST_LAYERS: usize = 500;
const MOST_CHANNELS: usize = 4096;
const MOST_REACH: usize = 64;
const MOST_COARSENING: usize = 64;

/// The layers, each after those it reads; the first is what is given, the last the answer.
pub(super) fn layers(bytes: &[u8]) -> Result<Vec<Layer>, String> {
    let graph = Graph::of(bytes).map_err(|error| error.to_string())?.ok_or("it holds no graph")?;
    let mut reader = Reader { graph: &graph, tensors: BTreeMap::new(), places: BTreeMap::new(), layers: vec![] };
    for tensor in &graph.tensors {
        reader.tensors.insert(tensor.name.as_deref().unwrap_or_default(), tensor);
    }
    let given: Vec<&str> = graph.inputs.iter().map(String::as_str).filter(|name| !reader.tensors.contains_key(name)).collect();
    let [given] = given[..] else { return Err(format!("{} inputs, not one", given.len())) };
    reader.places.insert(given, 0);
    for node in &graph.nodes {
        let name = if node.operation.is_empty() { "an operation without a name" } else { &node.operation };
        reader.read(node).map_err(|why| format!("{name}: {why}"))?;
    }
    let [answer] = &graph.outputs[..] else { return Err(format!("{} outputs, not one", graph.outputs.len())) };
    match reader.places.get(answer.as_str()) {
        Some(place) if *place > 0 => {
            reader.layers.truncate(place + 1);
            Ok(reader.layers)
        }
        _ => Err("its output is not worked out".into()),
    }
}

struct Reader<'a> {
    graph: &'a Graph,
    tensors: BTreeMap<&'a str, &'a TensorProto>,
    /// The layer that works out each value.
    places: BTreeMap<&'a str, usize>,
    layers: Vec<Layer>,
}

/// A kernel's weights, its two sets of channels and its size, and the biases.
type Weights = (Vec<f32>, [usize; 3], Vec<f32>);

impl<'a> Reader<'a> {
    /// Adds the layers of an operation.
    fn read(&mut self, node: &'a Node) -> Result<(), String> {
        let name = node.outputs.first().ok_or("it has no output")?.as_str();
        let last = match node.operation.as_str() {
            "Constant" => {
                let value = node.attributes.iter().find_map(|attribute| attribute.tensor.as_ref()).ok_or("it holds no tensor")?;
                self.tensors.insert(name, value);
                return Ok(());
            }
            "Conv" => self.convolution(node)?,
            "ConvTranspose" => self.enlargement(node)?,
            "Relu" => self.rectification(node)?,
            "Sigmoid" => self.alike(node, Operation::Sigmoid)?,
            "Add" => {
                let (a, b) = (self.place(node, 0)?, self.place(node, 1)?);
                let (channels, coarser) = (self.layers[a].channels, self.layers[a].coarser);
                if (self.layers[b].channels, self.layers[b].coarser) != (channels, coarser) {
                    return Err("its two sides differ in shape".into());
                }
                self.add(Operation::Add, vec![a, b], channels, coarser)?
            }
            "Concat" => {
                let from = (0..node.inputs.len()).map(|i| self.place(node, i)).collect::<Result<Vec<_>, _>>()?;
                let coarser = self.layers[*from.first().ok_or("it has no input")?].coarser;
                if integer(node, "axis") != Some(1) || from.iter().any(|place| self.layers[*place].coarser != coarser) {
                    return Err("only the channels of layers of one size are joined".into());
                }
                let channels = from.iter().map(|place| self.layers[*place].channels).sum();
                self.add(Operation::Join, from, channels, coarser)?
            }
            "Slice" => self.slice(node)?,
            _ => return Err("not among Conv, ConvTranspose, Relu, Sigmoid, Add, Concat, Slice and Constant".into()),
        };
        self.places.insert(name, last);
        Ok(())
    }

    fn add(&mut self, operation: Operation, from: Vec<usize>, channels: usize, coarser: (usize, usize)) -> Result<usize, String> {
        if self.layers.len() >= MOST_LAYERS || channels == 0 || channels > MOST_CHANNELS || coarser.0.max(coarser.1) > MOST_COARSENING {
            return Err(format!("more than {MOST_LAYERS} layers, {MOST_CHANNELS} channels or a coarsening of {MOST_COARSENING}"));
        }
        self.layers.push(Layer { operation, from, channels, coarser });
        Ok(self.layers.len() - 1)
    }

    /// A layer of the same shape as the one it reads.
    fn alike(&mut self, node: &Node, operation: Operation) -> Result<usize, String> {
        let from = self.place(node, 0)?;
        self.add(operation, vec![from], self.layers[from].channels, self.layers[from].coarser)
    }

    /// The layer that an operation reads.
    fn place(&self, node: &Node, input: usize) -> Result<usize, String> {
        let name = node.inputs.get(input).ok_or("an input is missing")?;
        // The first layer is there once it is known how many channels it has, which the convolution that reads it says.
        self.places.get(name.as_str()).copied().filter(|place| *place < self.layers.len()).ok_or(format!("no layer {name}"))
    }

    /// The numbers of a tensor an operation reads, and its sides.
    fn tensor(&self, node: &Node, input: usize) -> Result<(Vec<f32>, Vec<usize>), String> {
        let name = node.inputs.get(input).ok_or("its weights are missing")?;
        let tensor = self.tensors.get(name.as_str()).ok_or(format!("no weights {name}"))?;
        let sides: Vec<usize> = tensor.dims.iter().map(|side| usize::try_from(*side).unwrap_or(0)).collect();
        let values = match &tensor.raw_data {
            Some(raw) => raw.borrow().chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect(),
            None => tensor.float_data.clone(),
        };
        let count = sides.iter().try_fold(1_usize, |count, side| count.checked_mul(*side));
        if tensor.data_type != Some(DataType::FLOAT) || count != Some(values.len()) || values.is_empty() {
            return Err(format!("{name} does not hold the 32-bit floats it says it does"));
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(format!("{name} holds numbers that are none: its training went astray"));
        }
        Ok((values, sides))
    }

    /// A square kernel, with one bias per channel of the answer, which are its first or its second side.
    fn kernel(&self, node: &Node, answered: usize) -> Result<Weights, String> {
        let (weights, sides) = self.tensor(node, 1)?;
        let [first, second, size, across] = sides[..] else { return Err("its kernel is not four-dimensional".into()) };
        let channels = [first, second][answered];
        let bias = if node.inputs.len() > 2 { self.tensor(node, 2)?.0 } else { vec![0.0; channels] };
        if size != across || bias.len() != channels || integer(node, "group").unwrap_or(1) != 1 {
            return Err("only square kernels over all channels are worked out".into());
        }
        Ok((weights, [first, second, size], bias))
    }

    fn convolution(&mut self, node: &'a Node) -> Result<usize, String> {
        let (weights, [answered, channels, size], bias) = self.kernel(node, 0)?;
        if self.layers.is_empty() {
            self.add(Operation::Given, vec![], channels, (1, 1))?;
        }
        let (stride, dilation, padding) = (same(node, "strides", 1)?, same(node, "dilations", 1)?, same(node, "pads", 0)?);
        let reach = dilation.saturating_mul(size - 1);
        if ![1, 2].contains(&stride) || reach > MOST_REACH || reach < 2 * padding || reach - 2 * padding >= stride {
            return Err("its sides are not those of what it reads, divided by its stride".into());
        }
        let from = self.place(node, 0)?;
        let (down, across) = self.layers[from].coarser;
        if self.layers[from].channels != channels {
            return Err(format!("reads {channels} channels of {}", self.layers[from].channels));
        }
        let from =
            if stride == 1 { from } else { self.add(Operation::Phases(stride), vec![from], stride * channels, (down, across * stride))? };
        let kernel = Kernel { weights: &weights, bias: &bias, channels, size, stride, dilation, padding };
        self.add(Operation::Convolve(Convolution::new(&kernel)), vec![from], answered, (down * stride, across * stride))
    }

    /// Twice the rows and columns: a convolution of one place for each of the four places, and these side by side.
    fn enlargement(&mut self, node: &Node) -> Result<usize, String> {
        let (weights, [channels, answered, size], bias) = self.kernel(node, 1)?;
        let from = self.place(node, 0)?;
        let (down, across) = self.layers[from].coarser;
        let plain = (same(node, "strides", 1)?, same(node, "dilations", 1)?, same(node, "pads", 0)?) == (2, 1, 0);
        if size != 2 || !plain || self.layers[from].channels != channels || down % 2 + across % 2 > 0 {
            return Err("only two by two places for one are worked out".into());
        }
        let turned: Vec<f32> = (0..4 * answered)
            .flat_map(|i| (0..channels).map(move |read| (i / answered, i % answered, read)))
            .map(|(place, channel, read)| weights[(read * answered + channel) * 4 + place])
            .collect();
        let kernel = Kernel { weights: &turned, bias: &bias.repeat(4), channels, size: 1, stride: 1, dilation: 1, padding: 0 };
        let from = self.add(Operation::Convolve(Convolution::new(&kernel)), vec![from], 4 * answered, (down, across))?;
        self.add(Operation::Enlarge, vec![from], answered, (down / 2, across / 2))
    }

    /// Of a convolution that nothing else reads, a part.
    fn rectification(&mut self, node: &Node) -> Result<usize, String> {
        let from = self.place(node, 0)?;
        let readers = self.graph.nodes.iter().flat_map(|node| &node.inputs).chain(&self.graph.outputs);
        let alone = readers.filter(|name| **name == node.inputs[0]).count() == 1;
        match &mut self.layers[from].operation {
            Operation::Convolve(convolution) if alone => convolution.rectified = true,
            _ => return self.alike(node, Operation::Rectify),
        }
        Ok(from)
    }

    fn slice(&mut self, node: &Node) -> Result<usize, String> {
        let from = self.place(node, 0)?;
        let channels = self.layers[from].channels;
        let (first, end) = (self.integer(node, 1)?, self.integer(node, 2)?);
        let (axis, step) = (self.integer(node, 3)?, self.integer(node, 4)?);
        let first = usize::try_from(first).map_err(|_| "counts from the end")?;
        let end = usize::try_from(end).map_err(|_| "counts from the end")?.min(channels);
        if (axis, step) != (1, 1) || first >= end {
            return Err("only channels are sliced".into());
        }
        self.add(Operation::Slice(first..end), vec![from], end - first, self.layers[from].coarser)
    }

    /// The one integer of a tensor that an operation reads.
    fn integer(&self, node: &Node, input: usize) -> Result<i64, String> {
        let tensor = node.inputs.get(input).and_then(|name| self.tensors.get(name.as_str())).ok_or("an input is missing")?;
        let raw = tensor.raw_data.as_ref().map(|raw| raw.borrow().clone());
        match (raw.as_deref(), &tensor.int64_data[..]) {
            (Some(raw), _) => raw.try_into().map(i64::from_le_bytes).ok(),
            (None, [value]) => Some(*value),
            _ => None,
        }
        .filter(|_| tensor.data_type == Some(DataType::INT64))
        .ok_or("an input is not one integer".into())
    }
}

fn integer(node: &Node, name: &str) -> Option<i64> {
    node.attributes.iter().find(|attribute| attribute.name == name)?.integer
}

/// An attribute that must be the same along both sides.
fn same(node: &Node, name: &str, usual: usize) -> Result<usize, String> {
    let Some(attribute) = node.attributes.iter().find(|attribute| attribute.name == name) else { return Ok(usual) };
    let first = attribute.integers.first().and_then(|value| usize::try_from(*value).ok());
    let even = attribute.integers.iter().all(|value| usize::try_from(*value).ok() == first);
    first.filter(|value| even && *value <= MOST_REACH).ok_or(format!("{name} that differ or are beyond {MOST_REACH}"))
}
