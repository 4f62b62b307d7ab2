// SPDX-License-Identifier: Apache-2.0
// Tests of gradients: their values, what they cost in tensors, and what happens on misuse.

import { GradientAccumulator, noGrad, valueAndGrad } from './autodiff.ts';
import { setDevice } from './index.ts';
import { trackLeaks } from './leaks.ts';
import { dispose, memory, scope } from './memory.ts';
import { clipByGlobalNorm } from './ops/global-norm.ts';
import { Generator } from './random.ts';
import {
  type Tensor,
  add,
  argMax,
  cast,
  engine,
  greater,
  matMul,
  mean,
  mul,
  oneHot,
  pow,
  reshape,
  scalar,
  softmax,
  square,
  sub,
  sum,
  tanh,
  tensor1d,
  variable,
  zeros,
} from './tf.ts';

beforeAll(() => {
  setDevice('js');
});

const values = (tensor: Tensor): number[] => [...(tensor.dataSync() as Float32Array)];

/** Changes of `f` per change of each element of `parameter`, by central differences. */
function finiteDifferences(f: () => Tensor, parameter: ReturnType<typeof variable>): number[] {
  const step = 1e-2;
  const at = values(parameter);
  const lossWith = (i: number, change: number): number =>
    scope(() => {
      parameter.assign(reshape(tensor1d(at.map((value, j) => (i === j ? value + change : value))), parameter.shape));
      return f().dataSync()[0];
    });
  const differences = at.map((_, i) => (lossWith(i, step) - lossWith(i, -step)) / (2 * step));
  scope(() => parameter.assign(reshape(tensor1d(at), parameter.shape)));
  return differences;
}

