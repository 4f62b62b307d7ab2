// SPDX-License-Identifier: Apache-2.0
// Tests of the matchers: what passes, what fails, and what a failure says.

import { ShapeError, tensor } from '@nabla/core';
import { devices, useDevice } from './devices.ts';
import './matchers.ts';
import { type Expected } from './tensor-values.ts';
import { tolerance } from './tolerances.ts';

/** The message of a matcher that must fail. */
function failure(f: () => void): string {
  try {
    f();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing failed');
}

describe.each(devices())('toBeCloseToTensor on %s', (device) => {
  useDevice(device);

  it('takes a tensor, recorded values, nested lists and typed arrays', () => {
    const expected: Expected[] = [
      tensor([
        [1, 2],
        [3, 4],
      ]),
      { shape: [2, 2], dtype: 'float32', values: [1, 2, 3, 4] },
      [
        [1, 2],
        [3, 4],
      ],
      Float32Array.of(1, 2, 3, 4),
    ];
    for (const each of expected)
      expect(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ).toBeCloseToTensor(each);
    expect(tensor([1, 2], [2], 'int32')).toBeCloseToTensor(Int32Array.of(1, 2));
    expect(tensor([true, false])).toBeCloseToTensor([true, false]);
    expect(tensor(5)).toBeCloseToTensor(5);
    expect(tensor([], [0, 3])).toBeCloseToTensor({ shape: [0, 3], dtype: 'float32', values: [] });
  });

  it('compares shape and element type before any number', () => {
    const x = tensor([[1, 2, 3]]);
    expect(failure(() => expect(x).toBeCloseToTensor([1, 2, 3]))).toContain('expected shape [3], received [1, 3]');
    expect(failure(() => expect(x).toBeCloseToTensor(Int32Array.of(1, 2, 3)))).toContain(
      'dtype int32, received float32',
    );
    expect(failure(() => expect(x).toBeCloseToTensor(Float32Array.of(1, 2)))).toContain('2 elements, received 3');
    expect(failure(() => expect([1]).toBeCloseToTensor([1]))).toContain('expected a tensor, received object');
  });

  it('prints how many differ, where, by how much, and on which device', () => {
    const message = failure(() =>
      expect(
        tensor([
          [1, 2.5],
          [NaN, 4],
        ]),
      ).toBeCloseToTensor([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(message.split('\n')).toEqual([
      `toBeCloseToTensor: 2 of 4 elements differ: float32 [2, 2], device ${device}, ` +
        'tolerance 4.77e-7 + 4.77e-7 × |expected|',
      '  index   received  expected  absolute  relative',
      '  [1, 0]  NaN       3         Infinity  Infinity',
      '  [0, 1]  2.5       2         5.00e-1   2.50e-1',
    ]);
  });

  it('takes NaN for NaN and wants infinities of the same sign', () => {
    const x = tensor([NaN, Infinity, -Infinity]);
    expect(x).toBeCloseToTensor([NaN, Infinity, -Infinity], tolerance('exact'));
    expect(x).not.toBeCloseToTensor([NaN, -Infinity, -Infinity]);
    expect(x).not.toBeCloseToTensor([0, Infinity, -Infinity]);
  });

  it('is exact with tolerance 0', () => {
    expect(tensor([1 + 2 ** -23])).toBeCloseToTensor([1]);
    expect(tensor([1 + 2 ** -23])).not.toBeCloseToTensor([1], tolerance('exact'));
    expect(failure(() => expect(tensor([1])).not.toBeCloseToTensor([1]))).toContain('all 1 elements agree');
  });
});

describe('toThrowCode', () => {
  const refuse = (): never => {
    throw new ShapeError({ op: 'add', argument: 'b', expected: '[2]', received: [3] });
  };

  it('passes for the code, and for a message that matches', () => {
    expect(refuse).toThrowCode('SHAPE');
    expect(refuse).toThrowCode('SHAPE', /add: expected b/);
    expect(refuse).not.toThrowCode('DTYPE');
  });

  it('works for promises', async () => {
    await expect(Promise.resolve().then(refuse)).rejects.toThrowCode('SHAPE');
    await expect(async () => Promise.resolve().then(refuse)).rejects.toThrowCode('SHAPE', /received \[3\]/);
  });

  it('says what came instead', () => {
    const foreign = (): never => {
      throw new TypeError('broken');
    };
    expect(failure(() => expect(refuse).toThrowCode('DTYPE'))).toContain(
      'received ShapeError with code SHAPE: add: expected b',
    );
    expect(failure(() => expect(refuse).toThrowCode('SHAPE', /weight/))).toContain('message that matches /weight/');
    expect(failure(() => expect(foreign).toThrowCode('SHAPE'))).toContain('TypeError: broken');
    expect(failure(() => expect(() => 1).toThrowCode('SHAPE'))).toContain('nothing was thrown');
    expect(failure(() => expect(refuse).not.toThrowCode('SHAPE'))).toContain('anything but');
    expect(failure(() => expect('text').toThrowCode('SHAPE'))).toContain('expect a function');
  });
});
