// SPDX-License-Identifier: Apache-2.0
// Tests of rnn, lstm and gru on every device.

import { checkGolden, checkGradient, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { dispose } from '../memory.ts';
import { type Tensor, add, concat, mul, ones, reshape, slice, sum, tensor, variable, zeros } from '../tf.ts';
import { plainGru, plainLstm, plainRnn } from './plain-recurrent.ts';
import { gru, lstm, rnn } from './recurrent.ts';
import type { RecurrentWeights } from './recurrent-options.ts';

interface Options {
  reverse?: boolean;
  lengths?: readonly number[] | undefined;
}

/** A kind of cell; `run` gives the outputs and behind them each final state, `[batch, time + states, hidden]`. */
interface Kind {
  readonly name: string;
  readonly gates: number;
  readonly states: number;
  readonly run: (plain: boolean, x: Tensor, weights: RecurrentWeights, states: Tensor[], options: Options) => Tensor;
}

function joined(output: Tensor, ...states: readonly Tensor[]): Tensor {
  const [batch, , hidden] = output.shape;
  return concat([output, ...states.map((state) => reshape(state, [batch, 1, hidden]))], 1);
}

function plainKind(activation: 'tanh' | 'relu'): Kind {
  return {
    name: `rnn (${activation})`,
    gates: 1,
    states: 1,
    run: (plain, x, weights, [state], options) => {
      const result = (plain ? plainRnn : rnn)(x, weights, { ...options, state, activation });
      return joined(result.output, result.state);
    },
  };
}

const kinds: Kind[] = [
  plainKind('tanh'),
  plainKind('relu'),
  {
    name: 'lstm',
    gates: 4,
    states: 2,
    run: (plain, x, weights, [hidden, cell], options) => {
      const { output, state } = (plain ? plainLstm : lstm)(x, weights, { ...options, state: { hidden, cell } });
      return joined(output, state.hidden, state.cell);
    },
  },
  {
    name: 'gru',
    gates: 3,
    states: 1,
    run: (plain, x, weights, [state], options) => {
      const result = (plain ? plainGru : gru)(x, weights, { ...options, state });
      return joined(result.output, result.state);
    },
  },
];

/** Shapes of x, the weights, the biases and the states. */
function shapesOf({ gates, states }: Kind, [batch, time, features, hidden]: readonly number[]): number[][] {
  const width = gates * hidden;
  const state = [batch, hidden];
  return [[batch, time, features], [width, features], [width, hidden], [width], [width], state, state].slice(
    0,
    5 + states,
  );
}

/** A kind of cell as a function of its tensors, weights made small enough that no gate is saturated. */
function functionOf({ run }: Kind, plain: boolean, options: Options = {}) {
  return (x: Tensor, ih: Tensor, hh: Tensor, biasIh: Tensor, biasHh: Tensor, ...states: Tensor[]): Tensor => {
    const weights = { weight_ih: mul(ih, 0.4), weight_hh: mul(hh, 0.3), bias_ih: biasIh, bias_hh: biasHh };
    return run(plain, x, weights, states, options);
  };
}

describe.each(devices())('recurrent networks on %s', (device) => {
  useDevice(device);

  describe.each(kinds)('$name', (kind) => {
    it.each([
      [[1, 1, 1, 1], {}],
      [[2, 3, 5, 3], {}],
      [[2, 3, 2, 4], { reverse: true }],
      [[3, 4, 2, 3], { lengths: [4, 1, 3] }],
      [[3, 4, 2, 3], { lengths: [2, 4, 1], reverse: true }],
    ])('has value and gradient of its formula for [batch, time, features, hidden] = %j and %j', (sizes, options) => {
      // seed: no sum is near the kink of relu
      checkGradient(functionOf(kind, false, options), shapesOf(kind, sizes), {
        plain: functionOf(kind, true, options),
        seed: 4,
      });
    });

    it.each([1, 7, 15, 16, 17, 33])('has value and gradients of its formula for %i hidden numbers', (hidden) => {
      const variables = shapesOf(kind, [5, 3, 7, hidden]).map((shape, i) =>
        variable(randomTensor(shape, { seed: hidden + i })),
      );
      const weights = randomTensor([5, 3 + kind.states, hidden], { seed: hidden + variables.length });
      const [x, ih, hh, biasIh, biasHh, ...states] = variables;
      const [fused, formula] = [false, true].map((plain) => {
        const f = functionOf(kind, plain);
        return valueAndGrad(() => sum(mul(f(x, ih, hh, biasIh, biasHh, ...states), weights)), variables);
      });
      const limit = tolerance('matmul', 15 * hidden + 7);
      expect(fused.value).toBeCloseToTensor(formula.value, limit);
      fused.gradients.forEach((gradient, i) => expect(gradient).toBeCloseToTensor(formula.gradients[i], limit));
      dispose(variables);
    });

    it('starts at zeros, and adds nothing where it has no bias', () => {
      const [x, weight_ih, weight_hh] = shapesOf(kind, [2, 3, 5, 4]).map((shape, i) =>
        randomTensor(shape, { seed: i }),
      );
      const start = Array.from({ length: kind.states }, () => zeros([2, 4]));
      const bias = zeros([kind.gates * 4]);
      const expected = kind.run(false, x, { weight_ih, weight_hh, bias_ih: bias, bias_hh: bias }, start, {});
      expect(kind.run(false, x, { weight_ih, weight_hh }, [], {})).toBeCloseToTensor(expected, tolerance('exact'));
    });

    it('does not read behind the length of a row, and gives its state to the next call', () => {
      const tensors = shapesOf(kind, [2, 4, 3, 5]).map((shape, i) => randomTensor(shape, { seed: 20 + i }));
      const [x, weight_ih, weight_hh, bias_ih, bias_hh, ...states] = tensors;
      const weights = { weight_ih, weight_hh, bias_ih, bias_hh };
      const padding = tensor(
        new Float32Array(24).map((_, i) => (i >= 18 ? NaN : 0)),
        [2, 4, 3],
      ); // row 1, times 2 and 3
      const all = kind.run(false, add(x, padding), weights, states, { lengths: [4, 2] });
      const start = states.map((state) => slice(state, [1, 0], [1, 5]));
      const short = kind.run(false, slice(x, [1, 0, 0], [1, 2, 3]), weights, start, {});
      const last = [1, 4, 0];
      expect(slice(all, last, [1, kind.states, 5])).toBeCloseToTensor(slice(short, [0, 2, 0], [1, kind.states, 5]));
      expect(slice(all, [1, 2, 0], [1, 2, 5])).toBeCloseToTensor(zeros([1, 2, 5]));
      const whole = kind.run(false, x, weights, states, {});
      const first = kind.run(false, slice(x, [0, 0, 0], [2, 3, 3]), weights, states, {});
      const between = states.map((_, i) => reshape(slice(first, [0, 3 + i, 0], [2, 1, 5]), [2, 5]));
      const second = kind.run(false, slice(x, [0, 3, 0], [2, 1, 3]), weights, between, {});
      expect(second).toBeCloseToTensor(slice(whole, [0, 3, 0], [2, 1 + kind.states, 5]), tolerance('matmul', 8));
    });

    it('spreads a NaN within its row, from its step on', () => {
      const tensors = shapesOf(kind, [2, 3, 2, 3]).map((shape, i) => randomTensor(shape, { seed: 30 + i }));
      const [x, weight_ih, weight_hh, bias_ih, bias_hh, ...states] = tensors;
      const spoilt = add(
        x,
        tensor(
          new Float32Array(12).map((_, i) => (i === 2 ? NaN : 0)),
          [2, 3, 2],
        ),
      ); // row 0, time 1
      const values = kind.run(false, spoilt, { weight_ih, weight_hh, bias_ih, bias_hh }, states, {});
      const rows = values.dataSync<'float32'>();
      const numbers = (3 + kind.states) * 3;
      rows.forEach((value, i) => expect(Number.isNaN(value)).toBe(i >= 3 && i < numbers));
    });

    it('takes no rows: the gradients of weights and biases are then zero', () => {
      const [x, ...shapes] = shapesOf(kind, [0, 3, 2, 4]);
      const variables = shapes.slice(0, 4).map((shape) => variable(ones(shape)));
      const [weight_ih, weight_hh, bias_ih, bias_hh] = variables;
      const states = Array.from({ length: kind.states }, () => zeros([0, 4]));
      const { gradients } = valueAndGrad(
        () => sum(kind.run(false, zeros(x), { weight_ih, weight_hh, bias_ih, bias_hh }, states, {})),
        variables,
      );
      gradients.forEach((gradient) => expect(gradient).toBeCloseToTensor(zeros(gradient.shape), tolerance('exact')));
      dispose(variables);
    });

    it('gives the same bits on any number of threads', () => {
      if (device === 'js') return;
      const threads = getThreads();
      const tensors = shapesOf(kind, [37, 5, 20, 120]).map((shape, i) => randomTensor(shape, { seed: 40 + i }));
      const variables = tensors.map((values) => variable(values));
      const weights = randomTensor([37, 5 + kind.states, 120], { seed: 50 });
      const [x, ih, hh, biasIh, biasHh, ...states] = variables;
      const f = functionOf(kind, false, { lengths: Array.from({ length: 37 }, (_, i) => 1 + (i % 5)) });
      const gradients = (count: number): Tensor[] => {
        setThreads(count);
        return valueAndGrad(() => sum(mul(f(x, ih, hh, biasIh, biasHh, ...states), weights)), variables).gradients;
      };
      try {
        const alone = gradients(1);
        gradients(4).forEach((gradient, i) => expect(gradient).toBeCloseToTensor(alone[i], tolerance('exact')));
      } finally {
        setThreads(threads);
        dispose(variables);
      }
    });
  });

  it.each(golden('recurrent').cases.filter(({ options }) => options.layers === 1 && options.bidirectional === false))(
    'equals PyTorch: $name',
    (recorded) => {
      const { kind, lengths } = recorded.options;
      checkGolden(recorded, ({ x, hidden, cell }, parameters) => {
        const { weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 } = parameters;
        const weights = { weight_ih: weight_ih_l0, weight_hh: weight_hh_l0, bias_ih: bias_ih_l0, bias_hh: bias_hh_l0 };
        const state = (values: Tensor | undefined) => values && reshape(values, values.shape.slice(1));
        const [h, c] = [state(hidden), state(cell)];
        const found = kinds.find(({ name }) => name === kind || name === `rnn (${kind})`) ?? kinds[0];
        return found.run(false, x, weights, h === undefined ? [] : c === undefined ? [h] : [h, c], { lengths });
      });
    },
  );

  it('names the argument of the wrong shape, type or value', () => {
    const x = ones([2, 3, 4]);
    const weights = { weight_ih: ones([8, 4]), weight_hh: ones([8, 2]), bias_ih: zeros([8]), bias_hh: zeros([8]) };
    const withChange = (changed: Partial<RecurrentWeights>): RecurrentWeights => ({ ...weights, ...changed });
    const small = { weight_ih: ones([2, 4]), weight_hh: ones([2, 2]) };
    expect(() => lstm(ones([2, 3]), weights)).toThrowCode('RANK', /lstm: expected x/);
    expect(() => lstm(ones([2, 0, 4]), weights)).toThrowCode('SHAPE', /There must be at least one step/);
    expect(() => lstm(ones([2, 3, 4], 'int32'), weights)).toThrowCode('DTYPE', /x of dtype float32/);
    expect(() => lstm(x, withChange({ weight_hh: ones([8]) }))).toThrowCode('RANK', /weight_hh/);
    expect(() => lstm(x, withChange({ weight_hh: ones([6, 2]) }))).toThrowCode(
      'SHAPE',
      /\[8, 2\].*4 rows for each column/,
    );
    expect(() => lstm(x, withChange({ weight_hh: ones([0, 0]) }))).toThrowCode('SHAPE', /weight_hh of shape \[4, 1\]/);
    expect(() => lstm(x, withChange({ weight_ih: ones([8, 3]) }))).toThrowCode('SHAPE', /weight_ih of shape \[8, 4\]/);
    expect(() => lstm(x, withChange({ bias_ih: ones([4]) }))).toThrowCode('SHAPE', /bias_ih of shape \[8\]/);
    expect(() => lstm(x, withChange({ bias_hh: ones([4]) }))).toThrowCode('SHAPE', /bias_hh of shape \[8\]/);
    expect(() => lstm(x, withChange({ bias_hh: undefined }))).toThrowCode(
      'ARGUMENT',
      /bias_hh to be given.*bias_ih alone/,
    );
    expect(() => lstm(x, withChange({ bias_hh: ones([8], 'int32') }))).toThrowCode('DTYPE', /bias_hh/);
    expect(() => lstm(x, { ...weights, weight_hr: x } as never)).toThrowCode('OPTION', /weight_hr/);
    const state = { hidden: zeros([2, 2]), cell: zeros([2, 3]) };
    expect(() => lstm(x, weights, { state })).toThrowCode(
      'SHAPE',
      /state \(cell\) of shape \[2, 2\], received \[2, 3\]/,
    );
    expect(() => lstm(x, weights, { state: { hidden: 1 } as never })).toThrowCode('TENSOR', /state \(hidden\)/);
    expect(() => lstm(x, weights, { state: zeros([2, 2]) as never })).toThrowCode('OPTION', /hidden, cell/);
    expect(() => rnn(x, small, { state: zeros([1, 2]) })).toThrowCode('SHAPE', /state \(hidden\) of shape \[2, 2\]/);
    expect(() => gru(x, { weight_ih: ones([6, 4]), weight_hh: ones([6, 3]) })).toThrowCode('SHAPE', /3 rows for each/);
    expect(() => lstm(x, weights, { lengths: [3] })).toThrowCode('ARGUMENT', /lengths to be 2, one for each row/);
    expect(() => lstm(x, weights, { lengths: [3, 0] })).toThrowCode(
      'ARGUMENT',
      /lengths\[1\] to be an integer >= 1 and <= 3/,
    );
    expect(() => lstm(x, weights, { lengths: [4, 1] })).toThrowCode('ARGUMENT', /lengths\[0\].*received 4/);
    expect(() => lstm(x, weights, { lengths: 3 as never })).toThrowCode('ARGUMENT', /to be a list of numbers/);
    expect(() => lstm(x, weights, { reverse: 1 as never })).toThrowCode('ARGUMENT', /reverse to be true or false/);
    expect(() => rnn(x, small, { activation: 'sigmoid' as never })).toThrowCode('ARGUMENT', /"tanh", "relu"/);
    expect(() => gru(x, weights, { activation: 'tanh' } as never)).toThrowCode('OPTION', /state, reverse, lengths/);
  });
});
