//! Files of every kind, whole and broken, to photos and errors.

use anagen::photo::{CaveatCode, Limits, Photo, PhotoError};
use image::codecs::jpeg::{JpegEncoder, PixelDensity, PixelDensityUnit};
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

fn hostile(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn decode(bytes: &[u8]) -> Result<Photo, PhotoError> {
    Photo::decode(bytes, &Limits::default())
}

fn message(name: &str) -> String {
    decode(&hostile(name)).expect_err(name).to_string()
}

/// A picture in which every corner differs: smooth, so that lossy formats keep it.
fn picture() -> DynamicImage {
    RgbImage::from_fn(48, 32, |x, y| Rgb([(40 + 4 * x) as u8, (30 + 6 * y) as u8, 120])).into()
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    image.write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

/// The largest difference to `image` of any channel of any pixel, on a scale of 1.
fn difference(photo: &Photo, image: &DynamicImage) -> f32 {
    let image = image.to_rgb32f();
    assert_eq!((photo.width(), photo.height()), (image.width() as usize, image.height() as usize));
    image
        .enumerate_pixels()
        .flat_map(|(x, y, p)| {
            let seen = photo.rgb(x as usize, y as usize);
            [0, 1, 2].map(|c| (seen[c] - p.0[c]).abs())
        })
        .fold(0.0, f32::max)
}

#[test]
fn broken_files_name_their_cause() {
    assert_eq!(message("empty.jpg"), "empty file");
    assert_eq!(message("pdf_named_jpg.jpg"), "not an image: looks like a PDF");
    assert_eq!(message("text_named_jpg.jpg"), "not an image: looks like text");
    assert_eq!(message("zeros.tif"), "not an image: looks like nothing but zero bytes");
    assert_eq!(message("gif.gif"), "unsupported image: GIF; JPEG, PNG, TIFF, BMP and WebP are read");
    for name in ["cut_in_half.jpg", "cut_by_its_end_marker.jpg", "cut_progressive.jpg"] {
        assert!(message(name).starts_with("truncated JPEG: "), "{name}: {}", message(name));
    }
    assert!(message("cut_in_half.png").starts_with("truncated PNG: "), "{}", message("cut_in_half.png"));
    assert!(message("scrambled.jpg").contains("JPEG: "), "{}", message("scrambled.jpg"));
}

/// A picture large and busy enough that its coded pixels are most of its file.
fn busy() -> RgbImage {
    RgbImage::from_fn(320, 240, |x, y| Rgb([(x * x / 7 + y * 3) as u8, ((x * 5) ^ (y * 11)) as u8, (x * y / 9) as u8]))
}

fn busy_jpeg() -> Vec<u8> {
    encoded(&busy().into(), ImageFormat::Jpeg)
}

#[test]
fn a_jpeg_whose_pixels_end_early_is_refused_though_it_has_an_end_marker() {
    for whole in [busy_jpeg(), encoded(&DynamicImage::ImageLuma8(DynamicImage::from(busy()).to_luma8()), ImageFormat::Jpeg)] {
        assert!(decode(&whole).is_ok());
        for share in 2..20 {
            let cut = [&whole[..whole.len() * share / 20], &[0xFF, 0xD9]].concat();
            assert!(matches!(decode(&cut), Err(PhotoError::Truncated { .. } | PhotoError::Damaged { .. })), "{share} twentieths");
        }
    }
    let half = [&busy_jpeg()[..busy_jpeg().len() / 2], &[0xFF, 0xD9]].concat();
    assert_eq!(
        decode(&half).expect_err("half").to_string(),
        "truncated JPEG: its coded pixels end before the picture does, so pixels are missing or wrong"
    );
}

#[test]
fn a_jpeg_of_which_a_stretch_is_lost_is_refused() {
    let whole = busy_jpeg();
    for share in 4..16 {
        let at = whole.len() * share / 20;
        let without = [&whole[..at], &whole[at + 1000..]].concat();
        assert!(decode(&without).is_err(), "{share} twentieths");
    }
}

#[test]
fn jpegs_of_every_make_give_the_pixels_of_the_plain_decoder() {
    let mut files: Vec<Vec<u8>> = ["cmyk.jpg"].iter().map(|name| hostile(name)).collect();
    // Sizes beside the squares that pixels are coded in, down to where a row of them is a few bytes.
    for (width, height) in [(1, 1), (7, 3), (8, 8), (9, 17), (1, 300), (300, 1), (33, 16)] {
        let [crop, flat] =
            [image::imageops::crop_imm(&busy(), 0, 0, width, height).to_image(), RgbImage::from_pixel(width, height, Rgb([90; 3]))];
        for image in [DynamicImage::from(crop), flat.into()] {
            files.push(encoded(&image, ImageFormat::Jpeg));
            files.push(encoded(&image.to_luma8().into(), ImageFormat::Jpeg));
        }
    }
    // What stands behind the end marker is no part of the picture.
    files.push([busy_jpeg(), b"more".repeat(50)].concat());
    for (i, file) in files.iter().enumerate() {
        let plain = image::load_from_memory_with_format(file, ImageFormat::Jpeg).expect("decodes");
        assert!(difference(&decode(file).expect("decodes"), &plain) < 1e-6, "file {i}");
    }
}

#[test]
fn claimed_size_is_checked_before_anything_is_allocated() {
    for name in ["claims_60000x60000.png", "claims_60000x60000.jpg"] {
        let expected = "60000×60000 pixels is over the limit of 200 megapixels; raise --max-megapixels if the photo is real";
        assert_eq!(message(name), expected);
        let wide = Limits { megapixels: 1e6, ..Limits::default() };
        assert_eq!(Photo::decode(&hostile(name), &wide).err(), Some(PhotoError::TooManyBytes { limit: wide.bytes }));
    }
    let tight = Limits { megapixels: 0.001, ..Limits::default() };
    assert!(matches!(
        Photo::decode(&encoded(&picture(), ImageFormat::Bmp), &tight),
        Err(PhotoError::TooManyPixels { width: 48, height: 32, .. })
    ));
}

#[test]
fn odd_but_whole_files_are_read() {
    for (name, size) in [("png_named_jpg.jpg", (120, 96)), ("one_pixel.png", (1, 1)), ("all_black.png", (160, 120))] {
        let photo = decode(&hostile(name)).expect(name);
        assert_eq!((photo.width(), photo.height()), size, "{name}");
        assert!(photo.caveats().is_empty(), "{name}");
    }
    assert_eq!(decode(&hostile("all_white.png")).expect("white").rgb(80, 60), [1.0; 3]);
}

#[test]
fn of_several_pictures_the_first_is_read_with_a_caveat() {
    let still = decode(&hostile("png_named_jpg.jpg")).expect("still");
    for name in ["animated.webp", "two_pages.tif"] {
        let photo = decode(&hostile(name)).expect(name);
        assert_eq!(photo.caveats().iter().map(|c| c.code).collect::<Vec<_>>(), [CaveatCode::SeveralPictures], "{name}");
        assert_eq!((0..96).map(|y| photo.rgb(y, y)).collect::<Vec<_>>(), (0..96).map(|y| still.rgb(y, y)).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn a_jpeg_that_says_others_follow_it_is_read_with_a_caveat() {
    let whole = busy_jpeg();
    let said = [&[0xFF, 0xE2, 0, 6], &b"MPF\0"[..]].concat();
    let several = [&whole[..2], &said, &whole[2..], &whole].concat();
    let photo = decode(&several).expect("decodes");
    assert_eq!(photo.caveats().iter().map(|c| c.code).collect::<Vec<_>>(), [CaveatCode::SeveralPictures]);
    assert!(decode(&whole).expect("decodes").caveats().is_empty());
}

#[test]
fn four_inks_become_the_color_they_print() {
    let photo = decode(&hostile("cmyk.jpg")).expect("CMYK");
    let still = decode(&hostile("png_named_jpg.jpg")).expect("still");
    let (seen, drawn) = (photo.rgb(100, 10), still.rgb(100, 10));
    assert!((0..3).all(|c| (seen[c] - drawn[c]).abs() < 0.03), "{seen:?} for {drawn:?}");
}

#[test]
fn every_format_gives_the_picture_back() {
    for (format, tolerance) in
        [(ImageFormat::Png, 0.0), (ImageFormat::Tiff, 0.0), (ImageFormat::Bmp, 0.0), (ImageFormat::WebP, 0.0), (ImageFormat::Jpeg, 0.06)]
    {
        let photo = decode(&encoded(&picture(), format)).expect("decodes");
        assert!(difference(&photo, &picture()) <= tolerance + 1e-6, "{format:?}: {}", difference(&photo, &picture()));
    }
}

#[test]
fn sixteen_bits_are_kept() {
    let fine = |x: u32, y: u32| Rgb([(x * 200 + y) as u16, 30_000 + x as u16, 7]);
    let image = DynamicImage::ImageRgb16(image::ImageBuffer::from_fn(48, 32, fine));
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let photo = decode(&encoded(&image, format)).expect("decodes");
        assert!(difference(&photo, &image) < 1e-6, "{format:?}");
    }
}

#[test]
fn gray_is_equal_red_green_and_blue() {
    for image in [DynamicImage::ImageLuma8(picture().to_luma8()), DynamicImage::ImageLuma16(picture().to_luma16())] {
        let photo = decode(&encoded(&image, ImageFormat::Png)).expect("decodes");
        let [r, g, b] = photo.rgb(20, 20);
        assert!(r == g && g == b && r > 0.2);
    }
}

#[test]
fn what_is_transparent_shows_black() {
    let mut image = picture().to_rgba8();
    image.get_pixel_mut(5, 5).0[3] = 0;
    image.get_pixel_mut(6, 5).0[3] = 51;
    let photo = decode(&encoded(&image.clone().into(), ImageFormat::Png)).expect("decodes");
    assert_eq!(photo.rgb(5, 5), [0.0; 3]);
    assert_eq!(photo.rgb(6, 5)[2], 24.0 / 255.0);
    assert_eq!(photo.rgb(7, 5)[2], 120.0 / 255.0);
}

/// A BMP of 32 bits with this alpha in every pixel.
fn bmp(alpha: u8) -> Vec<u8> {
    let mut image = picture().to_rgba8();
    image.pixels_mut().for_each(|p| p.0[3] = alpha);
    encoded(&image.into(), ImageFormat::Bmp)
}

#[test]
fn a_bmp_that_would_all_be_transparent_keeps_its_colors() {
    assert_eq!(difference(&decode(&bmp(0)).expect("decodes"), &picture()), 0.0);
    assert_eq!(difference(&decode(&bmp(255)).expect("decodes"), &picture()), 0.0);
    assert!(difference(&decode(&bmp(51)).expect("decodes"), &picture()) > 0.3);
}

#[test]
fn a_png_is_turned_by_what_stands_behind_its_pixels_too() {
    let whole = encoded(&picture(), ImageFormat::Png);
    let block = exif(&[(0x0112, Value::Short(3))]);
    let named = [&b"eXIf"[..], &block].concat();
    let chunk = [&(block.len() as u32).to_be_bytes()[..], &named, &crc32(&named).to_be_bytes()].concat();
    // The last chunk, of 12 bytes, ends the file.
    for at in [33, whole.len() - 12] {
        let file = [&whole[..at], &chunk, &whole[at..]].concat();
        assert_eq!(difference(&decode(&file).expect("decodes"), &picture().rotate180()), 0.0, "at {at}");
    }
}

/// Written by hand, for the encoder here writes no PNG in passes.
#[test]
fn a_wide_png_in_passes_is_read() {
    let (width, height) = (20_000_u32, 1_u32);
    let header = [&b"IHDR"[..], &width.to_be_bytes(), &height.to_be_bytes(), &[8, 0, 0, 0, 1]].concat();
    // Of one row, passes 1, 2, 4 and 6 hold the columns 0, 4, 2 and 1 of every 8, 8, 4 and 2, each behind a filter byte of 0.
    let rows: Vec<u8> = [width.div_ceil(8), (width - 4).div_ceil(8), (width - 2).div_ceil(4), (width - 1).div_ceil(2)]
        .iter()
        .flat_map(|&pixels| std::iter::once(0).chain(std::iter::repeat_n(77, pixels as usize)))
        .collect();
    // Stored, not packed.
    let length = rows.len() as u16;
    let stored = [&[0x78, 0x01, 1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &rows, &adler32(&rows).to_be_bytes()].concat();
    let chunk = |named: &[u8]| [&((named.len() - 4) as u32).to_be_bytes()[..], named, &crc32(named).to_be_bytes()].concat();
    let file = [&b"\x89PNG\r\n\x1a\n"[..], &chunk(&header), &chunk(&[&b"IDAT"[..], &stored].concat()), &chunk(b"IEND")].concat();
    let photo = decode(&file).expect("decodes");
    assert!((0..20_000).all(|x| photo.rgb(x, 0) == [77.0 / 255.0; 3]));
}

/// The checksum of what a PNG packs.
fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), &byte| ((a + u32::from(byte)) % 65521, (b + a + u32::from(byte)) % 65521));
    b << 16 | a
}

/// A little-endian EXIF block (or a TIFF's directory) of these entries: tag, type, value.
fn exif(entries: &[(u16, Value)]) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0".to_vec();
    block.extend((entries.len() as u16).to_le_bytes());
    let mut heap_at = 8 + 2 + 12 * entries.len() + 4;
    let mut heap = vec![];
    for (tag, value) in entries {
        let (kind, count, bytes): (u16, u32, Vec<u8>) = match value {
            Value::Short(v) => (3, 1, v.to_le_bytes().to_vec()),
            Value::Text(v) => (2, v.len() as u32 + 1, [v.as_bytes(), &[0]].concat()),
            Value::Ratio(a, b) => (5, 1, [a.to_le_bytes(), b.to_le_bytes()].concat()),
            Value::Pointer => (4, 1, ((heap_at + heap.len()) as u32).to_le_bytes().to_vec()),
        };
        block.extend(tag.to_le_bytes());
        block.extend(kind.to_le_bytes());
        block.extend(count.to_le_bytes());
        if bytes.len() <= 4 {
            block.extend(bytes.iter().copied().chain([0; 4]).take(4));
        } else {
            block.extend(((heap_at + heap.len()) as u32).to_le_bytes());
            heap.extend(bytes);
        }
    }
    heap_at += heap.len();
    block.extend([0; 4]);
    block.extend(heap);
    assert_eq!(block.len(), heap_at);
    block
}

enum Value {
    Short(u16),
    Text(&'static str),
    Ratio(u32, u32),
    /// To what is put right after the block.
    Pointer,
}

fn jpeg_with(exif: Vec<u8>, density: Option<u16>) -> Vec<u8> {
    let mut bytes = vec![];
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    if let Some(per_centimeter) = density {
        encoder.set_pixel_density(PixelDensity { density: (per_centimeter, per_centimeter), unit: PixelDensityUnit::Centimeters });
    }
    if !exif.is_empty() {
        encoder.set_exif_metadata(exif).expect("takes EXIF");
    }
    encoder.write_image(picture().as_bytes(), 48, 32, ExtendedColorType::Rgb8).expect("encodes");
    bytes
}

#[test]
fn orientation_is_applied() {
    let turned =
        [picture(), picture().fliph(), picture().rotate180(), picture().flipv(), picture().rotate90().fliph(), picture().rotate90()];
    for (i, upright) in turned.iter().enumerate() {
        let photo = decode(&jpeg_with(exif(&[(0x0112, Value::Short(i as u16 + 1))]), None)).expect("decodes");
        assert!(difference(&photo, upright) < 0.06, "orientation {}", i + 1);
    }
}

#[test]
fn device_and_date_are_read_and_serial_numbers_are_not() {
    // The EXIF directory proper hangs off the first one; it is put right after it, its own pointers shifted along.
    let first = exif(&[(0x010F, Value::Text("Acme\u{7}  ")), (0x0110, Value::Text("Scope 7")), (0x8769, Value::Pointer)]);
    let at = first.len() as u32;
    let date = b"2026:02:10 09:00:18\0";
    let mut block = first;
    block.extend(1u16.to_le_bytes());
    block.extend(0x9003u16.to_le_bytes());
    block.extend(2u16.to_le_bytes());
    block.extend(20u32.to_le_bytes());
    block.extend((at + 18).to_le_bytes());
    block.extend([0; 4]);
    block.extend(date);
    let photo = decode(&jpeg_with(block, None)).expect("decodes");
    let seen = photo.acquisition();
    assert_eq!(seen.taken_at.as_deref(), Some("2026-02-10T09:00:18"));
    assert_eq!((seen.make.as_deref(), seen.model.as_deref()), (Some("Acme"), Some("Scope 7")));
    assert_eq!(seen.um_per_px, None);
}

#[test]
fn a_real_resolution_is_a_scale_and_a_printers_is_not() {
    let scale = |bytes: Vec<u8>| decode(&bytes).expect("decodes").acquisition().um_per_px;
    let near = |seen: Option<f64>, um: f64| seen.is_some_and(|v| (v - um).abs() < 1e-3);
    assert!(near(scale(jpeg_with(vec![], Some(3620))), 10_000.0 / 3620.0), "JFIF");
    assert_eq!(scale(jpeg_with(vec![], Some(118))), None, "300 dpi");

    let entries = |per_cm: u32| [(0x011A, Value::Ratio(per_cm, 1)), (0x011B, Value::Ratio(per_cm, 1)), (0x0128, Value::Short(3))];
    assert!(near(scale(jpeg_with(exif(&entries(3620)), None)), 10_000.0 / 3620.0), "EXIF");
    assert_eq!(scale(jpeg_with(exif(&entries(0)), None)), None, "no resolution at all");

    let placeholder = [(0x011A, Value::Ratio(72, 1)), (0x011B, Value::Ratio(72, 1)), (0x0128, Value::Short(2))];
    assert!(near(scale(jpeg_with(exif(&placeholder), Some(3620))), 10_000.0 / 3620.0), "JFIF beside an EXIF that knows none");

    let mut png = encoded(&picture(), ImageFormat::Png);
    let physical =
        [&9u32.to_be_bytes()[..], b"pHYs", &362_000u32.to_be_bytes(), &362_000u32.to_be_bytes(), &[1], &[0xD5, 0x1F, 0xA4, 0x23]];
    png.splice(33..33, physical.concat());
    let checksum = crc32(&png[37..50]);
    png[50..54].copy_from_slice(&checksum.to_be_bytes());
    assert!(near(scale(png), 1e6 / 362_000.0), "pHYs");
}

#[test]
fn a_resolution_stated_of_another_size_is_no_scale() {
    let scale = |width: u16, height: u16, orientation: u16| {
        let mut block = exif(&[
            (0x0112, Value::Short(orientation)),
            (0x011A, Value::Ratio(3620, 1)),
            (0x011B, Value::Ratio(3620, 1)),
            (0x0128, Value::Short(3)),
            (0x8769, Value::Pointer),
        ]);
        block.extend(2u16.to_le_bytes());
        for (tag, pixels) in [(0xA002_u16, width), (0xA003, height)] {
            block.extend([&tag.to_le_bytes()[..], &3u16.to_le_bytes(), &1u32.to_le_bytes(), &pixels.to_le_bytes(), &[0, 0]].concat());
        }
        block.extend([0; 4]);
        decode(&jpeg_with(block, Some(3620))).expect("decodes").acquisition().um_per_px
    };
    for (width, height, orientation) in [(48, 32, 1), (32, 48, 1), (48, 32, 6), (0, 0, 1)] {
        assert!(scale(width, height, orientation).is_some(), "{width}×{height}, orientation {orientation}");
    }
    for (width, height) in [(96, 64), (48, 31)] {
        assert_eq!(scale(width, height, 1), None, "{width}×{height}");
    }
}

/// The checksum of a PNG chunk.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 }))
}

#[test]
fn colors_come_out_in_srgb() {
    let p3 = moxcms::ColorProfile::new_display_p3().encode().expect("a profile");
    let mut bytes = vec![];
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(p3).expect("takes a profile");
    encoder.write_image(&[200, 120, 100, 128, 128, 128], 2, 1, ExtendedColorType::Rgb8).expect("encodes");
    let photo = decode(&bytes).expect("decodes");
    // Display P3 (200, 120, 100) is sRGB (213, 115, 95), worked out from the primaries; gray stays gray.
    let seen = photo.rgb(0, 0).map(|v| (v * 255.0).round() as i32);
    assert!(seen.iter().zip([213, 115, 95]).all(|(a, b)| (a - b).abs() <= 1), "{seen:?}");
    assert!(photo.rgb(1, 0).iter().all(|v| (v * 255.0 - 128.0).abs() <= 1.01), "{:?}", photo.rgb(1, 0));
}

#[test]
fn no_cut_of_any_file_panics_and_every_cut_jpeg_is_refused() {
    for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Jpeg] {
        let whole = encoded(&picture(), format);
        for length in (0..whole.len()).step_by(1 + whole.len() / 200) {
            let outcome = decode(&whole[..length]);
            assert!(format != ImageFormat::Jpeg || outcome.is_err(), "JPEG of {length} of {} bytes", whole.len());
        }
    }
}

#[test]
fn no_flipped_byte_panics() {
    let limits = Limits { megapixels: 1.0, bytes: 32 << 20 };
    for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Jpeg] {
        let whole = encoded(&picture(), format);
        // Headers are where a byte matters most; of the pixels every so manyth will do.
        for at in (0..whole.len()).filter(|i| i % (1 + whole.len() / 300) == 0 || *i < 200) {
            for value in [0x00, 0xFF, whole[at] ^ 0x01, whole[at] ^ 0x80] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                let _ = Photo::decode(&bytes, &limits);
            }
        }
    }
}
