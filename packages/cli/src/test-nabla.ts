// SPDX-License-Identifier: Apache-2.0
// What the tests of the commands share: a command run in this process, in a folder of its own, and quick trainings.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { setDevice } from '@nabla/core';
import type { TrainingEvent } from '@nabla/models';

import { runCommandLine } from './command-line.ts';
import type { Output } from './output.ts';

export interface Ran {
  readonly status: number;
  /** stdout. */
  readonly result: string;
  /** stderr. */
  readonly notes: string;
}

/** Runs a command without a terminal. */
export function nabla(...words: string[]): Promise<Ran> {
  return nablaReading(Readable.from([]), ...words);
}

/** The same, with something on stdin. */
export async function nablaReading(input: Readable, ...words: string[]): Promise<Ran> {
  let [result, notes] = ['', ''];
  const output: Output = {
    result: (line) => void (result += `${line}\n`),
    note: (line) => void (notes += `${line}\n`),
    piece: (text) => void (result += text),
    terminal: undefined,
  };
  const status = await runCommandLine(words, output, input);
  return { status, result, notes };
}

/** Runs the tests of a file in a folder of their own, with a small text and a small table. */
export function useFolder(): void {
  const here = process.cwd();
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nabla-cli-'));
    process.chdir(folder);
    writeFileSync('abc.txt', 'abcdefgh'.repeat(150));
    const rows = Array.from({ length: 40 }, (_, i) =>
      i % 2 === 0 ? `${9 + i / 100},0,snake` : `${1 - i / 100},4,cat`,
    );
    writeFileSync('animals.csv', ['length,legs,animal', ...rows].join('\n'));
  });
  afterAll(() => {
    process.chdir(here);
    rmSync(folder, { recursive: true });
    setDevice('auto');
  });
}

/** Options with which fnn trains in no time. */
export const QUICK: readonly string[] = [
  ...['--device', 'js', '--set', 'hidden=[4]', '--set', 'checkpointEvery=4', '--set', 'evaluateEvery=4'],
];

/** The same for the recipe transformer; the data come last. */
export const TINY: readonly string[] =
  '--set layers=1 --set heads=1 --set width=8 --set context=8 --set batchSize=4 --device js --data abc.txt'.split(' ');

let runs = 0;

/** Trains fnn quickly in a new folder. */
export async function trained(...words: string[]): Promise<Ran & { run: string }> {
  const run = `run-${++runs}`;
  return { ...(await nabla('train', 'fnn', ...QUICK, '--steps', '12', '--out', run, ...words)), run };
}

/** The events that were printed. */
export function events(result: string): TrainingEvent[] {
  const lines = result.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as TrainingEvent);
}
