// SPDX-License-Identifier: Apache-2.0
// A table of a model: what each module gives, holds and costs.

import { countFlops, formatShape, noGrad, scope } from '@nabla/core';

import type { HookHandle } from './hooks.ts';
import { isTensor } from './is-tensor.ts';
import type { Module } from './module.ts';

/** One module of a summary. Parameters and operations include those of the modules below it. */
export interface SummaryRow {
  /** State name, such as `blocks.3.self_attn`; the empty string for the model itself. */
  readonly name: string;
  /** Class of the module. */
  readonly kind: string;
  /** How often its `forward` was called. */
  readonly calls: number;
  /** Shapes of the tensors that its last call returned. */
  readonly outputs: readonly (readonly number[])[];
  /** Trained numbers. */
  readonly parameters: number;
  /** Floating-point operations of all calls, see {@link countFlops}. */
  readonly flops: number;
}

/** What {@link summary} found; `String(summary)` is a table. */
export class ModuleSummary {
  /** One row per module, parents first; a module under two names stands under the first. */
  readonly rows: readonly SummaryRow[];
  /** Trained numbers of the model, shared ones once. */
  readonly parameters: number;
  /** What they take. */
  readonly parameterBytes: number;
  /** Floating-point operations of the whole computation. */
  readonly flops: number;

  constructor(model: Module, rows: readonly SummaryRow[], flops: number) {
    this.rows = rows;
    this.parameters = sizeOf(model);
    this.parameterBytes = BYTES * this.parameters;
    this.flops = flops;
  }

  toString(): string {
    const head = ['module', 'class', 'output', 'parameters', 'FLOPs'];
    const body = this.rows.map(({ name, kind, calls, outputs, parameters, flops }) => [
      name,
      calls > 1 ? `${kind} (${calls} times)` : kind,
      calls === 0 ? 'not called' : outputs.map((shape) => formatShape(shape)).join(' '),
      thousands(parameters),
      thousands(flops),
    ]);
    const widths = head.map((title, column) =>
      Math.max(...[head, ...body].map((row) => (row[column] ?? '').length), title.length),
    );
    const lines = [head, ...body].map((row) =>
      row
        .map((cell, column) =>
          column < NUMBERS ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    );
    const total = `${thousands(this.parameters)} parameters (${thousands(this.parameterBytes)} bytes), ${thousands(this.flops)} FLOPs`;
    return [...lines, total].join('\n');
  }
}

/** Columns from this one on hold numbers. */
const NUMBERS = 3;
/** Of a parameter: only float32 has gradients. */
const BYTES = 4;

/**
 * Runs `module` once on `inputs`, in evaluation and without recording, and reports of each module its output shape, its
 * parameters and its floating-point operations. Neither state nor mode of the module changes, and no random number is drawn.
 *
 * @param inputs  what `forward` takes
 * @example
 * const generator = new Generator(1);
 * const model = new Sequential(new Linear(4, 8, { generator }), new ReLU(), new Linear(8, 2, { generator }));
 * const { parameters, flops } = summary(model, [ones([5, 4])]);
 * [parameters, flops]; // [58, 480]
 */
export function summary<M extends Module>(module: M, inputs: Parameters<M['forward']>): ModuleSummary {
  return summarize(module, () => module.forward(...inputs));
}

/** {@link summary} of a computation that calls `model` somewhere, such as a loss: `summarize(model, () => loss(batch))`. */
export function summarize(model: Module, run: () => unknown): ModuleSummary {
  const names = new Map<Module, string>();
  for (const [name, module] of model.namedModules()) if (!names.has(module)) names.set(module, name);
  const modes = [...names.keys()].map((module) => ({ module, training: module.training }));
  const handles: HookHandle[] = [];
  try {
    model.eval();
    const counted = countFlops((soFar) => {
      const watched = [...names].map(([module, name]) => ({ module, name, seen: watch(module, soFar, handles) }));
      noGrad(() => scope(() => void run()));
      return watched;
    });
    const rows = counted.value.map(({ module, name, seen }) => {
      return { name, kind: module.constructor.name, parameters: sizeOf(module), ...seen };
    });
    return new ModuleSummary(model, rows, counted.flops);
  } finally {
    for (const handle of handles) handle.remove();
    for (const { module, training } of modes) module.training = training;
  }
}

/** What was seen of a module's calls. */
type Calls = { -readonly [Field in 'calls' | 'outputs' | 'flops']: SummaryRow[Field] };

/** Follows the calls of a module; one that calls itself counts what it calls once. */
function watch(module: Module, soFar: () => number, handles: HookHandle[]): Calls {
  const seen: Calls = { calls: 0, outputs: [], flops: 0 };
  const started: number[] = [];
  handles.push(
    module.registerForwardPreHook(() => void started.push(soFar())),
    module.registerForwardHook((_, __, output) => {
      const before = started.pop() ?? 0;
      seen.calls++;
      seen.outputs = shapesIn(output);
      if (started.length === 0) seen.flops += soFar() - before;
      return undefined;
    }),
  );
  return seen;
}

/** The shapes of a tensor, or of the tensors in a list or record. */
function shapesIn(output: unknown): number[][] {
  if (isTensor(output)) return [[...output.shape]];
  if (typeof output !== 'object' || output === null) return [];
  return (Object.values(output) as unknown[]).flatMap(shapesIn);
}

function sizeOf(module: Module): number {
  return module.parameters().reduce((total, { size }) => total + size, 0);
}

function thousands(value: number): string {
  return value.toLocaleString('en');
}
