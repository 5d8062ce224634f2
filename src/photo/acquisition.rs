//! What a file says of how its photo was taken: when, with what, and how large a pixel is.

use image::ImageFormat;

/// When, with what and at what resolution a photo was taken, as far as its file says. Place, owner and serial number are not read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Acquisition {
    /// The camera's local date and time, such as `2026-02-10T09:00:18`.
    pub taken_at: Option<String>,
    /// Who made the device.
    pub make: Option<String>,
    /// Which device it was.
    pub model: Option<String>,
    /// Micrometers per pixel, where the file states a resolution that a microscope can have.
    pub um_per_px: Option<f64>,
}

/// Resolutions that programs write when they know none, in dots per inch.
const PLACEHOLDER_DPI: [f64; 16] =
    [72.0, 90.0, 96.0, 100.0, 120.0, 150.0, 180.0, 200.0, 240.0, 300.0, 350.0, 600.0, 720.0, 1000.0, 1200.0, 1440.0];

/// What a stated resolution has to lie between to be that of a photo of hair, in micrometers per pixel.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 0.2..=50.0;

const MICROMETERS_PER_INCH: f64 = 25_400.0;
const MICROMETERS_PER_CENTIMETER: f64 = 10_000.0;
const MICROMETERS_PER_METER: f64 = 1e6;

/// A file and what was read of it so far.
pub(super) struct Stated<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) format: ImageFormat,
    /// Its EXIF block, which for TIFF is the file itself.
    pub(super) exif: Option<Vec<u8>>,
    /// Pixels from left to right of the picture turned upright.
    pub(super) width: usize,
    /// Pixels from top to bottom of the same.
    pub(super) height: usize,
}

impl Acquisition {
    /// What the file says.
    pub(super) fn read(file: &Stated) -> Self {
        let exif = file.exif.as_ref().and_then(|block| {
            // One bad entry should not hide the others.
            exif::Reader::new().continue_on_error(true).read_raw(block.clone()).or_else(|e| e.distill_partial_result(|_| ())).ok()
        });
        let exif = exif.as_ref();
        let of_format = match file.format {
            ImageFormat::Jpeg => jfif_density(file.bytes),
            ImageFormat::Png => png_physical_size(file.bytes),
            ImageFormat::Bmp => bmp_resolution(file.bytes),
            _ => None,
        };
        let resolutions = [exif.and_then(exif_resolution), of_format].into_iter().flatten();
        let is_resized = exif.is_some_and(|exif| is_of_another_size(exif, file.width, file.height));
        Self {
            taken_at: exif.and_then(taken_at),
            make: exif.and_then(|e| text(e, exif::Tag::Make)),
            model: exif.and_then(|e| text(e, exif::Tag::Model)),
            // Programs that make a picture smaller copy what was stated of it.
            um_per_px: resolutions.filter(|_| !is_resized).find_map(real_resolution),
        }
    }
}

/// Whether EXIF was written of a picture of other pixels, lying or standing.
fn is_of_another_size(exif: &exif::Exif, width: usize, height: usize) -> bool {
    let stated = |tag| exif.get_field(tag, exif::In::PRIMARY)?.value.get_uint(0).filter(|pixels| *pixels > 0);
    let sizes = stated(exif::Tag::PixelXDimension).zip(stated(exif::Tag::PixelYDimension));
    sizes.is_some_and(|(x, y)| ![(width, height), (height, width)].contains(&(x as usize, y as usize)))
}

/// Micrometers per pixel across and down, if they are those of a square pixel under a microscope.
fn real_resolution([x, y]: [f64; 2]) -> Option<f64> {
    let placeholder = PLACEHOLDER_DPI.iter().any(|dpi| (MICROMETERS_PER_INCH / x / dpi - 1.0).abs() < 0.005);
    let square = (x / y - 1.0).abs() < 0.001;
    (square && !placeholder && PLAUSIBLE.contains(&x)).then_some(x)
}

