//! The one TLS configuration of all outgoing connections: rustls with ring, certificates judged by
//! the operating system's verifier.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

/// Names a PEM file whose certificates are trusted beside the system's, for a company's own authority.
pub const EXTRA_CA: &str = "UNISONO_EXTRA_CA";

static CONFIG: Mutex<Option<Arc<ClientConfig>>> = Mutex::new(None);
static EXTRA: Mutex<Vec<CertificateDer<'static>>> = Mutex::new(Vec::new());

/// Trusts the certificates of a PEM text from now on, beside the system's.
pub fn trust(pem: &[u8]) -> Result<(), Error> {
    let certificates = read_pem(pem)?;
    EXTRA.lock().unwrap_or_else(PoisonError::into_inner).extend(certificates);
    *CONFIG.lock().unwrap_or_else(PoisonError::into_inner) = None;
    Ok(())
}

/// The configuration for peers on other machines.
pub fn verified() -> Result<Arc<ClientConfig>, Error> {
    let mut config = CONFIG.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(config) = &*config {
        return Ok(config.clone());
    }
    let mut roots = EXTRA.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(path) = std::env::var_os(EXTRA_CA) {
        let pem = std::fs::read(&path)
            .map_err(|error| Error::General(format!("{EXTRA_CA} `{}`: {error}", path.to_string_lossy())))?;
        roots.extend(read_pem(&pem)?);
    }
    let provider = provider();
    let verifier = if roots.is_empty() {
        Verifier::new(provider.clone())?
    } else {
        Verifier::new_with_extra_roots(roots, provider.clone())?
    };
    let made = Arc::new(with_verifier(provider, Arc::new(verifier))?);
    *config = Some(made.clone());
    Ok(made)
}

/// The configuration for a peer on this very machine, where nobody is in between whom a certificate
/// could keep out, and where mail servers have self-signed ones.
pub fn loopback() -> Result<Arc<ClientConfig>, Error> {
    let provider = provider();
    Ok(Arc::new(with_verifier(provider.clone(), Arc::new(AnyCertificate(provider)))?))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn with_verifier(provider: Arc<CryptoProvider>, verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, Error> {
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn read_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::General(format!("not a PEM certificate: {error}")))
}

#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
