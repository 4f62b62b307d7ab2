// SPDX-License-Identifier: Apache-2.0
// A layer's parameter that gives way to one which is computed from others, and back: what weight and spectral normalization share.

import { ArgumentError, type Tensor, type Variable, clone, noGrad, scope, suggest } from '@nabla/core';

import type { HookHandle } from '../hooks.ts';
import type { Module } from '../module.ts';
import { type Parameter, parameter } from '../parameter.ts';

/** How a field is computed. */
export interface ComputedField {
  /** The function that made it so. */
  readonly op: string;
  /** What stands for it in the state, by state name. */
  readonly parts: Readonly<Record<string, Variable>>;
  readonly compute: () => Tensor;
  /** What runs before each forward of the layer. */
  readonly hook?: HookHandle;
}

/** The computed fields of each layer, by name. */
const computedFields = new WeakMap<Module, Map<string, ComputedField>>();

/** @throws {ArgumentError} the layer has no parameter of that name; the nearest spelling is offered */
export function parameterOf(op: string, layer: Module, name: string): Parameter {
  const own = [...layer.namedOwnState()].filter(([, { trainable }]) => trainable);
  const found = own.find(([known]) => known === name);
  if (found !== undefined) return found[1];
  const names = own.map(([known]) => known);
  const earlier = computedFields.get(layer)?.get(name);
  const hint = earlier === undefined ? suggest(name, names) : `${earlier.op} has already replaced it.`;
  const expected = `to be a parameter of ${layer.constructor.name}: ${names.join(', ')}`;
  throw new ArgumentError({ op, argument: 'name', expected, received: `"${name}"`, hint });
}

/**
 * Puts the parts of a field into the place of the parameter `name`. Reading the field computes it, in the scope of whoever reads
 * and recorded for gradients, so that the layer's `forward` stays as it is; it is no longer part of the state.
 */
export function computeField(layer: Module, name: string, field: ComputedField): void {
  Reflect.deleteProperty(layer, name); // to stand behind the layer's other state, as in PyTorch
  for (const [part, value] of Object.entries(field.parts)) {
    Object.defineProperty(layer, part, { value, configurable: true, enumerable: true });
  }
  Object.defineProperty(layer, name, { get: () => scope(field.compute), configurable: true, enumerable: false });
  const fields = computedFields.get(layer) ?? new Map<string, ComputedField>();
  computedFields.set(layer, fields.set(name, field));
}

/**
 * Makes a computed field a parameter again, which starts at its present value; frees its parts.
 *
 * @throws {ArgumentError} `op` has not replaced this parameter
 */
export function restoreField(op: string, layer: Module, name: string): void {
  const fields = computedFields.get(layer);
  const field = fields?.get(name);
  if (field?.op !== op) {
    const expected = `to be a parameter that ${op} has replaced`;
    throw new ArgumentError({ op: `remove ${op}`, argument: 'name', expected, received: `"${name}"` });
  }
  const value = parameter(noGrad(() => scope(() => clone(field.compute()))));
  field.hook?.remove();
  for (const part of Object.keys(field.parts)) Reflect.deleteProperty(layer, part);
  for (const part of Object.values(field.parts)) part.dispose();
  Object.defineProperty(layer, name, { value, configurable: true, enumerable: true, writable: true });
  fields?.delete(name);
}
