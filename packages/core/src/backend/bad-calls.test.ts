// SPDX-License-Identifier: Apache-2.0
// At least 200 bad calls of every native kernel, as JavaScript makes them: each is refused by a NativeError or, for what a
// buffer holds, an ArgumentError, and writes nothing. What is right is worked out by hand in packages/testing/src/kernel-calls/.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { type KernelCall, NO_CHOICE, PLAIN, kernelCall } from '@nabla/testing';

import { ArgumentError, NativeError } from '../errors.ts';
import type { Handle, KernelDescription } from './addon.ts';
import { addonSearch } from './load-addon.ts';
import { bindKernels } from './run-kernel.ts';

type Call = Record<string, unknown>;

/** A call that is spoilt, and in what way. */
interface BadCall {
  readonly call: Call;
  readonly why: string;
}

const LEAST_BAD_CALLS = 200;
const MORE = 2 ** 12; // bytes: larger than any buffer of a right call

/** What is no integer, and what is no number at all. */
const NO_INTEGERS = [NaN, Infinity, -Infinity, 0.5, 2 ** 53 + 2, 2 ** 62, 1e300];
const NO_NUMBERS = ['3', 'abc', undefined, null, true, {}, [], 1n, (): number => 3];
const NO_LISTS = [3, '33', undefined, null, { length: 2 }, new Map(), Array.from({ length: 20_000 }, () => 1)];
const NO_HANDLES = [-2, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 52 - 1, 2 ** 52, 2 ** 53, -(2 ** 53)];

/** What makes a size larger than the buffers, or is none. */
const wrongSizes = (size: number): number[] => [size + 1, -1, 2 ** 31, 2 ** 32 + 1, 2 ** 53, -(2 ** 53)];

