//! A server with a fixed window of its own decides whether the gate was right: answers out of order, other clients.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A server that lets so many calls through in each window.
#[derive(Clone, Copy, Debug)]
struct Server {
    window_ms: u64,
    limit: u64,
    /// The most milliseconds that a request travels, and that an answer does.
    travel_ms: (u64, u64),
    /// How many percent of calls are followed by calls of other clients.
    others: u8,
    /// Whether its clock has no fraction, so that resets look up to a second late.
    coarse: bool,
}

/// A call that is out: when it is answered, when it left, whether it was let through, and what was told.
#[derive(Clone, Copy, Debug)]
struct Out {
    arrives: u64,
    sent: u64,
    number: u64,
    served: bool,
    remaining: u64,
    resets: u64,
}

/// How it went.
#[derive(Debug, Default)]
struct Report {
    ended: u64,
    refused: u64,
}

impl Server {
    fn strategy() -> impl Strategy<Value = Self> {
        let travel_ms = (prop_oneof![Just(0u64), 1u64..400], 1u64..900);
        let others = prop_oneof![Just(0u8), 1u8..30];
        (2u64..20, 1u64..12, travel_ms, others, any::<bool>()).prop_map(
            |(seconds, limit, travel_ms, others, coarse)| Self {
                window_ms: seconds * 1_000,
                limit,
                travel_ms,
                others,
                coarse,
            },
        )
    }

    /// Takes a call. `used` counts calls by the number of their window.
    fn take(
        self,
        (sent, number): (u64, u64),
        used: &mut BTreeMap<u64, u64>,
        chance: &mut fastrand::Rng,
    ) -> Out {
        let handled = sent + chance.u64(0..=self.travel_ms.0);
        let window = handled / self.window_ms;
        let used = used.entry(window).or_default();
        let served = *used < self.limit;
        *used += u64::from(served);
        let remaining = self.limit - *used;
        if chance.u8(..100) < self.others {
            *used += chance.u64(0..=remaining);
        }
        let arrives = handled + chance.u64(1..=self.travel_ms.1);
        let late = if self.coarse { handled % 1_000 } else { 0 };
        Out { arrives, sent, number, served, remaining, resets: (window + 1) * self.window_ms + late }
    }
}

/// A client that sends through the gate, and what it could know.
struct Client {
    server: Server,
    chance: fastrand::Rng,
    rig: Rig,
    /// Calls that were never sent, and those that were refused.
    to_send: (u32, u32),
    used: BTreeMap<u64, u64>,
    /// The least that was told to remain, by the number of the window.
    known: BTreeMap<u64, u64>,
    out: Vec<Out>,
    report: Report,
}

impl Client {
    /// Sends so many calls and holds each step against what could be known.
    fn send(server: Server, calls: u32, seed: u64) -> Report {
        let mut client = Self {
            server,
            chance: fastrand::Rng::with_seed(seed),
            rig: Rig::new(GatePolicy { wait: Duration::from_secs(3_600), ..policy() }),
            to_send: (calls, 0),
            used: BTreeMap::new(),
            known: BTreeMap::new(),
            out: Vec::new(),
            report: Report::default(),
        };
        for _ in 0..50_000 {
            let wake = client.send_what_may_go();
            let first = (0..client.out.len()).min_by_key(|index| client.out[*index].arrives);
            match (first.filter(|index| wake.is_none_or(|wake| client.out[*index].arrives <= wake)), wake) {
                (Some(index), _) => client.arrive(index),
                (None, Some(wake)) => client.rig.ms = wake,
                (None, None) => {
                    assert_eq!(client.to_send, (0, 0), "stuck at {}", client.rig.ms);
                    client.report.ended = client.rig.ms;
                    return client.report;
                }
            }
        }
        panic!("no end");
    }

    /// Returns when to look again.
    fn send_what_may_go(&mut self) -> Option<u64> {
        while self.to_send != (0, 0) {
            let (line, credit) = match &mut self.to_send {
                (new, 0) => (new, Credit::Needed),
                (_, again) => (again, Credit::Held),
            };
            match self.rig.send_with(credit) {
                Decision::Send => *line -= 1,
                Decision::WaitUntil(until, _) => {
                    assert!(until > at(self.rig.ms), "a wait lies ahead");
                    let ms = until.since_start().as_nanos().div_ceil(1_000_000);
                    return Some(u64::try_from(ms).unwrap());
                }
                Decision::Hold => return None,
                Decision::Stop(reason) => panic!("stopped: {reason:?}"),
            }
            let left = self.known.get(&(self.rig.ms / self.server.window_ms)).copied().unwrap_or(u64::MAX);
            // Where calls overtake each other on their way, travel for as long as windows last, or are not the only ones,
            // nobody can know in which window they are counted. What that costs is bounded below.
            let (there, back) = self.server.travel_ms;
            let is_alone = !self.server.coarse && self.server.others == 0;
            let is_clear = is_alone && there < 50 && self.server.window_ms > 5 * (there + back);
            assert!(!is_clear || (self.out.len() as u64) < left, "sent although used up");
            self.out.push(self.server.take((self.rig.ms, self.rig.latest), &mut self.used, &mut self.chance));
        }
        None
    }

    fn arrive(&mut self, index: usize) {
        let Out { arrives, sent, number, served, remaining, resets } = self.out.swap_remove(index);
        self.rig.ms = arrives.max(self.rig.ms);
        let left = self.known.entry(resets / self.server.window_ms - 1).or_insert(u64::MAX);
        *left = remaining.min(*left);
        let mut told = if resets > self.rig.ms { window(remaining, resets) } else { SILENT };
        told.quotas.iter_mut().for_each(|quota| quota.limit = Some(self.server.limit));
        let reply = if served { &Reply::NoMatch } else { &Reply::RateLimited };
        self.rig.arrive_numbered(number, sent, reply, &told);
        self.to_send.1 += u32::from(!served);
        self.report.refused += u64::from(!served);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn nothing_leaves_while_the_window_is_known_to_be_used_up(
        server in Server::strategy(), calls in 1u32..60, seed: u64,
    ) {
        Client::send(server, calls, seed);
    }

    #[test]
    fn alone_on_a_key_nobody_is_refused_and_no_window_is_left_unused(
        server in Server::strategy(), calls in 1u32..60, seed: u64,
    ) {
        let server = Server { others: 0, travel_ms: (0, server.travel_ms.1), coarse: false, ..server };
        let report = Client::send(server, calls, seed);
        prop_assert_eq!(report.refused, 0);
        // In each window one call goes ahead and the rest follow, ten at a time: there must be time for that. What is
        // spread evenly begins carefully, and ends within a window or two of the least time.
        let turns = 2 + server.limit.div_ceil(10);
        if server.window_ms > turns * server.travel_ms.1 {
            let windows = u64::from(calls).div_ceil(server.limit);
            let least = windows * server.window_ms;
            prop_assert!(report.ended <= least * 5 / 4 + 2 * server.window_ms, "{report:?}");
        }
    }

    /// Calls that travel across a reset are counted in the next window: a few may be refused there, no herd is.
    #[test]
    fn a_reset_costs_no_herd_of_refusals(server in Server::strategy(), calls in 1u32..60, seed: u64) {
        let server = Server { others: 0, coarse: false, ..server };
        let report = Client::send(server, calls, seed);
        let windows = report.ended / server.window_ms + 1;
        prop_assert!(report.refused <= windows, "{} refused in {windows} windows", report.refused);
    }
}
