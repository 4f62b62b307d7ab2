// SPDX-License-Identifier: Apache-2.0
// Tests of the built command as a process of its own: killed, interrupted, without the addon, read by `head`.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { cpuTargets } from '@nabla/core';
import type { TrainingEvent } from '@nabla/models';

const COMMAND = join(__dirname, '../bin/nabla.js');

let folder: string;
beforeAll(() => {
  if (!existsSync(join(__dirname, '../dist/main.js'))) throw new Error('the packages are not built: npm run build');
  folder = mkdtempSync(join(tmpdir(), 'nabla-process-'));
  writeFileSync(
    join(folder, 'input.txt'),
    Array.from({ length: 5000 }, (_, i) => 'hello, world '[(i * i) % 13]).join(''),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param watch is called with everything printed so far, whenever there is more */
function nabla(
  words: readonly string[],
  environment = {},
  watch?: (stdout: string, child: ChildProcess, stderr: string) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [COMMAND, ...words], {
    cwd: folder,
    env: { ...process.env, NABLA_THREADS: '1', ...environment },
  });
  let [stdout, stderr] = ['', ''];
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
    watch?.(stdout, child, stderr);
  });
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
    watch?.(stdout, child, stderr);
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })));
}

const SMALL = 'layers=1 heads=2 width=16 context=16 batchSize=4 dropout=0.1 logEvery=1 checkpointEvery=7'.split(' ');
const TRAIN = [
  'train',
  'transformer',
  '--data',
  'input.txt',
  '--seed',
  '5',
  '--json',
  ...SMALL.flatMap((option) => ['--set', option]),
];

/** Sends a signal when a step has been printed. */
function signalAt(step: number, signal: NodeJS.Signals): (stdout: string, child: ChildProcess) => void {
  let sent = false;
  return (stdout, child) => {
    if (sent || !stdout.includes(`{"event":"step","step":${step},`)) return;
    sent = true;
    child.kill(signal);
  };
}

function lastEvent(stdout: string): TrainingEvent {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as TrainingEvent;
}

const bytesOf = (run: string): string => readFileSync(join(folder, run, 'model.safetensors')).toString('base64');

describe.each(cpuTargets().length > 0 ? ['js', 'cpu'] : ['js'])('on device %s', (device) => {
  const words = [...TRAIN, '--steps', '30', '--device', device];
  const whole = `whole-${device}`;
  beforeAll(async () => {
    const { status, stdout } = await nabla([...words, '--out', whole]);
    expect(status).toBe(0);
    expect(lastEvent(stdout)).toMatchObject({ event: 'end', steps: 30 });
  });

  it('a run that is killed with -9 and resumed ends byte for byte as the uninterrupted one', async () => {
    const run = `killed-${device}`;
    for (const [i, step] of [3, 11, 24].entries()) {
      const begin = i === 0 ? [...words, '--out', run] : ['train', '--resume', run, '--json'];
      expect((await nabla(begin, {}, signalAt(step, 'SIGKILL'))).status).toBeNull();
    }
    expect(await nabla(['train', '--resume', run])).toMatchObject({ status: 0 });
    expect(bytesOf(run)).toBe(bytesOf(whole));
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'a run that gets %s saves a checkpoint and says how to go on',
    async (signal) => {
      const run = `${signal}-${device}`;
      const { status, stdout, stderr } = await nabla([...words, '--out', run], {}, signalAt(10, signal));
      expect(status).toBe(130);
      expect(stderr).toContain('Saving a checkpoint … (Ctrl-C again: stop at once)');
      const last = lastEvent(stdout);
      expect(last).toMatchObject({ event: 'interrupt', run });
      const resumed = await nabla(['train', '--resume', run, '--json']);
      expect(resumed.stdout).toMatch(
        new RegExp(`^{"event":"start".*"step":${'step' in last ? last.step : ''},"steps":30}`),
      );
      expect(bytesOf(run)).toBe(bytesOf(whole));
    },
  );

  it('text that is written stops at Ctrl-C, with a line break', async () => {
    let sent = false;
    const words = ['generate', whole, '--prompt', 'hello', '--tokens', '1000000', '--device', device];
    const { status, stdout, stderr } = await nabla(words, {}, (text, child) => {
      if (text.length < 10 || sent) return;
      sent = child.kill('SIGINT');
    });
    expect(status).toBe(130);
    expect(stdout).toMatch(/^hello[helo, wrd]{5,}\n$/);
    expect(stderr).toMatch(/^device .*\n$/); // and nothing else
  });

  it('a server answers until it is stopped', async () => {
    let asked: Promise<unknown> | undefined;
    const words = ['serve', whole, '--port', '0', '--device', device];
    const { status } = await nabla(words, {}, (_, child, notes) => {
      const [address] = /http:\S+/.exec(notes) ?? [];
      if (address === undefined || asked !== undefined) return;
      asked = fetch(`${address}/models`)
        .then((response) => response.json())
        .finally(() => child.kill('SIGINT'));
    });
    expect(status).toBe(0);
    expect(await asked).toMatchObject({ data: [{ id: whole }] });
  });
});

it('without the addon device js is taken, and cpu says what to do', async () => {
  const environment = { NABLA_NATIVE: '0' };
  const { status, stdout, stderr } = await nabla([...TRAIN, '--steps', '2', '--out', 'pure'], environment);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^device js: pure TypeScript, one thread; .*NABLA_NATIVE/);
  expect(lastEvent(stdout)).toMatchObject({ event: 'end', steps: 2 });
  const refused = await nabla([...TRAIN, '--device', 'cpu'], environment);
  expect(refused.status).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({ event: 'error', code: 'DEVICE' });
  expect((await nabla(['doctor'], environment)).stdout).toMatch(/✘ cpu .*NABLA_NATIVE.*\n(.*\n)*auto takes +js/);
});

it('ends quietly when nobody reads its output any more', async () => {
  const { status, stderr } = await nabla([...TRAIN, '--steps', '2000', '--out', 'unread'], {}, (_, child) =>
    child.stdout?.destroy(),
  );
  expect(status).toBe(0);
  expect(stderr).not.toMatch(/EPIPE|Error/);
});