const search = addonSearch();
if (search.addon === undefined) {
  it('is left out: the addon is not built', () => expect(search).toHaveProperty('reason'));
} else {
  const native = search.addon;
  const kernels: Record<string, (call: never) => void> = { ...bindKernels(native) };
  const area = new Float64Array(native.argumentArea);
  let worker: Worker;
  let foreign: Handle[];

  beforeAll(async () => {
    const code = `const { parentPort, workerData } = require('node:worker_threads');
      const native = require(workerData);
      parentPort.postMessage(Array.from({ length: 64 }, () => native.allocate(${MORE})));
      parentPort.on('message', () => process.exit());`;
    worker = new Worker(code, { eval: true, workerData: search.path });
    [foreign] = (await once(worker, 'message')) as [Handle[]];
  });
  afterAll(async () => {
    worker.postMessage('end');
    await once(worker, 'exit');
  });

  const live = new Set<Handle>();
  const allocate = (bytes: number): Handle => {
    const handle = native.allocate(bytes);
    native.write(handle, new Uint8Array(bytes)); // zeros: right as indices, too
    live.add(handle);
    return handle;
  };
  afterEach(() => {
    for (const handle of live) native.release(handle);
    live.clear();
  });
  const stale = (): Handle => {
    const handle = native.allocate(MORE);
    native.release(handle);
    return handle;
  };
  /** A buffer of the worker; its number is that of none of ours. */
  const ofWorker = (): Handle => foreign.find((handle) => !live.has(handle)) as Handle;

  const buffersOf = ({ reads, writes }: KernelCall): [string, number | readonly number[]][] =>
    Object.entries({ ...reads, ...writes });

  /** The right call, in buffers of exactly the bytes that it needs. */
  function rightCall(plan: KernelCall, description: KernelDescription): Call {
    const parameters = description.arguments.map(({ name }) => [
      name,
      plan.sizes[name] ?? plan.others?.[name] ?? PLAIN,
    ]);
    const buffers = buffersOf(plan).map(([name, bytes]) => [
      name,
      typeof bytes === 'number' ? allocate(bytes) : bytes.map(allocate),
    ]);
    const call = { ...Object.fromEntries(parameters), ...Object.fromEntries(buffers) } as Call;
    for (const [name, values] of Object.entries(plan.integers ?? {})) {
      native.write(call[name] as Handle, Int32Array.from(values));
    }
    return call;
  }

  /** Every value that an argument may not have. */
  function badValues(plan: KernelCall, call: Call, name: string, type: string): [unknown, string][] {
    const value = call[name];
    const words = (values: readonly unknown[], why: string): [unknown, string][] => values.map((bad) => [bad, why]);
    const refused = words([...(NO_CHOICE[name] ?? []), ...(plan.refuses?.[name] ?? [])], 'is refused');
    if (type === 'number') return [...words(NO_NUMBERS, 'is no number'), ...refused];
    const bytes = { ...plan.reads, ...plan.writes }[name];
    const badHandles = (size: number): [unknown, string][] => [
      ...words([...NO_HANDLES, ...NO_INTEGERS], 'is no handle'),
      ...words(NO_NUMBERS, 'is no number'),
      [-1, 'is absent'],
      [stale(), 'was released'],
      [ofWorker(), 'belongs to a worker'],
      [allocate(size - 1), 'is a byte too short'],
      [allocate(0), 'is empty'],
    ];
    const badSizes = (size: number): [unknown, string][] => [
      ...words(NO_INTEGERS, 'is no integer'),
      ...words(NO_NUMBERS, 'is no number'),
      ...words(name in plan.sizes ? wrongSizes(size) : [], 'asks for more than the buffers hold'),
    ];
    if (type === 'buffer') return badHandles(bytes as number);
    if (type === 'integer') return [...badSizes(value as number), ...refused];
    const items = value as readonly number[];
    const inPlaceOf = (i: number): [unknown, string][] =>
      type === 'buffers' ? badHandles((bytes as readonly number[])[i]) : badSizes(items[i]);
    const badItems = items.flatMap((_, i) =>
      inPlaceOf(i).map(([bad, why]): [unknown, string] => [items.with(i, bad as number), `[${i}] ${why}`]),
    );
    return [
      ...words(NO_LISTS, 'is no list of numbers'),
      [items.slice(1), 'is an item too short'],
      [[...items, items[0]], 'is an item too long'],
      ...badItems,
    ];
  }

  /** One buffer as two arguments of which the kernel writes one, each way that is not allowed. */
  function overlaps(plan: KernelCall, call: Call): BadCall[] {
    const items = buffersOf(plan).flatMap(([name, bytes]) =>
      (typeof bytes === 'number' ? [-1] : bytes.map((_, i) => i)).map((item) => ({ name, item })),
    );
    const put = (to: Call, { name, item }: { name: string; item: number }, handle: Handle): Call => ({
      ...to,
      [name]: item === -1 ? handle : (to[name] as Handle[]).with(item, handle),
    });
    const allowed = new Set(plan.inPlace?.map((names) => names.join()));
    const both = allocate(MORE);
    return items
      .filter(({ name }) => name in plan.writes)
      .flatMap((written) =>
        items
          .filter((other) => other !== written)
          .filter(
            (other) =>
              Math.max(other.item, 0) !== Math.max(written.item, 0) ||
              !(allowed.has(`${written.name},${other.name}`) || allowed.has(`${other.name},${written.name}`)),
          )
          .map((other) => ({
            call: put(put(call, written, both), other, both),
            why: `${written.name} and ${other.name} are one buffer`,
          })),
      );
  }

  /** Every bad call with one thing wrong, and as many with two as it takes. */
  function badCalls(plan: KernelCall, call: Call, description: KernelDescription): BadCall[] {
    const perArgument = description.arguments.map(({ name, type }) =>
      badValues(plan, call, name, type).map(([bad, why]) => ({ name, bad, why: `${name} ${why}` })),
    );
    const bad: BadCall[] = perArgument
      .flat()
      .map(({ name, bad: value, why }) => ({ call: { ...call, [name]: value }, why }));
    bad.push(...overlaps(plan, call));
    for (let round = 0; bad.length < LEAST_BAD_CALLS; round++) {
      const [one, two] = [0, 1].map((i) => perArgument[(round + i) % perArgument.length]);
      const [first, second] = [one[(7 * round) % one.length], two[(11 * round) % two.length]];
      bad.push({
        call: { ...call, [first.name]: first.bad, [second.name]: second.bad },
        why: `${first.why}, ${second.why}`,
      });
    }
    return bad;
  }

  /** What all buffers of a right call hold. */
  const contents = (plan: KernelCall, call: Call): Uint8Array[] =>
    buffersOf(plan).flatMap(([name, bytes]) =>
      [bytes].flat().map((size, i) => {
        const values = new Uint8Array(size);
        native.read([call[name] as Handle].flat()[i], values);
        return values;
      }),
    );

  function received(run: () => void): unknown {
    try {
      run();
    } catch (error) {
      return error;
    }
    return 'it ran';
  }

  describe('bad calls', () => {
    it('with a buffer of a worker are refused, and the worker cannot use ours', () => {
      for (const handle of foreign) {
        allocate(MORE);
        expect(() => kernels['relu_f32']({ in: handle, out: handle, count: 1 } as never)).toThrow(NativeError);
      }
    });

    it('never take a buffer of a worker for one of ours, however often ours are given out again', () => {
      for (let round = 0; round < 1000; round++) {
        const own = foreign.map(() => native.allocate(4));
        expect(own.filter((handle) => foreign.includes(handle))).toEqual([]);
        for (const handle of own) native.release(handle);
      }
    });

    it.each(native.description.map((kernel) => [kernel.name, kernel] as const))('of %s are refused', (name, kernel) => {
      const plan = kernelCall(
        name,
        kernel.arguments.map((argument) => argument.name),
      );
      if (plan === undefined) throw new Error(`${name} has no right call in packages/testing/src/kernel-calls/`);
      const call = rightCall(plan, kernel);
      const before = contents(plan, call);
      const bad = badCalls(plan, call, kernel);
      const accepted = bad.filter(({ call: spoilt }) => {
        const error = received(() => kernels[name](spoilt as never));
        return !(error instanceof NativeError && error.code === 'CONTRACT' && error.message.includes(name));
      });
      expect(accepted.map(({ why }) => why)).toEqual([]);
      expect(bad.length).toBeGreaterThanOrEqual(LEAST_BAD_CALLS);
      expect(contents(plan, call)).toEqual(before);

      for (const [buffer, values] of Object.entries(plan.noIndex ?? {})) {
        const zeros = new Array<number>((plan.reads[buffer] as number) / 4).fill(0);
        const right = Int32Array.from(plan.integers?.[buffer] ?? zeros);
        for (const value of values) {
          native.write(call[buffer] as Handle, right.with(0, value));
          const written = contents(plan, call);
          const error = received(() => kernels[name](call as never));
          expect(error instanceof ArgumentError || (error instanceof NativeError && error.code === 'DATA')).toBe(true);
          expect(contents(plan, call)).toEqual(written);
        }
        native.write(call[buffer] as Handle, right);
      }
      kernels[name](call as never);
    });

    it.each(native.description.map((kernel) => [kernel.name, kernel] as const))(
      'of %s with a wrong number of arguments are refused',
      (name, kernel) => {
        const plan = kernelCall(
          name,
          kernel.arguments.map((argument) => argument.name),
        ) as KernelCall;
        const call = rightCall(plan, kernel);
        const numbers = kernel.arguments.flatMap(({ name: argument }) => {
          const value = call[argument] as number | number[];
          return typeof value === 'number' ? [value] : [value.length, ...value];
        });
        area.set(numbers);
        const run = native.kernels[name] as (count?: unknown) => void;
        run(numbers.length);
        const counts = [0, ...numbers.keys(), numbers.length + 1, area.length, area.length + 1];
        for (const count of [...counts, ...NO_INTEGERS, ...NO_NUMBERS, -1, 2 ** 31, 2 ** 32 + 1]) {
          expect(() => run(count)).toThrow(name);
        }
        expect(() => run()).toThrow(name);
      },
    );

    it('do not end the process when what reads and writes buffers is called wrongly', () => {
      const handle = allocate(8);
      const bad = [...NO_INTEGERS, ...NO_NUMBERS, ...NO_HANDLES, stale(), ofWorker()];
      const run = (name: 'release' | 'read' | 'write' | 'allocate', ...values: unknown[]): unknown =>
        Reflect.apply(native[name], native, values);
      for (const name of ['release', 'read', 'write', 'allocate'] as const) {
        for (const value of name === 'allocate' ? [...NO_INTEGERS, ...NO_NUMBERS, -1, 2 ** 53] : bad) {
          expect(() => run(name, value, new Uint8Array(8))).toThrow(name === 'allocate' ? /allocate/ : name);
        }
        if (name !== 'allocate') expect(() => run(name)).toThrow(name);
      }
      const others = [new ArrayBuffer(8), new DataView(new ArrayBuffer(8)), ...halves()];
      for (const array of [...NO_NUMBERS, new Uint8Array(7), new Float32Array(3), ...others, 8]) {
        expect(() => run('read', handle, array)).toThrow('read');
        expect(() => run('write', handle, array)).toThrow('write');
      }
    });
  });
}

/** Typed arrays of a kind that Node-API does not know, where JavaScript has it: one of as many bytes as the buffer, and one of fewer. */
function halves(): unknown[] {
  const Float16Array = Reflect.get(globalThis, 'Float16Array') as (new (length: number) => unknown) | undefined;
  return Float16Array === undefined ? [] : [new Float16Array(4), new Float16Array(1)];
}
