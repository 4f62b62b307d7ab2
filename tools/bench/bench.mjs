// SPDX-License-Identifier: Apache-2.0
// Races ours against every peer that is installed, in the same run. Usage: npm run bench -- [--only PATTERN] (see --help)

import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

const HELP = `npm run bench -- [OPTION …]
  --only PATTERN   the cases whose names this regular expression matches, for example gemm/256 or '^step/'
  --threads LIST   numbers of threads, separated by commas; default 1 and the processors of this process
  --budget SECONDS that each contender of a case may take; default 0.3, for steps three times as much
  --json FILE      also writes the rows there
  --list           names the cases, runs nothing
  --render FILE …  writes docs/benchmarks.md and its picture of the rows in these files, runs nothing`;

const OPTIONS = {
  only: { type: 'string', default: '' },
  threads: { type: 'string' },
  budget: { type: 'string', default: '0.3' },
  json: { type: 'string' },
  list: { type: 'boolean', default: false },
  render: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

function parseThreads(list) {
  if (list === undefined) return [...new Set([1, availableParallelism()])];
  const threads = list.split(',').map(Number);
  if (threads.every((count) => Number.isInteger(count) && count > 0)) return threads;
  throw new Error(`--threads takes numbers such as 1,2, not ${list}`);
}

/** Writes the page; where several files have a row of one case, the last one counts. */
async function writePage(files) {
  const { PAGE, latest, render } = await import('./render/page.mjs');
  const { format, resolveConfig } = await import('prettier');
  const rows = files.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')));
  if (rows.length === 0) throw new Error('--render takes the files that --json wrote.');
  for (const [path, content] of Object.entries(render(latest(rows)))) {
    const options = { ...(await resolveConfig(path)), parser: 'markdown' }; // pads the tables
    writeFileSync(path, path === PAGE ? await format(content, options) : content);
  }
}

async function main() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help) return console.log(HELP);
  if (values.render) return writePage(positionals);
  if (positionals.length > 0) throw new Error(`${positionals[0]} is no option; --help names them.`);
  const { allCases } = await import('./cases/index.mjs').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error(`${error.message}. The bench runs the built packages: npm run setup makes them.`);
  });
  const pattern = new RegExp(values.only);
  const cases = allCases.filter(({ name }) => pattern.test(name));
  if (values.list) return console.log(cases.map(({ name }) => name).join('\n'));
  if (cases.length === 0) throw new Error(`No case matches ${values.only}; --list names them all.`);
  const { race } = await import('./race.mjs');
  const keep = (rows) => {
    if (values.json === undefined) return;
    writeFileSync(values.json, `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
  };
  await race(cases, { threads: parseThreads(values.threads), budget: Number(values.budget), say: console.log, keep });
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 2;
});
