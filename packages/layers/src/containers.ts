// SPDX-License-Identifier: Apache-2.0
// What lists and dictionaries of modules and parameters share: the check of names, finding an entry, and the refusal to compute.

import { ArgumentError, checkInstance, suggest } from '@nabla/core';

/** Says that a container is not a function. */
export function refuseCall(op: string, hint: string): never {
  const expected = 'not to be called';
  throw new ArgumentError({ op, argument: 'forward', expected, received: 'a call', hint });
}

/**
 * The items of a list.
 *
 * @param Class  what each must be
 * @throws {ArgumentError} no list, or one with something else in it
 */
export function listOf<Item>(
  op: string,
  items: Iterable<Item>,
  Class: abstract new (...given: never[]) => unknown,
): readonly Item[] {
  if (!isObject(items) || !(Symbol.iterator in items)) checkInstance(op, 'items', items, Array);
  const list = [...items];
  for (const [position, item] of list.entries()) checkInstance(op, `items[${position}]`, item, Class);
  return list;
}

/**
 * The items of a dictionary.
 *
 * @param Class  what each must be
 * @throws {ArgumentError} no dictionary, or one with something else in it, or a name that could not stand in a state name
 */
export function dictionaryOf<Item>(
  op: string,
  items: Readonly<Record<string, Item>>,
  Class: abstract new (...given: never[]) => unknown,
): Readonly<Record<string, Item>> {
  if (!isObject(items)) checkInstance(op, 'items', items, Object);
  checkEntryNames(op, Object.keys(items));
  for (const [name, item] of Object.entries(items)) checkInstance(op, `items.${name}`, item, Class);
  return { ...items };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** @throws {ArgumentError} a name could not stand in a state name: it is empty or has a dot */
function checkEntryNames(op: string, names: readonly string[]): void {
  const bad = names.find((name) => name === '' || name.includes('.'));
  if (bad === undefined) return;
  const hint = 'Dots separate the parts of a state name.';
  const expected = 'to have at least one character and no dot';
  throw new ArgumentError({ op, argument: 'every name', expected, received: `"${bad}"`, hint });
}

/** @throws {ArgumentError} there is no entry of that name; the nearest spelling is offered */
export function entryOf<Item>(op: string, items: Readonly<Record<string, Item>>, name: string): Item {
  const item = Object.hasOwn(items, name) ? items[name] : undefined;
  if (item !== undefined) return item;
  const names = Object.keys(items);
  const expected = `to be one of ${names.map((known) => `"${known}"`).join(', ')}`;
  throw new ArgumentError({ op, argument: 'name', expected, received: `"${name}"`, hint: suggest(name, names) });
}
