// SPDX-License-Identifier: Apache-2.0
// Tests of ctcLoss on every device.

import {
  checkGolden,
  checkGradient,
  devices,
  golden,
  randomIntegers,
  randomTensor,
  tolerance,
  useDevice,
} from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { dispose } from '../memory.ts';
import { type Tensor, add, logSoftmax, sum, tensor, tensor1d, tensor2d, variable, zeros } from '../tf.ts';
import { type CtcLossOptions, ctcLoss, plainCtcLoss } from './ctc-loss.ts';

const ints = (...values: number[]): Tensor => tensor1d(values, 'int32');
const labels = (rows: number[][]): Tensor => tensor2d(rows, [rows.length, rows[0].length], 'int32');

/** Three examples of up to four steps and two labels among three classes: possible, but for the repeated 2 just so. */
const targets = (): Tensor => labels([[1, 2], [2, 2], [1, 9]]); // prettier-ignore
const fixed = (op: typeof ctcLoss, options?: CtcLossOptions) => (x: Tensor) =>
  op(x, targets(), ints(4, 3, 2), ints(2, 2, 1), options);

describe.each(devices())('ctcLoss on %s', (device) => {
  useDevice(device);

  it.each(['mean', 'sum', 'none'] as const)('has value and gradient of its formula, reduced by %s', (reduction) => {
    const x = randomTensor([3, 4, 3], { seed: 1, low: -3, high: 0 });
    checkGradient(fixed(ctcLoss, { reduction }), [x], { seed: 2, plain: fixed(plainCtcLoss, { reduction }) });
  });

  it('has value and gradient of its formula with another blank, and for an empty target', () => {
    const x = randomTensor([2, 3, 4], { seed: 3, low: -3, high: 0 });
    const f = (op: typeof ctcLoss) => (logs: Tensor) =>
      op(logs, labels([[0, 1], [0, 0]]), ints(3, 2), ints(2, 0), { blank: 2 }); // prettier-ignore
    checkGradient(f(ctcLoss), [x], { seed: 4, plain: f(plainCtcLoss) });
  });

  it.each(golden('ctc_loss').cases)('equals PyTorch: $name', (recorded) => {
    checkGolden(recorded, ({ logits, targets: labels, inputLengths, targetLengths }) =>
      ctcLoss(logSoftmax(logits), labels, inputLengths, targetLengths, recorded.options),
    );
  });

  it('is infinite where no path fits, and 0 with zeroInfinity', () => {
    using x = variable(zeros([2, 2, 3]));
    const losses = (zeroInfinity: boolean): Tensor =>
      ctcLoss(x, labels([[1, 1], [1, 2]]), ints(2, 2), ints(2, 2), { zeroInfinity, reduction: 'none' }); // prettier-ignore
    expect(losses(false)).toBeCloseToTensor([Infinity, 0]);
    expect(losses(true)).toBeCloseToTensor([0, 0]);
    const { gradients } = valueAndGrad(() => sum(losses(true)), [x]);
    const second = [[0, -1, 0], [0, 0, -1]]; // prettier-ignore
    expect(gradients[0]).toBeCloseToTensor([zeros([2, 3]).arraySync(), second]);
  });

  it('takes classes without hope, no steps and no examples', () => {
    const impossible = tensor([[[-Infinity, 0, -Infinity], [0, -Infinity, -Infinity]]], [1, 2, 3]); // prettier-ignore
    using x = variable(impossible);
    const { value, gradients } = valueAndGrad(() => ctcLoss(x, labels([[1]]), ints(2), ints(1)), [x]);
    expect(value).toBeCloseToTensor(0);
    expect(gradients[0]).toBeCloseToTensor([[[0, -1, 0], [-1, 0, 0]]]); // prettier-ignore
    const none = ctcLoss(zeros([2, 0, 3]), labels([[1], [1]]), ints(0, 0), ints(0, 1), { reduction: 'none' });
    expect(none).toBeCloseToTensor([0, Infinity]);
    const empty = ctcLoss(zeros([0, 4, 3]), zeros([0, 2], 'int32'), ints(), ints(), { reduction: 'none' });
    expect(empty.shape).toEqual([0]);
  });

  it('is NaN for an example with NaN alone', () => {
    const x = add(randomTensor([3, 4, 3], { seed: 1 }), tensor([0, NaN, 0], [3, 1, 1]));
    const found = [...fixed(ctcLoss, { reduction: 'none' })(x).dataSync()];
    expect(found.map((loss) => Number.isNaN(loss))).toEqual([false, true, false]);
  });

  it('names a length or a label out of range', () => {
    const [x, ok] = [zeros([2, 4, 3]), labels([[1, 2], [1, 9]])]; // prettier-ignore
    const message = (text: string): RegExp => new RegExp(`^ctcLoss: expected ${text} in row 1\\.$`);
    expect(() => ctcLoss(x, ok, ints(4, 5), ints(2, 1))).toThrowCode(
      'DATA',
      message('inputLengths from 0 to 4, received 5'),
    );
    expect(() => ctcLoss(x, ok, ints(4, 4), ints(2, -1))).toThrowCode(
      'DATA',
      message('targetLengths from 0 to 2, received -1'),
    );
    expect(() => ctcLoss(x, ok, ints(4, 4), ints(2, 2))).toThrowCode(
      'DATA',
      message('targets from 0 to 2, received 9'),
    );
  });

  it('refuses other shapes, element types and options', () => {
    const [x, y, n] = [zeros([2, 4, 3]), zeros([2, 2], 'int32'), ints(2, 2)];
    expect(() => ctcLoss(zeros([4, 3]), y, n, n)).toThrowCode('RANK', /logProbabilities/);
    expect(() => ctcLoss(x, ints(1, 1), n, n)).toThrowCode('SHAPE', /targets of shape \[2, length\]/);
    expect(() => ctcLoss(x, y, ints(2), n)).toThrowCode('SHAPE', /inputLengths of shape \[2\]/);
    expect(() => ctcLoss(x, y, n, ints(2))).toThrowCode('SHAPE', /targetLengths of shape \[2\]/);
    expect(() => ctcLoss(zeros([2, 4, 3], 'int32'), y, n, n)).toThrowCode('DTYPE', /logProbabilities/);
    expect(() => ctcLoss(x, zeros([2, 2]), n, n)).toThrowCode('DTYPE', /targets/);
    expect(() => ctcLoss(x, y, zeros([2]), n)).toThrowCode('DTYPE', /inputLengths/);
    expect(() => ctcLoss(x, y, n, n, { blank: 3 })).toThrowCode('ARGUMENT', /blank to be an integer >= 0 and <= 2/);
    expect(() => ctcLoss(x, y, n, n, { reduction: 'average' as 'mean' })).toThrowCode('ARGUMENT', /reduction/);
    expect(() => ctcLoss(x, y, n, n, { zeroInfinity: 1 as never })).toThrowCode('ARGUMENT', /zeroInfinity/);
    expect(() => ctcLoss(x, y, n, n, { zero: true } as object)).toThrowCode('OPTION', /zeroInfinity/);
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const x = variable(logSoftmax(randomTensor([33, 20, 17], { seed: 5 })));
    const [y, steps, lengths] = [
      randomIntegers([33, 6], 17, { seed: 6 }),
      ints(...new Array<number>(33).fill(20)),
      ints(...new Array<number>(33).fill(6)),
    ];
    const gradients = (count: number): Tensor[] => {
      setThreads(count);
      return valueAndGrad(() => ctcLoss(x, y, steps, lengths), [x]).gradients;
    };
    try {
      const alone = gradients(1);
      expect(gradients(4)[0]).toBeCloseToTensor(alone[0], tolerance('exact'));
    } finally {
      setThreads(threads);
      dispose(x);
    }
  });
});
