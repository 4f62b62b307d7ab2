// SPDX-License-Identifier: Apache-2.0
// Tests of checkpoints: killed at any file operation, or on a full disk, a run still has a whole one.

import fs, { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Tensor, dispose, scopeAsync, tensor1d } from '@nabla/core';
import { useDevice } from '@nabla/testing';

import { type Checkpoint, loadCheckpoint, readWeights, saveCheckpoint } from './checkpoint.ts';

useDevice('js');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-checkpoint-'))));
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

/** A checkpoint all of whose parts tell the step. */
function checkpointOf(step: number): { model: Record<string, Tensor>; checkpoint: Checkpoint } {
  const loader = { batchSize: 1, sampler: { kind: 'SequentialSampler', length: 9, epoch: 0, position: step } };
  const trainer = {
    step,
    generator: { seed: 0, offset: step },
    loader,
    best: null,
    evaluationsSinceBest: 0,
    seconds: 1,
  };
  const values = (): Tensor => tensor1d([step, step + 0.5]);
  return {
    model: { weight: values() },
    checkpoint: { trainer, optimizer: { step, tensors: { 'firstMoment.0': values(), 'secondMoment.0': values() } } },
  };
}

async function save(step: number): Promise<void> {
  await scopeAsync(async () => {
    const { model, checkpoint } = checkpointOf(step);
    await saveCheckpoint(folder, model, checkpoint);
  });
}

/** The step of the checkpoint; fails unless all of its parts are of that step. Undefined where there is none. */
async function stepOf(): Promise<number | undefined> {
  const found = await loadCheckpoint(folder);
  if (found === undefined) return undefined;
  const { step } = found.trainer;
  expect(found.trainer.loader.sampler.position).toBe(step);
  expect(found.optimizer.step).toBe(step);
  const tensors = [found.model['weight'], ...Object.values(found.optimizer.tensors)];
  expect(tensors).toHaveLength(3);
  for (const tensor of tensors) expect(tensor).toBeCloseToTensor([step, step + 0.5]);
  dispose(found);
  return step;
}

/** Operations on files that may still happen; the next ones fail. */
let allowed: number;
/** Whether everything fails then, as after a kill; else only what needs room, as on a full disk. */
let dead: boolean;
const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });

function step(needsRoom = false): void {
  if ((dead || needsRoom) && --allowed < 0) throw dead ? new Error('killed') : full;
}

/** Puts every operation that saving uses behind {@link step}. A write that fails has written half; nothing waits for a disk. */
beforeEach(() => {
  [allowed, dead] = [Infinity, false];
  for (const name of ['openSync', 'renameSync', 'rmSync'] as const) guard(fs, name);
  for (const name of ['rename', 'rm'] as const) guard(promises, name);
  jest.spyOn(fs, 'fsyncSync').mockImplementation(() => step());

  const write = fs.writeFileSync;
  jest.spyOn(fs, 'writeFileSync').mockImplementation((file, data) => {
    const half = (data as string).slice(0, (data as string).length / 2);
    write(file, half);
    step(true);
    write(file, (data as string).slice(half.length));
  });
  const open = promises.open;
  jest.spyOn(promises, 'open').mockImplementation(async (...words) => {
    step();
    const handle = await open(...words);
    const writeBytes = handle.writeFile.bind(handle);
    jest.spyOn(handle, 'sync').mockImplementation(() => new Promise((resolve) => resolve(step())));
    jest.spyOn(handle, 'writeFile').mockImplementation(async (data) => {
      const bytes = data as Uint8Array;
      await writeBytes(bytes.subarray(0, bytes.length / 2));
      step(true);
      await writeBytes(bytes.subarray(bytes.length / 2));
    });
    return handle;
  });
});

function guard<Name extends string>(owner: Record<Name, (...words: never[]) => unknown>, name: Name): void {
  const original = owner[name] as (...words: unknown[]) => unknown;
  const guarded = (...words: unknown[]): unknown => {
    step();
    return original(...words);
  };
  jest.spyOn(owner as Record<string, (...words: unknown[]) => unknown>, name).mockImplementation(guarded);
}

describe('saveCheckpoint', () => {
  it('saves what loadCheckpoint reads, and replaces it', async () => {
    expect(await stepOf()).toBeUndefined();
    await save(1);
    expect(await stepOf()).toBe(1);
    await save(2);
    expect(await stepOf()).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(['model.safetensors', 'optimizer.safetensors', 'trainer.json']);
  });

  it.each([
    ['first', undefined],
    ['second', 1],
  ])('leaves the old or the new one, whole, when killed during the %s', async (_, before) => {
    const found = new Set<number | undefined>();
    for (let operations = 0; ; operations++) {
      rmSync(folder, { recursive: true });
      fs.mkdirSync(folder);
      if (before !== undefined) await save(before);
      [allowed, dead] = [operations, true];
      const ended = await save(2).then(
        () => 'saved',
        () => 'killed',
      );
      [allowed, dead] = [Infinity, false];
      if (ended === 'saved') break;
      found.add(await stepOf());
      await save(3); // and the run can go on from there
      expect(await stepOf()).toBe(3);
    }
    expect([...found]).toEqual([before, 2]); // first the old one, then, from one instant on, the new one
  });

  it('says that the disk is full, leaves the old one whole, and gives the room back', async () => {
    await save(1);
    for (let writes = 0; writes < 5; writes++) {
      allowed = writes;
      await expect(save(2)).rejects.toThrowCode(
        'CHECKPOINT',
        /^the checkpoint of step 2 could not be saved: .*ENOSPC: no space left on device, write\. .*An earlier one stays whole\. When this is mended: nabla train --resume /,
      );
      allowed = Infinity;
      expect(await stepOf()).toBe(1);
      expect(readdirSync(folder).filter((name) => name.endsWith('.next'))).toEqual([]);
    }
    await save(2);
    expect(await stepOf()).toBe(2);
  });
});

describe('loadCheckpoint', () => {
  it.each([
    ['broken', '{"step": 1', 'a file that is not JSON'],
    ['of something else', '{"step": -1}', 'a file whose step is wrong'],
  ])('names a trainer.json that is %s', async (_, content, message) => {
    await save(1);
    writeFileSync(join(folder, 'trainer.json'), content);
    await expect(loadCheckpoint(folder)).rejects.toThrowCode('RUN', new RegExp(`trainer.json.*${message}`));
  });

  it.each(['model.safetensors', 'optimizer.safetensors'])('names a broken or missing %s', async (name) => {
    await save(1);
    writeFileSync(join(folder, name), 'x');
    await expect(loadCheckpoint(folder)).rejects.toThrowCode('SAFETENSORS', new RegExp(name));
    rmSync(join(folder, name));
    await expect(loadCheckpoint(folder)).rejects.toThrowCode('SAFETENSORS', new RegExp(name));
  });
});

describe('readWeights', () => {
  it('changes nothing in a folder that another process may be writing', async () => {
    await save(1);
    writeFileSync(join(folder, 'commit.json'), '{}');
    writeFileSync(join(folder, 'model.safetensors.next'), 'of the next checkpoint');
    dispose(await readWeights(folder, 'last'));
    expect(existsSync(join(folder, 'commit.json'))).toBe(true);
  });

  it('says how to get weights where there are none', async () => {
    const message =
      /expected .*best\.safetensors to be the weights of a run, received no such file.*nabla train --resume/;
    await expect(readWeights(folder, 'best')).rejects.toThrowCode('RUN', message);
  });
});
