//! How single arguments are read.

/// A number above 0.
pub fn positive(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        Ok(number) if number.is_finite() => Err("it has to be above 0".into()),
        _ => Err(format!("not a number above 0{}", unit_hint(text))),
    }
}

/// A whole number from 0 on.
pub fn whole(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("not a whole number from 0 to {}", u64::MAX))
}

/// How many photos may be worked on at a time.
pub fn threads(text: &str) -> Result<u16, String> {
    let known = text.trim().parse().ok().filter(|threads| (1..=1024).contains(threads));
    known.ok_or_else(|| "not a whole number from 1 to 1024".into())
}

/// A scale in micrometers per pixel.
pub fn scale(text: &str) -> Result<f64, String> {
    let number = positive(text)?;
    match crate::calibration::Calibration::stated(number, crate::calibration::ScaleSource::CommandLine) {
        Ok(_) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}

/// A word on a number that has its unit with it or a decimal comma.
fn unit_hint(text: &str) -> &'static str {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        ""
    } else if text.contains(',') {
        "; decimals stand behind a point, as in 2.76"
    } else {
        "; leave out the unit"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_not_above_zero_are_refused() {
        for text in ["", "0", "-1", "NaN", "inf", "one", "1mm", "2,76"] {
            assert!(positive(text).is_err(), "{text}");
        }
        assert_eq!(positive("2.76"), Ok(2.76));
    }

    #[test]
    fn scales_no_photo_can_have_say_which_it_can() {
        assert!(scale("1000").unwrap_err().contains("0.05 to 100"));
        assert!(scale("-1").unwrap_err().contains("above 0"));
        assert!(scale("2,76").unwrap_err().contains("2.76"));
    }
}
