// SPDX-License-Identifier: Apache-2.0
// Tests of the leak checks: what they let pass and what they name.

import { add, dispose, keep, scope, tensor, variable, zeros } from '@nabla/core';
import { devices, useDevice } from './devices.ts';
import { expectNoLeaks } from './no-leaks.ts';

describe.each(devices())('expectNoLeaks on %s', (device) => {
  useDevice(device);

  it('lets pass what is freed, by a scope or by hand', () => {
    expectNoLeaks(() => {
      add(tensor([1, 2]), 1);
      const x = scope(() => variable(zeros([2, 3])));
      x.dispose();
    });
  });

  it('names shape, type and creating line of what stays', () => {
    const left: object[] = [];
    const leaky = (): void => {
      left.push(keep(tensor([[1, 2, 3]], undefined, 'int32')));
    };
    expect(() => expectNoLeaks(leaky)).toThrow(
      /1 tensors are still alive:\n {2}int32 \[1, 3\] made at .*no-leaks\.test\.ts:\d+/,
    );
    dispose(left);
  });
});

describe('watchLeaks', () => {
  useDevice('js');

  it('frees what a test makes, so that this one leaves nothing', () => {
    zeros([100]);
  });

  it('works across awaits', async () => {
    const x = zeros([3]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await add(x, 1).data()).toEqual(Float32Array.of(1, 1, 1));
  });
});
