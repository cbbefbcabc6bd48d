//! One HTTP/1.1 connection that is kept open: the load must cost less than what it measures.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A connection of one logged-in person.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    address: SocketAddr,
    pub token: String,
}

/// An answer, with its body as it came.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    /// The JSON of a success; any other answer is an error that shows it.
    pub fn json(&self) -> Result<Value> {
        if self.status != 200 {
            bail!("answer {}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        Ok(serde_json::from_slice(&self.body)?)
    }
}

impl Connection {
    pub async fn open(address: SocketAddr, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024), address, token: token.to_owned() })
    }

    pub async fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        self.ask_with(method, path, "", body).await
    }

    /// The same with further headers, each ending in CR LF.
    pub async fn ask_with(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer> {
        let who = match self.token.as_str() {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{who}{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer> {
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more().await?;
        };
        let head = Head::parse(&self.buffer[..head_end])?;
        if head.chunked {
            loop {
                if let Some(body) = unchunk(&self.buffer[head_end..])? {
                    return Ok(Answer { status: head.status, body });
                }
                self.read_more().await?;
            }
        }
        while self.buffer.len() < head_end + head.length {
            self.read_more().await?;
        }
        Ok(Answer { status: head.status, body: self.buffer[head_end..head_end + head.length].to_vec() })
    }

    async fn read_more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

struct Head {
    status: u16,
    length: usize,
    chunked: bool,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes)?;
        let status = text.get(9..12).context("no status line")?.parse()?;
        let mut head = Self { status, length: 0, chunked: false };
        for line in text.lines().skip(1) {
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                head.length = value.trim().parse()?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                head.chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        Ok(head)
    }
}

/// The body of a chunked answer, or nothing if its end has not come yet.
fn unchunk(mut bytes: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let Some(at) = find(bytes, b"\r\n") else { return Ok(None) };
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..at])?.trim(), 16)?;
        let start = at + 2;
        if bytes.len() < start + length + 2 {
            return Ok(None);
        }
        if length == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(&bytes[start..start + length]);
        bytes = &bytes[start + length + 2..];
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::{Head, unchunk};

    #[test]
    fn a_chunked_body_is_put_together_once_its_end_is_there() {
        assert_eq!(unchunk(b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n").unwrap().unwrap(), b"hello!");
        assert_eq!(unchunk(b"5\r\nhello\r\n1\r\n!").unwrap(), None);
    }

    #[test]
    fn header_names_are_read_in_any_case() {
        let head = Head::parse(b"HTTP/1.1 404 Not Found\r\nContent-LENGTH: 12\r\n\r\n").unwrap();
        assert_eq!((head.status, head.length, head.chunked), (404, 12, false));
    }
}
