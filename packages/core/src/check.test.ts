// SPDX-License-Identifier: Apache-2.0
// Tests of the argument checks: what passes, and the exact words of what does not.

import {
  checkBoolean,
  checkDtype,
  checkFloat,
  checkInteger,
  checkName,
  checkNumber,
  checkOneOf,
  checkInstance,
  checkOptions,
  checkRank,
  checkShape,
  checkSizes,
  checkSynchronous,
  checkTensor,
  checkText,
} from './check.ts';
import { NablaError } from './errors.ts';

/** Code and message of what `f` throws. */
function refusal(f: () => void): [string, string] {
  try {
    f();
  } catch (error) {
    if (error instanceof NablaError) return [error.code, error.message];
    throw error;
  }
  return ['', 'nothing was thrown'];
}

describe('checkOptions', () => {
  it('passes known names and no options at all', () => {
    checkOptions('layerNorm', { epsilon: 1 }, ['epsilon']);
    checkOptions('layerNorm', {}, []);
    checkOptions('layerNorm', undefined, ['epsilon']);
  });

  it('offers the nearest spelling of an unknown name', () => {
    expect(refusal(() => checkOptions('layerNorm', { epsilom: 1 }, ['epsilon', 'axis']))).toEqual([
      'OPTION',
      'layerNorm: expected options to be among epsilon, axis, received "epsilom". Did you mean "epsilon"?',
    ]);
    expect(refusal(() => checkOptions('relu', { inplace: true }, []))).toEqual([
      'OPTION',
      'relu: expected options to be empty, received "inplace".',
    ]);
  });

  it('asks for a name that is required, whether there are options or none', () => {
    checkOptions('dropout', { probability: 0 }, ['generator'], ['probability']);
    for (const options of [undefined, {}, { generator: 1 }, { probability: undefined }]) {
      expect(refusal(() => checkOptions('dropout', options, ['generator'], ['probability']))).toEqual([
        'ARGUMENT',
        'dropout: expected probability to be given, received none. Pass it in the options: { probability: … }.',
      ]);
    }
  });

  it.each([[3], [null], [[1]], ['epsilon']])('refuses %p as options', (options) => {
    expect(refusal(() => checkOptions('layerNorm', options, ['epsilon']))[0]).toBe('OPTION');
  });
});

describe('checkInstance', () => {
  it('passes instances and words what another value is', () => {
    checkInstance('sequential', 'layers', [], Array);
    checkInstance('sequential', 'makeLayer', () => 1, Function);
    expect(refusal(() => checkInstance('sequential', 'layers', 5, Array, 'Pass a list.'))).toEqual([
      'ARGUMENT',
      'sequential: expected layers to be an Array, received 5. Pass a list.',
    ]);
    expect(refusal(() => checkInstance('sequential', 'day', {}, Date))[1]).toBe(
      'sequential: expected day to be a Date, received {}.',
    );
  });
});

describe('checkShape', () => {
  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [[], []],
    [
      [5, 5],
      ['n', 'n'],
    ],
    [
      [2, 3],
      ['rows', 'columns'],
    ],
    [
      [2, 3],
      ['...batch', 3],
    ],
    [[3], ['...batch', 3]],
    [
      [7, 0, 3],
      ['...batch', 'features'],
    ],
  ])('passes %p for %p', (shape, pattern) => checkShape('op', 'x', { shape }, pattern));

  it.each([
    [
      [2, 3],
      [3, 2],
    ],
    [[2], [2, 1]],
    [[2, 1], [2]],
    [
      [5, 6],
      ['n', 'n'],
    ],
    [[], ['...batch', 3]],
    [
      [2, 4],
      ['...batch', 3],
    ],
  ])('refuses %p for %p', (shape, pattern) => {
    expect(refusal(() => checkShape('op', 'x', { shape }, pattern))[0]).toBe('SHAPE');
  });

  it('prints the pattern, the shape and the hint', () => {
    expect(
      refusal(() => checkShape('linear', 'weight', { shape: [4, 5] }, ['outputs', 3], 'x has 3 features.')),
    ).toEqual(['SHAPE', 'linear: expected weight of shape [outputs, 3], received [4, 5]. x has 3 features.']);
  });
});

describe('checkRank and checkDtype', () => {
  it('pass what fits', () => {
    checkRank('op', 'x', { shape: [1, 2] }, 2);
    checkRank('op', 'x', { shape: [1, 2, 3] }, 2, 4);
    checkRank('op', 'x', { shape: [1, 2, 3] }, 1, Infinity);
    checkDtype('op', 'x', { dtype: 'int32' }, 'float32', 'int32');
  });

  it.each([
    [2, 2, 'op: expected x of shape [?, ?], received [7].'],
    [2, 3, 'op: expected x of shape [?, ?] to [?, ?, ?], received [7].'],
    [2, Infinity, 'op: expected x of shape [..., ?, ?], received [7].'],
  ])('refuse one axis where %p to %p are needed', (minimum, maximum, message) => {
    expect(refusal(() => checkRank('op', 'x', { shape: [7] }, minimum, maximum))).toEqual(['RANK', message]);
  });

  it('refuse another element type and say how to convert', () => {
    expect(refusal(() => checkDtype('embedding', 'indices', { dtype: 'float32' }, 'int32'))).toEqual([
      'DTYPE',
      "embedding: expected indices of dtype int32, received float32. Convert it first: cast(indices, 'int32').",
    ]);
  });
});

