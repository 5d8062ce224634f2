//! The `anagen` program.
fn main() {}
