// SPDX-License-Identifier: Apache-2.0
// From defaults, a file and the command line to one checked configuration.

import { ArgumentError, describeValue, suggest } from '@nabla/core';
import type { z } from 'zod';

/** Options by name, before they are checked. */
export type RawConfiguration = Readonly<Record<string, unknown>>;

/**
 * Lays `overrides` over `defaults`, the later ones winning, and checks the result against the recipe's schema.
 * `steps` and `epochs` exclude each other: the one given last removes the other.
 *
 * @throws {ArgumentError} an unknown option (code `OPTION`, the nearest spelling is offered) or a bad value (code `CONFIG`)
 */
export function resolveConfiguration<Schema extends z.ZodObject>(
  recipe: string,
  schema: Schema,
  defaults: RawConfiguration,
  ...overrides: readonly RawConfiguration[]
): z.infer<Schema> {
  const merged: Record<string, unknown> = { ...defaults };
  for (const layer of overrides) {
    checkNames(recipe, Object.keys(layer), Object.keys(schema.shape));
    checkLength(layer);
    if ('steps' in layer) delete merged['epochs'];
    if ('epochs' in layer) delete merged['steps'];
    Object.assign(merged, layer);
  }
  const result = schema.safeParse(merged);
  if (result.success) return result.data;
  throw badValue(schema, merged, result.error.issues);
}

function checkNames(recipe: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const expected = `to be an option of recipe ${recipe}`;
  const hint = suggest(unknown, known);
  throw new ArgumentError(
    { op: 'configuration', argument: 'every name', expected, received: `"${unknown}"`, hint },
    'OPTION',
  );
}

function checkLength(layer: RawConfiguration): void {
  if (!('steps' in layer && 'epochs' in layer)) return;
  const expected = 'to be given as steps or as epochs';
  const received = `steps ${String(layer['steps'])} and epochs ${String(layer['epochs'])}`;
  throw new ArgumentError({ op: 'configuration', argument: 'the length', expected, received }, 'CONFIG');
}

function badValue(schema: z.ZodObject, values: unknown, issues: readonly z.core.$ZodIssue[]): ArgumentError {
  const { field, expected, received } = describeIssue(issues[0], values);
  const { description } = (schema.shape[String(issues[0]?.path[0])] ?? {}) as { description?: string };
  const isList = issues[0]?.code === 'invalid_type' && issues[0].expected === 'array';
  const list = isList ? [`Write it as ${field}=[${received.replaceAll('"', '')}].`] : [];
  const meaning = description === undefined ? [] : [`Its meaning: ${description}.`];
  const hint = [...list, ...meaning].join(' ') || undefined;
  return new ArgumentError({ op: 'configuration', argument: field, expected, received, hint }, 'CONFIG');
}

/** What is wrong with values that a schema refused, in the words of all errors. */
export function describeIssue(
  issue: z.core.$ZodIssue | undefined,
  values: unknown,
): { field: string; expected: string; received: string } {
  const path = issue?.path ?? [];
  const value = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)[key], values);
  const field = path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('');
  const received = value === undefined ? 'nothing' : describeValue(value);
  return { field, expected: issue === undefined ? 'to be valid' : demand(issue), received };
}

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'an integer',
  string: 'text',
  array: 'a list',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
};

/** What an option must be, in the words of all errors. */
function demand(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `to be ${KINDS[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small') return `to be ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}`;
  if (issue.code === 'too_big') return `to be ${issue.inclusive === false ? 'below' : 'at most'} ${issue.maximum}`;
  if (issue.code === 'invalid_value') return `to be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_union') return demandOfAny(issue.errors) ?? `to be valid (${issue.message})`;
  return issue.code === 'custom' ? issue.message : `to be valid (${issue.message})`;
}

/** What a value must be that may be of several kinds: as one of them demands it. */
function demandOfAny(errors: readonly (readonly z.core.$ZodIssue[])[]): string | undefined {
  const demands = errors.flatMap(([first]) => {
    if (first === undefined) return [];
    const place = first.path.map((key) => `[${String(key)}]`).join('');
    return [place === '' ? demand(first) : `${demand(first)} at ${place}`];
  });
  return demands.length === 0 ? undefined : [...new Set(demands)].join(', or ');
}
