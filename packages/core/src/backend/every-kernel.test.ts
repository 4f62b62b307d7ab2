// SPDX-License-Identifier: Apache-2.0
// Every native kernel on every CPU target against its definition: lengths around those of vectors and none at all, NaN, infinities,
// denormals, huge and tiny numbers, integers that wrap around, inputs that are one tensor, and outputs that are written over an
// input. How a kernel is tried is said in packages/testing/src/kernel-calls/sweep/.

import {
  Draw,
  type KernelRun,
  type KernelSweep,
  type RunTensor,
  SWEEP_SIZES,
  type ValueKind,
  describeOnCpu,
  isClose,
  kernelCall,
  kernelSweep,
  selectDevice,
  useDevice,
} from '@nabla/testing';

import { scope } from '../memory.ts';
import { runKernel } from '../ops/run.ts';
import { type Tensor, backend, tensor } from '../tf.ts';
import type { Handle } from './addon.ts';
import { addonSearch } from './load-addon.ts';
import type { NativeBackend } from './native-backend.ts';

type Values = Float32Array | Int32Array | Uint8Array;
type Call = Readonly<Record<string, unknown>>;

/** One run, and what its definition makes of it: the outputs, then what the inputs hold afterwards. */
interface Trial {
  readonly n: number;
  readonly kind: ValueKind;
  readonly words: string;
  readonly run: KernelRun;
  readonly expected: readonly Values[];
}

/** The tensors of a run on the active device. */
interface Made {
  readonly outputs: readonly Tensor[];
  readonly inputs: readonly Tensor[];
}

/** From here on the lengths are tried with ordinary numbers and mixed ones alone: each costs as much as all that are shorter. */
const LONG = 63;

const search = addonSearch();
const namesOf = (kernel: string): string[] => {
  const found = search.addon?.description.find(({ name }) => name === kernel);
  return found?.arguments.map(({ name }) => name) ?? [];
};

const tensorsOf = ({ inputs }: KernelRun): RunTensor[] => Object.values<RunTensor>({ ...inputs });

function withInputs<T>({ inputs }: KernelRun, tensors: readonly T[]): Record<string, T> | readonly T[] {
  if (Array.isArray(inputs)) return tensors;
  return Object.fromEntries(Object.keys(inputs).map((name, i) => [name, tensors[i]]));
}

/** The run with every tensor that is like an earlier one replaced by it; undefined where no two are alike. */
function aliased(run: KernelRun): KernelRun | undefined {
  const firsts = new Map<string, RunTensor>();
  const tensors = tensorsOf(run).map((input) => {
    const kind = `${input.dtype} ${input.shape.join()} ${input.origin}`;
    const first = firsts.get(kind) ?? input;
    firsts.set(kind, first);
    return first;
  });
  return firsts.size === tensors.length ? undefined : { ...run, inputs: withInputs(run, tensors) };
}

function execute(run: KernelRun): Made {
  const given = tensorsOf(run);
  const made = new Map(given.map((input) => [input, tensor(input.values, [...input.shape], input.dtype)]));
  const inputs = given.map((input) => made.get(input) as Tensor);
  return { outputs: runKernel(run.kernelName, withInputs(run, inputs), run.attributes), inputs };
}

/** All values; as float32 where they are that: tfjs leaves the integers behind a tensor that it has cast. */
const read = ({ outputs, inputs }: Made): Values[] =>
  [...outputs, ...inputs].map((one) => {
    const values = one.dataSync();
    return one.dtype === 'float32' ? Float32Array.from(values) : values;
  });

const seedOf = (words: string): number =>
  [...words].reduce((seed, letter) => Math.imul(seed, 31) + letter.charCodeAt(0), 7);

/** Every run of a kernel with what its definition gives. */
function trialsOf(kernel: string, sweep: KernelSweep): Trial[] {
  selectDevice('js');
  return SWEEP_SIZES.flatMap((n) =>
    sweep.kinds
      .filter((kind) => n < LONG || kind === 'ordinary' || kind === 'mixed')
      .flatMap((kind) =>
        sweep.runs(n, new Draw(kind, seedOf(`${kernel} ${n} ${kind}`))).flatMap((run, i) => {
          const words = `n = ${n}, ${kind}, run ${i} (${run.kernelName})`;
          const other = sweep.neverAliased === undefined ? aliased(run) : undefined;
          const runs = [
            { words, run },
            ...(other === undefined ? [] : [{ words: `${words} of one tensor`, run: other }]),
          ];
          return runs.map((one) => ({ n, kind, ...one, expected: scope(() => read(execute(one.run))) }));
        }),
      ),
  );
}

