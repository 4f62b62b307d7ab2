// SPDX-License-Identifier: Apache-2.0
// Runs a kernel's TypeScript definition on a native device: inputs are read to the host, outputs are written back.

import { type DataId, type KernelConfig, type NamedTensorInfoMap, type TensorInfo, getKernel } from '../tf.ts';
import { JS_BACKEND, JsBackend } from './js-backend.ts';
import type { NativeBackend } from './native-backend.ts';

type KernelFunction = KernelConfig['kernelFunc'];
type Inputs = NamedTensorInfoMap | readonly TensorInfo[];

/** The host memory that definitions run on; not a registered backend, so it never becomes a tensor's home. */
let host: JsBackend | undefined;

const runs = new Map<string, number>();

/** How often a kernel ran its definition on host memory for a native device, with inputs that had to go there. */
export function hostRuns(kernelName: string): number {
  return runs.get(kernelName) ?? 0;
}

/** A kernel of a native device that is its definition, run on host memory. */
export function hostKernel(kernelName: string): KernelFunction {
  return ({ inputs, attrs, backend }) => runOnHost(kernelName, inputs, attrs, backend as NativeBackend);
}

/** Runs the definition of `kernelName` on copies of `inputs`. */
export function runOnHost(
  kernelName: string,
  inputs: Inputs,
  attrs: Parameters<KernelFunction>[0]['attrs'],
  native: NativeBackend,
): TensorInfo | TensorInfo[] {
  host ??= new JsBackend();
  const copies = new Map<DataId, TensorInfo>();
  const hostInputs = mapInputs(inputs, (input) => {
    const copy = copies.get(input.dataId) ?? toHost(input, native, host as JsBackend);
    copies.set(input.dataId, copy);
    return { ...input, dataId: copy.dataId, rank: input.shape.length }; // some definitions ask a tensor for its rank
  });
  if (copies.size > 0) runs.set(kernelName, hostRuns(kernelName) + 1);
  const { kernelFunc } = getKernel(kernelName, JS_BACKEND);
  const made: TensorInfo[] = [];
  try {
    const result = kernelFunc({ inputs: hostInputs as NamedTensorInfoMap, backend: host, ...(attrs && { attrs }) });
    made.push(...[result].flat());
    const outputs = made.map((output) => toNative(output, host as JsBackend, native));
    return Array.isArray(result) ? outputs : outputs[0];
  } finally {
    for (const { dataId } of [...made, ...copies.values()]) host.disposeData(dataId, true);
  }
}

/** The same inputs (a record with optional entries, or an array) with each tensor replaced. */
function mapInputs(inputs: Inputs, replace: (input: TensorInfo) => TensorInfo): Inputs {
  if (Array.isArray(inputs)) return inputs.map(replace);
  const entries = Object.entries(inputs as Record<string, TensorInfo | TensorInfo[] | null | undefined>);
  return Object.fromEntries(
    entries.map(([name, input]) => {
      if (Array.isArray(input)) return [name, input.map(replace)];
      return [name, input == null ? undefined : replace(input)];
    }),
  ) as NamedTensorInfoMap;
}

function toHost(tensor: TensorInfo, native: NativeBackend, to: JsBackend): TensorInfo {
  const { shape, dtype } = tensor;
  if (dtype !== 'complex64') return { dataId: to.write(native.readSync(tensor.dataId), shape, dtype), shape, dtype };
  const { real, imag } = native.complexParts(tensor);
  const parts = { real: toHost(real, native, to), imag: toHost(imag, native, to) };
  const joined = getKernel('Complex', JS_BACKEND).kernelFunc({ inputs: parts, backend: to }) as TensorInfo;
  for (const part of [parts.real, parts.imag]) to.disposeData(part.dataId);
  return joined;
}

function toNative(tensor: TensorInfo, from: JsBackend, native: NativeBackend): TensorInfo {
  const { shape, dtype } = tensor;
  if (!from.data.has(tensor.dataId)) return tensor; // some kernels answer with an empty data id
  return { dataId: native.write(from.readSync(tensor.dataId), shape, dtype), shape, dtype };
}
