// SPDX-License-Identifier: Apache-2.0
// Parameters that are updated with settings of their own.

import { ArgumentError, Tensor, Variable, checkInstance, checkNumber, checkOptions, nameOfTensor } from '@nabla/core';

import { checkCommonSettings } from './common-settings.ts';

/** What every optimizer lets a group of parameters set for itself. */
export interface GroupSettings {
  /** Multiplies the optimizer's learning rate; default 1. */
  learningRateScale?: number;
  /** Instead of the optimizer's own. */
  weightDecay?: number;
}

export interface ParameterGroup extends GroupSettings {
  parameters: readonly Variable[];
}

/** Parameters, or groups of them. */
export type Parameters = readonly Variable[] | readonly ParameterGroup[];

/** A group whose parameters are positions in the optimizer's list of all parameters. */
export interface ResolvedGroup {
  readonly start: number;
  readonly end: number;
  readonly learningRateScale: number;
  readonly weightDecay: number | undefined;
}

const HINT = 'Pass model.parameters().';

/**
 * @param argument  what the parameters are called in errors
 * @throws {ArgumentError} no list of variables
 */
export function checkParameters(op: string, argument: string, parameters: readonly Variable[]): void {
  checkInstance(op, argument, parameters, Array, HINT);
  parameters.forEach((parameter, i) => checkInstance(op, `${argument}[${i}]`, parameter, Variable, HINT));
}

/**
 * Lists all parameters in order, and each group's range in that list.
 *
 * @throws {ArgumentError} no parameters, one twice, or something else among them; a setting of a group out of range
 */
export function resolveGroups(op: string, given: Parameters): { parameters: Variable[]; groups: ResolvedGroup[] } {
  checkInstance(op, 'parameters', given, Array, HINT);
  const groups = isGroups(given) ? given : [{ parameters: given }];
  const parameters: Variable[] = [];
  const resolved = groups.map((group) => {
    checkOptions(op, group, ['learningRateScale', 'weightDecay'], ['parameters']);
    checkParameters(op, 'parameters', group.parameters);
    const { learningRateScale = 1, weightDecay } = group;
    checkNumber(op, 'learningRateScale', learningRateScale, { minimum: 0 });
    checkCommonSettings(op, { weightDecay });
    const start = parameters.length;
    parameters.push(...group.parameters);
    return { start, end: parameters.length, learningRateScale, weightDecay };
  });
  if (parameters.length === 0) {
    const hint = `${HINT} Layers in a plain list are not found: keep them in a ModuleList.`;
    throw new ArgumentError({ op, argument: 'parameters', expected: 'at least one parameter', received: 'none', hint });
  }
  const twice = parameters.find((parameter, i) => parameters.indexOf(parameter) !== i);
  if (twice !== undefined) {
    const hint = 'A parameter may be in one group only.';
    const received = `${nameOfTensor(twice) ?? 'one'} twice`;
    throw new ArgumentError({ op, argument: 'parameters', expected: 'each parameter once', received, hint });
  }
  return { parameters, groups: resolved };
}

function isGroups(given: Parameters): given is readonly ParameterGroup[] {
  const [first] = given;
  return typeof first === 'object' && !(first instanceof Tensor) && !Array.isArray(first);
}
