use std::io::Cursor;

use axum::body::Body;
use http::{HeaderName, Method, Request, StatusCode, header};
use image::{DynamicImage, ImageFormat};
use unisono_testkit::{Answer, TestServer};

const V1: &str = "/_matrix/client/v1/media";

struct Person {
    server: TestServer,
    token: String,
}

impl Person {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let (_, token) = server.register("anna").await;
        Self { server, token }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(HeaderName, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        self.server.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Uploads; gives "server/id".
    async fn upload(&self, mime: &str, name: &str, content: &[u8]) -> String {
        let path = format!("/_matrix/media/v3/upload?filename={name}");
        let answer = self.send(Method::POST, &path, &[(header::CONTENT_TYPE, mime)], content.to_vec()).await.ok();
        answer["content_uri"].as_str().unwrap().replace("mxc://", "")
    }

    async fn get(&self, path: &str, headers: &[(HeaderName, &str)]) -> Answer {
        self.send(Method::GET, path, headers, Vec::new()).await
    }
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::new_rgb8(width, height).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

fn text(answer: &Answer, name: HeaderName) -> &str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn what_was_uploaded_is_downloaded_whole_in_pieces_and_not_twice() {
    let anna = Person::start().await;
    let content: Vec<u8> = (0..200_000_u32).map(|n| (n * 7 % 256) as u8).collect();
    let place = anna.upload("application/octet-stream", "bytes.bin", &content).await;
    let path = format!("{V1}/download/{place}");
    let whole = anna.get(&path, &[]).await;
    assert_eq!((whole.status, &whole.bytes[..]), (StatusCode::OK, &content[..]));
    assert_eq!(text(&whole, header::CONTENT_LENGTH), "200000");
    assert!(text(&whole, header::CACHE_CONTROL).contains("immutable"));

    let piece = anna.get(&path, &[(header::RANGE, "bytes=100-199")]).await;
    assert_eq!((piece.status, &piece.bytes[..]), (StatusCode::PARTIAL_CONTENT, &content[100..200]));
    assert_eq!(text(&piece, header::CONTENT_RANGE), "bytes 100-199/200000");
    let beyond = anna.get(&path, &[(header::RANGE, "bytes=200000-")]).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let known = anna.get(&path, &[(header::IF_NONE_MATCH, text(&whole, header::ETAG))]).await;
    assert_eq!((known.status, known.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn only_what_cannot_run_is_shown_in_place() {
    let anna = Person::start().await;
    for (mime, shown) in [
        ("image/png", true),
        ("text/plain; charset=utf-8", true),
        ("application/pdf", true),
        ("video/mp4", true),
        ("text/html", false),
        ("image/svg+xml", false),
        ("application/xhtml+xml", false),
        ("", false),
    ] {
        let place = anna.upload(mime, "a", b"<script>").await;
        let answer = anna.get(&format!("{V1}/download/{place}"), &[]).await;
        assert_eq!(text(&answer, header::CONTENT_DISPOSITION).starts_with("inline"), shown, "{mime}");
        assert!(text(&answer, header::CONTENT_SECURITY_POLICY).starts_with("sandbox;"), "{mime}");
        assert_eq!(text(&answer, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    }
}

#[tokio::test]
async fn thumbnails_have_the_size_that_was_asked_for() {
    let anna = Person::start().await;
    let place = anna.upload("image/png", "p.png", &picture(1000, 500)).await;
    for (query, size) in [
        ("width=320&height=240&method=scale", (320, 160)),
        ("width=90&height=90&method=crop", (96, 96)),
        ("width=5000&height=5000", (1000, 500)),
    ] {
        // The second time it comes from the store.
        for _ in 0..2 {
            let answer = anna.get(&format!("{V1}/thumbnail/{place}?{query}"), &[]).await;
            assert_eq!(answer.status, StatusCode::OK);
            let small = image::load_from_memory(&answer.bytes).unwrap();
            assert_eq!((small.width(), small.height()), size, "{query}");
        }
    }
    let missing = anna.get(&format!("{V1}/thumbnail/{place}?width=3"), &[]).await;
    assert_eq!((missing.status, missing.errcode()), (StatusCode::BAD_REQUEST, "M_MISSING_PARAM"));
    let text = anna.upload("text/plain", "t.txt", b"hello").await;
    let none = anna.get(&format!("{V1}/thumbnail/{text}?width=32&height=32"), &[]).await;
    assert_eq!((none.status, none.errcode()), (StatusCode::BAD_REQUEST, "M_UNKNOWN"));
}

/// The header of a PNG of 65,536 by 65,536 pixels, in 60 bytes.
const BOMB: &str = "89504e470d0a1a0a0000000d4948445200010000000100000802000000";

#[tokio::test]
async fn a_small_file_that_claims_a_huge_picture_is_refused() {
    let anna = Person::start().await;
    let mut bomb: Vec<u8> =
        (0..BOMB.len()).step_by(2).map(|at| u8::from_str_radix(&BOMB[at..at + 2], 16).unwrap()).collect();
    let crc = !bomb[12..].iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    });
    bomb.extend(crc.to_be_bytes());
    // An empty block of data, so that the header counts as read.
    bomb.extend([0, 0, 0, 0, b'I', b'D', b'A', b'T', 0x35, 0xaf, 0x06, 0x1e]);
    let place = anna.upload("image/png", "bomb.png", &bomb).await;
    let answer = anna.get(&format!("{V1}/thumbnail/{place}?width=32&height=32"), &[]).await;
    assert_eq!((answer.status, answer.errcode()), (StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE"));
}

#[tokio::test]
async fn refusals_have_their_codes() {
    let anna = Person::start().await;
    let (upload, get) = ("/_matrix/media/v3/upload", Method::GET);
    let too_much = anna.send(Method::POST, upload, &[], vec![0; 1024 * 1024 + 1]).await;
    assert_eq!((too_much.status, too_much.errcode()), (StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE"));
    for (path, status, code) in [
        (format!("{V1}/download/test.local/nothing"), StatusCode::NOT_FOUND, "M_NOT_FOUND"),
        (format!("{V1}/download/elsewhere.org/nothing"), StatusCode::NOT_FOUND, "M_NOT_FOUND"),
        (format!("{V1}/thumbnail/test.local/nothing?width=1&height=1"), StatusCode::NOT_FOUND, "M_NOT_FOUND"),
        ("/_matrix/media/v3/download/test.local/nothing".to_owned(), StatusCode::NOT_FOUND, "M_NOT_FOUND"),
    ] {
        let answer = anna.get(&path, &[]).await;
        assert_eq!((answer.status, answer.errcode()), (status, code), "{path}");
    }
    let stranger = anna.server.call(get, &format!("{V1}/config"), None, None).await;
    assert_eq!((stranger.status, stranger.errcode()), (StatusCode::UNAUTHORIZED, "M_MISSING_TOKEN"));
}

#[tokio::test]
async fn a_place_is_reserved_and_filled_once_by_its_owner() {
    let anna = Person::start().await;
    let (_, bens) = anna.server.register("ben").await;
    let made = anna.send(Method::POST, "/_matrix/media/v1/create", &[], Vec::new()).await.ok();
    let place = made["content_uri"].as_str().unwrap().replace("mxc://", "");
    let early = anna.get(&format!("{V1}/download/{place}?timeout_ms=1"), &[]).await;
    assert_eq!((early.status, early.errcode()), (StatusCode::GATEWAY_TIMEOUT, "M_NOT_YET_UPLOADED"));
    let path = format!("/_matrix/media/v3/upload/{place}");
    let stranger = anna.server.call(Method::PUT, &path, Some(&bens), None).await;
    assert_eq!((stranger.status, stranger.errcode()), (StatusCode::FORBIDDEN, "M_FORBIDDEN"));
    anna.send(Method::PUT, &path, &[(header::CONTENT_TYPE, "text/plain")], b"later".to_vec()).await.ok();
    let again = anna.send(Method::PUT, &path, &[], b"again".to_vec()).await;
    assert_eq!((again.status, again.errcode()), (StatusCode::CONFLICT, "M_CANNOT_OVERWRITE_MEDIA"));
    assert_eq!(&anna.get(&format!("{V1}/download/{place}"), &[]).await.bytes[..], b"later");
}
