//! Answers, read whole and unpacked, up to a bound.

use std::error::Error;
use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, HeaderMap};
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Body;

use super::fault::{Step, lost};
use crate::rules::reply::{Attempt, Charge};

/// The largest body that is read. A company is well under 10 KiB.
const BODY_MAX: usize = 1024 * 1024;

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Reads an answer to its end; or tells why there is none.
    pub(super) async fn read<B>(response: Response<B>) -> Result<Self, Attempt>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Error + 'static,
    {
        let (head, mut packed) = response.into_parts();
        let mut body = Vec::new();
        while let Some(frame) = packed.frame().await {
            let frame = frame.map_err(|error| lost(Step::Reading, &error, Charge::Possible))?;
            if let Ok(data) = frame.into_data() {
                if body.len() + data.len() > BODY_MAX {
                    return Err(too_large(head.status));
                }
                body.extend_from_slice(&data);
            }
        }
        let answer = Self { status: head.status, headers: head.headers, body };
        if answer.headers.contains_key(CONTENT_ENCODING) { answer.unpacked() } else { Ok(answer) }
    }

    /// Unpacks what came as gzip, which is all that was offered.
    fn unpacked(mut self) -> Result<Self, Attempt> {
        let is_gzip = self
            .headers
            .get(CONTENT_ENCODING)
            .is_some_and(|how| how.as_bytes().eq_ignore_ascii_case(b"gzip") || how == "x-gzip");
        // An answer may have no body: that is no broken archive.
        if !is_gzip || self.body.is_empty() {
            return Ok(self);
        }
        let mut body = Vec::new();
        let bound = BODY_MAX as u64 + 1;
        MultiGzDecoder::new(&*self.body)
            .take(bound)
            .read_to_end(&mut body)
            .map_err(|error| lost(Step::Reading, &error, Charge::Possible))?;
        if body.len() > BODY_MAX {
            return Err(too_large(self.status));
        }
        self.body = body;
        Ok(self)
    }
}

impl From<Answer> for Attempt {
    fn from(Answer { status, headers, body }: Answer) -> Self {
        Self::Answered { status: status.as_u16(), headers, body }
    }
}

fn too_large(status: StatusCode) -> Attempt {
    let reason = format!("{} with a body of over {} KiB", status.as_u16(), BODY_MAX / 1024).into();
    Attempt::Lost { reason, charge: Charge::Possible }
}
