// SPDX-License-Identifier: Apache-2.0
// What the environment says about the hub, in the variables that Python's huggingface_hub reads.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { hubError } from './errors.ts';

/** Where the hub is, where its files are kept, and who asks. */
export interface HubSettings {
  /** Without a slash at its end: `https://huggingface.co`. */
  readonly endpoint: string;
  readonly cache: string;
  readonly offline: boolean;
  /** The token and the place that it is from. */
  readonly token: { readonly value: string; readonly from: string } | undefined;
}

/**
 * `HF_ENDPOINT`; `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else `huggingface/hub` in `XDG_CACHE_HOME` or `~/.cache`; `HF_HUB_OFFLINE`;
 * `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, else the file `HF_TOKEN_PATH` or `token` in `HF_HOME`.
 *
 * @throws {ArgumentError} the endpoint is no address, or the token is none (code `HUB`)
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
export function hubSettings(environment: NodeJS.ProcessEnv = process.env): HubSettings {
  const valueOf = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const home = expand(valueOf('HF_HOME') ?? join(expand(valueOf('XDG_CACHE_HOME') ?? '~/.cache'), 'huggingface'));
  const offline = [valueOf('HF_HUB_OFFLINE'), valueOf('TRANSFORMERS_OFFLINE')];
  return {
    endpoint: checkEndpoint(valueOf('HF_ENDPOINT') ?? 'https://huggingface.co'),
    cache: expand(valueOf('HF_HUB_CACHE') ?? valueOf('HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub')),
    offline: offline.some((value) => value !== undefined && /^(1|on|yes|true)$/i.test(value)),
    token: findToken(valueOf, expand(valueOf('HF_TOKEN_PATH') ?? join(home, 'token'))),
  };
}

function expand(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

function checkEndpoint(address: string): string {
  const { protocol } = URL.canParse(address) ? new URL(address) : { protocol: '' };
  if (protocol === 'https:' || protocol === 'http:') return address.replace(/\/+$/, '');
  throw hubError({ argument: 'HF_ENDPOINT', expected: 'to be an address', received: `"${address}"` });
}

function findToken(valueOf: (name: string) => string | undefined, file: string): HubSettings['token'] {
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const value = valueOf(name);
    if (value !== undefined) return { value: checkToken(value, name), from: name };
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
  return text === '' ? undefined : { value: checkToken(text, file), from: file };
}

/** A token goes into a header, and must not end it. It is shown nowhere. */
function checkToken(token: string, from: string): string {
  if (/^[\x21-\x7e]{1,1000}$/.test(token)) return token;
  throw hubError({ argument: from, expected: 'to be a token of the hub', received: 'something else' });
}
