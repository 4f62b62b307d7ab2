// SPDX-License-Identifier: Apache-2.0
// What lists and dictionaries of modules and parameters share: the checks of modules and names, finding an entry, and the refusal to compute.

import { ArgumentError, describeValue, suggest } from '@nabla/core';

import { Module } from './module.ts';

/** Says that a container is not a function. */
export function refuseCall(op: string, hint: string): never {
  const expected = 'not to be called';
  throw new ArgumentError({ op, argument: 'forward', expected, received: 'a call', hint });
}

/** @throws {ArgumentError} one of them is no module */
export function checkModules(op: string, argument: string, modules: readonly unknown[]): void {
  const position = modules.findIndex((module) => !(module instanceof Module));
  if (position < 0) return;
  const module = modules[position];
  const received = describeValue(module);
  const hint = Array.isArray(module) ? 'Spread a list: ...layers.' : undefined;
  throw new ArgumentError({ op, argument: `${argument}[${position}]`, expected: 'to be a module', received, hint });
}

/** @throws {ArgumentError} a name could not stand in a state name: it is empty or has a dot */
export function checkEntryNames(op: string, names: readonly string[]): void {
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
