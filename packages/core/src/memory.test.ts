// SPDX-License-Identifier: Apache-2.0
// Tests of scopes, disposal and memory statistics.

import { setDevice } from './index.ts';
import { dispose, memory, scope, scopeAsync, tensorsIn } from './memory.ts';
import { type Tensor, add, keep, mul, ones, reshape, scalar, tensor1d, variable, zeros } from './tf.ts';

beforeAll(() => {
  setDevice('js');
});

let before = 0;
beforeEach(() => {
  before = memory().tensors;
});

/** Tensors made in this test that still live. */
const living = (): number => memory().tensors - before;

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('scope', () => {
  it('frees all but what is returned', async () => {
    const result = scope(() => {
      const x = tensor1d([1, 2]);
      return add(mul(x, x), 1);
    });
    expect([...(await result.data())]).toEqual([2, 5]);
    expect(living()).toBe(1);
    result.dispose();
  });

  it('finds survivors in arrays, records, Maps, Sets and objects', () => {
    class Holder {
      tensor: Tensor | undefined;
    }
    const result = scope(() => {
      zeros([100]);
      const [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6].map((value) => scalar(value));
      const holder = new Holder();
      holder.tensor = e;
      return { list: [a, [b]], map: new Map([['c', c]]), set: new Set([d]), holder, values: [1, 'f', f] };
    });
    expect(tensorsIn(result)).toHaveLength(6);
    expect(living()).toBe(6);
    dispose(result);
    expect(living()).toBe(0);
  });

  it('returns values that are no tensors, however large', () => {
    const values = scope(() => new Array<number>(500_000).fill(1));
    expect(values).toHaveLength(500_000);
    expect(scope(() => new Float32Array(500_000))).toHaveLength(500_000);
    expect(scope(() => null)).toBeNull();
  });

  it('walks circles once', () => {
    const node: { self?: object; tensor: Tensor } = { tensor: scalar(1) };
    node.self = node;
    expect(scope(() => node)).toBe(node);
    node.tensor.dispose();
  });

  it('gives what survives to the scope around', () => {
    scope(() => {
      const inner = scope(() => add(scalar(1), 1));
      expect(inner.isDisposed).toBe(false);
      expect(living()).toBe(1);
    });
    expect(living()).toBe(0);
  });

  it('spares kept tensors, variables and tensors from outside', () => {
    const outside = scalar(0);
    const [kept, parameter] = scope(() => [keep(scalar(1)), variable(scalar(2))].map((tensor) => ({ tensor })));
    scope(() => add(outside, 1).shape);
    expect([outside, kept.tensor, parameter.tensor].map((tensor) => tensor.isDisposed)).toEqual([false, false, false]);
    dispose(outside, kept, parameter);
    expect(living()).toBe(0);
  });

  it('frees everything when the function throws', () => {
    expect(() =>
      scope(() => {
        zeros([5]);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(living()).toBe(0);
  });

  it('refuses a function that awaits', async () => {
    let done: Promise<void> = Promise.resolve();
    expect(() => scope(() => (done = tick()))).toThrow(expect.objectContaining({ code: 'ASYNC' }));
    await done;
    expect(living()).toBe(0);
  });
});

describe('scopeAsync', () => {
  it('frees all but what is returned', async () => {
    const result = await scopeAsync(async () => {
      const x = zeros([3]);
      await tick();
      return [add(x, 1)];
    });
    expect(living()).toBe(1);
    dispose(result);
  });

  it('nests', async () => {
    await scopeAsync(async () => {
      const inner = await scopeAsync(async () => {
        await tick();
        return add(scalar(1), 1);
      });
      expect(inner.isDisposed).toBe(false);
      expect(living()).toBe(1);
    });
    expect(living()).toBe(0);
  });

  it('frees everything when the function rejects', async () => {
    const failing = scopeAsync(async () => {
      zeros([5]);
      await tick();
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(living()).toBe(0);
  });

  it('says when scopes overlap, and loses nothing', async () => {
    let endSecond = (): void => undefined;
    const first = scopeAsync(async () => {
      const x = zeros([1]);
      await tick();
      return x;
    });
    const second = scopeAsync(async () => {
      const x = zeros([2]);
      await new Promise<void>((resolve) => (endSecond = resolve));
      return add(x, 1);
    });
    await expect(first).rejects.toMatchObject({
      code: 'SCOPE',
      message:
        'scopeAsync: expected scopes to end in the reverse order of their beginnings, received scopes that overlap. ' +
        'Await one before the next begins, or use dispose instead of scopes.',
    });
    endSecond();
    const result = await second;
    expect(result.isDisposed).toBe(false);
    expect(living()).toBe(2); // both results
    scope(() => zeros([3])).dispose();
    result.dispose();
  });
});

describe('using', () => {
  it('frees at the end of the block, also when it throws', () => {
    const work = (): void => {
      using x = zeros([2]);
      using y = add(x, 1);
      expect(y.shape).toEqual([2]);
      expect(living()).toBe(2);
      throw new Error('stop');
    };
    expect(work).toThrow('stop');
    expect(living()).toBe(0);
  });
});

describe('dispose and memory', () => {
  it('count tensors, values and bytes', () => {
    const start = memory();
    const x = ones([2, 3]);
    const y = reshape(x, [6]);
    const now = memory();
    expect(now.tensors - start.tensors).toBe(2);
    expect(now.dataBuffers - start.dataBuffers).toBe(1);
    expect(now.bytes - start.bytes).toBe(48);
    dispose([x], { y }, undefined, 3);
    dispose(x);
    expect(living()).toBe(0);
  });

  it('say what the addon takes, where there is one', () => {
    const { native } = memory();
    if (native !== undefined) expect(native.bytes).toBeGreaterThanOrEqual(0);
  });
});
