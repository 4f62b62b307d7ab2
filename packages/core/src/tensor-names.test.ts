// SPDX-License-Identifier: Apache-2.0
// Tests of what tensors are called in errors.

import { useDevice } from '@nabla/testing';

import { nameOfTensor, nameTensor } from './tensor-names.ts';
import { scalar, variable } from './tf.ts';

useDevice('js');

it('is the longest of the names that were given, else the one that the variable was made with', () => {
  const numbered = variable(scalar(1));
  expect(nameOfTensor(numbered)).toBeUndefined();
  const named = variable(scalar(1), true, 'scale');
  expect(nameOfTensor(named)).toBe('scale');
  for (const name of ['1.weight', 'layers.1.weight', 'weight']) nameTensor(numbered, name);
  expect(nameOfTensor(numbered)).toBe('layers.1.weight');
  numbered.dispose();
  named.dispose();
});
