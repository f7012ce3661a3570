//! Which servers are trusted, and which protocols are offered to them.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::http::{HttpSettings, HttpSetupError};

/// Offers HTTP/2 first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Returns how encrypted connections are made.
pub(super) fn config(settings: &HttpSettings) -> Result<ClientConfig, HttpSetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = match &settings.ca_pem {
        Some(pem) => config.with_root_certificates(trusted(pem)?),
        // Without TLS the system's certificates need not be there, nor be read.
        None if settings.base_url.scheme() == "http" => config.with_root_certificates(RootCertStore::empty()),
        None => config.with_platform_verifier()?,
    };
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(config)
}

fn trusted(pem: &[u8]) -> Result<RootCertStore, HttpSetupError> {
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| HttpSetupError::Certificates)?;
        store.add(certificate).map_err(|_| HttpSetupError::Certificates)?;
    }
    if store.is_empty() { Err(HttpSetupError::NoCertificates) } else { Ok(store) }
}