describe('checkTensor and checkFloat', () => {
  const x = { shape: [2], dtype: 'float32', dataId: {} };

  it('pass tensors', () => {
    checkTensor('op', 'x', { ...x, dtype: 'bool' });
    checkFloat('op', { x, weight: x });
  });

  it('name the argument that is no tensor, or not float32', () => {
    expect(refusal(() => checkFloat('linear', { x, weight: [1, 2] }))).toEqual([
      'TENSOR',
      'linear: expected weight to be a tensor, received [1, 2]. Make one first: tensor(weight).',
    ]);
    expect(refusal(() => checkTensor('linear', 'bias', undefined))[1]).toBe(
      'linear: expected bias to be a tensor, received undefined.',
    );
    expect(refusal(() => checkFloat('linear', { x, bias: { ...x, dtype: 'int32' } }))[0]).toBe('DTYPE');
  });
});

describe('checks of plain values', () => {
  it('pass what fits', () => {
    checkNumber('op', 'scale', -1.5);
    checkNumber('op', 'probability', 0, { minimum: 0, below: 1 });
    checkInteger('op', 'steps', 3, { above: 0 });
    checkBoolean('op', 'causal', false);
    checkName('op', 'name', 'weight');
    checkOneOf('op', 'reduction', 'mean', ['mean', 'sum']);
    checkSizes('op', 'shape', []);
    checkSizes('op', 'shape', [2, 0, 3]);
  });

  it.each([
    [1, { minimum: 0, below: 1 }, 'op: expected p to be a number >= 0 and < 1, received 1.'],
    [0, { above: 0 }, 'op: expected p to be a number > 0, received 0.'],
    [2, { maximum: 1 }, 'op: expected p to be a number <= 1, received 2.'],
    [NaN, {}, 'op: expected p to be a number, received NaN.'],
    [Infinity, {}, 'op: expected p to be a number, received Infinity.'],
    ['1', {}, 'op: expected p to be a number, received "1".'],
    [undefined, {}, 'op: expected p to be a number, received undefined.'],
  ])('checkNumber refuses %p within %p', (value, range, message) => {
    expect(refusal(() => checkNumber('op', 'p', value, range))).toEqual(['ARGUMENT', message]);
  });

  it.each([[1.5], [2 ** 53], [-1], [NaN], ['3'], [null]])('checkInteger refuses %p', (value) => {
    expect(refusal(() => checkInteger('op', 'steps', value, { minimum: 0 }))[1]).toContain('to be an integer >= 0');
  });

  it.each([[[-1]], [[1.5]], [['2']], [[2 ** 30, 2 ** 30]], [3], [undefined]])('checkSizes refuses %p', (value) => {
    expect(refusal(() => checkSizes('zeros', 'shape', value))[0]).toBe('ARGUMENT');
  });

  it('checkOneOf offers the nearest choice', () => {
    expect(refusal(() => checkOneOf('loss', 'reduction', 'men', ['mean', 'sum', 'none']))).toEqual([
      'ARGUMENT',
      'loss: expected reduction to be one of "mean", "sum", "none", received "men". Did you mean "mean"?',
    ]);
  });

  it('keeps long values short', () => {
    const message = (value: unknown): string => refusal(() => checkBoolean('op', 'flag', value))[1];
    expect(message('x'.repeat(1000)).length).toBeLessThan(150);
    expect(message(new Array(1000).fill(0))).toContain('a list of 1000');
  });

  it('checkSynchronous refuses what must be awaited', async () => {
    for (const result of [undefined, null, 3, {}, { then: 1 }]) checkSynchronous('scope', 'f', result, '');
    const promise = Promise.resolve(1);
    expect(refusal(() => checkSynchronous('scope', 'f', promise, 'Use scopeAsync.'))).toEqual([
      'ASYNC',
      'scope: expected f to be synchronous, received a promise. Use scopeAsync.',
    ]);
    await promise;
  });

  it('checkName refuses the empty string, and like checkText what is no string', () => {
    checkText('op', 'text', '');
    expect(refusal(() => checkText('op', 'text', 3))[1]).toBe('op: expected text to be a string, received 3.');
    expect(refusal(() => checkName('op', 'name', ''))[0]).toBe('ARGUMENT');
    expect(refusal(() => checkName('op', 'name', 3))[0]).toBe('ARGUMENT');
  });
});
