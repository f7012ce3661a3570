//! What kept an answer from coming, in words for somebody who has to mend it. What libraries say is kept where it is
//! plain, and said otherwise where it is their own jargon.

use std::error::Error;
use std::io;

use rustls::{CertificateError, Error as TlsError};

use crate::rules::redact::{redact, without_number};
use crate::rules::reply::{Attempt, Charge};

/// How a failed look-up of a name begins. Source: the standard library.
const LOOKUP_FAILED: &str = "failed to lookup address information";

/// How far a request came.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// There was no connection yet.
    Connecting,
    /// It had a connection, and no answer yet.
    Waiting,
    /// The answer had begun.
    Reading,
}

/// Says what kept an answer from coming.
pub(super) fn lost(step: Step, error: &(dyn Error + 'static), charge: Charge) -> Attempt {
    let what = match step {
        Step::Connecting => "cannot connect",
        Step::Waiting => "the connection was lost",
        Step::Reading => "the answer broke off",
    };
    Attempt::Lost { reason: redact(&format!("{what}: {}", root_cause(error))).into(), charge }
}

/// Returns the innermost cause, which names the fault itself.
fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    tls_fault(cause).map_or_else(|| named(&cause.to_string()), of_tls)
}

/// Returns the fault of TLS in an error, which may lie in errors of input and output within each other.
fn tls_fault<'a>(mut error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    loop {
        if let Some(fault) = error.downcast_ref() {
            return Some(fault);
        }
        error = error.downcast_ref::<io::Error>()?.get_ref()?;
    }
}

fn named(told: &str) -> String {
    if told.starts_with(LOOKUP_FAILED) {
        return "the name of the host cannot be found".to_owned();
    }
    without_number(told).into_owned()
}

/// Says what is wrong with an encrypted connection.
fn of_tls(error: &TlsError) -> String {
    match error {
        TlsError::InvalidMessage(_) => {
            "what answers there does not speak TLS: is it plain http, or another port?".to_owned()
        }
        TlsError::InvalidCertificate(why) => match why {
            CertificateError::UnknownIssuer => {
                "the certificate is of an authority that is not trusted; --cacert names another".to_owned()
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate has expired".to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate is not valid yet: is this machine's clock right?".to_owned()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate is for another host".to_owned()
            }
            CertificateError::BadEncoding => "the certificate cannot be read".to_owned(),
            other => format!("the certificate is refused: {other}"),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use rustls::InvalidMessage;

    use super::*;

    #[test]
    fn what_is_wrong_with_tls_is_said_in_plain_words() {
        let certificate = |why| of_tls(&TlsError::InvalidCertificate(why));
        let told = [
            of_tls(&TlsError::InvalidMessage(InvalidMessage::InvalidContentType)),
            certificate(CertificateError::UnknownIssuer),
            certificate(CertificateError::Expired),
            certificate(CertificateError::NotValidYet),
            certificate(CertificateError::NotValidForName),
            certificate(CertificateError::BadEncoding),
            certificate(CertificateError::Revoked),
        ];
        insta::assert_snapshot!(told.join("\n"), @r"
        what answers there does not speak TLS: is it plain http, or another port?
        the certificate is of an authority that is not trusted; --cacert names another
        the certificate has expired
        the certificate is not valid yet: is this machine's clock right?
        the certificate is for another host
        the certificate cannot be read
        the certificate is refused: Revoked
        ");
    }

    #[test]
    fn a_name_that_is_not_found_is_said_without_the_librarys_words() {
        let told = "failed to lookup address information: Name or service not known";
        assert_eq!(named(told), "the name of the host cannot be found");
        assert_eq!(named("Connection refused (os error 111)"), "Connection refused");
    }
}
