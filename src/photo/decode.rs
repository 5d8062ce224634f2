//! Bytes to pixels: format by content, limits first, upright, in sRGB.

use super::acquisition::{Acquisition, Stated, png_chunks};
use super::{Caveat, CaveatCode, Limits, Photo, Samples, jpeg};
use image::error::UnsupportedErrorKind;
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformExecutor, TransformOptions};
use std::io::Cursor;

/// Why a file gave no photo. The cause comes first; the caller adds the file's name.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PhotoError {
    /// There are no bytes.
    #[error("empty file")]
    Empty,
    /// The content is of no picture format known here.
    #[error("not an image{}", looks_like.map(|what| format!(": looks like {what}")).unwrap_or_default())]
    NotAnImage {
        /// What it may be instead.
        looks_like: Option<&'static str>,
    },
    /// A picture, but of a kind not read here.
    #[error("unsupported image: {0}; JPEG, PNG, TIFF, BMP and WebP are read")]
    Unsupported(String),
    /// The file ends before its pixels do.
    #[error("truncated {format}: {detail}")]
    Truncated {
        /// The format by content.
        format: &'static str,
        /// Where it stopped.
        detail: String,
    },
    /// The content contradicts itself.
    #[error("damaged {format}: {detail}")]
    Damaged {
        /// The format by content.
        format: &'static str,
        /// What the decoder met.
        detail: String,
    },
    /// The header claims more pixels than the limit allows.
    #[error("{width}×{height} pixels is over the limit of {limit} megapixels; raise --max-megapixels if the photo is real")]
    TooManyPixels {
        /// Claimed.
        width: u32,
        /// Claimed.
        height: u32,
        /// The limit, in millions.
        limit: f64,
    },
    /// Decoding would take more memory than the limit allows.
    #[error("decoding would take more than the limit of {} MiB", limit >> 20)]
    TooManyBytes {
        /// The limit, in bytes.
        limit: u64,
    },
}

impl Photo {
    /// The photo in the bytes of a JPEG, PNG, TIFF, BMP or WebP file: told by content, turned upright by its EXIF orientation, brought to
    /// sRGB by its ICC profile, at 8 or 16 bits as the file has it.
    ///
    /// Gray becomes equal red, green and blue. What is transparent shows black, as the frame of a photo does. Of several pictures the first
    /// is read, with a caveat. A file without a color profile is taken as sRGB.
    ///
    /// # Errors
    /// When the content is no such file, is cut short or damaged, or claims more than `limits` before anything is allocated for it.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Self, PhotoError> {
        if bytes.is_empty() {
            return Err(PhotoError::Empty);
        }
        let (format, name) = known_format(bytes)?;
        let read = if format == ImageFormat::Jpeg { jpeg::read(bytes, limits)? } else { read(bytes, format, name, limits)? };
        // A broken profile is no reason to refuse the pixels.
        let profile = read.profile.and_then(|icc| ColorProfile::new_from_slice(&icc).ok());
        let mut image = read.image;
        image.apply_orientation(read.orientation);
        let (width, height) = (image.width() as usize, image.height() as usize);
        let samples = to_srgb(image, profile.as_ref());
        let mut photo = Self::new(width, height, samples);
        photo.acquisition = Acquisition::read(&Stated { bytes, format, exif: read.exif, width, height });
        if holds_several(bytes, format) {
            photo.caveats.push(Caveat {
                code: CaveatCode::SeveralPictures,
                message: format!("the {name} file holds several pictures; the first was read"),
                region: None,
            });
        }
        Ok(photo)
    }
}

/// A file's picture as the file has it, and what the file says beside it.
pub(super) struct Read {
    pub(super) image: DynamicImage,
    pub(super) orientation: Orientation,
    pub(super) exif: Option<Vec<u8>>,
    pub(super) profile: Option<Vec<u8>>,
}

/// What a PNG may unpack beside its pixels: a color profile of a few bytes may claim to be of gigabytes.
const MOST_BESIDE_PIXELS: u64 = 64 << 20;

