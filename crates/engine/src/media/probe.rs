//! Looking into a picture without unpacking it.

use std::io::Cursor;

use image::{ImageDecoder, ImageReader, Limits};

/// What `info` of an `m.image` says about a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// As it is shown: after turning it as its EXIF data says.
    pub width: u32,
    pub height: u32,
    /// By content, whatever the sender called it.
    pub mime: &'static str,
}

/// Reads a picture's size from its first bytes; nothing if it is no picture that we know.
pub fn probe(bytes: &[u8]) -> Option<Probed> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mime = reader.format()?.to_mime_type();
    let mut limits = Limits::default();
    limits.max_alloc = Some(1024 * 1024);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let (width, height) = if is_turned(decoder.orientation().ok()) { (height, width) } else { (width, height) };
    (width > 0 && height > 0).then_some(Probed { width, height, mime })
}

fn is_turned(orientation: Option<image::metadata::Orientation>) -> bool {
    use image::metadata::Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Some(Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH))
}
