//! Photos inside pages.

use crate::photo::Photo;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageResult, Rgb, RgbImage};

/// A photo at a size a page can carry, as JPEG. Only pixels: nothing that its file said of place, owner or device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The JPEG.
    pub jpeg: Vec<u8>,
}

impl Picture {
    /// The photo with its longer side at most so many pixels.
    ///
    /// # Errors
    /// When the encoder refuses.
    pub fn of(photo: &Photo, longest: usize, quality: u8) -> ImageResult<Self> {
        let factor = (photo.width().max(photo.height()) as f64 / longest as f64).max(1.0);
        let [red, green, blue] = photo.planes(factor);
        let (rows, columns) = red.dim();
        let byte = |value: f32| (value * 255.0 + 0.5) as u8;
        let picture = RgbImage::from_fn(columns as u32, rows as u32, |x, y| {
            let at = [y as usize, x as usize];
            Rgb([byte(red[at]), byte(green[at]), byte(blue[at])])
        });
        Self::encoded(&picture, quality)
    }

    /// These pixels as JPEG.
    ///
    /// # Errors
    /// When the encoder refuses.
    pub fn encoded(picture: &RgbImage, quality: u8) -> ImageResult<Self> {
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
        encoder.write_image(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8)?;
        Ok(Self { jpeg })
    }

    /// The picture as an address that holds it whole.
    pub fn uri(&self) -> String {
        format!("data:image/jpeg;base64,{}", base64(&self.jpeg))
    }
}

/// Base64 (RFC 4648) with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().enumerate().fold(0u32, |bits, (i, byte)| bits | u32::from(*byte) << (16 - 8 * i));
        for i in 0..4 {
            text.push(if i <= three.len() { char::from(ALPHABET[(bits >> (18 - 6 * i)) as usize & 63]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        let examples = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (bytes, text) in examples {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn large_photo_is_made_small_and_a_small_one_kept() {
        let photo = Photo::from_rgb8(40, 20, vec![[200, 100, 50]; 800]);
        for (longest, size) in [(10, (10, 5)), (400, (40, 20))] {
            let picture = image::load_from_memory(&Picture::of(&photo, longest, 90).unwrap().jpeg).unwrap().to_rgb8();
            assert_eq!(picture.dimensions(), size);
            assert!(picture.get_pixel(3, 3).0[0].abs_diff(200) < 6);
        }
    }
}
