//! The messages of an ONNX file, as far as a network is read from them.
//!
//! The crate that knows the format is not given the whole file to read: of a number that never ends its own reader (rten-onnx 0.27.0) looks for the end
//! for ever, it takes memory for as many bytes as a file claims to hold, and it follows graphs within graphs until the stack is full.

use rten_onnx::onnx::TensorProto;
use rten_onnx::protobuf::{DecodeMessage, ErrorKind, Fields, OwnedValues, ProtobufError, ReadValue};

/// A network as a file has it.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// The weights, by name.
    pub(super) tensors: Vec<TensorProto>,
    /// The names of what is given and of what is answered.
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
}

/// An operation.
#[derive(Default)]
pub(super) struct Node {
    pub(super) operation: String,
    /// The names of what it reads and of what it works out.
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    pub(super) attributes: Vec<Attribute>,
}

/// What an operation is told, of the kinds that are understood.
#[derive(Default)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) integer: Option<i64>,
    pub(super) integers: Vec<i64>,
    pub(super) tensor: Option<TensorProto>,
}

impl Graph {
    /// The graph in the bytes of a file, if they hold one.
    pub(super) fn of(bytes: &[u8]) -> Result<Option<Self>, ProtobufError> {
        Model::decode(Bytes { rest: bytes, position: 0 }).map(|model| model.graph)
    }
}

/// The whole file.
#[derive(Default)]
struct Model {
    graph: Option<Graph>,
}

/// What is given or answered; of what type, the layers say.
#[derive(Default)]
struct Value {
    name: String,
}

impl DecodeMessage for Model {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = OwnedValues>>(mut fields: Fields<R>) -> Result<Self, ProtobufError> {
        let mut model = Self::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                7 => model.graph = Some(Graph::decode_field(&mut field)?),
                _ => field.skip()?,
            }
        }
        Ok(model)
    }
}

impl DecodeMessage for Graph {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = OwnedValues>>(mut fields: Fields<R>) -> Result<Self, ProtobufError> {
        let mut graph = Self::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                1 => graph.nodes.push(Node::decode_field(&mut field)?),
                5 => graph.tensors.push(TensorProto::decode_field(&mut field)?),
                11 => graph.inputs.push(Value::decode_field(&mut field)?.name),
                12 => graph.outputs.push(Value::decode_field(&mut field)?.name),
                _ => field.skip()?,
            }
        }
        Ok(graph)
    }
}

impl DecodeMessage for Node {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = OwnedValues>>(mut fields: Fields<R>) -> Result<Self, ProtobufError> {
        let mut node = Self::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                1 => node.inputs.push(field.read_string()?),
                2 => node.outputs.push(field.read_string()?),
                4 => node.operation = field.read_string()?,
                5 => node.attributes.push(Attribute::decode_field(&mut field)?),
                _ => field.skip()?,
            }
        }
        Ok(node)
    }
}

impl DecodeMessage for Attribute {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = OwnedValues>>(mut fields: Fields<R>) -> Result<Self, ProtobufError> {
        let mut attribute = Self::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                1 => attribute.name = field.read_string()?,
                3 => attribute.integer = Some(field.get_int64()?),
                5 => attribute.tensor = Some(TensorProto::decode_field(&mut field)?),
                8 => {
                    for integer in field.read_repeated_int64()? {
                        attribute.integers.push(integer?);
                    }
                }
                _ => field.skip()?,
            }
        }
        Ok(attribute)
    }
}

impl DecodeMessage for Value {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = OwnedValues>>(mut fields: Fields<R>) -> Result<Self, ProtobufError> {
        let mut value = Self::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                1 => value.name = field.read_string()?,
                _ => field.skip()?,
            }
        }
        Ok(value)
    }
}

/// The bytes of a file, read no further than they go.
struct Bytes<'a> {
    rest: &'a [u8],
    position: u64,
}

