//! Keeps from the XML parser what would end the stream or worse. The parser gives up on long names
//! and attributes, and what is nested deeply is freed recursively, so that anybody who may write to
//! us could cut us off for good: the archive would give us the same message at every sign-in. Here
//! such a stanza is replaced by one that says nothing, before anybody looks into it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::Io;

const LARGEST_STANZA: usize = 8 * 1024 * 1024;
/// The parser's own limit is 8192.
const LONGEST_VALUE: usize = 8_000;
const LONGEST_NAME: usize = 1_000;
const DEEPEST: usize = 100;
const CHUNK: usize = 16 * 1024;
/// Stands for a stanza that is left out, as the server counts them (XEP-0198).
const NOTHING: &[u8] = b"<message xmlns='jabber:client' type='headline'/>";
/// The root, which comes anew after signing in without the old one's end.
const ROOT: &[u8] = b"stream:stream";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Text,
    /// After `<`.
    Markup,
    /// In a tag; `closing`: `</`.
    Tag {
        closing: bool,
    },
    Value {
        quote: u8,
    },
    /// `<? ... >`
    Instruction,
    /// `<! ... >`, in which only `]]>` ends it.
    Literal,
}

/// What decides on stanzas, byte by byte.
#[derive(Debug, Default)]
struct Judge {
    at: At,
    depth: usize,
    /// The bytes since the end of the last whole stanza.
    held: BytesMut,
    refused: bool,
    /// The length of the present name or value.
    length: usize,
    /// The beginning of the present tag's name.
    name: Vec<u8>,
    named: bool,
    last: [u8; 2],
    /// What may be read.
    ready: BytesMut,
}

impl Judge {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.held.len() < LARGEST_STANZA {
                self.held.extend_from_slice(&[*byte]);
            } else {
                self.refused = true;
            }
            self.step(*byte);
            self.last = [self.last[1], *byte];
        }
        if self.depth <= 1 && self.at == At::Text {
            // Blanks between stanzas keep a connection alive.
            self.release();
        }
    }

    fn step(&mut self, byte: u8) {
        match self.at {
            At::Text => {
                if byte == b'<' {
                    self.at = At::Markup;
                }
            }
            At::Markup => self.open(byte),
            At::Tag { closing } => self.within(byte, closing),
            At::Value { quote } => {
                if byte == quote {
                    self.at = At::Tag { closing: false };
                    self.length = 0;
                } else {
                    self.length += 1;
                    self.refused |= self.length > LONGEST_VALUE;
                }
            }
            At::Instruction => {
                if byte == b'>' {
                    self.at = At::Text;
                }
            }
            At::Literal => {
                if byte == b'>' && self.last == *b"]]" {
                    self.at = At::Text;
                }
            }
        }
    }

    fn open(&mut self, byte: u8) {
        self.length = 0;
        self.name.clear();
        self.named = false;
        match byte {
            b'/' => self.at = At::Tag { closing: true },
            b'?' => self.at = At::Instruction,
            b'!' => self.at = At::Literal,
            _ => {
                self.at = At::Tag { closing: false };
                self.within(byte, false);
            }
        }
    }

    fn within(&mut self, byte: u8, closing: bool) {
        match byte {
            b'>' => {
                self.at = At::Text;
                self.end_tag(closing);
            }
            b'"' | b'\'' => {
                self.at = At::Value { quote: byte };
                self.length = 0;
            }
            b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'/' => {
                self.length = 0;
                self.named = true;
            }
            _ => {
                self.length += 1;
                self.refused |= self.length > LONGEST_NAME;
                if !self.named && self.name.len() <= ROOT.len() {
                    self.name.push(byte);
                }
            }
        }
    }

    fn end_tag(&mut self, closing: bool) {
        let empty = self.last[1] == b'/' && !closing;
        if closing {
            self.depth = self.depth.saturating_sub(1);
        } else if self.depth <= 1 && self.name == ROOT {
            self.depth = 1;
        } else if !empty {
            self.depth += 1;
            self.refused |= self.depth > DEEPEST;
        }
        if self.depth <= 1 {
            self.release();
        }
    }

    fn release(&mut self) {
        if std::mem::take(&mut self.refused) {
            self.held = BytesMut::new();
            self.ready.extend_from_slice(NOTHING);
        } else {
            let whole = self.held.split();
            self.ready.unsplit(whole);
        }
    }
}

/// A connection that is read through the sieve.
#[derive(Debug)]
pub struct Sieve {
    io: Box<dyn Io>,
    judge: Judge,
}

impl Sieve {
    pub fn new(io: Box<dyn Io>) -> Self {
        Self { io, judge: Judge::default() }
    }
}

impl AsyncRead for Sieve {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        while this.judge.ready.is_empty() {
            let mut chunk = [0; CHUNK];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.io).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.judge.take(read.filled());
        }
        let count = this.judge.ready.len().min(buffer.remaining());
        buffer.put_slice(&this.judge.ready[..count]);
        this.judge.ready.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Sieve {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<?xml version='1.0'?><stream:stream to='x > y' xmlns='jabber:client'>";

    /// Gives the bytes in pieces of a size, as networks do.
    fn sift(xml: &str, piece: usize) -> String {
        let mut judge = Judge::default();
        xml.as_bytes().chunks(piece).for_each(|chunk| judge.take(chunk));
        String::from_utf8(judge.ready.to_vec()).unwrap()
    }

    #[test]
    fn what_is_usual_passes_unchanged() {
        let stream = format!(
            "{HEAD}<stream:features><a/><b c=\"'/>'\"/></stream:features>{HEAD}<message><body>a &gt; b \
             ü</body><![CDATA[</message>]]></message> \n<iq/><presence></presence></stream:stream>"
        );
        for piece in [1, 2, 7, 10_000] {
            assert_eq!(sift(&stream, piece), stream);
        }
    }

    #[test]
    fn a_stanza_is_held_back_until_it_is_whole() {
        assert_eq!(sift(&format!("{HEAD}<iq/><message><body>half"), 3), format!("{HEAD}<iq/>"));
    }

    #[test]
    fn what_would_harm_is_replaced_by_nothing_and_the_rest_goes_on() {
        let long = "x".repeat(9_000);
        let deep = format!("{}{}", "<a>".repeat(40_000), "</a>".repeat(40_000));
        for harm in [
            format!("<message id='{long}'><body>hi</body></message>"),
            format!("<message><{long}/></message>"),
            format!("<message {long}='1'/>"),
            format!("<message>{deep}</message>"),
            format!("<message><body>{}</body></message>", "y".repeat(LARGEST_STANZA)),
        ] {
            let sifted = sift(&format!("{HEAD}<iq/>{harm}<presence/>"), 4_096);
            let expected = format!("{HEAD}<iq/>{}<presence/>", std::str::from_utf8(NOTHING).unwrap());
            assert!(sifted == expected, "{}", &sifted[..sifted.len().min(500)]);
        }
    }
}
