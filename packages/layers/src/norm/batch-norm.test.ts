// SPDX-License-Identifier: Apache-2.0
// What only batch normalization has: training that moves its buffers, and a state with an integer.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { dispose, ones, readSafetensors, scope } from '@nabla/core';
import { checkTrainingSteps, devices, fromRecord, golden, tolerance, useDevice } from '@nabla/testing';

import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batch-norm.ts';

const LAYERS = [BatchNorm1d, BatchNorm1d, BatchNorm2d, BatchNorm3d];

/** A file as PyTorch's safetensors writes the state of `BatchNorm2d(2)`: the count of batches has 64 bits. */
function publishedState(): Buffer {
  const floats = { weight: [2, 3], bias: [4, 5], running_mean: [6, 7], running_var: [8, 9] };
  const entries = Object.keys(floats).map((name, i) => {
    return [name, { dtype: 'F32', shape: [2], data_offsets: [8 * i, 8 * i + 8] }];
  });
  const tracked = { dtype: 'I64', shape: [], data_offsets: [32, 40] };
  const header = JSON.stringify(Object.fromEntries([...entries, ['num_batches_tracked', tracked]]));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const data = Buffer.from(Float32Array.from(Object.values(floats).flat()).buffer);
  return Buffer.concat([length, Buffer.from(header), data, Buffer.from(BigInt64Array.of(11n).buffer)]);
}

describe.each(devices())('BatchNorm on %s', (device) => {
  useDevice(device);

  it.each(golden('batch_norm_training').cases)('trains as in PyTorch: $name', (recorded) => {
    const { channels, axes, ...options } = recorded.options;
    const layer = new LAYERS[axes](channels, options);
    scope(() => layer.loadStateDict(fromRecord(recorded.state)));
    checkTrainingSteps(layer, recorded);
    expect(Object.keys(layer.stateDict())).toEqual(Object.keys(recorded.state));
    layer.dispose();
  });

  it('takes the state of a file that counts batches with 64 bits, strictly', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nabla-'));
    const layer = new BatchNorm2d(2);
    try {
      const file = join(folder, 'model.safetensors');
      await writeFile(file, publishedState());
      const { tensors } = await readSafetensors(file);
      layer.loadStateDict(tensors);
      dispose(Object.values(tensors));
      expect(layer.running_var).toBeCloseToTensor([8, 9], tolerance('exact'));
      expect(layer.num_batches_tracked).toBeCloseToTensor(11, tolerance('exact'));
      expect(layer.num_batches_tracked?.dtype).toBe('int32');
    } finally {
      layer.dispose();
      await rm(folder, { recursive: true });
    }
  });

  it('leaves its buffers alone in evaluation', () => {
    const layer = new BatchNorm1d(2).eval();
    layer.forward(ones([3, 2]));
    expect(layer.running_mean).toBeCloseToTensor([0, 0], tolerance('exact'));
    expect(layer.num_batches_tracked).toBeCloseToTensor(0, tolerance('exact'));
    layer.dispose();
  });

  it('names what is wrong with an option or an input', () => {
    expect(() => new BatchNorm2d(0)).toThrowCode('ARGUMENT', /BatchNorm2d: expected channels/);
    expect(() => new BatchNorm2d(2, { epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon/);
    expect(() => new BatchNorm2d(2, { momentum: 2 })).toThrowCode('ARGUMENT', /momentum/);
    expect(() => new BatchNorm2d(2, { affine: 1 as never })).toThrowCode('ARGUMENT', /affine/);
    expect(() => new BatchNorm2d(2, { trackRunningStatistics: 1 as never })).toThrowCode('ARGUMENT', /trackRunning/);
    expect(() => new BatchNorm2d(2, { eps: 1 } as object)).toThrowCode('OPTION', /epsilon/);
    const layers = [new BatchNorm1d(2), new BatchNorm2d(2), new BatchNorm3d(2)];
    const [one, two, three] = layers;
    expect(() => one.forward(ones([2, 3, 4, 2]))).toThrowCode('RANK', /BatchNorm1d: expected x/);
    expect(() => two.forward(ones([2, 3, 2]))).toThrowCode('RANK', /BatchNorm2d: expected x/);
    expect(() => three.forward(ones([2, 3, 2]))).toThrowCode('RANK', /BatchNorm3d: expected x/);
    expect(() => two.forward(ones([2, 3, 3, 5]))).toThrowCode('SHAPE', /BatchNorm2d: expected x of shape .*2\]/);
    expect(() => one.forward(ones([1, 2]))).toThrowCode('VALUES', /more than one value.*eval\(\)/);
    for (const layer of layers) layer.dispose();
  });
});