/** The largest finite magnitude, at least 1. */
function scaleOf(values: Values): number {
  let largest = 1;
  for (const value of values) if (Math.abs(value) < Infinity) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/** The first element that differs, in words; undefined: none. */
function difference(received: readonly Values[], trial: Trial, sweep: KernelSweep): string | undefined {
  const { run, expected, n, kind } = trial;
  if (received.length !== expected.length) return `${received.length} results, expected ${expected.length}`;
  const { absolute, relative } = sweep.tolerance(n);
  for (const [result, wanted] of expected.entries()) {
    if (run.unspecified?.includes(result) === true) continue;
    const actual = received[result];
    if (actual.length !== wanted.length) return `result ${result} has ${actual.length} elements, not ${wanted.length}`;
    const limit = { absolute: kind === 'huge' ? absolute * scaleOf(wanted) : absolute, relative };
    for (let i = 0; i < wanted.length; i++) {
      if (isClose(actual[i], wanted[i], limit)) continue;
      const isOpen = sweep.openInfinities !== undefined && !Number.isFinite(actual[i]) && !Number.isFinite(wanted[i]);
      if (isOpen) continue;
      return `result ${result} differs first at ${i} of ${wanted.length}: received ${actual[i]}, expected ${wanted[i]}`;
    }
  }
  return undefined;
}

const bytesOf = ({ size, dtype }: Tensor): number => (dtype === 'bool' ? size : 4 * size);

/** Repeats a call with an output in the place of an input, each way that is allowed; how often, and what differed. */
function repeatInPlace(
  kernel: string,
  run: (call: Call) => void,
  call: Call,
  made: Made,
): { times: number; wrong?: string } {
  const native = backend() as NativeBackend;
  let times = 0;
  for (const [written, source] of kernelCall(kernel, namesOf(kernel))?.inPlace ?? []) {
    const out = made.outputs.find((one) => native.buffer(one) === call[written]);
    const input = made.inputs.find((one) => native.buffer(one) === call[source]);
    if (out === undefined || input === undefined || out.size === 0 || bytesOf(out) !== bytesOf(input)) continue;
    const copy = tensor(input.dataSync(), input.shape, input.dtype);
    run({ ...call, [written]: native.buffer(copy), [source]: native.buffer(copy) });
    times += 1;
    const bits = (handle: Handle): Uint8Array => {
      const values = new Uint8Array(bytesOf(out));
      native.addon.read(handle, values);
      return values;
    };
    const [expected, received] = [bits(native.buffer(out)), bits(native.buffer(copy))];
    const at = expected.findIndex((byte, i) => byte !== received[i]);
    if (at >= 0) return { times, wrong: `${written} over ${source} differs first in byte ${at} of ${expected.length}` };
  }
  return { times };
}

if (search.addon === undefined) {
  it('is left out: the addon is not built', () => expect(search).toHaveProperty('reason'));
} else {
  const { description } = search.addon;
  const known = new Map<string, Trial[]>();

  describeOnCpu('every kernel against its definition on %s', (device) => {
    useDevice(device);

    it.each(description.map(({ name }) => name))('%s', (name) => {
      const sweep = kernelSweep(name, namesOf(name));
      if (sweep === undefined) throw new Error(`${name} has no row in packages/testing/src/kernel-calls/sweep/`);
      const trials = known.get(name) ?? trialsOf(name, sweep);
      known.set(name, trials);
      selectDevice(device);
      const kernels = (backend() as NativeBackend).kernels as Record<string, (call: never) => void>;
      const kernel = kernels[name] as (call: Call) => void;
      const failures: string[] = [];
      let [calls, inPlace] = [0, 0];
      let last: Call | undefined;
      kernels[name] = (call: Call): void => {
        [calls, last] = [calls + 1, call];
        kernel(call);
      };
      /** What is wrong with a run, in words. */
      const faultOf = (trial: Trial): string | undefined => {
        last = undefined;
        const made = execute(trial.run);
        const wrong = difference(read(made), trial, sweep);
        if (wrong !== undefined || last === undefined) return wrong;
        const repeated = repeatInPlace(name, kernel, last, made);
        inPlace += repeated.times;
        return repeated.wrong;
      };
      const fault = (trial: Trial): string | undefined => {
        try {
          return scope(() => faultOf(trial));
        } catch (error) {
          return String(error);
        }
      };
      try {
        for (const trial of trials) {
          const wrong = fault(trial);
          if (wrong !== undefined) failures.push(`${name} on ${device}, ${trial.words}: ${wrong}`);
        }
      } finally {
        kernels[name] = kernel;
      }
      expect(failures).toEqual([]);
      expect(calls).toBeGreaterThan(0); // of the kernel itself, and not of its definition
      const may = kernelCall(name, namesOf(name))?.inPlace?.filter(
        ([written]) => written === 'out' || written === 'grad_in',
      );
      if (may !== undefined && may.length > 0 && !/^add_n/.test(name)) expect(inPlace).toBeGreaterThan(0);
    });
  });
}
