// What a competent script on Node's undici does: a pool of connections, a bound on calls in flight, CSV in, CSV out.
//
//     node undici_client.mjs URL INPUT OUTPUT CONCURRENCY        where undici can be found from NODE_PATH or this folder
import { createReadStream, createWriteStream } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Pool } = createRequire(import.meta.url)("undici");
const FIELDS = ["id", "name", "industry", "size", "founded_year", "hq_location", "linkedin_url"];
const HEADERS = { authorization: "Bearer wbk_sandbox", "content-type": "application/json" };

const [url, input, output, concurrency] = process.argv.slice(2);
const { origin, pathname } = new URL(url);
const pool = new Pool(origin, { connections: Number(concurrency), pipelining: 1 });
const target = createWriteStream(output);
// The rows of this comparison have no quotes.
const lines = createInterface({ input: createReadStream(input) })[Symbol.asyncIterator]();
const header = (await lines.next()).value.split(",");
const website = header.indexOf("website");
const cell = (value) => (/[",\n]/.test(value ?? "") ? `"${value.replaceAll('"', '""')}"` : (value ?? ""));
target.write([...header, ...FIELDS].join(",") + "\n");

async function work() {
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
        const body = JSON.stringify({ domain: line.value.split(",")[website] });
        const answer = await pool.request({ path: pathname, method: "POST", headers: HEADERS, body });
        if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
        const { company } = (await answer.body.json()).data;
        target.write(`${line.value},${FIELDS.map((field) => cell(company[field])).join(",")}\n`);
    }
}

await Promise.all(Array.from({ length: Number(concurrency) }, work));
await pool.close();
target.end();
