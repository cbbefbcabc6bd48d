//! Twilio's signature on its calls (<https://www.twilio.com/docs/usage/security>): HMAC-SHA-1 with the
//! account's token over the address and all parameters of the form, sorted by name.

use std::collections::BTreeMap;

use unisono_domain::channel::{WebhookError, WebhookRequest};

use crate::verify;

/// The parameters of a call, by name.
pub(super) type Form = BTreeMap<String, String>;

/// The call's form, if it is signed as it should be. Without a token there is nothing to check but the
/// secret in the address that was called.
pub(super) fn verified(token: Option<&str>, request: &WebhookRequest) -> Result<Form, WebhookError> {
    let mut parameters: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
    parameters.sort();
    if let Some(token) = token {
        let given = request.header("x-twilio-signature").ok_or(WebhookError::BadSignature)?;
        let mut signed = request.url.clone();
        parameters.iter().for_each(|(name, value)| signed.extend([name.as_str(), value.as_str()]));
        if !verify::same_base64(&verify::hmac_sha1(token.as_bytes(), &[signed.as_bytes()]), given) {
            return Err(WebhookError::BadSignature);
        }
    }
    Ok(parameters.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of <https://www.twilio.com/docs/usage/security#validating-signatures-from-twilio>.
    #[test]
    fn the_vendors_own_example_fits() {
        let body = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
        let mut request = WebhookRequest {
            method: "POST".to_owned(),
            headers: vec![("x-twilio-signature".to_owned(), "RSOYDt4T1cUTdK1PDd93/VVr8B8=".to_owned())],
            query: Vec::new(),
            body: body.into(),
            url: "https://mycompany.com/myapp.php?foo=1&bar=2".to_owned(),
            path: String::new(),
        };
        assert_eq!(verified(Some("12345"), &request).unwrap()["Digits"], "1234");
        assert!(verified(Some("12346"), &request).is_err());
        request.url.push('3');
        assert!(verified(Some("12345"), &request).is_err());
    }
}
