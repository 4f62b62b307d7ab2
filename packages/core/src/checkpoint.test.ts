// SPDX-License-Identifier: Apache-2.0
// Tests of gradient checkpointing: the same gradients bit for bit, what it may take from elsewhere, and less memory.

import { checkGradient, devices, randomTensor, useDevice } from '@nabla/testing';
import { noGrad, valueAndGrad } from './autodiff.ts';
import { checkpoint, isRecomputing } from './checkpoint.ts';
import { grads } from './grad.ts';
import { trackLeaks } from './leaks.ts';
import { dispose, memory, scope } from './memory.ts';
import { observeKernels } from './observe-kernels.ts';
import { dropout } from './ops/dropout.ts';
import { layerNorm } from './ops/layer-norm.ts';
import { linear } from './ops/linear.ts';
import { Generator } from './random.ts';
import {
  type Tensor,
  type Variable,
  add,
  argMax,
  cast,
  gather,
  keep,
  mul,
  ones,
  pow,
  scalar,
  square,
  sum,
  tanh,
  tensor1d,
  variable,
  zeros,
} from './tf.ts';

const values = (tensor: Tensor): number[] => [...(tensor.dataSync() as Float32Array)];

/** A chain of blocks, each with weights of its own: layer normalization, a linear map, GELU, dropout. */
class Chain {
  readonly weights: Variable[];
  readonly generator = new Generator(7);

  readonly blocks: number;
  readonly width: number;

  constructor(blocks: number, width: number) {
    this.blocks = blocks;
    this.width = width;
    this.weights = Array.from({ length: blocks }, (_, i) =>
      variable(randomTensor([width, width], { seed: i, low: -0.5, high: 0.5 })),
    );
  }

  block(x: Tensor, i: number): Tensor {
    const normal = layerNorm(x, ones([this.width]), zeros([this.width]));
    const mapped = linear(normal, this.weights[i], undefined, { activation: 'gelu' });
    return add(x, dropout(tanh(mapped), { probability: 0.25, generator: this.generator }));
  }

  /** Loss and gradients, and the greatest numbers of tensors and bytes alive meanwhile. */
  run(x: Tensor, wrap: boolean): { results: number[][]; tensors: number; bytes: number } {
    this.generator.restore({ seed: 7, offset: 0 });
    const before = memory();
    let [tensors, bytes] = [0, 0];
    const observer = (): void => {
      const now = memory();
      tensors = Math.max(tensors, now.tensors - before.tensors);
      bytes = Math.max(bytes, now.bytes - before.bytes);
    };
    const loss = (): Tensor => {
      let y = x;
      for (let i = 0; i < this.blocks; i++) {
        const block = (input: Tensor): Tensor => this.block(input, i);
        const input = y;
        y = scope(() => (wrap ? checkpoint(block, [input]) : block(input)));
      }
      return sum(square(y));
    };
    const { value, gradients } = observeKernels(observer, () => valueAndGrad(loss, [x, ...this.weights]));
    return { results: [value, ...gradients].map(values), tensors, bytes };
  }
}

describe.each(devices())('checkpoint on %s', (device) => {
  useDevice(device);

  it('gives the same value and gradients, bit for bit, with dropout', () => {
    const chain = new Chain(3, 9);
    const x = variable(randomTensor([5, 9], { seed: 11 }));
    const expected = chain.run(x, false);
    const { offset } = chain.generator;
    expect(chain.run(x, true).results).toEqual(expected.results);
    expect(chain.generator.offset).toBe(offset);
    dispose([x, chain.weights]);
  });

  it('needs much less memory', () => {
    const chain = new Chain(8, 32);
    const x = variable(randomTensor([64, 32], { seed: 11 }));
    const [whole, parts] = [chain.run(x, false), chain.run(x, true)];
    expect(parts.bytes).toBeLessThan(0.6 * whole.bytes);
    expect(parts.tensors).toBeLessThan(0.8 * whole.tensors);
    dispose([x, chain.weights]);
  });
});

