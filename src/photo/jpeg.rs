//! JPEG pixels, none of them made up.
//!
//! Decoders fill what is missing with gray, or with what zeros would mean, and tell nobody; of such a picture half would be measured as
//! smooth skin. So the decoder is given the file with guards: before each marker that ends a stretch of coded pixels stand bits that no
//! code begins with. Where the codes run out early it comes upon them and says so; where the stretch is whole it never gets there.

use super::decode::{Read, broken, check, short};
use super::{Limits, PhotoError};
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, GrayImage, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

const FORMAT: &str = "JPEG";

/// Ones, as coded pixels hold them. A code has 16 bits at most and is never all ones (ITU-T T.81, annex C), so that after the rest of a
/// code and the 15 bits of its value the next one is wrong.
const GUARD: [u8; 12] = [0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0];

/// What the decoder says of a code of nothing but ones.
const MET_GUARD: &str = "Bad Huffman Code 0xFFFF";

/// The picture of a JPEG file.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Read, PhotoError> {
    let guarded = guarded(bytes);
    // A header that cannot be read says more than that the file ends.
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(guarded.as_deref().unwrap_or(bytes)), options());
    decoder.decode_headers().map_err(|error| explain(&error, limits))?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let (width, height) = (width as u32, height as u32);
    let is_gray = decoder.input_colorspace() == Some(ColorSpace::Luma);
    check((width, height), if is_gray { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 }, limits)?;
    if guarded.is_none() {
        let detail = "it ends before its end marker, so pixels are missing".into();
        return Err(PhotoError::Truncated { format: FORMAT, detail });
    }

    // Headers may hold what is not quite allowed; pixels may not.
    let space = if is_gray { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options().set_strict_mode(true).jpeg_set_out_colorspace(space));
    let mut pixels = vec![0; width as usize * height as usize * space.num_components()];
    decoder.decode_into(&mut pixels).map_err(|error| explain(&error, limits))?;
    let image = if is_gray {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    };
    let exif = decoder.exif().cloned();
    let orientation = exif.as_deref().and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    Ok(Read { image: image.expect("as many samples as pixels"), orientation, exif, profile: decoder.icc_profile() })
}

fn options() -> DecoderOptions {
    DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX)
}

fn explain(error: &DecodeErrors, limits: &Limits) -> PhotoError {
    let detail = error.to_string();
    match error {
        DecodeErrors::Unsupported(_) => PhotoError::Unsupported(format!("{FORMAT}, {}", short(&detail))),
        DecodeErrors::LargeDimensions(_) => PhotoError::TooManyBytes { limit: limits.bytes },
        _ if detail.contains(MET_GUARD) => {
            let detail = "its coded pixels end before the picture does, so pixels are missing or wrong".into();
            PhotoError::Truncated { format: FORMAT, detail }
        }
        _ => broken(FORMAT, &detail),
    }
}

/// A piece of a JPEG file.
struct Piece {
    /// Its marker.
    marker: u8,
    /// Where the marker begins.
    at: usize,
    /// Where what belongs to it ends, but for coded pixels.
    end: usize,
}

/// The marked pieces of a JPEG up to its end marker, or up to where it is cut.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = Piece> {
    let mut at = 2;
    std::iter::from_fn(move || {
        while let Some(&[first, marker]) = bytes.get(at..at + 2) {
            let here = at;
            match (first, marker) {
                (0xFF, 0xD9) => {
                    at = bytes.len();
                    return Some(Piece { marker, at: here, end: here + 2 });
                }
                // Coded pixels and fill bytes stand between pieces.
                (0xFF, 0xFF) => at += 1,
                (0xFF, 0x00 | 0x01 | 0xD8) => at += 2,
                (0xFF, 0xD0..=0xD7) => {
                    at += 2;
                    return Some(Piece { marker, at: here, end: at });
                }
                (0xFF, _) => {
                    // A segment, skipped whole: a thumbnail in it has an end marker of its own.
                    let &[high, low] = bytes.get(at + 2..at + 4)? else { return None };
                    at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
                    return Some(Piece { marker, at: here, end: at });
                }
                _ => at += 1,
            }
        }
        None
    })
}

/// The file up to its end marker with guards before the markers that end coded pixels; `None` where there is no end marker.
fn guarded(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut guarded = Vec::with_capacity(bytes.len() + 4 * GUARD.len());
    let (mut from, mut scans, mut is_progressive) = (0, 0, false);
    for piece in pieces(bytes) {
        // The decoder goes from scan to scan only by a marker it finds right behind the last code, but for progressive pictures after
        // their first one.
        let ends_pixels = matches!(piece.marker, 0xD0..=0xD7 | 0xD9) || is_progressive && scans > 1;
        // No more restarts are guarded than pictures have, so that no file takes much more memory than it is long.
        if scans > 0 && ends_pixels && guarded.len() <= 2 * bytes.len() {
            guarded.extend_from_slice(&bytes[from..piece.at]);
            guarded.extend(GUARD);
            from = piece.at;
        }
        match piece.marker {
            0xC2 => is_progressive = true,
            0xDA => scans += 1,
            0xD9 => {
                guarded.extend_from_slice(&bytes[from..piece.end]);
                return Some(guarded);
            }
            _ => {}
        }
    }
    None
}

/// Whether a JPEG is the first of several pictures in one file, by the multi-picture format (CIPA DC-007).
pub(super) fn is_first_of_several(bytes: &[u8]) -> bool {
    let header = pieces(bytes).take_while(|piece| piece.marker != 0xDA);
    let mut contents = header.filter_map(|piece| Some((piece.marker, bytes.get(piece.at + 4..piece.end)?)));
    contents.any(|(marker, content)| marker == 0xE2 && content.starts_with(b"MPF\0"))
}