/// The picture of a file of any format but JPEG.
fn read(bytes: &[u8], format: ImageFormat, name: &'static str, limits: &Limits) -> Result<Read, PhotoError> {
    let most = if format == ImageFormat::Png { limits.bytes.min(MOST_BESIDE_PIXELS) } else { limits.bytes };
    let explain = |error| explain(error, name, most);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut allocation = image::Limits::no_limits();
    allocation.max_alloc = Some(most);
    reader.limits(allocation);
    let mut decoder = reader.into_decoder().map_err(explain)?;
    check(decoder.dimensions(), decoder.color_type().into(), limits)?;
    let exif = match format {
        ImageFormat::Tiff => Some(bytes.to_vec()),
        // It may stand after the pixels too, where the decoder has not come yet.
        ImageFormat::Png => png_chunks(bytes).find(|(name, _)| name == b"eXIf").map(|(_, block)| block.to_vec()),
        _ => decoder.exif_metadata().unwrap_or_default(),
    };
    // A broken orientation is no reason to refuse the pixels.
    let orientation = match format {
        ImageFormat::Png => exif.as_deref().and_then(Orientation::from_exif_chunk),
        _ => decoder.orientation().ok(),
    };
    let profile = decoder.icc_profile().unwrap_or_default();
    let image = DynamicImage::from_decoder(decoder).map_err(explain)?;
    let image = if format == ImageFormat::Bmp { shown(image) } else { image };
    Ok(Read { image, orientation: orientation.unwrap_or(Orientation::NoTransforms), exif, profile })
}

/// A BMP's picture without transparency where it would all be transparent: programs that know none leave the fourth byte at 0.
fn shown(image: DynamicImage) -> DynamicImage {
    match &image {
        DynamicImage::ImageRgba8(pixels) if pixels.pixels().all(|p| p.0[3] == 0) => DynamicImage::ImageRgb8(image.into_rgb8()),
        _ => image,
    }
}

/// The format by content, with its name.
fn known_format(bytes: &[u8]) -> Result<(ImageFormat, &'static str), PhotoError> {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => Ok((ImageFormat::Jpeg, "JPEG")),
        Ok(ImageFormat::Png) => Ok((ImageFormat::Png, "PNG")),
        Ok(ImageFormat::Tiff) => Ok((ImageFormat::Tiff, "TIFF")),
        Ok(ImageFormat::Bmp) => Ok((ImageFormat::Bmp, "BMP")),
        Ok(ImageFormat::WebP) => Ok((ImageFormat::WebP, "WebP")),
        Ok(other) => Err(PhotoError::Unsupported(format!("{other:?}").to_uppercase())),
        Err(_) => Err(unknown_content(bytes)),
    }
}

/// The best guess at what a file of no known picture format is.
fn unknown_content(bytes: &[u8]) -> PhotoError {
    let brand = bytes.get(4..12).unwrap_or_default();
    if brand.starts_with(b"ftyp") {
        return match &brand[4..] {
            b"heic" | b"heix" | b"heim" | b"mif1" | b"msf1" => PhotoError::Unsupported("HEIC".into()),
            b"avif" | b"avis" => PhotoError::Unsupported("AVIF".into()),
            _ => PhotoError::NotAnImage { looks_like: Some("a video") },
        };
    }
    let begins: [(&[u8], &str); 9] = [
        (b"%PDF", "a PDF"),
        (b"PK\x03\x04", "a ZIP archive or an office document"),
        (b"\xD0\xCF\x11\xE0", "an old office document"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"7z\xBC\xAF", "a 7-Zip archive"),
        (b"\x7FELF", "a program"),
        (b"MZ", "a program"),
        (b"<svg", "an SVG drawing"),
        (b"SQLite format 3", "a database"),
    ];
    let looks_like = if let Some((_, what)) = begins.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        Some(*what)
    } else if bytes.get(128..132) == Some(b"DICM") {
        Some("a DICOM file")
    } else if bytes.iter().all(|&b| b == 0) {
        Some("nothing but zero bytes")
    } else if bytes.len() < 8 && bytes.iter().any(|&b| !b.is_ascii_graphic() && !b.is_ascii_whitespace()) {
        Some("the first few bytes of a cut file")
    } else if bytes.iter().take(512).all(|&b| b.is_ascii_graphic() || b.is_ascii_whitespace()) {
        Some("text")
    } else {
        None
    };
    PhotoError::NotAnImage { looks_like }
}

