// SPDX-License-Identifier: Apache-2.0
// A model of the hub: its name, which revision of it, and the addresses of its files.

import { hubError } from './errors.ts';

/** What to fetch. */
export interface HubModel {
  /** `owner/name`, or `name`. */
  readonly name: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

const PART = /^[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;

/** The model that `owner/name@revision` names, or undefined where it is no such name. */
export function parseHubModel(source: string): HubModel | undefined {
  const at = source.indexOf('@');
  const name = at === -1 ? source : source.slice(0, at);
  const revision = at === -1 ? 'main' : source.slice(at + 1);
  const parts = name.split('/');
  const isName = parts.length <= 2 && parts.every((part) => PART.test(part) && !/--|\.\./.test(part));
  return isName && /^[\w.+-]+(?:\/[\w.+-]+)*$/.test(revision) && isWithin(revision) ? { name, revision } : undefined;
}

/** Whether a name stays within the folder that it is joined to, on every system. */
function isWithin(name: string): boolean {
  if (name.length > 500 || /[\\\u0000-\u001f\u007f]|^[A-Za-z]:/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** @throws {ArgumentError} the name of a file leads elsewhere (code `HUB`) */
export function checkFileName(model: HubModel, name: string): string {
  if (isWithin(name)) return name;
  const hint = 'Nothing of it has been fetched: tell the hub.';
  const received = JSON.stringify(name.slice(0, 100));
  throw hubError({ argument: `every file of ${model.name}`, expected: 'to lie in its folder', received, hint });
}

/** Where a file of a model is. */
export function addressOf(endpoint: string, { name, revision }: HubModel, file: string): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${name}/resolve/${encodeURIComponent(revision)}/${path}`;
}
