//! What real limiters sent: an answer that was let through, then refusals, each pair by one reading.

use std::fmt::Write;

use super::*;

/// Splits a file into answers: the status, and the headers.
fn answers(text: &str) -> Vec<(String, HeaderMap)> {
    let answer = |head: &str| {
        let (status, lines) = head.split_once('\n').unwrap();
        let lines: Vec<_> = lines.lines().map(|line| line.split_once(": ").unwrap()).collect();
        (status.split(' ').nth(1).unwrap().to_owned(), headers(&lines))
    };
    text.trim().split("\n\n").map(answer).collect()
}

/// Shows what a report says: what is left of the limit, in which window, when it comes back, when to call again.
fn shown(report: &LimitReport, at: Moment) -> String {
    let number = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
    let ahead = |moment: Option<Moment>| {
        moment.map_or("-".to_owned(), |moment| format!("{:.3}", (moment - at).as_secs_f64()))
    };
    let mut text = String::new();
    for quota in &report.quotas {
        let window = number(quota.window.map(|window| window.as_secs()));
        let (left, limit) = (number(quota.remaining), number(quota.limit));
        write!(text, "{left}/{limit} w={window} t={} ", ahead(quota.reset.map(|reset| reset.at))).unwrap();
    }
    format!("{text}again={}", ahead(report.retry_at))
}

#[test]
fn real_limiters_are_understood() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/headers/wire");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut table = String::new();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut reading = Reading::new();
        let answers = answers(&std::fs::read_to_string(&path).unwrap());
        let date = |headers: &HeaderMap| value::time(headers.get("date")?.to_str().ok()?);
        let start = date(&answers[0].1).unwrap();
        write!(table, "{name:<16}").unwrap();
        for (status, headers) in answers {
            // The run began with the second in which the first answer came.
            let since = date(&headers).unwrap_or(start).duration_since(start);
            let at = Moment::after_start(Duration::try_from(since).unwrap());
            let wall = "2000-01-01T00:00:00Z".parse().unwrap();
            let report = reading.read(&headers, at, Now { at, wall });
            write!(table, " {status}: {:<30}", shown(&report, at)).unwrap();
        }
        table.truncate(table.trim_end().len());
        writeln!(table).unwrap();
        assert_eq!(reading.take_remarks(), [], "{name}");
    }
    insta::assert_snapshot!(table, @r"
    express-draft-6  200: 298/300 w=10 t=10.000 again=-  429: 0/300 w=10 t=10.000 again=10.000
    express-draft-7  200: 298/300 w=10 t=10.000 again=-  429: 0/300 w=10 t=10.000 again=10.000
    express-draft-8  200: 298/300 w=10 t=10.000 again=-  429: 0/300 w=10 t=10.000 again=10.000
    express-legacy   200: 298/300 w=- t=11.000 again=-   429: 0/300 w=- t=11.000 again=10.000
    express-none     200: again=-                        429: again=-
    fastify-backoff  200: 298/300 w=- t=10.000 again=-   429: 0/300 w=- t=5120.000 again=5120.000
    fastify-ban      200: 298/300 w=- t=10.000 again=-   429: 0/300 w=- t=10.000 again=10.000 403: 0/300 w=- t=10.000 again=10.000
    fastify-draft    200: 298/300 w=- t=10.000 again=-   429: 0/300 w=- t=10.000 again=10.000
    fastify          200: 298/300 w=- t=10.000 again=-   429: 0/300 w=- t=10.000 again=10.000
    flask-fixed-date 200: 298/300 w=- t=11.000 again=11.000 429: 0/300 w=- t=10.000 again=10.000
    flask-fixed      200: 298/300 w=- t=11.000 again=10.000 429: 0/300 w=- t=10.000 again=9.000
    flask-moving     200: 298/300 w=- t=11.000 again=10.000 429: 0/300 w=- t=10.000 again=9.000
    flask-sliding    200: 298/300 w=- t=9.000 again=8.000 429: 0/300 w=- t=8.000 again=7.000
    flask-two-limits 200: 98/100 w=- t=3.000 again=2.000 429: 0/100 w=- t=2.000 again=1.000
    flexible-block   200: 298/300 w=- t=9.989 again=9.989 429: 0/300 w=- t=9.985 again=9.985
    flexible-burst   200: 48/50 w=- t=0.991 again=0.991  429: 0/50 w=- t=0.613 again=0.613
    flexible-date    200: 298/300 w=- t=9.988 again=9.988 429: 0/300 w=- t=9.506 again=9.506
    flexible-epoch   200: 298/300 w=- t=9.961 again=9.961 429: 0/300 w=- t=9.484 again=9.484
    haproxy          200: again=-                        429: again=-
    koa-memory       200: 298/300 w=- t=10.890 again=-   429: 0/300 w=- t=9.890 again=9.000
    koa-redis        200: 298/300 w=- t=10.000 again=-   429: 0/300 w=- t=10.000 again=9.000
    nginx-503        200: again=-                        503: again=-
    nginx            200: again=-                        429: again=-
    slowapi-fixed    200: 298/300 w=- t=11.964 again=10.000 429: 0/300 w=- t=11.964 again=10.000
    slowapi-moving   200: 298/300 w=- t=11.673 again=10.000 429: 0/300 w=- t=11.673 again=10.000
    ");
}