/// Refuses what the header claims beyond the limits. The pixels are counted twice: as the file has them and as sRGB.
pub(super) fn check((width, height): (u32, u32), color: ExtendedColorType, limits: &Limits) -> Result<(), PhotoError> {
    let pixels = u64::from(width) * u64::from(height);
    if !limits.allow(width as usize, height as usize) {
        return Err(PhotoError::TooManyPixels { width, height, limit: limits.megapixels });
    }
    let bits = u64::from(color.bits_per_pixel());
    let depth = if bits > 8 * u64::from(color.channel_count()) { 2 } else { 1 };
    let bytes = pixels.saturating_mul(bits / 8 + 3 * depth);
    if bytes > limits.bytes { Err(PhotoError::TooManyBytes { limit: limits.bytes }) } else { Ok(()) }
}

/// What a decoder's error means to the person whose file it is; `most` is how many bytes it was allowed.
fn explain(error: ImageError, format: &'static str, most: u64) -> PhotoError {
    let detail = match &error {
        ImageError::Decoding(inner) => std::error::Error::source(inner).map_or_else(|| inner.to_string(), |cause| cause.to_string()),
        ImageError::Unsupported(inner) => match inner.kind() {
            UnsupportedErrorKind::Color(_) => "a kind of color that is not read here".to_owned(),
            UnsupportedErrorKind::GenericFeature(feature) => feature,
            _ => "a kind that is not read here".to_owned(),
        },
        other => other.to_string(),
    };
    match error {
        ImageError::Limits(_) => PhotoError::TooManyBytes { limit: most },
        ImageError::Unsupported(_) => PhotoError::Unsupported(format!("{format}, {}", short(&detail))),
        _ => broken(format, &detail),
    }
}

/// The error of a file whose decoder gave up, told by the decoder's words.
pub(super) fn broken(format: &'static str, detail: &str) -> PhotoError {
    let detail = short(detail);
    let lower = detail.to_lowercase();
    let ended = ["eof", "end of file", "end of stream", "fill whole buffer", "no more bytes", "exhausted", "unexpected end"];
    if ended.iter().any(|words| lower.contains(words)) {
        PhotoError::Truncated { format, detail }
    } else {
        PhotoError::Damaged { format, detail }
    }
}

/// As much of a decoder's words as fits a line.
pub(super) fn short(detail: &str) -> String {
    detail.lines().next().unwrap_or_default().chars().take(160).collect()
}

/// Whether the file holds more pictures than the one that is read.
fn holds_several(bytes: &[u8], format: ImageFormat) -> bool {
    match format {
        // The animation flag of the extended header.
        ImageFormat::WebP => bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 2 != 0),
        ImageFormat::Png => png_chunks(bytes).take_while(|(name, _)| name != b"IDAT").any(|(name, _)| &name == b"acTL"),
        ImageFormat::Tiff => tiff_has_next_page(bytes).unwrap_or(false),
        ImageFormat::Jpeg => jpeg::is_first_of_several(bytes),
        _ => false,
    }
}

/// Whether a TIFF's first directory of tags names a next one; `None` where the structure cannot be followed.
fn tiff_has_next_page(bytes: &[u8]) -> Option<bool> {
    let little = bytes.first()? == &b'I';
    let number = |at: usize, size: usize| -> Option<u64> {
        let field = bytes.get(at..at.checked_add(size)?)?;
        let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if little { field.iter().rev().fold(0, join) } else { field.iter().fold(0, join) })
    };
    let big = number(2, 2)? == 43;
    let (offset_at, offset_size, count_size, entry_size) = if big { (8, 8, 8, 20) } else { (4, 4, 2, 12) };
    let directory = usize::try_from(number(offset_at, offset_size)?).ok()?;
    let entries = usize::try_from(number(directory, count_size)?).ok()?;
    let next_at = entries.checked_mul(entry_size)?.checked_add(directory)?.checked_add(count_size)?;
    Some(number(next_at, offset_size)? != 0)
}

