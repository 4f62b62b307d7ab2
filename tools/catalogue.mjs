// SPDX-License-Identifier: Apache-2.0
// Writes docs/catalogue.md: every layer, loss and optimizer, and what its suite has proven on each device of this machine.
// Usage: npm run catalogue (runs the suites; minutes)

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from './stage.mjs';

const PROVEN = '✓';
const HOLE = '✗';

/** The results of the suites that discover every member: one for each test, with the titles around it. */
function runSuites() {
  const folder = mkdtempSync(join(tmpdir(), 'nabla-catalogue-'));
  const report = join(folder, 'report.json');
  const jest = ['node_modules/jest/bin/jest.js', '-c', 'packages/testing/jest.config.cjs', 'every-', '--json'];
  try {
    spawnSync(process.execPath, [...jest, `--outputFile=${report}`], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return JSON.parse(readFileSync(report, 'utf8')).testResults;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What was proven of one member on one device. */
function judge(tests) {
  const golden = tests.filter(({ title }) => title.startsWith('equals '));
  return {
    passed: tests.length > 0 && tests.every(({ status }) => status === 'passed'),
    golden: golden.length,
    // A golden case compares the gradients too; an optimizer consumes gradients and has none.
    gradient: golden.length > 0 || tests.some(({ title }) => title.startsWith('sends a finite gradient')),
  };
}

/** Members by suite file, name and device: `Linear on cpu:avx2` is the member Linear on the device cpu:avx2. */
export function collect(testResults) {
  const suites = {};
  for (const { name: file, assertionResults } of testResults) {
    for (const test of assertionResults) {
      const [, member, device] = /^(\w+) on ([\w:]+)$/.exec(test.ancestorTitles[0] ?? '') ?? [];
      if (member === undefined) continue;
      const suite = /every-optimizer/.test(file) ? 'Optimizers' : member.endsWith('Loss') ? 'Losses' : 'Layers';
      (((suites[suite] ??= {})[member] ??= {})[device] ??= []).push(test);
    }
  }
  return suites;
}

/** One table of Markdown. */
export function tableOf(members) {
  const devices = [...new Set(Object.values(members).flatMap(Object.keys))].sort((a, b) => (b === 'js') - (a === 'js'));
  const rows = Object.entries(members)
    .sort(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([member, tests]) => {
      const judged = devices.map((device) => judge(tests[device] ?? []));
      const [{ golden, gradient }] = judged;
      const cells = judged.map(({ passed }) => (passed ? PROVEN : HOLE));
      return [`\`${member}\``, golden > 0 ? String(golden) : '–', ...cells, gradient ? PROVEN : '–'];
    });
  const head = ['', 'PyTorch, cases', ...devices, 'gradient'];
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

export const PAGE = join(root, 'docs/catalogue.md');

function page(suites) {
  const tables = ['Layers', 'Losses', 'Optimizers'].map((suite) => `## ${suite}\n\n${tableOf(suites[suite] ?? {})}\n`);
  return `# Catalogue

Written by \`npm run catalogue\` from the suites that discover every exported member (\`packages/testing/src/every-*.test.ts\`).
**PyTorch, cases**: recorded runs that it reproduces, output and every gradient (optimizers: parameters after each step, of those that
PyTorch 1.13 lacks as published); – where PyTorch computes nothing of the kind, or the member only holds others. **js, cpu:…**: the
whole suite of the member passes there: shapes, state names, modes, saved state, gradients, leaks. **gradient**: compared with
PyTorch's, or shown to reach every parameter; – where there is nothing to differentiate.

${tables.join('\n')}`;
}

if (process.argv[1] === join(root, 'tools/catalogue.mjs')) writeFileSync(PAGE, page(collect(runSuites())));
