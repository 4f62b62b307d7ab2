// SPDX-License-Identifier: Apache-2.0
// Tests of the event log: what a killed and resumed run keeps of it.

import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EventLog } from './event-log.ts';
import type { TrainingEvent } from './events.ts';

const start = (step: number): TrainingEvent => {
  return { event: 'start', recipe: 'fnn', run: 'r', config: {}, device: 'js', parameters: 1, step, steps: 9 };
};
const step = (number: number): TrainingEvent => {
  return { event: 'step', step: number, loss: 1 / number, learningRate: 0.1, gradientNorm: 1, samplesPerSecond: 5 };
};
const interrupt: TrainingEvent = { event: 'interrupt', step: 3, run: 'r' };

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-events-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function write(...events: TrainingEvent[]): void {
  const log = new EventLog(folder);
  for (const event of events) log.append(event);
}

describe('EventLog', () => {
  it('keeps one object a line, in order', () => {
    write(start(0), step(1), step(2));
    expect(EventLog.read(folder)).toEqual([start(0), step(1), step(2)]);
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8').split('\n')).toHaveLength(4);
  });

  it('is empty for a run without events', () => expect(EventLog.read(folder)).toEqual([]));

  it('forgets what came after the checkpoint', () => {
    write(start(0), step(1), step(2), step(3), interrupt);
    new EventLog(folder, 2).append(start(2));
    expect(EventLog.read(folder)).toEqual([start(0), step(1), step(2), start(2)]);
  });

  it('forgets everything where there is no checkpoint', () => {
    write(start(0), step(1));
    new EventLog(folder, 0).append(start(0));
    expect(EventLog.read(folder)).toEqual([start(0)]);
  });

  it('survives a line that was cut off by a kill, and lines of something else', () => {
    write(start(0), step(1));
    appendFileSync(join(folder, 'events.jsonl'), 'null\n[1]\n{"event":"step","st');
    expect(EventLog.read(folder)).toEqual([start(0), step(1)]);
    new EventLog(folder, 1).append(step(2));
    expect(EventLog.read(folder)).toEqual([start(0), step(1), step(2)]);
  });
});