describe('valueAndGrad', () => {
  it('gives the value and a gradient per parameter, in order', () => {
    const x = variable(tensor1d([3, 4]));
    const y = variable(scalar(2));
    const { value, gradients } = valueAndGrad(() => mul(sum(square(x)), y), [y, x]);
    expect(values(value)).toEqual([50]);
    expect(gradients.map(values)).toEqual([[25], [12, 16]]);
    expect(gradients.map(({ shape }) => shape)).toEqual([[], [2]]);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ['the position of the largest', (x) => sum(argMax(x))],
    ['how many are greater', (x) => sum(greater(x, 2))],
    ['what is cast to int32', (x) => sum(cast(x, 'int32'))],
    ['which are of a class', (x) => sum(oneHot(cast(x, 'int32'), 4))],
  ])('does not take a gradient of %s for one of zeros', (_, f) => {
    const x = variable(tensor1d([1, 2, 3]));
    const loss = (): Tensor => cast(f(x), 'float32');
    expect(() => valueAndGrad(loss, [x])).toThrow(expect.objectContaining({ code: 'UNUSED' }));
    expect(valueAndGrad(() => add(loss(), sum(square(x))), [x]).gradients.map(values)).toEqual([[2, 4, 6]]);
    expect(valueAndGrad(loss, [x], { allowUnused: true }).gradients.map(values)).toEqual([[0, 0, 0]]);
    dispose(x);
  });

  it('agrees with finite differences on a small network', () => {
    const generator = new Generator(1);
    const input = generator.normal([5, 3]);
    const target = generator.normal([5, 2]);
    const [first, second, bias] = [[3, 4], [4, 2], [4]].map((shape) => variable(generator.normal(shape, 0, 0.5)));
    const loss = (): Tensor => {
      const hidden = tanh(add(matMul(input, first), bias));
      return mean(square(sub(softmax(matMul(hidden, second)), target)));
    };
    const parameters = [first, second, bias];
    const { gradients } = valueAndGrad(loss, parameters);
    gradients.forEach((gradient, i) => {
      const expected = finiteDifferences(loss, parameters[i]);
      values(gradient).forEach((value, j) => expect(value).toBeCloseTo(expected[j], 3));
    });
  });

  it('frees everything but the value and the gradients', () => {
    const x = variable(zeros([10]));
    const report = trackLeaks(() => valueAndGrad(() => sum(square(tanh(add(x, 1)))), [x]));
    expect(report.leaks).toEqual([]);
    const before = memory().tensors;
    dispose(report.value);
    expect(before - memory().tensors).toBe(2);
  });

  it('lets scopes be used inside', () => {
    const x = variable(tensor1d([1, 2]));
    const { value, leaks } = trackLeaks(() => valueAndGrad(() => scope(() => sum(scope(() => square(x)))), [x]));
    expect(values(value.gradients[0])).toEqual([2, 4]);
    expect(leaks).toEqual([]);
  });

  it('belongs to the scope around', () => {
    const x = variable(scalar(1));
    const { leaks } = trackLeaks(() => scope(() => void valueAndGrad(() => square(x), [x])));
    expect(leaks).toEqual([]);
  });

  it('nests for higher derivatives', () => {
    const x = variable(scalar(2));
    const { value, leaks } = trackLeaks(() => valueAndGrad(() => valueAndGrad(() => pow(x, 3), [x]).gradients[0], [x]));
    expect(values(value.value)[0]).toBeCloseTo(12); // 3 x^2
    expect(values(value.gradients[0])[0]).toBeCloseTo(12); // 6 x
    expect(leaks).toEqual([]);
  });

  it('gives a loss that is a parameter as a tensor of its own', () => {
    const x = variable(scalar(2));
    const { value, gradients } = valueAndGrad(() => x, [x]);
    dispose(value);
    expect(x.isDisposed).toBe(false);
    expect(values(gradients[0])).toEqual([1]);
  });

  it('refuses a parameter that does not matter, or gives zeros when told to', () => {
    const x = variable(scalar(2));
    const y = variable(zeros([2]), true, 'encoder.bias');
    expect(() => valueAndGrad(() => square(x), [x, y])).toThrow(
      'valueAndGrad: expected every parameter to contribute to the loss, received none from encoder.bias. ' +
        'Leave them out, or pass { allowUnused: true } for gradients of zeros.',
    );
    expect(() => valueAndGrad(() => sum(square(y)), [y, x])).toThrow('none from parameter 1.');
    const { gradients } = valueAndGrad(() => square(x), [x, y], { allowUnused: true });
    expect(gradients.map(values)).toEqual([[4], [0, 0]]);
    expect(values(valueAndGrad(() => scalar(1), [y], { allowUnused: true }).gradients[0])).toEqual([0, 0]);
    y.dispose();
  });

  it.each<[string, () => void, string]>([
    ['a loss with axes', () => valueAndGrad(() => zeros([2]), [zeros([1])]), 'SHAPE'],
    ['an integer loss', () => valueAndGrad(() => scalar(1, 'int32'), [zeros([1])]), 'DTYPE'],
    ['a loss that is a number', () => valueAndGrad(() => 3 as never, [zeros([1])]), 'TENSOR'],
    ['an integer parameter', () => valueAndGrad(() => scalar(1), [scalar(1, 'int32')]), 'DTYPE'],
    ['no parameters', () => valueAndGrad(() => scalar(1), []), 'ARGUMENT'],
    ['an unknown option', () => valueAndGrad(() => scalar(1), [zeros([1])], { allowunused: true } as object), 'OPTION'],
    ['a promise', () => valueAndGrad(() => Promise.resolve(scalar(1)) as never, [zeros([1])]), 'ASYNC'],
  ])('refuses %s', (_, f, code) => {
    expect(f).toThrow(expect.objectContaining({ code }));
  });

  it('leaves nothing behind when the loss throws, and works again afterwards', () => {
    const x = variable(scalar(2));
    const failing = (): void => {
      valueAndGrad(() => {
        square(tanh(x));
        throw new Error('stop');
      }, [x]);
    };
    const { leaks } = trackLeaks(() => expect(failing).toThrow('stop'));
    expect(leaks).toEqual([]);
    expect(engine().state.gradientDepth).toBe(0);
    expect(values(valueAndGrad(() => square(x), [x]).gradients[0])).toEqual([4]);
  });

  it('leaves nothing behind when an inner computation throws and the outer one goes on', () => {
    const x = variable(scalar(2));
    const { value, leaks } = trackLeaks(() =>
      valueAndGrad(() => {
        expect(() => valueAndGrad(() => zeros([3]), [x])).toThrow();
        return square(x);
      }, [x]),
    );
    expect(values(value.gradients[0])).toEqual([4]);
    expect(leaks).toEqual([]);
  });
});

