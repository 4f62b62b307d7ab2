// SPDX-License-Identifier: Apache-2.0
// Sums of products in Einstein's notation, as products of matrices.

import { checkFloat } from '../check.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { type Tensor, matMul, reshape, sum, transpose } from '../tf.ts';

/** Letters for the axes of each operand, and of the output. */
const FORM = /^[a-zA-Z]*(,[a-zA-Z]*)*->[a-zA-Z]*$/;

/**
 * Sums products of elements over the labels that the output leaves out: `einsum('ij,jk->ik', a, b)` is the product of two
 * matrices, `einsum('ij->i', a)` the sums of rows. Operands are combined two at a time, from left to right, each time by one
 * product of matrices; the gradient is that of those products.
 *
 * @param equation  one letter for each axis of each operand, then `->` and the axes of the output, such as `bij,bjk->bik`
 * @param operands  float32, as many as the equation has terms
 * @throws {ArgumentError} the equation has another form, a label twice in a term, or one in the output that no operand has
 * @throws {ShapeError} an operand has not one axis for each letter, or a label two lengths
 * @throws {DTypeError} an operand is not float32
 * @example
 * einsum('ij,jk->k', ones([2, 3]), ones([3, 4])); // [6, 6, 6, 6]
 */
export function einsum(equation: string, ...operands: Tensor[]): Tensor {
  const { terms, output } = parse(equation, operands.length);
  checkFloat('einsum', Object.fromEntries(operands.map((operand, i) => [`operand ${i}`, operand])));
  checkLengths(terms, operands);
  let [left] = operands.map((tensor, i): Labelled => ({ tensor, labels: terms[i] }));
  for (let i = 1; i < operands.length; i++) {
    const isLast = i === operands.length - 1;
    const later = output + terms.slice(i + 1).join('');
    const met = [...new Set(left.labels + terms[i])].filter((label) => later.includes(label)).join('');
    const wanted = isLast ? output : met;
    left = { tensor: contract(left, { tensor: operands[i], labels: terms[i] }, wanted), labels: wanted };
  }
  return operands.length === 1 ? arrange(left, output) : left.tensor;
}

function parse(equation: string, operands: number): { terms: string[]; output: string } {
  const text = equation.replace(/\s/g, '');
  const fail = (expected: string): never => {
    throw new ArgumentError({ op: 'einsum', argument: 'equation', expected, received: `"${equation}"` });
  };
  if (!FORM.test(text))
    return fail('to be letters with commas between operands and -> before the output, as ij,jk->ik');
  const [left = '', output = ''] = text.split('->');
  const terms = left.split(',');
  if (terms.length !== operands) return fail(`to have ${operands} terms, one for each operand`);
  if ([...terms, output].some((term) => new Set(term).size !== term.length))
    return fail('to have no letter twice in a term');
  if ([...output].some((label) => !left.includes(label))) return fail('to have no letter in the output alone');
  return { terms, output };
}

function checkLengths(terms: readonly string[], operands: readonly Tensor[]): void {
  const lengths = new Map<string, number>();
  operands.forEach(({ shape }, i) => {
    const expected = `[${[...terms[i]].map((label) => lengths.get(label) ?? label).join(', ')}]`;
    const fits = [...terms[i]].every((label, axis) => (lengths.get(label) ?? shape[axis]) === shape[axis]);
    if (shape.length !== terms[i].length || !fits) {
      throw new ShapeError({ op: 'einsum', argument: `operand ${i}`, expected, received: shape });
    }
    [...terms[i]].forEach((label, axis) => lengths.set(label, shape[axis]));
  });
}

/** A tensor with a letter for each axis. */
export interface Labelled {
  readonly tensor: Tensor;
  readonly labels: string;
}

/** Transposes the axes to another order of the same labels; labels left out are summed. */
export function arrange({ tensor, labels }: Labelled, wanted: string): Tensor {
  const left = [...labels].filter((label) => wanted.includes(label)).join('');
  const axes = [...labels].flatMap((label, axis) => (left.includes(label) ? [] : [axis]));
  const summed = axes.length === 0 ? tensor : sum(tensor, axes);
  return left === wanted
    ? summed
    : transpose(
        summed,
        [...wanted].map((label) => left.indexOf(label)),
      );
}

/**
 * The sum of products as one product of matrices. tfjs' own einsum is not used: of two operands
 * it gives a wrong shape where a label that only one of them has is summed, as i in `k,ij->jk`.
 */
export function contract(a: Labelled, b: Labelled, wanted: string): Tensor {
  const both = [...a.labels].filter((label) => b.labels.includes(label));
  const batch = both.filter((label) => wanted.includes(label)).join('');
  const inner = both.filter((label) => !wanted.includes(label)).join('');
  const rows = [...a.labels].filter((label) => !both.includes(label) && wanted.includes(label)).join('');
  const columns = [...b.labels].filter((label) => !both.includes(label) && wanted.includes(label)).join('');
  const lengths = (labels: string): number[] =>
    [...labels].map((label) => {
      const { tensor, labels: own } = a.labels.includes(label) ? a : b;
      return tensor.shape[own.indexOf(label)];
    });
  const size = (labels: string): number => lengths(labels).reduce((product, length) => product * length, 1);
  const left = reshape(arrange(a, batch + rows + inner), [size(batch), size(rows), size(inner)]);
  const right = reshape(arrange(b, batch + inner + columns), [size(batch), size(inner), size(columns)]);
  const product = reshape(matMul(left, right), lengths(batch + rows + columns)); // [...batch, ...rows, ...columns]
  return arrange({ tensor: product, labels: batch + rows + columns }, wanted);
}
