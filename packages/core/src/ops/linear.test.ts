// SPDX-License-Identifier: Apache-2.0
// Tests of the linear map on every device.

import { checkGolden, checkGradient, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { nativeMemory, resetPeakMemory } from '../device.ts';
import { memory, scope } from '../memory.ts';
import { type Tensor, ones, sum, tensor1d, tensor2d, transpose, zeros } from '../tf.ts';
import { add } from './add.ts';
import { type LinearActivation, linear, plainLinear } from './linear.ts';
import { runKernel } from './run.ts';

const ACTIVATIONS: readonly LinearActivation[] = ['none', 'relu', 'sigmoid', 'tanh', 'gelu', 'geluTanh', 'silu'];
const SIZES = [
  [1, 1, 1],
  [1, 64, 100],
  [7, 3, 5],
  [13, 33, 17],
  [48, 128, 96],
  [100, 300, 65],
] as const;

describe.each(devices())('linear on %s', (device) => {
  useDevice(device);

  it.each(SIZES)('equals its formula for %i rows, %i inputs, %i outputs', (rows, inputs, outputs) => {
    const x = randomTensor([rows, inputs], { seed: 1 });
    const weight = randomTensor([outputs, inputs], { seed: 2 });
    const bias = randomTensor([outputs], { seed: 3 });
    expect(linear(x, weight, bias)).toBeCloseToTensor(plainLinear(x, weight, bias), tolerance('matmul', inputs));
    expect(linear(x, weight)).toBeCloseToTensor(plainLinear(x, weight), tolerance('matmul', inputs));
  });

  it.each(SIZES)('takes a weight whose inputs come first: %i rows, %i inputs, %i outputs', (rows, inputs, outputs) => {
    const x = randomTensor([rows, inputs], { seed: 1 });
    const weight = randomTensor([inputs, outputs], { seed: 2 });
    const bias = randomTensor([outputs], { seed: 3 });
    const mapped = linear(x, weight, bias, { inputsFirst: true });
    expect(mapped).toBeCloseToTensor(linear(x, transpose(weight), bias), tolerance('matmul', inputs));
    expect(mapped).toBeCloseToTensor(plainLinear(x, weight, bias, { inputsFirst: true }), tolerance('matmul', inputs));
  });

  it('keeps what goes into the activation only where a gradient may ask for it', () => {
    const [x, weight] = [randomTensor([64, 64], { seed: 1 }), randomTensor([64, 64], { seed: 2 })];
    const outputs = (isRecorded: boolean): number =>
      runKernel('NablaLinear', { x, weight }, { activation: 'gelu', isRecorded }).length;
    expect([outputs(true), outputs(false)]).toEqual([2, 1]);
    if (device === 'js') return;
    /** The bytes that the map takes beyond those in use. */
    const taken = (activation: LinearActivation): number => {
      resetPeakMemory();
      const before = nativeMemory()?.inUse ?? 0;
      linear(x, weight, undefined, { activation });
      return (nativeMemory()?.peak ?? 0) - before;
    };
    taken('none'); // what the product itself needs is there from now on
    expect(taken('gelu')).toBeGreaterThanOrEqual(64 * 64 * 4);
    expect(taken('gelu')).toBe(taken('none'));
  });

  it('holds on to what its gradient needs: not to a result that no activation follows', () => {
    const [x, weight] = [randomTensor([3, 4], { seed: 1 }), randomTensor([5, 4], { seed: 2 })];
    const held: number[] = [];
    valueAndGrad(() => {
      const shift = ones([3, 5]);
      const results = (['none', 'tanh', 'gelu'] as const).map((activation) => {
        const before = memory().dataBuffers;
        const result = scope(() => add(linear(x, weight, undefined, { activation }), shift));
        held.push(memory().dataBuffers - before - 1);
        return result;
      });
      return sum(add(add(results[0], results[1]), results[2]));
    }, [x, weight]);
    expect(held).toEqual([0, 1, 1]); // of tanh what comes out, of gelu what goes in
  });

  it.each(ACTIVATIONS)('has value and gradient of its formula with activation %s', (activation) => {
    const of = (op: typeof linear) => (x: Tensor, weight: Tensor, bias: Tensor) => op(x, weight, bias, { activation });
    checkGradient(of(linear), [[2, 3, 5], [7, 5], [7]], { plain: of(plainLinear), seed: 8 });
  });

  it.each(['none', 'gelu'] as const)(
    'has the gradient of its formula with inputs first and activation %s',
    (activation) => {
      const options = { activation, inputsFirst: true };
      const of = (op: typeof linear) => (x: Tensor, weight: Tensor, bias: Tensor) => op(x, weight, bias, options);
      checkGradient(of(linear), [[2, 3, 5], [5, 7], [7]], { plain: of(plainLinear), seed: 9 });
    },
  );

  it('has the gradient of its formula without bias', () => {
    const of = (op: typeof linear) => (x: Tensor, weight: Tensor) => op(x, weight);
    checkGradient(
      of(linear),
      [
        [9, 17],
        [33, 17],
      ],
      { plain: of(plainLinear), seed: 5 },
    );
  });

  it.each(golden('linear').cases)('equals PyTorch: $name', (testCase) => {
    const { activation } = testCase.options as { activation?: LinearActivation };
    checkGolden(testCase, ({ x }, { weight, bias }) => linear(x, weight, bias, { activation: activation ?? 'none' }));
  });

  it('maps empty batches and empty inputs', () => {
    expect(linear(zeros([0, 3]), zeros([2, 3]))).toBeCloseToTensor(zeros([0, 2]));
    expect(linear(zeros([2, 0]), zeros([2, 0]), tensor1d([1, 2]))).toBeCloseToTensor([
      [1, 2],
      [1, 2],
    ]);
  });

  it('keeps NaN, and makes one of 0 times infinity', () => {
    const out = linear(tensor2d([[0, 1]]), tensor2d([[Infinity, 0]]));
    expect(out).toBeCloseToTensor([[NaN]]);
  });

  it('names the argument of the wrong shape, type or value', () => {
    expect(() => linear(ones([2, 3]), ones([4, 5]))).toThrowCode(
      'SHAPE',
      /expected x of shape \[\.\.\.batch, 5\], received \[2, 3\]\. weight has shape \[4, 5\]/,
    );
    expect(() => linear(ones([2, 3]), ones([4, 3]), ones([3]))).toThrowCode('SHAPE', /bias of shape \[4\]/);
    expect(() => linear(ones([2, 3]), ones([4, 3]), undefined, { inputsFirst: true })).toThrowCode(
      'SHAPE',
      /expected x of shape \[\.\.\.batch, 4\], received \[2, 3\]/,
    );
    expect(() => linear(ones([2, 3]), ones([3]))).toThrowCode('SHAPE', /weight of shape \[outputs, inputs\]/);
    expect(() => linear(ones([]), ones([4, 3]))).toThrowCode('RANK');
    expect(() => linear(ones([2, 3], 'int32'), ones([4, 3]))).toThrowCode('DTYPE');
    expect(() => linear(ones([2, 3]), ones([4, 3]), undefined, { activation: 'rellu' as 'relu' })).toThrowCode(
      'ARGUMENT',
      /"relu"/,
    );
  });
});
