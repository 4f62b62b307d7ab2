// SPDX-License-Identifier: Apache-2.0
// What the hub says: which files a model has, how large they are, and why it does not give them.

import { Clock, Interruption, Refusal, type RequestOptions, request, withRetries } from '@nabla/data';
import { z } from 'zod';

import { hubError } from './errors.ts';
import { type HubModel, addressOf, checkFileName } from './hub-model.ts';
import type { HubSettings } from './settings.ts';

/** How patient to be. */
export interface Patience {
  /** Longest time without a byte, in milliseconds. */
  readonly stallMilliseconds: number;
  readonly retries: number;
  /** How long to wait before the second attempt, in milliseconds; each further wait is twice as long. */
  readonly retryMilliseconds: number;
}

/** What the hub has of a model. */
export interface Listing {
  readonly commit: string;
  readonly files: readonly string[];
}

/** A file as the hub tells it. */
export interface HubFile {
  readonly name: string;
  readonly address: string;
  readonly bytes: number;
  /** What names its content: for large files its SHA-256, for others what git calls it. */
  readonly etag: string;
  readonly sha256: string | undefined;
}

const LONGEST_ANSWER = 1 << 25; // bytes

/** How often a question is asked again: where nobody answers, the cache may have the model. */
const MOST_QUESTIONS = 2;

const listingSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
  siblings: z.array(z.object({ rfilename: z.string() })),
});

/** Asks the hub. */
export class HubClient {
  readonly settings: HubSettings;
  readonly patience: Patience;

  constructor(settings: HubSettings, patience: Patience) {
    this.settings = settings;
    this.patience = patience;
  }

  /** Headers that only the hub itself may see. */
  get secrets(): Record<string, string> {
    const { token } = this.settings;
    return token === undefined ? {} : { authorization: `Bearer ${token.value}` };
  }

  /** @throws {ArgumentError} the hub does not know the model, or does not give it, or answers nonsense (code `HUB`) */
  async list(model: HubModel): Promise<Listing> {
    const { name, revision } = model;
    const address = `${this.settings.endpoint}/api/models/${name}/revision/${encodeURIComponent(revision)}`;
    const text = await this.ask(model, address, {}, async (response, clock) => {
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      for await (const piece of response.body === null ? [] : clock.watch(response.body)) {
        bytes += piece.length;
        if (bytes > LONGEST_ANSWER) throw new Error(`sent more than ${LONGEST_ANSWER} bytes`);
        pieces.push(piece);
      }
      return Buffer.concat(pieces).toString('utf8');
    });
    const parsed = listingSchema.safeParse(parseJson(text));
    if (!parsed.success) {
      const expected = 'to list the files of a model';
      throw hubError({ argument: `"${address}"`, expected, received: JSON.stringify(text.slice(0, 80)) });
    }
    const { sha, siblings } = parsed.data;
    return { commit: sha, files: siblings.map(({ rfilename }) => checkFileName(model, rfilename)) };
  }

  /** @throws {ArgumentError} the hub does not give the file, or does not say its size and what names its content (code `HUB`) */
  async describe(model: HubModel, name: string): Promise<HubFile> {
    const address = addressOf(this.settings.endpoint, model, name);
    const isEnough = (headers: Headers): boolean => headers.has('x-linked-etag') && headers.has('x-linked-size');
    const headers = { 'accept-encoding': 'identity' };
    const found = await this.ask(model, address, { method: 'HEAD', headers, isEnough }, (response) => response.headers);
    const etag = (found.get('x-linked-etag') ?? found.get('etag') ?? '').replace(/^W\//, '').replace(/^"|"$/g, '');
    const size = found.get('x-linked-size') ?? found.get('content-length') ?? '';
    const bytes = Number(size);
    if (!/^\d+$/.test(size) || !Number.isSafeInteger(bytes) || !/^[\w][\w.-]{0,199}$/.test(etag)) {
      const expected = 'to tell its size and its ETag';
      const received = `size ${JSON.stringify(size)} and ETag ${JSON.stringify(etag.slice(0, 100))}`;
      throw hubError({ argument: `"${address}"`, expected, received });
    }
    return { name, address, bytes, etag, sha256: /^[0-9a-f]{64}$/.test(etag) ? etag : undefined };
  }

  private async ask<T>(
    model: HubModel,
    address: string,
    options: RequestOptions,
    read: (response: Response, clock: Clock) => T | Promise<T>,
  ): Promise<T> {
    const { stallMilliseconds, retries } = this.patience;
    try {
      return await withRetries({ ...this.patience, retries: Math.min(retries, MOST_QUESTIONS) }, async () => {
        const clock = new Clock(stallMilliseconds, 20 * stallMilliseconds, 'took too long');
        try {
          return await read(await request(address, clock, { ...options, secrets: this.secrets }), clock);
        } finally {
          clock.stop();
        }
      });
    } catch (error) {
      throw this.explain(model, address, error);
    }
  }

  /** What a failure means and what to do; connections that fail stay what they are. */
  explain(model: HubModel, address: string, error: unknown): unknown {
    if (error instanceof Interruption) return error;
    const argument = `"${address}"`;
    if (!(error instanceof Refusal)) {
      const received = error instanceof Error ? error.message : String(error);
      return hubError({ argument, expected: 'to give what was asked for', received }, error);
    }
    const expected = `to give ${model.name} (revision ${model.revision})`;
    return hubError({ argument, expected, received: error.message, hint: this.advise(model, error) }, error);
  }

  private advise({ name, revision }: HubModel, { status, headers }: Refusal): string | undefined {
    const { endpoint, token } = this.settings;
    const code = headers.get('x-error-code');
    if (code === 'GatedRepo' || status === 403) {
      const access = `Its authors give it to those who ask: accept their conditions at ${endpoint}/${name}`;
      return token === undefined
        ? `${access}, make a token at ${endpoint}/settings/tokens, and set HF_TOKEN to it.`
        : `${access}, with the account of the token in ${token.from}.`;
    }
    if (code === 'RevisionNotFound') return `It has no branch, tag or commit "${revision}".`;
    if (code === 'EntryNotFound') return 'The file is gone: try again, or another revision.';
    if (status === 401 && token !== undefined && code !== 'RepoNotFound') {
      return `The hub does not accept the token in ${token.from}: make another at ${endpoint}/settings/tokens.`;
    }
    if (status !== 401 && status !== 404) return undefined;
    const unknown = `There is neither such a folder here nor such a model there, or the model is private: check the spelling`;
    return token === undefined
      ? `${unknown}; for a private model set HF_TOKEN to a token from ${endpoint}/settings/tokens.`
      : `${unknown}, and that the account of the token in ${token.from} may read it.`;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
