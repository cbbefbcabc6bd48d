//! Smaller pictures, made when they are first asked for and kept as blobs.

use std::io::Cursor;

use bytes::Bytes;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType};
use unisono_store::media::{self, ContentRow, ThumbnailKey};

use super::{BlobId, Media, probe, probe::Probed};
use crate::{Engine, Error, Result};

/// Sizes are rounded up to these, so that a picture has few thumbnails whatever clients ask for.
const SIZES: [u32; 10] = [32, 64, 96, 160, 240, 320, 480, 640, 800, 1600];
/// Larger files are not read into memory for a thumbnail.
const MAX_FILE: u64 = 64 * 1024 * 1024;
/// A picture with more pixels is not unpacked: a small file can claim any size.
const MAX_MEGAPIXELS: u32 = 64;
/// What one unpacked picture may take: four bytes a pixel, and something to work with.
const MAX_MEMORY: u64 = MAX_MEGAPIXELS as u64 * 1_000_000 * 4 + 16 * 1024 * 1024;
const JPEG_QUALITY: u8 = 85;

/// How much may be unpacked at the same time, in megapixels.
pub(super) const MEGAPIXELS_AT_ONCE: usize = MAX_MEGAPIXELS as usize;

/// How a picture is made to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThumbnailSize {
    pub width: u32,
    pub height: u32,
    /// Fill the whole area and cut off the rest, instead of fitting the whole picture into it.
    pub crop: bool,
}

impl Engine {
    /// A picture not larger than needed. A picture that is small already is given as it is; what is
    /// no picture is `M_UNKNOWN`, what is too large to look into `M_TOO_LARGE` (specification,
    /// `GET /media/thumbnail`).
    pub async fn get_thumbnail(&self, original: &Media, size: ThumbnailSize) -> Result<Media> {
        let key = ThumbnailKey { width: round_up(size.width), height: round_up(size.height), crop: size.crop };
        let blob = original.blob;
        let known = self.db.read(move |tx| Ok::<_, Error>(media::find_thumbnail(tx, blob.as_bytes(), key)?)).await?;
        let made = match known {
            Some(made) => made,
            None => {
                let made = self.make_thumbnail(original, key).await?;
                let row = made.clone();
                self.db
                    .write(move |tx| Ok::<_, Error>(media::insert_thumbnail(tx, blob.as_bytes(), key, row.as_ref())?))
                    .await?;
                made
            }
        };
        let content = made.ok_or_else(|| Error::Invalid {
            code: "M_UNKNOWN",
            message: "there is no smaller picture of this file".to_owned(),
        })?;
        Ok(Media {
            blob: BlobId::try_from(content.sha256.as_slice())?,
            name: original.name.clone(),
            mime: content.mime,
            size: u64::try_from(content.size).map_err(Error::internal)?,
        })
    }

    async fn make_thumbnail(&self, original: &Media, key: ThumbnailKey) -> Result<Option<ContentRow>> {
        if original.size > MAX_FILE {
            return Err(too_large());
        }
        let bytes = self.media.blobs.read(original.blob).await?;
        let Some(Probed { width, height, mime }) = probe(&bytes) else { return Ok(None) };
        if width <= key.width && height <= key.height {
            return content_row(original.blob, mime, original.size).map(Some);
        }
        let megapixels = (u64::from(width) * u64::from(height)).div_ceil(1_000_000);
        let megapixels =
            u32::try_from(megapixels).ok().filter(|count| *count <= MAX_MEGAPIXELS).ok_or_else(too_large)?;
        let permit = self.media.decoding.acquire_many(megapixels).await.map_err(Error::internal)?;
        let work = tokio::task::spawn_blocking(move || shrink(&bytes, key));
        let made = work.await.map_err(Error::internal)?;
        drop(permit);
        let Some((bytes, mime)) = made else { return Ok(None) };
        let stored = self.media.blobs.put(Bytes::from(bytes)).await?;
        content_row(stored.id, mime, stored.size).map(Some)
    }
}

fn too_large() -> Error {
    Error::TooLarge("the picture is too large to make a smaller one of it".to_owned())
}

fn content_row(blob: BlobId, mime: &str, size: u64) -> Result<ContentRow> {
    Ok(ContentRow {
        sha256: blob.as_bytes().to_vec(),
        mime: mime.to_owned(),
        size: i64::try_from(size).map_err(Error::internal)?,
    })
}

fn round_up(wanted: u32) -> u32 {
    let largest = SIZES[SIZES.len() - 1];
    SIZES.into_iter().find(|size| *size >= wanted).unwrap_or(largest)
}

/// Nothing if the picture is broken, or breaks the limits after all.
fn shrink(bytes: &[u8], key: ThumbnailKey) -> Option<(Vec<u8>, &'static str)> {
    let picture = unpack(bytes)?;
    let small = if key.crop { crop(&picture, key) } else { scale(&picture, key) };
    pack(&small)
}

/// Unpacks a picture, the first one of an animation, turned as its EXIF data says.
fn unpack(bytes: &[u8]) -> Option<DynamicImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > u64::from(MAX_MEGAPIXELS) * 1_000_000
        || decoder.total_bytes() > MAX_MEMORY
    {
        return None;
    }
    let orientation = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Some(picture)
}

fn scale(picture: &DynamicImage, key: ThumbnailKey) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    if width <= key.width && height <= key.height {
        return picture.clone();
    }
    coarse(picture, key.width, key.height).resize(key.width, key.height, FilterType::CatmullRom)
}

