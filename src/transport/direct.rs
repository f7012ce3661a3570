//! The way to the API where no proxy stands in it: connections by hyper, one request at a time on each of HTTP/1, all of
//! them on one of HTTP/2.
//!
//! reqwest would take as much time for a request as all the rest of a call takes, with layers that have nothing to do here.

use http::header::HOST;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;

use super::answer::Answer;
use super::fault::{Step, lost};
use super::http::{HttpSettings, HttpSetupError, Message};
use super::kept::{is_closed, is_untouched};
use super::place::Place;
use super::pool::{Line, Pool, Sender};
use crate::rules::reply::{Attempt, Charge};

/// Connections to the API itself.
#[derive(Debug)]
pub(super) struct Direct {
    pool: Pool,
}

/// So often at the most a request looks for another connection since the one that it found did not take it.
const UNTOUCHED_MAX: u32 = 64;

/// Why a connection brought no answer.
struct Unanswered {
    error: hyper::Error,
    /// It was not even written.
    is_unsent: bool,
}

impl Unanswered {
    /// Returns whether the server has not seen it, or says that it has not touched it.
    fn is_untouched(&self) -> bool {
        self.is_unsent || is_untouched(&self.error)
    }
}

impl Direct {
    pub(super) fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        Ok(Self { pool: Pool::new(settings)? })
    }

    /// Sends a request and reads the answer; once more where it met a kept connection that was closed.
    pub(super) async fn post(&self, place: &Place, message: &Message) -> Result<Answer, Attempt> {
        let mut charge = Charge::Impossible;
        let mut untouched = 0;
        let mut line = self.pool.line(&place.whole).await;
        loop {
            let mut taken = line.map_err(|error| lost(Step::Connecting, &*error, charge))?;
            match send(&mut taken, place, message).await {
                Ok(response) => {
                    let answer = Answer::read(response).await?;
                    self.pool.keep(taken);
                    return Ok(answer);
                }
                Err(failed) if taken.was_kept && failed.is_untouched() && untouched < UNTOUCHED_MAX => {
                    untouched += 1;
                    if !failed.is_unsent {
                        // What the server says is no proof.
                        charge = Charge::Possible;
                    }
                    line = self.pool.line(&place.whole).await;
                }
                Err(failed) if taken.was_kept && is_closed(&failed.error) => {
                    tracing::debug!("met a closed connection, sent again");
                    // It may have arrived, whatever becomes of the second. Others that were kept may be closed as well.
                    charge = Charge::Possible;
                    line = self.pool.new_line(&place.whole).await;
                }
                Err(failed) => return Err(lost(Step::Waiting, &failed.error, Charge::Possible)),
            }
        }
    }
}

async fn send(line: &mut Line, place: &Place, message: &Message) -> Result<Response<Incoming>, Unanswered> {
    let mut request = Request::new(Full::new(message.body.clone()));
    *request.method_mut() = Method::POST;
    *request.headers_mut() = message.headers.clone();
    let sent = match &mut line.sender {
        Sender::One(sender) => {
            *request.uri_mut() = place.path.clone();
            sender.try_send_request(request).await
        }
        Sender::Many(sender) => {
            *request.uri_mut() = place.whole.clone();
            request.headers_mut().remove(HOST);
            sender.try_send_request(request).await
        }
    };
    sent.map_err(|mut failed| {
        let is_unsent = failed.take_message().is_some();
        Unanswered { is_unsent, error: failed.into_error() }
    })
}
