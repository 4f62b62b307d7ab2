// SPDX-License-Identifier: Apache-2.0
// Fails where tensors or native memory stay behind: around one function, or after every test of a `describe`.

import {
  type Leak,
  type LeakReport,
  formatShape,
  memory,
  scope,
  scopeAsync,
  trackLeaks,
  trackLeaksAsync,
} from '@nabla/core';

// Under jest, the stack trace of every tensor makes a test ten times as slow: normally tensors are only counted.
const TRACKED = process.env['NABLA_TRACK_LEAKS'] === '1';

/** Runs `f` in a scope and throws when anything that it made is alive afterwards, naming shape, type and creating line. */
export function expectNoLeaks(f: () => void): void {
  const before = living();
  assertNone(trackLeaks(() => scope(f)).leaks);
  assertSame(before);
}

/**
 * Runs each test of the surrounding `describe` in a scope of its own, and fails it when something that it made is still
 * alive when the scope has ended: a variable, a kept tensor, native memory. With `NABLA_TRACK_LEAKS=1` in the environment
 * the failure names each tensor and the line that made it.
 */
export function watchLeaks(): void {
  let before: Living;
  let endTest: () => void;
  let ended: Promise<LeakReport<void>>;
  beforeEach(() => {
    before = living();
    const test = (): Promise<void> => scopeAsync(() => new Promise<void>((resolve) => (endTest = resolve)));
    ended = TRACKED ? trackLeaksAsync(test) : test().then((value) => ({ value, leaks: [] }));
  });
  afterEach(async () => {
    endTest();
    assertNone((await ended).leaks);
    assertSame(before);
  });
}

function assertNone(leaks: readonly Leak[]): void {
  if (leaks.length === 0) return;
  const lines = leaks.map(({ dtype, shape, madeAt }) => `  ${dtype} ${formatShape(shape)} made at ${madeAt}`);
  throw new Error(`${leaks.length} tensors are still alive:\n${lines.join('\n')}`);
}

/** What is alive, in numbers. */
interface Living {
  readonly tensors: number;
  readonly dataBuffers: number;
  /** Buffers and bytes of the addon; 0 without it. */
  readonly nativeBuffers: number;
  readonly nativeBytes: number;
}

function living(): Living {
  const { tensors, dataBuffers, native } = memory();
  return { tensors, dataBuffers, nativeBuffers: native?.buffers ?? 0, nativeBytes: native?.bytes ?? 0 };
}

/** Only growth is a leak: a test may dispose of what was made before it. */
function assertSame(before: Living): void {
  const after = living();
  const grown = (Object.keys(before) as (keyof Living)[]).filter((name) => after[name] > before[name]);
  if (grown.length === 0) return;
  const counts = grown.map((name) => `${name} ${before[name]} → ${after[name]}`).join(', ');
  throw new Error(`something is still alive: ${counts}. NABLA_TRACK_LEAKS=1 names each tensor and its creating line.`);
}
