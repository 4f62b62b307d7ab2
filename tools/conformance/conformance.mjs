// SPDX-License-Identifier: Apache-2.0
// `npm run conformance [-- --device cpu|js|cuda]`: runs the specs that come with tfjs-core on our devices, all of them, and says what
// failed and which kernels of a native device were answered by their TypeScript definition. Needs the built packages (npm run setup).

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { began, ended, root } from '../stage.mjs';
import { makeCopy } from './core-copy.cjs';
import { runSpecs } from './run-specs.mjs';

const NEVER_RAN = { status: 'failed', messages: ['It never ran.'], reached: [], delegated: [] };
const MOST_SHOWN = 50; // failures printed in full

/** The keys of the specs that fail. */
export function failures(outcomes) {
  return [...outcomes].filter(([, { status }]) => status === 'failed').map(([key]) => key);
}

/** What a run shows of delegation: kernels that ran, those that always ran their definition, and those that sometimes did. */
export function delegation(outcomes) {
  const specs = {};
  for (const { reached, delegated } of outcomes.values()) {
    for (const name of new Set([...reached, ...delegated])) (specs[name] ??= { all: 0, delegated: 0 }).all += 1;
    for (const name of delegated) specs[name].delegated += 1;
  }
  return Object.entries(specs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kernel, counts]) => ({ kernel, ...counts }));
}

/** Prints what came of one device. */
function report(device, { specs, outcomes }, table) {
  const count = (wanted) => [...outcomes.values()].filter(({ status }) => status === wanted).length;
  const failed = failures(outcomes);
  console.log(
    `  ${specs} specs: ${count('passed')} passed, ${failed.length} failed, ${count('pending')} switched off by tfjs`,
  );
  const forms = new Map(table.map((row) => [row.kernel, row[device]]));
  const rows = delegation(outcomes).filter(({ kernel }) => forms.has(kernel)); // the specs ask for some that exist nowhere
  console.log(`  ${rows.length} kernels ran`);
  if (device !== 'js') {
    const typescript = rows.filter(({ kernel }) => forms.get(kernel) === 'typescript');
    const partly = rows.filter(({ kernel, delegated }) => forms.get(kernel) === 'native' && delegated > 0);
    console.log(
      `  ${typescript.length} of them are TypeScript on ${device} too: ${typescript.map(({ kernel }) => kernel).join(' ')}`,
    );
    const words = partly.map(({ kernel, delegated, all }) => `${kernel} ${delegated}/${all}`).join(' ');
    console.log(
      `  ${partly.length} native ones left some calls to their definition (specs in which they did): ${words}`,
    );
  }
  for (const key of failed.slice(0, MOST_SHOWN)) {
    console.log(`  ✗ ${key}\n      ${outcomes.get(key).messages.join('\n').replaceAll('\n', '\n      ')}`);
  }
  if (failed.length > MOST_SHOWN) console.log(`  … and ${failed.length - MOST_SHOWN} more`);
}

async function main() {
  const { values } = parseArgs({ options: { device: { type: 'string' } } });
  if (!existsSync(join(root, 'packages/core/dist/index.js'))) {
    throw new Error('packages/core is not built. Run `npm run setup`.');
  }
  const { kernelTable, listDevices } = await import('@nabla/core');
  const known = listDevices();
  const chosen = known.filter(({ device, available }) =>
    values.device === undefined ? available : device === values.device,
  );
  const [{ device: first, available, description } = {}] = chosen;
  if (first === undefined)
    throw new Error(`expected --device ${known.map(({ device }) => device).join(' or ')}, received ${values.device}`);
  if (!available) throw new Error(`device ${first} is not available: ${description}`);

  const cache = join(root, 'node_modules/.cache/conformance');
  mkdirSync(cache, { recursive: true });
  let start = began('specs of tfjs-core');
  const folder = makeCopy(cache);
  ended('specs of tfjs-core', start, true);

  // Which specs need working kernels is found out, not listed: those that fail where there are none.
  start = began('without kernels');
  const floor = await runSpecs({ folder, module: join(import.meta.dirname, 'no-kernels.mjs'), backend: 'no-kernels' });
  const needing = failures(floor.outcomes);
  ended('without kernels', start, true);

  const everFailed = new Set();
  for (const { device } of chosen) {
    start = began(`device ${device}`);
    const result = await runSpecs({ folder, module: '@nabla/core', backend: `nabla-${device}`, device });
    for (const key of floor.outcomes.keys()) {
      if (!result.outcomes.has(key)) result.outcomes.set(key, NEVER_RAN);
    }
    const failed = failures(result.outcomes);
    ended(`device ${device}`, start, failed.length === 0);
    report(device, result, kernelTable());
    for (const key of failed) everFailed.add(key);
  }
  const working = needing.filter((key) => !everFailed.has(key)).length;
  process.exitCode = everFailed.size === 0 ? 0 : 1;
  console.log(`need working kernels: ${working} / ${needing.length}`);
}

if (process.argv[1] === join(root, 'tools/conformance/conformance.mjs')) {
  main().catch((error) => {
    console.error(`conformance: ${error.message}`);
    process.exitCode = 1;
  });
}
