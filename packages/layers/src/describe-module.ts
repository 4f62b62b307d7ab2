// SPDX-License-Identifier: Apache-2.0
// A module as text: its class, its settings and the shapes of its parameters, and below it the modules that it is made of.

import { formatShape } from '@nabla/core';

/** What of a module is told; every module has it. */
interface Described {
  namedChildren(): Iterable<[string, Described]>;
  namedOwnState(): Iterable<[string, { readonly shape: readonly number[] }]>;
}

/**
 * The tree of a module, as PyTorch prints it. Equal children beside each other stand on one line: `(0-11): 12 × Block(…)`.
 *
 * @example
 * const generator = new Generator(1);
 * describeModule(new Sequential(new Linear(4, 2, { generator }), new Dropout(0.5, { generator })));
 * // "Sequential(\n  (0): Linear(weight: [2, 4], bias: [2])\n  (1): Dropout(probability: 0.5)\n)"
 */
export function describeModule(module: Described): string {
  const facts = [...settingsOf(module), ...shapesOf(module)].join(', ');
  const children = group([...module.namedChildren()].map(([name, child]) => ({ name, text: describeModule(child) })));
  const kind = module.constructor.name;
  if (children.length === 0) return `${kind}(${facts})`;
  const lines = [...(facts === '' ? [] : [facts]), ...children];
  return `${kind}(\n${lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}\n`).join('')})`;
}

/** Fields that are numbers, texts or switches, or short lists of numbers. */
function settingsOf(module: Described): string[] {
  return Object.entries(module).flatMap(([name, value]: [string, unknown]) => {
    if (name === 'training') return [];
    if (isSizes(value)) return [`${name}: ${formatShape(value)}`];
    return ['number', 'string', 'boolean'].includes(typeof value) ? [`${name}: ${String(value)}`] : [];
  });
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.length <= 8 && value.every((size) => typeof size === 'number')
  );
}

function shapesOf(module: Described): string[] {
  return [...module.namedOwnState()].map(([name, { shape }]) => `${name}: ${formatShape(shape)}`);
}

/** `(name): text`, with one line for equal texts that follow each other. */
function group(children: readonly { name: string; text: string }[]): string[] {
  const groups: { first: string; last: string; count: number; text: string }[] = [];
  for (const { name, text } of children) {
    const group = groups.at(-1);
    if (group?.text === text) Object.assign(group, { last: name, count: group.count + 1 });
    else groups.push({ first: name, last: name, count: 1, text });
  }
  return groups.map(({ first, last, count, text }) =>
    count === 1 ? `(${first}): ${text}` : `(${first}-${last}): ${count} × ${text}`,
  );
}
