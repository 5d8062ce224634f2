//! A small drawn alphabet for captions: 5 × 7 dots a letter.

/// The seven rows of a letter, the leftmost of its five dots the highest bit; a blank for letters it does not have.
pub(crate) fn rows(letter: char) -> [u8; 7] {
    match letter {
        '0' => [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        '2' => [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
        '3' => [0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110],
        '4' => [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
        '6' => [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
        '7' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
        '8' => [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
        '9' => [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
        'A' => [0b00100, 0b01010, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001],
        'B' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110],
        'C' => [0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110],
        'D' => [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
        'm' => [0b00000, 0b00000, 0b11010, 0b10101, 0b10101, 0b10101, 0b10101],
        'r' => [0b00000, 0b00000, 0b10110, 0b11000, 0b10000, 0b10000, 0b10000],
        'x' => [0b00000, 0b00000, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001],
        '.' => [0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b00100, 0b00100],
        ':' => [0b00000, 0b00100, 0b00100, 0b00000, 0b00100, 0b00100, 0b00000],
        '/' => [0b00001, 0b00010, 0b00010, 0b00100, 0b01000, 0b01000, 0b10000],
        '=' => [0b00000, 0b00000, 0b11111, 0b00000, 0b11111, 0b00000, 0b00000],
        '^' => [0b00100, 0b01010, 0b10001, 0b00000, 0b00000, 0b00000, 0b00000],
        '-' => [0b00000, 0b00000, 0b00000, 0b11111, 0b00000, 0b00000, 0b00000],
        _ => [0; 7],
    }
}

/// How much ink a line of text has at (x, y), measured in dots from its top-left corner; 0 to 1, soft between dots.
pub(crate) fn ink(text: &str, x: f64, y: f64) -> f32 {
    let dot = |i: i64, j: i64| -> f64 {
        if i < 0 || !(0..7).contains(&j) || i % 6 == 5 {
            return 0.0;
        }
        let row = text.chars().nth((i / 6) as usize).map_or(0, |c| rows(c)[j as usize]);
        f64::from((row >> (4 - i % 6)) & 1)
    };
    let (x, y) = (x - 0.5, y - 0.5);
    let (i, j) = (x.floor(), y.floor());
    let (tx, ty) = (x - i, y - j);
    let (i, j) = (i as i64, j as i64);
    let v = (dot(i, j) * (1.0 - tx) + dot(i + 1, j) * tx) * (1.0 - ty) + (dot(i, j + 1) * (1.0 - tx) + dot(i + 1, j + 1) * tx) * ty;
    super::texture::smooth_step(0.3, 0.7, v as f32)
}

#[cfg(test)]
mod tests {
    use super::ink;

    #[test]
    fn a_one_is_a_stem_with_nothing_beside_it() {
        assert_eq!(ink("1", 2.5, 3.5), 1.0);
        assert_eq!(ink("1", 4.5, 3.5), 0.0);
        assert_eq!(ink("", 2.5, 3.5), 0.0);
    }
}
