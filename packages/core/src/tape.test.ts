// SPDX-License-Identifier: Apache-2.0
// Tests of the walk back over the tape: gradients that are handed on, what is freed on the way, and what has no gradient.

import { valueAndGrad } from './autodiff.ts';
import { setDevice } from './index.ts';
import { trackLeaks } from './leaks.ts';
import { dispose, memory, scope } from './memory.ts';
import { layerNorm, linear } from './ops/index.ts';
import {
  type GradSaveFunc,
  type Tensor,
  add,
  customGrad,
  engine,
  grads,
  mul,
  ones,
  relu,
  scalar,
  sigmoid,
  square,
  sum,
  tanh,
  tensor1d,
  tensor2d,
  variable,
  zeros,
} from './tf.ts';

beforeAll(() => {
  setDevice('js');
});

const values = (tensor: Tensor): number[] => [...(tensor.dataSync() as Float32Array)];

/** A function of one input with the gradient that `gradient` gives. */
function withGradient(gradient: (gradOut: Tensor, saved: Tensor[]) => Tensor): (x: Tensor) => Tensor {
  return customGrad<Tensor>((...received) => {
    const [x, save] = received as [Tensor, GradSaveFunc];
    save([x]);
    return { value: mul(x, 1), gradFunc: gradient };
  });
}

describe('backpropagate', () => {
  it('takes a gradient that is the very tensor it came as, also for two inputs', () => {
    const handOn = withGradient((gradOut) => gradOut);
    const both = customGrad((...received: (Tensor | GradSaveFunc)[]) => {
      const [a, b] = received as [Tensor, Tensor];
      return { value: add(a, b), gradFunc: (gradOut: Tensor) => [gradOut, gradOut] };
    });
    using x = variable(tensor1d([1, 2]));
    const { value, leaks } = trackLeaks(() => valueAndGrad(() => sum(square(both(handOn(x), handOn(x)))), [x]));
    expect(values(value.gradients[0])).toEqual([8, 16]); // of (2 x)²
    expect(leaks).toEqual([]);
  });

  it('leaves a gradient that is somebody’s constant, or was saved, to its owner', () => {
    using constant = tensor1d([3, 4]);
    using x = variable(tensor1d([1, 2]));
    const ofConstant = withGradient(() => constant);
    const ofSaved = withGradient((_, [saved]) => saved);
    const { gradients } = valueAndGrad(() => sum(ofConstant(ofSaved(mul(x, 5)))), [x]);
    expect(values(gradients[0])).toEqual([25, 50]);
    expect(values(constant)).toEqual([3, 4]);
  });

  it('frees what was saved and what was passed on while it walks', () => {
    const layers = 20;
    using x = variable(ones([1000]));
    let held = 0;
    let most = 0;
    const watch = withGradient((gradOut) => {
      held = memory().bytes;
      return mul(gradOut, 1);
    });
    const end = withGradient((gradOut) => {
      most = memory().bytes;
      return mul(gradOut, 1);
    });
    const loss = (): Tensor => {
      let y = watch(x);
      for (let i = 0; i < layers; i++) y = tanh(y);
      return sum(end(y));
    };
    dispose(valueAndGrad(loss, [x]));
    expect(held).toBeLessThan(most - layers * 4000); // the outputs that tanh had saved are gone at the end of the walk
  });

  it('gives the gradient by a tensor between, and goes on past it', () => {
    const { gradients } = scope(() => {
      const [a, b] = [scalar(2), scalar(3)];
      return valueAndGrad(() => square(mul(a, b)), [a, b]);
    });
    expect(gradients.map((gradient) => values(gradient)[0])).toEqual([36, 24]);
  });

  it('names the op that has no gradient, the input whose gradient has a wrong shape or type', () => {
    using x = variable(tensor1d([1, 2]));
    const withoutGradient = (): Tensor => engine().runKernel('NablaGelu', { x }, { activation: 'gelu' });
    expect(() => valueAndGrad(() => sum(withoutGradient()), [x])).toThrow(
      expect.objectContaining({ code: 'NO_GRADIENT', message: expect.stringContaining('NablaGelu') as string }),
    );
    const long = withGradient(() => ones([3]));
    expect(() => valueAndGrad(() => sum(long(x)), [x])).toThrow(expect.objectContaining({ code: 'SHAPE' }));
    const whole = withGradient(() => ones([2], 'int32'));
    expect(() => valueAndGrad(() => sum(whole(x)), [x])).toThrow(expect.objectContaining({ code: 'DTYPE' }));
  });

  it('leaves nothing behind when a gradient throws', () => {
    using x = variable(tensor1d([1, 2]));
    const failing = withGradient(() => {
      throw new Error('stop');
    });
    const { leaks } = trackLeaks(() => {
      expect(() => valueAndGrad(() => sum(tanh(failing(tanh(x)))), [x])).toThrow('stop');
    });
    expect(leaks).toEqual([]);
  });

  it('serves tfjs’ own functions of gradients too', () => {
    const [x, weight] = [tensor2d([[1, 2]]), tensor2d([[3, 4]])];
    const found = grads((...inputs: Tensor[]) => sum(square(linear(inputs[0], inputs[1]))))([x, weight]);
    expect(found.map(values)).toEqual([
      [66, 88],
      [22, 44],
    ]);
  });

  it('keeps what a fused op needs when the program frees it first', () => {
    using x = variable(tensor2d([[1, 2, 4]]));
    using weight = ones([3]);
    using bias = ones([3]);
    const { gradients } = valueAndGrad(() => {
      const doubled = mul(x, 2);
      const y = scope(() => layerNorm(doubled, weight, bias));
      doubled.dispose();
      return sum(square(y));
    }, [x]);
    expect(values(gradients[0]).every(Number.isFinite)).toBe(true);
  });
});