/// The samples in sRGB: by the profile where there is one that fits the pixels, else as they are.
fn to_srgb(image: DynamicImage, profile: Option<&ColorProfile>) -> Samples {
    let deep = image.color().bytes_per_pixel() > image.color().channel_count();
    let gray = !image.color().has_color();
    let image = over_black(image);
    // The decoders turn CMYK to RGB without its profile, which therefore does not fit what they give.
    let profile = profile.filter(|p| p.color_space == if gray { DataColorSpace::Gray } else { DataColorSpace::Rgb });
    let layout = if gray { Layout::Gray } else { Layout::Rgb };
    let (srgb, options) = (ColorProfile::new_srgb(), TransformOptions::default());
    if deep {
        let converted = profile.and_then(|p| {
            let source = if gray { image.to_luma16().into_raw() } else { image.to_rgb16().into_raw() };
            converted(&*p.create_transform_16bit(layout, &srgb, Layout::Rgb, options).ok()?, &source, layout)
        });
        Samples::Sixteen(triples(&converted.unwrap_or_else(|| image.into_rgb16().into_raw())))
    } else {
        let converted = profile.and_then(|p| {
            let source = if gray { image.to_luma8().into_raw() } else { image.to_rgb8().into_raw() };
            converted(&*p.create_transform_8bit(layout, &srgb, Layout::Rgb, options).ok()?, &source, layout)
        });
        Samples::Eight(triples(&converted.unwrap_or_else(|| image.into_rgb8().into_raw())))
    }
}

fn converted<T: Copy + Default>(transform: &(impl TransformExecutor<T> + ?Sized), source: &[T], layout: Layout) -> Option<Vec<T>> {
    let mut pixels = vec![T::default(); source.len() / layout.channels() * 3];
    transform.transform(source, &mut pixels).ok().map(|()| pixels)
}

fn triples<T: Copy>(flat: &[T]) -> Vec<[T; 3]> {
    flat.as_chunks::<3>().0.to_vec()
}

/// The image without transparency, laid over black.
fn over_black(mut image: DynamicImage) -> DynamicImage {
    match &mut image {
        DynamicImage::ImageLumaA8(pixels) => pixels.pixels_mut().for_each(|p| p.0[0] = scaled(p.0[0].into(), p.0[1].into(), 255) as u8),
        DynamicImage::ImageRgba8(pixels) => pixels.pixels_mut().for_each(|p| {
            let [.., alpha] = p.0;
            p.0[..3].iter_mut().for_each(|v| *v = scaled((*v).into(), alpha.into(), 255) as u8);
        }),
        DynamicImage::ImageLumaA16(pixels) => pixels.pixels_mut().for_each(|p| p.0[0] = scaled(p.0[0].into(), p.0[1].into(), 65535) as u16),
        DynamicImage::ImageRgba16(pixels) => pixels.pixels_mut().for_each(|p| {
            let [.., alpha] = p.0;
            p.0[..3].iter_mut().for_each(|v| *v = scaled((*v).into(), alpha.into(), 65535) as u16);
        }),
        DynamicImage::ImageRgba32F(pixels) => pixels.pixels_mut().for_each(|p| {
            let [.., alpha] = p.0;
            p.0[..3].iter_mut().for_each(|v| *v *= alpha);
        }),
        _ => {}
    }
    image
}

/// `value` × `alpha` / `full`, rounded.
fn scaled(value: u64, alpha: u64, full: u64) -> u64 {
    (value * alpha + full / 2) / full
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageEncoder;
    use image::codecs::png::PngEncoder;

    #[test]
    fn a_profile_that_unpacks_to_more_than_any_profile_is_left_packed() {
        let unpacked = |bytes: usize| {
            let mut file = vec![];
            let mut encoder = PngEncoder::new(&mut file);
            encoder.set_icc_profile(vec![0; bytes]).expect("takes a profile");
            encoder.write_image(&[200, 120, 100], 1, 1, ExtendedColorType::Rgb8).expect("encodes");
            let read = read(&file, ImageFormat::Png, "PNG", &Limits::default()).expect("its pixels are read");
            read.profile.map_or(0, |profile| profile.len())
        };
        assert_eq!(unpacked(1 << 20), 1 << 20);
        assert_eq!(unpacked(MOST_BESIDE_PIXELS as usize + 1), 0);
    }
}