/// The most bytes of a number below 2⁶³: seven bits of it in each.
const LONGEST_NUMBER: usize = 9;

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ProtobufError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| ProtobufError::new(ErrorKind::Eof))?;
        self.rest = rest;
        self.position += count as u64;
        Ok(taken)
    }

    fn next<const N: usize>(&mut self) -> Result<[u8; N], ProtobufError> {
        let mut next = [0; N];
        next.copy_from_slice(self.take(N)?);
        Ok(next)
    }
}

impl ReadValue for Bytes<'_> {
    type Types = OwnedValues;

    fn read_i32(&mut self) -> Result<i32, ProtobufError> {
        self.next().map(i32::from_le_bytes)
    }

    fn read_i64(&mut self) -> Result<i64, ProtobufError> {
        self.next().map(i64::from_le_bytes)
    }

    /// Numbers from 2⁶³ on, which are negative ones or lengths beyond any file, are refused: no network that is understood has any.
    fn read_varint(&mut self) -> Result<u64, ProtobufError> {
        let mut number = 0;
        for place in 0..LONGEST_NUMBER {
            let [byte] = self.next()?;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(ProtobufError::new(ErrorKind::InvalidVarint))
    }

    fn read_bytes(&mut self, len: usize) -> Result<Vec<u8>, ProtobufError> {
        self.take(len).map(<[u8]>::to_vec)
    }

    fn read_string(&mut self, len: usize) -> Result<String, ProtobufError> {
        String::from_utf8(self.read_bytes(len)?).map_err(|_| ProtobufError::new(ErrorKind::InvalidUtf8))
    }

    fn skip(&mut self, len: usize) -> Result<(), ProtobufError> {
        self.take(len).map(drop)
    }

    fn position(&self) -> u64 {
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field that holds bytes: its number and kind, their count, and they themselves.
    fn field(number: u8, held: &[u8]) -> Vec<u8> {
        let mut count = held.len();
        let mut bytes = vec![number << 3 | 2];
        while count > 0x7f {
            bytes.push((count & 0x7f) as u8 | 0x80);
            count >>= 7;
        }
        bytes.push(count as u8);
        bytes.extend(held);
        bytes
    }

    #[test]
    fn messages_are_read_and_what_is_not_understood_is_passed_over() {
        let node = [field(4, b"Relu"), field(1, b"in"), field(2, b"out"), field(6, b"a remark")].concat();
        let graph = [field(1, &node), field(11, &field(1, b"in")), field(12, &field(1, b"out"))].concat();
        let graph = Graph::of(&[field(2, b"somebody"), field(7, &graph)].concat()).unwrap().unwrap();
        assert_eq!((&graph.inputs[..], &graph.outputs[..]), (&["in".to_owned()][..], &["out".to_owned()][..]));
        assert_eq!((&graph.nodes[0].operation[..], &graph.nodes[0].inputs[0][..]), ("Relu", "in"));
        assert!(Graph::of(&[]).unwrap().is_none());
    }

    #[test]
    fn number_without_an_end_is_refused() {
        for length in [9, 10, 11, 100] {
            assert!(Graph::of(&vec![0x91; length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn lengths_beyond_the_file_are_refused_before_memory_is_taken() {
        let claims = |count: &[u8]| [&[7 << 3 | 2], count, b"rest"].concat();
        for count in [&[0x7f][..], &[0xff, 0xff, 0xff, 0xff, 0x7f], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]] {
            assert!(Graph::of(&claims(count)).map_or(true, |graph| graph.is_none_or(|graph| graph.nodes.is_empty())));
        }
    }

    #[test]
    fn graphs_within_graphs_are_not_followed() {
        let mut graph = vec![];
        while graph.len() < 50_000 {
            // The graph of an attribute of a node of a graph.
            graph = field(1, &field(5, &field(6, &graph)));
        }
        assert_eq!(Graph::of(&field(7, &graph)).unwrap().unwrap().nodes.len(), 1);
    }
}
