# Shows what there is.
default:
    @just --list

# Everything that has to pass: format, lints, tests.
check:
    .ci/run

# The tests; `just test engine` for those of one module.
test *FILTER:
    cargo test {{FILTER}}

# Hundreds of runs killed, stopped, starved of disk and cut off from power; `TORTURE_SEED=N just torture` repeats the draws.
torture *FILTER:
    cargo test --release --test it torture::full_dose{{FILTER}} -- --ignored --nocapture --test-threads 5

# How fast: a thousand rows through a sandbox, and the pure functions.
bench:
    cargo bench --bench latency
    cargo bench --bench plan
    cargo bench --bench pure

# How much of a rate limit is used, and how often one call too many is made. Five minutes; with `dialects` seven.
limits *ARGS:
    cargo bench --bench limits -- {{ARGS}}

# Takes over the newest list of disposable-mail hosts.
disposable-hosts:
    pip install --quiet --upgrade --target target/hosts disposable-email-domains
    PYTHONPATH=target/hosts python3 src/rules/hosts/disposable.py > src/rules/hosts/disposable.txt

# How fast beside load generators, scripts and curl, on one nginx; `just compare --runs 3`. A quarter of an hour.
compare *ARGS:
    cargo build --release
    benches/compare/compare.py {{ARGS}}

# How many instructions a row takes, beside those recorded; `--record` records them.
instructions *ARGS:
    cargo build --release
    benches/instructions.sh {{ARGS}}

# Whether cost grows straight with the rows, up to a million or to MOST.
straight *MOST:
    cargo build --release
    benches/straight.sh {{MOST}}

# How long the program takes to start and to ask about one company, beside curl.
start:
    cargo build --release
    benches/start.sh

# How much memory a million rows take. Some minutes, and 3 GB of disk.
memory:
    cargo build --release
    benches/memory.sh

# Feeds `sniff`, `read`, `target`, `limits` or `reply` with what nobody thought of, ten minutes long; `just fuzz read -max_total_time=60`.
fuzz TARGET *OPTIONS:
    mkdir -p fuzz/corpus/{{TARGET}}
    cargo +nightly fuzz run {{TARGET}} fuzz/corpus/{{TARGET}} fuzz/seeds/{{TARGET}} fixtures/inputs fixtures/headers fixtures/replies -- \
        -dict=fuzz/dictionaries/{{TARGET}}.txt -max_len=4096 -timeout=10 -rss_limit_mb=2048 -max_total_time=600 {{OPTIONS}}
