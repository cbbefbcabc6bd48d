//! What browsers are told not to do with our answers.

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The app loads nothing from elsewhere and runs nothing but its own files; WebAssembly is its
/// encryption. Objects: browsers show a PDF that was fetched as one. Styles within the page: a mail's own HTML is shown in a frame of it, which takes over
/// this policy.
const PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' blob: data:; media-src 'self' blob: data:; font-src 'self'; connect-src 'self' blob:; \
     worker-src 'self' blob:; frame-src 'self' blob:; manifest-src 'self'; object-src blob:; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
);
/// As strict as a shop can be: the chat has to work under it.
const DEMO: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; \
     require-trusted-types-for 'script'; trusted-types demo",
);
/// Answers of an API are no pages.
const DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// What calls and places need, and nothing else.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "camera=(self), microphone=(self), display-capture=(self), geolocation=(self), fullscreen=(self), \
     autoplay=(self), payment=(), usb=(), serial=(), hid=(), bluetooth=(), midi=(), magnetometer=(), \
     gyroscope=(), accelerometer=(), browsing-topics=()",
);

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// For the page that the app runs in.
pub(crate) fn protect_page(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, PAGE);
    headers.insert(PERMISSIONS_POLICY, PERMISSIONS);
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
}

/// For the sample shop.
pub(crate) fn protect_demo(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, DEMO);
    headers.insert(PERMISSIONS_POLICY, PERMISSIONS);
}

/// For what other people's pages load.
pub(crate) fn allow_everywhere(headers: &mut HeaderMap) {
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
}

/// For every answer; what an endpoint says itself holds.
pub(crate) async fn protect(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(DATA);
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    response
}

/// Whether the client has this edition already (`If-None-Match`, RFC 9110 section 13.1.2).
pub(crate) fn is_known(request: &HeaderMap, etag: &str) -> bool {
    request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|list| {
        list.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
    })
}
