# For the scripts beside it, which have a `binary` and a `folder`: a sandbox that answers at once, whose balance and quota
# outlast all runs. Sandbox and folder are gone when the script ends.
sandbox=
trap '[ -z "$sandbox" ] || kill "$sandbox" || true; rm -rf "$folder"' EXIT

# Starts the sandbox, with further options if any are given, and points the program at it.
serve() {
    "$binary" sandbox --latency 0 --limit 1000000000 --credits 1000000000 "$@" >"$folder/address" 2>"$folder/books" &
    sandbox=$!
    until [ -s "$folder/address" ]; do
        kill -0 "$sandbox"
        sleep 0.1
    done
    LEADENRICH_BASE_URL=$(head -n 1 "$folder/address")
    export LEADENRICH_BASE_URL LEADENRICH_API_KEY=wbk_sandbox
}
