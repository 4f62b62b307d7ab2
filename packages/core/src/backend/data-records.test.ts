// SPDX-License-Identifier: Apache-2.0
// Tests of what tfjs' engine notes of data ids: in the ids that are ours, in its own table for all others.

import { DataRecordsInIds } from './data-records.ts';
import { devices, useDevice } from '@nabla/testing';

import { valueAndGrad } from '../autodiff.ts';
import { setDevice } from '../device.ts';
import { memory } from '../memory.ts';
import { add } from '../ops/add.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import {
  type Tensor,
  backend,
  clone,
  engine,
  matMul,
  mul,
  ones,
  reshape,
  square,
  sum,
  tensor1d,
  zeros,
} from '../tf.ts';
import { Storage, StorageId, StorageList } from './storage.ts';

const DISPOSED = expect.objectContaining({ code: 'DISPOSED', message: expect.stringContaining('keep()') });

describe('DataRecordsInIds', () => {
  it('does what the map does that it takes the place of', () => {
    const others = new WeakMap();
    const records = new DataRecordsInIds(others);
    const record = { backend: backend(), bytes: 4, dtype: 'float32' as const, shape: [1] };
    for (const id of [new StorageId(new Storage(new StorageList())), { id: 7 }]) {
      expect([records.has(id), records.delete(id)]).toEqual([false, false]);
      expect(() => records.get(id)).toThrow(DISPOSED);
      expect(records.set(id, record)).toBe(records);
      expect([records.has(id), records.get(id)]).toEqual([true, record]);
      expect(others.has(id)).toBe(!(id instanceof StorageId));
      expect([records.delete(id), records.has(id), records.delete(id)]).toEqual([true, false, false]);
    }
  });
});

describe.each(devices())('tensors on %s', (device) => {
  useDevice(device);

  it('are counted until they are freed, on whatever device they end', () => {
    const { tensors, bytes } = memory();
    const x = tensor1d([1, 2, 3]);
    const { dataId } = x;
    expect(engine().state.tensorInfo.get(dataId)).toMatchObject({ bytes: 12, dtype: 'float32', shape: [3] });
    setDevice('js');
    expect([...x.add(1).dataSync()]).toEqual([2, 3, 4]);
    expect(engine().state.tensorInfo.get(dataId)?.backend).toBe(backend()); // it has moved
    x.dispose();
    expect(engine().state.tensorInfo.has(dataId)).toBe(false);
    expect(memory().tensors - tensors).toBe(1); // the sum
    expect(memory().bytes - bytes).toBe(12);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ['add', (x) => add(x, 1)],
    ['mul', (x) => mul(x, x)],
    ['matMul', (x) => matMul(x, x)],
    ['reshape', (x) => reshape(x, [4])],
    ['clone', (x) => clone(x)],
    ['layerNorm', (x) => layerNorm(x, ones([2]), zeros([2]))],
    ['valueAndGrad', (x) => valueAndGrad(() => sum(square(x)), [x]).value],
  ])('say that they were freed where %s uses them', (_, use) => {
    const x = square(ones([2, 2]));
    x.dispose();
    expect(() => use(x)).toThrow(DISPOSED);
  });
});