describe('noGrad', () => {
  it('makes constants', () => {
    const x = variable(scalar(3));
    const { value, leaks } = trackLeaks(() =>
      valueAndGrad(
        () =>
          mul(
            x,
            noGrad(() => square(x)),
          ),
        [x],
      ),
    );
    expect(values(value.value)).toEqual([27]);
    expect(values(value.gradients[0])).toEqual([9]);
    expect(leaks).toEqual([]);
  });

  it('records again after it ends, also with an error', () => {
    const x = variable(scalar(3));
    const { gradients } = valueAndGrad(() => {
      expect(() =>
        noGrad(() => {
          throw new Error('stop');
        }),
      ).toThrow('stop');
      noGrad(() => noGrad(() => square(x)));
      return square(x);
    }, [x]);
    expect(values(gradients[0])).toEqual([6]);
    expect(engine().state.kernelDepth).toBe(0);
  });

  it('may contain a computation of gradients, whose results are constants outside', () => {
    const x = variable(scalar(3));
    const inner = (): Tensor => noGrad(() => valueAndGrad(() => square(x), [x]).gradients[0]);
    expect(values(inner())).toEqual([6]);
    const { value, leaks } = trackLeaks(() => valueAndGrad(() => mul(x, inner()), [x]));
    expect(values(value.gradients[0])).toEqual([6]);
    expect(leaks).toEqual([]);
  });

  it('refuses a promise', () => {
    expect(() => noGrad(() => Promise.resolve())).toThrow(expect.objectContaining({ code: 'ASYNC' }));
  });
});

describe('GradientAccumulator', () => {
  it('gives the mean of what was added, whatever becomes of the gradients', () => {
    using accumulator = new GradientAccumulator();
    const { value, leaks } = trackLeaks(() => {
      for (const factor of [1, 2, 6]) {
        scope(() => accumulator.add([tensor1d([factor, 2 * factor]), scalar(factor)]));
      }
      expect(accumulator.count).toBe(3);
      return accumulator.mean();
    });
    expect(value.map(values)).toEqual([[3, 6], [3]]);
    expect(leaks).toEqual([]);
    expect(accumulator.count).toBe(0);
    dispose(value);
  });

  it('counts a batch by its weight', () => {
    using accumulator = new GradientAccumulator();
    accumulator.add([tensor1d([1, 2])], 4);
    accumulator.add([tensor1d([5, 6])], 4);
    accumulator.add([tensor1d([9, 0])], 2);
    expect(accumulator.mean().map(values)).toEqual([[expect.closeTo(4.2), expect.closeTo(3.2)]]);
    for (const weight of [0, -1, NaN]) {
      expect(() => accumulator.add([scalar(1)], weight)).toThrow(
        `GradientAccumulator.add: expected weight to be a number > 0, received ${weight}.`,
      );
    }
  });

  it('starts over after a mean', () => {
    const accumulator = new GradientAccumulator();
    accumulator.add([scalar(1)]);
    dispose(accumulator.mean());
    accumulator.add([zeros([2, 2]), scalar(5)]);
    expect(accumulator.mean().map(values)).toEqual([[0, 0, 0, 0], [5]]);
    expect(() => accumulator.mean()).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
  });

  it('gives a mean of one batch that can be changed in place', () => {
    const accumulator = new GradientAccumulator();
    const gradient = tensor1d([3, 4]);
    accumulator.add([gradient]);
    const [mean] = accumulator.mean();
    clipByGlobalNorm([mean], 1);
    expect(values(gradient)).toEqual([3, 4]);
    expect(values(mean)[0]).toBeCloseTo(0.6);
    dispose(gradient, mean);
  });

  it('refuses gradients of other parameters, and holds on to its sums', () => {
    const accumulator = new GradientAccumulator();
    accumulator.add([zeros([2]), scalar(1)]);
    expect(() => accumulator.add([zeros([2])])).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
    expect(() => accumulator.add([zeros([2]), zeros([1])])).toThrow(
      'GradientAccumulator.add: expected gradient 1 of shape [], received [1].',
    );
    expect(accumulator.count).toBe(1);
    const { leaks } = trackLeaks(() => accumulator.dispose());
    expect(leaks).toEqual([]);
    expect(accumulator.count).toBe(0);
  });
});