fn crop(picture: &DynamicImage, key: ThumbnailKey) -> DynamicImage {
    // Never larger than the original: the area shrinks in its own proportion instead.
    let factor = f64::min(
        1.0,
        f64::min(
            f64::from(picture.width()) / f64::from(key.width),
            f64::from(picture.height()) / f64::from(key.height),
        ),
    );
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and the size asked for")]
    let fit = |side: u32| ((f64::from(side) * factor).round() as u32).max(1);
    let (width, height) = (fit(key.width), fit(key.height));
    coarse_to_fill(picture, width, height).resize_to_fill(width, height, FilterType::CatmullRom)
}

/// A fast first step down to twice the size, where the good filter would be slow.
fn coarse(picture: &DynamicImage, width: u32, height: u32) -> std::borrow::Cow<'_, DynamicImage> {
    if picture.width() > width * 4 && picture.height() > height * 4 {
        std::borrow::Cow::Owned(picture.thumbnail(width * 2, height * 2))
    } else {
        std::borrow::Cow::Borrowed(picture)
    }
}

/// The same, where the smaller side decides.
fn coarse_to_fill(picture: &DynamicImage, width: u32, height: u32) -> std::borrow::Cow<'_, DynamicImage> {
    let smaller = (picture.width() / width.max(1)).min(picture.height() / height.max(1));
    if smaller > 4 {
        let (width, height) = (picture.width() * 2 / smaller, picture.height() * 2 / smaller);
        std::borrow::Cow::Owned(picture.thumbnail_exact(width.max(1), height.max(1)))
    } else {
        std::borrow::Cow::Borrowed(picture)
    }
}

/// JPEG, or PNG where something shows through.
fn pack(picture: &DynamicImage) -> Option<(Vec<u8>, &'static str)> {
    let mut packed = Vec::new();
    if picture.color().has_alpha() {
        let picture = DynamicImage::ImageRgba8(picture.to_rgba8());
        picture.write_to(&mut Cursor::new(&mut packed), image::ImageFormat::Png).ok()?;
        Some((packed, "image/png"))
    } else {
        picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut packed, JPEG_QUALITY)).ok()?;
        Some((packed, "image/jpeg"))
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, ImageFormat, Rgb};

    use super::*;

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        let left_is_red = |x, _| if x < width / 2 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250_u8]) };
        DynamicImage::ImageRgb8(ImageBuffer::from_fn(width, height, left_is_red))
            .write_to(&mut Cursor::new(&mut bytes), format)
            .unwrap();
        bytes
    }

    /// An EXIF segment that says "turn by 90 degrees clockwise", put behind the start of a JPEG.
    fn turned(jpeg: &[u8]) -> Vec<u8> {
        let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, exif, &jpeg[2..]].concat()
    }

    fn made(bytes: &[u8], width: u32, height: u32, crop: bool) -> DynamicImage {
        let (bytes, _) = shrink(bytes, ThumbnailKey { width, height, crop }).unwrap();
        image::load_from_memory(&bytes).unwrap()
    }

    #[test]
    fn scaling_keeps_the_proportion_and_cropping_fills_the_area() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let bytes = picture(1200, 300, format);
            let scaled = made(&bytes, 320, 240, false);
            assert_eq!((scaled.width(), scaled.height()), (320, 80));
            let cropped = made(&bytes, 96, 96, true);
            assert_eq!((cropped.width(), cropped.height()), (96, 96));
        }
        let cropped = made(&picture(50, 200, ImageFormat::Png), 96, 96, true);
        assert_eq!((cropped.width(), cropped.height()), (50, 50));
    }

    #[test]
    fn a_photo_is_turned_as_the_camera_was_held() {
        let bytes = turned(&picture(400, 200, ImageFormat::Jpeg));
        assert_eq!(probe(&bytes), Some(Probed { width: 200, height: 400, mime: "image/jpeg" }));
        let upright = made(&bytes, 96, 96, false).to_rgb8();
        assert_eq!(upright.dimensions(), (48, 96));
        let (top, bottom) = (upright.get_pixel(24, 5), upright.get_pixel(24, 90));
        assert!(top[0] > 200 && bottom[2] > 200, "{top:?} {bottom:?}");
    }

    #[test]
    fn a_small_file_that_claims_a_huge_picture_is_not_unpacked() {
        let mut bomb = picture(8, 8, ImageFormat::Png);
        // Width and height in the header, and its checksum.
        bomb[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let checksum = crc32(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&checksum);
        assert_eq!(probe(&bomb).map(|probed| probed.width), Some(65_536));
        assert!(unpack(&bomb).is_none());
    }

    /// PNG specification, annex D.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
        })
    }

    #[test]
    fn what_is_no_picture_or_a_broken_one_gives_nothing() {
        assert_eq!(probe(b"%PDF-1.7"), None);
        assert_eq!(probe(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), None);
        let broken = &picture(300, 300, ImageFormat::Png)[..60];
        assert!(shrink(broken, ThumbnailKey { width: 32, height: 32, crop: false }).is_none());
    }

    #[test]
    fn what_shows_through_stays_so() {
        let mut bytes = Vec::new();
        DynamicImage::new_rgba8(200, 200).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        let (small, mime) = shrink(&bytes, ThumbnailKey { width: 32, height: 32, crop: false }).unwrap();
        assert_eq!(mime, "image/png");
        assert_eq!(image::load_from_memory(&small).unwrap().to_rgba8().get_pixel(3, 3)[3], 0);
    }
}
