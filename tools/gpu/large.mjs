// SPDX-License-Identifier: Apache-2.0
// Tensors of more than 2^31 elements on cuda, where 32 bits no longer count: every kernel with an index of its own kind.

import { add, fill, matMul, max, scope, setDevice, slice, softmax, sum, tensor1d, transpose } from '@nabla/core';

setDevice(process.argv[2] ?? 'cuda');
const rows = Number(process.argv[3] ?? 2 ** 27 + 3); // of 16 elements: 2^31 + 48
const counts = tensor1d(Array.from({ length: 16 }, (_, i) => i));

/** The last elements of a tensor of `[rows, 16]`, or of its transpose. */
const end = (x) => [...slice(x, x.shape.map((length) => length - 1), x.shape.map(() => 1)).dataSync()]; // prettier-ignore

function expect(name, received, expected) {
  const good = Math.abs(received - expected) <= 1e-6 * Math.abs(expected);
  console.log(`${good ? '✓' : '✗'} ${name}: ${received}, expected ${expected}`);
  if (!good) process.exitCode = 1;
}

scope(() => {
  const ones = fill([rows, 16], 1);
  expect('sum of ones', sum(sum(ones, 1)).dataSync()[0], rows * 16); // a reduction takes 2^31 - 1 elements at most
  const table = add(ones, counts); // a walk of two axes
  expect('add, broadcast', end(table)[0], 16);
  expect('add, alike', end(add(table, table))[0], 32);
  expect('max of columns', end(max(table, 0))[0], 16);
  expect('sum of columns', end(sum(table, 0))[0], rows * 16);
});
scope(() => {
  const table = add(fill([rows, 16], 1), counts);
  expect('transpose', end(transpose(table))[0], 16);
  expect('softmax', end(softmax(table))[0], 0.632121);
  expect('matMul', end(matMul(table, fill([16, 2], 1)))[0], 136);
});
