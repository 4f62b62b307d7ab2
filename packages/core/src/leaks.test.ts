// SPDX-License-Identifier: Apache-2.0
// Tests of the leak report.

import { setDevice } from './index.ts';
import { trackLeaks, trackLeaksAsync } from './leaks.ts';
import { dispose, scope } from './memory.ts';
import { add, engine, mul, scalar, tensor, tensor1d, variable, zeros } from './tf.ts';

beforeAll(() => {
  setDevice('js');
});

describe('trackLeaks', () => {
  it('names shape, type, bytes and the line', () => {
    const left: object[] = [];
    const { leaks } = trackLeaks(() => {
      const x = zeros([2, 3]);
      const y = tensor([true, false]);
      left.push(x, y);
      scope(() => add(x, 1).shape);
    });
    const madeAt = expect.stringMatching(/leaks\.test\.ts:\d+:\d+$/);
    expect(leaks).toEqual([
      { shape: [2, 3], dtype: 'float32', bytes: 24, madeAt },
      { shape: [2], dtype: 'bool', bytes: 2, madeAt },
    ]);
    const [first, second] = leaks.map((leak) => Number(leak.madeAt.split(':').at(-2)));
    expect(second).toBe(first + 1); // consecutive lines above
    dispose(left);
  });

  it('hands over what is returned and leaves out what was there before', () => {
    const before = zeros([2]);
    const { value, leaks } = trackLeaks(() => ({ result: mul(before, 2) }));
    expect(leaks).toEqual([]);
    expect(value.result.isDisposed).toBe(false);
    dispose(before, value);
  });

  it('follows variables through assignments', () => {
    const parameter = variable(scalar(1));
    const { leaks } = trackLeaks(() => scope(() => parameter.assign(scalar(2))));
    expect(leaks).toHaveLength(1); // the variable's own value, made inside
    const nothing = trackLeaks(() => variable(scalar(1)).dispose());
    expect(nothing.leaks).toHaveLength(1); // the initial value, which a variable does not own
    parameter.dispose();
  });

  it('works for functions that await, several at once', async () => {
    const left: object[] = [];
    const track = (length: number): Promise<{ leaks: readonly { shape: readonly number[] }[] }> =>
      trackLeaksAsync(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        left.push(zeros([length]));
        if (length === 1) dispose(left);
      });
    const [one, two] = await Promise.all([track(1), track(2)]);
    expect(one.leaks.map(({ shape }) => shape)).toEqual([]);
    expect(two.leaks.map(({ shape }) => shape)).toEqual([[2]]);
    dispose(left);
  });

  it('leaves the engine as it was, also after an error', async () => {
    expect(() =>
      trackLeaks(() => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    await expect(trackLeaksAsync(() => Promise.reject(new Error('stop')))).rejects.toThrow('stop');
    expect(() => trackLeaks(() => Promise.resolve())).toThrow(expect.objectContaining({ code: 'ASYNC' }));
    expect(Object.keys(engine())).not.toContain('trackTensor');
    expect(Object.keys(engine())).not.toContain('disposeTensor');
    expect(trackLeaks(() => tensor1d([1]).dispose()).leaks).toEqual([]);
  });
});
