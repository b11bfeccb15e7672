// The two table measures with DuckDB, which Debian does not have: an optional peer.
// Usage: node duckdb_tables.mjs FOLDER_OF_NODE_MODULES CASES_CSV SECONDS
import { createRequire } from "node:module";
const [folder, csv, seconds] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(folder + "/")("@duckdb/node-api");
const database = await (await DuckDBInstance.create(":memory:", { threads: "2" })).connect();
await database.run(`CREATE TABLE cases AS SELECT * FROM read_csv('${csv}')`);

// As in records.cc: s0 source_type, s1 sex, s2 age_band, s3 majority, s4 at exploitation,
// s5 at entry, s6 citizenship, s7 country of exploitation, s8 abduction, s9 victim status.
const plan = [];
for (const country of [6, 7]) for (const other of [3, 8, 9, 0]) plan.push([country, 1, other]);
const small = [0, 3, 4, 8, 9, 5];
small.forEach((a, i) => small.slice(i + 1).forEach((b) => plan.push([2, a, b])));
plan.push([1, 2, 3]);
const query = (table) => {
  const columns = table.map((n) => "s" + n).join(", ");
  return `SELECT ${columns}, count(*) FROM cases GROUP BY ${columns}`;
};

async function median(tables) {
  const times = [];
  const end = performance.now() + 1000 * seconds;
  for (let i = -1; i < 21 && (i < 1 || performance.now() < end); ++i) {
    const begin = performance.now();
    for (const table of tables) await (await database.run(query(table))).getRows();
    if (i >= 0) times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}
console.log(`R crosstab ${await median([[6, 1, 2]])} ms`);
console.log(`R plan24 ${await median(plan)} ms`);
