//! What goes into the gate and what comes out of it.

use std::time::Duration;

use crate::rules::concurrency::Concurrency;
use crate::rules::credits::Allowance;
use crate::rules::event::{StopReason, WaitReason};
use crate::rules::limits::LimitReport;
use crate::rules::pace::Rate;
use crate::rules::reply::Reply;
use crate::rules::time::Moment;
use crate::rules::verbs::CallId;

/// What the user allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatePolicy {
    /// Credits.
    pub allowance: Allowance,
    /// Calls in flight.
    pub concurrency: Concurrency,
    /// The user's own ceiling.
    pub rate: Option<Rate>,
    /// The longest pause for a quota to reset or an API to come back.
    pub wait: Duration,
}

/// Whether a call has a credit set aside already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credit {
    /// It needs one.
    Needed,
    /// It has one, from an attempt before.
    Held,
}

/// What is to be done with the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send it.
    Send,
    /// Ask again at this moment.
    WaitUntil(Moment, WaitReason),
    /// Ask again when an answer has come or a retry is due.
    Hold,
    /// Send nothing any more.
    Stop(StopReason),
}

/// The end of an attempt, as the gate sees it.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Which call.
    pub call: CallId,
    /// Its number among all that left, as [`Gate::sent`] told it.
    pub number: u64,
    /// When the attempt left.
    pub sent_at: Moment,
    /// What came.
    pub reply: &'a Reply,
    /// What its headers say.
    pub report: &'a LimitReport,
    /// A draw of chance from 0 to 1.
    pub draw: f64,
}
