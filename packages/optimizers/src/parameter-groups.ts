// SPDX-License-Identifier: Apache-2.0
// Parameters that are updated with settings of their own.

import { ArgumentError, Variable, checkNumber, checkOptions, describeValue } from '@nabla/core';

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

/** Lists all parameters in order, and each group's range in that list. */
export function resolveGroups(op: string, given: Parameters): { parameters: Variable[]; groups: ResolvedGroup[] } {
  checkList(op, 'parameters', given);
  const groups = isGroups(given) ? given : [{ parameters: given }];
  const parameters: Variable[] = [];
  const resolved = groups.map((group) => {
    checkOptions(op, group, ['parameters', 'learningRateScale', 'weightDecay']);
    const { learningRateScale = 1, weightDecay } = group;
    checkNumber(op, 'learningRateScale', learningRateScale, { minimum: 0 });
    checkCommonSettings(op, { weightDecay });
    checkParameters(op, group.parameters);
    const start = parameters.length;
    parameters.push(...group.parameters);
    return { start, end: parameters.length, learningRateScale, weightDecay };
  });
  if (parameters.length === 0) {
    const hint = 'Pass model.parameters(). Layers in a plain list are not found: keep them in a ModuleList.';
    throw new ArgumentError({
      op,
      argument: 'parameters',
      expected: 'to have at least one parameter',
      received: 'none',
      hint,
    });
  }
  if (new Set(parameters).size !== parameters.length) {
    const hint = 'A parameter may be in one group only.';
    throw new ArgumentError({
      op,
      argument: 'parameters',
      expected: 'each parameter once',
      received: 'one twice',
      hint,
    });
  }
  return { parameters, groups: resolved };
}

/** @throws {ArgumentError} no list of variables */
function checkParameters(op: string, parameters: unknown): void {
  checkList(op, 'parameters', parameters);
  const position = parameters.findIndex((parameter) => !(parameter instanceof Variable));
  if (position < 0) return;
  const hint = 'An optimizer changes them in place. Make one of a tensor: parameter(tensor).';
  const [argument, received] = [`parameters[${position}]`, describeValue(parameters[position])];
  throw new ArgumentError({ op, argument, expected: 'to be a parameter', received, hint });
}

function checkList(op: string, argument: string, value: unknown): asserts value is readonly unknown[] {
  if (Array.isArray(value)) return;
  const [expected, hint] = ['to be a list', 'Pass model.parameters().'];
  throw new ArgumentError({ op, argument, expected, received: describeValue(value), hint });
}

function isGroups(given: Parameters): given is readonly ParameterGroup[] {
  const [first] = given;
  return typeof first === 'object' && Object.hasOwn(first, 'parameters');
}
