//! The layout of every JSON file: a person can read it and `diff` it, and it stays small.

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// The JSON of a value: each member of the outermost object on a line of its own, so too each element of the arrays directly in it,
/// and all deeper things, such as a centerline, on one line. Ends with a newline.
///
/// # Examples
/// ```
/// let text = anagen::results::json(&serde_json::json!({"strands": [{"id": 0, "root": [1.5, 2.0]}], "units": []}));
/// assert_eq!(text, "{\n  \"strands\": [\n    {\"id\": 0, \"root\": [1.5, 2.0]}\n  ],\n  \"units\": []\n}\n");
/// ```
pub fn json(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Layout::default())).expect("our types serialize into memory");
    bytes.push(b'\n');
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// How deep the writer stands, and whether each open bracket breaks its lines and has content yet.
#[derive(Default)]
struct Layout {
    open: Vec<Bracket>,
}

struct Bracket {
    breaks: bool,
    filled: bool,
}

impl Layout {
    fn begin(&mut self, breaks: bool) {
        self.open.push(Bracket { breaks, filled: false });
    }

    fn next(&mut self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let depth = self.open.len();
        let Some(bracket) = self.open.last_mut() else { return Ok(()) };
        if bracket.filled {
            out.write_all(if bracket.breaks { b"," } else { b", " })?;
        }
        bracket.filled = true;
        if bracket.breaks { line(out, depth) } else { Ok(()) }
    }

    fn end(&mut self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        match self.open.pop() {
            Some(Bracket { breaks: true, filled: true }) => line(out, self.open.len()),
            _ => Ok(()),
        }
    }
}

fn line(out: &mut (impl Write + ?Sized), depth: usize) -> io::Result<()> {
    out.write_all(b"\n")?;
    (0..depth).try_for_each(|_| out.write_all(b"  "))
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(self.open.len() < 2);
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out)?;
        out.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, _first: bool) -> io::Result<()> {
        self.next(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(self.open.is_empty());
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out)?;
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, _first: bool) -> io::Result<()> {
        self.next(out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[test]
    fn empty_values_stay_on_one_line() {
        assert_eq!(super::json(&json!({})), "{}\n");
        assert_eq!(super::json(&json!([])), "[]\n");
        assert_eq!(super::json(&json!(null)), "null\n");
    }

    #[test]
    fn layout_does_not_change_the_value() {
        let value = json!({"a": [[1.25, 2], {"b": {"c": []}}], "d": {"e": [1, 2]}, "f": "\"\n"});
        assert_eq!(serde_json::from_str::<Value>(&super::json(&value)).unwrap(), value);
    }

    #[test]
    fn one_element_of_a_members_array_takes_one_line() {
        let text = super::json(&json!({"strands": [{"centerline": [[0, 1], [2, 3]]}, {"centerline": []}]}));
        assert_eq!(text.lines().count(), 6);
    }
}