describe('checkpoint', () => {
  useDevice('js');

  it('has the gradient of its function', () => {
    const plain = (x: Tensor, y: Tensor): Tensor => mul(tanh(x), square(y));
    checkGradient(
      (x, y) => checkpoint(plain, [x, y]),
      [
        [3, 4],
        [3, 4],
      ],
      { seed: 1, plain },
    );
  });

  it('reaches the variables that its function uses, and computed tensors that were kept', () => {
    using w = variable(scalar(3));
    using b = variable(scalar(5));
    const kept: Tensor[] = [];
    const { value, gradients } = valueAndGrad(() => {
      const doubled = keep(mul(w, 2));
      kept.push(doubled);
      return checkpoint((x) => add(mul(mul(x, w), doubled), b), [scalar(7)]); // 2 x w^2 + b
    }, [w, b]);
    expect([value, ...gradients].map(values)).toEqual([[131], [84], [1]]);
    dispose(kept);
  });

  it('refuses what its function takes from the same computation, but not what was made before it', () => {
    using w = variable(scalar(3));
    const before = square(scalar(2));
    expect(values(valueAndGrad(() => checkpoint(() => mul(w, before), []), [w]).gradients[0])).toEqual([4]);
    for (const make of [() => mul(w, 2), () => scalar(1), () => scope(() => tensor1d([1], 'int32'))]) {
      const loss = (): Tensor => {
        const captured = make();
        return checkpoint((x) => sum(mul(x, captured)), [w]);
      };
      expect(() => valueAndGrad(loss, [w])).toThrow(expect.objectContaining({ code: 'CAPTURED' }));
    }
  });

  it('reaches a plain tensor by which the gradient is taken', () => {
    const x = scalar(3);
    expect(valueAndGrad(() => checkpoint(() => square(x), []), [x]).gradients.map(values)).toEqual([[6]]);
    expect(
      grads((a: Tensor, b: Tensor) => checkpoint((c, d) => mul(c, square(d)), [a, b]))([x, scalar(2)]).map(values),
    ).toEqual([[4], [12]]);
  });

  it('adds up where an input is given twice, and also taken from elsewhere', () => {
    using x = variable(scalar(3));
    const cube = (): Tensor => checkpoint((a, b) => mul(mul(a, b), x), [x, x]);
    expect(values(valueAndGrad(cube, [x]).gradients[0])).toEqual([27]);
  });

  it('keeps its inputs, which may be disposed of', () => {
    using x = variable(scalar(3));
    const loss = (): Tensor => {
      const squared = square(x);
      const result = checkpoint((y) => square(y), [squared]);
      squared.dispose();
      return result;
    };
    expect(values(valueAndGrad(loss, [x]).gradients[0])).toEqual([108]);
  });

  it('takes inputs of any type, and constants before kernels that have no gradient', () => {
    using table = variable(tensor1d([1, 2, 3]));
    const scores = tensor1d([0, 9, 1]);
    const indices = tensor1d([2, 0], 'int32');
    const pick = (i: Tensor): Tensor => add(sum(gather(table, i)), sum(gather(table, cast(argMax(scores), 'int32'))));
    expect(values(valueAndGrad(() => checkpoint(pick, [indices]), [table]).gradients[0])).toEqual([1, 1, 1]);
  });

  it('nests, and runs the inner part three times', () => {
    using x = variable(scalar(0.5));
    const inner = jest.fn((y: Tensor) => tanh(y));
    const outer = (y: Tensor): Tensor => square(checkpoint((z) => mul(inner(z), y), [y]));
    const { gradients } = valueAndGrad(() => checkpoint(outer, [x]), [x]);
    const [expected] = valueAndGrad(() => square(mul(tanh(x), x)), [x]).gradients;
    expect(values(gradients[0])[0]).toBeCloseTo(values(expected)[0], 6);
    expect(inner).toHaveBeenCalledTimes(3);
  });

  it('has derivatives of higher order', () => {
    using x = variable(scalar(2));
    const cube = (): Tensor => checkpoint((y) => pow(y, 3), [x]);
    const { value, gradients } = valueAndGrad(() => valueAndGrad(cube, [x]).gradients[0], [x]);
    expect(values(value)[0]).toBeCloseTo(12, 4);
    expect(values(gradients[0])[0]).toBeCloseTo(12, 4);
  });

  it('has them where an input depends on another, and on a variable that its function uses', () => {
    using w = variable(scalar(0.7));
    const f = (x: Tensor, y: Tensor): Tensor => mul(mul(tanh(x), square(y)), w);
    const loss = (part: typeof f): Tensor => {
      const x = square(w);
      return part(x, mul(x, w));
    };
    const second = (part: typeof f): number[][] => {
      const first = (): Tensor => valueAndGrad(() => loss(part), [w]).gradients[0];
      const { value, gradients } = valueAndGrad(first, [w]);
      return [value, ...gradients].map(values);
    };
    const [[expected], [expectedSecond]] = second(f);
    const [[received], [receivedSecond]] = second((x, y) => checkpoint(f, [x, y]));
    expect(received).toBeCloseTo(expected, 5);
    expect(receivedSecond).toBeCloseTo(expectedSecond, 4);
  });

  it('may give back its input, a variable or a constant', () => {
    using x = variable(scalar(2));
    const same = (): Tensor =>
      mul(
        checkpoint((y) => y, [x]),
        checkpoint(() => x, []),
      );
    expect(values(valueAndGrad(same, [x]).gradients[0])).toEqual([4]);
    const constant = (): Tensor =>
      mul(
        checkpoint(() => scalar(3), []),
        x,
      );
    expect(values(valueAndGrad(constant, [x]).gradients[0])).toEqual([3]);
    expect(x.isDisposed).toBe(false);
  });

  it('says while its function runs whether it is for the second time', () => {
    using x = variable(scalar(2));
    const seen: boolean[] = [];
    const f = (y: Tensor): Tensor => {
      seen.push(isRecomputing());
      return square(y);
    };
    valueAndGrad(() => checkpoint(f, [x]), [x]);
    expect(seen).toEqual([false, true]);
    expect(isRecomputing()).toBe(false);
  });

  it('runs once where no gradient is taken', () => {
    const f = jest.fn((y: Tensor) => square(y));
    expect(values(checkpoint(f, [scalar(3)]))).toEqual([9]);
    using x = variable(scalar(2));
    valueAndGrad(
      () =>
        mul(
          x,
          noGrad(() => checkpoint(f, [x])),
        ),
      [x],
    );
    expect(f).toHaveBeenCalledTimes(2);
  });

  it('leaves nothing behind, also when it throws the first or the second time', () => {
    using x = variable(scalar(2));
    const failing = (time: number): (() => void) => {
      let calls = 0;
      return () => {
        valueAndGrad(
          () =>
            checkpoint(
              (y) => {
                const result = square(tanh(y));
                if (++calls === time) throw new Error('stop');
                return result;
              },
              [x],
            ),
          [x],
        );
      };
    };
    for (const time of [1, 2]) {
      expect(trackLeaks(() => scope(() => expect(failing(time)).toThrow('stop'))).leaks).toEqual([]);
      expect(isRecomputing()).toBe(false);
    }
    const { leaks } = trackLeaks(() => scope(() => valueAndGrad(() => checkpoint((y) => square(tanh(y)), [x]), [x])));
    expect(leaks).toEqual([]);
    expect(values(valueAndGrad(() => square(x), [x]).gradients[0])).toEqual([4]);
  });

  it.each<[string, () => unknown, string]>([
    ['an input that is no tensor', () => checkpoint((y) => y, [3 as never]), 'TENSOR'],
    ['an integer result', () => checkpoint(() => scalar(1, 'int32'), []), 'DTYPE'],
    ['a promise', () => checkpoint(() => Promise.resolve(scalar(1)) as never, []), 'ASYNC'],
  ])('refuses %s', (_, f, code) => {
    expect(f).toThrow(expect.objectContaining({ code }));
  });
});
