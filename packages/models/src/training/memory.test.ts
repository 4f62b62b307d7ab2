// SPDX-License-Identifier: Apache-2.0
// Tests that training takes no more memory however long it goes on.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { memory } from '@nabla/core';
import { resolveDataset } from '@nabla/data';
import { devices, useDevice } from '@nabla/testing';

import type { TrainingEvent } from './events.ts';
import { startRun } from './run.ts';

// The steps that count are those after engines, caches and buffers have found their size.
const [STEPS, WARM] = [2000, 500];
const RESIDENT_GROWTH = 16e6; // bytes: what garbage collection and the allocator leave to chance

interface Taken {
  readonly tensors: number;
  readonly dataBuffers: number;
  readonly native: number;
  readonly resident: number;
}

function taken(): Taken {
  const { tensors, dataBuffers, native } = memory();
  return { tensors, dataBuffers, native: native?.bytes ?? 0, resident: process.memoryUsage.rss() };
}

describe.each(devices().slice(0, 2))('2,000 steps on %s', (device) => {
  useDevice(device);

  it('leave no tensor, no native bytes and no resident memory behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nabla-memory-'));
    const samples: Taken[] = [];
    const emit = (event: TrainingEvent): void => {
      if (event.event === 'step' && event.step >= WARM) samples.push(taken());
    };
    const often = { logEvery: 100, evaluateEvery: 100, checkpointEvery: 500 };
    const overrides = [{ ...often, steps: STEPS, hidden: [16], dropout: 0.1, accumulate: 1, batchSize: 16 }];
    await startRun({ recipe: 'fnn', folder: join(folder, 'run'), overrides, emit, resolveData: resolveDataset });
    rmSync(folder, { recursive: true });

    const [first] = samples;
    expect(samples.length).toBeGreaterThan(10);
    expect(samples.map(({ tensors }) => tensors)).toEqual(samples.map(() => first?.tensors));
    expect(samples.map(({ dataBuffers }) => dataBuffers)).toEqual(samples.map(() => first?.dataBuffers));
    expect(samples.map(({ native }) => native)).toEqual(samples.map(() => first?.native));
    const resident = samples.map((sample) => sample.resident);
    const later = resident.slice(resident.length / 2);
    expect(Math.min(...later) - Math.min(...resident.slice(0, resident.length / 2))).toBeLessThan(RESIDENT_GROWTH);
  });
});
