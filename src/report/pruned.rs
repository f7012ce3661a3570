//! What `ledger prune` prints: what would go, what went.

use std::time::Duration;

use super::text::{fill, line};
use super::words::{count, counted, size, span};
use crate::rules::kept::{Prospect, Room};
use crate::rules::outcome::RowStatus;
use crate::rules::signature::KEY_FORGOTTEN;

/// What would go, and of what age.
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    /// What would go.
    pub prospect: &'a Prospect,
    /// The age that was asked for.
    pub age: Duration,
    /// The width of the terminal, in columns.
    pub width: usize,
}

/// Returns what would go, every line ended by a line break.
pub fn outlook(outlook: &Outlook<'_>) -> String {
    let Outlook { prospect, age, width } = *outlook;
    let least = Duration::try_from(KEY_FORGOTTEN).unwrap_or_default();
    let answers = counted(prospect.count(), "answer is", "answers are");
    let mut out = fill(&format!("{answers} older than {}", span(age.max(least))), width) + "\n";
    if age < least {
        let why = "Younger ones stay: the API may still remember their idempotency keys.";
        out.push_str(&(fill(why, width) + "\n"));
    }
    for (status, answers) in &prospect.answers {
        out.push_str(&line(label(*status), &count(*answers), width));
    }
    if prospect.credits > 0 {
        let paid = format!("{} paid for them; asked again, they are paid for again", count(prospect.credits));
        out.push_str(&line("credits", &paid, width));
    }
    if prospect.count() > 0 {
        let room = format!("about {} of {}", size(prospect.bytes), size(prospect.ledger_bytes));
        out.push_str(&line("size", &room, width));
    }
    out
}

/// Returns what went, and what became of the room.
pub fn pruned(answers: u64, room: Room, width: usize) -> String {
    let gone = format!("Deleted {}.", counted(answers, "answer", "answers"));
    let room = match room {
        Room::Returned(before, now) => {
            format!("The ledger takes {}, {} less.", size(now), size(before.saturating_sub(now)))
        }
        Room::InUse => {
            "The file stays as large as it is while another process uses it; new answers fill the room, \
                        and the same command gives it back later."
                .to_owned()
        }
        Room::DiskFull => {
            "The file stays as large as it is: to become smaller it needs room for a copy on the disk. \
                           New answers fill what was freed."
                .to_owned()
        }
    };
    fill(&format!("{gone} {room}"), width) + "\n"
}

const fn label(status: RowStatus) -> &'static str {
    match status {
        RowStatus::NoMatch => "no match",
        RowStatus::NotFound => "not found",
        status => status.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn what_would_go() {
        let prospect = Prospect {
            answers: vec![(RowStatus::Enriched, 1_100), (RowStatus::NoMatch, 134)],
            credits: 1_102,
            bytes: 700_000,
            ledger_bytes: 3_000_000,
        };
        let text = outlook(&Outlook { prospect: &prospect, age: HOUR * 24 * 90, width: 80 });
        insta::assert_snapshot!(text, @r"
        1,234 answers are older than 90 d
          enriched   1,100
          no match   134
          credits    1,102 paid for them; asked again, they are paid for again
          size       about 683.59 KiB of 2.86 MiB
        ");
        let one = Prospect { answers: vec![(RowStatus::Failed, 1)], ..Prospect::default() };
        insta::assert_snapshot!(outlook(&Outlook { prospect: &one, age: HOUR, width: 80 }), @r"
        1 answer is older than 1 d 1 h
        Younger ones stay: the API may still remember their idempotency keys.
          failed     1
          size       about 0 B of 0 B
        ");
        let none = Prospect::default();
        insta::assert_snapshot!(outlook(&Outlook { prospect: &none, age: HOUR * 48, width: 80 }), @"0 answers are older than 2 d");
    }

    #[test]
    fn what_went() {
        let rooms = [Room::Returned(3_000_000, 2_000_000), Room::InUse, Room::DiskFull];
        insta::assert_snapshot!(rooms.map(|room| pruned(1_234, room, 80)).join("-\n"), @r"
        Deleted 1,234 answers. The ledger takes 1.91 MiB, 976.56 KiB less.
        -
        Deleted 1,234 answers. The file stays as large as it is while another process
        uses it; new answers fill the room, and the same command gives it back later.
        -
        Deleted 1,234 answers. The file stays as large as it is: to become smaller it
        needs room for a copy on the disk. New answers fill what was freed.
        ");
    }
}