fn exif_resolution(exif: &exif::Exif) -> Option<[f64; 2]> {
    let per_unit = |tag| match &exif.get_field(tag, exif::In::PRIMARY)?.value {
        exif::Value::Rational(values) => values.first().map(exif::Rational::to_f64),
        _ => None,
    };
    let unit = exif.get_field(exif::Tag::ResolutionUnit, exif::In::PRIMARY).and_then(|f| f.value.get_uint(0)).unwrap_or(2);
    let unit = match unit {
        2 => MICROMETERS_PER_INCH,
        3 => MICROMETERS_PER_CENTIMETER,
        _ => return None,
    };
    Some([unit / per_unit(exif::Tag::XResolution)?, unit / per_unit(exif::Tag::YResolution)?])
}

/// The density in the JFIF header, which when present comes right after the start of a JPEG.
fn jfif_density(bytes: &[u8]) -> Option<[f64; 2]> {
    let header = bytes.get(2..18)?;
    if !(header.starts_with(&[0xFF, 0xE0]) && &header[4..9] == b"JFIF\0") {
        return None;
    }
    let unit = match header[11] {
        1 => MICROMETERS_PER_INCH,
        2 => MICROMETERS_PER_CENTIMETER,
        _ => return None,
    };
    let density = |at: usize| f64::from(u16::from_be_bytes([header[at], header[at + 1]]));
    Some([unit / density(12), unit / density(14)])
}

/// The pHYs chunk of a PNG, looked for before the pixels.
fn png_physical_size(bytes: &[u8]) -> Option<[f64; 2]> {
    let chunk = png_chunks(bytes).take_while(|(name, _)| name != b"IDAT").find(|(name, _)| name == b"pHYs")?.1;
    let (x, y, unit) = (chunk.get(0..4)?, chunk.get(4..8)?, *chunk.get(8)?);
    let per_meter = |b: &[u8]| f64::from(u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    (unit == 1).then(|| [MICROMETERS_PER_METER / per_meter(x), MICROMETERS_PER_METER / per_meter(y)])
}

/// The chunks of a PNG in order: name and content.
pub(super) fn png_chunks(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(rest.get(0..4)?.try_into().ok()?) as usize;
        let name = rest.get(4..8)?.try_into().ok()?;
        let content = rest.get(8..8usize.checked_add(length)?)?;
        rest = rest.get(12 + length..).unwrap_or_default();
        Some((name, content))
    })
}

fn bmp_resolution(bytes: &[u8]) -> Option<[f64; 2]> {
    let per_meter = |at: usize| Some(f64::from(i32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)));
    Some([MICROMETERS_PER_METER / per_meter(38)?, MICROMETERS_PER_METER / per_meter(42)?])
}

fn taken_at(exif: &exif::Exif) -> Option<String> {
    let field = exif.get_field(exif::Tag::DateTimeOriginal, exif::In::PRIMARY)?;
    let exif::Value::Ascii(lines) = &field.value else { return None };
    let t = exif::DateTime::from_ascii(lines.first()?).ok()?;
    let real = t.year > 0 && (1..=12).contains(&t.month) && (1..=31).contains(&t.day) && t.hour < 24 && t.minute < 60 && t.second <= 60;
    real.then(|| format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", t.year, t.month, t.day, t.hour, t.minute, t.second))
}

fn text(exif: &exif::Exif, tag: exif::Tag) -> Option<String> {
    let exif::Value::Ascii(lines) = &exif.get_field(tag, exif::In::PRIMARY)?.value else { return None };
    let printable: String = String::from_utf8_lossy(lines.first()?).chars().filter(|c| !c.is_control()).take(64).collect();
    let trimmed = printable.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_resolutions_are_not_scales() {
        for dpi in [72.0, 96.0, 150.0, 300.0, 600.0, 720.0, 1000.0, 1440.0, 299.9994] {
            assert_eq!(real_resolution([MICROMETERS_PER_INCH / dpi; 2]), None, "{dpi} dpi");
        }
        assert_eq!(real_resolution([f64::INFINITY; 2]), None);
        assert_eq!(real_resolution([0.0; 2]), None);
        assert_eq!(real_resolution([f64::NAN; 2]), None);
    }

    #[test]
    fn a_microscope_resolution_is_a_scale() {
        assert_eq!(real_resolution([MICROMETERS_PER_CENTIMETER / 3620.0; 2]), Some(MICROMETERS_PER_CENTIMETER / 3620.0));
    }

    #[test]
    fn pixels_that_are_not_square_have_no_scale() {
        assert_eq!(real_resolution([2.76, 3.0]), None);
    }
}