describe('derivatives of second order', () => {
  it.each<[string, (x: Tensor) => Tensor, number]>([
    ['relu', (x) => square(relu(x)), 2],
    ['sigmoid', sigmoid, -0.0908577], // σ'' at 1
    ['tanh', tanh, -0.6397],
  ])('pass through %s', (_, f, expected) => {
    using x = variable(scalar(1));
    const { gradients } = valueAndGrad(() => valueAndGrad(() => sum(f(x)), [x]).gradients[0], [x]);
    expect(values(gradients[0])[0]).toBeCloseTo(expected, 4);
  });

  const critic = (x: Tensor, weight: Tensor, scale: Tensor, shift: Tensor): Tensor =>
    sum(linear(layerNorm(x, scale, shift), weight, shift, { activation: 'gelu' }));

  it('pass through a penalty of a gradient, and leave nothing behind', () => {
    using x = variable(tensor2d([[1, 2, 4], [0, -1, 1]])); // prettier-ignore
    using weight = variable(tensor2d([[1, 2, 3], [0, 1, -1], [2, 0, 1]])); // prettier-ignore
    const penalty = (): Tensor => {
      const [gradient] = valueAndGrad(() => critic(x, weight, ones([3]), zeros([3])), [x]).gradients;
      return sum(square(gradient));
    };
    const { value, leaks } = trackLeaks(() => valueAndGrad(penalty, [weight]));
    expect(value.gradients[0].shape).toEqual([3, 3]);
    expect(leaks).toEqual([]);
    dispose(value);
  });

  it('are the same of what was computed before the inner gradients were asked for', () => {
    using x = variable(tensor2d([[1, 2, 4]]));
    using weight = variable(tensor2d([[1, 2, 3], [0, 1, -1], [2, 0, 1]])); // prettier-ignore
    using scale = ones([3]);
    using shift = zeros([3]);
    const penalties = [
      () => square(valueAndGrad(() => critic(x, weight, scale, shift), [x]).gradients[0]),
      () => {
        const score = critic(x, weight, scale, shift);
        return square(valueAndGrad(() => score, [x]).gradients[0]);
      },
    ];
    const [inside, before] = penalties.map((f) => values(valueAndGrad(() => sum(f()), [weight]).gradients[0]));
    expect(before).toEqual(inside);
  });

  it('say what to do where an input is gone that the formula needs', () => {
    using x = variable(tensor2d([[1, 2, 4]]));
    const loss = (): Tensor => {
      const score = scope(() => sum(square(layerNorm(x, ones([3]), zeros([3])))));
      return sum(valueAndGrad(() => score, [x]).gradients[0]);
    };
    expect(() => valueAndGrad(loss, [x])).toThrow(
      'NablaLayerNorm: expected bias to be there still, for a derivative of second order, received a disposed tensor. ' +
        'Compute it in the function whose gradients are taken, by valueAndGrad within valueAndGrad.',
    );
  });

  it('cost what they need where they are taken alone: a first derivative keeps no more', () => {
    using x = variable(tensor2d([[1, 2, 4]]));
    using scale = ones([3]);
    using shift = zeros([3]);
    const kept: number[] = [];
    const loss = (): Tensor => {
      const before = memory().tensors;
      const normalized = layerNorm(x, scale, shift);
      kept.push(memory().tensors - before);
      return sum(square(normalized));
    };
    dispose(valueAndGrad(loss, [x]));
    dispose(valueAndGrad(() => sum(valueAndGrad(loss, [x]).gradients[0]), [x]));
    expect(kept).toEqual([5, 8]); // the output, x, scale, mean and deviation; and all three inputs for the formula
  });
});
